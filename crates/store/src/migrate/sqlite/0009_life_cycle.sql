-- Since when a record holds its present token, and who was told that it ends.
ALTER TABLE authorizations ADD COLUMN issued_at INTEGER; -- none: since created_at

-- ON DELETE CASCADE, as last uses have it: no audit row tells of what goes here.
CREATE TABLE expiry_notices (
  authorization_id INTEGER NOT NULL REFERENCES authorizations (id) ON DELETE CASCADE,
  expires_at       INTEGER NOT NULL, -- with another end it is told of anew
  days             INTEGER NOT NULL, -- so many before the end
  channel          TEXT NOT NULL,
  lease_until      INTEGER NOT NULL, -- until then somebody is about to tell
  told_at          INTEGER,
  PRIMARY KEY (authorization_id, expires_at, days, channel)
) STRICT, WITHOUT ROWID;
