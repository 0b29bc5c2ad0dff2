//! `/sudo`: proving again who one is, before something sensitive.

use askama::Template;
use grantd_core::secret::Secret;
use http::header;

use super::super::form::Faults;
use super::super::page::{Field, Page};
use super::super::told;
use super::super::visit::Visit;
use super::super::{session, target};
use super::passkey;
use crate::error::Result;
use crate::reply::Reply;

#[derive(Template)]
#[template(path = "login/sudo.html")]
struct SudoPage {
    page: Page,
    login: String,
    to: String,
    password: Field,
    /// Of whoever has a second factor.
    code: Option<Field>,
    /// Where its script asks, where browsers have passkeys.
    passkey: Option<&'static str>,
}

async fn view(visit: &Visit, to: String, faults: Faults) -> Result<SudoPage> {
    let words = visit.words();
    let user = visit.who()?.user();
    let page = visit.page(words.t("sudo-title")).faults(faults);
    let password = page
        .field("password", &words.t("sudo-field-password"))
        .password("current-password")
        .focus();
    let code = user.two_factor.then(|| {
        page.field("code", &words.t("factor-field-code"))
            .hint(words.t("factor-hint"))
            .code("one-time-code")
    });
    Ok(SudoPage {
        login: user.login.to_string(),
        page,
        to,
        password,
        code,
        passkey: passkey::door(visit, user, "/sudo/passkey").await?,
    })
}

/// `GET /sudo`.
pub(crate) async fn show(visit: Visit) -> Result<Reply> {
    let page = view(&visit, visit.query("return_to"), Faults::default()).await?;
    visit.show(&page)
}

/// `POST /sudo`.
pub(crate) async fn submit(visit: Visit) -> Result<Reply> {
    let to = visit.form().text("return_to").to_owned();
    let password = visit.form().secret("password");
    let code = Secret::new(visit.form().trimmed("code").to_owned());
    let code = Some(code).filter(|code| !code.is_empty());
    let proved = visit
        .authority()
        .reauthenticate(visit.who()?, password, code, visit.caller())
        .await;
    match proved {
        Ok(signed_in) => {
            let path = target::after_form(&visit, &to).await?;
            let cookie = session::cookie(visit.jar(), &signed_in);
            Ok(visit.go(&path).with(header::SET_COOKIE, &cookie))
        }
        Err(refusal) => {
            let told = told::tell(refusal, "password", visit.words())?;
            let page = view(&visit, to, told.faults.clone()).await?;
            visit.tell(&told, &page)
        }
    }
}
