//! The consent of a person to an app. Owns what becomes of an authorization
//! request ([`decide`], a pure function) and what a yes and a no leave; must
//! not know how it is asked on a page.

mod steps;
#[cfg(test)]
mod tests;

use crate::app::App;
use crate::ids::GrantId;
use crate::pkce::Challenge;
use crate::redirect_uri::{self, Mismatch, Target};
use crate::scope::{Catalogue, Scope, Scopes};
use crate::secret::Secret;
use crate::store::ConsentCheck;
use crate::user::User;

/// Seconds that a code lives (RFC 6749 section 4.1.2).
pub const CODE_SECONDS: i64 = 600;

/// The parameters of `GET /login/oauth/authorize`, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthorizeRequest {
    /// `client_id`.
    pub client_id: String,
    /// `redirect_uri`.
    pub redirect_uri: Option<String>,
    /// `scope`, separated by spaces or commas.
    pub scope: Option<String>,
    /// `state`, whatever bytes it is.
    pub state: Option<Vec<u8>>,
    /// `login`: the account that the app suggests.
    pub login: Option<String>,
    /// `allow_signup`.
    pub allow_signup: Option<String>,
    /// `prompt`: `consent` and `select_account` count.
    pub prompt: Option<String>,
    /// `response_type`; absent means `code`.
    pub response_type: Option<String>,
    /// `code_challenge`.
    pub code_challenge: Option<String>,
    /// `code_challenge_method`.
    pub code_challenge_method: Option<String>,
    /// Not a parameter: the person has just chosen the account because of `prompt=select_account`.
    pub account_chosen: bool,
}

/// Why there is nothing to go on with and nowhere to send the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// No app has this client id: 404.
    UnknownApp,
    /// The app is suspended.
    AppSuspended,
    /// The redirect URI is not one of the app's, which has several, or none was given.
    RedirectUriMismatch,
}

/// What the sign-in page is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInHint {
    /// The app that sends the person.
    pub app: App,
    /// The login that it suggests.
    pub login: Option<String>,
    /// Whether the page may offer to make an account, as far as the app is concerned.
    pub allow_signup: bool,
    /// Somebody is signed in, and shall choose again.
    pub select_account: bool,
}

/// One scope on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedScope {
    /// Its name.
    pub scope: Scope,
    /// What it allows, in words.
    pub words: String,
    /// Nothing that was consented to before covers it.
    pub is_new: bool,
}

/// What the consent page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentView {
    /// The app.
    pub app: App,
    /// Whose app it is.
    pub owner: User,
    /// What it asks for, in its order, without what another one implies.
    pub scopes: Vec<AskedScope>,
    /// What was consented to before; none the first time.
    pub granted: Option<Scopes>,
    /// Where a yes and a no lead. Its [`form_action`](Target::form_action) belongs in the page's CSP.
    pub target: Target,
}

/// A response of the authorization endpoint.
#[derive(Clone)]
pub struct AuthorizationResponse {
    /// Where it goes.
    pub target: Target,
    /// `state` as it came.
    pub state: Option<Vec<u8>>,
    /// What it says.
    pub answer: Answer,
}

/// What an authorization response says.
#[derive(Clone)]
pub enum Answer {
    /// The code, in clear text, this once.
    Code(Secret),
    /// Why there is none; its code and texts are parameters.
    Error(AuthorizationError),
}

/// The `error` parameter of an authorization response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorizationError {
    /// The person said no.
    AccessDenied,
    /// The redirect URI is not the app's only callback, which is told so.
    RedirectUriMismatch,
    /// PKCE is missing or wrong; the text says how.
    InvalidRequest(&'static str),
    /// A `response_type` other than `code`.
    UnsupportedResponseType,
}

impl AuthorizationError {
    /// The code on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::RedirectUriMismatch => "redirect_uri_mismatch",
            Self::InvalidRequest(_) => "invalid_request",
            Self::UnsupportedResponseType => "unsupported_response_type",
        }
    }
}

impl AuthorizationResponse {
    /// The value of `Location`. `iss` is in every one (RFC 9207); `words` are `error_description`
    /// and `error_uri` of an error.
    pub fn location(&self, issuer: &str, words: Option<(&str, &str)>) -> String {
        let mut parameters: Vec<(&str, &[u8])> = Vec::new();
        match &self.answer {
            Answer::Code(code) => parameters.push(("code", code.expose().as_bytes())),
            Answer::Error(error) => {
                parameters.push(("error", error.code().as_bytes()));
                if let Some((description, uri)) = words {
                    parameters.push(("error_description", description.as_bytes()));
                    parameters.push(("error_uri", uri.as_bytes()));
                }
            }
        }
        if let Some(state) = &self.state {
            parameters.push(("state", state));
        }
        parameters.push(("iss", issuer.as_bytes()));
        self.target.with_parameters(parameters)
    }
}

/// What becomes of an authorization request.
#[derive(Clone)]
pub enum Decision {
    /// A page that says why not. Never a redirect.
    Reject(Rejection),
    /// First the sign-in page, and then back to the same request.
    SignIn(Box<SignInHint>),
    /// The consent page.
    Ask(Box<ConsentView>),
    /// Back to the app.
    Redirect(Box<AuthorizationResponse>),
}

