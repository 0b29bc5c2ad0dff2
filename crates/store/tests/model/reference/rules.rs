//! The rules about tokens and grants: what is unique, what is valid, how many
//! there may be, what a grant shows, what goes when something goes.

use std::collections::BTreeSet;
use std::sync::Arc;

use grantd_core::audit::{Action, Stamp};
use grantd_core::authorization::{Authorization, NewAuthorization};
use grantd_core::clock::Timestamp;
use grantd_core::grant::Grant;
use grantd_core::ids::{AppId, AuthorizationId, GrantId, UserId};
use grantd_core::scope::{Scope, Scopes};
use grantd_core::store::{MintLimits, NotCreated, OwnedAuthorization, Taken, TokenVerdict};
use grantd_core::token::TokenHash;

use super::{Granted, State, next};

pub(super) fn app_of(token: &Authorization) -> Option<AppId> {
    token.app.as_ref().map(|app| app.id)
}

pub(super) fn is_expired(token: &Authorization, now: Timestamp) -> bool {
    token.expires_at.is_some_and(|end| end <= now)
}

/// Whether two records may not stand beside each other.
fn same_key(one: &Authorization, other: &Authorization) -> bool {
    let same_holder = one.user_id == other.user_id && app_of(one) == app_of(other);
    let same_fingerprint = one.fingerprint == other.fingerprint;
    let same_rest = match one.app {
        // What has no note collides with nothing.
        None => one.note.is_some() && one.note == other.note,
        Some(_) => one.fingerprint.get().is_some(),
    };
    same_holder && same_fingerprint && same_rest
}

fn set(scopes: &Scopes) -> BTreeSet<Scope> {
    scopes.iter().cloned().collect()
}

impl State {
    /// The record as it is read: with its app as that is now.
    pub(super) fn shown(&self, token: &Authorization) -> Authorization {
        Authorization {
            app: app_of(token).and_then(|id| self.summary(id)),
            ..token.clone()
        }
    }

    pub(super) fn owned(&self, token: &Authorization) -> Option<OwnedAuthorization> {
        let owner = self.person(token.user_id)?;
        Some(OwnedAuthorization {
            authorization: self.shown(token),
            user: owner.user.clone(),
        })
    }

    /// The validity predicate.
    pub(super) fn verdict(&self, hash: TokenHash, now: Timestamp) -> TokenVerdict {
        let Some(token) = self.tokens.iter().find(|one| one.token_hash == hash) else {
            return TokenVerdict::Unknown;
        };
        if is_expired(token, now) {
            return TokenVerdict::Unknown;
        }
        if let Some(id) = app_of(token) {
            let app_is_active = self
                .registered(id)
                .is_some_and(|one| one.app.suspended_at.is_none());
            if !app_is_active || self.granted(token.user_id, id).is_none() {
                return TokenVerdict::Unknown;
            }
        }
        match self.owned(token) {
            None => TokenVerdict::Unknown,
            Some(owned) if owned.user.suspended_at.is_some() => TokenVerdict::OwnerSuspended,
            Some(owned) => TokenVerdict::Valid(owned.into()),
        }
    }

    /// The valid token of this app with this hash.
    pub(super) fn valid_of_app(
        &self,
        app: AppId,
        hash: TokenHash,
        now: Timestamp,
    ) -> Option<Arc<OwnedAuthorization>> {
        match self.verdict(hash, now) {
            TokenVerdict::Valid(owned) if app_of(&owned.authorization) == Some(app) => Some(owned),
            _ => None,
        }
    }

    /// Why nothing can be created, whatever is there; in this order.
    pub(super) fn obstacle(
        &self,
        new: &NewAuthorization,
        limits: MintLimits,
        now: Timestamp,
    ) -> Option<NotCreated> {
        let most = limits.per_hour? as usize;
        let an_hour_ago = now.plus(-3_600);
        let lately = self.trail.iter().filter(|row| {
            row.action == Action::AuthorizationCreated.name()
                && row.user_id == Some(new.user_id)
                && row.app_id == new.app_id
                && row.at > an_hour_ago
        });
        (lately.count() >= most).then_some(NotCreated::TooMany)
    }

