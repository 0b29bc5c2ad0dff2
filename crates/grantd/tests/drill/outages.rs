//! For how long nobody was answered. Owns the arithmetic.

use super::history::{Event, Moment, Node, Outcome};

/// Which answers count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Checks,
    /// Acknowledged ones: a refusal needs no commit.
    Writes,
}

impl Kind {
    /// What an event says of its node's health, if anything.
    pub(crate) fn of(event: &Event) -> Option<Self> {
        match event.outcome {
            Outcome::Valid | Outcome::Invalid => Some(Self::Checks),
            Outcome::Done => Some(Self::Writes),
            Outcome::Refused | Outcome::Unknown => None,
        }
    }
}

/// A fault, from its beginning to when every node had answered again.
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    pub(crate) began: Moment,
    pub(crate) over: Moment,
}

/// The time between the last answer before and the first answer after the longest silence of a
/// fault, in milliseconds; of one node, or of all together.
pub(crate) fn silence(events: &[Event], fault: &Fault, kind: Kind, node: Option<Node>) -> u64 {
    let counts = |event: &&Event| {
        Kind::of(event) == Some(kind) && node.is_none_or(|node| node == event.node)
    };
    let mut answers: Vec<Moment> = events
        .iter()
        .filter(counts)
        .map(|event| event.completed)
        .collect();
    answers.sort();
    let during = |pair: &&[Moment]| pair[0] < fault.over && pair[1] > fault.began;
    let silences = answers.windows(2).filter(during);
    let lengths = silences.map(|pair| pair[1].millis_since(pair[0]));
    lengths.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::history::{Token, What};
    use super::*;

    fn check(node: usize, millis: u64, outcome: Outcome) -> Event {
        Event {
            node: Node(node),
            what: What::Check { token: Token(0) },
            invoked: Moment(0),
            completed: Moment(millis * 1_000_000),
            outcome,
        }
    }

    #[test]
    fn the_longest_silence_that_touches_the_fault_counts() {
        let events = [
            check(0, 100, Outcome::Valid),
            check(1, 1_000, Outcome::Valid),
            check(0, 1_200, Outcome::Unknown),
            check(0, 1_500, Outcome::Invalid),
            check(1, 1_600, Outcome::Valid),
            check(1, 9_000, Outcome::Valid),
        ];
        let fault = Fault {
            name: "",
            began: Moment(1_100_000_000),
            over: Moment(1_550_000_000),
        };
        let of = |node| silence(&events, &fault, Kind::Checks, node);
        assert_eq!(of(Some(Node(0))), 1_400);
        assert_eq!(of(Some(Node(1))), 600);
        assert_eq!(of(None), 500);
        assert_eq!(silence(&events, &fault, Kind::Writes, None), 0);
    }
}
