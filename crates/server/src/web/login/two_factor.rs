//! `/login/two-factor`: the second step of signing in.

use askama::Template;
use grantd_core::own_account::AccountRefusal;
use grantd_core::secret::Secret;
use grantd_core::user::User;

use super::super::cookies::Cookie;
use super::super::form::Faults;
use super::super::page::{Field, Page};
use super::super::target;
use super::super::told::{self, Told};
use super::super::visit::Visit;
use super::{enter, passkey};
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

async fn view(visit: &Visit, user: &User, to: String, faults: Faults) -> Result<TwoFactorPage> {
    let words = visit.words();
    let page = visit.page(words.t("factor-title")).faults(faults);
    let code = page
        .field("code", &words.t("factor-field-code"))
        .hint(words.t("factor-hint"))
        .code("one-time-code")
        .focus();
    Ok(TwoFactorPage {
        page,
        to,
        code,
        passkey: passkey::door(visit, user, "/login/two-factor/passkey").await?,
    })
}

/// Who is to prove a second factor.
pub(super) async fn waiting(visit: &Visit) -> Result<Option<(Secret, User)>> {
    let Some(ticket) = visit.cookie(Cookie::Pending).map(Secret::new) else {
        return Ok(None);
    };
    let user = visit.authority().pending_sign_in(&ticket).await?;
    Ok(user.map(|user| (ticket, user)))
}

/// `GET /login/two-factor`.
pub(crate) async fn show(visit: Visit) -> Result<Reply> {
    let to = visit.query("return_to");
    match waiting(&visit).await? {
        Some((_, user)) => visit.show(&view(&visit, &user, to, Faults::default()).await?),
        None => Ok(visit.go(&target::with_ticket("/login", &to))),
    }
}

/// `POST /login/two-factor`.
pub(crate) async fn submit(visit: Visit) -> Result<Reply> {
    let words = visit.words();
    let to = visit.form().text("return_to").to_owned();
    let Some((ticket, user)) = waiting(&visit).await? else {
        return Ok(visit.go(&target::with_ticket("/login", &to)));
    };
    let code = Secret::new(visit.form().trimmed("code").to_owned());
    let (agent, caller) = (visit.user_agent(), visit.caller());
    let told = if code.is_empty() {
        Told::fault("code", words.t("factor-missing"))
    } else {
        match visit
            .authority()
            .finish_sign_in(&ticket, code, agent, caller)
            .await
        {
            Ok(signed_in) => return enter(&visit, &signed_in, &to).await,
            Err(AccountRefusal::Spent) => {
                return Ok(visit.go(&target::with_ticket("/login", &to)));
            }
            Err(refusal) => told::tell(refusal, "code", words)?,
        }
    };
    let page = view(&visit, &user, to, told.faults.clone()).await?;
    visit.tell(&told, &page)
}
