//! Statements about people.

/// The ids of users whose login or address lies in a range.
macro_rules! in_range {
    () => {
        "SELECT id FROM users WHERE login_key >= $1 AND login_key < $2 \
         UNION SELECT id FROM users WHERE email_key >= $1 AND email_key < $2"
    };
}

statements! {
    /// Nothing comes back when the login or the address is taken.
    INSERT = "INSERT INTO users (login, login_key, email, email_key, email_verified, password_hash, \
              totp_seed, site_admin, auth_generation, created_at, updated_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $9) ON CONFLICT DO NOTHING RETURNING id";
    /// Names the conflict after an `INSERT` has lost.
    LOGIN_IS_TAKEN = "SELECT id FROM users WHERE login_key = $1";
    FIND_BY_LOGIN = concat!("SELECT ", user_columns!(), " FROM users u WHERE u.login_key = $1");
    FIND_BY_ID = concat!("SELECT ", user_columns!(), " FROM users u WHERE u.id = $1");
    COUNT = "SELECT COUNT(*) FROM users";
    LIST = concat!(
        "SELECT ", user_columns!(),
        " FROM (SELECT id FROM users ORDER BY id LIMIT $1 OFFSET $2) page",
        " JOIN users u ON u.id = page.id ORDER BY u.id");
    COUNT_IN_RANGE = concat!("SELECT COUNT(*) FROM (", in_range!(), ") found");
    LIST_IN_RANGE = concat!(
        "SELECT ", user_columns!(), " FROM (", in_range!(), " ORDER BY id LIMIT $3 OFFSET $4) page",
        " JOIN users u ON u.id = page.id ORDER BY u.id");
    /// A login goes before an address that is spelled the same. One row in any case: two meters, and
    /// the user if there is one, with the time of the last sign-in from an address.
    FIND_CREDENTIALS = concat!(
        "SELECT ", user_columns!(), ", u.password_hash, u.totp_seed, u.auth_generation,",
        " p.failures, p.reserved, p.locked_until, l.failures, l.reserved, l.locked_until, k.last_seen_at",
        " FROM (SELECT 1) one",
        " LEFT JOIN meters p ON p.key = $1 LEFT JOIN meters l ON l.key = $2",
        " LEFT JOIN users u ON u.id = (SELECT id FROM users WHERE login_key = $3",
        " OR (email_key = $3 AND email_verified) ORDER BY login_key = $3 DESC LIMIT 1)",
        " LEFT JOIN known_addresses k ON k.user_id = u.id AND k.address = $4");
    SET_PASSWORD = "UPDATE users SET password_hash = $1, auth_generation = auth_generation + 1, \
                    updated_at = $2 WHERE id = $3 RETURNING id";
    REHASH = "UPDATE users SET password_hash = $1 WHERE id = $2 AND password_hash = $3 RETURNING id";
    SUSPEND = "UPDATE users SET suspended_at = $1, auth_generation = auth_generation + 1, \
               updated_at = $1 WHERE id = $2 AND suspended_at IS NULL RETURNING id";
    UNSUSPEND = "UPDATE users SET suspended_at = NULL, auth_generation = auth_generation + 1, \
                 updated_at = $1 WHERE id = $2 AND suspended_at IS NOT NULL RETURNING id";
    SET_SITE_ADMIN = "UPDATE users SET site_admin = $1, auth_generation = auth_generation + 1, \
                      updated_at = $2 WHERE id = $3 AND site_admin <> $1 RETURNING id";
    /// What is sealed under the instance key. Columns: id, seed.
    SEALED_AFTER = "SELECT id, totp_seed FROM users WHERE id > $1 AND totp_seed IS NOT NULL ORDER BY id LIMIT $2";
    /// If it is still what it was.
    RESEAL = "UPDATE users SET totp_seed = $1 WHERE id = $2 AND totp_seed = $3";
    LOGIN_OF = "SELECT login FROM users WHERE id = $1";
    /// Nobody has shown that it is the user's.
    DOUBT_EMAIL = "UPDATE users SET email_verified = FALSE, updated_at = $1 WHERE id = $2";
    /// Fails by a unique index when the login is taken.
    RENAME = "UPDATE users SET login = $1, login_key = $2, updated_at = $3 WHERE id = $4";
    /// What else is a change of credentials.
    RAISE_GENERATION = "UPDATE users SET auth_generation = auth_generation + 1, updated_at = $1 \
                        WHERE id = $2 RETURNING id";
    SET_FACTOR = "UPDATE users SET totp_seed = $1, auth_generation = auth_generation + 1, \
                  updated_at = $2 WHERE id = $3 RETURNING id";
    REMOVE_FACTOR = "UPDATE users SET totp_seed = NULL, auth_generation = auth_generation + 1, \
                     updated_at = $1 WHERE id = $2 AND totp_seed IS NOT NULL RETURNING id";
    /// Takes the row's lock and ends what was signed in, before all else of the user is deleted.
    LOCK_TO_DELETE = "UPDATE users SET auth_generation = auth_generation + 1 WHERE id = $1 RETURNING id";
    DELETE = "DELETE FROM users WHERE id = $1";
    /// PostgreSQL appends a lock clause.
    EXISTS = "SELECT id FROM users WHERE id = $1";
    /// PostgreSQL appends a lock clause.
    IS_ACTIVE = "SELECT id FROM users WHERE id = $1 AND suspended_at IS NULL";
    /// The acting user, if still the one that was authenticated. PostgreSQL appends a lock clause.
    IS_CURRENT = "SELECT id FROM users WHERE id = $1 AND auth_generation = $2 AND suspended_at IS NULL";
    /// PostgreSQL appends a lock clause.
    IS_SITE_ADMIN = "SELECT id FROM users WHERE id = $1 AND site_admin AND suspended_at IS NULL";
}
