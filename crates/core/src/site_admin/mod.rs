//! What a site admin does by the API, as scripts of GitHub Enterprise Server's
//! administrators do. Owns who may (S10): a site admin by password, or by a
//! token with the scope `site_admin`, and in either case only who is a site
//! admin at that moment; the store looks again when it writes. What the same
//! people do in a browser is [`crate::admin`]'s.

mod apps;
mod users;

pub use apps::{AppChange, AppWish};
pub use users::AccountWish;

use crate::audit::{Actor, Stamp};
use crate::authority::{Authority, Caller, TokenIdentity};
use crate::error::{Error, FieldError, Forbidden, Result};
use crate::ids::AuthorizationId;
use crate::login::PasswordIdentity;
use crate::store::{OwnedAuthorization, Page, PageRequest, TokenFilter};
use crate::user::User;

/// The scope without which a token is no admin's. The store looks for this very name, so none that implies it will do.
pub const SCOPE: &str = "site_admin";

/// A site admin, proved.
#[derive(Clone, Debug)]
pub struct SiteAdmin {
    user: User,
    by: Actor,
}

impl SiteAdmin {
    /// A site admin who signed in by password.
    ///
    /// # Errors
    /// `Forbidden(NotSiteAdmin)`.
    pub fn by_password(who: &PasswordIdentity) -> Result<Self> {
        Self::of(who.user(), who.actor())
    }

    /// A site admin by a token with the scope `site_admin`.
    ///
    /// # Errors
    /// `Forbidden(NotSiteAdmin)`, then `Forbidden(NotSiteAdminScope)`.
    pub fn by_token(who: &TokenIdentity) -> Result<Self> {
        let OwnedAuthorization {
            authorization: token,
            user,
        } = who.token();
        let by = Actor::AdminToken {
            user: user.id,
            token: token.id,
            hash: token.token_hash,
        };
        let admin = Self::of(user, by)?;
        match token.scopes.iter().any(|scope| scope.as_str() == SCOPE) {
            true => Ok(admin),
            false => Err(Error::Forbidden(Forbidden::NotSiteAdminScope)),
        }
    }

    fn of(user: &User, by: Actor) -> Result<Self> {
        match user.site_admin {
            true => Ok(Self {
                user: user.clone(),
                by,
            }),
            false => Err(Error::Forbidden(Forbidden::NotSiteAdmin)),
        }
    }

    /// Who.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// The token that proves it, if it was one.
    fn token(&self) -> Option<AuthorizationId> {
        match self.by {
            Actor::AdminToken { token, .. } => Some(token),
            _ => None,
        }
    }
}

impl Authority {
    /// A page of everybody's personal access tokens.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn everybodys_tokens(
        &self,
        _: &SiteAdmin,
        page: PageRequest,
    ) -> Result<Page<OwnedAuthorization>> {
        Ok(self.store.list_tokens(TokenFilter::Personal, page).await?)
    }

    /// Deletes a token, whoever's it is, an app's as well.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden(TokenInUse)` for the very token that calls.
    pub async fn delete_anybodys_token(
        &self,
        who: &SiteAdmin,
        id: AuthorizationId,
        caller: &Caller,
    ) -> Result<()> {
        if who.token() == Some(id) {
            return Err(Error::Forbidden(Forbidden::TokenInUse));
        }
        found(
            self.store
                .delete_token(id, self.done_by(who, caller))
                .await?,
        )
    }

    fn done_by(&self, who: &SiteAdmin, caller: &Caller) -> Stamp {
        self.stamp(who.by, caller)
    }
}

fn found(done: bool) -> Result<()> {
    done.then_some(()).ok_or(Error::NotFound)
}

/// The error, about a user.
fn of_user(error: FieldError) -> FieldError {
    FieldError {
        resource: "User",
        ..error
    }
}
