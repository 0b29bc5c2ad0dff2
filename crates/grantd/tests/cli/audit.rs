//! `grantd audit`, and the trail on its way to a webhook.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use grantd_core::outbound::signature;
use grantd_core::secret::Secret;
use serde_json::Value;

use crate::place::{Outcome, PASSWORD, Place};
use crate::web::basic;

/// A busy machine is no reason to fail.
const PATIENCE: Duration = Duration::from_secs(120);

/// What `audit verify` says once everything is sealed and signed.
fn signed(place: &Place) -> Value {
    let started = Instant::now();
    loop {
        let said = place.run(&["audit", "verify"]).json();
        if said["waiting"] == 0 && said["signed_seq"] == said["last_seq"] {
            return said;
        }
        assert!(started.elapsed() < PATIENCE, "not signed: {said}");
        std::thread::sleep(Duration::from_millis(500));
    }
}

fn lines(outcome: &Outcome) -> Vec<Value> {
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let lines = outcome.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn actions(rows: &[Value]) -> Vec<&str> {
    rows.iter()
        .map(|row| row["action"].as_str().unwrap())
        .collect()
}

#[test]
fn sec_s46_a_trail_is_sealed_through_kills_and_verifies_without_the_database() {
    let place = Place::new();
    place.user("octocat");
    let before = place.run(&["audit", "checkpoint"]);
    assert!(before.refusal().contains("nothing is signed yet"));
    // Killed at any moment, three times; the next one goes on.
    for number in 0..3 {
        let server = place.serve(&[]);
        for note in 0..4 {
            server.mint("octocat", &format!("{{\"note\":\"{number}-{note}\"}}"));
        }
        std::thread::sleep(Duration::from_millis(400 * number));
        drop(server);
    }
    let server = place.serve(&[]);
    let said = signed(&place);
    // The user, the first sign-in of the day, and every token.
    assert_eq!(said["rows"], 14, "{said}");
    drop(server);

    let kept = place.run(&["audit", "checkpoint"]);
    let kept = place.file("kept", &kept.stdout);
    let export = place.run(&["audit", "export"]);
    assert_eq!(export.code, 0, "{}", export.stderr);
    let path = place.path("trail.jsonl").to_str().unwrap().to_owned();
    let written = place.run(&["audit", "export", "--output", &path]);
    assert_eq!(written.code, 0, "{}", written.stderr);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), export.stdout);
    let key = place.run(&["audit", "key"]).stdout;
    let part = place.run(&["audit", "export", "--since-seq", "10"]);
    let part = place.file("part.jsonl", &part.stdout);

    let elsewhere = Place::new();
    let key = elsewhere.file("key.pem", &key);
    let verify = |more: &[&str]| {
        let args = [&["audit", "verify", "--public-key", &key], more].concat();
        elsewhere.run(&args)
    };
    let whole = verify(&[&path]).json();
    assert_eq!(
        (&whole["whole"], &whole["rows"]),
        (&true.into(), &14.into())
    );
    assert_eq!(verify(&[&part, "--checkpoint", &kept]).json()["rows"], 4);
    assert!(!elsewhere.path("grantd-data").exists());
    let unknown = elsewhere.run(&["audit", "verify", &path]);
    assert!(unknown.refusal().contains("--public-key"));

    let edited = export.stdout.replacen("octocat", "hubot", 1);
    assert_eq!(edited, export.stdout, "no login is in the trail");
    let broken = |text: &str| {
        let file = elsewhere.file("broken.jsonl", text);
        let said = verify(&[&file]);
        assert_eq!(said.code, 1, "{}", said.stderr);
        let json: Value = serde_json::from_str(&said.stdout).unwrap();
        assert_eq!(json["whole"], false);
        json["broken_seq"].as_i64().unwrap()
    };
    let third = |line: &&str| line.starts_with("{\"seq\":3,");
    let line = export.stdout.lines().find(third).unwrap().to_owned();
    let edited = line.replace("oauth_access.create", "oauth_access.update");
    assert_eq!(broken(&export.stdout.replace(&line, &edited)), 3);
    assert_eq!(broken(&export.stdout.replace(&format!("{line}\n"), "")), 3);
    assert_eq!(broken(&export.stdout.replace('\n', "\r\n")), 1);
    assert_eq!(broken(""), 1);
    let file = elsewhere.file("first.jsonl", &up_to_first_checkpoint(&export.stdout));
    assert_eq!(verify(&[&file]).code, 0);
    let cut = verify(&[&file, "--checkpoint", &kept]);
    assert_eq!(cut.code, 1);
    assert!(cut.stderr.contains("cut off"), "{}", cut.stderr);
}

fn up_to_first_checkpoint(export: &str) -> String {
    let end = export.find("{\"checkpoint\"").unwrap();
    let end = end + export[end..].find('\n').unwrap();
    export[..=end].to_owned()
}

