//! The mails that pages cause: their words, in the language of whoever gets
//! them, and their way out after the answer. Must not know how mail travels.

use grantd_core::leaks::Finder;
use grantd_core::notices::Notice;
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

/// The words of the language that somebody has chosen, or of another one.
fn words_for(user: &User, otherwise: Language) -> Words {
    Words::new(user.language.map_or(otherwise, Language::from))
}

/// What links begin with.
fn base(public_url: &Url) -> &str {
    public_url.as_str().trim_end_matches('/')
}

/// What a mail says to `user`, with the link that carries `secret`.
pub(crate) fn write(letter: Letter, visit: &Visit, user: &User, secret: &Secret) -> Message {
    let words = words_for(user, visit.words().language);
    let base = base(&visit.settings().public_url);
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
    let words = words_for(owner, Language::English);
    let base = base(public_url);
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
    let base = base(&visit.settings().public_url);
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
            let words = words_for(user, visit.words().language);
            let link = format!("{base}/password-reset");
            let (login, link) = (user.login.as_str(), link.as_str());
            Message {
                subject: words.t1("mail-known-subject", "site", base),
                text: words.t2("mail-known-text", ("login", login), ("link", link)),
            }
        }
    }
}

/// What a mail says of a token that ends soon, to its owner in the owner's language.
pub(crate) fn expiring(site: &str, notice: &Notice) -> Message {
    let (token, owner) = (&notice.lived.owned.authorization, &notice.lived.owned.user);
    let words = words_for(owner, Language::English);
    let note = token.note.as_ref().map(|note| note.as_str().trim());
    let name = match (&token.app, note.filter(|note| !note.is_empty())) {
        (_, Some(note)) => format!("“{note}”"),
        (Some(app), None) => words.t1("mail-expiring-app", "app", app.name.as_str()),
        (None, None) => String::new(),
    };
    let values = [
        ("login", owner.login.as_str()),
        ("name", name.as_str()),
        ("end", token.token_last_eight.0.as_str()),
        ("date", &words.date_time(notice.expires_at)),
        ("link", notice.url.as_str()),
    ];
    Message {
        subject: words.t1("mail-expiring-subject", "site", site),
        text: words.filled("mail-expiring-text", &values),
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

#[cfg(test)]
mod tests {
    use grantd_core::authorization::Authorization;
    use grantd_core::clock::Timestamp;
    use grantd_core::fingerprint::Fingerprint;
    use grantd_core::ids::{AuthorizationId, UserId};
    use grantd_core::note::Note;
    use grantd_core::scope::Scopes;
    use grantd_core::store::{Lived, OwnedAuthorization};
    use grantd_core::token::{TokenHash, TokenLastEight};
    use grantd_core::user::{Language as Chosen, Login};

    use super::*;

    fn notice(language: Option<Chosen>) -> Notice {
        let at = Timestamp(1_600_000_000);
        let hash = TokenHash([7; 32]);
        let authorization = Authorization {
            id: AuthorizationId(1),
            user_id: UserId(1),
            app: None,
            token_hash: hash,
            token_last_eight: TokenLastEight("e1e48fab".to_owned()),
            note: Some(Note::from_stored("laptop".to_owned())),
            note_url: None,
            scopes: Scopes::default(),
            fingerprint: Fingerprint::default(),
            created_at: at,
            updated_at: at,
            expires_at: Some(at),
        };
        let user = User {
            id: UserId(1),
            login: Login::from_stored("octocat".to_owned()),
            email: None,
            email_verified: false,
            site_admin: false,
            two_factor: false,
            suspended_at: None,
            created_at: at,
            updated_at: at,
            language,
        };
        Notice {
            lived: Lived {
                owned: OwnedAuthorization {
                    authorization,
                    user,
                },
                issued_at: at,
                last_use: None,
            },
            expires_at: at,
            days: 7,
            url: "https://g.example/settings/tokens".to_owned(),
        }
    }

    #[test]
    fn owners_are_told_of_a_tokens_end_in_their_language_and_without_a_secret() {
        for (language, said) in [
            (None, "stops working on 13 September 2020, 12:26 UTC"),
            (
                Some(Chosen::German),
                "gilt ab 13. September 2020, 12:26 UTC",
            ),
            (Some(Chosen::Chinese), "2020年9月13日 12:26 UTC"),
        ] {
            let notice = notice(language);
            let Message { subject, text } = expiring("https://g.example", &notice);
            assert!(subject.contains("https://g.example"), "{subject}");
            assert!(text.contains(said), "{text}");
            for part in [
                "octocat",
                "“laptop”",
                "e1e48fab",
                "https://g.example/settings/tokens",
            ] {
                assert!(text.contains(part), "{part}: {text}");
            }
            assert!(!text.contains("07070707"), "{text}");
        }
    }
}
