-- Every id is AUTOINCREMENT: a plain INTEGER PRIMARY KEY gives out the highest
-- deleted id again, and an id in somebody's script would name another record.
--
-- No ON DELETE actions: what a deletion takes along is written in the store,
-- so that each deleted token and grant leaves its audit row.

CREATE TABLE users (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  login           TEXT NOT NULL,
  login_key       TEXT NOT NULL UNIQUE,
  email           TEXT,
  email_key       TEXT UNIQUE,
  email_verified  INTEGER NOT NULL,
  password_hash   TEXT NOT NULL,
  totp_seed       BLOB,
  site_admin      INTEGER NOT NULL,
  suspended_at    INTEGER,
  auth_generation INTEGER NOT NULL,
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL
) STRICT;

CREATE TABLE recovery_codes (
  user_id   INTEGER NOT NULL REFERENCES users (id),
  code_hash BLOB NOT NULL,
  used_at   INTEGER,
  PRIMARY KEY (user_id, code_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE otp_steps (
  user_id   INTEGER NOT NULL REFERENCES users (id),
  step      INTEGER NOT NULL,
  address   TEXT NOT NULL,
  exclusive INTEGER NOT NULL,
  PRIMARY KEY (user_id, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE known_addresses (
  user_id      INTEGER NOT NULL REFERENCES users (id),
  address      TEXT NOT NULL,
  last_seen_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, address)
) STRICT, WITHOUT ROWID;

CREATE TABLE apps (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  client_id       TEXT NOT NULL UNIQUE,
  name            TEXT NOT NULL,
  url             TEXT NOT NULL,
  callback_urls   TEXT NOT NULL, -- a JSON array
  owner_id        INTEGER NOT NULL REFERENCES users (id),
  secret_hash     BLOB,          -- none: a public app
  suspended_at    INTEGER,
  auth_generation INTEGER NOT NULL,
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX apps_by_owner ON apps (owner_id, id);

CREATE TABLE grants (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id    INTEGER NOT NULL REFERENCES users (id),
  app_id     INTEGER NOT NULL REFERENCES apps (id),
  consented  TEXT,          -- null only inside the transaction that adds the row
  scopes     TEXT NOT NULL, -- as shown
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (user_id, app_id)
) STRICT;
CREATE INDEX grants_by_user ON grants (user_id, id);
CREATE INDEX grants_by_app ON grants (app_id, id);

-- grant_id has no foreign key: deleting a grant deletes its row first (the row
-- is the lock) and then its tokens. A token whose grant is gone is not valid.
CREATE TABLE authorizations (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id          INTEGER NOT NULL REFERENCES users (id),
  app_id           INTEGER REFERENCES apps (id),
  grant_id         INTEGER,
  hash_prefix      INTEGER NOT NULL, -- the first eight bytes of token_hash
  token_hash       BLOB NOT NULL CHECK (length(token_hash) = 32),
  token_last_eight TEXT NOT NULL,
  note             TEXT,
  note_url         TEXT,
  scopes           TEXT NOT NULL,    -- in the order asked for
  scope_set        TEXT NOT NULL,    -- the same, sorted
  fingerprint      TEXT NOT NULL DEFAULT '',
  created_at       INTEGER NOT NULL,
  updated_at       INTEGER NOT NULL,
  expires_at       INTEGER,
  CHECK ((app_id IS NULL) = (grant_id IS NULL))
) STRICT;
CREATE UNIQUE INDEX authorizations_personal
  ON authorizations (user_id, note, fingerprint) WHERE app_id IS NULL;
CREATE UNIQUE INDEX authorizations_fingerprinted
  ON authorizations (user_id, app_id, fingerprint) WHERE app_id IS NOT NULL AND fingerprint <> '';
CREATE INDEX authorizations_by_hash ON authorizations (hash_prefix);
CREATE INDEX authorizations_by_user ON authorizations (user_id, id);
CREATE INDEX authorizations_by_user_and_app ON authorizations (user_id, app_id, id);
CREATE INDEX authorizations_by_app ON authorizations (app_id, id);

-- No foreign keys: the trail outlives what it tells of.
CREATE TABLE audit (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  at               INTEGER NOT NULL,
  action           TEXT NOT NULL,
  actor_kind       TEXT NOT NULL,
  actor_id         INTEGER,
  user_id          INTEGER,
  app_id           INTEGER,
  authorization_id INTEGER,
  grant_id         INTEGER,
  token_hash       BLOB,
  token_last_eight TEXT,
  address          TEXT,
  request_id       TEXT
) STRICT;
CREATE INDEX audit_by_user ON audit (user_id, app_id, at);
CREATE INDEX audit_by_app ON audit (app_id, at);

CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
