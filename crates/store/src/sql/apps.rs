//! Statements about OAuth apps.

statements! {
    /// Nothing comes back when the client id is taken.
    INSERT = "INSERT INTO apps (client_id, name, url, callback_urls, owner_id, secret_hash, \
              auth_generation, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $7) \
              ON CONFLICT (client_id) DO NOTHING RETURNING id";
    FIND = concat!("SELECT ", app_columns!(), " FROM apps p WHERE p.client_id = $1");
    FIND_BY_ID = concat!("SELECT ", app_columns!(), " FROM apps p WHERE p.id = $1");
    COUNT = "SELECT COUNT(*) FROM apps";
    LIST = concat!(
        "SELECT ", app_columns!(),
        " FROM (SELECT id FROM apps ORDER BY id LIMIT $1 OFFSET $2) page",
        " JOIN apps p ON p.id = page.id ORDER BY p.id");
    SET_OWNER = "UPDATE apps SET owner_id = $1, updated_at = $2 WHERE id = $3 RETURNING id";
    ROTATE_SECRET = "UPDATE apps SET secret_hash = $1, auth_generation = auth_generation + 1, \
                     updated_at = $2 WHERE id = $3 AND secret_hash IS NOT NULL RETURNING id";
    SUSPEND = "UPDATE apps SET suspended_at = $1, auth_generation = auth_generation + 1, \
               updated_at = $1 WHERE id = $2 AND suspended_at IS NULL RETURNING id";
    UNSUSPEND = "UPDATE apps SET suspended_at = NULL, auth_generation = auth_generation + 1, \
                 updated_at = $1 WHERE id = $2 AND suspended_at IS NOT NULL RETURNING id";
    IDS_OF_OWNER = "SELECT id FROM apps WHERE owner_id = $1 ORDER BY id";
    /// Takes the row's lock before the app's grants and tokens are deleted.
    LOCK_TO_DELETE = "UPDATE apps SET auth_generation = auth_generation + 1 WHERE id = $1 RETURNING id";
    DELETE = "DELETE FROM apps WHERE id = $1";
    /// The acting app, if still the one that was authenticated. PostgreSQL appends ` FOR SHARE`.
    IS_CURRENT = "SELECT id FROM apps WHERE id = $1 AND auth_generation = $2 AND suspended_at IS NULL";
    /// The app that a new token is for. PostgreSQL appends ` FOR SHARE`.
    IS_ACTIVE = "SELECT id FROM apps WHERE id = $1 AND suspended_at IS NULL";
    ID_OF = "SELECT id FROM apps WHERE client_id = $1";
}
