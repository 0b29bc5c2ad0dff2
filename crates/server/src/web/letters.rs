//! The mails that pages cause: their words, in the language of whoever gets
//! them, and their way out after the answer. Must not know how mail travels.

use grantd_core::leaks::Finder;
use grantd_core::own_account::{Message, Outgoing};
use grantd_core::secret::Secret;
use grantd_core::sign_up::JoinLetter;
use grantd_core::store::Leaked;
use grantd_core::user::User;
use url::Url;

use super::visit::Visit;
use super::words::{Language, Words};

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

/// What the owner of leaked tokens is told. English, for who has chosen no language: no browser
/// of theirs is there.
pub(crate) fn leaked(public_url: &Url, owner: &User, leaked: &[Leaked], by: Finder) -> Message {
    let words = Words::new(owner.language.map_or(Language::English, Language::from));
    let base = public_url.as_str().trim_end_matches('/');
    let lines: Vec<String> = leaked
        .iter()
        .map(|one| match &one.last_eight {
            Some(last_eight) => words.t1("mail-leaked-token", "last_eight", last_eight.0.as_str()),
            None => words.t("mail-leaked-refresh-token"),
        })
        .collect();
    let key = match by {
        Finder::Anybody => "mail-leaked-reported",
        Finder::Scanner => "mail-leaked-scanned",
    };
    let link = format!("{base}/settings/security-log");
    let (login, what) = (owner.login.as_str(), words.t(key));
    let greeting = words.t2("mail-leaked-text", ("login", login), ("what", what));
    let ending = words.t1("mail-leaked-ending", "link", link.as_str());
    Message {
        subject: words.t1("mail-leaked-subject", "site", base),
        text: format!("{greeting}\n\n{}\n\n{ending}", lines.join("\n")),
    }
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
