//! Authorizations and grants: the trait, over the rules.

use async_trait::async_trait;
use grantd_core::app::{ClientId, PERSONAL_CLIENT_ID};
use grantd_core::audit::{Action, AuditRow, Stamp};
use grantd_core::authorization::{Authorization, AuthorizationEdit, NewAuthorization, NewToken};
use grantd_core::clock::Timestamp;
use grantd_core::grant::Grant;
use grantd_core::ids::{AppId, AuthorizationId, GrantId, UserId};
use grantd_core::store::{
    AppCheck, AuthorizationStore, GotOrCreated, MintLimits, NotCreated, OwnedAuthorization, Page,
    PageRequest, Stored, Taken, TokenFilter, TokenVerdict,
};
use grantd_core::token::TokenHash;

use super::rules::{app_of, is_expired};
use super::{Granted, Reference, State, page, unavailable};

impl State {
    /// What has to be there before anything can be created.
    fn foundations(&self, new: &NewAuthorization) -> Stored<Result<(), NotCreated>> {
        if let Some(id) = new.app_id {
            let app = self.registered(id);
            if app.is_none_or(|one| one.app.suspended_at.is_some()) {
                return Ok(Err(NotCreated::NoApp));
            }
            // The grant needs its user before anything is counted.
            self.owner_exists(new)?;
        }
        Ok(Ok(()))
    }

    fn owner_exists(&self, new: &NewAuthorization) -> Stored<()> {
        match self.person(new.user_id) {
            Some(_) => Ok(()),
            None => Err(unavailable("no such user")),
        }
    }

    fn shown_grant(&self, granted: &Granted) -> Option<Grant> {
        Some(Grant {
            app: self.summary(granted.grant.app.id)?,
            ..granted.grant.clone()
        })
    }

    /// Whether a list that asks for `client_id` shows what belongs to `app`.
    fn is_asked_for(&self, client_id: Option<&str>, app: Option<AppId>) -> bool {
        match client_id {
            None => true,
            Some(PERSONAL_CLIENT_ID) => app.is_none(),
            Some(client_id) => app
                .and_then(|id| self.summary(id))
                .is_some_and(|app| app.client_id.as_str() == client_id),
        }
    }
}

fn about(token: &Authorization) -> impl FnOnce(&mut AuditRow) {
    move |row| {
        row.user_id = Some(token.user_id);
        row.app_id = app_of(token);
        row.authorization_id = Some(token.id);
        row.token_hash = Some(token.token_hash);
        row.token_last_eight = Some(token.token_last_eight.clone());
    }
}

#[async_trait]
impl AuthorizationStore for Reference {
    async fn create_authorization(
        &self,
        new: NewAuthorization,
        limits: MintLimits,
        stamp: Stamp,
    ) -> Stored<Result<Authorization, NotCreated>> {
        let mut state = self.change(&stamp).await?;
        if let Err(why) = state.foundations(&new)? {
            return Ok(Err(why));
        }
        if let Some(why) = state.obstacle(&new, limits, stamp.at) {
            return Ok(Err(why));
        }
        state.owner_exists(&new)?;
        Ok(state.create(new, limits, &stamp))
    }

    async fn get_or_create_authorization(
        &self,
        new: NewAuthorization,
        limits: MintLimits,
        stamp: Stamp,
    ) -> Stored<Result<GotOrCreated, NotCreated>> {
        let mut state = self.change(&stamp).await?;
        if let Err(why) = state.foundations(&new)? {
            return Ok(Err(why));
        }
        let existing = state.tokens.iter().find(|token| {
            token.user_id == new.user_id
                && token.app.is_some()
                && app_of(token) == new.app_id
                && token.fingerprint == new.fingerprint
                && !is_expired(token, stamp.at)
        });
        if let Some(token) = existing {
            return Ok(Ok(GotOrCreated::Existing(state.shown(token))));
        }
        if let Some(why) = state.obstacle(&new, limits, stamp.at) {
            return Ok(Err(why));
        }
        Ok(state.create(new, limits, &stamp).map(GotOrCreated::Created))
    }

    async fn find_authorization(
        &self,
        user: UserId,
        id: AuthorizationId,
    ) -> Stored<Option<OwnedAuthorization>> {
        let state = self.open().await?;
        let mut tokens = state.tokens.iter();
        let found = tokens.find(|token| token.id == id && token.user_id == user);
        Ok(found.and_then(|token| state.owned(token)))
    }

    async fn list_authorizations(
        &self,
        user: UserId,
        client_id: Option<&str>,
        request: PageRequest,
    ) -> Stored<Page<Authorization>> {
        let state = self.open().await?;
        let asked_for = state
            .tokens
            .iter()
            .filter(|token| token.user_id == user && state.is_asked_for(client_id, app_of(token)));
        let shown = asked_for.map(|token| state.shown(token));
        Ok(page(shown.collect(), request))
    }

