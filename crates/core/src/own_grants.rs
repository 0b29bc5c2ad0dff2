//! What a user sees of the apps that were let in, in a browser, and how they
//! are shown out again. Must not know a page.

use crate::authority::{Authority, BrowserIdentity, Caller};
use crate::consent::{AskedScope, asked_scopes};
use crate::error::{Error, Result};
use crate::ids::GrantId;
use crate::store::{Page, PageRequest, UsedGrant};

impl Authority {
    /// A page of the user's grants, the oldest first.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn own_grants(
        &self,
        who: &BrowserIdentity,
        page: PageRequest,
    ) -> Result<Page<UsedGrant>> {
        Ok(self.store.list_used_grants(who.user.id, page).await?)
    }

    /// The user's grant with this id, and its scopes in words.
    ///
    /// # Errors
    /// `NotFound`, also for another user's.
    pub async fn own_grant(
        &self,
        who: &BrowserIdentity,
        id: GrantId,
    ) -> Result<(UsedGrant, Vec<AskedScope>)> {
        let found = self.store.find_used_grant(who.user.id, id).await?;
        let used = found.ok_or(Error::NotFound)?;
        let scopes = &used.grant.scopes;
        let words = asked_scopes(scopes, Some(scopes), &self.scopes);
        Ok((used, words))
    }

    /// Deletes the user's grant with every token of that app.
    ///
    /// # Errors
    /// `NotFound`, also for another user's.
    pub async fn revoke_own_grant(
        &self,
        who: &BrowserIdentity,
        id: GrantId,
        caller: &Caller,
    ) -> Result<()> {
        let stamp = self.stamp(who.actor(), caller);
        let deleted = self.store.delete_grant(who.user.id, id, stamp).await?;
        deleted.then_some(()).ok_or(Error::NotFound)
    }

    /// Deletes all of the user's grants with every token of every app, at once; how many grants.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn revoke_own_grants(&self, who: &BrowserIdentity, caller: &Caller) -> Result<usize> {
        let stamp = self.stamp(who.actor(), caller);
        Ok(self.store.delete_grants(who.user.id, stamp).await?)
    }
}
