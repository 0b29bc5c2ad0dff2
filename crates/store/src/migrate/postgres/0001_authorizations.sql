-- Ids come from sequences of their own, below 2^53: what was given out once is
-- never given out again, and a copy or a restore can advance them.
--
-- Text in an index is compared by bytes: a collation of the operating system
-- may change with its next release, and the index would be wrong.
--
-- No ON DELETE actions: what a deletion takes along is written in the store,
-- so that each deleted token and grant leaves its audit row.

CREATE SEQUENCE users_ids AS BIGINT MAXVALUE 9007199254740991;
CREATE TABLE users (
  id              BIGINT PRIMARY KEY DEFAULT nextval('users_ids'),
  login           TEXT NOT NULL,
  login_key       TEXT COLLATE "C" NOT NULL UNIQUE,
  email           TEXT,
  email_key       TEXT COLLATE "C" UNIQUE,
  email_verified  BOOLEAN NOT NULL,
  password_hash   TEXT NOT NULL,
  totp_seed       BYTEA,
  site_admin      BOOLEAN NOT NULL,
  suspended_at    BIGINT,
  auth_generation BIGINT NOT NULL,
  created_at      BIGINT NOT NULL,
  updated_at      BIGINT NOT NULL
);

CREATE TABLE recovery_codes (
  user_id   BIGINT NOT NULL REFERENCES users (id),
  code_hash BYTEA NOT NULL,
  used_at   BIGINT,
  PRIMARY KEY (user_id, code_hash)
);

CREATE TABLE otp_steps (
  user_id   BIGINT NOT NULL REFERENCES users (id),
  step      BIGINT NOT NULL,
  address   TEXT NOT NULL,
  exclusive BIGINT NOT NULL,
  PRIMARY KEY (user_id, step)
);

CREATE TABLE known_addresses (
  user_id      BIGINT NOT NULL REFERENCES users (id),
  address      TEXT COLLATE "C" NOT NULL,
  last_seen_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, address)
);

CREATE SEQUENCE apps_ids AS BIGINT MAXVALUE 9007199254740991;
CREATE TABLE apps (
  id              BIGINT PRIMARY KEY DEFAULT nextval('apps_ids'),
  client_id       TEXT COLLATE "C" NOT NULL UNIQUE,
  name            TEXT NOT NULL,
  url             TEXT NOT NULL,
  callback_urls   TEXT NOT NULL, -- a JSON array
  owner_id        BIGINT NOT NULL REFERENCES users (id),
  secret_hash     BYTEA,         -- none: a public app
  suspended_at    BIGINT,
  auth_generation BIGINT NOT NULL,
  created_at      BIGINT NOT NULL,
  updated_at      BIGINT NOT NULL
);
CREATE INDEX apps_by_owner ON apps (owner_id, id);

CREATE SEQUENCE grants_ids AS BIGINT MAXVALUE 9007199254740991;
CREATE TABLE grants (
  id         BIGINT PRIMARY KEY DEFAULT nextval('grants_ids'),
  user_id    BIGINT NOT NULL REFERENCES users (id),
  app_id     BIGINT NOT NULL REFERENCES apps (id),
  consented  TEXT,          -- null only inside the transaction that adds the row
  scopes     TEXT NOT NULL, -- as shown
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (user_id, app_id)
);
CREATE INDEX grants_by_user ON grants (user_id, id);
CREATE INDEX grants_by_app ON grants (app_id, id);

-- grant_id has no foreign key: deleting a grant deletes its row first (the row
-- is the lock) and then its tokens. A token whose grant is gone is not valid.
CREATE SEQUENCE authorizations_ids AS BIGINT MAXVALUE 9007199254740991;
CREATE TABLE authorizations (
  id               BIGINT PRIMARY KEY DEFAULT nextval('authorizations_ids'),
  user_id          BIGINT NOT NULL REFERENCES users (id),
  app_id           BIGINT REFERENCES apps (id),
  grant_id         BIGINT,
  hash_prefix      BIGINT NOT NULL, -- the first eight bytes of token_hash
  token_hash       BYTEA NOT NULL CHECK (octet_length(token_hash) = 32),
  token_last_eight TEXT NOT NULL,
  note             TEXT COLLATE "C",
  note_url         TEXT,
  scopes           TEXT NOT NULL,    -- in the order asked for
  scope_set        TEXT NOT NULL,    -- the same, sorted
  fingerprint      TEXT COLLATE "C" NOT NULL DEFAULT '',
  created_at       BIGINT NOT NULL,
  updated_at       BIGINT NOT NULL,
  expires_at       BIGINT,
  CHECK ((app_id IS NULL) = (grant_id IS NULL))
);
CREATE UNIQUE INDEX authorizations_personal
  ON authorizations (user_id, note, fingerprint) WHERE app_id IS NULL;
CREATE UNIQUE INDEX authorizations_fingerprinted
  ON authorizations (user_id, app_id, fingerprint) WHERE app_id IS NOT NULL AND fingerprint <> '';
CREATE INDEX authorizations_by_hash ON authorizations (hash_prefix);
CREATE INDEX authorizations_by_user ON authorizations (user_id, id);
CREATE INDEX authorizations_by_user_and_app ON authorizations (user_id, app_id, id);
CREATE INDEX authorizations_by_app ON authorizations (app_id, id);

-- No foreign keys: the trail outlives what it tells of.
CREATE SEQUENCE audit_ids AS BIGINT MAXVALUE 9007199254740991;
CREATE TABLE audit (
  id               BIGINT PRIMARY KEY DEFAULT nextval('audit_ids'),
  at               BIGINT NOT NULL,
  action           TEXT NOT NULL,
  actor_kind       TEXT NOT NULL,
  actor_id         BIGINT,
  user_id          BIGINT,
  app_id           BIGINT,
  authorization_id BIGINT,
  grant_id         BIGINT,
  token_hash       BYTEA,
  token_last_eight TEXT,
  address          TEXT,
  request_id       TEXT
);
CREATE INDEX audit_by_user ON audit (user_id, app_id, at);
CREATE INDEX audit_by_app ON audit (app_id, at);

CREATE TABLE meta (
  key   TEXT COLLATE "C" PRIMARY KEY,
  value TEXT NOT NULL
);
