//! Statements about the audit trail and the engine's own notes.

macro_rules! insert {
    () => {
        "INSERT INTO audit (at, action, actor_kind, actor_id, user_id, app_id, authorization_id, \
         grant_id, token_hash, token_last_eight, address, request_id, details) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
    };
}

/// The newest rows of those about a user or app and those by it; each kind has an index of its own.
macro_rules! of_party {
    ($about:literal, $kind:literal, $filter:literal, $before:literal, $limit:literal) => {
        concat!(
            "SELECT ",
            audit_row!(),
            " FROM audit WHERE id IN (",
            "SELECT id FROM (SELECT id FROM audit WHERE ",
            $about,
            " = $1",
            $filter,
            " AND id < ",
            $before,
            " ORDER BY id DESC LIMIT ",
            $limit,
            ") about UNION ",
            "SELECT id FROM (SELECT id FROM audit WHERE actor_kind = '",
            $kind,
            "' AND actor_id = $1",
            $filter,
            " AND id < ",
            $before,
            " ORDER BY id DESC LIMIT ",
            $limit,
            ") done",
            ") ORDER BY id DESC LIMIT ",
            $limit
        )
    };
}

/// Some rows for which a condition holds, the oldest first.
macro_rules! about {
    ($condition:literal) => {
        concat!(
            "SELECT ",
            audit_row!(),
            " FROM audit WHERE ",
            $condition,
            " AND id > $2 ORDER BY id LIMIT $3"
        )
    };
}

statements! {
    INSERT = insert!();
    INSERT_FOR_ARCHIVE = concat!(insert!(), " RETURNING id");
    /// Under the id that it had once.
    INSERT_OLD = "INSERT INTO audit (id, at, action, actor_kind, actor_id, user_id, app_id, authorization_id, \
                  grant_id, token_hash, token_last_eight, address, request_id, details) \
                  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    FIND = concat!("SELECT ", audit_row!(), " FROM audit WHERE id = $1");
    LIST = concat!("SELECT ", audit_row!(), " FROM audit WHERE id > $1 ORDER BY id LIMIT $2");
    EVENTS = concat!("SELECT ", audit_row!(), " FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2");
    EVENTS_OF_ACTION = concat!(
        "SELECT ", audit_row!(), " FROM audit WHERE action = $1 AND id < $2 ORDER BY id DESC LIMIT $3");
    EVENTS_OF_USER = of_party!("user_id", "user", "", "$2", "$3");
    EVENTS_OF_USER_AND_ACTION = of_party!("user_id", "user", " AND action = $2", "$3", "$4");
    EVENTS_OF_APP = of_party!("app_id", "app", "", "$2", "$3");
    EVENTS_OF_APP_AND_ACTION = of_party!("app_id", "app", " AND action = $2", "$3", "$4");
    ABOUT_AUTHORIZATION = about!("authorization_id = $1");
    /// Which rows count is said by the index in the same words.
    ABOUT_FORMER_HASH = about!("token_hash = $1 AND action NOT IN ('oauth_access.create', 'oauth_access.import')");
    ABOUT_ACCOUNT = about!("user_id = $1 AND authorization_id IS NULL");
    ABOUT_APP_ITSELF = about!("app_id = $1 AND authorization_id IS NULL AND user_id IS NULL");
    /// Creations of a user for an app (null: for none) since a moment, deleted ones included.
    COUNT_SINCE = "SELECT COUNT(*) FROM audit WHERE user_id = $1 AND app_id IS NOT DISTINCT FROM $2 \
                   AND action = $3 AND at > $4";
    /// The first claim stays.
    CLAIM_META = "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";
    /// The same; nothing comes back when there is a claim.
    CLAIM_META_ONCE = "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING RETURNING key";
    GET_META = "SELECT value FROM meta WHERE key = $1";
    ALL_META = "SELECT key, value FROM meta ORDER BY key";
    SET_META = "INSERT INTO meta (key, value) VALUES ($1, $2) \
                ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    DELETE_META = "DELETE FROM meta WHERE key = $1";
    /// A write that changes nothing anybody reads: whether the engine takes one.
    TOUCH_META = "INSERT INTO meta (key, value) VALUES ($1, '') \
                  ON CONFLICT (key) DO UPDATE SET value = excluded.value";
}