/// The rule's own answer, before anything is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// [`Decision::Reject`].
    Reject(Rejection),
    /// An error for the app.
    Tell(Target, AuthorizationError),
    /// [`Decision::SignIn`].
    SignIn(Box<SignInHint>),
    /// The person must be asked.
    Ask(Box<Plan>),
    /// The person has consented to all of this before, under this grant.
    Standing(Box<Plan>, GrantId),
}

/// What a yes comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Where the code goes.
    pub target: Target,
    /// What it stands for.
    pub scopes: Scopes,
    /// What its verifier must fit.
    pub challenge: Option<Challenge>,
}

/// Decides what becomes of a request. `found` is the app that it names, with the grant of whoever
/// is signed in.
pub fn decide(
    request: &AuthorizeRequest,
    found: Option<&ConsentCheck>,
    signed_in: bool,
    catalogue: &Catalogue,
) -> Verdict {
    let Some(found) = found else {
        return Verdict::Reject(Rejection::UnknownApp);
    };
    let app = &found.credentials.app;
    if app.suspended_at.is_some() {
        return Verdict::Reject(Rejection::AppSuspended);
    }
    let target = match redirect_uri::choose(
        &app.callback_urls,
        app.settings.sub_path_callbacks,
        request.redirect_uri.as_deref(),
    ) {
        Ok(target) => target,
        Err(Mismatch::Page) => return Verdict::Reject(Rejection::RedirectUriMismatch),
        Err(Mismatch::Tell(only)) => {
            return Verdict::Tell(only, AuthorizationError::RedirectUriMismatch);
        }
    };
    let challenge = match acceptable(request, app) {
        Ok(challenge) => challenge,
        Err(error) => return Verdict::Tell(target, error),
    };
    let chooses = request.asks_for("select_account") && !request.account_chosen;
    if !signed_in || chooses {
        return Verdict::SignIn(Box::new(request.hint(app, signed_in)));
    }
    let consented = found.grant.as_ref().map(|(_, consented)| consented);
    let plan = Box::new(Plan {
        scopes: scopes(request.scope.as_deref(), consented, app, catalogue),
        target,
        challenge,
    });
    match &found.grant {
        Some((grant, consented))
            if !request.asks_for("consent")
                && !app.public
                && !plan.target.can_be_impersonated()
                && catalogue.covers_all(consented, &plan.scopes) =>
        {
            Verdict::Standing(plan, *grant)
        }
        _ => Verdict::Ask(plan),
    }
}

/// The challenge, if the request can be answered with a code at all.
fn acceptable(
    request: &AuthorizeRequest,
    app: &App,
) -> Result<Option<Challenge>, AuthorizationError> {
    let response_type = request.response_type.as_deref().unwrap_or_default();
    if !matches!(response_type, "" | "code") {
        return Err(AuthorizationError::UnsupportedResponseType);
    }
    let challenge = Challenge::parse(
        request.code_challenge.as_deref(),
        request.code_challenge_method.as_deref(),
    )
    .map_err(|invalid| AuthorizationError::InvalidRequest(invalid.0))?;
    if app.public && challenge.is_none() {
        return Err(AuthorizationError::InvalidRequest(
            "This app has no secret, so a code_challenge is required.",
        ));
    }
    Ok(challenge)
}

/// The scopes that a flow is about: those asked for that there are, that the app may have and that
/// no other one implies; without any, those that were consented to before.
pub(crate) fn scopes(
    asked: Option<&str>,
    consented: Option<&Scopes>,
    app: &App,
    catalogue: &Catalogue,
) -> Scopes {
    let asked = asked.filter(|asked| !asked.trim().is_empty());
    let scopes = match asked {
        Some(asked) => catalogue.requested(asked),
        None => catalogue.normalised(&consented.cloned().unwrap_or_default()),
    };
    match &app.settings.allowed_scopes {
        Some(allowed) => catalogue.within(&scopes, allowed),
        None => scopes,
    }
}

impl AuthorizeRequest {
    fn asks_for(&self, what: &str) -> bool {
        let prompts = self.prompt.as_deref().unwrap_or_default();
        prompts.split(' ').any(|prompt| prompt == what)
    }

    /// The page of consent comes after the choice of an account.
    fn with_account_chosen(&self) -> Self {
        Self {
            account_chosen: true,
            ..self.clone()
        }
    }

    fn hint(&self, app: &App, signed_in: bool) -> SignInHint {
        SignInHint {
            app: app.clone(),
            login: self.login.clone().filter(|login| !login.is_empty()),
            allow_signup: self.allow_signup.as_deref() != Some("false"),
            select_account: signed_in,
        }
    }

    fn answer(&self, target: Target, answer: Answer) -> Decision {
        Decision::Redirect(Box::new(AuthorizationResponse {
            target,
            state: self.state.clone(),
            answer,
        }))
    }
}

/// What the pages of consent show of scopes.
pub(crate) fn asked_scopes(
    scopes: &Scopes,
    consented: Option<&Scopes>,
    catalogue: &Catalogue,
) -> Vec<AskedScope> {
    let one = |scope: &Scope| AskedScope {
        words: catalogue.words(scope).unwrap_or_default().to_owned(),
        is_new: !consented.is_some_and(|held| catalogue.covers(held, scope.as_str())),
        scope: scope.clone(),
    };
    scopes.iter().map(one).collect()
}
