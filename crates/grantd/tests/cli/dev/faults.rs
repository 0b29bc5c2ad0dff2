//! Faults on demand.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::place::Place;
use crate::web::{Server, basic};

/// All bytes that a request gets, however the connection ends.
fn raw(server: &Server, method: &str, path: &str, body: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let user = basic("octocat", "correct horse battery staple");
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: t\r\nConnection: close\r\n{user}\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut got = Vec::new();
    // A connection that is cut may be reset.
    let _ = stream.read_to_end(&mut got);
    got
}

fn fault(server: &Server, fault: Value) -> u64 {
    server.dev("POST", "/faults", &fault)["id"]
        .as_u64()
        .unwrap()
}

fn notes(server: &Server) -> Vec<String> {
    let user = basic("octocat", "correct horse battery staple");
    let list = server
        .call("GET", "/api/v3/authorizations", &[&user], "")
        .json();
    let notes = list
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["note"].as_str().unwrap().to_owned());
    notes.collect()
}

#[test]
fn a_status_comes_instead_as_often_as_it_says() {
    let place = Place::new();
    let server = place.dev(&[]);
    let token = server.first_token();
    let broken = json!({"method": "GET", "path": "/user", "after": 1, "times": 2, "status": 502,
        "headers": {"Retry-After": "7", "Content-Type": "text/html"}, "body": "<h1>Bad gateway</h1>"});
    let id = fault(&server, broken);
    let answers: Vec<_> = (0..4).map(|_| server.user(&token)).collect();
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 502, 502, 200]);
    let head = answers[1].head.to_lowercase();
    assert!(
        head.contains("retry-after: 7") && head.contains("content-type: text/html"),
        "{head}"
    );
    assert_eq!(answers[1].body, "<h1>Bad gateway</h1>");
    let entries = server.dev("GET", "/journal", &Value::Null)["entries"].clone();
    assert_eq!(
        (&entries[0]["fault"], &entries[1]["fault"]),
        (&Value::Null, &json!(id))
    );
    assert_eq!(
        server.dev("GET", "/faults", &Value::Null)["faults"][0]["seen"],
        4
    );
    server.dev("DELETE", &format!("/faults/{id}"), &Value::Null);
    let again = server.call("DELETE", &format!("/_dev/faults/{id}"), &[], "");
    assert_eq!(again.status, 404);
    fault(&server, json!({"status": 503, "times": 0}));
    assert_eq!(server.user(&token).status, 503);
    server.dev("DELETE", "/faults", &Value::Null);
    assert_eq!(server.user(&token).status, 200);
}

#[test]
fn a_delay_is_real_time() {
    let place = Place::new();
    let server = place.dev(&["--clock", "2020-11-01T00:00:00Z"]);
    let token = server.first_token();
    fault(&server, json!({"delay_ms": 300}));
    let began = Instant::now();
    assert_eq!(server.user(&token).status, 200);
    assert!(began.elapsed() >= Duration::from_millis(300));
    let entry = server.dev("GET", "/journal", &Value::Null)["entries"][0].clone();
    assert!(entry["took_ms"].as_u64().unwrap() >= 300, "{entry}");
}

#[test]
fn a_connection_is_cut_before_after_and_within() {
    let place = Place::new();
    let server = place.dev(&[]);
    let path = "/api/v3/authorizations";
    fault(&server, json!({"method": "POST", "cut": "before"}));
    assert_eq!(raw(&server, "POST", path, r#"{"note":"lost"}"#), b"");
    fault(&server, json!({"method": "POST", "cut": "after"}));
    assert_eq!(raw(&server, "POST", path, r#"{"note":"kept"}"#), b"");
    let before = notes(&server);
    assert!(
        !before.contains(&"lost".to_owned()) && before.contains(&"kept".to_owned()),
        "{before:?}"
    );
    fault(&server, json!({"method": "POST", "cut": "half"}));
    let half = String::from_utf8(raw(&server, "POST", path, r#"{"note":"half"}"#)).unwrap();
    let (head, body) = half.split_once("\r\n\r\n").unwrap();
    let head = head.to_lowercase();
    let length = head
        .split_once("content-length: ")
        .unwrap()
        .1
        .split("\r\n")
        .next()
        .unwrap();
    assert_eq!(body.len(), length.parse::<usize>().unwrap() / 2);
    assert!(notes(&server).contains(&"half".to_owned()));
    let entries = server.dev("GET", "/journal?method=POST", &Value::Null)["entries"].clone();
    assert_eq!(entries[0]["response"], Value::Null);
    assert_eq!(entries[1]["response"]["status"], 201);
}

#[test]
fn a_spent_rate_limit_is_told_as_the_server_tells_it() {
    let place = Place::new();
    let server = place.dev(&["--clock", "2020-11-01T00:00:00Z"]);
    let token = server.first_token();
    assert!(
        !server
            .user(&token)
            .head
            .to_lowercase()
            .contains("\r\nx-ratelimit")
    );
    fault(&server, json!({"rate_limit_spent": 5000}));
    let refused = server.user(&token);
    let head = refused.head.to_lowercase();
    assert_eq!(refused.status, 403, "{}", refused.body);
    for line in [
        "x-ratelimit-limit: 5000",
        "x-ratelimit-remaining: 0",
        "x-ratelimit-reset: 1604192400",
    ] {
        assert!(head.contains(line), "{line} in {head}");
    }
    let message = refused.json()["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with("API rate limit exceeded"), "{message}");
    assert_eq!(server.user(&token).status, 200);
}

#[test]
fn a_brown_out_takes_away_the_authorizations_and_nothing_else() {
    let place = Place::new();
    let server = place.dev(&["--deprecation"]);
    let token = server.first_token();
    let user = basic("octocat", "correct horse battery staple");
    fault(&server, json!({"brownout": true, "times": 3}));
    let list = server.call("GET", "/api/v3/authorizations", &[&user], "");
    assert_eq!(list.status, 404);
    assert!(
        list.head.to_lowercase().contains("\r\nsunset: "),
        "{}",
        list.head
    );
    let create = server.call(
        "POST",
        "/api/v3/authorizations",
        &[&user],
        r#"{"note":"n"}"#,
    );
    assert_eq!(create.status, 410);
    assert_eq!(server.user(&token).status, 200);
    assert_eq!(
        server
            .call("GET", "/api/v3/authorizations", &[&user], "")
            .status,
        200
    );
}

#[test]
fn a_fault_that_makes_no_sense_is_refused_with_words() {
    let place = Place::new();
    let server = place.dev(&[]);
    for (fault, words) in [
        (json!({}), "name one of"),
        (
            json!({"status": 500, "brownout": true}),
            "exclude one another",
        ),
        (json!({"statsu": 500}), "unknown field `statsu`"),
    ] {
        let json = "Content-Type: application/json";
        let refused = server.call("POST", "/_dev/faults", &[json], &fault.to_string());
        assert_eq!(refused.status, 400);
        assert!(refused.body.contains(words), "{}", refused.body);
    }
}
