//! One authorization: a token record of a user, with or without an app. Owns
//! what a new one, an edited one and a freshly shown one are; must not know
//! who may ask (see [`crate::authorizations`], [`crate::applications`]).

use crate::app::AppSummary;
use crate::clock::Timestamp;
use crate::fingerprint::Fingerprint;
use crate::ids::{AppId, AuthorizationId, UserId};
use crate::note::{Note, NoteUrl};
use crate::scope::{ScopeChange, Scopes};
use crate::token::{Token, TokenHash, TokenLastEight};

/// A token record. It never holds the token itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// The id, increasing over all users.
    pub id: AuthorizationId,
    /// Whose it is.
    pub user_id: UserId,
    /// Which app holds it; none for a personal access token.
    pub app: Option<AppSummary>,
    /// The look-up key.
    pub token_hash: TokenHash,
    /// What people tell it by.
    pub token_last_eight: TokenLastEight,
    /// What it is for.
    pub note: Option<Note>,
    /// Where to read more.
    pub note_url: Option<NoteUrl>,
    /// In the order asked for.
    pub scopes: Scopes,
    /// Tells several of one app apart.
    pub fingerprint: Fingerprint,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed (an edit that changes nothing does not count).
    pub updated_at: Timestamp,
    /// When it ends by itself, to the second; at that second it is no longer valid.
    pub expires_at: Option<Timestamp>,
}

/// A record together with its token in clear text. Comes only out of a
/// creation, a reset, and an app's check of the token it presented; everything
/// else has no token to show.
#[derive(Clone)]
pub struct Issued<T> {
    /// The record.
    pub value: T,
    /// The token that belongs to it.
    pub token: Token,
}

/// What creating an authorization needs, checked.
#[derive(Clone)]
pub struct NewAuthorization {
    /// Whose it will be.
    pub user_id: UserId,
    /// Which app will hold it; none for a personal access token.
    pub app_id: Option<AppId>,
    /// The look-up key of the fresh token.
    pub token_hash: TokenHash,
    /// Its last eight characters.
    pub token_last_eight: TokenLastEight,
    /// What it is for; never blank on a personal access token.
    pub note: Option<Note>,
    /// Where to read more.
    pub note_url: Option<NoteUrl>,
    /// In the order asked for.
    pub scopes: Scopes,
    /// Tells several of one app apart.
    pub fingerprint: Fingerprint,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// A change of an authorization; absent parts stay as they are.
#[derive(Clone, Debug, Default)]
pub struct AuthorizationEdit {
    /// `Some(None)` clears it.
    pub note: Option<Option<Note>>,
    /// `Some(None)` clears it.
    pub note_url: Option<Option<NoteUrl>>,
    /// The change of scopes.
    pub scopes: ScopeChange,
    /// The new fingerprint.
    pub fingerprint: Option<Fingerprint>,
}

impl AuthorizationEdit {
    /// The record after the edit; `updated_at` moves to `now` only if something changed.
    pub fn apply(&self, before: &Authorization, now: Timestamp) -> Authorization {
        let mut after = before.clone();
        after.scopes = self.scopes.apply(&before.scopes);
        if let Some(note) = &self.note {
            after.note.clone_from(note);
        }
        if let Some(note_url) = &self.note_url {
            after.note_url.clone_from(note_url);
        }
        if let Some(fingerprint) = &self.fingerprint {
            after.fingerprint = fingerprint.clone();
        }
        if after != *before {
            after.updated_at = now;
        }
        after
    }
}

/// A token that replaces another one.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The look-up key.
    pub hash: TokenHash,
    /// The last eight characters.
    pub last_eight: TokenLastEight,
}
