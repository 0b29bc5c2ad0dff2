//! `/password-reset`: getting back in without the password.

use grantd_core::own_account::AccountRefusal;
use grantd_core::secret::Secret;
use grantd_core::user::User;

use super::super::form::Faults;
use super::super::form_page::{FormPage, MessagePage};
use super::super::letters::{self, Letter};
use super::super::new_password;
use super::super::notice::Notice;
use super::super::told::{self, Told};
use super::super::visit::Visit;
use crate::error::Result;
use crate::reply::Reply;

fn ask(visit: &Visit, faults: Faults) -> FormPage {
    let words = visit.words();
    let page = visit.page(words.t("forgot-title")).faults(faults);
    let name = page
        .field("login", &words.t("login-field-name"))
        .value(visit.form().trimmed("login"))
        .autocomplete("username")
        .focus();
    FormPage {
        page,
        lead: Some(words.t("forgot-lead")),
        action: "/password-reset".to_owned(),
        fields: vec![name],
        button: words.t("forgot-button"),
    }
}

fn mail_is_off(visit: &Visit) -> Result<Reply> {
    let words = visit.words();
    visit.show(&MessagePage {
        page: visit.page(words.t("forgot-title")),
        sentence: words.t("forgot-off"),
    })
}

/// `GET /password-reset`.
pub(crate) async fn show(visit: Visit) -> Result<Reply> {
    if visit.authority().mailer.is_none() {
        return mail_is_off(&visit);
    }
    visit.show(&ask(&visit, Faults::default()))
}

/// `POST /password-reset`. The same answer for everybody.
pub(crate) async fn submit(visit: Visit) -> Result<Reply> {
    let name = visit.form().trimmed("login");
    if name.is_empty() {
        let told = Told::fault("login", visit.words().t("login-missing-name"));
        return visit.tell(&told, &ask(&visit, told.faults.clone()));
    }
    let letter = |user: &User, secret: &Secret| letters::write(Letter::Reset, &visit, user, secret);
    match visit
        .authority()
        .forgot_password(name, &letter, visit.caller())
        .await
    {
        Ok(mail) => {
            if let Some(mail) = mail {
                letters::send_later(mail);
            }
            Ok(visit.go("/password-reset/sent"))
        }
        Err(AccountRefusal::NoMailer) => mail_is_off(&visit),
        Err(refusal) => {
            let told = told::tell(refusal, "login", visit.words())?;
            visit.tell(&told, &ask(&visit, told.faults.clone()))
        }
    }
}

/// `GET /password-reset/sent`.
pub(crate) async fn sent(visit: Visit) -> Result<Reply> {
    let words = visit.words();
    visit.show(&MessagePage {
        page: visit.page(words.t("forgot-sent-title")),
        sentence: words.t("forgot-sent"),
    })
}

/// The page of a link that is over.
pub(super) fn gone(visit: &Visit) -> Result<Reply> {
    let words = visit.words();
    let page = MessagePage {
        page: visit.page(words.t("link-gone-title")),
        sentence: words.t("link-gone"),
    };
    visit.write(http::StatusCode::NOT_FOUND, &page, "")
}

fn choose(visit: &Visit, link: &Secret, user: &User, faults: Faults) -> FormPage {
    let words = visit.words();
    let page = visit.page(words.t("reset-title")).faults(faults);
    FormPage {
        lead: Some(words.t1("reset-lead", "login", user.login.as_str())),
        action: format!("/password-reset/{}", link.expose()),
        fields: new_password::fields(&page, user.two_factor).into(),
        button: words.t("reset-button"),
        page,
    }
}

/// `GET /password-reset/{link}`.
pub(crate) async fn open(visit: Visit) -> Result<Reply> {
    let link = visit.secret_param("link")?;
    match visit.authority().reset_target(&link).await? {
        Some(user) => visit.show(&choose(&visit, &link, &user, Faults::default())),
        None => gone(&visit),
    }
}

/// `POST /password-reset/{link}`.
pub(crate) async fn set(visit: Visit) -> Result<Reply> {
    let link = visit.secret_param("link")?;
    let Some(user) = visit.authority().reset_target(&link).await? else {
        return gone(&visit);
    };
    let told = match new_password::read(visit.form(), visit.words()) {
        Err(faults) => Told::faults(faults),
        Ok(new) => {
            let done = visit
                .authority()
                .reset_password(&link, &new, visit.caller());
            match done.await {
                Ok(()) => return Ok(visit.done("/login", Notice::Password)),
                Err(AccountRefusal::Spent) => return gone(&visit),
                Err(refusal) => told::tell(refusal, "password", visit.words())?,
            }
        }
    };
    visit.tell(&told, &choose(&visit, &link, &user, told.faults.clone()))
}