    /// Deletes what is expired and in the way of `token`, unless something unexpired is too.
    pub(super) fn make_room(&mut self, token: &Authorization, stamp: &Stamp) -> Result<(), Taken> {
        let in_the_way = |other: &Authorization| other.id != token.id && same_key(token, other);
        let taken = self
            .tokens
            .iter()
            .any(|other| in_the_way(other) && !is_expired(other, stamp.at));
        if taken {
            return Err(match token.fingerprint.get() {
                Some(_) => Taken::Fingerprint,
                None => Taken::Note,
            });
        }
        self.remove_tokens(Action::AuthorizationDeleted, stamp, in_the_way);
        Ok(())
    }

    /// Adds the record, with room made, the ten-tokens rule kept and the grant widened.
    pub(super) fn create(
        &mut self,
        new: NewAuthorization,
        limits: MintLimits,
        stamp: &Stamp,
    ) -> Result<Authorization, NotCreated> {
        let mut token = Authorization {
            // Not an id yet: it is given out only if the record is created.
            id: AuthorizationId(0),
            user_id: new.user_id,
            app: new.app_id.and_then(|id| self.summary(id)),
            token_hash: new.token_hash,
            token_last_eight: new.token_last_eight,
            note: new.note,
            note_url: new.note_url,
            scopes: new.scopes,
            fingerprint: new.fingerprint,
            created_at: stamp.at,
            updated_at: stamp.at,
            expires_at: new.expires_at,
        };
        self.make_room(&token, stamp).map_err(NotCreated::Taken)?;
        token.id = AuthorizationId(next(&mut self.last.authorization));
        let grant = new.app_id.map(|app| self.grant_of(new.user_id, app, stamp));
        self.tokens.push(token.clone());
        self.tell(Action::AuthorizationCreated, stamp, |row| {
            row.user_id = Some(token.user_id);
            row.app_id = app_of(&token);
            row.authorization_id = Some(token.id);
            row.grant_id = grant;
            row.token_hash = Some(token.token_hash);
            row.token_last_eight = Some(token.token_last_eight.clone());
        });
        if let Some(app) = new.app_id {
            self.evict_beyond(limits.per_scope_set as usize, &token, stamp);
            self.consent(token.user_id, app, &token.scopes);
            self.follow(token.user_id, app, stamp);
        }
        Ok(self.shown(&token))
    }

    /// Of the tokens of one user, app and set of scopes only the newest stay.
    fn evict_beyond(&mut self, most: usize, like: &Authorization, stamp: &Stamp) {
        let same = self.tokens.iter().filter(|other| {
            other.user_id == like.user_id
                && app_of(other) == app_of(like)
                && set(&other.scopes) == set(&like.scopes)
        });
        let ids: Vec<_> = same.map(|other| other.id).collect();
        let too_many = ids.len().saturating_sub(most);
        let oldest = &ids[..too_many];
        self.remove_tokens(Action::AuthorizationEvicted, stamp, |token| {
            oldest.contains(&token.id)
        });
    }

    pub(super) fn granted(&self, user: UserId, app: AppId) -> Option<&Granted> {
        let mut grants = self.grants.iter();
        grants.find(|one| one.grant.user_id == user && one.grant.app.id == app)
    }

    fn granted_mut(&mut self, user: UserId, app: AppId) -> Option<&mut Granted> {
        let mut grants = self.grants.iter_mut();
        grants.find(|one| one.grant.user_id == user && one.grant.app.id == app)
    }

    /// The grant's id; it is made if there is none.
    fn grant_of(&mut self, user: UserId, app: AppId, stamp: &Stamp) -> GrantId {
        if let Some(there) = self.granted(user, app) {
            return there.grant.id;
        }
        let id = GrantId(next(&mut self.last.grant));
        let summary = self.summary(app).expect("the app was looked up before");
        self.grants.push(Granted {
            grant: Grant {
                id,
                user_id: user,
                app: summary,
                scopes: Scopes::default(),
                created_at: stamp.at,
                updated_at: stamp.at,
            },
            consented: Scopes::default(),
        });
        self.tell(Action::GrantCreated, stamp, |row| {
            row.user_id = Some(user);
            row.app_id = Some(app);
            row.grant_id = Some(id);
        });
        id
    }

