-- The trail as a hash chain, signed now and then, and what one node at a time does.
--
-- Triggers, other than elsewhere: a row waits for its seal from the very statement
-- that writes it, also when a program of the schema before writes it; and a seal
-- takes its row off the list, also in a copy.
ALTER TABLE audit ADD COLUMN details TEXT;

-- Rows without a seal. Ids are no order: a lower one may be committed later.
CREATE TABLE audit_unsealed (
  audit_id INTEGER PRIMARY KEY
) STRICT;
CREATE TRIGGER audit_waits AFTER INSERT ON audit
BEGIN
  INSERT INTO audit_unsealed (audit_id) VALUES (NEW.id);
END;
INSERT INTO audit_unsealed (audit_id) SELECT id FROM audit;

CREATE TABLE audit_seal (
  seq      INTEGER PRIMARY KEY, -- from 1, without gaps
  audit_id INTEGER NOT NULL UNIQUE,
  chain    BLOB NOT NULL        -- SHA-256 over the chain before and the row's line
) STRICT;
CREATE TRIGGER audit_is_sealed AFTER INSERT ON audit_seal
BEGIN
  DELETE FROM audit_unsealed WHERE audit_id = NEW.audit_id;
END;

-- The seal of this number, signed. Each names the one before.
CREATE TABLE audit_checkpoint (
  seq       INTEGER PRIMARY KEY,
  previous  INTEGER NOT NULL UNIQUE,
  at        INTEGER NOT NULL,
  key_id    TEXT NOT NULL,
  signature BLOB NOT NULL
) STRICT;

-- What one node at a time does, until when it may, and how far it is.
CREATE TABLE leases (
  name       TEXT PRIMARY KEY,
  holder     TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  position   INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
