//! Ten thousand rows: how many calls they take, and what is said meanwhile.

use rusqlite::Connection;
use serde_json::json;

use super::{AUTHORIZATIONS, rows, run};
use crate::place::Place;

/// Tokens of three apps and one of nobody's, 10,000 together.
fn fill(place: &Place) {
    let file = place.path("grantd-data/grantd.db");
    let connection = Connection::open(file).unwrap();
    connection
        .execute_batch(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2499)
             INSERT INTO authorizations (user_id, app_id, grant_id, hash_prefix, token_hash, token_last_eight,
               note, scopes, scope_set, fingerprint, created_at, updated_at)
             SELECT user_id, app_id, grant_id, i, randomblob(32), 'abcdefgh', note, scopes, scope_set,
               'copy ' || i, created_at, updated_at
             FROM authorizations, n",
        )
        .unwrap();
}

#[test]
fn ten_thousand_rows_take_a_hundred_calls_and_one_line() {
    let place = Place::new();
    place.user("octocat");
    let secrets: Vec<(String, String)> = (0..3)
        .map(|number| {
            let name = format!("app {number}");
            let args = [
                "app",
                "create",
                &name,
                "--owner",
                "octocat",
                "--url",
                "http://example.com",
            ];
            let made = place
                .run(&[args.as_slice(), &["--callback-url", "http://example.com/"]].concat())
                .json();
            let text = |key: &str| made[key].as_str().unwrap().to_owned();
            (text("client_id"), text("client_secret"))
        })
        .collect();
    let server = place.serve(&[]);
    for (id, secret) in &secrets {
        server.mint(
            "octocat",
            &json!({ "client_id": id, "client_secret": secret, "note": "n" }).to_string(),
        );
    }
    server.mint("octocat", r#"{"note":"personal"}"#);
    server.stop();
    fill(&place);
    let server = place.serve(&["--metrics-listen", "127.0.0.1:0"]);
    let statement = format!(
        "SELECT app->>'name' AS app, count(*) AS tokens FROM {AUTHORIZATIONS} GROUP BY app->>'name' ORDER BY 1"
    );
    let outcome = run(
        &place,
        &server,
        "octocat",
        &["--progress", "--output", "json"],
        &statement,
    );
    let expected = ["app 0", "app 1", "app 2", "personal"];
    assert_eq!(
        rows(&outcome),
        expected.map(|app| json!({ "app": app, "tokens": 2_500 }))
    );
    assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
    assert!(
        outcome
            .stderr
            .starts_with("list_authorizations: 10,000 rows in "),
        "{}",
        outcome.stderr
    );
    assert_eq!(calls(&server), 100);
    let quiet = run(
        &place,
        &server,
        "octocat",
        &["--output", "json"],
        &statement,
    );
    assert_eq!((quiet.stdout, quiet.stderr.as_str()), (outcome.stdout, ""));
}

/// How often the list was called.
fn calls(server: &crate::web::Server) -> u64 {
    let text = crate::watching::metrics_of(server);
    let named = |line: &&str| {
        line.starts_with("grantd_request_duration_seconds_count")
            && line.contains("\"oauth-authorizations/list-authorizations\"")
    };
    text.lines()
        .filter(named)
        .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
        .sum()
}
