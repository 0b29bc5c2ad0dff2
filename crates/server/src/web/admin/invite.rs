//! Inviting somebody: a link that makes one account, shown once.

use askama::Template;
use grantd_core::onboarding::Invitation;
use grantd_core::own_account::AccountRefusal;
use grantd_core::user::{Email, Login};

use super::admin;
use crate::error::{Failure, Result};
use crate::reply::Reply;
use crate::web::form::Faults;
use crate::web::page::Page;
use crate::web::told::{self, Told};
use crate::web::visit::Visit;
use crate::web::words::Words;

#[derive(Template)]
#[template(path = "admin/invite.html")]
struct InvitePage {
    page: Page,
    tab: &'static str,
    login: String,
    email: String,
    site_admin: bool,
}

#[derive(Template)]
#[template(path = "admin/invited.html")]
struct InvitedPage {
    page: Page,
    tab: &'static str,
    link: String,
}

/// `GET /site-admin/invitations`.
pub(crate) async fn show(visit: Visit) -> Result<Reply> {
    // Asked here so that nobody fills the form in for nothing.
    if admin(&visit)?.fresh().is_err() {
        return Err(Failure::FreshProof);
    }
    visit.show(&form(&visit, Faults::default()))
}

/// `POST /site-admin/invitations`.
pub(crate) async fn create(visit: Visit) -> Result<Reply> {
    let who = admin(&visit)?;
    let words = visit.words();
    let told = match read(&visit) {
        Err(faults) => Told::faults(faults),
        Ok(invitation) => {
            let invited = visit.authority().invite(who, invitation, visit.caller());
            match invited.await {
                Ok(secret) => {
                    let base = &visit.context().wire().html;
                    return visit.show(&InvitedPage {
                        page: visit.page(words.t("admin-invited")),
                        tab: "users",
                        link: format!("{base}/invitations/{}", secret.expose()),
                    });
                }
                Err(refusal) => tell(refusal, words)?,
            }
        }
    };
    visit.tell(&told, &form(&visit, told.faults.clone()))
}

fn tell(refusal: AccountRefusal, words: &Words) -> Result<Told> {
    told::tell(refusal, "login", words)
}

fn read(visit: &Visit) -> Result<Invitation, Faults> {
    let (form, words) = (visit.form(), visit.words());
    let login = Login::parse(form.trimmed("login"));
    let login = login.map_err(|_| Faults::one("login", words.t("admin-bad-login")))?;
    let email = match form.trimmed("email") {
        "" => None,
        typed => {
            let email = Email::parse(typed);
            Some(email.map_err(|_| Faults::one("email", words.t("admin-bad-email")))?)
        }
    };
    Ok(Invitation {
        login,
        email,
        site_admin: form.has("site_admin"),
    })
}

fn form(visit: &Visit, faults: Faults) -> InvitePage {
    InvitePage {
        page: visit.page(visit.words().t("admin-invite")).faults(faults),
        tab: "users",
        login: visit.form().trimmed("login").to_owned(),
        email: visit.form().trimmed("email").to_owned(),
        site_admin: visit.form().has("site_admin"),
    }
}
