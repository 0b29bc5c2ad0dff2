//! `grantd token`.

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
