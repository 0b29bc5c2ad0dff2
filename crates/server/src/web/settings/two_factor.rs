//! `/settings/two-factor`: the authenticator app and its recovery codes.

use askama::Template;
use grantd_core::own_account::{AccountRefusal, FactorOffer, RecoveryCodes};
use grantd_core::secret::Secret;
use qrcode::QrCode;
use qrcode::render::svg;

use super::super::form::Faults;
use super::super::notice::Notice;
use super::super::page::{Field, Page, Section};
use super::super::told::{self, Told};
use super::super::visit::Visit;
use super::ConfirmPage;
use crate::error::Result;
use crate::reply::Reply;

const HOME: &str = "/settings/two-factor";

#[derive(Template)]
#[template(path = "settings/two-factor.html")]
struct TwoFactorPage {
    page: Page,
    on: bool,
}

#[derive(Template)]
#[template(path = "settings/enrol.html")]
struct EnrolPage {
    page: Page,
    /// The enrolment as a picture, in the page itself.
    picture: String,
    seed: String,
    ticket: String,
    code: Field,
}

#[derive(Template)]
#[template(path = "settings/codes.html")]
struct CodesPage {
    page: Page,
    codes: RecoveryCodes,
}

/// `GET /settings/two-factor`.
pub(crate) async fn show(visit: Visit) -> Result<Reply> {
    let title = visit.words().t("two-factor-title");
    visit.show(&TwoFactorPage {
        page: visit.page(title).section(Section::TwoFactor),
        on: visit.who()?.user().two_factor,
    })
}

/// What this site is called in an authenticator app.
fn issuer(visit: &Visit) -> &str {
    visit.settings().public_url.host_str().unwrap_or("grantd")
}

fn enrol_page(visit: &Visit, offer: &FactorOffer, faults: Faults) -> EnrolPage {
    let words = visit.words();
    let page = visit
        .page(words.t("enrol-title"))
        .section(Section::TwoFactor)
        .faults(faults);
    let code = page
        .field("code", &words.t("factor-field-code"))
        .code("one-time-code")
        .digits()
        .longest(10);
    // In groups of four, as people read.
    let groups: Vec<&str> = offer
        .totp_secret
        .as_bytes()
        .chunks(4)
        .filter_map(|group| std::str::from_utf8(group).ok())
        .collect();
    EnrolPage {
        page,
        picture: picture(&offer.otpauth_url),
        seed: groups.join(" "),
        ticket: offer.ticket.expose().to_owned(),
        code,
    }
}

/// A QR code as the address of a picture.
fn picture(text: &str) -> String {
    // Enrolments are a few hundred characters, QR codes hold thousands; the key beside it says the same.
    let svg = QrCode::new(text.as_bytes()).map_or_else(
        |_| String::new(),
        |code| code.render::<svg::Color>().quiet_zone(true).build(),
    );
    let encoded = data_encoding::BASE64.encode(svg.as_bytes());
    format!("data:image/svg+xml;base64,{encoded}")
}

/// `GET /settings/two-factor/enrol`.
pub(crate) async fn enrol(visit: Visit) -> Result<Reply> {
    let (who, caller) = (visit.who()?, visit.caller());
    let offer = visit.authority().offer_factor(who, issuer(&visit), caller);
    match offer.await {
        Ok(offer) => visit.show(&enrol_page(&visit, &offer, Faults::default())),
        Err(AccountRefusal::HasSecondFactor) => Ok(visit.go(HOME)),
        Err(refusal) => Err(passed_on(refusal, &visit)),
    }
}

