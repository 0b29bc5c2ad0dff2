//! One operation on one store, whichever it is: the reference, SQLite or
//! PostgreSQL. Owns how an operation becomes a call, and how an answer is told.

use std::fmt::Debug;

use grantd_core::app::{AppSettings, ClientId, NewApp, PERSONAL_CLIENT_ID};
use grantd_core::audit::{Action, Actor, Stamp};
use grantd_core::authorization::{AuthorizationEdit, NewAuthorization};
use grantd_core::fingerprint::Fingerprint;
use grantd_core::ids::{AppId, UserId};
use grantd_core::login::Address;
use grantd_core::note::{Note, NoteUrl};
use grantd_core::scope::{ScopeChange, Scopes};
use grantd_core::secret::{Sealed, SecretHash};
use grantd_core::store::{MintLimits, OtpUse, PageRequest, Store, StoreError, Stored, TokenFilter};
use grantd_core::user::{Email, Login, LoginKey, NewUser, PasswordHash, SecondFactor};

use super::cast::Cast;
use super::ids::{Back, Ids};
use super::operations::{Edit, EditScopes, Filter, Operation, Slice, Tokens, Wanted, What};

/// An answer in words. Why an engine failed is told, but not compared.
pub(crate) struct Said {
    pub(crate) answer: String,
    pub(crate) cause: Option<String>,
}

/// An answer that still has the engine's ids.
pub(crate) trait Told {
    fn told(self: Box<Self>, ids: &Ids) -> Said;
}

impl<T: Back + Debug> Told for Stored<T> {
    fn told(self: Box<Self>, ids: &Ids) -> Said {
        let (answer, cause) = match *self {
            Ok(value) => (format!("{:?}", value.back(ids)), None),
            Err(StoreError::StaleActor) => ("StaleActor".to_owned(), None),
            Err(StoreError::Unavailable(error)) => {
                ("Unavailable".to_owned(), Some(format!("{error:?}")))
            }
            Err(StoreError::ClockOff { .. }) => ("ClockOff".to_owned(), None),
        };
        Said { answer, cause }
    }
}

pub(crate) fn told<T: Back + Debug + 'static>(answer: Stored<T>) -> Box<dyn Told> {
    Box::new(answer)
}

/// An operation on a store that calls things by `ids`.
pub(crate) struct Call<'a> {
    pub(crate) store: &'a dyn Store,
    pub(crate) ids: &'a Ids,
    pub(crate) cast: &'a Cast,
    pub(crate) stamp: &'a Stamp,
}

pub(crate) fn address(number: u8) -> Address {
    let ip = match number {
        0 => std::net::IpAddr::from([192, 0, 2, 1]),
        1 => std::net::IpAddr::from([192, 0, 2, 2]),
        _ => std::net::IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, 1]),
    };
    ip.into()
}

fn factor(codes: &[u8]) -> SecondFactor {
    SecondFactor {
        totp_seed: Sealed(codes.to_vec()),
        recovery_codes: codes.iter().map(|code| [*code; 32]).collect(),
    }
}

fn password(text: &str) -> PasswordHash {
    PasswordHash(text.to_owned())
}

fn key(text: &str) -> LoginKey {
    LoginKey::of(text)
}

fn client_id(text: &str) -> ClientId {
    ClientId::from_stored(text.to_owned())
}

fn note(text: &str) -> Note {
    Note::from_stored(text.to_owned())
}

fn note_url(text: &str) -> NoteUrl {
    NoteUrl::from_stored(text.to_owned())
}

fn fingerprint(text: &str) -> Fingerprint {
    Fingerprint::from_stored(text.to_owned())
}

fn request(slice: Slice) -> PageRequest {
    PageRequest {
        page: slice.page,
        per_page: slice.per_page,
    }
}

fn limits(wanted: &Wanted) -> MintLimits {
    MintLimits {
        per_scope_set: wanted.limits.per_scope_set,
        per_hour: wanted.limits.per_hour,
    }
}

fn edit(edit: &Edit) -> AuthorizationEdit {
    AuthorizationEdit {
        note: edit.note.map(|to| to.map(note)),
        note_url: edit.note_url.map(|to| to.map(note_url)),
        scopes: match edit.scopes {
            EditScopes::Keep => ScopeChange::Keep,
            EditScopes::Replace(new) => ScopeChange::Replace(Scopes::from_stored(new)),
            EditScopes::AddRemove(add, remove) => ScopeChange::Edit {
                add: Scopes::from_stored(add),
                remove: Scopes::from_stored(remove),
            },
        },
        fingerprint: edit.fingerprint.map(fingerprint),
    }
}

