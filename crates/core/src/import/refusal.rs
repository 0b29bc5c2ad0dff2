//! Why something cannot come along. Owns the names that reports use.

use crate::token::ForeignShape;

/// Why a row cannot come along.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The row cannot be read.
    #[error("{0}")]
    Malformed(String),
    /// Nobody here has this login.
    #[error("there is no user `{0}`")]
    UnknownUser(String),
    /// The row's owner is in no list of owners.
    #[error("the owner `{0}` is not in the list of owners")]
    UnmappedOwner(String),
    /// The row names nobody.
    #[error("it has no owner")]
    NoOwner,
    /// The login cannot be one here.
    #[error("`{0}` cannot be a login: it has 1 to 39 ASCII letters, digits, `-` or `_`")]
    InvalidLogin(String),
    /// No app here has this client id.
    #[error("no app has the client id `{0}`")]
    UnknownApp(String),
    /// The row's app is in no table of apps.
    #[error("the app `{0}` is not in the table of applications")]
    UnmappedApp(String),
    /// The client id cannot be one here.
    #[error("`{0}` cannot be a client id")]
    InvalidClientId(String),
    /// Neither a hash nor a token.
    #[error("it has no hash by which its token could be found")]
    NoHash,
    /// The token has a shape that is not looked up.
    #[error("its token would not be looked up: add {0} to imported_token_shapes")]
    UndeclaredShape(ForeignShape),
    /// Its shape is looked up only where the operator says so.
    #[error("its token would not be looked up: set accept_hex_tokens")]
    HexNotAccepted,
    /// The token has a shape that cannot be looked up.
    #[error("its token has another shape than tokens that can be declared")]
    ForeignShape,
    /// The token could be guessed.
    #[error("its token has fewer than 128 bits and could be guessed")]
    WeakToken,
    /// The secret cannot be checked here.
    #[error(
        "its secret is kept by a scheme that cannot be checked here: register the app with a new one"
    )]
    UnknownSecretScheme,
    /// The secret could be guessed.
    #[error("its secret could be guessed: register the app with a new one")]
    WeakSecret,
    /// There are scopes that this server does not know.
    #[error("unknown scopes: {0}; --map-scope THEIRS=OURS says what they are here")]
    UnknownScopes(String),
    /// A text breaks a rule.
    #[error("{0}")]
    Text(String),
    /// A personal access token that nobody could tell from others.
    #[error("a personal access token needs a note")]
    NoNote,
    /// A time cannot be read.
    #[error("`{0}` is no time")]
    Time(String),
    /// It was revoked there.
    #[error("it was revoked there")]
    Revoked,
    /// It has ended by itself.
    #[error("it has expired")]
    Expired,
    /// It was here, and was revoked or replaced here.
    #[error("it has ended here, and does not come back")]
    EndedHere,
    /// The hash is here under another user or app.
    #[error("its token is another's here")]
    HeldByAnother,
    /// The user has another token with the note and fingerprint.
    #[error("the user has another personal access token with this note and fingerprint")]
    NoteTaken,
    /// The user has another token of the app with the fingerprint.
    #[error("the user has another token of this app with this fingerprint")]
    FingerprintTaken,
    /// The client id is registered with another secret or owner.
    #[error("the client id is registered here with another secret")]
    ClientIdTaken,
}

impl Refusal {
    /// The name in reports; scripts rely on it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::UnknownUser(_) => "unknown_user",
            Self::UnmappedOwner(_) => "unmapped_owner",
            Self::NoOwner => "no_owner",
            Self::InvalidLogin(_) => "invalid_login",
            Self::UnknownApp(_) => "unknown_app",
            Self::UnmappedApp(_) => "unmapped_app",
            Self::InvalidClientId(_) => "invalid_client_id",
            Self::NoHash => "no_hash",
            Self::UndeclaredShape(_) => "undeclared_shape",
            Self::HexNotAccepted => "hex_not_accepted",
            Self::ForeignShape => "foreign_shape",
            Self::WeakToken => "weak_token",
            Self::UnknownSecretScheme => "unknown_secret_scheme",
            Self::WeakSecret => "weak_secret",
            Self::UnknownScopes(_) => "unknown_scopes",
            Self::Text(_) => "invalid_text",
            Self::NoNote => "no_note",
            Self::Time(_) => "invalid_time",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::EndedHere => "ended_here",
            Self::HeldByAnother => "held_by_another",
            Self::NoteTaken => "note_taken",
            Self::FingerprintTaken => "fingerprint_taken",
            Self::ClientIdTaken => "client_id_taken",
        }
    }
}
