//! What a site admin does in a browser. Owns that the power is that of the
//! moment (S10): the session says who is an admin now, and since losing that
//! raises `auth_generation`, the store refuses a write that comes after it.
//! To everybody else nothing of this is there.

use crate::app::{App, AppCounts, ClientId};
use crate::audit::{Action, Stamp};
use crate::authority::{Authority, BrowserIdentity, Caller};
use crate::error::{Error, Result};
use crate::events::Events;
use crate::ids::{AuthorizationId, UserId};
use crate::own_account::AccountRefusal;
use crate::session::BrowserSession;
use crate::store::{
    EventFilter, OwnedAuthorization, Page, PageRequest, Party, StoreError, TokenFilter, UsedGrant,
};
use crate::token::TokenHash;
use crate::user::{LoginKey, User};

/// Why an admin's wish was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum AdminRefusal {
    /// The last proof is older than five minutes.
    #[error("a fresh proof is needed")]
    FreshProofNeeded,
    /// Nobody suspends, demotes or deletes themselves: a site keeps an admin.
    #[error("this cannot be done to oneself")]
    Yourself,
    /// It is so already.
    #[error("nothing to change")]
    Unchanged,
    /// As everywhere: `NotFound` (also for everybody who is no admin), the session is over (`BadCredentials`), the
    /// store is away.
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<StoreError> for AdminRefusal {
    fn from(error: StoreError) -> Self {
        Self::Other(error.into())
    }
}

impl Authority {
    /// A page of users whose login or e-mail address begins like this; with an empty beginning all.
    ///
    /// # Errors
    /// `NotFound` for everybody but a site admin.
    pub async fn admin_users(
        &self,
        who: &BrowserIdentity,
        beginning: &str,
        page: PageRequest,
    ) -> Result<Page<User>> {
        admin(who)?;
        let prefix = LoginKey::of(beginning);
        Ok(match prefix.as_str().is_empty() {
            true => self.store.list_users(page).await?,
            false => self.store.search_users(&prefix, page).await?,
        })
    }

    /// The user with this login.
    ///
    /// # Errors
    /// `NotFound`, also for everybody but a site admin.
    pub async fn admin_user(&self, who: &BrowserIdentity, login: &str) -> Result<User> {
        admin(who)?;
        let found = self.store.find_user(&LoginKey::of(login)).await?;
        found.ok_or(Error::NotFound)
    }

    /// A page of a user's grants.
    ///
    /// # Errors
    /// `NotFound` for everybody but a site admin.
    pub async fn admin_grants(
        &self,
        who: &BrowserIdentity,
        user: UserId,
        page: PageRequest,
    ) -> Result<Page<UsedGrant>> {
        admin(who)?;
        Ok(self.store.list_used_grants(user, page).await?)
    }

    /// A page of apps by what somebody knows of one: a part of its name, the beginning of its client id or of its
    /// owner's login. Nothing at all finds all.
    ///
    /// # Errors
    /// `NotFound` for everybody but a site admin.
    pub async fn admin_apps(
        &self,
        who: &BrowserIdentity,
        what: &str,
        page: PageRequest,
    ) -> Result<Page<App>> {
        admin(who)?;
        Ok(match what.trim() {
            "" => self.store.list_apps(page).await?,
            what => self.store.search_apps(what, page).await?,
        })
    }

    /// The app with this client id, and how many rely on it.
    ///
    /// # Errors
    /// `NotFound`, also for everybody but a site admin.
    pub async fn admin_app(
        &self,
        who: &BrowserIdentity,
        client_id: &str,
    ) -> Result<(App, AppCounts)> {
        let app = self.app_for_admin(who, client_id).await?;
        let counts = self.store.count_app(app.id).await?;
        Ok((app, counts))
    }

    /// A page of tokens by what somebody knows of one: its last eight characters, or its hash as 64 hex digits. A whole
    /// token is looked for by its hash. Nothing at all finds nothing.
    ///
    /// # Errors
    /// `NotFound` for everybody but a site admin.
    pub async fn admin_tokens(
        &self,
        who: &BrowserIdentity,
        what: &str,
        page: PageRequest,
    ) -> Result<Page<OwnedAuthorization>> {
        admin(who)?;
        let filter = match self.token_filter(what.trim()) {
            Some(filter) => filter,
            None => {
                return Ok(Page {
                    items: Vec::new(),
                    total: 0,
                });
            }
        };
        Ok(self.store.list_tokens(filter, page).await?)
    }

    fn token_filter(&self, what: &str) -> Option<TokenFilter> {
        if let Some(hash) = TokenHash::parse(what) {
            return Some(TokenFilter::Hash(hash));
        }
        if let Some(token) = self.tokens.parse(what) {
            return Some(TokenFilter::Hash(token.hash()));
        }
        let is_last_eight = what.len() == 8 && what.bytes().all(|b| b.is_ascii_alphanumeric());
        is_last_eight.then(|| TokenFilter::LastEight(what.to_owned()))
    }

    /// The token's record with its owner.
    ///
    /// # Errors
    /// `NotFound`, also for everybody but a site admin.
    pub async fn admin_token(
        &self,
        who: &BrowserIdentity,
        id: AuthorizationId,
    ) -> Result<OwnedAuthorization> {
        admin(who)?;
        let found = self
            .store
            .list_tokens(TokenFilter::Id(id), PageRequest::FIRST)
            .await?;
        found.items.into_iter().next().ok_or(Error::NotFound)
    }

