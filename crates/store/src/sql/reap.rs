//! Statements about counters that have ended. Each kind is a look, to which
//! PostgreSQL appends a lock clause, and a deletion of what was found.

statements! {
    ENDED_METERS = "SELECT key FROM meters WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2";
    DELETE_METER = "DELETE FROM meters WHERE key = $1";
    ENDED_COUNTS = "SELECT key FROM hourly_counts WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2";
    DELETE_COUNT = "DELETE FROM hourly_counts WHERE key = $1";
}