#[test]
fn the_trail_is_listed_by_every_filter() {
    let place = Place::new();
    place.user("octocat");
    place.user("hubot");
    let app = place.app(&[]);
    let server = place.serve(&[]);
    let token = server.mint("octocat", "{\"note\":\"one\"}");
    let octocat = basic("octocat", PASSWORD);
    let body = format!(
        "{{\"client_secret\":\"{}\"}}",
        app["client_secret"].as_str().unwrap()
    );
    let client_id = app["client_id"].as_str().unwrap();
    let path = format!("/api/v3/authorizations/clients/{client_id}");
    assert_eq!(server.call("PUT", &path, &[&octocat], &body).status, 201);
    let list = |more: &[&str]| lines(&place.run(&[&["audit", "list"], more].concat()));
    let all = list(&[]);
    let newest_first = [
        "oauth_access.create",
        "oauth_authorization.create",
        "oauth_access.create",
        "user.api_login",
        "oauth_application.create",
        "user.create",
        "user.create",
    ];
    assert_eq!(actions(&all), newest_first);
    assert_eq!(all[3]["address"], "127.0.0.1");
    assert_eq!(actions(&list(&["--user", "hubot"])), ["user.create"]);
    assert_eq!(list(&["--app", client_id]).len(), 3);
    assert_eq!(list(&["--action", "user.create"]).len(), 2);
    assert_eq!(
        list(&["--action", "oauth_access.", "--limit", "1"]).len(),
        1
    );
    assert_eq!(list(&["--token", &token[token.len() - 8..]]).len(), 1);
    let hash = all[2]["token_hash"].as_str().unwrap();
    assert_eq!(list(&["--token", hash]).len(), 1);
    assert_eq!(list(&["--since", "2100-01-01T00:00:00Z"]).len(), 0);
    assert_eq!(list(&["--until", "2100-01-01T00:00:00Z"]).len(), 7);
    let nobody = place.run(&["audit", "list", "--user", "nobody"]);
    assert!(nobody.refusal().contains("there is no user `nobody`"));
    let when = place.run(&["audit", "list", "--since", "yesterday"]);
    assert_eq!(when.code, 2);
}

/// What arrived: the head, and the body.
type Delivery = (String, String);

/// Takes what is posted; the first answers are these, then 200.
fn receiver(first: &'static [&'static str]) -> (String, Receiver<Delivery>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (sender, arrived) = channel();
    std::thread::spawn(move || {
        let mut answers = first.iter();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut head, mut line) = (String::new(), String::new());
            while reader.read_line(&mut line).unwrap_or(0) > 2 {
                head += &line.to_ascii_lowercase();
                line.clear();
            }
            let length = head.split("content-length: ").nth(1);
            let length = length.and_then(|rest| rest.lines().next()?.parse().ok());
            let mut body = vec![0; length.unwrap_or(0)];
            if reader.read_exact(&mut body).is_err() {
                continue;
            }
            let status = answers.next().unwrap_or(&"200 OK");
            if status.starts_with("200") {
                let body = String::from_utf8(body).unwrap();
                if sender.send((head, body)).is_err() {
                    return;
                }
            }
            let answer =
                format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            // An empty status hangs up.
            if !status.is_empty() {
                let _ = stream.write_all(answer.as_bytes());
            }
        }
    });
    (url, arrived)
}

#[test]
fn the_stream_to_a_webhook_survives_failures_and_kills() {
    let place = Place::new();
    place.user("octocat");
    let (url, arrived) = receiver(&["500 Away", "", "302 Elsewhere"]);
    let settings = place.file(
        "grantd.toml",
        &format!("audit_webhook_url = \"{url}\"\naudit_webhook_secret = \"known to both\"\n"),
    );
    let settings = ["--config", settings.as_str()];
    let checked = place.run(&[&settings[..], &["config", "check"]].concat());
    assert!(
        !checked.stdout.contains("known to both"),
        "{}",
        checked.stdout
    );
    let mut collected: Vec<String> = Vec::new();
    let mut take = |rows: usize| {
        while collected
            .iter()
            .filter(|line| line.starts_with("{\"seq\""))
            .count()
            < rows
        {
            let (head, body) = arrived.recv_timeout(PATIENCE).expect("a delivery");
            let secret = Secret::new("known to both".to_owned());
            let proof = format!(
                "x-hub-signature-256: {}",
                signature(&secret, body.as_bytes())
            );
            assert!(head.contains(&proof), "{head}");
            assert!(head.contains("x-grantd-event: audit"), "{head}");
            let _: Vec<Value> = serde_json::from_str(&body).unwrap();
            let lines = body[1..body.len() - 1].split(",\n").map(ToOwned::to_owned);
            for line in lines {
                // A repetition after a kill is the same to the byte.
                if !collected.contains(&line) {
                    collected.push(line);
                }
            }
        }
    };
    let server = place.serve(&settings);
    server.mint("octocat", "{\"note\":\"one\"}");
    take(3);
    drop(server);
    place.user("hubot");
    let server = place.serve(&settings);
    server.mint("octocat", "{\"note\":\"two\"}");
    take(5);
    drop(server);
    let stream = place.file("stream.jsonl", &collected.join("\n"));
    let said = place.run(&["audit", "verify", &stream]).json();
    assert_eq!((&said["rows"], &said["last_seq"]), (&5.into(), &5.into()));
}
