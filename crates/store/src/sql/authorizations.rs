//! Statements about authorizations, and the two look-ups of the hot path.

/// Columns: authorization, app summary.
macro_rules! record {
    () => {
        concat!(authorization_columns!(), ", ", app_summary_columns!())
    };
}

/// Columns: authorization, app summary, user.
macro_rules! owned {
    () => {
        concat!(record!(), ", ", user_columns!())
    };
}

/// The page of the ids that the covering index in `$of` gives, with their records. Neither engine sorts
/// records so: SQLite takes them in the order of the ids that it has found.
macro_rules! list {
    ($columns:expr, $of:literal, $limit:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM authorizations a JOIN users u ON u.id = a.user_id LEFT JOIN apps p ON p.id = a.app_id \
             WHERE a.id IN (SELECT id FROM authorizations",
            $of,
            " ORDER BY id ",
            $limit,
            ") ORDER BY a.id"
        )
    };
}

macro_rules! insert {
    ($conflict:literal) => {
        concat!(
            "INSERT INTO authorizations (user_id, app_id, grant_id, hash_prefix, token_hash, \
             token_last_eight, note, note_url, scopes, scope_set, fingerprint, created_at, \
             updated_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13) ON CONFLICT ",
            $conflict,
            " DO NOTHING RETURNING id"
        )
    };
}

macro_rules! delete {
    ($which:literal) => {
        concat!(
            "DELETE FROM authorizations WHERE ",
            $which,
            " RETURNING ",
            remains!()
        )
    };
}

