//! Statements about the life of tokens.

/// When the present token of `a` was made.
macro_rules! issued {
    () => {
        "COALESCE(a.issued_at, a.created_at)"
    };
}

/// Columns: authorization, app summary, user, when it was issued, time and address class of the last use.
macro_rules! lived {
    () => {
        concat!(
            authorization_columns!(),
            ", ",
            app_summary_columns!(),
            ", ",
            user_columns!(),
            ", ",
            issued!(),
            " AS issued_at, l.at, l.address_class FROM authorizations a JOIN users u ON u.id = a.user_id",
            " LEFT JOIN apps p ON p.id = a.app_id",
            " LEFT JOIN last_used l ON l.authorization_id = a.id"
        )
    };
}

statements! {
    LIST = concat!("SELECT ", lived!(), " WHERE a.id > $1 ORDER BY a.id LIMIT $2");
    /// What ends sooner stays as it is.
    SHORTEN = concat!(
        "UPDATE authorizations SET expires_at = $1, updated_at = $2 \
         WHERE id = $3 AND (expires_at IS NULL OR expires_at > $1) RETURNING ", remains!());
    OWNERS = "SELECT id, user_id, app_id FROM authorizations WHERE id = $1";
    /// Looks at the last use once more: the row is held by now, and whoever notes a use holds it, too.
    DELETE_IDLE = concat!(
        "DELETE FROM authorizations WHERE id = $1 AND COALESCE(issued_at, created_at) <= $2 \
         AND (expires_at IS NULL OR expires_at > $3) AND NOT EXISTS (SELECT 1 FROM last_used l \
         WHERE l.authorization_id = authorizations.id AND l.at > $2) RETURNING ", remains!());
    EXPIRING = concat!(
        "SELECT ", lived!(), " LEFT JOIN grants g ON g.id = a.grant_id",
        " WHERE (a.expires_at, a.id) > ($1, $2) AND a.expires_at <= $3",
        " AND a.expires_at > ", issued!(), " + $4 AND ", valid!("$5"),
        " AND NOT EXISTS (SELECT 1 FROM expiry_notices n WHERE n.authorization_id = a.id",
        " AND n.expires_at = a.expires_at AND n.days <= $6 AND n.channel = $7",
        " AND (n.told_at IS NOT NULL OR n.lease_until > $5))",
        " ORDER BY a.expires_at, a.id LIMIT $8");
    /// Nothing comes back when somebody was told, or somebody else is about to tell.
    CLAIM = "INSERT INTO expiry_notices (authorization_id, expires_at, days, channel, lease_until, told_at) \
             VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (authorization_id, expires_at, days, channel) DO UPDATE \
             SET lease_until = excluded.lease_until, told_at = excluded.told_at \
             WHERE expiry_notices.told_at IS NULL AND expiry_notices.lease_until <= $7 \
             RETURNING authorization_id";
    SETTLE = "UPDATE expiry_notices SET told_at = $1 WHERE authorization_id = $2 AND expires_at = $3 \
              AND days = $4 AND channel = $5";
}
