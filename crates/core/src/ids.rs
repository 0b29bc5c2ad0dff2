//! Numbers that name records. Owns that an id of one kind is never taken for
//! another; must not know how ids are handed out (the store does that, always
//! increasing, below 2^53, never twice).

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// Reads the decimal form that URLs carry; anything else names no record.
            pub fn parse(text: &str) -> Option<Self> {
                if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
                    return None;
                }
                text.parse().ok().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// A user's id; also the source of GitHub's `node_id`.
    UserId
);
id!(
    /// An OAuth app's id, never shown on the wire (the wire has `client_id`).
    AppId
);
id!(
    /// An authorization's id: `/authorizations/{authorization_id}`.
    AuthorizationId
);
id!(
    /// A grant's id: `/applications/grants/{grant_id}`; a sequence of its own.
    GrantId
);
id!(
    /// A browser session's id, never shown; what proves the session is a secret of its own.
    SessionId
);

id!(
    /// A passkey's id, in a sequence of its own.
    PasskeyId
);

#[cfg(test)]
mod tests {
    use super::AuthorizationId;

    #[test]
    fn only_plain_decimal_numbers_are_ids() {
        assert_eq!(AuthorizationId::parse("42"), Some(AuthorizationId(42)));
        for text in [
            "",
            "-1",
            "+1",
            "1.0",
            "0x1",
            "١",
            "99999999999999999999",
            "1 ",
        ] {
            assert_eq!(AuthorizationId::parse(text), None, "{text:?}");
        }
    }
}
