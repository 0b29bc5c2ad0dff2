//! `grantd dev` as tests use it: what they find, what they can move, and that
//! nobody else can.

mod closed;
mod faults;
mod seed;

use serde_json::{Value, json};

use crate::place::Place;
use crate::web::{Answer, Server, basic, call};

const JSON: &str = "Content-Type: application/json";

impl Server {
    /// Asks under `/_dev`, as a helper would.
    #[track_caller]
    fn dev(&self, method: &str, path: &str, body: &Value) -> Value {
        let text = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let answer = self.call(method, &format!("/_dev{path}"), &[JSON], &text);
        assert!((200..300).contains(&answer.status), "{}", answer.body);
        match answer.body.as_str() {
            "" => Value::Null,
            body => serde_json::from_str(body).unwrap(),
        }
    }

    fn advance(&self, seconds: i64) {
        self.dev("POST", "/clock", &json!({"advance": seconds}));
    }

    fn user(&self, token: &str) -> Answer {
        let bearer = format!("Authorization: token {token}");
        self.call("GET", "/api/v3/user", &[&bearer], "")
    }

    fn first_token(&self) -> String {
        let overview = self.dev("GET", "", &Value::Null);
        overview["tokens"][0]["token"].as_str().unwrap().to_owned()
    }
}

