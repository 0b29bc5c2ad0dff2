//! Statements about last uses of tokens.

statements! {
    /// A later use that is noted already stays.
    NOTE = "INSERT INTO last_used (authorization_id, at, address_class) VALUES ($1, $2, $3) \
            ON CONFLICT (authorization_id) DO UPDATE SET at = excluded.at, \
            address_class = excluded.address_class WHERE excluded.at > last_used.at";
}
