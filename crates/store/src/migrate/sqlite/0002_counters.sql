-- What sign-in and the hourly limits count. Rows live until expires_at and are
-- of no use afterwards: whoever reaps may delete them at any time.

-- Failures and attempts in flight of whatever the key stands for. The key is
-- an HMAC under the instance key: people type passwords where a login belongs.
CREATE TABLE meters (
  key          BLOB NOT NULL PRIMARY KEY CHECK (length(key) = 32),
  failures     TEXT NOT NULL, -- moments
  reserved     TEXT NOT NULL, -- moments
  locked_until INTEGER,
  expires_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX meters_by_expiry ON meters (expires_at);

-- How often something happened in the hour that ends at expires_at, as far as
-- nodes have told.
CREATE TABLE hourly_counts (
  key        TEXT NOT NULL PRIMARY KEY,
  used       INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX hourly_counts_by_expiry ON hourly_counts (expires_at);