    async fn edit_authorization(
        &self,
        user: UserId,
        id: AuthorizationId,
        edit: AuthorizationEdit,
        stamp: Stamp,
    ) -> Stored<Option<Result<Authorization, Taken>>> {
        let mut state = self.change(&stamp).await?;
        let mut tokens = state.tokens.iter();
        let Some(found) = tokens.find(|token| token.id == id && token.user_id == user) else {
            return Ok(None);
        };
        let before = state.shown(found);
        let after = edit.apply(&before, stamp.at);
        if after == before {
            return Ok(Some(Ok(before)));
        }
        if let Err(taken) = state.make_room(&after, &stamp) {
            return Ok(Some(Err(taken)));
        }
        for token in &mut state.tokens {
            if token.id == id {
                *token = after.clone();
            }
        }
        state.tell(Action::AuthorizationEdited, &stamp, about(&after));
        if let Some(app) = app_of(&after) {
            state.consent(user, app, &after.scopes);
            state.follow(user, app, &stamp);
        }
        Ok(Some(Ok(after)))
    }

    async fn delete_authorization(
        &self,
        user: UserId,
        id: AuthorizationId,
        stamp: Stamp,
    ) -> Stored<bool> {
        let mut state = self.change(&stamp).await?;
        let action = Action::AuthorizationDeleted;
        Ok(state.remove_token(action, &stamp, |token| {
            token.id == id && token.user_id == user
        }))
    }

    async fn find_token(&self, hash: TokenHash, now: Timestamp) -> Stored<TokenVerdict> {
        Ok(self.open().await?.verdict(hash, now))
    }

    async fn check_token(
        &self,
        client_id: &ClientId,
        hash: Option<TokenHash>,
        now: Timestamp,
    ) -> Stored<Option<AppCheck>> {
        let state = self.open().await?;
        let mut apps = state.apps.iter();
        let found = apps.find(|one| one.app.client_id == *client_id);
        Ok(found.map(|one| AppCheck {
            credentials: one.credentials().into(),
            token: hash.and_then(|hash| state.valid_of_app(one.app.id, hash, now)),
        }))
    }

    async fn reset_token(
        &self,
        app: AppId,
        old: TokenHash,
        new: NewToken,
        stamp: Stamp,
    ) -> Stored<Option<OwnedAuthorization>> {
        let mut state = self.change(&stamp).await?;
        let Some(before) = state.valid_of_app(app, old, stamp.at) else {
            return Ok(None);
        };
        for token in &mut state.tokens {
            if token.id == before.authorization.id {
                token.token_hash = new.hash;
                token.token_last_eight = new.last_eight.clone();
                token.updated_at = stamp.at;
            }
        }
        // The row names the token that ended.
        let ended = &before.authorization;
        state.tell(Action::TokenReset, &stamp, about(ended));
        let after = state.valid_of_app(app, new.hash, stamp.at);
        Ok(after.map(|owned| (*owned).clone()))
    }

    async fn revoke_token(&self, app: AppId, hash: TokenHash, stamp: Stamp) -> Stored<bool> {
        let mut state = self.change(&stamp).await?;
        if state.valid_of_app(app, hash, stamp.at).is_none() {
            return Ok(false);
        }
        let action = Action::TokenRevoked;
        Ok(state.remove_token(action, &stamp, |token| token.token_hash == hash))
    }

    async fn revoke_grant_by_token(
        &self,
        app: AppId,
        hash: TokenHash,
        stamp: Stamp,
    ) -> Stored<bool> {
        let mut state = self.change(&stamp).await?;
        let Some(found) = state.valid_of_app(app, hash, stamp.at) else {
            return Ok(false);
        };
        Ok(state.remove_grants(&stamp, |grant| {
            grant.user_id == found.user.id && grant.app.id == app
        }))
    }

    async fn list_grants(
        &self,
        user: UserId,
        client_id: Option<&str>,
        request: PageRequest,
    ) -> Stored<Page<Grant>> {
        let state = self.open().await?;
        let asked_for = state.grants.iter().filter(|one| {
            one.grant.user_id == user && state.is_asked_for(client_id, Some(one.grant.app.id))
        });
        let shown = asked_for.filter_map(|one| state.shown_grant(one));
        Ok(page(shown.collect(), request))
    }

    async fn find_grant(&self, user: UserId, id: GrantId) -> Stored<Option<Grant>> {
        let state = self.open().await?;
        let mut grants = state.grants.iter();
        let found = grants.find(|one| one.grant.id == id && one.grant.user_id == user);
        Ok(found.and_then(|one| state.shown_grant(one)))
    }

    async fn delete_grant(&self, user: UserId, id: GrantId, stamp: Stamp) -> Stored<bool> {
        let mut state = self.change(&stamp).await?;
        Ok(state.remove_grants(&stamp, |grant| grant.id == id && grant.user_id == user))
    }

    async fn list_tokens(
        &self,
        filter: TokenFilter,
        request: PageRequest,
    ) -> Stored<Page<OwnedAuthorization>> {
        let state = self.open().await?;
        let asked_for = state.tokens.iter().filter(|token| match &filter {
            TokenFilter::All => true,
            TokenFilter::Personal => app_of(token).is_none(),
            TokenFilter::User(id) => token.user_id == *id,
            TokenFilter::App(id) => app_of(token) == Some(*id),
            TokenFilter::Id(id) => token.id == *id,
            TokenFilter::LastEight(text) => token.token_last_eight.0 == *text,
            TokenFilter::Hash(hash) => token.token_hash == *hash,
        });
        let shown = asked_for.filter_map(|token| state.owned(token));
        Ok(page(shown.collect(), request))
    }

    async fn delete_token(&self, id: AuthorizationId, stamp: Stamp) -> Stored<bool> {
        let mut state = self.change(&stamp).await?;
        Ok(state.remove_token(Action::TokenRevoked, &stamp, |token| token.id == id))
    }
}
