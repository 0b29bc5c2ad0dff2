//! `/login/two-factor`: the second step of signing in.

use askama::Template;
use grantd_core::own_account::AccountRefusal;
use grantd_core::secret::Secret;

use super::super::cookies::Cookie;
use super::super::form::Faults;
use super::super::page::{Field, Page};
use super::super::target;
use super::super::told::{self, Told};
use super::super::visit::Visit;
use super::enter;
use crate::error::Result;
use crate::reply::Reply;

#[derive(Template)]
#[template(path = "login/two-factor.html")]
struct TwoFactorPage {
    page: Page,
    to: String,
    code: Field,
    /// Where its script asks, where browsers have passkeys.
    passkey: Option<&'static str>,
}

/// What the first step left in the browser.
pub(crate) fn pending(visit: &Visit) -> Option<Secret> {
    visit.cookie(Cookie::Pending).map(Secret::new)
}

fn view(visit: &Visit, to: String, faults: Faults) -> TwoFactorPage {
    let words = visit.words();
    let page = visit.page(words.t("factor-title")).faults(faults);
    let code = page
        .field("code", &words.t("factor-field-code"))
        .hint(words.t("factor-hint"))
        .code("one-time-code")
        .focus();
    TwoFactorPage {
        page,
        to,
        code,
        passkey: visit
            .ceremonies()
            .is_ok()
            .then_some("/login/two-factor/passkey"),
    }
}

/// `GET /login/two-factor`.
pub(crate) async fn show(visit: Visit) -> Result<Reply> {
    let to = visit.query("return_to");
    let waiting = match pending(&visit) {
        Some(ticket) => visit.authority().pending_sign_in(&ticket).await?,
        None => None,
    };
    match waiting {
        Some(_) => visit.show(&view(&visit, to, Faults::default())),
        None => Ok(visit.go(&target::with_ticket("/login", &to))),
    }
}

/// `POST /login/two-factor`.
pub(crate) async fn submit(visit: Visit) -> Result<Reply> {
    let words = visit.words();
    let to = visit.form().text("return_to").to_owned();
    let Some(ticket) = pending(&visit) else {
        return Ok(visit.go(&target::with_ticket("/login", &to)));
    };
    let code = Secret::new(visit.form().trimmed("code").to_owned());
    if code.is_empty() {
        let told = Told::fault("code", words.t("factor-missing"));
        return visit.tell(&told, &view(&visit, to, told.faults.clone()));
    }
    let (agent, caller) = (visit.user_agent(), visit.caller());
    match visit
        .authority()
        .finish_sign_in(&ticket, code, agent, caller)
        .await
    {
        Ok(signed_in) => enter(&visit, &signed_in, &to).await,
        Err(AccountRefusal::Spent) => Ok(visit.go(&target::with_ticket("/login", &to))),
        Err(refusal) => {
            let told = told::tell(refusal, "code", words)?;
            visit.tell(&told, &view(&visit, to, told.faults.clone()))
        }
    }
}
