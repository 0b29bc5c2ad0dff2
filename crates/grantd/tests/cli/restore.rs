//! `grantd backup` and `grantd restore`: the real program, killed, and what is left.

use std::time::{Duration, Instant};

use grantd_store::DatabaseUrl;
use grantd_store::conformance::cluster::Cluster;
use grantd_store::conformance::fill::{Fill, token};
use serde_json::{Value, json};

use crate::place::Place;
use crate::web::{Server, basic};

/// The archive of a place, and the arguments that have a server keep it.
fn archived(place: &Place) -> (String, Vec<String>) {
    let file = place.path("archive.jsonl").to_str().unwrap().to_owned();
    let args = ["--audit-archive", "sync", "--audit-archive-file", &file];
    let args = args.map(str::to_owned).to_vec();
    (file, args)
}

fn serve(place: &Place, args: &[String]) -> Server {
    place.serve(&args.iter().map(String::as_str).collect::<Vec<_>>())
}

fn status_of(server: &Server, token: &str) -> u16 {
    let header = format!("Authorization: token {token}");
    server.call("GET", "/api/v3/user", &[&header], "").status
}

fn app_tokens(server: &Server, app: &Value, count: usize) -> Vec<String> {
    let (id, secret) = (&app["client_id"], &app["client_secret"]);
    let mint = |number: usize| {
        let body = json!({
            "client_id": id, "client_secret": secret, "scopes": ["repo"],
            "fingerprint": format!("f{number}"), "note": "n",
        });
        server.mint("octocat", &body.to_string())
    };
    (0..count).map(mint).collect()
}

fn revoke(server: &Server, app: &Value, token: &str) -> u16 {
    let (id, secret) = (
        app["client_id"].as_str().unwrap(),
        app["client_secret"].as_str().unwrap(),
    );
    let path = format!("/api/v3/applications/{id}/tokens/{token}");
    server
        .call("DELETE", &path, &[&basic(id, secret)], "")
        .status
}

/// What the disk with the database held is gone; the instance key was kept elsewhere.
fn lose(place: &Place) {
    for file in ["grantd.db", "grantd.db-wal", "grantd.db-shm"] {
        let _ = std::fs::remove_file(place.path("grantd-data").join(file));
    }
}

#[test]
fn sec_s46_a_token_that_was_revoked_before_a_kill_is_not_valid_after_the_restore() {
    let place = Place::new();
    place.user("octocat");
    let app = place.app(&[]);
    let (archive, args) = archived(&place);
    let server = serve(&place, &args);
    let tokens = app_tokens(&server, &app, 6);
    let backup = place.path("backup.grantd");
    let backup = backup.to_str().unwrap();
    let made = place.run(&["backup", "--output", backup]);
    assert!(
        made.stderr.contains("The instance key is NOT in it"),
        "{}",
        made.stderr
    );
    let report = made.json();
    assert_eq!(
        (&report["verified"], &report["encrypted"]),
        (&json!(true), &json!(false))
    );
    let again = place.run(&["backup", "--output", backup]);
    assert!(again.refusal().contains("is there already"));
    for token in &tokens[..3] {
        assert_eq!(revoke(&server, &app, token), 204);
    }
    let user = basic("octocat", crate::place::PASSWORD);
    assert_eq!(
        server
            .call("GET", "/api/v3/authorizations", &[&user], "")
            .status,
        200
    );
    server.signal("KILL");
    drop(server);
    lose(&place);

    // Without the archive nobody knows what was revoked.
    let blind = place.run(&["restore", backup]);
    assert!(
        blind.stderr.contains("THE FENCE STANDS"),
        "{}",
        blind.stderr
    );
    assert_eq!(blind.json()["fence"]["stands"], true);
    let server = place.serve(&[]);
    for token in &tokens {
        assert_eq!(status_of(&server, token), 503);
    }
    let door = |path, headers: &[&str]| server.call("GET", path, headers, "").status;
    assert_eq!(door("/api/v3/authorizations", &[&user]), 503);
    assert_eq!(door("/readyz", &[]), 503);
    let (id, secret) = (
        app["client_id"].as_str().unwrap(),
        app["client_secret"].as_str().unwrap(),
    );
    let check = format!("/api/v3/applications/{id}/tokens/{}", tokens[4]);
    assert_eq!(door(&check, &[&basic(id, secret)]), 503);
    let refused = place.run(&["restore", "lift", "--accept-since", "2100-01-01T00:00:00Z"]);
    assert!(
        refused
            .stderr
            .contains("the fence stands: it is known until"),
        "{}",
        refused.stderr
    );
    assert_eq!(refused.code, 1);
    let busy = place.run(&["restore", backup, "--force"]);
    assert!(busy.refusal().contains("a server uses this data folder"));
    drop(server);

    // With it, exactly that is over.
    let known = place.run(&["restore", backup, "--force", "--replay", &archive]);
    let told = known.json();
    assert_eq!(told["fence"]["stands"], false, "{}", known.stderr);
    assert_eq!(told["replay"]["ended"], 3, "{told}");
    let server = serve(&place, &args);
    for (at, token) in tokens.iter().enumerate() {
        let expected = if at < 3 { 401 } else { 200 };
        assert_eq!(status_of(&server, token), expected, "token {at}");
    }
    assert_eq!(
        server
            .call("GET", "/api/v3/authorizations", &[&user], "")
            .status,
        200
    );
    assert_eq!(place.run(&["restore", "status"]).json()["stands"], false);
}

