-- The trail as a hash chain, signed now and then, and what one node at a time does.
--
-- Triggers, other than elsewhere: a row waits for its seal from the very statement
-- that writes it, also when a program of the schema before writes it; and a seal
-- takes its row off the list, also in a copy.
ALTER TABLE audit ADD COLUMN details TEXT;

-- Rows without a seal. Ids are no order: a lower one may be committed later.
CREATE TABLE audit_unsealed (
  audit_id BIGINT PRIMARY KEY
);
CREATE FUNCTION audit_waits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit_unsealed (audit_id) VALUES (NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER audit_waits AFTER INSERT ON audit
  FOR EACH ROW EXECUTE FUNCTION audit_waits();
INSERT INTO audit_unsealed (audit_id) SELECT id FROM audit;

CREATE TABLE audit_seal (
  seq      BIGINT PRIMARY KEY, -- from 1, without gaps
  audit_id BIGINT NOT NULL UNIQUE,
  chain    BYTEA NOT NULL      -- SHA-256 over the chain before and the row's line
);
CREATE FUNCTION audit_is_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM audit_unsealed WHERE audit_id = NEW.audit_id;
  RETURN NULL;
END $$;
CREATE TRIGGER audit_is_sealed AFTER INSERT ON audit_seal
  FOR EACH ROW EXECUTE FUNCTION audit_is_sealed();

-- The seal of this number, signed. Each names the one before.
CREATE TABLE audit_checkpoint (
  seq       BIGINT PRIMARY KEY,
  previous  BIGINT NOT NULL UNIQUE,
  at        BIGINT NOT NULL,
  key_id    TEXT NOT NULL,
  signature BYTEA NOT NULL
);

-- What one node at a time does, until when it may, and how far it is.
CREATE TABLE leases (
  name       TEXT COLLATE "C" PRIMARY KEY,
  holder     TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  position   BIGINT NOT NULL DEFAULT 0
);
