//! A person's request for a page, with all that a page's handler needs: who is
//! signed in, in which language to answer, what the form said. Owns what holds
//! for every page, so that no handler can forget it: forms are judged before
//! they are looked at, and rows that need a session get no request without one.

use std::future::Future;

use askama::Template;
use bytes::Bytes;
use grantd_core::authority::{Authority, Caller};
use grantd_core::clock::Timestamp;
use grantd_core::entropy;
use grantd_core::error::Error;
use grantd_core::scope::Scope;
use grantd_core::secret::Secret;
use grantd_core::session::BrowserSession;
use http::{HeaderMap, StatusCode, header};

use super::ceremonies::Ceremonies;
use super::cookies::{Cookie, Jar};
use super::csrf::{self, Bound};
use super::form::{Faults, Form};
use super::notice::Notice;
use super::page::Page;
use super::session::{self, Signed};
use super::told::Told;
use super::words::{Language, Words};
use super::{refusal, target};
use crate::auth::Auth;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::reply::{Cache, Reply};
use crate::settings::Settings;

/// A person's request.
pub(crate) struct Visit {
    context: Context,
    jar: Jar,
    signed: Option<Signed>,
    /// What tells this browser from others while nobody is signed in.
    visit: String,
    /// The browser does not have it yet.
    is_new: bool,
    words: Words,
    notice: Option<Notice>,
    form: Form,
    body: Bytes,
}

/// What every page may load, and where its forms may go.
pub(super) fn policy(form_action: &str) -> String {
    format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
         img-src 'self' data:; form-action 'self'{form_action}; frame-ancestors 'none'; base-uri 'none'"
    )
}

/// Answers one request of a page's row. `auth` is the row's.
///
/// # Errors
/// What the handler says, and what reading the request comes to.
pub(crate) async fn answer<F>(
    context: Context,
    auth: Auth,
    handler: impl FnOnce(Visit) -> F,
) -> Result<Reply>
where
    F: Future<Output = Result<Reply>>,
{
    let visit = Visit::open(context).await?;
    if !visit.context.method().is_safe()
        && let Err(why) = visit.judge()
    {
        return refusal::of_form(&visit, why);
    }
    let missing = match (auth, &visit.signed) {
        (Auth::Session | Auth::Sudo, None) => Some("/login"),
        (Auth::Sudo, Some(signed)) if !signed.session.sudo => Some("/sudo"),
        _ => None,
    };
    let (app, jar) = (visit.context.shared_app(), visit.jar);
    let place = target::of(&visit.context);
    let caller = visit.caller().clone();
    if let Some(door) = missing {
        return target::detour(&app.authority, door, &place, &caller).await;
    }
    let had_session = visit.signed.is_some();
    match handler(visit).await {
        // The password or a factor was changed elsewhere: what the session rested on is gone.
        Err(Failure::Rule(Error::BadCredentials)) if had_session => {
            let reply = target::detour(&app.authority, "/login", &place, &caller).await?;
            Ok(reply.with(header::SET_COOKIE, &jar.clear(Cookie::Session)))
        }
        Err(Failure::FreshProof) => target::detour(&app.authority, "/sudo", &place, &caller).await,
        outcome => outcome,
    }
}

impl Visit {
    async fn open(mut context: Context) -> Result<Self> {
        let body = context.take_body()?;
        let settings = &context.app().settings;
        let jar = Jar::new(settings);
        let headers = context.headers();
        let signed = match jar.read(headers, Cookie::Session) {
            Some(secret) => session::find(context.authority(), secret, context.caller()).await?,
            None => None,
        };
        let known = jar
            .read(headers, Cookie::Visit)
            .filter(|visit| visit.len() == 32 && visit.bytes().all(|b| b.is_ascii_alphanumeric()));
        let is_new = known.is_none();
        let visit = known.unwrap_or_else(|| entropy::hex::<16>(&*context.authority().entropy));
        let language = signed
            .as_ref()
            .and_then(|signed| signed.session.user().language)
            .map(Language::from)
            .unwrap_or_else(|| accepted(headers, settings));
        let notice = jar
            .read(headers, Cookie::Notice)
            .and_then(|name| Notice::of_name(&name));
        let form = Form::read(headers, &body).await;
        Ok(Self {
            jar,
            signed,
            visit,
            is_new,
            words: Words::new(language),
            notice,
            form,
            body,
            context,
        })
    }

    fn judge(&self) -> Result<(), csrf::Refused> {
        let headers = self.context.headers();
        let in_header = headers
            .get(csrf::HEADER)
            .and_then(|value| value.to_str().ok());
        let presented = in_header.unwrap_or_else(|| self.form.text(csrf::FIELD));
        // Nobody's form can be bound to a cookie that only the answer will set.
        let expected = (self.signed.is_some() || !self.is_new).then(|| self.csrf());
        let public_url = &self.settings().public_url;
        csrf::judge(headers, public_url, expected.as_deref(), presented)
    }

    fn csrf(&self) -> String {
        let bound = match &self.signed {
            Some(signed) => Bound::Session(signed.secret.expose()),
            None => Bound::Visit(&self.visit),
        };
        csrf::token(&self.authority().key, bound)
    }

    // What handlers ask.

    pub(crate) fn authority(&self) -> &Authority {
        self.context.authority()
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.context.app().settings
    }

    pub(crate) fn caller(&self) -> &Caller {
        self.context.caller()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.authority().clock.now()
    }

