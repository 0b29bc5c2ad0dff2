//! Which threads of a server do the work that takes long, by the system's own
//! account of each thread.

use std::fs;

use crate::place::{PASSWORD, Place};
use crate::web::{Server, basic};

/// What threads with names that begin alike have done so far.
#[derive(Clone, Copy, Debug, Default)]
struct Done {
    threads: usize,
    /// Of CPU, in ticks of a hundredth of a second.
    ticks: u64,
    /// Bytes read from files.
    read: u64,
}

fn done(server: &Server, name: &str) -> Done {
    let tasks = fs::read_dir(format!("/proc/{}/task", server.id())).unwrap();
    let mut sum = Done::default();
    for task in tasks {
        let task = task.unwrap().path();
        let text = |name: &str| fs::read_to_string(task.join(name)).unwrap_or_default();
        if !text("comm").starts_with(name) {
            continue;
        }
        let stat = text("stat");
        let after_name: Vec<&str> = stat.rsplit(')').next().unwrap().split(' ').collect();
        let number = |at: usize| after_name[at].parse::<u64>().unwrap();
        let io = text("io");
        let read = io.lines().find_map(|line| line.strip_prefix("rchar: "));
        sum.threads += 1;
        sum.ticks += number(12) + number(13);
        sum.read += read.unwrap().parse::<u64>().unwrap();
    }
    assert!(sum.threads > 0, "no thread is called {name}");
    sum
}

/// Threads that serve requests: one for each core, and those of the runtime beside them.
fn serving(server: &Server) -> Done {
    // A thread takes its name when it begins: it has begun when it has answered.
    assert_eq!(server.call("GET", "/livez", &[], "").status, 200);
    let (http, beside) = (done(server, "http"), done(server, "tokio"));
    Done {
        threads: http.threads + beside.threads,
        ticks: http.ticks + beside.ticks,
        read: http.read + beside.read,
    }
}

#[test]
fn no_password_is_hashed_on_a_thread_that_serves() {
    let place = Place::new();
    place.user("octocat");
    let server = place.serve(&[]);
    let (before, hashing) = (serving(&server), done(&server, "hash-"));
    for number in 0..12 {
        // Each of another login, so that nobody is locked out.
        let who = basic(&format!("nobody-{number}"), "wrong");
        let answer = server.call("GET", "/api/v3/authorizations", &[&who], "");
        assert_eq!(answer.status, 401, "{}", answer.body);
    }
    let right = basic("octocat", PASSWORD);
    let answer = server.call("GET", "/api/v3/authorizations", &[&right], "");
    assert_eq!(answer.status, 200);
    let hashed = done(&server, "hash-").ticks - hashing.ticks;
    let served = serving(&server).ticks - before.ticks;
    assert!(
        hashed >= 13,
        "a hash takes more than ten milliseconds: {hashed}"
    );
    assert!(served * 4 <= hashed, "{served} of {hashed} ticks");
}

#[test]
fn no_page_of_the_database_is_read_on_a_thread_that_serves() {
    const TOKENS: usize = 40;
    let place = Place::new();
    place.user("octocat");
    let server = place.serve(&[]);
    let mint = |number| server.mint("octocat", &format!(r#"{{"note":"{number}"}}"#));
    let tokens: Vec<String> = (0..TOKENS).map(mint).collect();
    server.stop();
    // Nothing is in its memory yet.
    let server = place.serve(&[]);
    let (before, reading) = (serving(&server), done(&server, "store-reader"));
    for token in tokens.iter().chain(&tokens) {
        let presented = format!("Authorization: token {token}");
        let answer = server.call("GET", "/api/v3/user", &[&presented], "");
        assert_eq!(answer.status, 200);
    }
    let pages = done(&server, "store-reader").read - reading.read;
    let served = serving(&server).read - before.read;
    assert!(pages >= 4 * 4_096, "{pages} bytes of the database");
    // The count of commits, four bytes at a time, and what wakes a thread, eight.
    assert!(served < 4_096, "{served} bytes");
}
