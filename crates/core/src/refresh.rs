//! Refresh tokens, for apps whose tokens end. Owns how long a superseded one
//! may still be presented; how a family ends is done by the store in one step.
//!
//! A family ends a year after its first authorization
//! ([`Policy::refresh_family_seconds`](crate::authority::Policy)), however often it is refreshed: what nobody has
//! consented to for so long is asked for again (ASVS 10.4.8).
//!
//! An app without a secret proves itself by nothing else than the refresh
//! token, as RFC 9700 section 4.14.2 has it; one with a secret must present it
//! before anything is looked at.

use crate::authority::{Authority, Caller};
use crate::code_exchange::too_many;
use crate::flow::{FlowError, Tokens};
use crate::secret::Secret;
use crate::store::{Rotation, RotationLimits};

/// Seconds in which a superseded refresh token is taken for a repetition by an app that did not
/// hear the answer.
pub const GRACE_SECONDS: u32 = 30;

/// The parameters of a refresh.
pub struct RefreshRequest {
    /// `client_id`, from wherever the app's credentials came.
    pub client_id: String,
    /// `client_secret`, from wherever the app's credentials came.
    pub client_secret: Option<Secret>,
    /// `refresh_token`.
    pub refresh_token: Secret,
}

impl Authority {
    /// Exchanges a refresh token for a token and the next refresh token.
    ///
    /// # Errors
    /// `IncorrectClientCredentials`; `BadRefreshToken` for one that is not this app's, has expired
    /// or was superseded, which ends its family, or whose family has come to its absolute end.
    pub async fn refresh_token(
        &self,
        request: RefreshRequest,
        caller: &Caller,
    ) -> Result<Tokens, FlowError> {
        let secret = request.client_secret.as_ref();
        let app = self
            .prove_for_flow(&request.client_id, secret, caller)
            .await?;
        let presented = self.tokens.parse(request.refresh_token.expose());
        let hash = presented.ok_or(FlowError::BadRefreshToken)?.hash();
        let prepared = self.prepare_access(app.app());
        let stamp = self.stamp(app.actor(), caller);
        let now = stamp.at;
        let rotated = self.store.rotate_refresh_token(
            app.app().id,
            hash,
            prepared.access.clone(),
            RotationLimits {
                grace: GRACE_SECONDS,
                family: self.policy.refresh_family_seconds,
            },
            stamp,
        );
        match rotated.await? {
            Rotation::Issued(record, ends) => Ok(prepared.ending(ends, now).issued(*record)),
            Rotation::Reused | Rotation::Unknown => Err(FlowError::BadRefreshToken),
            Rotation::TooMany => Err(too_many()),
        }
    }
}
