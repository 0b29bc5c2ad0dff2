//! `grantd token`.

use grantd_core::token::TokenFormat;
use serde_json::{Value, json};

use crate::place::Place;

/// Two users with a token each and one app with a token of the first.
fn stage() -> (Place, [String; 3]) {
    let place = Place::new();
    place.user("octocat");
    place.user("hubot");
    let app = place.app(&["--client-id", "abcde12345fghij67890"]);
    let server = place.serve(&[]);
    let for_app = json!({
        "client_id": app["client_id"], "client_secret": app["client_secret"], "scopes": ["repo", "user"],
        "note": "of the app", "note_url": "http://example.com", "fingerprint": "laptop",
    });
    let tokens = [
        server.mint("octocat", r#"{"note":"first"}"#),
        server.mint("octocat", &for_app.to_string()),
        server.mint("hubot", r#"{"note":"third"}"#),
    ];
    (place, tokens)
}

fn ids(list: &Value) -> Vec<i64> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|token| token["id"].as_i64().unwrap())
        .collect()
}

#[test]
fn tokens_are_listed_without_themselves() {
    let (place, tokens) = stage();
    let list = place.run(&["token", "list"]);
    for token in &tokens {
        assert!(!list.stdout.contains(token));
    }
    let mut second = list.json()[1].clone();
    assert_eq!(second["token_last_eight"], tokens[1][tokens[1].len() - 8..]);
    assert_eq!(second["hashed_token"].as_str().unwrap().len(), 64);
    for varying in [
        "created_at",
        "updated_at",
        "token_last_eight",
        "hashed_token",
    ] {
        assert!(
            second
                .as_object_mut()
                .unwrap()
                .remove(varying)
                .unwrap()
                .is_string()
        );
    }
    assert_eq!(
        second,
        json!({
            "id": 2, "login": "octocat",
            "app": {"name": "my github app", "url": "http://my-github-app.com", "client_id": "abcde12345fghij67890"},
            "note": "of the app", "note_url": "http://example.com", "scopes": ["repo", "user"],
            "fingerprint": "laptop", "expires_at": null,
        })
    );
    assert_eq!(list.json()[0]["app"], Value::Null);
}

#[test]
fn a_token_is_found_by_anything_that_names_it() {
    let (place, tokens) = stage();
    let all = place.run(&["token", "list"]).json();
    let (hash, last) = (
        all[1]["hashed_token"].as_str().unwrap(),
        all[1]["token_last_eight"].as_str().unwrap(),
    );
    for selector in [
        vec!["2"],
        vec![hash],
        vec![last],
        vec![tokens[1].as_str()],
        vec!["--id", "2"],
        vec!["--hash", hash],
        vec!["--last-eight", last],
        vec!["--app", "abcde12345fghij67890"],
        vec!["--login", "octocat", "--app", "abcde12345fghij67890"],
    ] {
        let args: Vec<&str> = ["token", "show"]
            .into_iter()
            .chain(selector.iter().copied())
            .collect();
        assert_eq!(place.run(&args).json(), all[1], "{selector:?}");
    }
    let shown = place
        .run_with(
            &["token", "show", "--token-stdin"],
            format!("{}\n", tokens[1]),
        )
        .json();
    assert_eq!(shown, all[1]);
    assert_eq!(
        ids(&place.run(&["token", "list", "--login", "OCTOCAT"]).json()),
        [1, 2]
    );
    assert_eq!(
        ids(&place
            .run(&["token", "list", "--login", "hubot", "--id", "2"])
            .json()),
        Vec::<i64>::new()
    );
}

#[test]
fn what_names_no_single_token_is_refused() {
    let (place, _) = stage();
    assert!(
        place
            .run(&["token", "show", "99"])
            .refusal()
            .contains("no token fits")
    );
    assert!(
        place
            .run(&["token", "show", "--login", "octocat"])
            .refusal()
            .contains("2 tokens fit")
    );
    assert!(
        place
            .run(&["token", "show", "--login", "nobody"])
            .refusal()
            .contains("no user")
    );
    assert!(
        place
            .run(&["token", "list", "--app", "nothing"])
            .refusal()
            .contains("no app")
    );
    for command in ["show", "revoke"] {
        assert!(
            place
                .run(&["token", command])
                .refusal()
                .contains("which token?")
        );
    }
    let secret = "ghp_notarealtokenbutasecretallthesame";
    let refused = place.run(&["token", "revoke", secret]);
    assert!(refused.refusal().contains("that is no token") && !refused.stderr.contains(secret));
}

