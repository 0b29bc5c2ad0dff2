//! The flows, which the reference leaves out: no operation of the alphabet needs them, and their
//! promises are the conformance suite's.

use async_trait::async_trait;
use grantd_core::app::ClientId;
use grantd_core::audit::{Action, Stamp};
use grantd_core::clock::Timestamp;
use grantd_core::ids::{AppId, SessionId, UserId};
use grantd_core::secret::SecretHash;
use grantd_core::store::{
    Access, CodeRecord, CodeRedemption, ConsentCheck, Consented, DeviceDecision, DeviceRedemption,
    DeviceRequest, FlowStore, Leaked, LiveRefreshToken, NewCode, NewDeviceCode, Poll, Rotation,
    RotationLimits, Stored,
};
use grantd_core::token::TokenHash;

use super::{Reference, unavailable};

pub(super) const NO_FLOWS: &str = "the reference knows no flows";

macro_rules! refuse {
    ($($method:ident($($type:ty),*) -> $result:ty;)*) => {
        #[async_trait]
        impl FlowStore for Reference {
            $(async fn $method(&self, $(_: $type),*) -> Stored<$result> {
                Err(unavailable(NO_FLOWS))
            })*
        }
    };
}

refuse! {
    find_consent(&ClientId, Option<UserId>) -> Option<ConsentCheck>;
    create_code(NewCode, Consented, Stamp) -> bool;
    find_code([u8; 32]) -> Option<CodeRecord>;
    redeem_code([u8; 32], Access, Stamp) -> CodeRedemption;
    end_codes_of_session(SessionId, Stamp) -> ();
    create_device_code(NewDeviceCode, Stamp) -> bool;
    find_device_request([u8; 32], UserId, Timestamp) -> Option<DeviceRequest>;
    decide_device_code([u8; 32], DeviceDecision, Stamp) -> bool;
    poll_device_code(AppId, SecretHash, Timestamp) -> Option<Poll>;
    redeem_device_code(AppId, SecretHash, Access, Stamp) -> DeviceRedemption;
    rotate_refresh_token(AppId, TokenHash, Access, RotationLimits, Stamp) -> Rotation;
    revoke_refresh_token(AppId, TokenHash, Stamp) -> bool;
    revoke_leaked(TokenHash, Action, Stamp) -> Option<Leaked>;
    find_refresh_token(TokenHash, Timestamp) -> Option<LiveRefreshToken>;
    end_token(AppId, TokenHash, Stamp) -> bool;
}
