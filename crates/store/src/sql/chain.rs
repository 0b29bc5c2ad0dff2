//! Statements about the chain of the trail, and about leases.

/// Five columns of a checkpoint.
macro_rules! checkpoint {
    () => {
        "seq, previous, at, key_id, signature"
    };
}

statements! {
    HEAD = "SELECT seq, chain FROM audit_seal WHERE seq = (SELECT MAX(seq) FROM audit_seal)";
    WAITING = concat!(
        "SELECT ", audit_row!(), " FROM audit WHERE id IN (\
         SELECT audit_id FROM audit_unsealed WHERE audit_id > $1 ORDER BY audit_id LIMIT $2) ORDER BY id");
    /// A taken number or row leaves none.
    SEAL = "INSERT INTO audit_seal (seq, audit_id, chain) VALUES ($1, $2, $3) \
            ON CONFLICT DO NOTHING RETURNING seq";
    /// A taken place leaves none.
    SIGN = concat!("INSERT INTO audit_checkpoint (", checkpoint!(), ") VALUES ($1, $2, $3, $4, $5) \
                    ON CONFLICT DO NOTHING RETURNING seq");
    /// The row's columns are null when it is gone; then number and link.
    LIST_SEALED = concat!(
        "SELECT ", audit_row!(), ", seq, chain FROM audit_seal LEFT JOIN audit ON id = audit_id \
         WHERE seq > $1 ORDER BY seq LIMIT $2");
    LIST_CHECKPOINTS = concat!(
        "SELECT ", checkpoint!(), " FROM audit_checkpoint WHERE seq > $1 ORDER BY seq LIMIT $2");
    FIND_CHECKPOINT = concat!(
        "SELECT ", checkpoint!(), " FROM audit_checkpoint WHERE seq <= $1 ORDER BY seq DESC LIMIT 1");
    FIND_SEAL = "SELECT seq, audit_id, chain FROM audit_seal WHERE audit_id = $1";
    /// The id, and where its row is: sealed, waiting.
    PLACES = "SELECT id, EXISTS (SELECT 1 FROM audit_seal s WHERE s.audit_id = a.id) AS sealed, \
              EXISTS (SELECT 1 FROM audit_unsealed w WHERE w.audit_id = a.id) AS waits \
              FROM audit a WHERE id > $1 ORDER BY id LIMIT $2";
    /// Of those that wait, the first that is gone.
    WAITING_GONE = "SELECT audit_id FROM audit_unsealed w WHERE audit_id > $1 AND audit_id <= $2 \
                    AND NOT EXISTS (SELECT 1 FROM audit a WHERE a.id = w.audit_id) \
                    ORDER BY audit_id LIMIT 1";
    FIND_LEASE = "SELECT holder, expires_at, position FROM leases WHERE name = $1";
    /// Somebody else's that is not over stays; then there is no row.
    HOLD_LEASE = "INSERT INTO leases (name, holder, expires_at) VALUES ($1, $2, $3) \
                  ON CONFLICT (name) DO UPDATE \
                  SET holder = excluded.holder, expires_at = excluded.expires_at \
                  WHERE leases.holder = excluded.holder OR leases.expires_at <= $4 \
                  RETURNING position";
    ADVANCE_LEASE = "UPDATE leases SET position = $1, expires_at = $2 \
                     WHERE name = $3 AND holder = $4 RETURNING position";
}
