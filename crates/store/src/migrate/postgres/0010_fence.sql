-- Restores of a backup into this database. Whether the fence of the last one stands
-- is said by the place of the instance key's fingerprint (`meta`), which every
-- program looks at.
CREATE TABLE restores (
  at            BIGINT PRIMARY KEY,
  backup_at     BIGINT NOT NULL,
  covered_until BIGINT NOT NULL, -- until then it is known what was revoked
  lifted_at     BIGINT,
  lifted_by     TEXT,
  report        TEXT NOT NULL     -- JSON: who has to reset what
);
