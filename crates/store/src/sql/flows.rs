//! Statements about codes, device codes and refresh tokens.

/// What stays of an app, its owner and a user's grant of it: see `steps::row::consent_check`.
macro_rules! consent {
    () => {
        concat!(app_columns!(), ", ", user_columns!(), ", g.id, g.consented")
    };
}

statements! {
    // Consent.

    FIND_CONSENT = concat!(
        "SELECT ", consent!(), " FROM apps p JOIN users u ON u.id = p.owner_id",
        " LEFT JOIN grants g ON g.user_id = $1 AND g.app_id = p.id WHERE p.client_id = $2");

    // Codes.

    /// Rests on the user's credentials as they are now.
    INSERT_CODE = "INSERT INTO codes (code_hash, app_id, user_id, grant_id, session_id, redirect_uri, \
                   challenge, scopes, expires_at, auth_generation) \
                   SELECT $1, $2, id, $3, $4, $5, $6, $7, $8, auth_generation FROM users WHERE id = $9";
    /// App, redirect URI, challenge, and whose it is.
    FIND_CODE = concat!(
        "SELECT c.app_id, c.redirect_uri, c.challenge, ", user_columns!(),
        " FROM codes c JOIN users u ON u.id = c.user_id WHERE c.code_hash = $1");
    /// What stands behind a code and, if it was used, what it made.
    LOOK_AT_CODE = "SELECT app_id, user_id, grant_id, auth_generation, scopes, expires_at, used_at, \
                    authorization_id FROM codes WHERE code_hash = $1";
    /// Once.
    USE_CODE = "UPDATE codes SET used_at = $1 WHERE code_hash = $2 AND used_at IS NULL \
                AND expires_at > $1 RETURNING app_id";
    SET_MADE_BY_CODE = "UPDATE codes SET authorization_id = $1 WHERE code_hash = $2";
    END_CODES_OF_SESSION = "DELETE FROM codes WHERE session_id = $1 AND used_at IS NULL";
    END_CODES_OF_APP = "DELETE FROM codes WHERE app_id = $1 AND used_at IS NULL";
    DELETE_CODES_OF_APP = "DELETE FROM codes WHERE app_id = $1";
    DELETE_CODES_OF_GRANT = "DELETE FROM codes WHERE grant_id = $1";
    DELETE_CODE = "DELETE FROM codes WHERE code_hash = $1";
    /// What ended longest ago. PostgreSQL appends a lock clause, here and below.
    ENDED_CODES = "SELECT code_hash FROM codes WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2";

    // Device codes.

    /// Nothing comes back when one of the codes is taken.
    INSERT_DEVICE_CODE = "INSERT INTO device_codes (device_hash, user_code_hash, app_id, scopes, address, \
                          poll_interval, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
                          ON CONFLICT DO NOTHING RETURNING app_id";
    /// Consent, then what is asked, from where, since when.
    FIND_DEVICE_REQUEST = concat!(
        "SELECT ", consent!(), ", d.scopes, d.address, d.created_at FROM device_codes d",
        " JOIN apps p ON p.id = d.app_id JOIN users u ON u.id = p.owner_id",
        " LEFT JOIN grants g ON g.user_id = $1 AND g.app_id = p.id",
        " WHERE d.user_code_hash = $2 AND d.decided_at IS NULL AND d.expires_at > $3",
        " AND p.suspended_at IS NULL AND NOT p.device_flow_off");
    APP_OF_USER_CODE = "SELECT app_id FROM device_codes WHERE user_code_hash = $1";
    /// Once. Rests on the user's credentials as they are now.
    APPROVE_DEVICE_CODE = "UPDATE device_codes SET decided_at = $1, grant_id = $2, scopes = $3, user_id = $4, \
                           auth_generation = (SELECT auth_generation FROM users WHERE id = $4) \
                           WHERE user_code_hash = $5 AND decided_at IS NULL AND expires_at > $1 RETURNING app_id";
    /// Once.
    DENY_DEVICE_CODE = "UPDATE device_codes SET decided_at = $1 \
                        WHERE user_code_hash = $2 AND decided_at IS NULL AND expires_at > $1 RETURNING app_id";
    /// The interval grows when the poll before is nearer than it says.
    POLL_DEVICE_CODE = "UPDATE device_codes SET polled_at = $1, \
                        too_fast = CASE WHEN polled_at + poll_interval > $1 THEN 1 ELSE 0 END, \
                        poll_interval = poll_interval + CASE WHEN polled_at + poll_interval > $1 THEN 5 ELSE 0 END \
                        WHERE device_hash = $2 AND app_id = $3 AND spent_at IS NULL \
                        RETURNING expires_at, decided_at, user_id, too_fast, poll_interval";
    /// What stands behind an approved device code.
    LOOK_AT_DEVICE_CODE = "SELECT user_id, grant_id, auth_generation, scopes FROM device_codes \
                           WHERE device_hash = $1 AND app_id = $2 AND user_id IS NOT NULL";
    /// Once.
    SPEND_DEVICE_CODE = "UPDATE device_codes SET spent_at = $1 WHERE device_hash = $2 AND spent_at IS NULL \
                         AND user_id IS NOT NULL AND expires_at > $1 RETURNING app_id";
    DELETE_DEVICE_CODES_OF_APP = "DELETE FROM device_codes WHERE app_id = $1";
    DELETE_DEVICE_CODES_OF_GRANT = "DELETE FROM device_codes WHERE grant_id = $1";
    DELETE_DEVICE_CODE = "DELETE FROM device_codes WHERE device_hash = $1";
    ENDED_DEVICE_CODES = "SELECT device_hash FROM device_codes WHERE expires_at <= $1 \
                          ORDER BY expires_at LIMIT $2";

    // Refresh tokens.

    INSERT_REFRESH_TOKEN = "INSERT INTO refresh_tokens (token_hash, family, parent, app_id, user_id, grant_id, \
                            authorization_id, scopes, expires_at, family_began_at) \
                            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    /// Programs of the schema before do not say when a family began: then it did when this one was created, $1
    /// seconds before its end.
    LOOK_AT_REFRESH_TOKEN = "SELECT family, user_id, grant_id, expires_at, superseded_at, \
                             COALESCE(family_began_at, expires_at - $1) AS family_began_at FROM refresh_tokens \
                             WHERE token_hash = $2 AND app_id = $3";
    /// Whose it is, as long as it has not ended by itself.
    FIND_UNEXPIRED_REFRESH_TOKEN = "SELECT app_id FROM refresh_tokens WHERE token_hash = $1 AND expires_at > $2";
    /// Once, and only while what it came with was not deleted. What is left of that: its scopes.
    SUPERSEDE = "UPDATE refresh_tokens SET superseded_at = $1 WHERE token_hash = $2 AND superseded_at IS NULL \
                 AND expires_at > $1 AND (authorization_id IS NULL OR EXISTS \
                 (SELECT 1 FROM authorizations a WHERE a.id = refresh_tokens.authorization_id)) RETURNING scopes";
    SUPERSEDE_FAMILY = "UPDATE refresh_tokens SET superseded_at = $1 WHERE family = $2 AND superseded_at IS NULL";
    /// The successors of one: scopes, whether it was presented, whether what it came with is gone.
    SUCCESSORS = "SELECT r.scopes, r.superseded_at IS NOT NULL, r.authorization_id IS NOT NULL AND a.id IS NULL \
                  FROM refresh_tokens r LEFT JOIN authorizations a ON a.id = r.authorization_id \
                  WHERE r.family = $1 AND r.parent = $2";
    /// Columns: app summary, user, scopes, end.
    FIND_REFRESH_TOKEN = concat!(
        "SELECT ", app_summary_columns!(), ", ", user_columns!(), ", r.scopes, r.expires_at",
        " FROM refresh_tokens r JOIN users u ON u.id = r.user_id JOIN apps p ON p.id = r.app_id",
        " LEFT JOIN grants g ON g.id = r.grant_id LEFT JOIN authorizations a ON a.id = r.authorization_id",
        " WHERE r.token_hash = $1 AND ", refresh_token_valid!("$2"));
    DELETE_FAMILY = "DELETE FROM refresh_tokens WHERE family = $1";
    /// An edit of the authorization is an edit of what follows it.
    SET_SCOPES_OF_REFRESH_TOKEN = "UPDATE refresh_tokens SET scopes = $1 WHERE authorization_id = $2";
    /// The authorization has expired and is reaped: that does not end what outlives it.
    OUTLIVE_AUTHORIZATION = "UPDATE refresh_tokens SET authorization_id = NULL WHERE authorization_id = $1";
    DELETE_REFRESH_TOKENS_OF_GRANT = "DELETE FROM refresh_tokens WHERE grant_id = $1";
    DELETE_REFRESH_TOKEN = "DELETE FROM refresh_tokens WHERE token_hash = $1";
    ENDED_REFRESH_TOKENS = "SELECT token_hash FROM refresh_tokens WHERE expires_at <= $1 \
                            ORDER BY expires_at LIMIT $2";
}
