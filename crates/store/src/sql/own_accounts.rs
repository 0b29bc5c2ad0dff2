//! Statements about what people change of their own accounts.

statements! {
    FIND = concat!(
        "SELECT ", user_columns!(), ", u.password_hash, u.totp_seed, u.auth_generation",
        " FROM users u WHERE u.id = $1");
    ANY_USER = "SELECT id FROM users WHERE id > 0 LIMIT 1";
    HAS_FACTOR = "SELECT id FROM users WHERE id = $1 AND totp_seed IS NOT NULL";
    EMAIL_KEY = "SELECT email_key FROM users WHERE id = $1";
    SET_EMAIL = "UPDATE users SET email = $1, email_key = $2, email_verified = (0 = 0), updated_at = $3 \
                 WHERE id = $4 RETURNING id";
    SET_LANGUAGE = "UPDATE users SET language = $1, updated_at = $2 WHERE id = $3 RETURNING id";
}
