//! The recorded lengths of bodies: the same records, rebuilt, come out byte for byte as long.

use grantd_core::app::{AppSummary, ClientId};
use grantd_core::authorization::{Authorization, Issued};
use grantd_core::clock::Timestamp;
use grantd_core::fingerprint::Fingerprint;
use grantd_core::grant::Grant;
use grantd_core::ids::{AppId, AuthorizationId, GrantId, UserId};
use grantd_core::note::Note;
use grantd_core::scope::Scopes;
use grantd_core::store::OwnedAuthorization;
use grantd_core::token::TokenFormat;
use grantd_core::user::{Login, User};
use serde::Serialize;
use serde_json::json;

use super::{Record, Wire};
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

/// As curl gets it.
fn curl(value: impl Serialize) -> usize {
    pretty(&serde_json::to_vec(&value).unwrap(), true).len()
}

#[test]
fn a_personal_access_token_is_written_as_recorded() {
    let wire = recorded();
    let note = "n".repeat(45);
    let created = issued(223_759_428, Some(&note), None, "");
    assert_eq!(wire.issued(&created).to_json().len(), 569);
    let for_curl = issued(334_105_717, Some("admin script"), None, "public_repo");
    assert_eq!(pretty(&wire.issued(&for_curl).to_json(), true).len(), 595);
    let created = issued(223_759_428, Some("Note 3d8f"), None, "");
    assert_eq!(
        String::from_utf8(wire.issued(&created).to_json()).unwrap(),
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
    let text = wire.authorization(&launch.value).to_json();
    assert_eq!(pretty(&text, true).len(), 511);
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

/// Whatever people have written, and in every place that may be empty.
#[test]
fn records_written_by_hand_are_what_serde_json_makes_of_their_keys() {
    let mut wire = recorded();
    wire.profile = Profile::P3;
    let name = "a \"name\"\\ of\n\u{1}\u{7f} ü 😀";
    let user = User {
        id: UserId(583_231),
        login: Login::from_stored("octo\"cat".to_owned()),
        email: None,
        email_verified: false,
        site_admin: true,
        two_factor: false,
        suspended_at: None,
        created_at: at("2018-09-30T19:47:18Z"),
        updated_at: at("2018-09-30T19:47:18Z"),
        language: None,
    };
    let of_app = issued(7, Some(name), Some(app(name, "https://a\"b")), "repo gist");
    let mut personal = issued(8, None, None, "");
    personal.value.expires_at = Some(at("2030-01-02T03:04:05Z"));
    personal.value.fingerprint = Fingerprint::from_stored("f\"".to_owned());
    for Issued { value, token } in [of_app, personal] {
        let app = wire.app_of(&value);
        let below = |rest: &str| format!("https://api.github.com/users/octo\"cat{rest}");
        let mut expected = json!({
            "id": value.id.0, "url": format!("https://api.github.com/authorizations/{}", value.id),
            "app": { "name": app.name, "url": app.url, "client_id": app.client_id },
            "token": token.expose(), "hashed_token": value.token_hash.shown(),
            "token_last_eight": value.token_last_eight.0,
            "note": value.note.as_ref().map(Note::as_str), "note_url": null,
            "created_at": value.created_at, "updated_at": value.updated_at,
            "scopes": value.scopes, "fingerprint": value.fingerprint.get(), "expires_at": value.expires_at,
            "user": {
                "login": "octo\"cat", "id": 583_231, "node_id": "MDQ6VXNlcjU4MzIzMQ==",
                "avatar_url": "https://github.com/avatars/u/583231", "gravatar_id": "", "url": below(""),
                "html_url": "https://github.com/octo\"cat", "followers_url": below("/followers"),
                "following_url": below("/following{/other_user}"), "gists_url": below("/gists{/gist_id}"),
                "starred_url": below("/starred{/owner}{/repo}"), "subscriptions_url": below("/subscriptions"),
                "organizations_url": below("/orgs"), "repos_url": below("/repos"),
                "events_url": below("/events{/privacy}"), "received_events_url": below("/received_events"),
                "type": "User", "site_admin": true,
            },
        });
        let owned = OwnedAuthorization {
            authorization: value,
            user: user.clone(),
        };
        let issued = Issued {
            value: owned,
            token,
        };
        let text = |json: Vec<u8>| String::from_utf8(json).unwrap();
        let record = wire.issued_with_user(&issued);
        assert_eq!(text(record.to_json()), expected.to_string());
        // A list shows neither token nor owner.
        expected["token"] = "".into();
        expected.as_object_mut().unwrap().remove("user");
        let record = wire.authorization(&issued.value.authorization);
        let two = Record::list_to_json([record, record].into_iter());
        assert_eq!(text(two), json!([expected, expected]).to_string());
    }
    assert_eq!(Record::list_to_json([].into_iter()), b"[]");
}
