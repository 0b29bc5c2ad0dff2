//! Moving in: what another authority knew of a token or an app, and whether it
//! can come along. Owns every reason why it cannot; must not know files, nor
//! which store takes it.
//!
//! A token comes by its hash, so that it goes on working where it is in use,
//! and nothing here ever needs it in clear text. What is here already stays as
//! it is; what has ended here never comes back ([`Ended`]).

mod ended;
mod given;
mod refusal;

use crate::app::{AppSettings, ClientId};
use crate::clock::Timestamp;
use crate::fingerprint::Fingerprint;
use crate::note::{Note, NoteUrl};
use crate::scope::Scopes;
use crate::secret::SecretHash;
use crate::token::{SaltedHash, TokenHash, TokenLastEight};
use crate::user::LoginKey;

pub use self::ended::Ended;
pub use self::given::{GivenApp, GivenSecret, GivenToken, Rules, TokenAs};
pub use self::refusal::Refusal;

/// A token of another authority, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedToken {
    /// Whose it is.
    pub owner: LoginKey,
    /// Which app holds it; none for a personal access token.
    pub client_id: Option<ClientId>,
    /// The look-up key, or what stands in for it.
    pub token_hash: TokenHash,
    /// The salted hash that the look-up key is not known of.
    pub salted: Option<SaltedHash>,
    /// Its last eight characters; empty where the other authority did not keep them.
    pub token_last_eight: TokenLastEight,
    /// What it is for; never blank on a personal access token.
    pub note: Option<Note>,
    /// Where to read more.
    pub note_url: Option<NoteUrl>,
    /// In the order asked for.
    pub scopes: Scopes,
    /// Tells several of one app apart.
    pub fingerprint: Fingerprint,
    /// When it was made, there.
    pub created_at: Timestamp,
    /// When it last changed, there.
    pub updated_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// An app of another authority, checked.
#[derive(Clone)]
pub struct ImportedApp {
    /// Its public name, kept whatever its length.
    pub client_id: ClientId,
    /// The name people see.
    pub name: String,
    /// The homepage.
    pub url: String,
    /// What it is for.
    pub description: Option<String>,
    /// Where codes may be sent.
    pub callback_urls: Vec<String>,
    /// Whose it is.
    pub owner: LoginKey,
    /// The hash of its secret; none for a public app.
    pub secret_hash: Option<SecretHash>,
    /// How its flows work.
    pub settings: AppSettings,
    /// Since when it and its tokens are refused.
    pub suspended_at: Option<Timestamp>,
    /// When it was registered, there.
    pub created_at: Timestamp,
    /// When it last changed, there.
    pub updated_at: Timestamp,
}

/// What became of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It came along.
    Imported,
    /// It was here already, and stays as it is.
    Present,
    /// It cannot come along.
    Refused(Refusal),
}

#[cfg(test)]
mod tests;
