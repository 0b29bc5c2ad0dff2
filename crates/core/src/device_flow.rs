//! The device flow (RFC 8628). Owns what device and user codes look like, how
//! often anybody may try, and what the person who decides is shown; must not
//! know a page.

use crate::app::{App, ClientId};
use crate::audit::Action;
use crate::authority::{Authority, BrowserIdentity, Caller};
use crate::clock::Timestamp;
use crate::code_exchange::too_many;
use crate::consent::{AskedScope, asked_scopes, scopes};
use crate::entropy;
use crate::error::{Error, Throttle};
use crate::flow::{FlowError, Tokens};
use crate::hourly::Bucket;
use crate::ids::{AppId, UserId};
use crate::login::throttle::{Admission, Limit, MeterKey, Outcome};
use crate::secret::Secret;
use crate::store::{
    DeviceDecision, DeviceRedemption, DeviceRequest, NewDeviceCode, Poll, Settlement,
};
use crate::user::User;

/// Seconds that a device code lives.
pub const DEVICE_CODE_SECONDS: u32 = 900;
/// Seconds between two polls, at first.
pub const POLL_INTERVAL: u32 = 5;

/// Letters that nobody takes for one another, without vowels so that they make no words
/// (RFC 8628 section 6.1): eight of them have 34.5 bits.
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const USER_CODE: usize = 8;
/// A user code is taken by another one once in a million years; then there is another draw.
const DRAWS: usize = 3;

/// Wrong user codes of one person in an hour, from wherever; more are not looked at.
const WRONG_CODES: u32 = 10;
/// Decisions about one app's devices in an hour.
const ACCEPTED_CODES: u32 = 50;
/// Device codes for one app from one address in an hour.
const STARTS: u32 = 200;
const HOUR: u32 = 3_600;

/// What a device is told.
pub struct DeviceStart {
    /// `device_code`: 40 hex digits.
    pub device_code: Secret,
    /// `user_code`: `XXXX-XXXX`.
    pub user_code: Secret,
    /// `expires_in`.
    pub expires_in: u32,
    /// `interval`.
    pub interval: u32,
}

/// What the person who typed a user code sees before deciding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceView {
    /// The app.
    pub app: App,
    /// Whose app it is.
    pub owner: User,
    /// What it asks for.
    pub scopes: Vec<AskedScope>,
    /// From where the device asks.
    pub address: String,
    /// Since when.
    pub created_at: Timestamp,
    /// The code as the device shows it.
    pub user_code: String,
}

/// Why a person cannot decide.
#[derive(Debug, thiserror::Error)]
pub enum DeviceRefusal {
    /// No device waits under this code: it was never given out, has expired, or is decided.
    #[error("no device waits under this code")]
    UnknownCode,
    /// Too many wrong codes of this person; for up to an hour none is looked at.
    #[error("too many wrong codes")]
    TooManyWrongCodes,
    /// Too many devices of this app were decided about in the last hour.
    #[error("too many devices of this app")]
    TooManyForApp,
    /// The person has no verified e-mail address, and the policy asks for one.
    #[error("no verified e-mail address")]
    UnverifiedEmail,
    /// Nothing about the code.
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<crate::store::StoreError> for DeviceRefusal {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Other(error.into())
    }
}

