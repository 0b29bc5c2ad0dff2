//! `/login`: signing in, and everything around it.

pub(crate) mod done;
pub(crate) mod forgot;
pub(crate) mod join;
pub(crate) mod passkey;
pub(crate) mod sign_up;
pub(crate) mod sudo;
pub(crate) mod two_factor;
pub(crate) mod verify;

use askama::Template;
use grantd_core::app::ClientId;
use grantd_core::error::Error;
use grantd_core::secret::Secret;
use grantd_core::session::{SignInStep, SignedIn};
use grantd_core::ticket::ReturnTo;
use http::header;

use super::cookies::Cookie;
use super::form::{Faults, Form};
use super::page::{Field, Page};
use super::told::{self, Told};
use super::visit::Visit;
use super::{session, target};
use crate::error::Result;
use crate::reply::Reply;

/// How long the second step may wait for.
const PENDING: i64 = 600;

#[derive(Template)]
#[template(path = "login/login.html")]
struct LoginPage {
    page: Page,
    /// Who asks for it, if it is an app.
    app: Option<String>,
    to: String,
    name: Field,
    password: Field,
    /// Where its script asks, where browsers have passkeys.
    passkey: Option<&'static str>,
    /// Where an account can be made, if it can and the app does not mind.
    join: Option<String>,
}

/// `GET /login`.
pub(crate) async fn show(visit: Visit) -> Result<Reply> {
    let to = visit.query("return_to");
    let another = visit.query("prompt") == "select_account";
    if visit.signed().is_some() && !another {
        return Ok(visit.go(&target::take(&visit, &to).await?));
    }
    let page = view(&visit, to, Faults::default()).await?;
    visit.show(&page)
}

async fn view(visit: &Visit, to: String, faults: Faults) -> Result<LoginPage> {
    let asking = match target::look(visit, &to).await? {
        Some(target) => Asking::of(visit, &target).await?,
        None => Asking::default(),
    };
    let words = visit.words();
    let page = visit.page(words.t("login-title")).faults(faults);
    let typed = visit.form().trimmed("login");
    let suggested = if typed.is_empty() {
        &asking.login
    } else {
        typed
    };
    let name = page
        .field("login", &words.t("login-field-name"))
        .value(suggested)
        .autocomplete("username webauthn");
    let password = page
        .field("password", &words.t("login-field-password"))
        .password("current-password");
    let (name, password) = match suggested.is_empty() {
        true => (name.focus(), password),
        false => (name, password.focus()),
    };
    let may_join = visit.authority().sign_up_way().is_some() && !asking.no_sign_up;
    Ok(LoginPage {
        page,
        app: asking.app,
        join: may_join.then(|| target::with_ticket("/join", &to)),
        to,
        name,
        password,
        passkey: visit.ceremonies().is_ok().then_some("/login/passkey"),
    })
}

/// What is known of the app that sent somebody here.
#[derive(Default)]
struct Asking {
    app: Option<String>,
    /// Whom the app expects.
    login: String,
    /// The app wants nobody to sign up on the way (`allow_signup`).
    no_sign_up: bool,
}

impl Asking {
    /// As the target's own query says it: nobody can put another name on the page.
    async fn of(visit: &Visit, target: &ReturnTo) -> Result<Self> {
        let Some((_, query)) = target
            .as_str()
            .split_once('?')
            .filter(|(path, _)| *path == "/login/oauth/authorize")
        else {
            return Ok(Self::default());
        };
        let query = Form::of_pairs(query.as_bytes());
        let app = match ClientId::parse(query.text("client_id")) {
            Ok(id) => {
                let found = visit.authority().store.find_app(&id).await;
                found.map_err(Error::from)?.map(|found| found.app.name)
            }
            Err(_) => None,
        };
        Ok(Self {
            app,
            login: query.text("login").chars().take(39).collect(),
            no_sign_up: query.text("allow_signup") == "false",
        })
    }
}

/// `POST /login`.
pub(crate) async fn submit(visit: Visit) -> Result<Reply> {
    let words = visit.words();
    let to = visit.form().text("return_to").to_owned();
    let mut faults = Faults::default();
    if visit.form().trimmed("login").is_empty() {
        faults.add("login", words.t("login-missing-name"));
    }
    if visit.form().text("password").is_empty() {
        faults.add("password", words.t("login-missing-password"));
    }
    if !faults.is_empty() {
        return again(&visit, to, Told::faults(faults)).await;
    }
    let (login, password) = (visit.form().text("login"), visit.form().secret("password"));
    let step = visit
        .authority()
        .start_sign_in(login, password, visit.user_agent(), visit.caller())
        .await;
    match step {
        Ok(SignInStep::In(signed_in)) => enter(&visit, &signed_in, &to).await,
        Ok(SignInStep::NeedsSecondFactor(ticket)) => Ok(second_step(&visit, &ticket, &to)),
        Err(Error::BadCredentials) => {
            let told = Told::fault("password", words.t("login-wrong"));
            again(&visit, to, told).await
        }
        Err(error) => {
            let told = told::tell_error(error, "password", words)?;
            again(&visit, to, told).await
        }
    }
}

async fn again(visit: &Visit, to: String, told: Told) -> Result<Reply> {
    let page = view(visit, to, told.faults.clone()).await?;
    visit.tell(&told, &page)
}

/// On to the page that asks for the second factor.
fn second_step(visit: &Visit, ticket: &Secret, to: &str) -> Reply {
    let cookie = visit
        .jar()
        .set(Cookie::Pending, ticket.expose(), Some(PENDING));
    visit
        .go(&target::with_ticket("/login/two-factor", to))
        .with(header::SET_COOKIE, &cookie)
}

/// The answer to a form that signed somebody in: the session's cookie, and on to where they wanted to go.
/// What was known of the browser before is forgotten: nobody can have planted it for later.
///
/// # Errors
/// `Unavailable`.
pub(super) async fn enter(visit: &Visit, signed_in: &SignedIn, to: &str) -> Result<Reply> {
    end_before(visit).await?;
    let path = target::after_form(visit, to).await?;
    Ok(with_session(visit, signed_in, visit.go(&path)))
}

/// Whoever was signed in before in this browser is signed out: nobody could find that session again.
pub(super) async fn end_before(visit: &Visit) -> Result<()> {
    let Some(before) = visit.signed() else {
        return Ok(());
    };
    let ended = visit.authority().sign_out(&before.session, visit.caller());
    match ended.await {
        // It was over already.
        Err(Error::BadCredentials) => Ok(()),
        outcome => Ok(outcome?),
    }
}

/// An answer that brings a new session's cookie.
pub(super) fn with_session(visit: &Visit, signed_in: &SignedIn, reply: Reply) -> Reply {
    let jar = visit.jar();
    reply
        .with(header::SET_COOKIE, &session::cookie(jar, signed_in))
        .with(header::SET_COOKIE, &jar.clear(Cookie::Visit))
        .with(header::SET_COOKIE, &jar.clear(Cookie::Pending))
}

/// `POST /logout`.
pub(crate) async fn sign_out(visit: Visit) -> Result<Reply> {
    end_before(&visit).await?;
    let jar = visit.jar();
    Ok(visit
        .go("/")
        .with(header::SET_COOKIE, &jar.clear(Cookie::Session)))
}
