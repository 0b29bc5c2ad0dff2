//! `/login/device`: a person types the code that a device shows, sees who asks
//! for what, and decides. Owns the pages and their sentences; limits and
//! decisions are core's.
//!
//! No link fills the code in: whoever sends a link does not have the device in
//! front of them, the person does (RFC 8628 section 5.4).

use askama::Template;
use grantd_core::device_flow::{DeviceRefusal, DeviceView};
use grantd_core::error::{Error, Malformed};
use http::StatusCode;

use super::consent::view::{AppCard, ScopeLine, scopes};
use super::form::Faults;
use super::notice::Notice;
use super::page::Page;
use super::visit::Visit;
use crate::error::Result;
use crate::reply::Reply;

const PATH: &str = "/login/device";
const CODE: &str = "user_code";

#[derive(Template)]
#[template(path = "device/code.html")]
struct CodePage {
    page: Page,
}

/// `GET /login/device`.
pub(crate) async fn show(visit: Visit) -> Result<Reply> {
    code_page(&visit, StatusCode::OK, Faults::default())
}

fn code_page(visit: &Visit, status: StatusCode, faults: Faults) -> Result<Reply> {
    let page = visit.page(visit.words().t("device-title")).faults(faults);
    visit.write(status, &CodePage { page }, "")
}

#[derive(Template)]
#[template(path = "device/ask.html")]
struct AskPage {
    page: Page,
    app: AppCard,
    login: String,
    scopes: Vec<ScopeLine>,
    address: String,
    minutes: i64,
    user_code: String,
}

/// `POST /login/device`: the code, typed.
pub(crate) async fn look_up(visit: Visit) -> Result<Reply> {
    let who = &visit.who()?.identity;
    let typed = visit.form().text(CODE);
    let found = visit.authority().find_device(typed, who, visit.caller());
    match found.await {
        Ok(view) => ask(&visit, who.user.login.to_string(), view),
        Err(refusal) => refused(&visit, refusal),
    }
}

fn ask(visit: &Visit, login: String, view: DeviceView) -> Result<Reply> {
    let words = visit.words();
    let page = AskPage {
        page: visit.page(words.t1("device-ask-title", "app", view.app.name.as_str())),
        app: AppCard::new(&view.app, &view.owner),
        login,
        // Whether something is new is a question for apps that come again; each device is new.
        scopes: scopes(words, &view.scopes, false),
        minutes: visit.now().since(view.created_at).max(0) / 60,
        address: view.address,
        user_code: view.user_code,
    };
    visit.show(&page)
}

/// `POST /login/device/decision`.
pub(crate) async fn decide(visit: Visit) -> Result<Reply> {
    let who = &visit.who()?.identity;
    let approve = match visit.form().text("decision") {
        "approve" => true,
        "deny" => false,
        _ => return Err(Error::Malformed(Malformed::Form).into()),
    };
    let typed = visit.form().text(CODE);
    let decided = visit
        .authority()
        .decide_device(typed, approve, who, visit.caller());
    match decided.await {
        Ok(()) if approve => Ok(visit.go("/login/device/done")),
        Ok(()) => Ok(visit.done(PATH, Notice::DeviceRefused)),
        Err(refusal) => refused(&visit, refusal),
    }
}

#[derive(Template)]
#[template(path = "device/done.html")]
struct DonePage {
    page: Page,
}

/// `GET /login/device/done`.
pub(crate) async fn done(visit: Visit) -> Result<Reply> {
    let page = visit.page(visit.words().t("device-done-title"));
    visit.show(&DonePage { page })
}

/// The form again, with what stands against it.
fn refused(visit: &Visit, refusal: DeviceRefusal) -> Result<Reply> {
    let words = visit.words();
    let (status, sentence) = match refusal {
        DeviceRefusal::UnknownCode => (StatusCode::UNPROCESSABLE_ENTITY, words.t("device-unknown")),
        DeviceRefusal::TooManyWrongCodes => {
            (StatusCode::TOO_MANY_REQUESTS, words.t("device-too-many"))
        }
        DeviceRefusal::TooManyForApp => (
            StatusCode::TOO_MANY_REQUESTS,
            words.t("device-too-many-for-app"),
        ),
        DeviceRefusal::UnverifiedEmail => (StatusCode::FORBIDDEN, words.t("device-unverified")),
        DeviceRefusal::Other(error) => return Err(error.into()),
    };
    code_page(visit, status, Faults::one(CODE, sentence))
}
