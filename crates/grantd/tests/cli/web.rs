//! A running `grantd serve`, and one HTTP request to it: no client library, so
//! that nothing stands between the test and the wire.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use base64::Engine;
use serde_json::Value;

use crate::place::Place;

/// A server process; killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    pub(crate) ready_line: String,
    stderr: Receiver<String>,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Place {
    /// Starts a server on a free port and waits for its ready line.
    pub(crate) fn serve(&self, more: &[&str]) -> Server {
        self.start(more, Stdio::null())
    }

    /// As [`Place::serve`], with standard output in a file.
    pub(crate) fn serve_into(&self, more: &[&str], stdout: &Path) -> Server {
        self.start(more, File::create(stdout).unwrap().into())
    }

    /// Starts a server for tests.
    pub(crate) fn dev(&self, more: &[&str]) -> Server {
        self.start_as("dev", more, Stdio::null(), Stdio::null())
    }

    fn start(&self, more: &[&str], stdout: Stdio) -> Server {
        self.start_as("serve", more, Stdio::null(), stdout)
    }

    /// Starts a server of any kind.
    pub(crate) fn start_as(
        &self,
        kind: &str,
        more: &[&str],
        stdin: Stdio,
        stdout: Stdio,
    ) -> Server {
        let mut command = self.command(&[kind, "--listen", "127.0.0.1:0"]);
        command
            .args(more)
            .stdin(stdin)
            .stdout(stdout)
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (line, stderr) = channel();
        let pipe = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            pipe.lines()
                .map_while(Result::ok)
                .try_for_each(|text| line.send(text))
        });
        let mut before = String::new();
        let ready_line = loop {
            let text = stderr
                .recv_timeout(Duration::from_secs(20))
                .unwrap_or_else(|_| panic!("not ready: {before}"));
            if text.starts_with("grantd is ready on ") {
                break text;
            }
            before.push_str(&text);
            before.push('\n');
        };
        let address = ready_line
            .split_once("://")
            .unwrap()
            .1
            .split_once(' ')
            .unwrap()
            .0
            .to_owned();
        Server {
            child,
            address,
            ready_line: before + &ready_line,
            stderr,
        }
    }
}

impl Server {
    /// `POST /authorizations` as a user; the token.
    pub(crate) fn mint(&self, login: &str, body: &str) -> String {
        let user = basic(login, crate::place::PASSWORD);
        let answer = self.call("POST", "/api/v3/authorizations", &[&user], body);
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.json()["token"].as_str().unwrap().to_owned()
    }

    pub(crate) fn call(&self, method: &str, path: &str, headers: &[&str], body: &str) -> Answer {
        call(&self.address, method, path, headers, body)
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The process itself.
    pub(crate) fn process(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let done = std::process::Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status();
        assert!(done.unwrap().success());
    }

    /// Asks the server to end and waits for it; what it said on stderr since it was ready.
    pub(crate) fn stop(mut self) -> String {
        self.signal("TERM");
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        self.stderr.iter().collect::<Vec<_>>().join("\n")
    }
}

/// One request to whoever listens there.
pub(crate) fn call(
    address: &str,
    method: &str,
    path: &str,
    headers: &[&str],
    body: &str,
) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: test\r\nConnection: close\r\nContent-Length: {}\r\n",
        address,
        body.len()
    );
    for header in headers {
        request += &format!("{header}\r\n");
    }
    request += &format!("\r\n{body}");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer {
        status,
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// The header of Basic authentication.
pub(crate) fn basic(name: &str, password: &str) -> String {
    let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
    format!("Authorization: Basic {encoded}")
}
