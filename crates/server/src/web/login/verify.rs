//! `/email-verification/{link}`: showing that an address is one's own. The link
//! alone does nothing: machines that read mail open links, too.

use grantd_core::own_account::AccountRefusal;
use grantd_core::secret::Secret;
use grantd_core::user::Email;

use super::super::form::Faults;
use super::super::form_page::{FormPage, MessagePage};
use super::super::told;
use super::super::visit::Visit;
use super::forgot::gone;
use crate::error::Result;
use crate::reply::Reply;

fn ask(visit: &Visit, link: &Secret, email: &Email, faults: Faults) -> FormPage {
    let words = visit.words();
    FormPage {
        page: visit.page(words.t("verify-title")).faults(faults),
        lead: Some(words.t1("verify-lead", "email", email.as_str())),
        action: format!("/email-verification/{}", link.expose()),
        fields: Vec::new(),
        button: words.t("verify-button"),
    }
}

/// `GET /email-verification/{link}`.
pub(crate) async fn open(visit: Visit) -> Result<Reply> {
    let link = visit.secret_param("link")?;
    match visit.authority().email_to_verify(&link).await? {
        Some(email) => visit.show(&ask(&visit, &link, &email, Faults::default())),
        None => gone(&visit),
    }
}

/// `POST /email-verification/{link}`.
pub(crate) async fn submit(visit: Visit) -> Result<Reply> {
    let link = visit.secret_param("link")?;
    let Some(email) = visit.authority().email_to_verify(&link).await? else {
        return gone(&visit);
    };
    let words = visit.words();
    match visit.authority().verify_email(&link, visit.caller()).await {
        Ok(()) => visit.show(&MessagePage {
            page: visit.page(words.t("verified-title")),
            sentence: words.t1("verified-lead", "email", email.as_str()),
        }),
        Err(AccountRefusal::Spent) => gone(&visit),
        Err(refusal) => {
            let told = told::tell(refusal, "email", words)?;
            visit.tell(&told, &ask(&visit, &link, &email, told.faults.clone()))
        }
    }
}
