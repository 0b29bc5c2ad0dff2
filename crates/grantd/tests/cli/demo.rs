//! `grantd serve --demo`: what it prints can be pasted, and answers as the
//! documentation prints.

use std::time::{Duration, Instant};

use crate::place::Place;
use crate::web::{Server, basic};

/// One printed command.
struct Call {
    title: String,
    method: String,
    path: String,
    headers: Vec<String>,
    body: String,
}

/// The words of a command, as a shell would split them.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in command.replace("\\\n", " ").chars() {
        match quote {
            Some(mark) if c == mark => quote = None,
            Some(_) => word.push(c),
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c.is_whitespace() => words.push(std::mem::take(&mut word)),
            None => word.push(c),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

fn calls(script: &str, server: &Server) -> Vec<Call> {
    let sections = script.split("\n\n").skip(1);
    let read = |section: &str| {
        let (title, command) = section.trim().split_once('\n').unwrap();
        let mut words = words(command).into_iter();
        assert_eq!(words.next().as_deref(), Some("curl"), "{section}");
        let mut call = Call {
            title: title.trim_start_matches("# ").to_owned(),
            method: "GET".into(),
            path: String::new(),
            headers: Vec::new(),
            body: String::new(),
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                "-u" => {
                    let credentials = words.next().unwrap();
                    let (name, password) = credentials.split_once(':').unwrap();
                    call.headers.push(basic(name, password));
                }
                "-X" => call.method = words.next().unwrap(),
                "-H" => call.headers.push(words.next().unwrap()),
                "-d" => call.body = words.next().unwrap(),
                "-i" => {}
                url => {
                    call.path = url
                        .strip_prefix(&format!("http://{}", server.address))
                        .unwrap()
                        .to_owned()
                }
            }
        }
        call
    };
    sections.map(read).collect()
}

#[test]
fn its_commands_answer_as_documented() {
    let place = Place::new();
    let script = place.path("script");
    let started = Instant::now();
    let server = place.serve_into(&["--demo"], &script);
    let ready = started.elapsed();
    let script = std::fs::read_to_string(script).unwrap();
    assert!(!script.contains('@'), "every name has its value");
    let answers: Vec<(String, u16)> = calls(&script, &server)
        .into_iter()
        .map(|call| {
            let headers: Vec<&str> = call.headers.iter().map(String::as_str).collect();
            let answer = server.call(&call.method, &call.path, &headers, &call.body);
            if call.title.contains("without a code") {
                assert!(
                    answer
                        .head
                        .to_lowercase()
                        .contains("x-github-otp: required; app"),
                    "{}",
                    answer.head
                );
            }
            (call.title, answer.status)
        })
        .collect();
    let statuses: Vec<u16> = answers.iter().map(|(_, status)| *status).collect();
    let expected = [
        201, 200, 200, 200, 201, 201, 200, 200, 200, 200, 200, 204, 204, 401, 201, 204, 204,
    ];
    assert_eq!(statuses, expected, "{answers:?}");
    // Within a second on an idle machine; this one runs other tests meanwhile.
    assert!(ready < Duration::from_secs(5), "{ready:?}");
}

#[test]
fn it_leaves_nothing_behind() {
    let place = Place::new();
    let server = place.serve(&["--demo"]);
    let line = server.ready_line.clone();
    let folder = line
        .split_once("(data ")
        .unwrap()
        .1
        .trim_end_matches(')')
        .to_owned();
    assert!(std::path::Path::new(&folder).exists());
    server.stop();
    assert!(!std::path::Path::new(&folder).exists());
    assert!(!place.path("grantd-data").exists());
}

#[test]
fn it_serves_this_machine_only() {
    let place = Place::new();
    let refused = place.run(&["serve", "--demo", "--listen", "0.0.0.0:8370"]);
    assert!(refused.refusal().contains("use --listen 127.0.0.1:8370"));
}
