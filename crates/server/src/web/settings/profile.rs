//! `/settings`, `/settings/email`, `/settings/language`.

use askama::Template;
use grantd_core::secret::Secret;
use grantd_core::user::{Email, User};

use super::super::form::Faults;
use super::super::letters::{self, Letter};
use super::super::notice::Notice;
use super::super::page::{Page, Section};
use super::super::told::{self, Told};
use super::super::visit::Visit;
use super::super::words::Language;
use super::SettingsForm;
use crate::error::Result;
use crate::reply::Reply;

#[derive(Template)]
#[template(path = "settings/profile.html")]
struct ProfilePage<'a> {
    page: Page,
    login: &'a str,
    email: Option<&'a str>,
    verified: bool,
    languages: &'static [Language],
    /// The tag of the language that was chosen, if one was.
    chosen: &'a str,
}

/// `GET /settings`.
pub(crate) async fn show(visit: Visit) -> Result<Reply> {
    let user = visit.who()?.user();
    let title = visit.words().t("profile-title");
    visit.show(&ProfilePage {
        page: visit.page(title).section(Section::Profile),
        login: user.login.as_str(),
        email: user.email.as_ref().map(Email::as_str),
        verified: user.email_verified,
        languages: &Language::ALL,
        chosen: user.language.map_or("", |language| language.tag()),
    })
}

/// `POST /settings/language`.
pub(crate) async fn set_language(visit: Visit) -> Result<Reply> {
    let chosen = grantd_core::user::Language::from_tag(visit.form().text("language"));
    visit
        .authority()
        .set_own_language(visit.who()?, chosen, visit.caller())
        .await?;
    Ok(visit.done("/settings", Notice::Language))
}

fn email_page(visit: &Visit, typed: &str, faults: Faults) -> SettingsForm {
    let words = visit.words();
    let page = visit
        .page(words.t("profile-email-title"))
        .section(Section::Profile)
        .faults(faults);
    let email = page
        .field("email", &words.t("profile-field-email"))
        .hint(words.t("profile-hint-email"))
        .value(typed)
        .longest(254)
        .email();
    SettingsForm {
        page,
        lead: Some(words.t("profile-email-lead")),
        action: "/settings/email".to_owned(),
        fields: vec![email],
        button: words.t("profile-email-button"),
        back: "/settings",
    }
}

/// `GET /settings/email`.
pub(crate) async fn email(visit: Visit) -> Result<Reply> {
    let present = visit.who()?.user().email.as_ref();
    let typed = present.map_or("", Email::as_str);
    visit.show(&email_page(&visit, typed, Faults::default()))
}

/// `POST /settings/email`.
pub(crate) async fn set_email(visit: Visit) -> Result<Reply> {
    let (typed, words) = (visit.form().trimmed("email"), visit.words());
    let told = match Email::parse(typed) {
        Err(_) => Told::fault("email", words.t("email-bad")),
        Ok(email) => {
            let letter = |user: &User, secret: &Secret| {
                letters::write(Letter::Verification, &visit, user, secret)
            };
            let (who, caller) = (visit.who()?, visit.caller());
            let asked = visit.authority().change_email(who, email, &letter, caller);
            match asked.await {
                Ok(mail) => {
                    letters::send_later(mail);
                    return Ok(visit.done("/settings", Notice::EmailSent));
                }
                Err(refusal) => told::tell(refusal, "email", words)?,
            }
        }
    };
    visit.tell(&told, &email_page(&visit, typed, told.faults.clone()))
}
