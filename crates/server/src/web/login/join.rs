//! `/setup/{link}` and `/invitations/{link}`: how accounts begin.

use grantd_core::onboarding::{FirstUser, Invitation};
use grantd_core::own_account::AccountRefusal;
use grantd_core::secret::Secret;
use grantd_core::session::SignedIn;
use grantd_core::user::{Email, Login};

use super::super::form::Faults;
use super::super::form_page::FormPage;
use super::super::new_password;
use super::super::told::{self, Told};
use super::super::visit::Visit;
use super::enter;
use super::forgot::gone;
use crate::error::Result;
use crate::reply::Reply;

fn setup_page(visit: &Visit, link: &Secret, faults: Faults) -> FormPage {
    let words = visit.words();
    let page = visit.page(words.t("setup-title")).faults(faults);
    let mut fields = vec![
        page.field("login", &words.t("setup-field-login"))
            .hint(words.t("setup-hint-login"))
            .value(visit.form().trimmed("login"))
            .longest(39)
            .autocomplete("username")
            .focus(),
        page.field("email", &words.t("profile-field-email"))
            .value(visit.form().trimmed("email"))
            .email()
            .optional(),
    ];
    fields.extend(new_password::fields(&page, false));
    FormPage {
        page,
        lead: Some(words.t("setup-lead")),
        action: format!("/setup/{}", link.expose()),
        fields,
        button: words.t("setup-button"),
    }
}

/// `GET /setup/{link}`.
pub(crate) async fn setup(visit: Visit) -> Result<Reply> {
    let link = visit.secret_param("link")?;
    if !visit.authority().setup_is_open(&link).await? {
        return gone(&visit);
    }
    visit.show(&setup_page(&visit, &link, Faults::default()))
}

/// `POST /setup/{link}`.
pub(crate) async fn set_up(visit: Visit) -> Result<Reply> {
    let link = visit.secret_param("link")?;
    if !visit.authority().setup_is_open(&link).await? {
        return gone(&visit);
    }
    let told = match first_user(&visit) {
        Err(faults) => Told::faults(faults),
        Ok(first) => {
            let (agent, caller) = (visit.user_agent(), visit.caller());
            match visit.authority().set_up(&link, first, agent, caller).await {
                Ok(signed_in) => return enter(&visit, &signed_in, "").await,
                Err(AccountRefusal::Spent | AccountRefusal::NotFirst) => return gone(&visit),
                Err(refusal) => told::tell(refusal, "password", visit.words())?,
            }
        }
    };
    visit.tell(&told, &setup_page(&visit, &link, told.faults.clone()))
}

fn first_user(visit: &Visit) -> std::result::Result<FirstUser, Faults> {
    let (form, words) = (visit.form(), visit.words());
    let mut faults = Faults::default();
    let login = Login::parse(form.trimmed("login"));
    if login.is_err() {
        faults.add("login", words.t("login-bad"));
    }
    let typed = form.trimmed("email");
    let email = match typed {
        "" => Ok(None),
        typed => Email::parse(typed).map(Some),
    };
    if email.is_err() {
        faults.add("email", words.t("email-bad"));
    }
    match (login, email, new_password::read(form, words)) {
        (Ok(login), Ok(email), Ok(password)) => Ok(FirstUser {
            login,
            email,
            password,
        }),
        (_, _, Ok(_)) => Err(faults),
        (_, _, Err(more)) => {
            for (field, sentence) in more.iter() {
                faults.add(field, sentence.clone());
            }
            Err(faults)
        }
    }
}

/// Where somebody who has followed a link chooses a password; the form goes back to `action`.
pub(super) fn welcome(
    visit: &Visit,
    action: String,
    invitation: &Invitation,
    faults: Faults,
) -> FormPage {
    let words = visit.words();
    let page = visit.page(words.t("invitation-title")).faults(faults);
    FormPage {
        lead: Some(words.t1("invitation-lead", "login", invitation.login.as_str())),
        action,
        fields: new_password::fields(&page, false).into(),
        button: words.t("invitation-button"),
        page,
    }
}

/// Takes the password that was chosen there; `begin` makes the account.
pub(super) async fn choose<F>(
    visit: &Visit,
    action: String,
    invitation: &Invitation,
    begin: impl FnOnce(Secret) -> F,
) -> Result<Reply>
where
    F: Future<Output = Result<SignedIn, AccountRefusal>>,
{
    let told = match new_password::read(visit.form(), visit.words()) {
        Err(faults) => Told::faults(faults),
        Ok(password) => match begin(password).await {
            Ok(signed_in) => return enter(visit, &signed_in, "").await,
            Err(AccountRefusal::Spent) => return gone(visit),
            // There is no field for a login or an address here: they were chosen before.
            Err(refusal) => told::tell(refusal, "password", visit.words())?,
        },
    };
    visit.tell(
        &told,
        &welcome(visit, action, invitation, told.faults.clone()),
    )
}

/// `GET /invitations/{link}`.
pub(crate) async fn invitation(visit: Visit) -> Result<Reply> {
    let link = visit.secret_param("link")?;
    match visit.authority().invitation(&link).await? {
        Some(found) => visit.show(&welcome(
            &visit,
            format!("/invitations/{}", link.expose()),
            &found,
            Faults::default(),
        )),
        None => gone(&visit),
    }
}

/// `POST /invitations/{link}`.
pub(crate) async fn accept(visit: Visit) -> Result<Reply> {
    let link = visit.secret_param("link")?;
    let Some(found) = visit.authority().invitation(&link).await? else {
        return gone(&visit);
    };
    let (authority, agent) = (visit.authority(), visit.user_agent());
    let (link, caller) = (&link, visit.caller());
    let begin = |password| async move {
        authority
            .accept_invitation(link, &password, agent, caller)
            .await
    };
    choose(
        &visit,
        format!("/invitations/{}", link.expose()),
        &found,
        begin,
    )
    .await
}
