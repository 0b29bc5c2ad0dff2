//! What a user does with personal access tokens in a browser. Owns that only a
//! session makes or renews one (S10), freshly proved (S08); the rules of notes
//! and scopes are those of [`crate::authorizations`].

use crate::authority::{Authority, BrowserIdentity, Caller};
use crate::authorization::{Authorization, Issued, NewToken};
use crate::authorizations::{AuthorizationRequest, EditRequest, already_exists, not_created};
use crate::clock::Timestamp;
use crate::error::{Error, FieldError, Result};
use crate::ids::AuthorizationId;
use crate::own_account::AccountRefusal;
use crate::session::BrowserSession;
use crate::store::{Page, PageRequest, UsedAuthorization};
use crate::token::TokenKind;

/// The code of an end that is later than the policy allows.
pub const TOO_LONG: &str = "too_long";

/// A new personal access token as its user describes it.
#[derive(Clone, Debug, Default)]
pub struct PersonalTokenForm {
    /// What it is for; not blank.
    pub note: String,
    /// Names of scopes.
    pub scopes: Vec<String>,
    /// When it ends by itself, in the future and no later than the policy allows.
    pub expires_at: Option<Timestamp>,
}

impl Authority {
    /// A page of the user's personal access tokens, the newest first, expired ones included.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn own_tokens(
        &self,
        who: &BrowserIdentity,
        page: PageRequest,
    ) -> Result<Page<UsedAuthorization>> {
        Ok(self.store.list_personal_tokens(who.user.id, page).await?)
    }

    /// The user's personal access token with this id.
    ///
    /// # Errors
    /// `NotFound`, also for another user's and for an app's.
    pub async fn own_token(
        &self,
        who: &BrowserIdentity,
        id: AuthorizationId,
    ) -> Result<UsedAuthorization> {
        let found = self.store.find_personal_token(who.user.id, id).await?;
        found.ok_or(Error::NotFound)
    }

    /// Creates a personal access token; it is shown this once.
    ///
    /// # Errors
    /// `FreshProofNeeded`; `Other(Invalid)` by field: `description` (the note: missing, too long, taken), `scopes`,
    /// `expires_at`, `user` (no verified address where one is required).
    pub async fn create_own_token(
        &self,
        who: &BrowserSession,
        form: PersonalTokenForm,
        caller: &Caller,
    ) -> Result<Issued<Authorization>, AccountRefusal> {
        let identity = who.fresh()?;
        self.check_end(form.expires_at)?;
        let request = AuthorizationRequest {
            scopes: Some(form.scopes),
            note: Some(form.note),
            ..AuthorizationRequest::default()
        };
        let (mut new, token) = self.prepare(&identity.user, None, request)?;
        new.expires_at = form.expires_at;
        let stamp = self.stamp(identity.actor(), caller);
        let limits = self.policy.mint_limits;
        match self.store.create_authorization(new, limits, stamp).await? {
            Ok(value) => Ok(Issued { value, token }),
            Err(refusal) => Err(not_created(refusal).into()),
        }
    }

    /// Gives the user's personal access token another note.
    ///
    /// # Errors
    /// `NotFound`, also for another user's and for an app's; `Invalid` for `description` (the note: missing, too long,
    /// taken).
    pub async fn rename_own_token(
        &self,
        who: &BrowserIdentity,
        id: AuthorizationId,
        note: String,
        caller: &Caller,
    ) -> Result<Authorization> {
        let before = self.own_token(who, id).await?.authorization;
        let request = EditRequest {
            note: Some(Some(note)),
            ..EditRequest::default()
        };
        let edit = self.check_edit(&before, request)?;
        let (user, stamp) = (who.user.id, self.stamp(who.actor(), caller));
        let edited = self.store.edit_authorization(user, id, edit, stamp);
        match edited.await?.ok_or(Error::NotFound)? {
            Ok(after) => Ok(after),
            Err(taken) => Err(already_exists(taken).into()),
        }
    }

    /// Gives a personal access token another token, shown this once, and another end. The old token is dead at once.
    ///
    /// # Errors
    /// `FreshProofNeeded`; `Other(NotFound)`, also for another user's and for an app's; `Other(Invalid)` for an end
    /// that is over or later than the policy allows.
    pub async fn regenerate_own_token(
        &self,
        who: &BrowserSession,
        id: AuthorizationId,
        expires_at: Option<Timestamp>,
        caller: &Caller,
    ) -> Result<Issued<Authorization>, AccountRefusal> {
        let identity = who.fresh()?;
        self.check_end(expires_at)?;
        let token = self.tokens.generate(TokenKind::Personal, &*self.entropy);
        let new = NewToken {
            hash: token.hash(),
            last_eight: token.last_eight(),
        };
        let stamp = self.stamp(identity.actor(), caller);
        let user = identity.user.id;
        let renewed = self
            .store
            .regenerate_token(user, id, new, expires_at, stamp)
            .await?;
        let value = renewed.ok_or(Error::NotFound)?;
        Ok(Issued { value, token })
    }

    /// Deletes the user's personal access token; it is dead at once.
    ///
    /// # Errors
    /// `NotFound`, also for another user's and for an app's.
    pub async fn delete_own_token(
        &self,
        who: &BrowserIdentity,
        id: AuthorizationId,
        caller: &Caller,
    ) -> Result<()> {
        let stamp = self.stamp(who.actor(), caller);
        let deleted = self.store.delete_personal_token(who.user.id, id, stamp);
        deleted.await?.then_some(()).ok_or(Error::NotFound)
    }

    /// What is asked for on a page is granted or refused, never cut down unseen.
    pub(crate) fn check_end(&self, expires_at: Option<Timestamp>) -> Result<()> {
        let now = self.clock.now();
        if expires_at.is_some_and(|end| end <= now) {
            let words = "expires_at must lie in the future";
            return Err(FieldError::custom("expires_at", words).into());
        }
        if !self.policy.lifetimes.allows(expires_at, now) {
            return Err(FieldError {
                code: TOO_LONG,
                ..FieldError::custom("expires_at", "expires_at is later than allowed here")
            }
            .into());
        }
        Ok(())
    }
}