    /// What the browser calls itself.
    pub(crate) fn user_agent(&self) -> &str {
        let header = self.context.headers().get(header::USER_AGENT);
        header
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// A cookie that the browser sent.
    pub(crate) fn cookie(&self, cookie: Cookie) -> Option<String> {
        self.jar.read(self.context.headers(), cookie)
    }

    /// The secret of a link, in the path.
    ///
    /// # Errors
    /// `NotFound` when it is none.
    pub(crate) fn secret_param(&self, name: &str) -> Result<Secret> {
        let text = self.context.param(name)?;
        let harmless = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if text.len() > 100 || !text.bytes().all(harmless) {
            return Err(Error::NotFound.into());
        }
        Ok(Secret::new(text))
    }

    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    pub(crate) fn words(&self) -> &Words {
        &self.words
    }

    pub(crate) fn form(&self) -> &Form {
        &self.form
    }

    /// The body of a script's request.
    pub(crate) fn body(&self) -> &Bytes {
        &self.body
    }

    /// A parameter of the query.
    pub(crate) fn query(&self, name: &str) -> String {
        Form::of_pairs(self.context.raw_query().as_bytes())
            .text(name)
            .to_owned()
    }

    /// What a scope allows, in the person's language.
    pub(crate) fn scope_words(&self, scope: &Scope) -> String {
        let words = self.authority().scopes.words(scope);
        self.words
            .scope(scope.as_str(), words.unwrap_or(scope.as_str()))
    }

    /// How passkeys are made and used.
    ///
    /// # Errors
    /// `NotFound` where browsers have none.
    pub(crate) fn ceremonies(&self) -> Result<&Ceremonies> {
        let ceremonies = self.context.app().ceremonies.as_ref();
        ceremonies.ok_or(Error::NotFound.into())
    }

    /// Whoever is signed in, if anybody.
    pub(crate) fn signed(&self) -> Option<&Signed> {
        self.signed.as_ref()
    }

    /// Whoever is signed in. Rows with [`Auth::Session`] and [`Auth::Sudo`] have somebody.
    ///
    /// # Errors
    /// `AuthenticationRequired`.
    pub(crate) fn who(&self) -> Result<&BrowserSession> {
        self.signed
            .as_ref()
            .map(|signed| &signed.session)
            .ok_or(Error::AuthenticationRequired.into())
    }

    // What handlers answer with.

    /// The frame of a page with this title.
    pub(crate) fn page(&self, title: String) -> Page {
        Page {
            words: self.words,
            title,
            login: self
                .signed
                .as_ref()
                .map(|signed| signed.session.user().login.to_string()),
            is_admin: self
                .signed
                .as_ref()
                .is_some_and(|signed| signed.session.user().site_admin),
            csrf: self.csrf(),
            notice: self.notice.map(|notice| notice.say(&self.words)),
            section: None,
            faults: Faults::default(),
        }
    }

    /// Shows a page.
    pub(crate) fn show(&self, template: &impl Template) -> Result<Reply> {
        self.write(StatusCode::OK, template, "")
    }

    /// Shows a form again, with what was typed wrong.
    pub(crate) fn again(&self, template: &impl Template) -> Result<Reply> {
        self.write(StatusCode::UNPROCESSABLE_ENTITY, template, "")
    }

    /// Shows a form again, with why it was refused.
    pub(crate) fn tell(&self, told: &Told, template: &impl Template) -> Result<Reply> {
        let mut reply = self.write(told.status, template, "")?;
        if let Some(seconds) = told.retry_after {
            reply = reply.with(header::RETRY_AFTER, &seconds.to_string());
        }
        Ok(reply)
    }

    /// Shows a page with another status, or with forms whose answer leads to `form_action` as well.
    pub(crate) fn write(
        &self,
        status: StatusCode,
        template: &impl Template,
        form_action: &str,
    ) -> Result<Reply> {
        let mut html = String::with_capacity(8 * 1024);
        template
            .render_into(&mut html)
            .map_err(|error| Error::Unavailable(error.into()))?;
        let action = if form_action.is_empty() {
            String::new()
        } else {
            format!(" {form_action}")
        };
        let mut reply = Reply::html(status, html.into_bytes(), Cache::NoStore)
            .with(header::CONTENT_SECURITY_POLICY, &policy(&action));
        if self.is_new && self.signed.is_none() {
            let cookie = self.jar.set(Cookie::Visit, &self.visit, None);
            reply = reply.with(header::SET_COOKIE, &cookie);
        }
        if self.notice.is_some() {
            reply = reply.with(header::SET_COOKIE, &self.jar.clear(Cookie::Notice));
        }
        Ok(reply)
    }

    /// The answer to a form that was taken: on to another page of this site, which says what was done.
    pub(crate) fn done(&self, path: &str, notice: Notice) -> Reply {
        self.go(path).with(
            header::SET_COOKIE,
            &self.jar.set(Cookie::Notice, notice.name(), Some(60)),
        )
    }

    /// On to another page of this site.
    pub(crate) fn go(&self, path: &str) -> Reply {
        Reply::see_other(path)
    }

    /// How cookies are written.
    pub(crate) fn jar(&self) -> Jar {
        self.jar
    }
}

/// The language that the browser asks for.
pub(crate) fn accepted(headers: &HeaderMap, settings: &Settings) -> Language {
    let header = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    Language::accepted(header, settings.pseudo_locale)
}
