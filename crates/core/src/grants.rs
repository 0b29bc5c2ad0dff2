//! What a user does with grants: list, look, delete. As in
//! [`crate::authorizations`], only a [`PasswordIdentity`] will do.

use crate::authority::{Authority, Caller};
use crate::error::{Error, Result};
use crate::grant::Grant;
use crate::ids::GrantId;
use crate::login::PasswordIdentity;
use crate::store::{Page, PageRequest};

impl Authority {
    /// A page of the user's grants, of one app if asked.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn grants(
        &self,
        user: &PasswordIdentity,
        client_id: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<Grant>> {
        Ok(self
            .store
            .list_grants(user.user().id, client_id, page)
            .await?)
    }

    /// The user's grant with this id.
    ///
    /// # Errors
    /// `NotFound`, also for another user's.
    pub async fn grant(&self, user: &PasswordIdentity, id: GrantId) -> Result<Grant> {
        self.store
            .find_grant(user.user().id, id)
            .await?
            .ok_or(Error::NotFound)
    }

    /// Deletes the user's grant with every token of that app.
    ///
    /// # Errors
    /// `NotFound`, also for another user's.
    pub async fn delete_grant(
        &self,
        user: &PasswordIdentity,
        id: GrantId,
        caller: &Caller,
    ) -> Result<()> {
        let deleted = self
            .store
            .delete_grant(user.user().id, id, self.stamp(user.actor(), caller))
            .await?;
        if deleted {
            Ok(())
        } else {
            Err(Error::NotFound)
        }
    }
}
