//! `grantd policy`, `grantd token rotate`, `grantd explain`.

use serde_json::{Value, json};

use crate::place::Place;

/// A user with an endless token and one that ends.
fn stage() -> (Place, [String; 2]) {
    let place = Place::new();
    place.user("octocat");
    let endless = place.serve(&[]).mint("octocat", r#"{"note":"endless"}"#);
    let server = place.serve(&["--token-lifetime-default-days", "5"]);
    let ending = server.mint("octocat", r#"{"note":"ending"}"#);
    drop(server);
    (place, [endless, ending])
}

fn lines(text: &str) -> Vec<Value> {
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

#[test]
fn a_policy_tells_whom_it_would_hit_and_then_hits_them() {
    let (place, tokens) = stage();
    let none = place.run(&["policy", "check"]);
    assert!(none.refusal().contains("there is no policy"));
    let check = ["policy", "check", "--dry-run", "--max-days", "30"];
    let checked = place.run(&check);
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    let hits = lines(&checked.stdout);
    assert_eq!(hits.len(), 1, "{}", checked.stdout);
    assert_eq!(hits[0]["login"], "octocat");
    assert_eq!(hits[0]["note"], "endless");
    assert_eq!(hits[0]["reason"], "maximum");
    assert_eq!(hits[0]["expires_at"], Value::Null);
    assert_eq!(
        hits[0]["token_last_eight"],
        tokens[0][tokens[0].len() - 8..]
    );
    assert!(checked.stderr.contains("the policy hits 1 token"));
    let dry = place.run(&["policy", "apply", "--dry-run", "--max-days", "30"]);
    assert_eq!(lines(&dry.stdout).len(), 1);
    let variables = [("GRANTD_TOKEN_LIFETIME_MAX_DAYS", "30")];
    let applied = place.run_in(&variables, &["policy", "apply"]).json();
    assert_eq!(applied, json!({ "shortened": 1, "deleted": 0 }));
    assert_eq!(lines(&place.run(&check).stdout), Vec::<Value>::new());
    let shown = place.run(&["token", "show", "1"]).json();
    assert_eq!(shown["expires_at"], hits[0]["ends_at"]);
    let misuse = place.run(&["policy", "check", "--max-days", "0"]);
    assert!(misuse.misuse().contains("--max-days"));
}

#[test]
fn a_token_is_rotated_and_the_old_one_goes_on() {
    let (place, tokens) = stage();
    let rotated = place
        .run(&["token", "rotate", "2", "--overlap", "2h"])
        .json();
    let fresh = rotated["token"].as_str().unwrap();
    assert_eq!(
        (&rotated["id"], &rotated["old"]["id"]),
        (&json!(2), &json!(3))
    );
    assert_ne!(fresh, tokens[1]);
    let server = place.serve(&[]);
    for token in [fresh, &tokens[1]] {
        let header = format!("Authorization: token {token}");
        let user = server.call("GET", "/user", &[&header], "");
        assert_eq!(user.status, 200);
        let end = user.head.to_lowercase();
        assert!(
            end.contains("github-authentication-token-expiration: "),
            "{end}"
        );
    }
    let gone = place.run(&["token", "rotate", "99"]);
    assert!(gone.refusal().contains("no token fits"));
    for bad in ["31d", "1w", "x", "5"] {
        let misuse = place.run(&["token", "rotate", "1", "--overlap", bad]);
        assert!(misuse.misuse().contains("--overlap"), "{bad}");
    }
}

#[test]
fn a_token_is_explained_by_whatever_names_it() {
    let (place, tokens) = stage();
    let explained = |which: &[&str], stdin: &str| {
        let args = [&["explain", "--json"][..], which].concat();
        place.run_with(&args, stdin)
    };
    let by_id = explained(&["1"], "").json();
    assert_eq!(by_id["valid"], true);
    assert_eq!(by_id["decided_by"], Value::Null);
    assert_eq!(by_id["made"]["action"], "oauth_access.create");
    assert_eq!(by_id["made"]["actor_login"], "octocat");
    let hash = by_id["token"]["hashed_token"].as_str().unwrap().to_owned();
    let terms: Vec<_> = by_id["terms"]
        .as_array()
        .unwrap()
        .iter()
        .map(|term| &term["name"])
        .collect();
    assert_eq!(
        terms,
        [
            "not_revoked",
            "not_expired",
            "app_active",
            "grant_alive",
            "owner_active"
        ]
    );
    let by_stdin = explained(&["-"], &format!("{}\n", tokens[0]));
    assert!(!by_stdin.stderr.contains("warning"));
    let by_argument = explained(&[tokens[0].as_str()], "");
    assert!(
        by_argument
            .stderr
            .contains("warning: a token on the command line")
    );
    let by_last_eight = explained(&[&tokens[0][tokens[0].len() - 8..]], "");
    for other in [
        by_stdin,
        by_argument,
        explained(&[hash.as_str()], ""),
        by_last_eight,
    ] {
        let mut other = other.json();
        other["at"] = by_id["at"].clone();
        assert_eq!(other, by_id);
        assert!(!other.to_string().contains(&tokens[0]));
    }
    let before = explained(&["1", "--at", "2020-01-01T00:00:00Z"], "").json();
    assert_eq!(
        (&before["valid"], &before["decided_by"]),
        (&json!(false), &json!("not_revoked"))
    );
    let revoked = place.run(&["token", "revoke", "1"]);
    assert_eq!(revoked.code, 0);
    let gone = explained(&[hash.as_str()], "").json();
    assert_eq!(gone["decided_by"], "not_revoked");
    assert_eq!(gone["ended"]["action"], "oauth_access.revoke");
    assert_eq!(gone["ended"]["actor"], "operator");
    assert_eq!(gone["token"], Value::Null);
    let words = place.run(&["explain", &hash]);
    assert!(
        words
            .stdout
            .contains("not valid: not_revoked does not hold"),
        "{}",
        words.stdout
    );
    let nonsense = explained(&["-"], "no token\n");
    assert!(!nonsense.refusal().contains("no token\n"));
}

#[test]
fn a_shared_secret_is_not_printed() {
    let place = Place::new();
    let variables = [
        ("GRANTD_NOTICE_WEBHOOK_SECRET", "between-us-both"),
        ("GRANTD_NOTICE_WEBHOOK_URL", "https://hooks.example"),
    ];
    let checked = place.run_in(&variables, &["config", "check"]);
    assert!(!checked.stdout.contains("between-us-both"));
    assert_eq!(
        checked.json()["settings"]["notice_webhook_secret"]["value"],
        "***"
    );
    let wrong = [
        ("GRANTD_TOKEN_LIFETIME_DEFAULT_DAYS", "9"),
        ("GRANTD_TOKEN_LIFETIME_MAX_DAYS", "8"),
    ];
    let refused = place.run_in(&wrong, &["config", "check"]);
    assert!(
        refused
            .stderr
            .contains("token_lifetime_default_days (9) is more than")
    );
}
