//! Statements about OAuth apps.

/// Apps by a part of their name, or by how their client id or owner's login begins.
macro_rules! found {
    () => {
        " FROM apps p JOIN users o ON o.id = p.owner_id \
         WHERE (LOWER(p.name) LIKE $1 ESCAPE '!' OR p.name LIKE $2 ESCAPE '!' \
         OR LOWER(p.client_id) LIKE $3 ESCAPE '!' OR o.login_key LIKE $4 ESCAPE '!') \
         AND p.client_id <> $5"
    };
}

statements! {
    /// Nothing comes back when the client id is taken.
    INSERT = "INSERT INTO apps (client_id, name, url, callback_urls, owner_id, secret_hash, \
              auth_generation, created_at, updated_at, description, device_flow_off, \
              sub_path_callbacks, expiring_tokens, allowed_scopes, resource_server) \
              VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $7, $8, $9, $10, $11, $12, $13) \
              ON CONFLICT (client_id) DO NOTHING RETURNING id";
    FIND = concat!("SELECT ", app_columns!(), " FROM apps p WHERE p.client_id = $1");
    FIND_BY_ID = concat!("SELECT ", app_columns!(), " FROM apps p WHERE p.id = $1");
    /// The lists leave one client id out, that of impersonations.
    COUNT = "SELECT COUNT(*) FROM apps WHERE client_id <> $1";
    LIST = concat!(
        "SELECT ", app_columns!(),
        " FROM (SELECT id FROM apps WHERE client_id <> $1 ORDER BY id LIMIT $2 OFFSET $3) page",
        " JOIN apps p ON p.id = page.id ORDER BY p.id");
    CLIENT_ID_OF = "SELECT client_id FROM apps WHERE id = $1";
    /// Columns: app, owner.
    LIST_OWNED = concat!(
        "SELECT ", app_columns!(), ", ", user_columns!(),
        " FROM (SELECT id FROM apps WHERE client_id <> $1 ORDER BY id LIMIT $2 OFFSET $3) page",
        " JOIN apps p ON p.id = page.id JOIN users u ON u.id = p.owner_id ORDER BY p.id");
    FIND_OWNED = concat!(
        "SELECT ", app_columns!(), ", ", user_columns!(),
        " FROM apps p JOIN users u ON u.id = p.owner_id WHERE p.id = $1");
    COUNT_FOUND = concat!("SELECT COUNT(*)", found!());
    LIST_FOUND = concat!(
        "SELECT ", app_columns!(), " FROM (SELECT p.id", found!(), " ORDER BY p.id LIMIT $6 OFFSET $7) page",
        " JOIN apps p ON p.id = page.id ORDER BY p.id");
    SET_OWNER = "UPDATE apps SET owner_id = $1, updated_at = $2 WHERE id = $3 RETURNING id";
    /// The one app that does not end with its owner.
    PASS_ON = "UPDATE apps SET owner_id = $1 WHERE owner_id = $2 AND client_id = $3";
    COUNT_OF_OWNER = "SELECT COUNT(*) FROM apps WHERE owner_id = $1 AND client_id <> $2";
    LIST_OF_OWNER = concat!(
        "SELECT ", app_columns!(),
        " FROM (SELECT id FROM apps WHERE owner_id = $1 AND client_id <> $2 ORDER BY id LIMIT $3 OFFSET $4) page",
        " JOIN apps p ON p.id = page.id ORDER BY p.id");
    /// Users with a grant, tokens.
    COUNT_RELIANCE = "SELECT (SELECT COUNT(*) FROM grants WHERE app_id = $1), \
                      (SELECT COUNT(*) FROM authorizations WHERE app_id = $1)";
    UPDATE = "UPDATE apps SET name = $1, url = $2, description = $3, callback_urls = $4, \
              device_flow_off = $5, sub_path_callbacks = $6, expiring_tokens = $7, \
              allowed_scopes = $8, resource_server = $9, updated_at = $10 WHERE id = $11";
    ROTATE_SECRET = "UPDATE apps SET secret_hash = $1, auth_generation = auth_generation + 1, updated_at = $2, \
                     previous_secret_hash = NULL, previous_secret_until = NULL \
                     WHERE id = $3 AND secret_hash IS NOT NULL RETURNING id";
    /// The secret that goes is kept beside the new one until `$3`.
    ROTATE_SECRET_BY_OVERLAP = "UPDATE apps SET secret_hash = $1, auth_generation = auth_generation + 1, \
                                updated_at = $2, previous_secret_hash = secret_hash, previous_secret_until = $3 \
                                WHERE id = $4 AND secret_hash IS NOT NULL RETURNING id";
    END_PREVIOUS_SECRET = "UPDATE apps SET previous_secret_until = NULL, previous_secret_hash = NULL, \
                           auth_generation = auth_generation + 1, updated_at = $1 \
                           WHERE id = $2 AND previous_secret_hash IS NOT NULL RETURNING id";
    SET_LOGO_AT = "UPDATE apps SET logo_at = $1, updated_at = $1 WHERE id = $2 RETURNING id";
    REMOVE_LOGO_AT = "UPDATE apps SET logo_at = NULL, updated_at = $1 \
                      WHERE id = $2 AND logo_at IS NOT NULL RETURNING id";
    SET_LOGO = "INSERT INTO app_logos (app_id, bytes) VALUES ($1, $2) \
                ON CONFLICT (app_id) DO UPDATE SET bytes = excluded.bytes";
    FIND_LOGO = "SELECT bytes FROM app_logos WHERE app_id = $1";
    DELETE_LOGO = "DELETE FROM app_logos WHERE app_id = $1";
    SUSPEND = "UPDATE apps SET suspended_at = $1, auth_generation = auth_generation + 1, \
               updated_at = $1 WHERE id = $2 AND suspended_at IS NULL RETURNING id";
    UNSUSPEND = "UPDATE apps SET suspended_at = NULL, auth_generation = auth_generation + 1, \
                 updated_at = $1 WHERE id = $2 AND suspended_at IS NOT NULL RETURNING id";
    IDS_OF_OWNER = "SELECT id FROM apps WHERE owner_id = $1 ORDER BY id";
    /// Takes the row's lock before the app's grants and tokens are deleted.
    LOCK_TO_DELETE = "UPDATE apps SET auth_generation = auth_generation + 1 WHERE id = $1 RETURNING id";
    DELETE = "DELETE FROM apps WHERE id = $1";
    /// The acting app, if still the one that was authenticated. PostgreSQL appends a lock clause.
    IS_CURRENT = "SELECT id FROM apps WHERE id = $1 AND auth_generation = $2 AND suspended_at IS NULL";
    /// PostgreSQL appends a lock clause.
    EXISTS = "SELECT id FROM apps WHERE id = $1";
    /// The app that a new token is for. PostgreSQL appends a lock clause.
    IS_ACTIVE = "SELECT id FROM apps WHERE id = $1 AND suspended_at IS NULL";
    ID_OF = "SELECT id FROM apps WHERE client_id = $1";
}
