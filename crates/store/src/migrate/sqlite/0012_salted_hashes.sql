-- Salted hashes of tokens that came from another authority and have not shown
-- themselves yet; what stands in authorizations.token_hash is no token's.
--
-- ON DELETE CASCADE and a trigger, so that no program of the schema before leaves
-- a hash behind that would open a record whose token was replaced.
CREATE TABLE salted_hashes (
  authorization_id INTEGER NOT NULL PRIMARY KEY REFERENCES authorizations (id) ON DELETE CASCADE,
  token_last_eight TEXT NOT NULL,
  kept             TEXT NOT NULL -- scheme, salt and hash
) STRICT;
CREATE INDEX salted_hashes_by_last_eight ON salted_hashes (token_last_eight, authorization_id);
CREATE TRIGGER salted_hash_is_replaced AFTER UPDATE OF token_hash ON authorizations
  WHEN OLD.token_hash <> NEW.token_hash
BEGIN
  DELETE FROM salted_hashes WHERE authorization_id = NEW.id;
END;
