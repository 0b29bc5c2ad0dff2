//! What a dev server tells people at its start: the commands of the
//! documentation with the default seed's values, ready to paste, or else who
//! and what is there. Owns the words; must not make anything.

use std::fmt::Write as _;

use grantd_core::clock::Timestamp;
use url::Url;

use super::plant::{Planted, PlantedToken};

/// What is printed for the default seed; the names between `@` stand for values.
const SCRIPT: &str = include_str!("script.sh");

/// The commands to try on the default seed. `None` where the seed is not that one after all.
pub(super) fn commands(planted: &Planted, url: &Url, now: Timestamp) -> Option<String> {
    let (app, factor) = (planted.apps.first()?, planted.users.get(1)?);
    let octocat = planted.users.first()?;
    let noted = |note: &str| {
        let is_it = |token: &&PlantedToken| token.note.as_deref() == Some(note);
        planted.tokens.iter().find(is_it)
    };
    let (personal, checked) = (noted("demo token")?, noted("to check")?);
    let site = url.as_str().trim_end_matches('/');
    let values = [
        ("@API@", format!("{site}/api/v3")),
        ("@DEV@", format!("{site}{}", super::control::PREFIX)),
        ("@PASSWORD@", octocat.password.clone()),
        ("@CLIENT_ID@", app.client_id.clone()),
        ("@CLIENT_SECRET@", app.client_secret.clone()?),
        ("@TOTP_SECRET@", factor.otp_secret.clone()?),
        ("@OTPAUTH_URL@", factor.otpauth_url.clone()?),
        ("@CODE@", factor.code(now)?),
        ("@ID@", personal.id.to_string()),
        ("@GRANT_ID@", checked.grant_id?.to_string()),
        ("@TOKEN@", personal.token.clone()),
        ("@CHECKED@", checked.token.clone()),
        ("@RESET@", noted("to reset")?.token.clone()),
        ("@REVOKED@", noted("to revoke")?.token.clone()),
        ("@GRANTED@", noted("to revoke the grant of")?.token.clone()),
    ];
    let fill = |script: String, (name, value): (&str, String)| script.replace(name, &value);
    Some(values.into_iter().fold(SCRIPT.to_owned(), fill))
}

/// Who and what is there, for people.
pub(super) fn overview(planted: &Planted, url: &Url) -> String {
    let site = url.as_str().trim_end_matches('/');
    let mut text = format!(
        "API       {site}/api/v3\ncontrol   {site}{}\n",
        super::control::PREFIX
    );
    // Writing to a text does not fail.
    for user in &planted.users {
        let _ = writeln!(
            text,
            "user      {}  password: {}",
            user.login, user.password
        );
        if let Some(secret) = &user.otp_secret {
            let _ = writeln!(text, "          TOTP secret: {secret}");
        }
    }
    for app in &planted.apps {
        let secret = app.client_secret.as_deref().unwrap_or("none");
        let id = &app.client_id;
        let _ = writeln!(text, "app       {}  id: {id}  secret: {secret}", app.name);
    }
    for token in &planted.tokens {
        let note = token.note.as_deref().unwrap_or("-");
        let _ = writeln!(text, "token     {}  of {}: {note}", token.token, token.user);
    }
    text
}
