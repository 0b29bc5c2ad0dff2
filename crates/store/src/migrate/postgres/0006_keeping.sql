-- Last uses of tokens, passkeys, and what the pages of people and site admins
-- are looked up by.
--
-- ON DELETE CASCADE, other than elsewhere: no audit row tells of what goes here,
-- and programs of the schema before, which know nothing of these tables, take
-- it along, too.
CREATE TABLE last_used (
  authorization_id BIGINT NOT NULL PRIMARY KEY REFERENCES authorizations (id) ON DELETE CASCADE,
  at               BIGINT NOT NULL,
  address_class    TEXT
);

CREATE SEQUENCE passkeys_ids AS BIGINT MAXVALUE 9007199254740991;
CREATE TABLE passkeys (
  id            BIGINT PRIMARY KEY DEFAULT nextval('passkeys_ids'),
  user_id       BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  credential_id BYTEA NOT NULL UNIQUE,
  name          TEXT NOT NULL,
  data          BYTEA NOT NULL, -- what its verifier keeps
  counter       BIGINT NOT NULL,
  created_at    BIGINT NOT NULL,
  last_used_at  BIGINT
);
CREATE INDEX passkeys_by_user ON passkeys (user_id, id);

CREATE INDEX IF NOT EXISTS audit_of_user ON audit (user_id, id);
CREATE INDEX IF NOT EXISTS audit_by_acting_user ON audit (actor_id, id) WHERE actor_kind = 'user';
CREATE INDEX IF NOT EXISTS audit_by_action ON audit (action, id);
CREATE INDEX IF NOT EXISTS authorizations_by_last_eight ON authorizations (token_last_eight, id);