    /// The user has consented to these, too.
    pub(super) fn consent(&mut self, user: UserId, app: AppId, scopes: &Scopes) {
        if let Some(granted) = self.granted_mut(user, app) {
            granted.consented = granted.consented.clone().union(scopes);
        }
    }

    /// What the grant shows follows its tokens, expired ones too, in the order in which they
    /// were made; without any, it is what was consented to.
    pub(super) fn follow(&mut self, user: UserId, app: AppId, stamp: &Stamp) {
        let mut any = false;
        let mut shown = Scopes::default();
        for token in &self.tokens {
            if token.user_id == user && app_of(token) == Some(app) {
                any = true;
                shown = shown.union(&token.scopes);
            }
        }
        if let Some(granted) = self.granted_mut(user, app) {
            if !any {
                shown = granted.consented.clone();
            }
            if set(&shown) != set(&granted.grant.scopes) {
                granted.grant.updated_at = stamp.at;
            }
            granted.grant.scopes = shown;
        }
    }

    /// Deletes tokens; what their grants show is left to the caller. Whether there were any.
    pub(super) fn remove_tokens(
        &mut self,
        action: Action,
        stamp: &Stamp,
        which: impl Fn(&Authorization) -> bool,
    ) -> bool {
        let (gone, kept) = std::mem::take(&mut self.tokens)
            .into_iter()
            .partition::<Vec<_>, _>(which);
        self.tokens = kept;
        for token in &gone {
            let app = app_of(token);
            let grant = app.and_then(|app| self.granted(token.user_id, app));
            let grant = grant.map(|one| one.grant.id);
            self.tell(action, stamp, |row| {
                row.user_id = Some(token.user_id);
                row.app_id = app;
                row.authorization_id = Some(token.id);
                row.grant_id = grant;
                row.token_hash = Some(token.token_hash);
                row.token_last_eight = Some(token.token_last_eight.clone());
            });
        }
        !gone.is_empty()
    }

    /// Deletes one token; its grant stays. Whether it was there.
    pub(super) fn remove_token(
        &mut self,
        action: Action,
        stamp: &Stamp,
        which: impl Fn(&Authorization) -> bool,
    ) -> bool {
        let found = self.tokens.iter().find(|token| which(token)).cloned();
        let Some(token) = found else {
            return false;
        };
        self.remove_tokens(action, stamp, |one| one.id == token.id);
        if let Some(app) = app_of(&token) {
            self.follow(token.user_id, app, stamp);
        }
        true
    }

    /// Deletes the tokens that expired first; then each of their grants follows, once. How many.
    pub(super) fn reap_tokens(&mut self, before: Timestamp, limit: usize, stamp: &Stamp) -> usize {
        let due = self.tokens.iter().filter(|token| is_expired(token, before));
        let mut due: Vec<_> = due.cloned().collect();
        due.sort_by_key(|token| (token.expires_at, token.id));
        due.truncate(limit);
        for gone in &due {
            self.remove_tokens(Action::AuthorizationReaped, stamp, |one| one.id == gone.id);
        }
        for gone in &due {
            if let Some(app) = app_of(gone) {
                self.follow(gone.user_id, app, stamp);
            }
        }
        due.len()
    }

    /// Deletes grants with all tokens of that user and app. Whether there were any.
    pub(super) fn remove_grants(&mut self, stamp: &Stamp, which: impl Fn(&Grant) -> bool) -> bool {
        let grants = self.grants.iter().map(|one| &one.grant);
        let gone: Vec<Grant> = grants.filter(|grant| which(grant)).cloned().collect();
        for grant in &gone {
            self.tell(Action::GrantDeleted, stamp, |row| {
                row.user_id = Some(grant.user_id);
                row.app_id = Some(grant.app.id);
                row.grant_id = Some(grant.id);
            });
            self.remove_tokens(Action::AuthorizationDeleted, stamp, |token| {
                token.user_id == grant.user_id && app_of(token) == Some(grant.app.id)
            });
            self.grants.retain(|one| one.grant.id != grant.id);
        }
        !gone.is_empty()
    }
}
