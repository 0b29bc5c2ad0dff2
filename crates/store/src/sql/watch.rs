//! Statements that count what there is, for whoever watches. Each stops at a bound.

/// How many rows of a table there are, up to a bound.
macro_rules! up_to {
    ($rows:literal, $bound:literal) => {
        concat!(
            "SELECT COUNT(*) FROM (SELECT 1 FROM ",
            $rows,
            " LIMIT ",
            $bound,
            ") found"
        )
    };
}

statements! {
    TOKENS = up_to!("authorizations", "$1");
    EXPIRED_TOKENS = up_to!("authorizations WHERE expires_at <= $1", "$2");
    EXPIRING_TOKENS = up_to!("authorizations WHERE expires_at > $1 AND expires_at <= $2", "$3");
    SESSIONS = up_to!("sessions WHERE expires_at > $1", "$2");
}
