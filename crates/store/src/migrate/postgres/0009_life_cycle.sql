-- Since when a record holds its present token, and who was told that it ends.
ALTER TABLE authorizations ADD COLUMN issued_at BIGINT; -- none: since created_at

-- ON DELETE CASCADE, as last uses have it: no audit row tells of what goes here.
CREATE TABLE expiry_notices (
  authorization_id BIGINT NOT NULL REFERENCES authorizations (id) ON DELETE CASCADE,
  expires_at       BIGINT NOT NULL, -- with another end it is told of anew
  days             BIGINT NOT NULL, -- so many before the end
  channel          TEXT COLLATE "C" NOT NULL,
  lease_until      BIGINT NOT NULL, -- until then somebody is about to tell
  told_at          BIGINT,
  PRIMARY KEY (authorization_id, expires_at, days, channel)
);
