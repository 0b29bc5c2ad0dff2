-- What the flows hand out until it is used, and what an app's owner decides of
-- them. The columns have defaults: programs of the schema before add apps, too.
--
-- No foreign keys: programs of the schema before delete apps and users without
-- knowing of these tables. What such a deletion leaves is of no use, since
-- everything here rests on a grant that is looked for, and ends by itself.
ALTER TABLE apps ADD COLUMN description TEXT;
ALTER TABLE apps ADD COLUMN device_flow_off BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE apps ADD COLUMN sub_path_callbacks BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE apps ADD COLUMN expiring_tokens BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE apps ADD COLUMN allowed_scopes TEXT; -- none: everything
ALTER TABLE apps ADD COLUMN logo_at BIGINT;
ALTER TABLE apps ADD COLUMN previous_secret_hash BYTEA;
ALTER TABLE apps ADD COLUMN previous_secret_until BIGINT;

CREATE TABLE app_logos (
  app_id BIGINT NOT NULL PRIMARY KEY,
  bytes  BYTEA NOT NULL
);

-- A used code stays until it expires, so that a replay is known for one.
CREATE TABLE codes (
  code_hash        BYTEA NOT NULL PRIMARY KEY CHECK (octet_length(code_hash) = 32), -- under the instance key
  app_id           BIGINT NOT NULL,
  user_id          BIGINT NOT NULL,
  grant_id         BIGINT NOT NULL,
  auth_generation  BIGINT NOT NULL, -- the user's, who consented under it
  session_id       BIGINT NOT NULL,
  redirect_uri     TEXT NOT NULL,
  challenge        TEXT,
  scopes           TEXT NOT NULL,
  expires_at       BIGINT NOT NULL,
  used_at          BIGINT,
  authorization_id BIGINT           -- what it made
);
CREATE INDEX codes_by_grant ON codes (grant_id);
CREATE INDEX codes_by_app ON codes (app_id);
CREATE INDEX codes_by_session ON codes (session_id);
CREATE INDEX codes_by_expiry ON codes (expires_at);

CREATE TABLE device_codes (
  device_hash     BYTEA NOT NULL PRIMARY KEY CHECK (octet_length(device_hash) = 32),
  user_code_hash  BYTEA NOT NULL UNIQUE CHECK (octet_length(user_code_hash) = 32), -- under the instance key
  app_id          BIGINT NOT NULL,
  scopes          TEXT NOT NULL,
  address         TEXT NOT NULL,
  poll_interval   BIGINT NOT NULL,
  polled_at       BIGINT,
  too_fast        BIGINT NOT NULL DEFAULT 0, -- the last poll
  created_at      BIGINT NOT NULL,
  expires_at      BIGINT NOT NULL,
  decided_at      BIGINT,
  user_id         BIGINT, -- who approved; decided without one: denied
  grant_id        BIGINT,
  auth_generation BIGINT, -- the user's, who approved under it
  spent_at        BIGINT
);
CREATE INDEX device_codes_by_grant ON device_codes (grant_id);
CREATE INDEX device_codes_by_app ON device_codes (app_id);
CREATE INDEX device_codes_by_expiry ON device_codes (expires_at);

-- A superseded refresh token stays until it expires, so that its reuse is known for one.
CREATE TABLE refresh_tokens (
  token_hash       BYTEA NOT NULL PRIMARY KEY CHECK (octet_length(token_hash) = 32),
  family           BIGINT NOT NULL, -- the first authorization's id
  parent           BYTEA,             -- the one that it supersedes
  app_id           BIGINT NOT NULL,
  user_id          BIGINT NOT NULL,
  grant_id         BIGINT NOT NULL,
  authorization_id BIGINT,          -- what it came with; none once that has expired and was reaped
  scopes           TEXT NOT NULL,
  expires_at       BIGINT NOT NULL,
  superseded_at    BIGINT
);
CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family);
CREATE INDEX refresh_tokens_by_grant ON refresh_tokens (grant_id);
CREATE INDEX refresh_tokens_by_authorization ON refresh_tokens (authorization_id);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);
