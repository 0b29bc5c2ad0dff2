//! What else can be said, by whom, and in which forms it comes out.

use serde_json::json;

use super::{AUTHORIZATIONS, CLIENT_ID, CLIENT_SECRET, Demo, rows, run};
use crate::place::{PASSWORD, Place};

#[test]
fn select_is_sql() {
    let demo = Demo::start();
    let counted = demo.rows(&format!(
        "SELECT app->>'name' AS app, count(*) AS tokens FROM {AUTHORIZATIONS} GROUP BY 1 ORDER BY 2 DESC"
    ));
    assert_eq!(counted[0], json!({ "app": "my github app", "tokens": 3 }));
    let scopes = demo.rows(&format!(
        "WITH mine AS (SELECT * FROM {AUTHORIZATIONS} a WHERE a.id > 1)
         SELECT s.value AS scope, count(*) AS n FROM mine, json_each(mine.scopes) s GROUP BY 1 HAVING n > 1"
    ));
    assert_eq!(scopes, [json!({ "scope": "repo", "n": 3 })]);
    let newest = demo.rows(&format!(
        "SELECT {AUTHORIZATIONS}.id FROM {AUTHORIZATIONS} WHERE id = (SELECT max(id) FROM {AUTHORIZATIONS})"
    ));
    assert_eq!(newest.len(), 1);
    let pairs = demo.rows(&format!(
        "SELECT a.id, b.id FROM {AUTHORIZATIONS} a LEFT JOIN {AUTHORIZATIONS} b \
         ON b.authorization_id = a.id AND b.note LIKE 'demo%' ORDER BY a.id LIMIT 2"
    ));
    assert_eq!(
        pairs,
        [
            json!({ "id": 1, "id_2": 1 }),
            json!({ "id": 2, "id_2": null })
        ]
    );
    let star = demo.rows(&format!(
        "SELECT *, 1 AS one FROM {AUTHORIZATIONS} JOIN (SELECT 7 AS seven) s LIMIT 1"
    ));
    assert_eq!(star[0].as_object().unwrap().len(), 17);
}

