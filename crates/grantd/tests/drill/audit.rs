//! What is left at the end: every node is asked for every token, and the
//! database for its rows. Owns the questions; what contradicts the history is
//! the checker's to find.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;

use super::history::{Moment, Outcome, Token, User};
use super::line::Line;
use super::world::{USERS, World};

const AT_ONCE: usize = 8;
const PATIENCE: Duration = Duration::from_secs(5);

/// What was found when nothing else happened any more.
pub(crate) struct Left {
    /// From here on the record holds the questions of the end.
    pub(crate) since: Moment,
    /// The hashes of the tokens that are valid.
    pub(crate) valid: HashSet<String>,
    /// The hashes of those that are not.
    pub(crate) invalid: HashSet<String>,
}

/// Asks every node for every token that anybody ever heard of.
///
/// # Panics
/// A node does not answer, or nodes disagree.
pub(crate) async fn ask_for_all(world: &Arc<World>) -> Left {
    for user in 0..USERS {
        let mut tries = 0;
        while !world.suspend(User(user), true).await {
            tries += 1;
            assert!(tries < 10, "the command line does not work");
        }
    }
    let since = world.record.now();
    let tokens = world.all_tokens();
    let mut left = Left {
        since,
        valid: HashSet::new(),
        invalid: HashSet::new(),
    };
    let mut tasks = JoinSet::new();
    for node in world.all_nodes() {
        let next = Arc::new(AtomicUsize::new(0));
        for _ in 0..AT_ONCE {
            let line = Line::new(world, node, PATIENCE);
            tasks.spawn(ask_for_some(line, Arc::clone(&next), tokens.len()));
        }
    }
    while let Some(asked) = tasks.join_next().await {
        for (token, outcome) in asked.expect("no client panicked") {
            let hash = tokens[token.0].hash.clone();
            match outcome {
                Outcome::Valid => left.valid.insert(hash),
                Outcome::Invalid => left.invalid.insert(hash),
                other => panic!("{token:?} at the end: {other:?}"),
            };
        }
    }
    assert!(left.valid.is_disjoint(&left.invalid), "all nodes agree");
    left
}

async fn ask_for_some(
    mut line: Line,
    next: Arc<AtomicUsize>,
    count: usize,
) -> Vec<(Token, Outcome)> {
    let mut answers = Vec::new();
    loop {
        let token = Token(next.fetch_add(1, Ordering::Relaxed));
        if token.0 >= count {
            return answers;
        }
        answers.push((token, line.check(token).await));
    }
}

impl Left {
    /// The rows of the database are the valid tokens, and perhaps some whose making nobody heard
    /// of. Returns how many of those there are.
    ///
    /// # Panics
    /// A valid token has no row, or an invalid one has.
    pub(crate) fn are_rows(&self, rows: &str) -> usize {
        let rows: HashSet<String> = rows.lines().map(ToOwned::to_owned).collect();
        assert!(self.valid.is_subset(&rows), "what is valid has a row");
        assert!(self.invalid.is_disjoint(&rows), "what ended has none");
        rows.len() - self.valid.len()
    }
}
