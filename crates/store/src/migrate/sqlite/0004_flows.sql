-- What the flows hand out until it is used, and what an app's owner decides of
-- them. The columns have defaults: programs of the schema before add apps, too.
--
-- No foreign keys: programs of the schema before delete apps and users without
-- knowing of these tables. What such a deletion leaves is of no use, since
-- everything here rests on a grant that is looked for, and ends by itself.
ALTER TABLE apps ADD COLUMN description TEXT;
ALTER TABLE apps ADD COLUMN device_flow_off INTEGER NOT NULL DEFAULT 0;
ALTER TABLE apps ADD COLUMN sub_path_callbacks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE apps ADD COLUMN expiring_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE apps ADD COLUMN allowed_scopes TEXT; -- none: everything
ALTER TABLE apps ADD COLUMN logo_at INTEGER;
ALTER TABLE apps ADD COLUMN previous_secret_hash BLOB;
ALTER TABLE apps ADD COLUMN previous_secret_until INTEGER;

CREATE TABLE app_logos (
  app_id INTEGER NOT NULL PRIMARY KEY,
  bytes  BLOB NOT NULL
) STRICT;

-- A used code stays until it expires, so that a replay is known for one.
CREATE TABLE codes (
  code_hash        BLOB NOT NULL PRIMARY KEY CHECK (length(code_hash) = 32), -- under the instance key
  app_id           INTEGER NOT NULL,
  user_id          INTEGER NOT NULL,
  grant_id         INTEGER NOT NULL,
  auth_generation  INTEGER NOT NULL, -- the user's, who consented under it
  session_id       INTEGER NOT NULL,
  redirect_uri     TEXT NOT NULL,
  challenge        TEXT,
  scopes           TEXT NOT NULL,
  expires_at       INTEGER NOT NULL,
  used_at          INTEGER,
  authorization_id INTEGER           -- what it made
) STRICT, WITHOUT ROWID;
CREATE INDEX codes_by_grant ON codes (grant_id);
CREATE INDEX codes_by_app ON codes (app_id);
CREATE INDEX codes_by_session ON codes (session_id);
CREATE INDEX codes_by_expiry ON codes (expires_at);

CREATE TABLE device_codes (
  device_hash     BLOB NOT NULL PRIMARY KEY CHECK (length(device_hash) = 32),
  user_code_hash  BLOB NOT NULL UNIQUE CHECK (length(user_code_hash) = 32), -- under the instance key
  app_id          INTEGER NOT NULL,
  scopes          TEXT NOT NULL,
  address         TEXT NOT NULL,
  poll_interval   INTEGER NOT NULL,
  polled_at       INTEGER,
  too_fast        INTEGER NOT NULL DEFAULT 0, -- the last poll
  created_at      INTEGER NOT NULL,
  expires_at      INTEGER NOT NULL,
  decided_at      INTEGER,
  user_id         INTEGER, -- who approved; decided without one: denied
  grant_id        INTEGER,
  auth_generation INTEGER, -- the user's, who approved under it
  spent_at        INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX device_codes_by_grant ON device_codes (grant_id);
CREATE INDEX device_codes_by_app ON device_codes (app_id);
CREATE INDEX device_codes_by_expiry ON device_codes (expires_at);

-- A superseded refresh token stays until it expires, so that its reuse is known for one.
CREATE TABLE refresh_tokens (
  token_hash       BLOB NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
  family           INTEGER NOT NULL, -- the first authorization's id
  parent           BLOB,             -- the one that it supersedes
  app_id           INTEGER NOT NULL,
  user_id          INTEGER NOT NULL,
  grant_id         INTEGER NOT NULL,
  authorization_id INTEGER,          -- what it came with; none once that has expired and was reaped
  scopes           TEXT NOT NULL,
  expires_at       INTEGER NOT NULL,
  superseded_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family);
CREATE INDEX refresh_tokens_by_grant ON refresh_tokens (grant_id);
CREATE INDEX refresh_tokens_by_authorization ON refresh_tokens (authorization_id);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);