#[test]
fn revoked_tokens_are_dead_at_once() {
    let (place, tokens) = stage();
    let server = place.serve(&[]);
    let status = |token: &str| {
        server
            .call(
                "GET",
                "/user",
                &[&format!("Authorization: token {token}")],
                "",
            )
            .status
    };
    assert_eq!(
        tokens.iter().map(|token| status(token)).collect::<Vec<_>>(),
        [200, 200, 200]
    );
    let revoked = place
        .run_with(&["token", "revoke", "--token-stdin"], &tokens[2])
        .json();
    assert_eq!(ids(&revoked), [3]);
    assert_eq!(status(&tokens[2]), 401);
    assert_eq!(
        ids(&place.run(&["token", "revoke", "--login", "octocat"]).json()),
        [1, 2]
    );
    assert_eq!((status(&tokens[0]), status(&tokens[1])), (401, 401));
    assert!(
        place
            .run(&["token", "revoke", "1"])
            .refusal()
            .contains("no token fits")
    );
    assert_eq!(place.run(&["token", "list"]).json(), json!([]));
}

#[test]
fn an_example_looks_like_a_token_and_is_none() {
    let place = Place::new();
    let mut seen = Vec::new();
    for (kind, prefix) in [("personal", "gtp_"), ("app", "gto_"), ("refresh", "gtr_")] {
        let example = place.run(&["token", "example", "--kind", kind]).stdout;
        let example = example.strip_suffix('\n').unwrap();
        assert!(example.starts_with(prefix), "{example}");
        assert_eq!(example.len(), 40);
        let format = TokenFormat::new("gt", false, true).unwrap();
        assert!(format.parse(example).is_none());
        seen.push(example.to_owned());
    }
    let own = place.run_in(&[("GRANTD_TOKEN_PREFIX", "acme")], &["token", "example"]);
    assert!(own.stdout.starts_with("acmep_"), "{}", own.stdout);
    assert!(!place.path("grantd-data").exists(), "no store was needed");
    place.user("octocat");
    let server = place.serve(&[]);
    for example in seen {
        let header = format!("Authorization: token {example}");
        let answer = server.call("GET", "/api/v3/user", &[&header], "");
        assert_eq!(answer.status, 401);
    }
}

#[test]
fn scanner_rules_are_those_of_the_configured_prefix() {
    let place = Place::new();
    let rules = |format| {
        let args = ["token", "scanner-rules", "--format", format];
        place.run_in(&[("GRANTD_TOKEN_PREFIX", "ACME")], &args)
    };
    let gitleaks = rules("gitleaks").stdout;
    let parsed: toml::Table = gitleaks.parse().unwrap();
    let parsed = parsed["rules"].as_array().unwrap();
    assert_eq!(parsed.len(), 3);
    let first = &parsed[0];
    assert_eq!(first["id"].as_str(), Some("grantd-personal-access-token"));
    assert_eq!(first["regex"].as_str(), Some(r"\bACMEp_[0-9A-Za-z]{36}\b"));
    assert_eq!(first["keywords"][0].as_str(), Some("acmep_"));
    let trufflehog = rules("trufflehog").stdout;
    assert!(trufflehog.starts_with("detectors:\n  - name: grantd-personal-access-token\n"));
    let expression = r"      token: '\bACMEr_[0-9A-Za-z]{36}\b'";
    assert!(trufflehog.lines().any(|line| line == expression));
    let hex = place.run_in(
        &[("GRANTD_PROFILE", "p2")],
        &["token", "scanner-rules", "--format", "gitleaks"],
    );
    assert!(hex.refusal().contains("the hash of any commit"));
    assert!(!place.path("grantd-data").exists());
}

#[test]
fn a_key_set_that_cannot_be_used_stops_the_server_before_it_serves() {
    let place = Place::new();
    let file = place.file("keys.json", "{}");
    for (keys, why) in [
        (file.as_str(), "a key set is"),
        ("/nowhere", "No such file"),
    ] {
        let refused = place.run(&["serve", "--secret-scanning-keys", keys]);
        let line = refused.refusal();
        assert!(
            line.contains("secret_scanning_keys") && line.contains(why),
            "{line}"
        );
    }
    let http = place.run(&["serve", "--secret-scanning-keys", "http://example.com/keys"]);
    assert!(http.misuse().contains("give an https address or a file"));
}
