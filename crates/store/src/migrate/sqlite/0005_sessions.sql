-- People in browsers. No foreign keys: programs of the schema before delete
-- users without knowing of these tables. What such a deletion leaves is of no
-- use, since a session is looked for with its user, and ends by itself.
ALTER TABLE users ADD COLUMN language TEXT; -- none: the browser's

CREATE TABLE sessions (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  secret_hash     BLOB NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
  user_id         INTEGER NOT NULL,
  auth_generation INTEGER NOT NULL, -- the user's, on which it rests
  created_at      INTEGER NOT NULL,
  seen_at         INTEGER NOT NULL,
  expires_at      INTEGER NOT NULL,
  sudo_until      INTEGER NOT NULL,
  address         TEXT NOT NULL,
  user_agent      TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id, id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Good once, and then deleted.
CREATE TABLE tickets (
  secret_hash BLOB NOT NULL PRIMARY KEY CHECK (length(secret_hash) = 32),
  kind        TEXT NOT NULL,
  user_id     INTEGER,
  payload     BLOB NOT NULL, -- sealed under the instance key
  expires_at  INTEGER NOT NULL,
  only_one    TEXT UNIQUE    -- the kind, if there may be one of it at a time
) STRICT, WITHOUT ROWID;
CREATE INDEX tickets_by_user ON tickets (user_id);
CREATE INDEX tickets_by_expiry ON tickets (expires_at);
