//! People, and signing in.

use std::collections::BTreeSet;

use async_trait::async_trait;
use grantd_core::audit::{Action, Stamp};
use grantd_core::clock::Timestamp;
use grantd_core::ids::UserId;
use grantd_core::login::Address;
use grantd_core::login::throttle::MeterKey;
use grantd_core::store::{OtpUse, Page, PageRequest, SignInCheck, Stored, Taken, UserStore};
use grantd_core::user::{LoginKey, NewUser, PasswordHash, SecondFactor, User, UserCredentials};

use super::{Person, RecoveryCode, Reference, SpentStep, State, next, page, unavailable};

impl State {
    pub(super) fn person(&self, id: UserId) -> Option<&Person> {
        self.users.iter().find(|one| one.user.id == id)
    }

    fn person_mut(&mut self, id: UserId) -> Option<&mut Person> {
        self.users.iter_mut().find(|one| one.user.id == id)
    }

    /// A change of credentials: whoever was signed in before is not any more.
    fn change_credentials(
        &mut self,
        id: UserId,
        action: Action,
        stamp: &Stamp,
        change: impl FnOnce(&mut Person),
    ) {
        if let Some(person) = self.person_mut(id) {
            change(person);
            person.generation += 1;
            person.user.updated_at = stamp.at;
            self.tell(action, stamp, |row| row.user_id = Some(id));
        }
    }
}

/// The codes of a factor; one that is named twice is one.
fn fresh_codes(factor: &SecondFactor) -> Vec<RecoveryCode> {
    let codes: BTreeSet<_> = factor.recovery_codes.iter().copied().collect();
    codes
        .into_iter()
        .map(|hash| RecoveryCode { hash, used: false })
        .collect()
}

#[async_trait]
impl UserStore for Reference {
    async fn create_user(&self, new: NewUser, stamp: Stamp) -> Stored<Result<User, Taken>> {
        let mut state = self.change(&stamp).await?;
        for other in &state.users {
            if other.user.login.key() == new.login.key() {
                return Ok(Err(Taken::Login));
            }
        }
        for other in &state.users {
            let theirs = other.user.email.as_ref().map(|email| email.key());
            if theirs.is_some() && theirs == new.email.as_ref().map(|email| email.key()) {
                return Ok(Err(Taken::Email));
            }
        }
        let user = User {
            id: UserId(next(&mut state.last.user)),
            login: new.login,
            email: new.email,
            email_verified: new.email_verified,
            site_admin: new.site_admin,
            two_factor: new.second_factor.is_some(),
            language: None,
            suspended_at: None,
            created_at: stamp.at,
            updated_at: stamp.at,
        };
        state.users.push(Person {
            user: user.clone(),
            password: new.password_hash,
            codes: new.second_factor.iter().flat_map(fresh_codes).collect(),
            seed: new.second_factor.map(|factor| factor.totp_seed),
            generation: 1,
            steps: Vec::new(),
            addresses: Vec::new(),
        });
        state.tell(Action::UserCreated, &stamp, |row| {
            row.user_id = Some(user.id);
        });
        Ok(Ok(user))
    }

    async fn find_user(&self, login: &LoginKey) -> Stored<Option<User>> {
        let state = self.open().await?;
        let mut users = state.users.iter().map(|one| &one.user);
        Ok(users.find(|user| user.login.key() == *login).cloned())
    }

    async fn find_user_by_id(&self, id: UserId) -> Stored<Option<User>> {
        Ok(self.open().await?.person(id).map(|one| one.user.clone()))
    }

    async fn list_users(&self, request: PageRequest) -> Stored<Page<User>> {
        let state = self.open().await?;
        let users = state.users.iter().map(|one| one.user.clone());
        Ok(page(users.collect(), request))
    }

    async fn find_credentials(
        &self,
        login_or_email: &LoginKey,
        from: Address,
        meters: [MeterKey; 2],
    ) -> Stored<SignInCheck> {
        let state = self.open().await?;
        let by_login = state
            .users
            .iter()
            .find(|one| one.user.login.key() == *login_or_email);
        let by_email = state.users.iter().find(|one| {
            one.user.email_verified
                && one.user.email.as_ref().map(|email| email.key()).as_ref() == Some(login_or_email)
        });
        let found = by_login.or(by_email);
        let credentials = found.map(|one| UserCredentials {
            user: one.user.clone(),
            password_hash: one.password.clone(),
            totp_seed: one.seed.clone(),
            auth_generation: one.generation,
        });
        Ok(SignInCheck {
            credentials,
            meters: meters.map(|key| state.meter(key)),
            last_seen: found.and_then(|one| one.last_seen(from)),
        })
    }

    async fn set_password(&self, id: UserId, hash: PasswordHash, stamp: Stamp) -> Stored<bool> {
        let mut state = self.change(&stamp).await?;
        let found = state.person(id).is_some();
        state.change_credentials(id, Action::PasswordChanged, &stamp, |person| {
            person.password = hash;
        });
        Ok(found)
    }

