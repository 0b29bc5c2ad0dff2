-- People in browsers. No foreign keys: programs of the schema before delete
-- users without knowing of these tables. What such a deletion leaves is of no
-- use, since a session is looked for with its user, and ends by itself.
ALTER TABLE users ADD COLUMN language TEXT; -- none: the browser's

CREATE SEQUENCE sessions_ids AS BIGINT MAXVALUE 9007199254740991;
CREATE TABLE sessions (
  id              BIGINT PRIMARY KEY DEFAULT nextval('sessions_ids'),
  secret_hash     BYTEA NOT NULL UNIQUE CHECK (octet_length(secret_hash) = 32),
  user_id         BIGINT NOT NULL,
  auth_generation BIGINT NOT NULL, -- the user's, on which it rests
  created_at      BIGINT NOT NULL,
  seen_at         BIGINT NOT NULL,
  expires_at      BIGINT NOT NULL,
  sudo_until      BIGINT NOT NULL,
  address         TEXT NOT NULL,
  user_agent      TEXT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id, id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Good once, and then deleted.
CREATE TABLE tickets (
  secret_hash BYTEA NOT NULL PRIMARY KEY CHECK (octet_length(secret_hash) = 32),
  kind        TEXT NOT NULL,
  user_id     BIGINT,
  payload     BYTEA NOT NULL, -- sealed under the instance key
  expires_at  BIGINT NOT NULL,
  only_one    TEXT COLLATE "C" UNIQUE -- the kind, if there may be one of it at a time
);
CREATE INDEX tickets_by_user ON tickets (user_id);
CREATE INDEX tickets_by_expiry ON tickets (expires_at);
