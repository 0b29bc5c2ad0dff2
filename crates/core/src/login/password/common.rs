//! Passwords that are tried first. Owns what counts as one of them.

use zeroize::Zeroizing;

use crate::secret::Secret;

/// What guessing begins with; case, digits and signs around it do not make it better.
const WORDS: &[&str] = &[
    "password",
    "passwort",
    "passw0rd",
    "p@ssw0rd",
    "p@ssword",
    "qwerty",
    "qwertz",
    "azerty",
    "asdfgh",
    "zxcvbn",
    "letmein",
    "welcome",
    "willkommen",
    "iloveyou",
    "ichliebedich",
    "admin",
    "administrator",
    "root",
    "master",
    "monkey",
    "dragon",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "superman",
    "batman",
    "trustno1",
    "hallo",
    "hello",
    "starwars",
    "pokemon",
    "changeme",
    "secret",
    "geheim",
    "default",
    "login",
    "access",
    "test",
    "testing",
    "guest",
    "shadow",
    "michael",
    "jennifer",
    "jordan",
    "computer",
    "internet",
    "samsung",
    "google",
    "github",
    "grantd",
    "whatever",
    "freedom",
    "summer",
    "sommer",
    "winter",
    "spring",
    "autumn",
    "herbst",
    "schalke",
    "correcthorsebatterystaple",
    "thisisapassword",
    "thisismypassword",
    "mypassword",
    "meinpasswort",
    "woaini",
    "wodemima",
    "qazwsx",
    "qwertyuiop",
    "qwertzuiop",
    "asdfghjkl",
    "zxcvbnm",
    "yxcvbnm",
    "onetwothree",
    "abcdef",
    "abcdefgh",
    "abcdefghijklmnop",
];

/// Rows along which fingers run.
const RUNS: &[&str] = &[
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
];

/// Whether somebody who guesses would soon be there.
pub(super) fn is_common(password: &Secret, login: &str) -> bool {
    let (text, login) = (
        Zeroizing::new(password.expose().to_lowercase()),
        login.to_lowercase(),
    );
    let is_known = |text: &str| text == login || WORDS.contains(&text) || is_run(text);
    let whole = Zeroizing::new(repeated_unit(&text));
    if whole.chars().count() < 4 || is_known(&whole) {
        return true;
    }
    let word = text.trim_matches(|c: char| !c.is_alphabetic());
    let unit = Zeroizing::new(repeated_unit(word));
    has_little_beside(&text, word) && is_known(&unit)
}

/// `abab` is `ab` twice, and no longer to guess.
fn repeated_unit(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let length = chars.len();
    let unit = (1..=length / 2)
        .filter(|unit| length.is_multiple_of(*unit))
        .find(|unit| {
            chars
                .iter()
                .zip(chars.iter().cycle().skip(*unit))
                .all(|(a, b)| a == b)
        });
    chars[..unit.unwrap_or(length)].iter().collect()
}

/// Digits and signs before and after a word that are as good as nothing: years, `123`, `!!!`.
fn has_little_beside(text: &str, word: &str) -> bool {
    let beside = Zeroizing::new(text.replacen(word, "", 1));
    let unit = Zeroizing::new(repeated_unit(&beside));
    beside.chars().count() <= 4 || unit.chars().count() < 4 || is_run(&unit)
}

fn is_run(text: &str) -> bool {
    let backwards: String = text.chars().rev().collect();
    RUNS.iter()
        .any(|run| run.contains(text) || run.contains(&backwards))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_s09_what_is_tried_first_is_no_password() {
        let is = |text: &str| is_common(&Secret::new(text.to_owned()), "octocat");
        for common in [
            "passwordpassword",
            "Password1234567890",
            "aaaaaaaaaaaaaaaa",
            "123456789012345",
            "qwertyuiopasdfgh",
            "PASSWORD!!!!!!!!",
            "OctoCat2024",
            "octocatoctocat99",
            "octocatoctocat",
            "abcabcabcabcabc",
            "thisisapassword",
            "correcthorsebatterystaple",
            "98765432109876",
            "!!!!!!!!!!!!!!!!",
            "1111111111111111",
        ] {
            assert!(is(common), "{common}");
        }
        for fine in [
            "zebra lamp quartz river",
            "ünïcödé ist völlig in ordnung",
            "密码应该很长而且不容易猜到的那种",
            "password of a purple hippo",
            "7f3kq0wz9xmv2lbd",
            "octocat likes 14 fish",
        ] {
            assert!(!is(fine), "{fine}");
        }
    }
}
