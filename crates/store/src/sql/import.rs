//! Statements about what comes from another authority.

macro_rules! insert_token {
    ($conflict:literal) => {
        concat!(
            "INSERT INTO authorizations (user_id, app_id, grant_id, hash_prefix, token_hash, \
             token_last_eight, note, note_url, scopes, scope_set, fingerprint, created_at, \
             updated_at, expires_at, issued_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT ",
            $conflict,
            " DO NOTHING RETURNING id"
        )
    };
}

statements! {
    USER_OF_LOGIN = "SELECT id FROM users WHERE login_key = $1";
    APP_OF_CLIENT_ID = "SELECT id FROM apps WHERE client_id = $1";
    /// Whoever's they are, valid or not.
    HOLDERS_OF_PREFIX = "SELECT token_hash, user_id, app_id FROM authorizations WHERE hash_prefix = $1";
    /// What ended tokens lately, by the kind of end.
    ENDED_AFTER = "SELECT token_hash FROM audit WHERE action = $1 AND id > $2 AND token_hash IS NOT NULL";
    /// Nothing comes back when the note with this fingerprint is taken.
    INSERT_PERSONAL = insert_token!("(user_id, note, fingerprint) WHERE app_id IS NULL");
    /// Nothing comes back when the fingerprint is taken.
    INSERT_FOR_APP = insert_token!("(user_id, app_id, fingerprint) WHERE app_id IS NOT NULL AND fingerprint <> ''");
    INSERT_SALTED = "INSERT INTO salted_hashes (authorization_id, token_last_eight, kept) VALUES ($1, $2, $3)";
    SALTED_OF_LAST_EIGHT = "SELECT authorization_id, kept FROM salted_hashes WHERE token_last_eight = $1 \
                            ORDER BY authorization_id LIMIT $2";
    SALTED_OF = "SELECT kept FROM salted_hashes WHERE authorization_id = $1";
    /// The salted hash goes by a trigger.
    UPGRADE = "UPDATE authorizations SET hash_prefix = $1, token_hash = $2 \
               WHERE hash_prefix = $3 AND token_hash = $4 \
               RETURNING id, user_id, app_id, grant_id, token_hash, token_last_eight";
    /// Never later than it did.
    GRANT_BEGAN = "UPDATE grants SET created_at = $1 WHERE id = $2 AND created_at > $1";
    /// Nothing comes back when the client id is taken.
    INSERT_APP = "INSERT INTO apps (client_id, name, url, callback_urls, owner_id, secret_hash, \
                  auth_generation, created_at, updated_at, description, device_flow_off, \
                  sub_path_callbacks, expiring_tokens, allowed_scopes, resource_server, suspended_at) \
                  VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
                  ON CONFLICT (client_id) DO NOTHING RETURNING id";
}
