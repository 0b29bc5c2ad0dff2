//! `grantd sql` against a running server: the resource of the dialect's own
//! document row by row, and what else can be said.

mod document;
mod guide;
mod hostile;
mod large;
mod more;
mod refusals;

use serde_json::Value;

use crate::place::{Outcome, PASSWORD, Place};
use crate::web::Server;

pub(super) const CLIENT_ID: &str = "abcde12345fghij67890";
pub(super) const CLIENT_SECRET: &str = "3ef4ad510c59ad37bac6bb4f80047fb3aee3cc7f";
pub(super) const AUTHORIZATIONS: &str = "github.oauth_authorizations.authorizations";
pub(super) const GRANTS: &str = "github.oauth_authorizations.grants";

/// The demo, and a folder to call from.
pub(super) struct Demo {
    pub(super) place: Place,
    pub(super) server: Server,
}

impl Demo {
    pub(super) fn start() -> Self {
        let place = Place::new();
        let server = place.serve(&["--demo"]);
        Self { place, server }
    }

    /// Statements as octocat, with more flags.
    pub(super) fn run(&self, more: &[&str], statements: &str) -> Outcome {
        self.run_as("octocat", more, statements)
    }

    pub(super) fn run_as(&self, login: &str, more: &[&str], statements: &str) -> Outcome {
        run(&self.place, &self.server, login, more, statements)
    }

    /// The rows of a statement.
    #[track_caller]
    pub(super) fn rows(&self, statement: &str) -> Vec<Value> {
        rows(&self.run(&["--output", "json"], statement))
    }

    /// What a statement that is refused says.
    #[track_caller]
    pub(super) fn refusal(&self, statement: &str) -> String {
        let outcome = self.run(&[], statement);
        assert_eq!(
            (outcome.code, outcome.stdout.as_str()),
            (1, ""),
            "{}",
            outcome.stderr
        );
        outcome.stderr
    }
}

pub(super) fn run(
    place: &Place,
    server: &Server,
    login: &str,
    more: &[&str],
    statements: &str,
) -> Outcome {
    let url = format!("http://{}/api/v3", server.address);
    let mut args = vec!["sql", "--url", &url, "--login", login, "--password-stdin"];
    args.extend(more);
    args.push(statements);
    place.run_with(&args, PASSWORD)
}

#[track_caller]
pub(super) fn rows(outcome: &Outcome) -> Vec<Value> {
    match outcome.json() {
        Value::Array(rows) => rows,
        other => panic!("{other}"),
    }
}
