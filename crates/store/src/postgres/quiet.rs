//! Warnings that do not flood the log when the database is away. Owns how
//! often one is said; must not know what it is about.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_secs(10);

/// One kind of warning.
#[derive(Default)]
pub(super) struct Quiet(Mutex<State>);

#[derive(Default)]
struct State {
    said: Option<Instant>,
    unsaid: u64,
}

impl Quiet {
    /// Calls `say` with the number of times it was not called since, at most every ten seconds.
    pub(super) fn warn(&self, say: impl FnOnce(u64)) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.said.is_some_and(|said| said.elapsed() < EVERY) {
            state.unsaid += 1;
            return;
        }
        state.said = Some(Instant::now());
        let unsaid = std::mem::take(&mut state.unsaid);
        drop(state);
        say(unsaid);
    }
}

#[cfg(test)]
mod tests {
    use super::Quiet;

    #[test]
    fn a_thousand_warnings_are_one() {
        let (quiet, mut said) = (Quiet::default(), 0);
        for _ in 0..1_000 {
            quiet.warn(|_| said += 1);
        }
        assert_eq!(said, 1);
    }
}