/// A poll's parameters.
pub struct DevicePoll {
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`: not needed, and right if it comes.
    pub client_secret: Option<Secret>,
    /// `device_code`.
    pub device_code: Secret,
}

impl Authority {
    /// Gives a device its codes.
    ///
    /// # Errors
    /// `UnknownApp`, also for a suspended one; `DeviceFlowDisabled`; `Other(Throttled)` for very
    /// many from one address.
    pub async fn start_device(
        &self,
        client_id: &str,
        scope: Option<&str>,
        caller: &Caller,
    ) -> Result<DeviceStart, FlowError> {
        let found = match ClientId::parse(client_id) {
            Ok(client_id) => self.store.find_app(&client_id).await?,
            Err(_) => None,
        };
        let app = found.map(|found| found.app).ok_or(FlowError::UnknownApp)?;
        if app.suspended_at.is_some() {
            return Err(FlowError::UnknownApp);
        }
        if !app.settings.device_flow {
            return Err(FlowError::DeviceFlowDisabled);
        }
        let bucket = Bucket::DeviceCodes(app.id, caller.address.into());
        if self.hourly.count(bucket, STARTS, self.clock.now()).exceeded {
            return Err(too_many());
        }
        let asked = scopes(scope, None, &app, &self.scopes);
        for _ in 0..DRAWS {
            let device_code = Secret::new(entropy::hex::<20>(&*self.entropy));
            let user_code = entropy::characters(&*self.entropy, ALPHABET, USER_CODE);
            let new = NewDeviceCode {
                device_code: device_code.hash(),
                user_code: self.user_code_hash(&user_code),
                app: app.id,
                scopes: asked.clone(),
                address: caller.address,
                interval: POLL_INTERVAL,
                expires_at: self.clock.now().plus(DEVICE_CODE_SECONDS.into()),
            };
            let stamp = self.stamp(crate::audit::Actor::System, caller);
            if self.store.create_device_code(new, stamp).await? {
                return Ok(DeviceStart {
                    device_code,
                    user_code: Secret::new(shown(&user_code)),
                    expires_in: DEVICE_CODE_SECONDS,
                    interval: POLL_INTERVAL,
                });
            }
        }
        Err(Error::Unavailable("every user code that was drawn is taken".into()).into())
    }

    /// What the person who typed a user code is to decide. A wrong code is counted.
    ///
    /// # Errors
    /// [`DeviceRefusal`].
    pub async fn find_device(
        &self,
        user_code: &str,
        who: &BrowserIdentity,
        caller: &Caller,
    ) -> Result<DeviceView, DeviceRefusal> {
        let (typed, request) = self.typed(user_code, who, caller).await?;
        let check = &request.consent;
        let app = &check.credentials.app;
        let granted = check.grant.as_ref().map(|(_, consented)| consented);
        let asked = self.allowed_of(&request);
        Ok(DeviceView {
            scopes: asked_scopes(&asked, granted, &self.scopes),
            app: app.clone(),
            owner: check.owner.clone(),
            address: request.address,
            created_at: request.created_at,
            user_code: shown(&typed),
        })
    }

    /// Decides about the device with this user code.
    ///
    /// # Errors
    /// [`DeviceRefusal`]; a wrong code is counted.
    pub async fn decide_device(
        &self,
        user_code: &str,
        approve: bool,
        who: &BrowserIdentity,
        caller: &Caller,
    ) -> Result<(), DeviceRefusal> {
        let (typed, request) = self.typed(user_code, who, caller).await?;
        if approve && self.may_be_given_tokens(&who.user).is_err() {
            return Err(DeviceRefusal::UnverifiedEmail);
        }
        let decision = match approve {
            true => DeviceDecision::Approve(self.allowed_of(&request)),
            false => DeviceDecision::Deny,
        };
        let place = self.accepted(request.consent.credentials.app.id);
        let full = || DeviceRefusal::TooManyForApp;
        let at = self.take_place(place, full).await?;
        let hash = self.user_code_hash(&typed);
        let stamp = self.stamp(who.actor(), caller);
        let decided = self.store.decide_device_code(hash, decision, stamp).await;
        let outcome = match decided {
            Ok(true) => Outcome::Failed,
            _ => Outcome::Returned,
        };
        self.give_place(place, at, outcome, who, caller).await?;
        match decided? {
            true => Ok(()),
            // Somebody else was quicker.
            false => Err(DeviceRefusal::UnknownCode),
        }
    }

    /// Whether a device may have its token by now, and the token if so.
    ///
    /// # Errors
    /// `AuthorizationPending`, `SlowDown`, `AccessDenied`, `ExpiredToken`, `IncorrectDeviceCode`,
    /// `DeviceFlowDisabled`, `IncorrectClientCredentials`.
    pub async fn poll_device(
        &self,
        request: DevicePoll,
        caller: &Caller,
    ) -> Result<Tokens, FlowError> {
        let app = match request.client_secret.filter(|secret| !secret.is_empty()) {
            Some(secret) => {
                self.prove_for_flow(&request.client_id, Some(&secret), caller)
                    .await?
            }
            None => self.named_for_flow(&request.client_id).await?,
        };
        if !app.app().settings.device_flow {
            return Err(FlowError::DeviceFlowDisabled);
        }
        let (id, hash) = (app.app().id, request.device_code.hash());
        let now = self.clock.now();
        match self.store.poll_device_code(id, hash, now).await? {
            None => return Err(FlowError::IncorrectDeviceCode),
            Some(Poll::Pending) => return Err(FlowError::AuthorizationPending),
            Some(Poll::TooFast(interval)) => return Err(FlowError::SlowDown { interval }),
            Some(Poll::Denied) => return Err(FlowError::AccessDenied),
            Some(Poll::Expired) => return Err(FlowError::ExpiredToken),
            Some(Poll::Approved) => {}
        }
        let prepared = self.prepare_access(app.app());
        let access = prepared.access.clone();
        let stamp = self.stamp(app.actor(), caller);
        let redeemed = self.store.redeem_device_code(id, hash, access, stamp);
        match redeemed.await? {
            DeviceRedemption::Issued(record) => Ok(prepared.issued(*record)),
            DeviceRedemption::Dead => Err(FlowError::IncorrectDeviceCode),
            DeviceRedemption::TooMany => Err(too_many()),
        }
    }

    /// The wish behind what a person typed; a wrong code is counted.
    async fn typed(
        &self,
        user_code: &str,
        who: &BrowserIdentity,
        caller: &Caller,
    ) -> Result<(String, DeviceRequest), DeviceRefusal> {
        let place = self.wrong_codes(who.user.id);
        let full = || DeviceRefusal::TooManyWrongCodes;
        let at = self.take_place(place, full).await?;
        let typed = canonical(user_code);
        let found = match &typed {
            Some(typed) => {
                let (hash, now) = (self.user_code_hash(typed), self.clock.now());
                let found = self.store.find_device_request(hash, who.user.id, now);
                found.await?
            }
            None => None,
        };
        let outcome = match found {
            Some(_) => Outcome::Returned,
            None => Outcome::Failed,
        };
        self.give_place(place, at, outcome, who, caller).await?;
        typed.zip(found).ok_or(DeviceRefusal::UnknownCode)
    }

    /// What the device asks for, as far as its app may have it by now.
    fn allowed_of(&self, request: &DeviceRequest) -> crate::scope::Scopes {
        let settings = &request.consent.credentials.app.settings;
        match &settings.allowed_scopes {
            Some(allowed) => self.scopes.within(&request.scopes, allowed),
            None => request.scopes.clone(),
        }
    }

    /// Under which a user code is kept: anybody could try all of them against a hash without a key.
    fn user_code_hash(&self, canonical: &str) -> [u8; 32] {
        self.key.keyed_hash("user code", canonical.as_bytes())
    }

    fn wrong_codes(&self, user: UserId) -> (MeterKey, Limit) {
        let (key, limit) = self.meter("meter of wrong user codes", user.0, WRONG_CODES);
        let limit = Limit {
            tell: Some(Action::WrongUserCodesTooOften),
            ..limit
        };
        (key, limit)
    }

    fn accepted(&self, app: AppId) -> (MeterKey, Limit) {
        self.meter("meter of accepted user codes", app.0, ACCEPTED_CODES)
    }

    fn meter(&self, purpose: &str, of: i64, most: u32) -> (MeterKey, Limit) {
        let key = self.key.keyed_hash(purpose, of.to_string().as_bytes());
        let limit = Limit {
            most,
            window: HOUR,
            lock: None,
            tell: None,
        };
        (MeterKey(key), limit)
    }

    async fn take_place(
        &self,
        place: (MeterKey, Limit),
        full: impl FnOnce() -> DeviceRefusal,
    ) -> Result<Timestamp, DeviceRefusal> {
        let at = self.clock.now();
        match self.store.reserve(vec![place], at).await? {
            Admission::Reserved => Ok(at),
            Admission::Locked => Err(full()),
            Admission::Wait => Err(DeviceRefusal::Other(Error::Throttled {
                kind: Throttle::Login,
                retry_after: 1,
            })),
        }
    }

    async fn give_place(
        &self,
        (key, limit): (MeterKey, Limit),
        at: Timestamp,
        outcome: Outcome,
        who: &BrowserIdentity,
        caller: &Caller,
    ) -> Result<(), DeviceRefusal> {
        let settlement = Settlement {
            key,
            limit,
            reserved: Some(at),
            outcome,
        };
        let stamp = self.stamp(who.actor(), caller);
        let user = Some(who.user.id);
        Ok(self.store.settle(vec![settlement], user, stamp).await?)
    }
}

/// A user code as a device shows it.
fn shown(canonical: &str) -> String {
    let (first, second) = canonical.split_at(USER_CODE / 2);
    format!("{first}-{second}")
}

/// What a person typed, without what does not matter: case, hyphens, spaces. None for what is no
/// user code at all.
fn canonical(typed: &str) -> Option<String> {
    let code: String = typed
        .chars()
        .filter(|c| !c.is_whitespace() && !['-', '\u{2010}', '\u{2011}', '\u{2013}'].contains(c))
        .map(|c| c.to_ascii_uppercase())
        .take(USER_CODE + 1)
        .collect();
    let fits = code.len() == USER_CODE && code.bytes().all(|b| ALPHABET.contains(&b));
    fits.then_some(code)
}