#[test]
fn the_clock_is_set_and_advanced_and_everything_goes_by_it() {
    let place = Place::new();
    let server = place.dev(&[
        "--clock",
        "2020-11-01T00:00:00Z",
        "--token-lifetime-default-days",
        "7",
        "--token-idle-days",
        "3",
    ]);
    let stands = json!({"now": "2020-11-01T00:00:00Z", "running": false});
    assert_eq!(server.dev("GET", "/clock", &Value::Null), stands);
    let (expiring, idle) = (
        server.mint("octocat", r#"{"note":"a"}"#),
        server.first_token(),
    );
    let answer = server.user(&expiring);
    assert_eq!(answer.status, 200);
    let head = answer.head.to_lowercase();
    assert!(
        head.contains("date: sun, 01 nov 2020 00:00:00 gmt"),
        "{head}"
    );
    // Idle ones end at once: nobody has to wait for the hour in which the server would look.
    server.advance(2 * 86_400);
    assert_eq!(server.user(&expiring).status, 200);
    server.advance(2 * 86_400);
    assert_eq!(server.user(&idle).status, 401);
    assert_eq!(server.user(&expiring).status, 200, "used two days ago");
    for _ in 0..2 {
        server.advance(2 * 86_400 - 1);
        server.user(&expiring);
    }
    server.advance(3);
    assert_eq!(server.user(&expiring).status, 401, "seven days are over");
    let runs = json!({"now": "2030-01-01T00:00:00Z", "running": true});
    let now = server.dev("PUT", "/clock", &runs);
    assert_eq!(now["running"], true);
    assert!(now["now"].as_str().unwrap().starts_with("2030-01-01T00:0"));
}

#[test]
fn owners_are_told_of_an_end_and_the_mail_can_be_read() {
    let place = Place::new();
    let server = place.dev(&[
        "--clock",
        "2020-11-01T00:00:00Z",
        "--token-lifetime-default-days",
        "30",
        "--notice-days",
        "7",
    ]);
    let mails = |server: &Server| server.dev("GET", "/mails", &Value::Null)["mails"].clone();
    server.advance(22 * 86_400);
    assert_eq!(mails(&server), json!([]));
    server.advance(86_400 + 1);
    let told = mails(&server);
    let to: Vec<&str> = told
        .as_array()
        .unwrap()
        .iter()
        .map(|mail| mail["to"].as_str().unwrap())
        .collect();
    assert!(
        to.contains(&"octocat@example.com") && to.contains(&"monalisa@example.com"),
        "{told}"
    );
    assert!(
        told[0]["text"]
            .as_str()
            .unwrap()
            .contains("1 December 2020"),
        "{told}"
    );
    server.dev("DELETE", "/mails", &Value::Null);
    assert_eq!(mails(&server), json!([]));
}

#[test]
fn the_journal_has_what_came_and_what_was_answered() {
    let place = Place::new();
    let server = place.dev(&[]);
    let user = basic("octocat", "correct horse battery staple");
    let gzip = "Accept-Encoding: gzip";
    let made = server.call(
        "POST",
        "/api/v3/authorizations?a=b",
        &[&user, "X-Own: 1"],
        r#"{"note":"n"}"#,
    );
    assert_eq!(made.status, 201);
    let mut stream = std::net::TcpStream::connect(&server.address).unwrap();
    let request = format!(
        "GET /authorizations HTTP/1.1\r\nHost: x\r\nUser-Agent: t\r\n{user}\r\n{gzip}\r\nConnection: close\r\n\r\n"
    );
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    let mut compressed = Vec::new();
    std::io::Read::read_to_end(&mut stream, &mut compressed).unwrap();
    let seen = server.dev("GET", "/journal", &Value::Null);
    let entries = seen["entries"].as_array().unwrap();
    assert_eq!(
        (entries.len(), &seen["forgotten"]),
        (2, &json!(0)),
        "{seen}"
    );
    let (first, second) = (&entries[0], &entries[1]);
    let asked = &first["request"];
    assert_eq!(
        (
            &asked["method"],
            &asked["path"],
            &asked["query"],
            &asked["body"]
        ),
        (
            &json!("POST"),
            &json!("/api/v3/authorizations"),
            &json!("a=b"),
            &json!(r#"{"note":"n"}"#)
        )
    );
    assert_eq!(asked["headers"]["x-own"], "1");
    assert!(
        user.ends_with(asked["headers"]["authorization"].as_str().unwrap()),
        "nothing is masked"
    );
    assert_eq!(first["response"]["status"], 201);
    assert_eq!(first["response"]["body"], made.body.as_str());
    assert_eq!(second["response"]["headers"]["content-encoding"], "gzip");
    assert!(
        second["response"]["body"]
            .as_str()
            .unwrap()
            .starts_with("[{"),
        "{second}"
    );
    let posts = server.dev(
        "GET",
        "/journal?method=post&path=/authorizations*",
        &Value::Null,
    );
    assert_eq!(posts["entries"].as_array().unwrap().len(), 1);
    let later = server.dev("GET", "/journal?after=1", &Value::Null);
    assert_eq!(later["entries"][0]["id"], 2);
    server.dev("DELETE", "/journal", &Value::Null);
    assert_eq!(
        server.dev("GET", "/journal", &Value::Null)["entries"],
        json!([])
    );
    assert_eq!(
        server.call("GET", "/_dev/journal?afer=1", &[], "").status,
        400
    );
}

#[test]
fn a_reset_gives_the_beginning_again() {
    let place = Place::new();
    let server = place.dev(&["--clock", "2020-11-01T00:00:00Z"]);
    let before = server.dev("GET", "", &Value::Null);
    let first = server.mint("octocat", r#"{"note":"mine"}"#);
    server.advance(1_000);
    server.dev(
        "POST",
        "/faults",
        &json!({"path": "/nothing", "status": 500}),
    );
    assert_eq!(server.dev("POST", "/reset", &Value::Null), before);
    assert_eq!(server.user(&first).status, 401);
    for (path, key) in [
        ("/journal", "entries"),
        ("/faults", "faults"),
        ("/mails", "mails"),
    ] {
        let all = server.dev("GET", path, &Value::Null)[key].clone();
        let left = all.as_array().unwrap().len();
        assert_eq!(
            left,
            usize::from(path == "/journal"),
            "{path}: only the look after the reset"
        );
    }
    // The same token again, though this life has seen other requests before.
    server.user(&first);
    assert_eq!(server.mint("octocat", r#"{"note":"mine"}"#), first);
}

#[test]
fn requests_at_the_time_of_a_reset_are_answered_before_or_after_it() {
    let place = Place::new();
    let server = place.dev(&[]);
    let (token, address) = (server.first_token(), server.address.clone());
    let bearer = format!("Authorization: token {token}");
    std::thread::scope(|scope| {
        let ask = || {
            let asked = (0..50).map(|_| call(&address, "GET", "/api/v3/user", &[&bearer], ""));
            asked.map(|answer| answer.status).collect::<Vec<_>>()
        };
        let asking: Vec<_> = (0..3).map(|_| scope.spawn(ask)).collect();
        for _ in 0..5 {
            server.dev("POST", "/reset", &Value::Null);
        }
        for statuses in asking {
            assert_eq!(statuses.join().unwrap(), [200; 50]);
        }
    });
}