/// `POST /settings/two-factor/enrol`.
pub(crate) async fn confirm(visit: Visit) -> Result<Reply> {
    let ticket = visit.form().secret("ticket");
    let code = Secret::new(visit.form().trimmed("code").to_owned());
    let (who, caller) = (visit.who()?, visit.caller());
    let confirmed = visit
        .authority()
        .confirm_factor(who, &ticket, &code, caller);
    let told = match confirmed.await {
        Ok(codes) => return show_codes(&visit, codes),
        Err(AccountRefusal::HasSecondFactor) => return Ok(visit.go(HOME)),
        Err(AccountRefusal::Spent) => return Ok(visit.go("/settings/two-factor/enrol")),
        Err(refusal) => told::tell(refusal, "code", visit.words())?,
    };
    match visit
        .authority()
        .offered_factor(who, &ticket, issuer(&visit))
        .await
    {
        Ok(offer) => visit.tell(&told, &enrol_page(&visit, &offer, told.faults.clone())),
        Err(AccountRefusal::Spent) => Ok(visit.go("/settings/two-factor/enrol")),
        Err(refusal) => Err(passed_on(refusal, &visit)),
    }
}

/// The codes, this once.
fn show_codes(visit: &Visit, codes: RecoveryCodes) -> Result<Reply> {
    let title = visit.words().t("codes-title");
    visit.show(&CodesPage {
        page: visit.page(title).section(Section::TwoFactor),
        codes,
    })
}

/// `GET /settings/two-factor/codes`.
pub(crate) async fn ask_for_codes(visit: Visit) -> Result<Reply> {
    let words = visit.words();
    let page = visit.page(words.t("two-factor-codes-title"));
    visit.show(&ConfirmPage {
        page: page.section(Section::TwoFactor),
        sentence: words.t("two-factor-regenerate-lead"),
        action: "/settings/two-factor/codes".to_owned(),
        button: words.t("two-factor-regenerate"),
        back: HOME,
    })
}

/// `POST /settings/two-factor/codes`.
pub(crate) async fn replace_codes(visit: Visit) -> Result<Reply> {
    let (who, caller) = (visit.who()?, visit.caller());
    match visit.authority().replace_recovery_codes(who, caller).await {
        Ok(codes) => show_codes(&visit, codes),
        Err(AccountRefusal::NoSecondFactor) => Ok(visit.go(HOME)),
        Err(refusal) => Err(passed_on(refusal, &visit)),
    }
}

/// `GET /settings/two-factor/disable`.
pub(crate) async fn ask_to_disable(visit: Visit) -> Result<Reply> {
    let words = visit.words();
    let sentences = [
        words.t("two-factor-disable-confirm"),
        words.t("two-factor-disable-lead"),
    ];
    let page = visit.page(words.t("two-factor-disable-title"));
    visit.show(&ConfirmPage {
        page: page.section(Section::TwoFactor),
        sentence: sentences.join(" "),
        action: "/settings/two-factor/disable".to_owned(),
        button: words.t("two-factor-disable"),
        back: HOME,
    })
}

/// `POST /settings/two-factor/disable`.
pub(crate) async fn disable(visit: Visit) -> Result<Reply> {
    let (who, caller) = (visit.who()?, visit.caller());
    match visit.authority().remove_factor(who, caller).await {
        Ok(()) => Ok(visit.done(HOME, Notice::TwoFactorOff)),
        Err(AccountRefusal::NoSecondFactor) => Ok(visit.go(HOME)),
        Err(refusal) => Err(passed_on(refusal, &visit)),
    }
}

/// A refusal where there is no field to put a sentence beside.
fn passed_on(refusal: AccountRefusal, visit: &Visit) -> crate::error::Failure {
    match told::tell(refusal, "code", visit.words()) {
        Err(failure) => failure,
        Ok(Told { .. }) => grantd_core::Error::NotFound.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::picture;

    #[test]
    fn an_enrolment_is_drawn_in_a_few_kilobytes() {
        let url = format!("otpauth://totp/a.example:octocat?secret={}", "A".repeat(32));
        let picture = picture(&url);
        assert!(picture.starts_with("data:image/svg+xml;base64,"));
        assert!(
            (1_000..20_000).contains(&picture.len()),
            "{}",
            picture.len()
        );
    }
}
