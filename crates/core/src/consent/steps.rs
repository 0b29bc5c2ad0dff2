//! Consent as the authority carries it out. Owns that a code is made in the
//! same step as the consent that it rests on.

use super::{
    Answer, AuthorizationError, AuthorizeRequest, CODE_SECONDS, ConsentView, Decision, Plan,
    Rejection, Verdict, asked_scopes, decide,
};
use crate::app::ClientId;
use crate::authority::{Authority, BrowserIdentity, Caller};
use crate::entropy;
use crate::error::Result;
use crate::scope::Scopes;
use crate::secret::Secret;
use crate::store::{ConsentCheck, Consented, NewCode};

impl Authority {
    /// What becomes of an authorization request. Makes a code only if the person has consented to
    /// all of it before; a `HEAD` must not come here.
    ///
    /// # Errors
    /// `BadCredentials` when the session rests on credentials that have changed, `Unavailable`.
    pub async fn authorize(
        &self,
        request: &AuthorizeRequest,
        who: Option<&BrowserIdentity>,
        caller: &Caller,
    ) -> Result<Decision> {
        let found = self.consent_check(request, who).await?;
        let verdict = decide(request, found.as_ref(), who.is_some(), &self.scopes);
        match (verdict, who, &found) {
            (Verdict::Standing(plan, grant), Some(who), Some(check)) => {
                let consented = Consented::Before(grant);
                match self.code(&plan, who, check, consented, caller).await? {
                    Some(code) => Ok(request.answer(plan.target, Answer::Code(code))),
                    // The grant has ended meanwhile.
                    None => Ok(self.ask(*plan, check, None)),
                }
            }
            (verdict, _, _) => Ok(self.decision(request, verdict, found.as_ref())),
        }
    }

    /// The person says yes: the grant is created or widened, and a code made, in one step.
    /// What stands against it, if anything, is the answer instead.
    ///
    /// # Errors
    /// As [`Authority::authorize`].
    pub async fn approve(
        &self,
        request: &AuthorizeRequest,
        who: &BrowserIdentity,
        caller: &Caller,
    ) -> Result<Decision> {
        let request = &request.with_account_chosen();
        let found = self.consent_check(request, Some(who)).await?;
        match (decide(request, found.as_ref(), true, &self.scopes), &found) {
            (Verdict::Ask(plan) | Verdict::Standing(plan, _), Some(check)) => {
                let code = self.code(&plan, who, check, Consented::Now, caller).await?;
                Ok(match code {
                    Some(code) => request.answer(plan.target, Answer::Code(code)),
                    None => Decision::Reject(Rejection::AppSuspended),
                })
            }
            (verdict, found) => Ok(self.decision(request, verdict, found.as_ref())),
        }
    }

    /// The person says no: nothing changes, and the app is told.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn deny(
        &self,
        request: &AuthorizeRequest,
        who: &BrowserIdentity,
    ) -> Result<Decision> {
        let request = &request.with_account_chosen();
        let found = self.consent_check(request, Some(who)).await?;
        let denied = Answer::Error(AuthorizationError::AccessDenied);
        Ok(match decide(request, found.as_ref(), true, &self.scopes) {
            Verdict::Ask(plan) | Verdict::Standing(plan, _) => request.answer(plan.target, denied),
            verdict => self.decision(request, verdict, found.as_ref()),
        })
    }

    async fn consent_check(
        &self,
        request: &AuthorizeRequest,
        who: Option<&BrowserIdentity>,
    ) -> Result<Option<ConsentCheck>> {
        let Ok(client_id) = ClientId::parse(&request.client_id) else {
            return Ok(None);
        };
        let user = who.map(|who| who.user.id);
        Ok(self.store.find_consent(&client_id, user).await?)
    }

    /// Makes a code. `None` when what it would rest on is not there any more.
    async fn code(
        &self,
        plan: &Plan,
        who: &BrowserIdentity,
        check: &ConsentCheck,
        consented: Consented,
        caller: &Caller,
    ) -> Result<Option<Secret>> {
        let code = Secret::new(entropy::hex::<10>(&*self.entropy));
        let new = NewCode {
            hash: self.code_hash(&code),
            app: check.credentials.app.id,
            user: who.user.id,
            session: who.session,
            redirect_uri: plan.target.uri().to_owned(),
            challenge: plan.challenge.clone(),
            scopes: plan.scopes.clone(),
            expires_at: self.clock.now().plus(CODE_SECONDS),
        };
        let stamp = self.stamp(who.actor(), caller);
        let made = self.store.create_code(new, consented, stamp).await?;
        Ok(made.then_some(code))
    }

    /// Under which a code is kept: it has 80 bits, too few for a hash without a key.
    pub(crate) fn code_hash(&self, code: &Secret) -> [u8; 32] {
        self.key.keyed_hash("code", code.expose().as_bytes())
    }

    /// A verdict that makes nothing, as the surface hears it.
    fn decision(
        &self,
        request: &AuthorizeRequest,
        verdict: Verdict,
        found: Option<&ConsentCheck>,
    ) -> Decision {
        match (verdict, found) {
            (Verdict::Reject(why), _) => Decision::Reject(why),
            (Verdict::Tell(target, error), _) => request.answer(target, Answer::Error(error)),
            (Verdict::SignIn(hint), _) => Decision::SignIn(hint),
            (Verdict::Ask(plan) | Verdict::Standing(plan, _), Some(check)) => {
                let granted = check.grant.as_ref().map(|(_, consented)| consented);
                self.ask(*plan, check, granted)
            }
            // Nothing is asked of an app that is not there.
            (Verdict::Ask(_) | Verdict::Standing(..), None) => {
                Decision::Reject(Rejection::UnknownApp)
            }
        }
    }

    fn ask(&self, plan: Plan, check: &ConsentCheck, granted: Option<&Scopes>) -> Decision {
        Decision::Ask(Box::new(ConsentView {
            app: check.credentials.app.clone(),
            owner: check.owner.clone(),
            scopes: asked_scopes(&plan.scopes, granted, &self.scopes),
            granted: granted.cloned(),
            target: plan.target,
        }))
    }
}
