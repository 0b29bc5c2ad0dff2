//! Statements about restores and their fence.

statements! {
    /// A second later than the last one, if that was in this very second: a backup tells of restores, too.
    INSERT = "INSERT INTO restores (at, backup_at, covered_until, lifted_at, lifted_by, report) \
              VALUES (COALESCE((SELECT MAX(at) + 1 FROM restores WHERE at >= $1), $1), $2, $3, $4, $5, $6)";
    LAST = "SELECT at, backup_at, covered_until, lifted_at, lifted_by, report FROM restores \
            ORDER BY at DESC LIMIT 1";
    LIFT = "UPDATE restores SET lifted_at = $1, lifted_by = $2 WHERE at = $3";
    TELL = "INSERT INTO audit (at, action, actor_kind) VALUES ($1, $2, $3)";
    /// If it still says so.
    REPLACE_META = "UPDATE meta SET value = $1 WHERE key = $2 AND value = $3 RETURNING key";
}