#[test]
fn results_are_tables_json_or_csv() {
    let demo = Demo::start();
    let statement =
        format!("SELECT id, note, note_url, scopes FROM {AUTHORIZATIONS} WHERE id < 3 ORDER BY id");
    let table = demo.run(&[], &statement);
    let expected = "\
| id | note       | note_url | scopes   |
|----|------------|----------|----------|
| 1  | demo token | null     | [\"user\"] |
| 2  | to check   | null     | [\"repo\"] |
";
    assert_eq!(table.stdout, expected);
    let csv = demo.run(&["--output", "csv"], &statement);
    assert_eq!(
        csv.stdout,
        "id,note,note_url,scopes\n1,demo token,,\"[\"\"user\"\"]\"\n2,to check,,\"[\"\"repo\"\"]\"\n"
    );
    let json = demo.rows(&statement);
    assert_eq!(
        json[1],
        json!({ "id": 2, "note": "to check", "note_url": null, "scopes": ["repo"] })
    );
}

#[test]
fn statements_come_as_an_argument_a_file_or_standard_input() {
    let demo = Demo::start();
    let file = demo.place.file(
        "statements.sql",
        "-- two; of them\nSELECT 1 AS a;\nSELECT ';' AS b",
    );
    let url = format!("http://{}/api/v3", demo.server.address);
    let from_file = demo
        .place
        .run(&["sql", "--url", &url, "--output", "csv", "--file", &file]);
    assert_eq!(from_file.stdout, "a\n1\nb\n;\n");
    let from_stdin = demo
        .place
        .run_with(&["sql", "--output", "csv"], "SELECT 2 AS c; ");
    assert_eq!(from_stdin.stdout, "c\n2\n");
    let taken = demo.place.run_with(&["sql", "--token-stdin"], "x");
    assert!(
        taken
            .refusal()
            .contains("give the statements as an argument or with --file")
    );
    let missing = demo.place.run(&["sql", "--file", "nowhere.sql"]);
    assert!(missing.refusal().contains("cannot read nowhere.sql"));
    let stopped = demo.place.run(&[
        "sql",
        "--output",
        "csv",
        "SELECT 1 AS a; SELECT x; SELECT 2 AS b",
    ]);
    assert_eq!((stopped.code, stopped.stdout.as_str()), (1, "a\n1\n"));
}

#[test]
fn a_second_factor_is_given_as_a_code() {
    let place = Place::new();
    let script = place.path("script");
    let server = place.serve_into(&["--demo"], &script);
    let script = std::fs::read_to_string(script).unwrap();
    let (_, rest) = script.split_once("\"X-GitHub-OTP: ").unwrap();
    let code = &rest[..6];
    let statement = format!("SELECT count(*) AS n FROM {AUTHORIZATIONS}");
    let outcome = run(
        &place,
        &server,
        "monalisa",
        &["--otp", code, "--output", "json"],
        &statement,
    );
    assert_eq!(rows(&outcome), [json!({ "n": 1 })]);
}

#[test]
fn an_app_checks_resets_and_revokes_its_tokens() {
    let demo = Demo::start();
    let made = demo.rows(&format!(
        "INSERT INTO {AUTHORIZATIONS} (data__client_id, data__client_secret, data__fingerprint) \
         VALUES ('{CLIENT_ID}', '{CLIENT_SECRET}', 'sql') RETURNING token"
    ));
    let token = made[0]["token"].as_str().unwrap();
    let url = format!("http://{}/api/v3", demo.server.address);
    let param = format!("token={token}");
    let app = |statement: &str| {
        let args = [
            "sql",
            "--url",
            &url,
            "--app",
            CLIENT_ID,
            "--secret-stdin",
            "--output",
            "json",
            "--param",
            &param,
            statement,
        ];
        demo.place.run_with(&args, CLIENT_SECRET)
    };
    let which = format!("client_id = '{CLIENT_ID}' AND data__access_token = :token");
    let checked = rows(&app(&format!(
        "SELECT user->>'login' AS login, fingerprint FROM github.apps.tokens WHERE {which}"
    )));
    assert_eq!(
        checked,
        [json!({ "login": "octocat", "fingerprint": "sql" })]
    );
    let reset = rows(&app(&format!(
        "EXEC github.apps.tokens.reset_token @client_id = '{CLIENT_ID}', @data__access_token = :token"
    )));
    assert_ne!(reset[0]["token"], token);
    assert_eq!(
        rows(&app(&format!(
            "SELECT id FROM github.apps.tokens WHERE {which}"
        )))
        .len(),
        0
    );
    let gone = app(&format!("DELETE FROM github.apps.tokens WHERE {which}"));
    assert!(gone.stderr.contains("404 Not Found"), "{}", gone.stderr);
}

#[test]
fn site_admins_reach_users_tokens_and_apps() {
    let place = Place::new();
    place.user("octocat");
    let admin = [
        "user",
        "create",
        "admin",
        "--site-admin",
        "--password-stdin",
    ];
    place.run_with(&admin, format!("{PASSWORD}\n")).json();
    place.app(&[]);
    let server = place.serve(&[]);
    server.mint("octocat", r#"{"note":"laptop","scopes":["repo"]}"#);
    let all = |statement: &str| {
        rows(&run(
            &place,
            &server,
            "admin",
            &["--output", "json"],
            statement,
        ))
    };
    let tokens = all("SELECT id, note FROM github.enterprise_admin.personal_access_tokens");
    assert_eq!(tokens, [json!({ "id": 1, "note": "laptop" })]);
    let made = all(
        "INSERT INTO github.enterprise_admin.users (data__login, data__email) \
                    VALUES ('hubot', 'hubot@example.com') RETURNING login",
    );
    assert_eq!(made, [json!({ "login": "hubot" })]);
    let users = all(
        "SELECT login, site_admin FROM github.enterprise_admin.users \
                     WHERE username IN ('hubot', 'admin', 'nobody') ORDER BY login",
    );
    assert_eq!(
        users,
        [
            json!({ "login": "admin", "site_admin": true }),
            json!({ "login": "hubot", "site_admin": false })
        ]
    );
    let apps = all(
        "SELECT client_id, name, owner->>'login' AS owner, public FROM github.grantd.applications",
    );
    assert_eq!(
        (&apps[0]["name"], &apps[0]["owner"]),
        (&json!("my github app"), &json!("octocat"))
    );
    assert_eq!(apps[0]["public"], false);
    let owners = all("SELECT a.name, u.login FROM github.grantd.applications a \
                      JOIN github.users.users u ON u.username = a.owner->>'login' OR 1");
    assert_eq!(
        owners,
        [json!({ "name": "my github app", "login": "admin" })]
    );
    let done = run(
        &place,
        &server,
        "admin",
        &[],
        "EXEC github.enterprise_admin.users.suspend_user @username = 'hubot', @data__reason = 'test'",
    );
    assert_eq!(
        (done.code, done.stderr.as_str()),
        (0, "suspend_user: done\n")
    );
    let refused = run(
        &place,
        &server,
        "octocat",
        &[],
        "SELECT * FROM github.grantd.applications",
    );
    assert!(
        refused.refusal().contains("403 Forbidden"),
        "{}",
        refused.stderr
    );
    let deleted = run(
        &place,
        &server,
        "admin",
        &[],
        "DELETE FROM github.enterprise_admin.users WHERE username = 'hubot'",
    );
    assert_eq!(deleted.stderr, "1 deleted\n");
}

#[test]
fn stackql_gets_its_documents() {
    let place = Place::new();
    let written = place.run(&[
        "stackql-provider",
        "registry",
        "--url",
        "https://example.com/api/v3",
    ]);
    assert_eq!(written.code, 0, "{}", written.stderr);
    let files: Vec<&str> = written.stdout.lines().collect();
    assert_eq!(files[0], "registry/src/github/v00.00.00000/provider.yaml");
    assert_eq!(files.len(), 6);
    for file in &files {
        let text = std::fs::read_to_string(place.path(file)).unwrap();
        assert!(
            serde_json::from_str::<serde_json::Value>(&text).is_ok() && !text.contains('\t'),
            "{file}"
        );
    }
    let own = place.run_in(
        &[("GRANTD_PUBLIC_URL", "https://tokens.example.com")],
        &["stackql-provider", "own"],
    );
    assert_eq!(own.code, 0, "{}", own.stderr);
    let service = place.path("own/src/github/v00.00.00000/services/oauth_authorizations.yaml");
    let text = std::fs::read_to_string(service).unwrap();
    assert!(
        text.contains("\"url\": \"https://tokens.example.com/api/v3\""),
        "{text}"
    );
}