    async fn rehash_password(
        &self,
        id: UserId,
        old: PasswordHash,
        new: PasswordHash,
        stamp: Stamp,
    ) -> Stored<bool> {
        let mut state = self.change(&stamp).await?;
        match state.person_mut(id) {
            Some(person) if person.password == old => person.password = new,
            _ => return Ok(false),
        }
        state.tell(Action::PasswordRehashed, &stamp, |row| {
            row.user_id = Some(id);
        });
        Ok(true)
    }

    async fn set_user_suspended(&self, id: UserId, suspended: bool, stamp: Stamp) -> Stored<bool> {
        let mut state = self.change(&stamp).await?;
        let Some(person) = state.person(id) else {
            return Ok(false);
        };
        if person.user.suspended_at.is_some() == suspended {
            return Ok(false);
        }
        let action = match suspended {
            true => Action::UserSuspended,
            false => Action::UserUnsuspended,
        };
        state.change_credentials(id, action, &stamp, |person| {
            person.user.suspended_at = suspended.then_some(stamp.at);
        });
        Ok(true)
    }

    async fn set_second_factor(
        &self,
        id: UserId,
        factor: Option<SecondFactor>,
        stamp: Stamp,
    ) -> Stored<bool> {
        let mut state = self.change(&stamp).await?;
        let Some(person) = state.person(id) else {
            return Ok(false);
        };
        if factor.is_none() && person.seed.is_none() {
            return Ok(false);
        }
        let action = match factor {
            Some(_) => Action::TwoFactorEnabled,
            None => Action::TwoFactorDisabled,
        };
        state.change_credentials(id, action, &stamp, |person| {
            person.user.two_factor = factor.is_some();
            person.steps.clear();
            person.codes = factor.iter().flat_map(fresh_codes).collect();
            person.seed = factor.map(|factor| factor.totp_seed);
        });
        Ok(true)
    }

    async fn delete_user(&self, id: UserId, stamp: Stamp) -> Stored<bool> {
        let mut state = self.change(&stamp).await?;
        if state.person(id).is_none() {
            return Ok(false);
        }
        let apps = state.apps.iter().map(|one| &one.app);
        let theirs = apps.filter(|app| app.owner_id == id).map(|app| app.id);
        for app in theirs.collect::<Vec<_>>() {
            state.remove_app(app, &stamp);
        }
        state.remove_grants(&stamp, |grant| grant.user_id == id);
        state.remove_tokens(Action::AuthorizationDeleted, &stamp, |token| {
            token.user_id == id
        });
        state.users.retain(|one| one.user.id != id);
        state.tell(Action::UserDeleted, &stamp, |row| row.user_id = Some(id));
        Ok(true)
    }

    async fn spend_otp_step(
        &self,
        id: UserId,
        step: i64,
        address: Address,
        how: OtpUse,
    ) -> Stored<bool> {
        let mut state = self.open().await?;
        let person = state.person_mut(id).ok_or(unavailable("no such user"))?;
        let once = how == OtpUse::Once;
        match person.steps.iter().find(|spent| spent.step == step) {
            Some(spent) => Ok(!once && !spent.once && spent.address == address),
            None => {
                let spent = SpentStep {
                    step,
                    address,
                    once,
                };
                person.steps.push(spent);
                Ok(true)
            }
        }
    }

    async fn burn_recovery_code(&self, id: UserId, code: [u8; 32], stamp: Stamp) -> Stored<bool> {
        let mut state = self.change(&stamp).await?;
        let Some(person) = state.person_mut(id) else {
            return Ok(false);
        };
        let mut codes = person.codes.iter_mut();
        match codes.find(|one| one.hash == code && !one.used) {
            Some(unused) => unused.used = true,
            None => return Ok(false),
        }
        state.tell(Action::RecoveryCodeUsed, &stamp, |row| {
            row.user_id = Some(id);
        });
        Ok(true)
    }

    async fn remember_address(&self, id: UserId, address: Address, at: Timestamp) -> Stored<()> {
        let mut state = self.open().await?;
        let person = state.person_mut(id).ok_or(unavailable("no such user"))?;
        person.addresses.push((address, at));
        Ok(())
    }

    async fn note_sign_in(&self, id: UserId, address: Address, stamp: Stamp) -> Stored<()> {
        let mut state = self.change(&stamp).await?;
        let last = state.person(id).and_then(|one| one.last_seen(address));
        if last.is_none_or(|last| stamp.at.since(last) >= 86_400) {
            let person = state.person_mut(id).ok_or(unavailable("no such user"))?;
            person.addresses.push((address, stamp.at));
            state.tell(Action::SignedIn, &stamp, |row| row.user_id = Some(id));
        }
        Ok(())
    }
}
