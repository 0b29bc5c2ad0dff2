//! Every row of the document of the resource: fields, methods, required
//! parameters, and the verb by which each method is reached.

use serde_json::{Value, json};

use super::{AUTHORIZATIONS, CLIENT_ID, CLIENT_SECRET, Demo, GRANTS};

/// The fields as the document lists them.
const FIELDS: [(&str, &str); 15] = [
    ("id", "integer"),
    ("note_url", "string"),
    ("expires_at", "string"),
    ("user", "object"),
    ("app", "object"),
    ("updated_at", "string"),
    ("created_at", "string"),
    ("url", "string"),
    ("scopes", "array"),
    ("fingerprint", "string"),
    ("installation", "object"),
    ("hashed_token", "string"),
    ("note", "string"),
    ("token_last_eight", "string"),
    ("token", "string"),
];

/// The methods as the document lists them: name, verb, required parameters.
const METHODS: [(&str, &str, &str); 7] = [
    ("get_authorization", "SELECT", "authorization_id"),
    (
        "get_or_create_authorization_for_app",
        "SELECT",
        "client_id, data__client_secret",
    ),
    (
        "get_or_create_authorization_for_app_and_fingerprint",
        "SELECT",
        "client_id, fingerprint, data__client_secret",
    ),
    ("list_authorizations", "SELECT", ""),
    ("create_authorization", "INSERT", ""),
    ("delete_authorization", "DELETE", "authorization_id"),
    ("update_authorization", "EXEC", "authorization_id"),
];

fn sorted(mut values: Vec<Value>) -> Vec<Value> {
    values.sort_by_key(Value::to_string);
    values
}

#[test]
fn describe_and_star_have_the_fifteen_fields() {
    let demo = Demo::start();
    let described = demo.rows(&format!("DESCRIBE {AUTHORIZATIONS}"));
    let expected = FIELDS.map(|(name, kind)| json!({ "name": name, "type": kind }));
    assert_eq!(sorted(described), sorted(expected.to_vec()));
    let extended = demo.rows(&format!("DESCRIBE EXTENDED {AUTHORIZATIONS};"));
    assert!(extended.iter().all(|row| {
        row["description"]
            .as_str()
            .is_some_and(|words| !words.is_empty())
    }));
    let row = demo
        .rows(&format!("SELECT * FROM {AUTHORIZATIONS}"))
        .remove(0);
    let mut names: Vec<&String> = row.as_object().unwrap().keys().collect();
    names.sort_unstable();
    let mut expected = FIELDS.map(|(name, _)| name);
    expected.sort_unstable();
    assert_eq!(names, expected);
    for (name, kind) in FIELDS {
        let value = &row[name];
        let fits = match kind {
            "integer" => value.is_i64(),
            "array" => value.is_array(),
            "object" => value.is_object() || name != "app" && value.is_null(),
            _ => value.is_string() || value.is_null(),
        };
        assert!(fits, "{name}: {value}");
    }
    assert_eq!(row["app"]["client_id"], "00000000000000000000");
    assert_eq!(row["token"], "");
}

#[test]
fn show_has_the_methods_and_what_they_require() {
    let demo = Demo::start();
    let shown = demo.rows(&format!("SHOW METHODS IN {AUTHORIZATIONS}"));
    let expected = METHODS.map(|(name, verb, required)| {
        json!({ "MethodName": name, "RequiredParams": required, "SQLVerb": verb })
    });
    assert_eq!(sorted(shown), sorted(expected.to_vec()));
    assert_eq!(demo.rows("SHOW PROVIDERS")[0]["name"], "github");
    let services = demo.rows("SHOW SERVICES IN github");
    assert!(
        services
            .iter()
            .any(|row| row["name"] == "oauth_authorizations")
    );
    let resources = demo.rows("SHOW RESOURCES IN github.oauth_authorizations");
    let names: Vec<&str> = resources
        .iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["authorizations", "grants"]);
}

#[test]
fn get_authorization_by_select() {
    let demo = Demo::start();
    let rows = demo.rows(&format!(
        "SELECT id, note, scopes FROM {AUTHORIZATIONS} WHERE authorization_id = 1"
    ));
    assert_eq!(
        rows,
        [json!({ "id": 1, "note": "demo token", "scopes": ["user"] })]
    );
    let rows = demo.rows(&format!(
        "SELECT note FROM {AUTHORIZATIONS} WHERE authorization_id IN (3, 1, 1) ORDER BY id"
    ));
    assert_eq!(
        rows,
        [
            json!({ "note": "demo token" }),
            json!({ "note": "to reset" })
        ]
    );
    let absent = demo.run(
        &["--output", "json"],
        &format!("SELECT note FROM {AUTHORIZATIONS} WHERE authorization_id = 999"),
    );
    assert_eq!(
        (absent.code, absent.stdout.as_str()),
        (0, "[]\n"),
        "{}",
        absent.stderr
    );
    assert!(absent.stderr.contains("404 Not Found"), "{}", absent.stderr);
}

