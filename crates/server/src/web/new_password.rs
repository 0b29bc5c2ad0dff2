//! A password, chosen and typed twice. Owns the two fields and what is wrong
//! with them; whether a password will do is core's.

use grantd_core::login::password::{SHORTEST_BESIDE_FACTOR, SHORTEST_GOOD_PASSWORD};
use grantd_core::secret::Secret;

use super::form::{Faults, Form};
use super::page::{Field, Page};
use super::words::Words;

/// The two fields, for somebody with or without a second factor.
pub(crate) fn fields(page: &Page, two_factor: bool) -> [Field; 2] {
    let least = if two_factor {
        SHORTEST_BESIDE_FACTOR
    } else {
        SHORTEST_GOOD_PASSWORD
    };
    let words = &page.words;
    [
        page.field("password", &words.t("password-new"))
            .hint(words.t1("password-hint", "least", least))
            .password("new-password"),
        page.field("again", &words.t("password-again"))
            .password("new-password"),
    ]
}

/// The password, if it was typed twice alike.
///
/// # Errors
/// What to say.
pub(crate) fn read(form: &Form, words: &Words) -> Result<Secret, Faults> {
    let password = form.text("password");
    if password.is_empty() {
        return Err(Faults::one("password", words.t("password-missing")));
    }
    if password != form.text("again") {
        return Err(Faults::one("again", words.t("password-differs")));
    }
    Ok(form.secret("password"))
}