statements! {
    // The hot path. Rows are found by eight bytes of the hash; the caller compares all of it.

    /// The app, and beside it what has that hash. Columns: app, authorization, user, valid.
    /// The last one is true for a valid token of this very app.
    CHECK = concat!(
        "SELECT ", app_columns!(), ", ", authorization_columns!(), ", ", user_columns!(),
        ", a.app_id = p.id AND ", valid!("$1"),
        " FROM apps p LEFT JOIN authorizations a ON a.hash_prefix = $2",
        " LEFT JOIN users u ON u.id = a.user_id LEFT JOIN grants g ON g.id = a.grant_id",
        " WHERE p.client_id = $3");
    /// Columns: authorization, app summary, user, valid but for the owner.
    FIND_BY_HASH = concat!(
        "SELECT ", owned!(), ", ", valid_but_for_the_owner!("$1"),
        " FROM authorizations a JOIN users u ON u.id = a.user_id",
        " LEFT JOIN apps p ON p.id = a.app_id LEFT JOIN grants g ON g.id = a.grant_id",
        " WHERE a.hash_prefix = $2");
    /// The valid tokens of an app with these eight bytes, before a reset or a revocation.
    /// The `+` keeps SQLite from going through all tokens of the app instead.
    FIND_VALID_OF_APP = concat!(
        "SELECT ", owned!(),
        " FROM authorizations a JOIN users u ON u.id = a.user_id",
        " LEFT JOIN apps p ON p.id = a.app_id LEFT JOIN grants g ON g.id = a.grant_id",
        " WHERE a.hash_prefix = $1 AND +a.app_id = $2 AND ", valid!("$3"));

    /// A site admin's token that still is one; scopes stand between spaces.
    IS_ADMIN_TOKEN = concat!(
        "SELECT a.id FROM authorizations a JOIN users u ON u.id = a.user_id",
        " LEFT JOIN apps p ON p.id = a.app_id LEFT JOIN grants g ON g.id = a.grant_id",
        " WHERE a.id = $1 AND a.user_id = $2 AND a.token_hash = $3",
        " AND ' ' || a.scopes || ' ' LIKE '% site!_admin %' ESCAPE '!' AND ", valid!("$4"));
    /// What somebody found, whoever's it is, as long as it has not ended by itself.
    FIND_UNEXPIRED_BY_HASH = concat!(
        "SELECT ", record!(), " FROM authorizations a LEFT JOIN apps p ON p.id = a.app_id",
        " WHERE a.hash_prefix = $1 AND ", unexpired!("$2"));
    /// The same, valid or not.
    FIND_OF_APP = concat!(
        "SELECT ", owned!(),
        " FROM authorizations a JOIN users u ON u.id = a.user_id",
        " LEFT JOIN apps p ON p.id = a.app_id WHERE a.hash_prefix = $1 AND +a.app_id = $2");

    // One record.

    FIND_OF_USER = concat!(
        "SELECT ", owned!(), " FROM authorizations a JOIN users u ON u.id = a.user_id",
        " LEFT JOIN apps p ON p.id = a.app_id WHERE a.user_id = $1 AND a.id = $2");
    FIND_BY_ID = concat!(
        "SELECT ", owned!(), " FROM authorizations a JOIN users u ON u.id = a.user_id",
        " LEFT JOIN apps p ON p.id = a.app_id WHERE a.id = $1");
    /// PostgreSQL appends a lock clause.
    EXISTS = "SELECT id FROM authorizations WHERE id = $1";
    /// What get-or-create gets.
    FIND_UNEXPIRED = concat!(
        "SELECT ", record!(), " FROM authorizations a LEFT JOIN apps p ON p.id = a.app_id",
        " WHERE a.user_id = $1 AND a.app_id = $2 AND a.fingerprint = $3 AND ", unexpired!("$4"),
        " ORDER BY a.id LIMIT 1");
    /// Nothing comes back when the note with this fingerprint is taken.
    INSERT_PERSONAL = insert!("(user_id, note, fingerprint) WHERE app_id IS NULL");
    /// Nothing comes back when the fingerprint is taken.
    INSERT_FOR_APP = insert!("(user_id, app_id, fingerprint) WHERE app_id IS NOT NULL AND fingerprint <> ''");
    /// Fails by a unique index when the key is taken: an `UPDATE` has no `ON CONFLICT`.
    UPDATE = "UPDATE authorizations SET note = $1, note_url = $2, scopes = $3, scope_set = $4, \
              fingerprint = $5, updated_at = $6 WHERE id = $7";
    /// Another reset that came first has changed the hash, and this one finds nothing.
    REPLACE_TOKEN = "UPDATE authorizations SET hash_prefix = $1, token_hash = $2, token_last_eight = $3, \
                     updated_at = $4, issued_at = $4 WHERE id = $5 AND token_hash = $6 RETURNING id";

    // Deletions; each returns what the audit trail keeps.

    DELETE = delete!("id = $1");
    DELETE_TOKEN = delete!("id = $1 AND token_hash = $2");
    DELETE_EXPIRED = delete!("id = $1 AND expires_at <= $2");
    DELETE_ALL_OF_USER_AND_APP = delete!("user_id = $1 AND app_id = $2");
    DELETE_ALL_OF_USER = delete!("user_id = $1");
    DELETE_ALL_OF_APP = delete!("app_id = $1");
    /// The first one and all that came by refresh tokens.
    DELETE_OF_FAMILY = delete!(
        "id IN (SELECT authorization_id FROM refresh_tokens WHERE family = $1 UNION SELECT $1)");
    RETIRE_PERSONAL = delete!(
        "user_id = $1 AND note = $2 AND fingerprint = $3 AND app_id IS NULL \
         AND expires_at <= $4 AND id <> $5");
    RETIRE_FOR_APP = delete!(
        "user_id = $1 AND app_id = $2 AND fingerprint = $3 AND app_id IS NOT NULL AND fingerprint <> '' \
         AND expires_at <= $4 AND id <> $5");

    /// The oldest first.
    EXPIRED = "SELECT id, user_id, app_id FROM authorizations WHERE expires_at <= $1 \
               ORDER BY expires_at, id LIMIT $2";

    // What a grant's rules look at, under its lock.

    SCOPES_OF_GRANT = "SELECT scopes FROM authorizations WHERE user_id = $1 AND app_id = $2 ORDER BY id";
    /// The newest first.
    IDS_OF_SCOPE_SET = "SELECT id FROM authorizations WHERE user_id = $1 AND app_id = $2 AND scope_set = $3 \
                        ORDER BY id DESC";

    // Lists.

    COUNT_OF_USER = "SELECT COUNT(*) FROM authorizations WHERE user_id = $1";
    LIST_OF_USER = list!(record!(), " WHERE user_id = $1", "LIMIT $2 OFFSET $3");
    /// From an id on.
    LIST_OF_USER_FROM = list!(record!(), " WHERE user_id = $1 AND id >= $2", "LIMIT $3 OFFSET $4");
    IDS_OF_USER = "SELECT id FROM authorizations WHERE user_id = $1 ORDER BY id";
    /// What is different whenever the lists of a user are.
    STATE_OF_USER = "SELECT (SELECT MAX(id) FROM audit WHERE user_id = $1) AS last_row, \
                     (SELECT MAX(id) FROM authorizations WHERE user_id = $1) AS last_record";
    /// A null app means personal access tokens.
    COUNT_OF_USER_AND_APP = "SELECT COUNT(*) FROM authorizations \
                             WHERE user_id = $1 AND app_id IS NOT DISTINCT FROM $2";
    LIST_OF_USER_AND_APP = list!(
        record!(), " WHERE user_id = $1 AND app_id IS NOT DISTINCT FROM $2", "LIMIT $3 OFFSET $4");

    LIST_OF_USER_AND_APP_FROM = list!(
        record!(), " WHERE user_id = $1 AND app_id IS NOT DISTINCT FROM $2 AND id >= $3", "LIMIT $4 OFFSET $5");
    IDS_OF_USER_AND_APP = "SELECT id FROM authorizations \
                           WHERE user_id = $1 AND app_id IS NOT DISTINCT FROM $2 ORDER BY id";

    // Personal access tokens, and when they were used. Columns: authorization, app summary, time, address class.

    COUNT_PERSONAL = "SELECT COUNT(*) FROM authorizations WHERE user_id = $1 AND app_id IS NULL";
    LIST_PERSONAL = concat!(
        "SELECT ", record!(), ", l.at, l.address_class",
        " FROM (SELECT id FROM authorizations WHERE user_id = $1 AND app_id IS NULL",
        " ORDER BY id DESC LIMIT $2 OFFSET $3) page JOIN authorizations a ON a.id = page.id",
        " LEFT JOIN apps p ON p.id = a.app_id LEFT JOIN last_used l ON l.authorization_id = a.id",
        " ORDER BY a.id DESC");
    FIND_PERSONAL = concat!(
        "SELECT ", record!(), ", l.at, l.address_class",
        " FROM authorizations a LEFT JOIN apps p ON p.id = a.app_id",
        " LEFT JOIN last_used l ON l.authorization_id = a.id",
        " WHERE a.user_id = $1 AND a.id = $2 AND a.app_id IS NULL");
    REGENERATE = "UPDATE authorizations SET hash_prefix = $1, token_hash = $2, token_last_eight = $3, \
                  expires_at = $4, updated_at = $5, issued_at = $5 WHERE id = $6";

    // An operator's lists.

    COUNT_ALL = "SELECT COUNT(*) FROM authorizations";
    COUNT_EVERYBODYS_PERSONAL = "SELECT COUNT(*) FROM authorizations WHERE app_id IS NULL";
    LIST_EVERYBODYS_PERSONAL = list!(owned!(), " WHERE app_id IS NULL", "LIMIT $1 OFFSET $2");
    LIST_ALL = list!(owned!(), "", "LIMIT $1 OFFSET $2");
    LIST_OWNED_BY_USER = list!(owned!(), " WHERE user_id = $1", "LIMIT $2 OFFSET $3");
    COUNT_OF_APP = "SELECT COUNT(*) FROM authorizations WHERE app_id = $1";
    LIST_OF_APP = list!(owned!(), " WHERE app_id = $1", "LIMIT $2 OFFSET $3");
    COUNT_BY_ID = "SELECT COUNT(*) FROM authorizations WHERE id = $1";
    LIST_BY_ID = list!(owned!(), " WHERE id = $1", "LIMIT $2 OFFSET $3");
    COUNT_BY_LAST_EIGHT = "SELECT COUNT(*) FROM authorizations WHERE token_last_eight = $1";
    LIST_BY_LAST_EIGHT = list!(owned!(), " WHERE token_last_eight = $1", "LIMIT $2 OFFSET $3");
    COUNT_BY_HASH = "SELECT COUNT(*) FROM authorizations WHERE hash_prefix = $1 AND token_hash = $2";
    LIST_BY_HASH = list!(owned!(), " WHERE hash_prefix = $1 AND token_hash = $2", "LIMIT $3 OFFSET $4");
}
