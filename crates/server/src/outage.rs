//! What the log hears while requests cannot be served. Owns when a line is due:
//! at once, then every ten seconds with the number of requests in between, and
//! once when requests are served again. Must not know what is wrong.

use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use grantd_core::clock::Timestamp;

/// Seconds between two lines.
const EVERY: i64 = 10;
/// Dates are whole seconds: after two, at least one has gone by without a refusal.
const CALM: i64 = 2;

/// Requests that were answered 503, since the last time that all went well.
#[derive(Default)]
pub(crate) struct Outage {
    lasts: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    episode: Option<Episode>,
    said: Option<Timestamp>,
    unsaid: u64,
}

struct Episode {
    refused: u64,
    /// The log has heard of it.
    told: bool,
    began: Timestamp,
    last: Timestamp,
}

/// An outage that is over.
#[derive(Debug, PartialEq, Eq)]
struct Over {
    refused: u64,
    /// From the first refusal to the last.
    seconds: i64,
}

impl Outage {
    /// A request could not be served.
    pub(crate) fn tell_refused(&self, why: &dyn Display, now: Timestamp) {
        if let Some(unsaid) = self.refused(now) {
            tracing::error!(error = %why, unsaid, "a request could not be served");
        }
    }

    /// A request was served that needed what may have been away.
    pub(crate) fn tell_served(&self, now: Timestamp) {
        if let Some(Over { refused, seconds }) = self.served(now) {
            tracing::warn!(refused, seconds, "requests are served again");
        }
    }

    /// Counts a request that could not be served. When a line is due: how many had none since the last.
    fn refused(&self, now: Timestamp) -> Option<u64> {
        let mut state = self.lock();
        let state = &mut *state;
        self.lasts.store(true, Ordering::Relaxed);
        let episode = state.episode.get_or_insert(Episode {
            refused: 0,
            told: false,
            began: now,
            last: now,
        });
        episode.refused += 1;
        episode.last = now;
        // A clock that was set back silences nobody.
        let just_said = |said| (0..EVERY).contains(&now.since(said));
        if state.said.is_some_and(just_said) {
            state.unsaid += 1;
            return None;
        }
        episode.told = true;
        state.said = Some(now);
        Some(std::mem::take(&mut state.unsaid))
    }

    /// Notes a request that was served. When that ends an outage of which the log has heard: what it came to.
    fn served(&self, now: Timestamp) -> Option<Over> {
        // Nearly always; no request waits for another here.
        if !self.lasts.load(Ordering::Relaxed) {
            return None;
        }
        let mut state = self.lock();
        let calm = |episode: &mut Episode| !(0..CALM).contains(&now.since(episode.last));
        let over = state.episode.take_if(calm)?;
        self.lasts.store(false, Ordering::Relaxed);
        over.told.then(|| Over {
            refused: over.refused,
            seconds: over.last.since(over.began),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under the lock can panic halfway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_at_once_then_every_ten_seconds_and_one_at_the_end() {
        let outage = Outage::default();
        assert_eq!(outage.served(Timestamp(0)), None);
        let said: Vec<(i64, u64)> = (100..125)
            .flat_map(|second| [second; 40])
            .filter_map(|second| Some((second, outage.refused(Timestamp(second))?)))
            .collect();
        assert_eq!(said, [(100, 0), (110, 399), (120, 399)]);
        assert_eq!(outage.served(Timestamp(125)), None, "not yet calm");
        let over = Over {
            refused: 1_000,
            seconds: 24,
        };
        assert_eq!(outage.served(Timestamp(126)), Some(over));
        assert_eq!(outage.served(Timestamp(127)), None);
        assert_eq!(outage.refused(Timestamp(200)), Some(199));
    }

    #[test]
    fn what_comes_and_goes_is_no_flood() {
        let outage = Outage::default();
        let (mut begun, mut ended) = (0, 0);
        for second in 0..100 {
            if second % 4 == 0 {
                begun += u32::from(outage.refused(Timestamp(second)).is_some());
            } else {
                ended += u32::from(outage.served(Timestamp(second)).is_some());
            }
        }
        assert!(begun <= 10 && ended <= begun, "{begun} {ended}");
    }

    #[test]
    fn a_clock_that_is_set_back_silences_nobody() {
        let outage = Outage::default();
        assert_eq!(outage.refused(Timestamp(1_000)), Some(0));
        assert_eq!(outage.refused(Timestamp(500)), Some(0));
        assert!(outage.served(Timestamp(100)).is_some());
    }
}
