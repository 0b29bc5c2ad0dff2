//! Statements about sessions in browsers and about tickets.

/// Seven columns of a session `s`, without whose it is.
macro_rules! session_columns {
    () => {
        "s.id, s.created_at, s.seen_at, s.expires_at, s.address, s.user_agent, s.sudo_until"
    };
}

/// Whether a session `s` of the user `u` is alive.
macro_rules! alive {
    ($now:literal) => {
        concat!(
            "s.expires_at > ",
            $now,
            " AND u.auth_generation = s.auth_generation AND u.suspended_at IS NULL"
        )
    };
}

statements! {
    INSERT = "INSERT INTO sessions (secret_hash, user_id, auth_generation, created_at, seen_at, expires_at, \
              sudo_until, address, user_agent) VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8) RETURNING id";
    /// The user, the generation, the session.
    FIND = concat!(
        "SELECT ", user_columns!(), ", u.auth_generation, ", session_columns!(),
        " FROM sessions s JOIN users u ON u.id = s.user_id",
        " WHERE s.secret_hash = $1 AND ", alive!("$2"));
    LIST = concat!(
        "SELECT ", session_columns!(), " FROM sessions s JOIN users u ON u.id = s.user_id",
        " WHERE s.user_id = $1 AND ", alive!("$2"), " ORDER BY s.seen_at DESC, s.id DESC");
    /// The latest use stays; what is over stays over.
    SEE = "UPDATE sessions SET seen_at = $1, address = $2, expires_at = $3 \
           WHERE id = $4 AND seen_at < $1 AND expires_at > $1";
    /// The old secret is the race's referee.
    RENEW = "UPDATE sessions SET secret_hash = $1, sudo_until = $2 \
             WHERE id = $3 AND secret_hash = $4 AND expires_at > $5 RETURNING user_id";
    /// The one session that goes on after its user's credentials changed.
    CARRY_ON = "UPDATE sessions SET auth_generation = (SELECT auth_generation FROM users WHERE id = $1) \
                WHERE id = $2 AND user_id = $1 RETURNING id";
    END = "DELETE FROM sessions WHERE id = $1 AND user_id = $2 RETURNING id";
    END_ALL_BUT = "DELETE FROM sessions WHERE user_id = $1 AND id <> $2 RETURNING id";
    /// Of those alive beside one all but so many that were used last. SQLite knows no OFFSET without LIMIT.
    END_BEYOND = "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions \
                  WHERE user_id = $1 AND auth_generation = $2 AND expires_at > $3 AND id <> $4 \
                  ORDER BY seen_at DESC, id DESC LIMIT 1000000 OFFSET $5) RETURNING id";
    DELETE = "DELETE FROM sessions WHERE id = $1";
    /// PostgreSQL appends a lock clause.
    IS_THERE = "SELECT id FROM sessions WHERE id = $1 AND user_id = $2";
    /// What ended longest ago. PostgreSQL appends a lock clause, here and below.
    ENDED = "SELECT id FROM sessions WHERE expires_at <= $1 ORDER BY expires_at, id LIMIT $2";

    // Tickets.

    ADD_TICKET = "INSERT INTO tickets (secret_hash, kind, user_id, payload, expires_at) \
                  VALUES ($1, $2, $3, $4, $5)";
    DELETE_ENDED_ONLY_TICKET = "DELETE FROM tickets WHERE only_one = $1 AND expires_at <= $2";
    /// The first claim stays.
    CLAIM_TICKET = "INSERT INTO tickets (secret_hash, kind, user_id, payload, expires_at, only_one) \
                    VALUES ($1, $2, $3, $4, $5, $2) ON CONFLICT (only_one) DO NOTHING";
    ONLY_TICKET = "SELECT payload FROM tickets WHERE only_one = $1";
    FIND_TICKET = "SELECT payload FROM tickets WHERE secret_hash = $1 AND kind = $2 AND expires_at > $3";
    /// Once.
    TAKE_TICKET = "DELETE FROM tickets WHERE secret_hash = $1 AND kind = $2 AND expires_at > $3 \
                   RETURNING payload";
    /// The same for a ticket that must be this user's.
    TAKE_TICKET_OF = "DELETE FROM tickets WHERE secret_hash = $1 AND kind = $2 AND expires_at > $3 \
                      AND user_id = $4 RETURNING kind";
    DELETE_TICKETS_OF_USER = "DELETE FROM tickets WHERE user_id = $1";
    DELETE_TICKET = "DELETE FROM tickets WHERE secret_hash = $1";
    ENDED_TICKETS = "SELECT secret_hash FROM tickets WHERE expires_at <= $1 \
                     ORDER BY expires_at, secret_hash LIMIT $2";
}
