//! The mails that pages cause: their words, in the language of whoever gets
//! them, and their way out after the answer. Must not know how mail travels.

use grantd_core::own_account::{Message, Outgoing};
use grantd_core::secret::Secret;
use grantd_core::sign_up::JoinLetter;
use grantd_core::user::User;

use super::visit::Visit;
use super::words::Words;

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Letter {
    /// A link to a new password.
    Reset,
    /// A link that shows that an address is somebody's.
    Verification,
}

/// What a mail says to `user`, with the link that carries `secret`.
pub(crate) fn write(letter: Letter, visit: &Visit, user: &User, secret: &Secret) -> Message {
    let words = user
        .language
        .map_or(*visit.words(), |language| Words::new(language.into()));
    let base = visit.settings().public_url.as_str().trim_end_matches('/');
    let link = |path: &str| format!("{base}/{path}/{}", secret.expose());
    let login = user.login.as_str();
    let (subject, text) = match letter {
        Letter::Reset => {
            let link = link("password-reset");
            (
                words.t1("mail-reset-subject", "site", base),
                words.t2("mail-reset-text", ("login", login), ("link", link.as_str())),
            )
        }
        Letter::Verification => {
            let link = link("email-verification");
            (
                words.t1("mail-verification-subject", "site", base),
                words.t2(
                    "mail-verification-text",
                    ("login", login),
                    ("link", link.as_str()),
                ),
            )
        }
    };
    Message { subject, text }
}

/// What a mail to somebody who signs up says.
pub(crate) fn to_join(letter: JoinLetter<'_>, visit: &Visit) -> Message {
    let base = visit.settings().public_url.as_str().trim_end_matches('/');
    match letter {
        JoinLetter::Link(login, secret) => {
            let words = visit.words();
            let link = format!("{base}/join/{}", secret.expose());
            let (login, link) = (login.as_str(), link.as_str());
            Message {
                subject: words.t1("mail-join-subject", "site", base),
                text: words.t2("mail-join-text", ("login", login), ("link", link)),
            }
        }
        JoinLetter::HasAccount(user) => {
            let words = user
                .language
                .map_or(*visit.words(), |language| Words::new(language.into()));
            let link = format!("{base}/password-reset");
            let (login, link) = (user.login.as_str(), link.as_str());
            Message {
                subject: words.t1("mail-known-subject", "site", base),
                text: words.t2("mail-known-text", ("login", login), ("link", link)),
            }
        }
    }
}

/// Sends a mail after the answer: how long it takes shows nobody who has an account.
pub(crate) fn send_later(mail: Outgoing) {
    tokio::spawn(async move {
        if let Err(error) = mail.send().await {
            tracing::warn!(%error, "a mail was not sent");
        }
    });
}
