//! Statements about grants.

/// Six and more columns of a grant `g` with its app `p`, a page at a time.
macro_rules! select {
    ($tail:expr) => {
        concat!(
            "SELECT g.id, g.user_id, g.scopes, g.created_at, g.updated_at, ",
            app_summary_columns!(),
            $tail
        )
    };
}

/// A grant with its app, the app's owner, how many tokens there are, and their last use: time and address class.
macro_rules! select_used {
    ($from:literal) => {
        concat!(
            "SELECT g.id, g.user_id, g.scopes, g.created_at, g.updated_at, ",
            app_summary_columns!(),
            ", ",
            user_columns!(),
            ", (SELECT COUNT(*) FROM authorizations a WHERE a.user_id = g.user_id AND a.app_id = g.app_id) AS tokens",
            ", ",
            last_use!("l.at"),
            " AS at, ",
            last_use!("l.address_class"),
            " AS address_class FROM ",
            $from
        )
    };
}

/// Of a grant's tokens.
macro_rules! last_use {
    ($column:literal) => {
        concat!(
            "(SELECT ",
            $column,
            " FROM authorizations a JOIN last_used l ON l.authorization_id = a.id",
            " WHERE a.user_id = g.user_id AND a.app_id = g.app_id",
            " ORDER BY l.at DESC, l.authorization_id DESC LIMIT 1)"
        )
    };
}

statements! {
    /// Adds the row or locks the one that is there. `consented` comes back null exactly when it was added.
    UPSERT = "INSERT INTO grants (user_id, app_id, scopes, created_at, updated_at) \
              VALUES ($1, $2, '', $3, $3) ON CONFLICT (user_id, app_id) \
              DO UPDATE SET user_id = excluded.user_id RETURNING id, consented, scopes, updated_at";
    /// The row under which a user's and app's tokens change. PostgreSQL appends a lock clause.
    OF_USER_AND_APP = "SELECT id, consented, scopes, updated_at FROM grants WHERE user_id = $1 AND app_id = $2";
    SET_CONSENTED = "UPDATE grants SET consented = $1 WHERE id = $2";
    SET_SHOWN = "UPDATE grants SET scopes = $1, updated_at = $2 WHERE id = $3";
    FIND = select!(" FROM grants g JOIN apps p ON p.id = g.app_id WHERE g.user_id = $1 AND g.id = $2");
    COUNT_OF_USER = "SELECT COUNT(*) FROM grants WHERE user_id = $1";
    LIST_OF_USER = select!(
        " FROM (SELECT id FROM grants WHERE user_id = $1 ORDER BY id LIMIT $2 OFFSET $3) page \
          JOIN grants g ON g.id = page.id JOIN apps p ON p.id = g.app_id ORDER BY g.id");
    COUNT_OF_USER_AND_APP = "SELECT COUNT(*) FROM grants WHERE user_id = $1 AND app_id = $2";
    LIST_OF_USER_AND_APP = select!(
        " FROM (SELECT id FROM grants WHERE user_id = $1 AND app_id = $2 ORDER BY id LIMIT $3 OFFSET $4) page \
          JOIN grants g ON g.id = page.id JOIN apps p ON p.id = g.app_id ORDER BY g.id");
    LIST_USED = select_used!(
        "(SELECT id FROM grants WHERE user_id = $1 ORDER BY id LIMIT $2 OFFSET $3) page \
         JOIN grants g ON g.id = page.id JOIN apps p ON p.id = g.app_id JOIN users u ON u.id = p.owner_id \
         ORDER BY g.id");
    FIND_USED = select_used!(
        "grants g JOIN apps p ON p.id = g.app_id JOIN users u ON u.id = p.owner_id \
         WHERE g.user_id = $1 AND g.id = $2");
    DELETE = "DELETE FROM grants WHERE user_id = $1 AND id = $2 RETURNING id, user_id, app_id";
    DELETE_BY_ID = "DELETE FROM grants WHERE id = $1 RETURNING id, user_id, app_id";
    DELETE_OF_USER_AND_APP = "DELETE FROM grants WHERE user_id = $1 AND app_id = $2 RETURNING id, user_id, app_id";
    DELETE_OF_USER = "DELETE FROM grants WHERE user_id = $1 RETURNING id, user_id, app_id";
    DELETE_OF_APP = "DELETE FROM grants WHERE app_id = $1 RETURNING id, user_id, app_id";
}
