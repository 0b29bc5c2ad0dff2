//! A session that keeps its locks, as a careless migration does.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin};

use super::Cluster;

impl Cluster {
    /// Runs statements and stays in their transaction, with their locks, until this is dropped.
    ///
    /// # Panics
    /// The server does not take them.
    pub fn hold(&self, url: &str, sql: &str) -> Held {
        let (_, database) = url.rsplit_once('/').expect("a URL with a database");
        let mut session = self.session(database).spawn().expect("psql runs");
        let mut input = session.stdin.take().expect("a pipe");
        let said = BufReader::new(session.stdout.take().expect("a pipe"));
        writeln!(input, "BEGIN; {sql};\n\\echo held").expect("psql listens");
        let first = said.lines().next().map(|line| line.expect("text"));
        assert_eq!(first.as_deref(), Some("held"), "{sql}");
        Held {
            session,
            input: Some(input),
        }
    }
}

/// An open transaction.
pub struct Held {
    session: Child,
    input: Option<ChildStdin>,
}

impl Drop for Held {
    fn drop(&mut self) {
        // Its session ends without a commit when there is nothing more to read.
        self.input = None;
        self.session.wait().expect("psql ends");
    }
}
