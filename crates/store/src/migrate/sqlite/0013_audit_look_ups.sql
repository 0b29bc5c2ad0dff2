-- What the trail is asked about an app, and about one token and what its
-- validity rests on.
--
-- Whoever creates a token pays for every index that its row stands in. It stands in
-- one more than before, in which it comes last, and where an app acts in another, in
-- which it comes last of that app's. It is not in the one by hashes, where it would
-- be anywhere, and the last two are of rows about no token. The index that goes was
-- used by no statement.
DROP INDEX audit_by_app;
CREATE INDEX audit_of_app ON audit (app_id, id);
CREATE INDEX audit_by_acting_app ON audit (actor_id, id) WHERE actor_kind = 'app';
CREATE INDEX audit_of_authorization ON audit (authorization_id, id) WHERE authorization_id IS NOT NULL;
CREATE INDEX audit_by_former_hash ON audit (token_hash, id)
  WHERE token_hash IS NOT NULL AND action NOT IN ('oauth_access.create', 'oauth_access.import');
CREATE INDEX audit_of_account ON audit (user_id, id) WHERE authorization_id IS NULL;
CREATE INDEX audit_of_app_itself ON audit (app_id, id) WHERE authorization_id IS NULL AND user_id IS NULL;
