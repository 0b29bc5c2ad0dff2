//! Moving in and out by the real program: forms of files, what cannot come
//! along, the same again, and a kill on the way.

use std::process::Stdio;
use std::time::Duration;

use grantd_core::entropy::SeededEntropy;
use grantd_core::secret::Secret;
use grantd_core::token::{Token, TokenFormat, TokenKind};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};

use crate::place::{Outcome, Place};

const MADE: &str = "2020-11-13T16:00:00Z";
const HEADER: &str = "login,client_id,hashed_token,token_last_eight,note,note_url,scopes,\
                      fingerprint,created_at,updated_at,expires_at\n";

pub(crate) fn minted(number: u64) -> Token {
    let format = TokenFormat::new("gt", false, false).unwrap();
    format.generate(TokenKind::Personal, &SeededEntropy::new(number))
}

pub(crate) fn hash(text: &str) -> String {
    let hash = Secret::new(text.to_owned()).hash();
    hash.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the last file of an import came to.
pub(crate) fn tally(outcome: &Outcome) -> (u64, u64, Value) {
    let report = outcome.json();
    let file = report["files"].as_array().unwrap().last().unwrap().clone();
    let number = |key: &str| file[key].as_u64().unwrap();
    assert_eq!(
        number("rows"),
        number("imported") + number("present") + number("refused")
    );
    (
        number("imported"),
        number("present"),
        file["refused_because"].clone(),
    )
}

pub(crate) fn export(place: &Place, what: &str, more: &[&str]) -> String {
    let mut args = vec!["export", what];
    args.extend(more);
    let outcome = place.run(&args);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    outcome.stdout
}

fn octocats_app(place: &Place) {
    place.user("octocat");
    place.app(&["--client-id", "abcde12345fghij67890"]);
}

#[test]
fn what_the_api_prints_comes_in_for_a_login() {
    let place = Place::new();
    octocats_app(&place);
    let record = |number: u64, client_id: &str, note: Value| {
        let token = minted(number);
        json!({
            "id": number, "url": "https://api.github.com/authorizations/1",
            "app": {"name": "my github app", "url": "http://my-github-app.com", "client_id": client_id},
            "token": "", "hashed_token": token.hash().to_string(),
            "token_last_eight": token.last_eight().0, "note": note, "note_url": null,
            "created_at": MADE, "updated_at": "2020-11-14T16:00:00Z", "scopes": ["repo", "user"],
            "fingerprint": if client_id.starts_with("000") { Value::Null } else { json!(number.to_string()) },
        })
    };
    let personal = "0".repeat(20);
    let first: Vec<_> = (0..50)
        .map(|n| record(n, &personal, json!(format!("note {n}"))))
        .collect();
    let mut second: Vec<_> = (50..100)
        .map(|n| record(n, "abcde12345fghij67890", Value::Null))
        .collect();
    second.push(record(100, "another", Value::Null));
    let pages = format!("{}\n{}\n", json!(first), json!(second));
    let file = place.file("dump.json", &pages);
    let args = ["import", "json", &file, "--login", "octocat"];
    let rehearsed = place.run(&[&args[..], &["--dry-run"]].concat());
    assert_eq!(tally(&rehearsed), (100, 0, json!({"unknown_app": 1})));
    assert!(
        rehearsed
            .stderr
            .contains("dump.json:2: no app has the client id `another`")
    );
    assert_eq!(place.run(&["token", "list"]).json(), json!([]));
    assert_eq!(
        tally(&place.run(&args)),
        (100, 0, json!({"unknown_app": 1}))
    );
    assert_eq!(
        tally(&place.run(&args)),
        (0, 100, json!({"unknown_app": 1}))
    );
    let shown = place
        .run(&["token", "show", &minted(70).hash().to_string()])
        .json();
    let parts = [
        "login",
        "note",
        "scopes",
        "fingerprint",
        "created_at",
        "updated_at",
        "expires_at",
    ];
    let found: Vec<_> = parts.iter().map(|part| shown[part].clone()).collect();
    let expected = json!([
        "octocat",
        null,
        ["repo", "user"],
        "70",
        MADE,
        "2020-11-14T16:00:00Z",
        null
    ]);
    assert_eq!(json!(found), expected);
}

#[test]
fn an_export_comes_into_an_empty_instance_with_the_same_digest() {
    let place = Place::new();
    octocats_app(&place);
    let mut rows = HEADER.to_owned();
    for number in 0..100 {
        let token = minted(number);
        let (client_id, note) = match number % 2 {
            0 => ("", format!("\"note, {number}\"")),
            _ => (
                "abcde12345fghij67890",
                ["", "\\", "\\\\N"][number as usize % 3].to_owned(),
            ),
        };
        rows += &format!(
            "octocat,{client_id},{},{},{note},,user repo,{number},{MADE},{MADE},\n",
            token.hash(),
            token.last_eight().0
        );
    }
    let file = place.file("tokens.csv", &rows);
    assert_eq!(
        tally(&place.run(&["import", "csv", "--tokens", &file])),
        (100, 0, json!({}))
    );
    let (apps, tokens) = (export(&place, "apps", &[]), export(&place, "tokens", &[]));
    assert_eq!(tokens.lines().count(), 101);
    let files = [
        place.file("apps.csv", &apps),
        place.file("out.csv", &tokens),
    ];
    let data = place.path("elsewhere");
    let there = ["--data", data.to_str().unwrap()];
    let args = [
        "import",
        "csv",
        "--apps",
        &files[0],
        "--tokens",
        &files[1],
        "--create-users",
    ];
    let rehearsed = place.run(&[&args[..], &there, &["--dry-run"]].concat());
    assert_eq!(tally(&rehearsed), (100, 0, json!({})));
    let came = place.run(&[&args[..], &there].concat());
    assert_eq!(came.json()["users_created"], 1);
    assert_eq!(tally(&came), (100, 0, json!({})));
    assert_eq!(export(&place, "tokens", &there), tokens);
    assert_eq!(export(&place, "apps", &there), apps);
    let again = place.run(&[&args[..], &there].concat());
    assert_eq!(
        (again.json()["users_created"].clone(), tally(&again)),
        (json!(0), (0, 100, json!({})))
    );
    let secret = place.run(&["export", "apps"]).stdout;
    assert!(!secret.contains("client_secret"));
}

#[test]
fn rows_that_cannot_come_along_are_reported_with_line_and_reason() {
    let place = Place::new();
    octocats_app(&place);
    let row = |login: &str, hash: &str, scopes: &str, expires_at: &str| {
        format!("{login},,{hash},,\"two\nlines {hash}\",,{scopes},,{MADE},{MADE},{expires_at}\n")
    };
    let good = minted(1).hash().to_string();
    let rows = [
        row("octocat", &good, "repo", ""),
        row("nobody", &minted(2).hash().to_string(), "repo", ""),
        row("octocat", "abc", "repo", ""),
        row("octocat", &minted(3).hash().to_string(), "wine", ""),
        row("octocat", &minted(4).hash().to_string(), "repo", MADE),
        row("octocat", &minted(5).hash().to_string(), "repo", "tomorrow"),
        "octocat,too,few\n".to_owned(),
    ];
    let file = place.file("tokens.csv", &format!("{HEADER}{}", rows.concat()));
    let report = place.path("report.jsonl");
    let report = report.to_str().unwrap();
    let done = place.run(&["import", "csv", "--tokens", &file, "--report", report]);
    let reasons = [
        "unknown_user",
        "no_hash",
        "unknown_scopes",
        "expired",
        "invalid_time",
        "malformed",
    ];
    let expected: serde_json::Map<_, _> = reasons
        .iter()
        .map(|name| ((*name).to_owned(), json!(1)))
        .collect();
    let (imported, present, refused) = tally(&done);
    assert_eq!((imported, present), (1, 0));
    assert_eq!(refused.as_object().unwrap().len(), expected.len());
    assert!(
        expected.iter().all(|(name, count)| refused[name] == *count),
        "{refused}"
    );
    let text = std::fs::read_to_string(report).unwrap();
    let told: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let found: Vec<_> = told
        .iter()
        .map(|one| (one["line"].clone(), one["refused"].clone()))
        .collect();
    // The order is that of the file; what the store refuses stands among the rest.
    let lines = [4, 6, 8, 10, 12, 14];
    let expected: Vec<_> = lines
        .iter()
        .zip(reasons)
        .map(|(l, r)| (json!(l), json!(r)))
        .collect();
    assert_eq!(found, expected);
    let again = place.run(&["import", "csv", "--tokens", &file, "--report", report]);
    assert!(again.refusal().contains("cannot write"));
}

#[test]
fn a_dry_run_tells_what_users_that_it_would_make_hide() {
    let place = Place::new();
    octocats_app(&place);
    place.user("monalisa");
    let row = |login: &str, client_id: &str, number: u64| {
        let hash = minted(number).hash();
        format!("{login},{client_id},{hash},,note {number},,,,{MADE},{MADE},\n")
    };
    let ended = place.file("ended.csv", &format!("{HEADER}{}", row("monalisa", "", 1)));
    let imported = place.run(&["import", "csv", "--tokens", &ended]);
    assert_eq!(tally(&imported), (1, 0, json!({})));
    assert_eq!(place.run(&["user", "delete", "monalisa"]).code, 0);
    let held = place.file("held.csv", &format!("{HEADER}{}", row("octocat", "", 2)));
    let imported = place.run(&["import", "csv", "--tokens", &held]);
    assert_eq!(tally(&imported), (1, 0, json!({})));
    let rows = [
        row("hubot", "abcde12345fghij67890", 3),
        row("hubot", "another", 4),
        row("hubot", "", 2),
        row("monalisa", "", 1),
    ];
    let file = place.file("tokens.csv", &format!("{HEADER}{}", rows.concat()));
    let args = ["import", "csv", "--tokens", &file, "--create-users"];
    let rehearsed = place.run(&[&args[..], &["--dry-run"]].concat());
    let refused = json!({"unknown_app": 1, "held_by_another": 1, "ended_here": 1});
    assert_eq!(tally(&rehearsed), (1, 0, refused.clone()));
    let done = place.run(&args);
    assert_eq!(tally(&done), (1, 0, refused));
    let made = |outcome: &Outcome| outcome.json()["users_created"].clone();
    assert_eq!((made(&rehearsed), made(&done)), (json!(2), json!(2)));
}

/// A file of so many tokens of ten users and two apps.
fn many(place: &Place, tokens: u64) -> String {
    octocats_app(place);
    for user in 0..10 {
        place.user(&format!("user-{user}"));
    }
    let mut rows = HEADER.to_owned();
    for number in 0..tokens {
        let client_id = ["", "abcde12345fghij67890"][number as usize % 2];
        let (user, hash) = (number % 10, hash(&number.to_string()));
        rows +=
            &format!("user-{user},{client_id},{hash},{number:08},{number},,repo,,{MADE},{MADE},\n");
    }
    place.file("many.csv", &rows)
}

#[test]
fn an_import_that_was_killed_goes_on_to_the_same_digest() {
    let place = Place::new();
    let file = many(&place, 20_000);
    let args = ["import", "csv", "--tokens", &file];
    let path = place.path("grantd-data/grantd.db");
    let kept = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let rows = || -> u64 {
        let count = "SELECT COUNT(*) FROM authorizations";
        let rows: i64 = kept.query_row(count, [], |row| row.get(0)).unwrap();
        rows.unsigned_abs()
    };
    let mut import = place.command(&args);
    import.stdout(Stdio::null()).stderr(Stdio::null());
    let mut running = import.spawn().unwrap();
    while rows() == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    running.kill().unwrap();
    assert!(!running.wait().unwrap().success(), "it was killed too late");
    let there = rows();
    assert!(0 < there && there < 20_000, "{there}");
    let (imported, present, _) = tally(&place.run(&args));
    assert_eq!((imported, present), (20_000 - there, there));
    let whole = Place::new();
    let file = many(&whole, 20_000);
    assert_eq!(
        tally(&whole.run(&["import", "csv", "--tokens", &file])),
        (20_000, 0, json!({}))
    );
    let (killed, straight) = (export(&place, "tokens", &[]), export(&whole, "tokens", &[]));
    assert!(killed == straight, "the digests differ");
}

#[test]
fn a_file_without_its_columns_is_refused_as_a_whole() {
    let place = Place::new();
    let file = place.file("tokens.csv", "login,hashed_token\n");
    let refused = place
        .run(&["import", "csv", "--tokens", &file])
        .refusal()
        .to_owned();
    assert!(
        refused.contains("names no column client_id, token_last_eight"),
        "{refused}"
    );
    let missing = place.run(&["import", "csv", "--tokens", "nowhere.csv"]);
    assert!(missing.refusal().contains("cannot read nowhere.csv"));
}
