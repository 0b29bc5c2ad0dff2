//! Statements about passkeys.

/// Eight columns of a passkey `k`.
macro_rules! passkey_columns {
    () => {
        "k.id, k.user_id, k.credential_id, k.name, k.data, k.counter, k.created_at, k.last_used_at"
    };
}

statements! {
    /// Nothing comes back when the credential is somebody's.
    INSERT = "INSERT INTO passkeys (user_id, credential_id, name, data, counter, created_at) \
              VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (credential_id) DO NOTHING RETURNING id";
    COUNT_OF_USER = "SELECT COUNT(*) FROM passkeys WHERE user_id = $1";
    RENAME = "UPDATE passkeys SET name = $1 WHERE id = $2 AND user_id = $3 RETURNING id";
    REMOVE = "DELETE FROM passkeys WHERE id = $1 AND user_id = $2 RETURNING id";
    REMOVE_ALL = "DELETE FROM passkeys WHERE user_id = $1 RETURNING id";
    FIND_BY_ID = concat!("SELECT ", passkey_columns!(), " FROM passkeys k WHERE k.id = $1");
    LIST_OF_USER = concat!(
        "SELECT ", passkey_columns!(), " FROM passkeys k WHERE k.user_id = $1 ORDER BY k.id");
    FIND = concat!(
        "SELECT ", passkey_columns!(), ", ", user_columns!(),
        " FROM passkeys k JOIN users u ON u.id = k.user_id WHERE k.credential_id = $1");
    /// A counter that has ever counted goes up; otherwise nothing comes back.
    USE = "UPDATE passkeys SET data = $1, counter = $2, last_used_at = $3 WHERE id = $4 \
           AND (counter < $2 OR (counter = 0 AND $2 = 0)) RETURNING id";
}