#[test]
fn list_authorizations_by_select() {
    let demo = Demo::start();
    let rows = demo.rows(&format!("SELECT id, note FROM {AUTHORIZATIONS}"));
    assert_eq!(rows.len(), 4, "{rows:?}");
    assert_eq!(rows[0], json!({ "id": 1, "note": "demo token" }));
    let of_app = demo.rows(&format!(
        "SELECT id FROM {AUTHORIZATIONS} WHERE client_id = '{CLIENT_ID}'"
    ));
    assert_eq!(of_app.len(), 3, "{of_app:?}");
}

#[test]
fn get_or_create_authorization_for_app_by_select() {
    let demo = Demo::start();
    let statement = format!(
        "SELECT id, token, note, scopes, client_id FROM {AUTHORIZATIONS} \
         WHERE client_id = '{CLIENT_ID}' AND data__client_secret = '{CLIENT_SECRET}' \
         AND data__scopes = '[\"repo\",\"user\"]' AND data__note = 'made by SQL'"
    );
    let made = demo.rows(&statement);
    assert_eq!(made.len(), 1);
    let token = made[0]["token"].as_str().unwrap();
    assert!(token.len() > 30, "{made:?}");
    assert_eq!(
        (&made[0]["note"], &made[0]["scopes"]),
        (&json!("made by SQL"), &json!(["repo", "user"]))
    );
    let user = demo.server.call(
        "GET",
        "/api/v3/user",
        &[&format!("Authorization: token {token}")],
        "",
    );
    assert_eq!(user.status, 200);
    let again = demo.rows(&statement);
    assert_eq!(
        (&again[0]["id"], &again[0]["token"]),
        (&made[0]["id"], &json!(""))
    );
}

#[test]
fn get_or_create_authorization_for_app_and_fingerprint_by_select() {
    let demo = Demo::start();
    let of = |fingerprint: &str| {
        demo.rows(&format!(
            "SELECT id, token, fingerprint FROM {AUTHORIZATIONS} WHERE client_id = '{CLIENT_ID}' \
             AND data__client_secret = '{CLIENT_SECRET}' AND fingerprint = '{fingerprint}'"
        ))
    };
    let (made, other, again) = (of("a laptop/1"), of("a desktop"), of("a laptop/1"));
    assert_eq!(
        (made.len(), &made[0]["fingerprint"]),
        (1, &json!("a laptop/1"))
    );
    assert_ne!(made[0]["token"], "");
    assert_ne!(made[0]["id"], other[0]["id"]);
    assert_eq!(
        (&again[0]["id"], &again[0]["token"]),
        (&made[0]["id"], &json!(""))
    );
}

#[test]
fn create_authorization_by_insert() {
    let demo = Demo::start();
    let made = demo.rows(&format!(
        "INSERT INTO {AUTHORIZATIONS} (data__scopes, data__note, data__note_url, data__fingerprint) \
         SELECT '[\"public_repo\"]', 'it''s a script', 'http://example.com/', 'f'"
    ));
    assert_eq!(made.len(), 1);
    assert_eq!(made[0]["note"], "it's a script");
    assert_eq!(made[0]["note_url"], "http://example.com/");
    assert_eq!(made[0]["fingerprint"], "f");
    assert_eq!(made[0]["scopes"], json!(["public_repo"]));
    assert_eq!(
        made[0].as_object().unwrap().len(),
        15,
        "all fields, the token among them"
    );
    let token = format!(
        "Authorization: token {}",
        made[0]["token"].as_str().unwrap()
    );
    assert_eq!(
        demo.server
            .call("GET", "/api/v3/user", &[&token], "")
            .status,
        200
    );
    let two = demo.rows(&format!(
        "INSERT INTO {AUTHORIZATIONS} (data__note) VALUES ('first'), ('second') \
         RETURNING note, length(token) > 30 AS shown"
    ));
    assert_eq!(
        two,
        [
            json!({ "note": "first", "shown": 1 }),
            json!({ "note": "second", "shown": 1 })
        ]
    );
    let of_app = demo.rows(&format!(
        "INSERT INTO {AUTHORIZATIONS} (data__client_id, data__client_secret, data__fingerprint) \
         VALUES ('{CLIENT_ID}', '{CLIENT_SECRET}', 'sql') RETURNING app"
    ));
    assert_eq!(of_app[0]["app"]["client_id"], CLIENT_ID);
    let refused = demo.refusal(&format!(
        "INSERT INTO {AUTHORIZATIONS} (data__note) VALUES ('first')"
    ));
    assert!(
        refused.contains("POST /authorizations was answered 422 Unprocessable Entity: Validation Failed (description: already_exists)"),
        "{refused}"
    );
}