#[test]
fn a_running_server_opens_its_doors_when_the_fence_is_lifted() {
    let place = Place::new();
    place.user("octocat");
    let server = place.serve(&[]);
    let token = server.mint("octocat", r#"{"note":"n"}"#);
    let backup = place.path("b");
    let backup = backup.to_str().unwrap();
    place.run(&["backup", "--output", backup]).json();
    server.stop();
    place.run(&["restore", backup, "--force"]).json();
    let server = place.serve(&[]);
    assert!(server.ready_line.contains("THE FENCE OF A RESTORE STANDS"));
    assert_eq!(status_of(&server, &token), 503);
    let until = place.run(&["restore", "status"]).json();
    let until = until["covered_until"].as_str().unwrap().to_owned();
    place
        .run(&["restore", "lift", "--accept-since", &until])
        .json();
    let lifted = Instant::now();
    while status_of(&server, &token) == 503 {
        assert!(lifted.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(status_of(&server, &token), 200);
}

#[test]
fn a_backup_for_age_recipients_opens_for_them_alone() {
    let place = Place::new();
    place.user("octocat");
    let (one, two) = (
        age::x25519::Identity::generate(),
        age::x25519::Identity::generate(),
    );
    let stranger = age::x25519::Identity::generate();
    let key = |identity: &age::x25519::Identity, name: &str| {
        use age::secrecy::ExposeSecret;
        let text = identity.to_string();
        place.file(name, &format!("# a comment\n{}\n", text.expose_secret()))
    };
    let backup = place.path("b.age");
    let backup = backup.to_str().unwrap();
    let recipients = [(
        "GRANTD_BACKUP_AGE_RECIPIENTS",
        &*one.to_public().to_string(),
    )];
    let two_public = two.to_public().to_string();
    let args = ["backup", "--output", backup, "--age-recipient", &two_public];
    let made = place.run_in(&recipients, &args);
    assert_eq!(made.json()["encrypted"], true);
    let bytes = std::fs::read(backup).unwrap();
    assert!(bytes.starts_with(b"age-encryption.org/v1"));
    for file in [None, Some(key(&stranger, "stranger.txt"))] {
        let mut args = vec!["restore", backup, "--force"];
        args.extend(
            file.as_deref()
                .map(|file| ["--age-identity", file])
                .into_iter()
                .flatten(),
        );
        assert!(place.run(&args).refusal().contains("--age-identity FILE"));
    }
    assert!(
        place.path("grantd-data/grantd.db").exists(),
        "nothing was put aside"
    );
    for (name, identity) in [("one.txt", &one), ("two.txt", &two)] {
        let file = key(identity, name);
        let done = place.run(&["restore", backup, "--force", "--age-identity", &file]);
        assert_eq!(done.json()["verified"], true);
    }
}

#[test]
fn postgres_backs_up_and_restores_into_a_file_and_back() {
    let (cluster, place) = (Cluster::start(), Place::new());
    let there = cluster.database();
    place.run(&["user", "list", "--database", &there]).json();
    let fill = Fill {
        users: 50,
        apps: 2,
        tokens: 2_000,
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime
        .block_on(fill.run(&DatabaseUrl::parse(&there).unwrap()))
        .unwrap();
    let digests = |report: &Value| -> Vec<(String, String)> {
        let text = |table: &Value, key: &str| table[key].as_str().unwrap().to_owned();
        let tables = report["tables"].as_array().unwrap().iter();
        // A restore deletes sessions, links and refresh tokens, and adds a row of its own.
        let kept = [
            "users",
            "apps",
            "grants",
            "authorizations",
            "passkeys",
            "last_used",
        ];
        tables
            .map(|table| (text(table, "table"), text(table, "sha256")))
            .filter(|(name, _)| kept.contains(&&**name))
            .collect()
    };
    let path = |name: &str| place.path(name).to_str().unwrap().to_owned();
    let first = place
        .run(&["backup", "--output", &path("1"), "--database", &there])
        .json();
    assert_eq!(first["engine"], "postgresql");
    let file = format!("sqlite:{}", path("restored.db"));
    let vouch = ["--accept-since", "2020-01-01T00:00:00Z"];
    let into = |from: &str, to: &str| {
        let mut args = vec!["restore", from, "--database", to];
        args.extend(vouch);
        assert_eq!(place.run(&args).json()["fence"]["stands"], false);
    };
    into(&path("1"), &file);
    let second = place
        .run(&["backup", "--output", &path("2"), "--database", &file])
        .json();
    assert_eq!(digests(&second), digests(&first));
    let back = cluster.database();
    into(&path("2"), &back);
    let third = place
        .run(&["backup", "--output", &path("3"), "--database", &back])
        .json();
    assert_eq!(digests(&third), digests(&first));
    let shown = [
        "token",
        "show",
        &token(17).hash().to_string(),
        "--database",
        &back,
    ];
    assert_eq!(place.run(&shown).json()["id"], 18);
}
