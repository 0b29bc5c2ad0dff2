//! The recorded lengths of bodies: the same records, rebuilt, come out byte for byte as long.

use grantd_core::app::{AppSummary, ClientId};
use grantd_core::authorization::{Authorization, Issued};
use grantd_core::clock::Timestamp;
use grantd_core::fingerprint::Fingerprint;
use grantd_core::grant::Grant;
use grantd_core::ids::{AppId, AuthorizationId, GrantId, UserId};
use grantd_core::note::Note;
use grantd_core::scope::Scopes;
use grantd_core::token::TokenFormat;
use serde::Serialize;

use super::Wire;
use crate::pretty::pretty;
use crate::settings::{Profile, Settings};

fn recorded() -> Wire {
    let mut settings = Settings::new("https://github.com".parse().unwrap());
    settings.profile = Profile::P2;
    settings.api_url = Some("https://api.github.com".parse().unwrap());
    Wire::new(&settings)
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn app(name: &str, url: &str) -> AppSummary {
    AppSummary {
        id: AppId(1),
        name: name.to_owned(),
        url: url.to_owned(),
        client_id: ClientId::parse("f244293c729d5066cf27").unwrap(),
        updated_at: at("2018-01-01T00:00:00Z"),
    }
}

/// A personal access token, or with `app` one of that app.
fn issued(
    id: i64,
    note: Option<&str>,
    app: Option<AppSummary>,
    scopes: &str,
) -> Issued<Authorization> {
    let tokens = TokenFormat::new("gt", true, true).unwrap();
    let token = tokens
        .parse("eef705f503b4053517ac55a99206feece1e48fab")
        .unwrap();
    let value = Authorization {
        id: AuthorizationId(id),
        user_id: UserId(1),
        app,
        token_hash: token.hash(),
        token_last_eight: token.last_eight(),
        note: note.map(|note| Note::parse(note.to_owned()).unwrap()),
        note_url: None,
        scopes: Scopes::from_stored(scopes),
        fingerprint: Fingerprint::default(),
        created_at: at("2018-09-30T19:47:18Z"),
        updated_at: at("2018-09-30T19:47:18Z"),
        expires_at: None,
    };
    Issued { value, token }
}

fn compact(value: impl Serialize) -> usize {
    serde_json::to_vec(&value).unwrap().len()
}

/// As curl gets it.
fn curl(value: impl Serialize) -> usize {
    pretty(&serde_json::to_vec(&value).unwrap(), true).len()
}

#[test]
fn a_personal_access_token_is_written_as_recorded() {
    let wire = recorded();
    let note = "n".repeat(45);
    let created = issued(223_759_428, Some(&note), None, "");
    assert_eq!(compact(wire.issued(&created)), 569);
    let for_curl = issued(334_105_717, Some("admin script"), None, "public_repo");
    assert_eq!(curl(wire.issued(&for_curl)), 595);
    let text =
        serde_json::to_string(&wire.issued(&issued(223_759_428, Some("Note 3d8f"), None, "")))
            .unwrap();
    assert_eq!(
        text,
        r#"{"id":223759428,"url":"https://api.github.com/authorizations/223759428","app":{"name":"Note 3d8f","url":"https://developer.github.com/v3/oauth_authorizations/","client_id":"00000000000000000000"},"token":"eef705f503b4053517ac55a99206feece1e48fab","hashed_token":"f41b865a3aa1ec9af88fcfaee7770f02953eaf1039a8d817fe098312fa1a57eb","token_last_eight":"e1e48fab","note":"Note 3d8f","note_url":null,"created_at":"2018-09-30T19:47:18Z","updated_at":"2018-09-30T19:47:18Z","scopes":[],"fingerprint":null}"#
    );
}

#[test]
fn an_apps_authorization_is_written_as_recorded() {
    let wire = recorded();
    let launch = issued(
        331_569_766,
        None,
        Some(app("GitHub Launch", "https://github.com/github")),
        "repo",
    );
    assert_eq!(curl(wire.authorization(&launch.value)), 511);
}

#[test]
fn a_grant_is_written_as_recorded() {
    let wire = recorded();
    let grant = Grant {
        id: GrantId(104_777_119),
        user_id: UserId(1),
        app: app("Travis CI for Open Source", "https://travis-ci.org"),
        scopes: Scopes::from_stored(
            "read:org repo:status repo_deployment user:email write:repo_hook",
        ),
        created_at: at("2019-08-20T03:27:46Z"),
        updated_at: at("2019-08-20T03:27:46Z"),
    };
    assert_eq!(curl(wire.grant(&grant)), 417);
    assert_eq!(curl([wire.grant(&grant)]), 457);
}