impl Call<'_> {
    /// The stamp, with the engine's id of the actor.
    fn stamp(&self) -> Stamp {
        let by = match self.stamp.by {
            Actor::User {
                id,
                auth_generation,
            } => Actor::User {
                id: self.ids.user(id),
                auth_generation,
            },
            Actor::App {
                id,
                auth_generation,
            } => Actor::App {
                id: self.ids.app(id),
                auth_generation,
            },
            other => other,
        };
        Stamp {
            by,
            ..self.stamp.clone()
        }
    }

    fn wanted(&self, user: UserId, app: Option<AppId>, wanted: &Wanted) -> NewAuthorization {
        let fresh = self.cast.fresh();
        NewAuthorization {
            user_id: self.ids.user(user),
            app_id: app.map(|app| self.ids.app(app)),
            token_hash: fresh.hash,
            token_last_eight: fresh.last_eight,
            note: wanted.note.map(note),
            note_url: wanted.note_url.map(note_url),
            scopes: Scopes::from_stored(wanted.scopes),
            fingerprint: fingerprint(wanted.fingerprint),
            expires_at: wanted.lives.map(|seconds| self.cast.now.plus(seconds)),
        }
    }

    fn filter(&self, filter: Filter) -> Option<String> {
        match filter {
            Filter::All => None,
            Filter::Personal => Some(PERSONAL_CLIENT_ID.to_owned()),
            Filter::App(nth) => Some(self.cast.client_id(nth).as_str().to_owned()),
            Filter::Unknown => Some("unknown".to_owned()),
        }
    }

    fn tokens(&self, which: Tokens) -> TokenFilter {
        let (ids, cast) = (self.ids, self.cast);
        match which {
            Tokens::All => TokenFilter::All,
            Tokens::User(nth) => TokenFilter::User(ids.user(cast.user(nth))),
            Tokens::App(nth) => TokenFilter::App(ids.app(cast.app(nth))),
            Tokens::Id(nth) => TokenFilter::Id(ids.authorization(cast.authorization(nth))),
            Tokens::LastEight(nth) => TokenFilter::LastEight(cast.last_eight(nth)),
            Tokens::Hash(nth) => TokenFilter::Hash(cast.token(nth).hash),
        }
    }

    /// Does it, and keeps the answer until the ids are known.
    pub(crate) async fn perform(&self, operation: &Operation) -> Box<dyn Told> {
        let (ids, cast, stamp) = (self.ids, self.cast, self.stamp());
        let user = |nth| ids.user(cast.user(nth));
        let app = |nth| ids.app(cast.app(nth));
        let s = self.store;
        match &operation.what {
            What::Advance(_) => told(Ok(())),
            What::CreateUser {
                login,
                email,
                verified,
                codes,
            } => {
                let new = NewUser {
                    login: Login::from_stored((*login).to_owned()),
                    email: email.map(|text| Email::from_stored(text.to_owned())),
                    email_verified: *verified,
                    password_hash: password("$1"),
                    site_admin: *verified,
                    second_factor: codes.map(factor),
                };
                told(s.create_user(new, stamp).await)
            }
            What::SetPassword(nth, to) => {
                told(s.set_password(user(*nth), password(to), stamp).await)
            }
            What::Rehash(nth, old, new) => {
                let (old, new) = (password(old), password(new));
                told(s.rehash_password(user(*nth), old, new, stamp).await)
            }
            What::SuspendUser(nth, to) => told(s.set_user_suspended(user(*nth), *to, stamp).await),
            What::SetFactor(nth, codes) => {
                let factor = codes.map(factor);
                told(s.set_second_factor(user(*nth), factor, stamp).await)
            }
            What::DeleteUser(nth) => told(s.delete_user(user(*nth), stamp).await),
            What::SpendStep {
                user: nth,
                ahead,
                address: from,
                once,
            } => {
                let step = cast.now.0 / 30 + ahead;
                let how = match once {
                    true => OtpUse::Once,
                    false => OtpUse::ReusableFromSameAddress,
                };
                told(
                    s.spend_otp_step(user(*nth), step, address(*from), how)
                        .await,
                )
            }
            What::BurnCode(nth, code) => {
                told(s.burn_recovery_code(user(*nth), [*code; 32], stamp).await)
            }
            What::RememberAddress {
                user: nth,
                address: from,
                ago,
            } => {
                let at = cast.now.plus(-ago);
                told(s.remember_address(user(*nth), address(*from), at).await)
            }
            What::Record(nth) => {
                let action = Action::OtpMissingTooOften;
                told(s.record(action, Some(user(*nth)), stamp).await)
            }
            What::Reserve(_) | What::Settle { .. } | What::AddCounts(..) | What::Reap(..) => {
                self.count(&operation.what, stamp).await
            }
            What::CreateApp {
                client_id: id,
                owner,
                public,
            } => {
                let new = NewApp {
                    client_id: client_id(id),
                    name: format!("The app {id}"),
                    url: "https://a".to_owned(),
                    callback_urls: vec!["https://a/\"cb\"".to_owned()],
                    owner_id: user(*owner),
                    secret_hash: (!public).then_some(SecretHash([0; 32])),
                    description: None,
                    settings: AppSettings::default(),
                };
                told(s.create_app(new, stamp).await)
            }
            What::SetOwner(nth, to) => told(s.set_app_owner(app(*nth), user(*to), stamp).await),
            What::RotateSecret(nth, to) => {
                let secret = SecretHash([*to; 32]);
                told(s.rotate_app_secret(app(*nth), secret, None, stamp).await)
            }
            What::SuspendApp(nth, to) => told(s.set_app_suspended(app(*nth), *to, stamp).await),
            What::DeleteApp(nth) => told(s.delete_app(app(*nth), stamp).await),
            _ => self.perform_on_tokens(operation, stamp).await,
        }
    }

    async fn perform_on_tokens(&self, operation: &Operation, stamp: Stamp) -> Box<dyn Told> {
        let (ids, cast, s) = (self.ids, self.cast, self.store);
        match &operation.what {
            What::CreatePersonal(user, wanted) => {
                let new = self.wanted(cast.user(*user), None, wanted);
                told(s.create_authorization(new, limits(wanted), stamp).await)
            }
            What::CreateForApp(user, app, wanted) => {
                let new = self.wanted(cast.user(*user), Some(cast.app(*app)), wanted);
                told(s.create_authorization(new, limits(wanted), stamp).await)
            }
            What::GetOrCreate(user, app, wanted) => {
                let new = self.wanted(cast.user(*user), Some(cast.app(*app)), wanted);
                let limits = limits(wanted);
                told(s.get_or_create_authorization(new, limits, stamp).await)
            }
            What::Edit(of, nth, change) => {
                let (user, id) = cast.authorization_of(*of, *nth);
                let (user, id) = (ids.user(user), ids.authorization(id));
                told(s.edit_authorization(user, id, edit(change), stamp).await)
            }
            What::DeleteAuthorization(of, nth) => {
                let (user, id) = cast.authorization_of(*of, *nth);
                let (user, id) = (ids.user(user), ids.authorization(id));
                told(s.delete_authorization(user, id, stamp).await)
            }
            What::ResetToken(of, nth) => {
                let (app, hash) = cast.presented(*of, *nth);
                let (app, fresh) = (ids.app(app), cast.fresh());
                told(s.reset_token(app, hash, fresh, stamp).await)
            }
            What::RevokeToken(of, nth) => {
                let (app, hash) = cast.presented(*of, *nth);
                told(s.revoke_token(ids.app(app), hash, stamp).await)
            }
            What::RevokeGrantByToken(of, nth) => {
                let (app, hash) = cast.presented(*of, *nth);
                told(s.revoke_grant_by_token(ids.app(app), hash, stamp).await)
            }
            What::DeleteGrant(of, nth) => {
                let (user, id) = cast.grant_of(*of, *nth);
                told(s.delete_grant(ids.user(user), ids.grant(id), stamp).await)
            }
            What::DeleteToken(nth) => {
                let id = ids.authorization(cast.authorization(*nth));
                told(s.delete_token(id, stamp).await)
            }
            _ => self.look(operation).await,
        }
    }

    async fn look(&self, operation: &Operation) -> Box<dyn Told> {
        let (ids, cast, s) = (self.ids, self.cast, self.store);
        let user = |nth| ids.user(cast.user(nth));
        match &operation.what {
            What::FindUser(login) => told(s.find_user(&key(login)).await),
            What::FindUserById(nth) => told(s.find_user_by_id(user(*nth)).await),
            What::FindCredentials(of, from) => self.find_credentials(of, *from).await,
            What::ListUsers(slice) => told(s.list_users(request(*slice)).await),
            What::FindApp(id) => {
                let found = s.find_app(&client_id(id)).await;
                told(found.map(|found| {
                    found.map(|all| {
                        let secret = all.secret_hash.map(|hash| hash.0);
                        (all.app, secret, all.auth_generation)
                    })
                }))
            }
            What::ListApps(slice) => told(s.list_apps(request(*slice)).await),
            What::FindAuthorization(of, nth) => {
                let (user, id) = cast.authorization_of(*of, *nth);
                let (user, id) = (ids.user(user), ids.authorization(id));
                told(s.find_authorization(user, id).await)
            }
            What::ListAuthorizations(nth, filter, slice) => {
                let filter = self.filter(*filter);
                let (user, slice) = (user(*nth), request(*slice));
                told(s.list_authorizations(user, filter.as_deref(), slice).await)
            }
            What::FindGrant(of, nth) => {
                let (user, id) = cast.grant_of(*of, *nth);
                told(s.find_grant(ids.user(user), ids.grant(id)).await)
            }
            What::ListGrants(nth, filter, slice) => {
                let filter = self.filter(*filter);
                let (user, slice) = (user(*nth), request(*slice));
                told(s.list_grants(user, filter.as_deref(), slice).await)
            }
            What::ListTokens(which, slice) => {
                let filter = self.tokens(*which);
                told(s.list_tokens(filter, request(*slice)).await)
            }
            other => unreachable!("{other:?} is no look"),
        }
    }
}