#[test]
fn delete_authorization_by_delete() {
    let demo = Demo::start();
    let deleted = demo.run(
        &[],
        &format!("DELETE FROM {AUTHORIZATIONS} WHERE authorization_id = 1"),
    );
    assert_eq!(
        (
            deleted.code,
            deleted.stdout.as_str(),
            deleted.stderr.as_str()
        ),
        (0, "", "1 deleted\n")
    );
    let again = demo.refusal(&format!(
        "DELETE FROM {AUTHORIZATIONS} WHERE authorization_id = 1"
    ));
    assert!(
        again.contains("DELETE /authorizations/{authorization_id} was answered 404 Not Found"),
        "{again}"
    );
    let chosen = demo.run(
        &[],
        &format!(
            "DELETE FROM {AUTHORIZATIONS} WHERE authorization_id IN \
             (SELECT id FROM {AUTHORIZATIONS} WHERE note LIKE 'to %')"
        ),
    );
    assert_eq!(chosen.stderr, "3 deleted\n");
    assert_eq!(
        demo.rows(&format!("SELECT count(*) AS n FROM {AUTHORIZATIONS}")),
        [json!({ "n": 0 })]
    );
}

#[test]
fn update_authorization_by_exec() {
    let demo = Demo::start();
    let body = r#"{"add_scopes":["repo"],"remove_scopes":["user"],"note":"new; note"}"#;
    let updated = demo.rows(&format!(
        "EXEC {AUTHORIZATIONS}.update_authorization @authorization_id = 1, @@json = '{body}'"
    ));
    assert_eq!(
        (&updated[0]["note"], &updated[0]["scopes"]),
        (&json!("new; note"), &json!(["repo"]))
    );
    let updated = demo.rows(&format!(
        "EXEC {AUTHORIZATIONS}.update_authorization @authorization_id=1, @data__note_url='http://example.com'"
    ));
    assert_eq!(updated[0]["note_url"], "http://example.com");
    let refused = demo.refusal(&format!(
        "UPDATE {AUTHORIZATIONS} SET note = 'x' WHERE authorization_id = 1"
    ));
    assert!(
        refused.contains("update_authorization @authorization_id"),
        "{refused}"
    );
}

#[test]
fn what_a_method_requires_is_asked_for() {
    let demo = Demo::start();
    for (statement, words) in [
        (
            format!(
                "SELECT * FROM {AUTHORIZATIONS} WHERE client_id = 'x' AND data__note = 'n' AND data__client_secret = :no"
            ),
            ":no has no value",
        ),
        (
            format!("SELECT * FROM {AUTHORIZATIONS} WHERE data__client_secret = 'x'"),
            "data__client_secret is for get_or_create_authorization_for_app, which also needs client_id",
        ),
        (
            format!(
                "SELECT * FROM {AUTHORIZATIONS} WHERE data__client_secret = 'x' AND fingerprint = 'f'"
            ),
            "which also needs client_id",
        ),
        (
            format!("DELETE FROM {AUTHORIZATIONS}"),
            "delete_authorization needs authorization_id",
        ),
        (
            format!("EXEC {AUTHORIZATIONS}.update_authorization @@json = '{{}}'"),
            "update_authorization needs authorization_id",
        ),
        (
            format!("DELETE FROM {GRANTS}"),
            "delete_grant needs grant_id",
        ),
    ] {
        let refused = demo.refusal(&statement);
        assert!(refused.contains(words), "{statement}: {refused}");
        assert!(refused.contains('^'), "{refused}");
    }
}

#[test]
fn grants_are_read_and_deleted_alike() {
    let demo = Demo::start();
    let grants = demo.rows(&format!(
        "SELECT id, app->>'client_id' AS client, scopes FROM {GRANTS}"
    ));
    assert_eq!((grants.len(), &grants[0]["client"]), (1, &json!(CLIENT_ID)));
    let id = &grants[0]["id"];
    let one = demo.rows(&format!(
        "SELECT scopes FROM {GRANTS} WHERE grant_id = {id}"
    ));
    assert_eq!(one, [json!({ "scopes": ["repo"] })]);
    let joined = demo.rows(&format!(
        "SELECT count(*) AS n FROM {GRANTS} g JOIN {AUTHORIZATIONS} a ON a.client_id = g.client_id"
    ));
    assert_eq!(joined, [json!({ "n": 3 })]);
    let deleted = demo.run(&[], &format!("DELETE FROM {GRANTS} WHERE grant_id = {id}"));
    assert_eq!(deleted.stderr, "1 deleted\n");
    assert_eq!(
        demo.rows(&format!("SELECT count(*) AS n FROM {AUTHORIZATIONS}")),
        [json!({ "n": 1 })]
    );
}
