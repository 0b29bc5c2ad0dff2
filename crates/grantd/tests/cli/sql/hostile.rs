//! Values that look like something else stay values.

use serde_json::json;

use super::{AUTHORIZATIONS, CLIENT_ID, CLIENT_SECRET, Demo};

const HOSTILE: [&str; 8] = [
    "'; DELETE FROM github.oauth_authorizations.authorizations WHERE authorization_id = 1; --",
    "' OR '1'='1",
    "\"} , {\"note\":\"x",
    "../../authorizations/1",
    "a/b?c=d#e&page=9%2f",
    "line\nbreak\r\nX-Header: 1",
    "\u{1b}[31mred\u{1b}[0m \u{202e}turned",
    "ünï — 密码 :note $note @note ?1",
];

#[test]
fn a_bound_value_is_never_read_as_sql() {
    let demo = Demo::start();
    for (number, value) in HOSTILE.iter().enumerate() {
        let note = format!("note={value}");
        let fingerprint = format!("fingerprint=f{number}");
        let made = demo.run(
            &["--output", "json", "--param", &note, "--param", &fingerprint],
            &format!(
                "INSERT INTO {AUTHORIZATIONS} (data__note, data__fingerprint) VALUES (:note, :fingerprint) RETURNING note"
            ),
        );
        assert_eq!(made.json(), json!([{ "note": value }]));
        let found = demo.run(
            &["--output", "json", "--param", &note],
            &format!("SELECT note, fingerprint FROM {AUTHORIZATIONS} WHERE note = :note"),
        );
        assert_eq!(
            found.json(),
            json!([{ "note": value, "fingerprint": format!("f{number}") }])
        );
    }
    let rows = demo.rows(&format!("SELECT count(*) AS n FROM {AUTHORIZATIONS}"));
    assert_eq!(rows[0]["n"], 4 + HOSTILE.len());
}

#[test]
fn a_value_in_a_path_stays_in_its_segment() {
    let demo = Demo::start();
    let secret = demo.place.file("secret", &format!("{CLIENT_SECRET}\n"));
    let secret = format!("secret={secret}");
    for value in HOSTILE {
        let fingerprint = format!("fingerprint={value}");
        let made = demo.run(
            &[
                "--output",
                "json",
                "--param",
                &fingerprint,
                "--param-file",
                &secret,
            ],
            &format!(
                "SELECT fingerprint FROM {AUTHORIZATIONS} WHERE client_id = '{CLIENT_ID}' \
                 AND fingerprint = :fingerprint AND data__client_secret = :secret"
            ),
        );
        assert_eq!(made.json(), json!([{ "fingerprint": value }]));
    }
    let climbing = demo.run(
        &["--param", "id=.."],
        &format!("DELETE FROM {AUTHORIZATIONS} WHERE authorization_id = :id"),
    );
    assert_eq!(
        climbing.refusal(),
        "error: authorization_id cannot be \"..\""
    );
    let rows = demo.rows(&format!("SELECT count(*) AS n FROM {AUTHORIZATIONS}"));
    assert_eq!(rows[0]["n"], 4 + HOSTILE.len());
}

#[test]
fn nothing_that_a_server_sends_moves_the_terminal() {
    let demo = Demo::start();
    for value in HOSTILE {
        let note = format!("note={value}");
        let made = demo.run(
            &["--param", &note],
            &format!("INSERT INTO {AUTHORIZATIONS} (data__note) VALUES (:note) RETURNING note"),
        );
        assert_eq!(made.code, 0, "{}", made.stderr);
        assert_eq!(made.stdout.lines().count(), 3, "{}", made.stdout);
        assert!(
            !made.stdout.contains(['\u{1b}', '\r', '\u{202e}']),
            "{}",
            made.stdout
        );
    }
}
