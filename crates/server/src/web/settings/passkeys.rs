//! `/settings/passkeys`.

use askama::Template;
use grantd_core::ids::PasskeyId;
use grantd_core::passkey::{LONGEST_NAME, Passkey, PasskeyRefusal};
use http::{StatusCode, header};
use serde_json::json;

use super::super::cookies::Cookie;
use super::super::form::Faults;
use super::super::login::passkey::{finish, refused};
use super::super::notice::Notice;
use super::super::page::{Field, Page, Section};
use super::super::visit::Visit;
use super::{ConfirmPage, SettingsForm};
use crate::error::{Failure, Result};
use crate::reply::{Cache, Reply};

const HOME: &str = "/settings/passkeys";

#[derive(Template)]
#[template(path = "settings/passkeys.html")]
struct PasskeysPage {
    page: Page,
    passkeys: Vec<Passkey>,
    /// Browsers have passkeys at this site.
    can_add: bool,
}

#[derive(Template)]
#[template(path = "settings/passkey-new.html")]
struct NewPage {
    page: Page,
    name: Field,
}

/// `GET /settings/passkeys`.
pub(crate) async fn list(visit: Visit) -> Result<Reply> {
    let who = &visit.who()?.identity;
    let passkeys = visit.authority().own_passkeys(who).await?;
    let title = visit.words().t("passkeys-title");
    visit.show(&PasskeysPage {
        page: visit.page(title).section(Section::Passkeys),
        passkeys,
        can_add: visit.ceremonies().is_ok(),
    })
}

fn name_field(page: &Page, typed: &str) -> Field {
    page.field("name", &page.t("passkeys-field-name"))
        .hint(page.t("passkeys-hint-name"))
        .value(typed)
        .longest(LONGEST_NAME)
}

/// `GET /settings/passkeys/new`.
pub(crate) async fn new(visit: Visit) -> Result<Reply> {
    let _ = visit.ceremonies()?;
    let title = visit.words().t("passkeys-add");
    let page = visit.page(title).section(Section::Passkeys);
    visit.show(&NewPage {
        name: name_field(&page, ""),
        page,
    })
}

/// `POST /settings/passkeys/start`, by the page's script.
pub(crate) async fn start(visit: Visit) -> Result<Reply> {
    let ceremonies = visit.ceremonies()?;
    let user = visit.who()?.user();
    let begun = ceremonies.register(visit.authority(), user, visit.caller());
    match begun.await {
        Ok(begun) => Ok(Reply::json(StatusCode::OK, &begun, Cache::NoStore)),
        Err(why) => refused(&visit, why),
    }
}

/// `POST /settings/passkeys/finish`, by the page's script.
pub(crate) async fn add(visit: Visit) -> Result<Reply> {
    let (ceremonies, finish) = finish(&visit)?;
    let who = visit.who()?;
    let made = ceremonies
        .registered(visit.authority(), who.user(), finish)
        .await;
    let new = match made {
        Ok(new) => new,
        Err(why) => return refused(&visit, why),
    };
    let added = visit.authority().add_own_passkey(who, new, visit.caller());
    if let Err(why) = added.await {
        return refused(&visit, why.into());
    }
    let notice = visit
        .jar()
        .set(Cookie::Notice, Notice::PasskeyAdded.name(), Some(60));
    let body = json!({ "location": HOME });
    Ok(Reply::json(StatusCode::OK, &body, Cache::NoStore).with(header::SET_COOKIE, &notice))
}

/// The passkey in the path.
async fn asked_for(visit: &Visit) -> Result<Passkey> {
    let id = visit.context().id("id", PasskeyId::parse)?;
    let own = visit
        .authority()
        .own_passkeys(&visit.who()?.identity)
        .await?;
    own.into_iter()
        .find(|passkey| passkey.id == id)
        .ok_or(grantd_core::Error::NotFound.into())
}

fn rename_page(visit: &Visit, passkey: &Passkey, typed: &str, faults: Faults) -> SettingsForm {
    let words = visit.words();
    let title = words.t1("passkeys-rename", "name", passkey.name.as_str());
    let page = visit.page(title).section(Section::Passkeys).faults(faults);
    SettingsForm {
        lead: None,
        action: format!("{HOME}/{}", passkey.id),
        fields: vec![name_field(&page, typed)],
        button: words.t("button-save"),
        back: HOME,
        page,
    }
}

/// `GET /settings/passkeys/{id}`.
pub(crate) async fn edit(visit: Visit) -> Result<Reply> {
    let passkey = asked_for(&visit).await?;
    visit.show(&rename_page(
        &visit,
        &passkey,
        &passkey.name,
        Faults::default(),
    ))
}

/// `POST /settings/passkeys/{id}`.
pub(crate) async fn rename(visit: Visit) -> Result<Reply> {
    let passkey = asked_for(&visit).await?;
    let name = visit.form().trimmed("name");
    let (who, caller) = (&visit.who()?.identity, visit.caller());
    let renamed = visit
        .authority()
        .rename_own_passkey(who, passkey.id, name, caller);
    match renamed.await {
        Ok(()) => Ok(visit.done(HOME, Notice::PasskeyRenamed)),
        Err(PasskeyRefusal::Name) => {
            let sentence = visit
                .words()
                .t1("passkeys-missing-name", "most", LONGEST_NAME);
            let faults = Faults::one("name", sentence);
            visit.again(&rename_page(&visit, &passkey, name, faults))
        }
        Err(refusal) => Err(passed_on(refusal)),
    }
}

/// `GET /settings/passkeys/{id}/remove`.
pub(crate) async fn ask_to_remove(visit: Visit) -> Result<Reply> {
    let passkey = asked_for(&visit).await?;
    let words = visit.words();
    let title = words.t1("passkeys-remove", "name", passkey.name.as_str());
    visit.show(&ConfirmPage {
        page: visit.page(title).section(Section::Passkeys),
        sentence: words.t("passkeys-remove-confirm"),
        action: format!("{HOME}/{}/remove", passkey.id),
        button: words.t("passkeys-remove-short"),
        back: HOME,
    })
}

/// `POST /settings/passkeys/{id}/remove`.
pub(crate) async fn remove(visit: Visit) -> Result<Reply> {
    let id = visit.context().id("id", PasskeyId::parse)?;
    let removed = visit
        .authority()
        .remove_own_passkey(visit.who()?, id, visit.caller());
    match removed.await {
        Ok(()) => Ok(visit.done(HOME, Notice::PasskeyRemoved)),
        Err(refusal) => Err(passed_on(refusal)),
    }
}

/// A refusal that no sentence on the page would help with.
fn passed_on(refusal: PasskeyRefusal) -> Failure {
    match refusal {
        PasskeyRefusal::FreshProofNeeded => Failure::FreshProof,
        PasskeyRefusal::Other(error) => error.into(),
        PasskeyRefusal::Name
        | PasskeyRefusal::Taken
        | PasskeyRefusal::TooMany
        | PasskeyRefusal::Copied => grantd_core::Error::NotFound.into(),
    }
}
