//! `grantd serve`.

use std::time::{Duration, Instant};

use grantd_core::ids::{AuthorizationId, UserId};
use grantd_core::last_used::AddressClass;
use grantd_core::store::{Upkeep, UseStore};
use grantd_store::{Options, SqliteStore};

use crate::place::{PASSWORD, Place};
use crate::web::basic;

#[test]
fn it_says_when_it_is_ready_and_ends_when_told() {
    let place = Place::new();
    let server = place.serve(&[]);
    assert!(
        server
            .ready_line
            .contains("or make one here: grantd --data ./grantd-data user create")
    );
    assert!(server.ready_line.ends_with("(data ./grantd-data)"));
    assert_eq!(server.call("GET", "/healthz", &[], "").status, 200);
    assert_eq!(server.call("GET", "/readyz", &[], "").status, 200);
    assert_eq!(server.call("GET", "/livez", &[], "").status, 200);
    server.signal("HUP");
    assert_eq!(
        server.call("GET", "/healthz", &[], "").status,
        200,
        "SIGHUP ends nothing"
    );
    let started = Instant::now();
    server.stop();
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn the_setup_link_is_the_same_until_there_is_a_user() {
    let place = Place::new();
    let link = |server: &crate::web::Server| {
        let line = server.ready_line.split_once("/setup/");
        line.map(|(_, rest)| rest.chars().take(43).collect::<String>())
    };
    let server = place.serve(&[]);
    let first = link(&server).unwrap();
    server.stop();
    let server = place.serve(&[]);
    assert_eq!(link(&server), Some(first));
    server.stop();
    place.user("octocat");
    assert_eq!(link(&place.serve(&[])), None);
}

#[test]
fn commands_work_while_it_runs() {
    let place = Place::new();
    place.user("octocat");
    let server = place.serve(&[]);
    let user = basic("octocat", PASSWORD);
    assert_eq!(
        server
            .call("GET", "/api/v3/authorizations", &[&user], "")
            .status,
        200
    );
    place.user("hubot");
    assert_eq!(
        server
            .call(
                "GET",
                "/api/v3/authorizations",
                &[&basic("hubot", PASSWORD)],
                ""
            )
            .status,
        200
    );
    place.run(&["user", "suspend", "octocat"]).json();
    assert_eq!(
        server
            .call("GET", "/api/v3/authorizations", &[&user], "")
            .status,
        403
    );
    place.run(&["user", "unsuspend", "octocat"]).json();
    place
        .run_with(
            &["user", "set-password", "octocat", "--password-stdin"],
            "a quite different one",
        )
        .json();
    assert_eq!(
        server
            .call("GET", "/api/v3/authorizations", &[&user], "")
            .status,
        401
    );
    let user = basic("octocat", "a quite different one");
    assert_eq!(
        server
            .call("GET", "/api/v3/authorizations", &[&user], "")
            .status,
        200
    );
}

#[test]
fn any_password_that_can_be_typed_signs_in() {
    let place = Place::new();
    for (number, (given, password)) in [
        (" spaces around \n", " spaces around "),
        ("pässwörd ✓ 密码\n", "pässwörd ✓ 密码"),
        ("two\nlines\n", "two\nlines"),
        ("one newline stays\n\n", "one newline stays\n"),
        ("carriage return\r\n", "carriage return"),
        ("colon:and:colons", "colon:and:colons"),
    ]
    .into_iter()
    .enumerate()
    {
        let login = format!("user-{number}");
        place
            .run_with(&["user", "create", &login, "--password-stdin"], given)
            .json();
        let server = place.serve(&[]);
        let answer = server.call(
            "GET",
            "/api/v3/authorizations",
            &[&basic(&login, password)],
            "",
        );
        assert_eq!(answer.status, 200, "{given:?}");
    }
}

#[test]
fn every_url_derives_from_the_public_url() {
    let place = Place::new();
    place.user("octocat");
    let server = place.serve(&["--public-url", "https://github.example.com/"]);
    assert!(
        server
            .ready_line
            .ends_with(", public URL https://github.example.com)"),
        "{}",
        server.ready_line
    );
    let body = r#"{"note":"a"}"#;
    let answer = server.call(
        "POST",
        "/authorizations",
        &[&basic("octocat", PASSWORD)],
        body,
    );
    assert_eq!(
        answer.json()["url"],
        "https://github.example.com/api/v3/authorizations/1"
    );
    let server = place.serve(&[]);
    let answer = server.call(
        "GET",
        "/authorizations/1",
        &[&basic("octocat", PASSWORD)],
        "",
    );
    assert_eq!(
        answer.json()["url"],
        format!("http://{}/api/v3/authorizations/1", server.address)
    );
}

#[test]
fn settings_reach_the_server() {
    let place = Place::new();
    place.user("octocat");
    let user = basic("octocat", PASSWORD);
    let removed = place.serve(&["--removed-at", "2020-11-13T16:00:00Z"]);
    assert_eq!(
        removed.call("GET", "/authorizations", &[&user], "").status,
        404
    );
    let token = place
        .serve(&["--profile", "p2"])
        .mint("octocat", r#"{"note":"a"}"#);
    assert!(token.len() == 40 && token.bytes().all(|b| b.is_ascii_hexdigit()));
    let token = place
        .serve(&["--token-prefix", "gh"])
        .mint("octocat", r#"{"note":"b"}"#);
    assert!(token.starts_with("ghp_"));
    let announced = place
        .serve(&["--deprecation"])
        .call("GET", "/authorizations", &[&user], "");
    assert!(
        announced.head.to_lowercase().contains("\r\ndeprecation: "),
        "{}",
        announced.head
    );
    let scopes = place.file(
        "grantd.toml",
        "[scopes.\"deploy:prod\"]\nwords = \"Deploy\"",
    );
    place
        .serve(&["--config", &scopes])
        .mint("octocat", r#"{"note":"c","scopes":["deploy:prod"]}"#);
}

#[test]
fn a_taken_address_is_refused_with_advice() {
    let place = Place::new();
    let server = place.serve(&[]);
    let second = place.run(&["serve", "--listen", &server.address, "--log", "off"]);
    assert!(second.refusal().contains("--listen"), "{}", second.stderr);
}

#[test]
fn a_missing_certificate_is_told_of_before_anything_is_ready() {
    let place = Place::new();
    let args = [
        "serve",
        "--listen",
        "localhost:0",
        "--tls-cert",
        "cert.pem",
        "--tls-key",
        "key.pem",
    ];
    assert!(
        place
            .run(&args)
            .refusal()
            .contains("cannot use the certificate: cert.pem")
    );
    assert!(
        place
            .run(&args[..5])
            .refusal()
            .contains("tls_cert and tls_key go together")
    );
}

#[test]
fn log_lines_are_json_where_wished_and_hold_no_secret() {
    let place = Place::new();
    place.user("octocat");
    let server = place.serve(&["--log-format", "json", "--log", "trace"]);
    let token = server.mint("octocat", r#"{"note":"a"}"#);
    server.call(
        "GET",
        "/user",
        &[&format!("Authorization: token {token}")],
        "",
    );
    let stderr = server.stop();
    assert!(!stderr.is_empty());
    for line in stderr.lines() {
        assert!(
            serde_json::from_str::<serde_json::Value>(line).is_ok(),
            "{line}"
        );
        assert!(!line.contains(&token) && !line.contains(PASSWORD), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_last_use_is_kept_when_the_server_ends() {
    let place = Place::new();
    place.user("octocat");
    let server = place.serve(&["--last-used-address-class"]);
    let user = basic("octocat", PASSWORD);
    let path = "/api/v3/authorizations";
    let made = server.call("POST", path, &[&user], r#"{"note":"laptop"}"#);
    assert_eq!(made.status, 201);
    let made: serde_json::Value = serde_json::from_str(&made.body).unwrap();
    let token = format!("authorization: token {}", made["token"].as_str().unwrap());
    let answer = server.call("GET", "/api/v3/user", &[&token], "");
    assert_eq!(answer.status, 200);
    server.stop();
    let file = place.path("grantd-data/grantd.db");
    let store = SqliteStore::open(&file, Options::default()).unwrap();
    let id = AuthorizationId(made["id"].as_i64().unwrap());
    let kept = store.find_personal_token(UserId(1), id).await.unwrap();
    let last = kept.unwrap().last_use.expect("it was told");
    assert_eq!(last.from, Some(AddressClass::Loopback));
    store.close().await;
}
