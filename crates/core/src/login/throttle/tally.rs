//! Moments at which something happened. Owns how many are kept one by one and
//! how they are written down; must not know what happened.

use crate::clock::Timestamp;

/// So many moments are kept as they are; of more, those of one sixty-fourth of
/// the window are taken together, at the last of them. A tally stays small and
/// never counts less than there was.
const ONE_BY_ONE: u32 = 64;

/// Moments with the number of events in each, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(Vec<(Timestamp, u32)>);

impl Tally {
    /// Reads what [`Tally::to_stored`] wrote.
    pub fn from_stored(text: &str) -> Option<Self> {
        let moment = |word: &str| {
            let (at, count) = word.split_once('*').unwrap_or((word, "1"));
            Some((Timestamp(at.parse().ok()?), count.parse().ok()?))
        };
        let moments: Option<Vec<_>> = text.split_ascii_whitespace().map(moment).collect();
        moments.map(Self)
    }

    /// The moments as words: `1600000000 1600000003*2`.
    pub fn to_stored(&self) -> String {
        let word = |(at, count): &(Timestamp, u32)| match count {
            1 => at.0.to_string(),
            _ => format!("{}*{count}", at.0),
        };
        self.0.iter().map(word).collect::<Vec<_>>().join(" ")
    }

    /// How many lie less than `window` seconds before `now`.
    pub(super) fn count(&self, window: u32, now: Timestamp) -> u32 {
        let recent = self.0.iter().filter(|(at, _)| is_recent(*at, window, now));
        recent.fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// Forgets what [`Tally::count`] passes over.
    pub(super) fn forget_old(&mut self, window: u32, now: Timestamp) {
        self.0.retain(|(at, _)| is_recent(*at, window, now));
    }

    /// Adds one event to a tally of which `most` within `window` matter.
    pub(super) fn add(&mut self, now: Timestamp, most: u32, window: u32) {
        let grain = match most {
            0..=ONE_BY_ONE => 1,
            _ => i64::from(window / ONE_BY_ONE).max(1),
        };
        match self.0.last_mut() {
            Some((at, count)) if at.0.div_euclid(grain) == now.0.div_euclid(grain) => {
                *at = now.max(*at);
                *count = count.saturating_add(1);
            }
            _ => self.0.push((now, 1)),
        }
    }

    /// Takes one event of exactly this moment away, if there is one.
    pub(super) fn remove(&mut self, moment: Timestamp) {
        if let Some(place) = self.0.iter().position(|(at, _)| *at == moment) {
            self.0[place].1 -= 1;
            if self.0[place].1 == 0 {
                self.0.remove(place);
            }
        }
    }

    /// The latest moment.
    pub(super) fn latest(&self) -> Option<Timestamp> {
        self.0.iter().map(|(at, _)| *at).max()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

fn is_recent(at: Timestamp, window: u32, now: Timestamp) -> bool {
    now.since(at) < i64::from(window)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u32 = 3_600;

    #[test]
    fn a_tally_reads_back_as_it_was_written() {
        let mut tally = Tally::default();
        assert_eq!(tally.to_stored(), "");
        for at in [5, 9, 9, 12] {
            tally.add(Timestamp(at), 10, HOUR);
        }
        assert_eq!(tally.to_stored(), "5 9*2 12");
        assert_eq!(Tally::from_stored("5 9*2 12"), Some(tally));
        for other in ["x", "5*", "5*x", "*3", "5*-1"] {
            assert_eq!(Tally::from_stored(other), None, "{other}");
        }
    }

    #[test]
    fn only_the_window_counts() {
        let mut tally = Tally::default();
        for at in [0, 10] {
            tally.add(Timestamp(at), 10, 300);
        }
        assert_eq!(tally.count(300, Timestamp(299)), 2);
        assert_eq!(tally.count(300, Timestamp(300)), 1);
        tally.forget_old(300, Timestamp(300));
        assert_eq!(tally.to_stored(), "10");
    }

    #[test]
    fn many_events_take_little_room_and_are_never_fewer() {
        let mut tally = Tally::default();
        for at in 0..7_200 {
            tally.forget_old(HOUR, Timestamp(at));
            tally.add(Timestamp(at), 1_000_000, HOUR);
            let (true_count, counted) = (at.min(3_599) + 1, tally.count(HOUR, Timestamp(at)));
            assert!((true_count..true_count + 60).contains(&i64::from(counted)));
        }
        assert!(tally.to_stored().len() < 1_100);
    }

    #[test]
    fn one_event_of_a_moment_can_be_taken_away() {
        let mut tally = Tally::from_stored("5 9*2").unwrap();
        for (moment, left) in [(7, "5 9*2"), (9, "5 9"), (9, "5"), (9, "5"), (5, "")] {
            tally.remove(Timestamp(moment));
            assert_eq!(tally.to_stored(), left);
        }
    }
}