    /// The trail, the newest first, below `before`; at most `limit` rows.
    ///
    /// # Errors
    /// `NotFound` for everybody but a site admin.
    pub async fn admin_events(
        &self,
        who: &BrowserIdentity,
        user: Option<UserId>,
        action: Option<Action>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Events> {
        admin(who)?;
        let party = user.map(Party::User);
        let filter = EventFilter { party, action };
        self.events(filter, before, limit).await
    }

    /// Suspends or unsuspends a user: nothing of a suspended user's is accepted.
    ///
    /// # Errors
    /// `FreshProofNeeded`, `Yourself`, `Unchanged`, `Other(NotFound)`.
    pub async fn admin_set_user_suspended(
        &self,
        who: &BrowserSession,
        user: UserId,
        suspended: bool,
        caller: &Caller,
    ) -> Result<(), AdminRefusal> {
        let stamp = self.admin_stamp_upon(who, user, caller).await?;
        changed(
            self.store
                .set_user_suspended(user, suspended, stamp)
                .await?,
        )
    }

    /// Makes a user a site admin, or no longer. The user's sessions end.
    ///
    /// # Errors
    /// `FreshProofNeeded`, `Yourself`, `Unchanged`, `Other(NotFound)`.
    pub async fn admin_set_site_admin(
        &self,
        who: &BrowserSession,
        user: UserId,
        site_admin: bool,
        caller: &Caller,
    ) -> Result<(), AdminRefusal> {
        let stamp = self.admin_stamp_upon(who, user, caller).await?;
        changed(self.store.set_site_admin(user, site_admin, stamp).await?)
    }

    /// Deletes a user with everything that is theirs, their apps included.
    ///
    /// # Errors
    /// `FreshProofNeeded`, `Yourself`, `Other(NotFound)`.
    pub async fn admin_delete_user(
        &self,
        who: &BrowserSession,
        user: UserId,
        caller: &Caller,
    ) -> Result<(), AdminRefusal> {
        let stamp = self.admin_stamp_upon(who, user, caller).await?;
        found(self.store.delete_user(user, stamp).await?)
    }

    /// Removes a user's second factor, recovery codes and passkeys, so that the password alone signs in.
    ///
    /// # Errors
    /// `FreshProofNeeded`, `Yourself` (there are pages of one's own for that), `Unchanged` when there are none,
    /// `Other(NotFound)`.
    pub async fn admin_reset_factors(
        &self,
        who: &BrowserSession,
        user: UserId,
        caller: &Caller,
    ) -> Result<(), AdminRefusal> {
        let stamp = self.admin_stamp_upon(who, user, caller).await?;
        changed(self.store.reset_factors(user, stamp).await?)
    }

    /// Deletes a token, whoever's it is.
    ///
    /// # Errors
    /// `FreshProofNeeded`, `Other(NotFound)`.
    pub async fn admin_delete_token(
        &self,
        who: &BrowserSession,
        id: AuthorizationId,
        caller: &Caller,
    ) -> Result<(), AdminRefusal> {
        let stamp = self.admin_stamp(who, caller)?;
        found(self.store.delete_token(id, stamp).await?)
    }

    /// Suspends or unsuspends an app: no token of a suspended app is valid.
    ///
    /// # Errors
    /// `FreshProofNeeded`, `Unchanged`, `Other(NotFound)`.
    pub async fn admin_set_app_suspended(
        &self,
        who: &BrowserSession,
        client_id: &str,
        suspended: bool,
        caller: &Caller,
    ) -> Result<(), AdminRefusal> {
        let stamp = self.admin_stamp(who, caller)?;
        let app = self.app_for_admin(&who.identity, client_id).await?;
        let done = self.store.set_app_suspended(app.id, suspended, stamp);
        changed(done.await?)
    }

    /// Deletes an app with all its grants and tokens.
    ///
    /// # Errors
    /// `FreshProofNeeded`, `Other(NotFound)`.
    pub async fn admin_delete_app(
        &self,
        who: &BrowserSession,
        client_id: &str,
        caller: &Caller,
    ) -> Result<(), AdminRefusal> {
        let stamp = self.admin_stamp(who, caller)?;
        let app = self.app_for_admin(&who.identity, client_id).await?;
        found(self.store.delete_app(app.id, stamp).await?)
    }

    async fn app_for_admin(&self, who: &BrowserIdentity, client_id: &str) -> Result<App> {
        admin(who)?;
        let client_id = ClientId::parse(client_id).map_err(|_| Error::NotFound)?;
        let app = self.store.find_app(&client_id).await?;
        Ok(app.ok_or(Error::NotFound)?.app)
    }

    /// The stamp of an admin who acts upon another user.
    async fn admin_stamp_upon(
        &self,
        who: &BrowserSession,
        user: UserId,
        caller: &Caller,
    ) -> Result<Stamp, AdminRefusal> {
        let stamp = self.admin_stamp(who, caller)?;
        if who.identity.user.id == user {
            return Err(AdminRefusal::Yourself);
        }
        let other = self.store.find_user_by_id(user).await?;
        other.ok_or(Error::NotFound)?;
        Ok(stamp)
    }

    fn admin_stamp(&self, who: &BrowserSession, caller: &Caller) -> Result<Stamp, AdminRefusal> {
        admin(&who.identity)?;
        let fresh = who.fresh();
        let identity = fresh.map_err(|_: AccountRefusal| AdminRefusal::FreshProofNeeded)?;
        Ok(self.stamp(identity.actor(), caller))
    }
}

/// # Errors
/// `NotFound` for everybody but a site admin.
fn admin(who: &BrowserIdentity) -> Result<()> {
    match who.user.site_admin {
        true => Ok(()),
        false => Err(Error::NotFound),
    }
}

fn found(done: bool) -> Result<(), AdminRefusal> {
    match done {
        true => Ok(()),
        false => Err(Error::NotFound.into()),
    }
}

fn changed(done: bool) -> Result<(), AdminRefusal> {
    match done {
        true => Ok(()),
        false => Err(AdminRefusal::Unchanged),
    }
}
