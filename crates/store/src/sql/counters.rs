//! Statements of what is counted: meters of sign-in, events per hour.

statements! {
    /// A row to lock. Nothing comes back when there is one.
    ADD_METER = "INSERT INTO meters (key, failures, reserved, expires_at) VALUES ($1, '', '', $2) \
                 ON CONFLICT (key) DO NOTHING RETURNING key";
    /// PostgreSQL appends a lock clause.
    METER = "SELECT failures, reserved, locked_until FROM meters WHERE key = $1";
    SET_METER = "UPDATE meters SET failures = $1, reserved = $2, locked_until = $3, expires_at = $4 \
                 WHERE key = $5";
    DELETE_METER = "DELETE FROM meters WHERE key = $1";
    /// An hour that is over makes room for the next; one that goes on keeps its end.
    ADD_COUNT = "INSERT INTO hourly_counts (key, used, expires_at) VALUES ($1, $2, $3) \
                 ON CONFLICT (key) DO UPDATE SET used = CASE WHEN hourly_counts.expires_at > $4 \
                 THEN hourly_counts.used + excluded.used ELSE excluded.used END, \
                 expires_at = CASE WHEN hourly_counts.expires_at > $4 \
                 THEN hourly_counts.expires_at ELSE excluded.expires_at END RETURNING used, expires_at";
    DELETE_COUNT = "DELETE FROM hourly_counts WHERE key = $1";
    /// What ended longest ago, and of one moment the lowest keys. PostgreSQL appends a lock clause, here and below.
    ENDED_METERS = "SELECT key FROM meters WHERE expires_at <= $1 ORDER BY expires_at, key LIMIT $2";
    ENDED_COUNTS = "SELECT key FROM hourly_counts WHERE expires_at <= $1 \
                    ORDER BY expires_at, key LIMIT $2";
}
