//! Promises about the flows: what they hand out, once, and what ends it.

pub(super) mod codes;
pub(super) mod devices;
pub(super) mod ends;
pub(super) mod leaks;
pub(super) mod refresh;
pub(super) mod settings;

use grantd_core::app::App;
use grantd_core::audit::{Actor, Stamp};
use grantd_core::authorization::Authorization;
use grantd_core::clock::Timestamp;
use grantd_core::ids::SessionId;
use grantd_core::secret::SecretHash;
use grantd_core::store::{
    Access, CodeRedemption, Consented, DeviceDecision, DeviceRedemption, NewCode, NewDeviceCode,
    NewRefreshToken, Poll, RotationLimits,
};
use grantd_core::token::TokenHash;
use grantd_core::user::User;

use super::world::*;

const SESSION: SessionId = SessionId(77);
const REFRESH_SECONDS: i64 = 1_000_000;

/// Bytes that no other are equal to.
fn unique(w: &World) -> [u8; 32] {
    w.token().hash.0
}

fn code(w: &World, user: &User, app: &App, scope_names: &str) -> NewCode {
    NewCode {
        hash: unique(w),
        app: app.id,
        user: user.id,
        session: SESSION,
        redirect_uri: "https://app.example/cb".to_owned(),
        challenge: None,
        scopes: scopes(scope_names),
        expires_at: NOW.plus(600),
    }
}

/// A code under a fresh consent.
async fn consented(w: &World, user: &User, app: &App, scope_names: &str) -> NewCode {
    let new = code(w, user, app, scope_names);
    let made = w.store.create_code(new.clone(), Consented::Now, operator());
    assert!(made.await.unwrap());
    new
}

/// A token that does not end.
fn access(w: &World) -> Access {
    Access {
        token: w.token(),
        expires_at: None,
        refresh: None,
        allowed: None,
        limits: TEN,
    }
}

/// Thirty seconds of grace, and three times as long for a family as for one of it.
const LIMITS: RotationLimits = RotationLimits {
    grace: 30,
    family: 3 * REFRESH_SECONDS,
};

/// A token that ends at `NOW + 100`, and what to refresh it with.
fn expiring(w: &World) -> Access {
    let refresh = NewRefreshToken {
        hash: TokenHash(unique(w)),
        expires_at: NOW.plus(REFRESH_SECONDS),
    };
    Access {
        expires_at: Some(NOW.plus(100)),
        refresh: Some(refresh),
        ..access(w)
    }
}

async fn redeem(w: &World, code: &NewCode, access: Access) -> CodeRedemption {
    let redeemed = w.store.redeem_code(code.hash, access, operator());
    redeemed.await.unwrap()
}

/// What a code makes.
async fn issued(w: &World, code: &NewCode, access: Access) -> Authorization {
    match redeem(w, code, access).await {
        CodeRedemption::Issued(made) => *made,
        other => panic!("{other:?}"),
    }
}

fn device(w: &World, app: &App, scope_names: &str) -> NewDeviceCode {
    NewDeviceCode {
        device_code: SecretHash(unique(w)),
        user_code: unique(w),
        app: app.id,
        scopes: scopes(scope_names),
        address: std::net::IpAddr::from([192, 0, 2, 9]),
        interval: 5,
        expires_at: NOW.plus(900),
    }
}

/// A device that waits for a decision.
async fn waiting(w: &World, app: &App, scope_names: &str) -> NewDeviceCode {
    let new = device(w, app, scope_names);
    let made = w.store.create_device_code(new.clone(), operator());
    assert!(made.await.unwrap());
    new
}

/// The user, as somebody signed in now.
async fn in_person(w: &World, user: &User) -> Stamp {
    by(Actor::User {
        id: user.id,
        auth_generation: w.credentials(user.login.as_str()).await.auth_generation,
    })
}

async fn decide(w: &World, user: &User, device: &NewDeviceCode, decision: DeviceDecision) -> bool {
    let stamp = in_person(w, user).await;
    let decided = w
        .store
        .decide_device_code(device.user_code, decision, stamp);
    decided.await.unwrap()
}

async fn approve(w: &World, user: &User, device: &NewDeviceCode, scope_names: &str) -> bool {
    decide(
        w,
        user,
        device,
        DeviceDecision::Approve(scopes(scope_names)),
    )
    .await
}

async fn poll(w: &World, device: &NewDeviceCode, at: Timestamp) -> Option<Poll> {
    let polled = w.store.poll_device_code(device.app, device.device_code, at);
    polled.await.unwrap()
}

async fn spend(w: &World, device: &NewDeviceCode, access: Access) -> DeviceRedemption {
    let spent = w
        .store
        .redeem_device_code(device.app, device.device_code, access, operator());
    spent.await.unwrap()
}
