-- Last uses of tokens, passkeys, and what the pages of people and site admins
-- are looked up by.
--
-- ON DELETE CASCADE, other than elsewhere: no audit row tells of what goes here,
-- and programs of the schema before, which know nothing of these tables, take
-- it along, too.
CREATE TABLE last_used (
  authorization_id INTEGER NOT NULL PRIMARY KEY REFERENCES authorizations (id) ON DELETE CASCADE,
  at               INTEGER NOT NULL,
  address_class    TEXT
) STRICT;

CREATE TABLE passkeys (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id       INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  credential_id BLOB NOT NULL UNIQUE,
  name          TEXT NOT NULL,
  data          BLOB NOT NULL, -- what its verifier keeps
  counter       INTEGER NOT NULL,
  created_at    INTEGER NOT NULL,
  last_used_at  INTEGER
) STRICT;
CREATE INDEX passkeys_by_user ON passkeys (user_id, id);

CREATE INDEX audit_of_user ON audit (user_id, id);
CREATE INDEX audit_by_acting_user ON audit (actor_id, id) WHERE actor_kind = 'user';
CREATE INDEX audit_by_action ON audit (action, id);
CREATE INDEX authorizations_by_last_eight ON authorizations (token_last_eight, id);
