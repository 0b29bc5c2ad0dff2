-- Restores of a backup into this database. Whether the fence of the last one stands
-- is said by the place of the instance key's fingerprint (`meta`), which every
-- program looks at.
CREATE TABLE restores (
  at            INTEGER PRIMARY KEY,
  backup_at     INTEGER NOT NULL,
  covered_until INTEGER NOT NULL, -- until then it is known what was revoked
  lifted_at     INTEGER,
  lifted_by     TEXT,
  report        TEXT NOT NULL     -- JSON: who has to reset what
) STRICT;
