//! Statements of signing in: one-time codes, recovery codes, known addresses.

statements! {
    ADD_RECOVERY_CODE = "INSERT INTO recovery_codes (user_id, code_hash) VALUES ($1, $2) \
                         ON CONFLICT (user_id, code_hash) DO NOTHING";
    DELETE_RECOVERY_CODES = "DELETE FROM recovery_codes WHERE user_id = $1";
    /// The condition is the race's referee: one caller finds the code unused.
    BURN_RECOVERY_CODE = "UPDATE recovery_codes SET used_at = $1 \
                          WHERE user_id = $2 AND code_hash = $3 AND used_at IS NULL RETURNING user_id";
    /// First come, and nobody after.
    SPEND_STEP_ONCE = "INSERT INTO otp_steps (user_id, step, address, exclusive) \
                       VALUES ($1, $2, $3, 1) ON CONFLICT (user_id, step) DO NOTHING RETURNING step";
    /// Again from the address of the first use, unless that use was for once only.
    SPEND_STEP_AGAIN = "INSERT INTO otp_steps (user_id, step, address, exclusive) \
                        VALUES ($1, $2, $3, 0) ON CONFLICT (user_id, step) \
                        DO UPDATE SET address = excluded.address \
                        WHERE otp_steps.exclusive = 0 AND otp_steps.address = excluded.address \
                        RETURNING step";
    FORGET_OLD_STEPS = "DELETE FROM otp_steps WHERE user_id = $1 AND step < $2";
    DELETE_STEPS = "DELETE FROM otp_steps WHERE user_id = $1";
    /// The latest time stays, in whatever order sign-ins arrive.
    REMEMBER_ADDRESS = "INSERT INTO known_addresses (user_id, address, last_seen_at) \
                        VALUES ($1, $2, $3) ON CONFLICT (user_id, address) \
                        DO UPDATE SET last_seen_at = excluded.last_seen_at \
                        WHERE known_addresses.last_seen_at < excluded.last_seen_at";
    /// A row when the last time is that long ago, or there was none.
    NOTE_FIRST_OF_DAY = "INSERT INTO known_addresses (user_id, address, last_seen_at) \
                         VALUES ($1, $2, $3) ON CONFLICT (user_id, address) \
                         DO UPDATE SET last_seen_at = excluded.last_seen_at \
                         WHERE known_addresses.last_seen_at <= $4 RETURNING user_id";
    DELETE_ADDRESSES = "DELETE FROM known_addresses WHERE user_id = $1";
}
