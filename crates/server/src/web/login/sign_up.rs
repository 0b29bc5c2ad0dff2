//! `/join`: an account of one's own, where the operator lets people make one.
//! Must not know how; [`grantd_core::sign_up`] does.

use askama::Template;
use grantd_core::error::Error;
use grantd_core::sign_up::SignUpWay;
use grantd_core::user::{Email, Login};

use super::super::form::Faults;
use super::super::form_page::MessagePage;
use super::super::letters;
use super::super::new_password;
use super::super::page::{Field, Page};
use super::super::target;
use super::super::told::{self, Told};
use super::super::visit::Visit;
use super::forgot::gone;
use super::{enter, join};
use crate::error::Result;
use crate::reply::Reply;

#[derive(Template)]
#[template(path = "login/join.html")]
struct JoinPage {
    page: Page,
    lead: String,
    to: String,
    fields: Vec<Field>,
    button: String,
    /// For who has an account already.
    sign_in: String,
}

/// # Errors
/// `NotFound` where nobody signs up.
fn way(visit: &Visit) -> Result<SignUpWay> {
    let way = visit.authority().sign_up_way();
    way.ok_or(Error::NotFound.into())
}

fn view(visit: &Visit, way: SignUpWay, to: &str, faults: Faults) -> JoinPage {
    let words = visit.words();
    let page = visit.page(words.t("join-title")).faults(faults);
    let mut fields = vec![
        page.field("login", &words.t("setup-field-login"))
            .hint(words.t("setup-hint-login"))
            .value(visit.form().trimmed("login"))
            .longest(39)
            .autocomplete("username")
            .focus(),
    ];
    let (lead, button) = match way {
        SignUpWay::ByMail => {
            let email = page
                .field("email", &words.t("profile-field-email"))
                .value(visit.form().trimmed("email"))
                .email();
            fields.push(email);
            (words.t("join-lead-mail"), words.t("forgot-button"))
        }
        SignUpWay::AtOnce => {
            fields.extend(new_password::fields(&page, false));
            (words.t("join-lead"), words.t("setup-button"))
        }
    };
    JoinPage {
        page,
        lead,
        sign_in: target::with_ticket("/login", to),
        to: to.to_owned(),
        fields,
        button,
    }
}

/// `GET /join`.
pub(crate) async fn show(visit: Visit) -> Result<Reply> {
    let way = way(&visit)?;
    let to = visit.query("return_to");
    if visit.signed().is_some() {
        return Ok(visit.go(&target::take(&visit, &to).await?));
    }
    visit.show(&view(&visit, way, &to, Faults::default()))
}

/// `POST /join`.
pub(crate) async fn submit(visit: Visit) -> Result<Reply> {
    let way = way(&visit)?;
    let to = visit.form().text("return_to").to_owned();
    let done = match way {
        SignUpWay::ByMail => by_mail(&visit).await?,
        SignUpWay::AtOnce => at_once(&visit, &to).await?,
    };
    match done {
        Ok(reply) => Ok(reply),
        Err(told) => visit.tell(&told, &view(&visit, way, &to, told.faults.clone())),
    }
}

/// The same answer whoever has the address.
async fn by_mail(visit: &Visit) -> Result<std::result::Result<Reply, Told>> {
    let (form, words) = (visit.form(), visit.words());
    let mut faults = Faults::default();
    let login = Login::parse(form.trimmed("login"));
    if login.is_err() {
        faults.add("login", words.t("login-bad"));
    }
    let email = Email::parse(form.trimmed("email"));
    if email.is_err() {
        faults.add("email", words.t("email-bad"));
    }
    let (Ok(login), Ok(email)) = (login, email) else {
        return Ok(Err(Told::faults(faults)));
    };
    let letter = |letter: grantd_core::sign_up::JoinLetter<'_>| letters::to_join(letter, visit);
    let asked = visit
        .authority()
        .ask_to_sign_up(login, email, &letter, visit.caller());
    match asked.await {
        Ok(mail) => {
            if let Some(mail) = mail {
                letters::send_later(mail);
            }
            Ok(Ok(visit.go("/join/sent")))
        }
        Err(refusal) => Ok(Err(told::tell(refusal, "login", words)?)),
    }
}

async fn at_once(visit: &Visit, to: &str) -> Result<std::result::Result<Reply, Told>> {
    let (form, words) = (visit.form(), visit.words());
    let login = Login::parse(form.trimmed("login"));
    let (login, password) = match (login, new_password::read(form, words)) {
        (Ok(login), Ok(password)) => (login, password),
        (login, password) => {
            let mut faults = password.err().unwrap_or_default();
            if login.is_err() {
                faults.add("login", words.t("login-bad"));
            }
            return Ok(Err(Told::faults(faults)));
        }
    };
    let (agent, caller) = (visit.user_agent(), visit.caller());
    let joined = visit
        .authority()
        .sign_up_at_once(login, &password, agent, caller);
    match joined.await {
        Ok(signed_in) => Ok(Ok(enter(visit, &signed_in, to).await?)),
        Err(refusal) => Ok(Err(told::tell(refusal, "password", words)?)),
    }
}

/// `GET /join/sent`.
pub(crate) async fn sent(visit: Visit) -> Result<Reply> {
    way(&visit)?;
    let words = visit.words();
    visit.show(&MessagePage {
        page: visit.page(words.t("forgot-sent-title")),
        sentence: words.t("join-sent"),
    })
}

/// `GET /join/{link}`.
pub(crate) async fn open(visit: Visit) -> Result<Reply> {
    let link = visit.secret_param("link")?;
    match visit.authority().sign_up_link(&link).await? {
        Some(found) => visit.show(&join::welcome(
            &visit,
            format!("/join/{}", link.expose()),
            &found,
            Faults::default(),
        )),
        None => gone(&visit),
    }
}

/// `POST /join/{link}`.
pub(crate) async fn finish(visit: Visit) -> Result<Reply> {
    let link = visit.secret_param("link")?;
    let Some(found) = visit.authority().sign_up_link(&link).await? else {
        return gone(&visit);
    };
    let (authority, agent) = (visit.authority(), visit.user_agent());
    let (link, caller) = (&link, visit.caller());
    let begin = |password| async move {
        authority
            .finish_sign_up(link, &password, agent, caller)
            .await
    };
    join::choose(&visit, format!("/join/{}", link.expose()), &found, begin).await
}
