//! Who cannot reach what tests can.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::place::Place;

/// The status of a request as it is written here.
fn status(address: &str, request: &str) -> u16 {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = request.replace('\n', "\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

const ALL: [(&str, &str); 12] = [
    ("GET", "/_dev"),
    ("GET", "/_dev/clock"),
    ("PUT", "/_dev/clock"),
    ("POST", "/_dev/clock"),
    ("POST", "/_dev/reset"),
    ("GET", "/_dev/journal"),
    ("DELETE", "/_dev/journal"),
    ("GET", "/_dev/faults"),
    ("POST", "/_dev/faults"),
    ("DELETE", "/_dev/faults"),
    ("GET", "/_dev/mails"),
    ("DELETE", "/_dev/mails"),
];

#[test]
fn serve_knows_none_of_it() {
    let place = Place::new();
    place.user("octocat");
    let server = place.serve(&[]);
    for (method, path) in ALL {
        for path in [path.to_owned(), format!("/api/v3{path}")] {
            let answer = server.call(method, &path, &["Content-Type: application/json"], "{}");
            assert_eq!(answer.status, 404, "{method} {path}: {}", answer.body);
        }
    }
}

#[test]
fn no_page_of_a_browser_reaches_it() {
    let place = Place::new();
    let server = place.dev(&[]);
    let address = &server.address;
    for (method, path) in ALL {
        for headers in [
            "Host: evil.example\n".to_owned(),
            "Host: evil.example:80\n".to_owned(),
            String::new(),
            format!("Host: {address}\nOrigin: http://evil.example\n"),
            format!("Host: {address}\nOrigin: null\n"),
            format!("Host: {address}\nOrigin: http://{address}\n"),
            format!("Host: {address}\nSec-Fetch-Site: cross-site\n"),
            format!("Host: {address}\nSec-Fetch-Site: same-site\n"),
        ] {
            let json = "Content-Type: application/json\nContent-Length: 2\nConnection: close";
            let request = format!("{method} {path} HTTP/1.1\n{headers}{json}\n\n{{}}");
            assert_eq!(status(address, &request), 403, "{request}");
        }
    }
    for media in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let media = format!("Content-Type: {media}");
        let answer = server.call("POST", "/_dev/reset", &[&media], "{}");
        assert_eq!(answer.status, 415, "{media}");
        assert!(!answer.head.to_lowercase().contains("access-control-"));
    }
    let preflight = server.call("OPTIONS", "/_dev/reset", &[], "");
    assert_eq!(preflight.status, 404);
    assert!(!preflight.head.to_lowercase().contains("access-control-"));
}

#[test]
fn it_serves_this_machine_only() {
    let place = Place::new();
    for address in ["0.0.0.0:8370", "[::]:8370", "192.0.2.1:8370"] {
        let refused = place.run(&["dev", "--listen", address]);
        let line = refused.refusal();
        assert!(line.contains("use --listen 127.0.0.1:8370"), "{line}");
    }
}

#[test]
fn it_says_that_nothing_here_is_safe() {
    let place = Place::new();
    let server = place.dev(&[]);
    assert!(
        server.ready_line.contains("DEV MODE: nothing is kept"),
        "{}",
        server.ready_line
    );
}

#[test]
fn it_ends_with_whoever_started_it() {
    let place = Place::new();
    let mut server = place.start_as("dev", &["--until-eof"], Stdio::piped(), Stdio::null());
    let folder = server.ready_line.split_once("(data ").unwrap().1;
    let folder = std::path::PathBuf::from(folder.trim_end_matches(')'));
    assert!(folder.exists());
    drop(server.process().stdin.take());
    let began = Instant::now();
    assert_eq!(server.process().wait().unwrap().code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(10));
    assert!(!folder.parent().unwrap().exists());
}

#[test]
fn what_a_killed_one_left_is_swept_away() {
    let place = Place::new();
    let mut killed = place.dev(&[]);
    let folder = killed.ready_line.split_once("(data ").unwrap().1;
    let folder = std::path::PathBuf::from(folder.trim_end_matches(')'));
    let folder = folder.parent().unwrap().to_owned();
    killed.process().kill().unwrap();
    killed.process().wait().unwrap();
    assert!(folder.exists());
    let next = place.dev(&[]);
    assert!(!folder.exists());
    next.stop();
}

/// One line is what scripts read.
#[test]
fn it_announces_itself_in_one_line_of_json() {
    let place = Place::new();
    let stdout = place.path("announced");
    let server = place.start_as(
        "dev",
        &["--json"],
        Stdio::null(),
        std::fs::File::create(&stdout).unwrap().into(),
    );
    let text = std::fs::read_to_string(stdout).unwrap();
    assert_eq!(text.matches('\n').count(), 1);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["url"], format!("http://{}", server.address));
}
