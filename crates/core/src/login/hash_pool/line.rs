//! Those who wait to be hashed, and whose turn it is. Owns that turns, and the room itself, are shared
//! fairly between networks, then between the addresses of one, then between the logins at one: whoever
//! comes from elsewhere is served next, and a full line makes room at the expense of whoever holds most
//! of it. Must not know what is waited for.

use std::collections::VecDeque;

use super::Turn;
use crate::login::Address;
use crate::user::LoginKey;

/// One step from the root to a login at an address.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Step {
    Block(Address),
    Login(LoginKey),
}

/// Where somebody stands, the widest block first.
pub(super) type Path = [Step; 4];

/// The branch of a turn.
pub(super) fn path(turn: &Turn) -> Path {
    let [wide, narrow] = turn.address.networks();
    [
        Step::Block(wide),
        Step::Block(narrow),
        Step::Block(turn.address),
        Step::Login(turn.login.clone()),
    ]
}

/// A place, with its work as soon as there is some.
pub(super) struct Entry<W> {
    number: u64,
    work: Option<W>,
}

/// All places below one step.
pub(super) struct Branch<W> {
    /// How many there are, and how many of them have work.
    places: usize,
    ready: usize,
    /// What is below each step, in the order of their turns. Looked through from end to end: there are at most as many
    /// as places in the line.
    below: VecDeque<(Step, Branch<W>)>,
    /// Of the last step only: in the order of arrival.
    entries: VecDeque<Entry<W>>,
}

impl<W> Default for Branch<W> {
    fn default() -> Self {
        Self {
            places: 0,
            ready: 0,
            below: VecDeque::new(),
            entries: VecDeque::new(),
        }
    }
}

impl<W> Branch<W> {
    pub(super) fn places(&self) -> usize {
        self.places
    }

    /// Adds a place; there is no work for it yet.
    pub(super) fn enter(&mut self, path: &[Step], number: u64) {
        self.places += 1;
        let Some((step, rest)) = path.split_first() else {
            self.entries.push_back(Entry { number, work: None });
            return;
        };
        if let Some(branch) = self.branch(step) {
            return branch.enter(rest, number);
        }
        let mut branch = Self::default();
        branch.enter(rest, number);
        self.below.push_back((step.clone(), branch));
    }

    /// Gives a place its work; the work comes back if the place is gone.
    pub(super) fn fill(&mut self, path: &[Step], number: u64, work: W) -> Option<W> {
        let left = match path.split_first() {
            None => match self.entries.iter_mut().find(|one| one.number == number) {
                Some(entry) => {
                    entry.work = Some(work);
                    None
                }
                None => Some(work),
            },
            Some((step, rest)) => match self.branch(step) {
                Some(branch) => branch.fill(rest, number, work),
                None => Some(work),
            },
        };
        self.ready += usize::from(left.is_none());
        left
    }

    /// Gives up a place that has no work yet; whether it was still there.
    pub(super) fn leave(&mut self, path: &[Step], number: u64) -> bool {
        let left = match path.split_first() {
            None => {
                let at = self.entries.iter().position(|one| one.number == number);
                at.and_then(|at| self.entries.remove(at)).is_some()
            }
            Some((step, rest)) => {
                let below = self.branch(step);
                let left = below.is_some_and(|branch| branch.leave(rest, number));
                self.below.retain(|(_, branch)| branch.places > 0);
                left
            }
        };
        self.places -= usize::from(left);
        left
    }

    /// The next work: each step in turn gives one.
    pub(super) fn pop(&mut self) -> Option<W> {
        let work = if let Some(at) = self.entries.iter().position(|one| one.work.is_some()) {
            self.entries.remove(at)?.work?
        } else {
            let at = self.below.iter().position(|(_, branch)| branch.ready > 0)?;
            let (step, mut branch) = self.below.remove(at)?;
            let work = branch.pop();
            if branch.places > 0 {
                self.below.push_back((step, branch));
            }
            work?
        };
        self.places -= 1;
        self.ready -= 1;
        Some(work)
    }

    /// Takes a place, the last one, from whoever holds more of the room than somebody at `path` would hold
    /// with one more. Nobody loses a place to somebody who has as many.
    pub(super) fn displace(&mut self, path: &[Step]) -> Option<Entry<W>> {
        let (step, rest) = path.split_first()?;
        let own = self.branch(step).map_or(0, |branch| branch.places);
        let longest = self.longest()?;
        let entry = if own + 1 < longest.places {
            longest.give_up()
        } else {
            self.branch(step)?.displace(rest)
        }?;
        self.places -= 1;
        self.ready -= usize::from(entry.work.is_some());
        Some(entry)
    }

    /// The last place of whoever holds most.
    fn give_up(&mut self) -> Option<Entry<W>> {
        let entry = match self.longest() {
            None => self.entries.pop_back(),
            Some(longest) => {
                let entry = longest.give_up();
                self.below.retain(|(_, branch)| branch.places > 0);
                entry
            }
        }?;
        self.places -= 1;
        self.ready -= usize::from(entry.work.is_some());
        Some(entry)
    }

    /// Who holds most here; of several, who would wait longest for a turn.
    fn longest(&mut self) -> Option<&mut Self> {
        let branches = self.below.iter_mut().map(|(_, branch)| branch);
        branches.max_by_key(|branch| branch.places)
    }

    fn branch(&mut self, step: &Step) -> Option<&mut Self> {
        let mut below = self.below.iter_mut();
        below.find(|(one, _)| one == step).map(|(_, branch)| branch)
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn at(address: [u8; 4], login: &str) -> Path {
        let address = Address::from(IpAddr::from(address));
        path(&Turn::of(address, LoginKey::of(login)))
    }

    /// A line and the numbers of its places.
    #[derive(Default)]
    struct Line {
        root: Branch<u64>,
        last: u64,
    }

    impl Line {
        /// Adds a place with work, which is its number.
        fn add(&mut self, path: &Path) -> u64 {
            self.last += 1;
            self.root.enter(path, self.last);
            assert!(self.root.fill(path, self.last, self.last).is_none());
            self.last
        }

        fn all(&mut self) -> Vec<u64> {
            let all = std::iter::from_fn(|| self.root.pop()).collect();
            assert_eq!((self.root.places, self.root.ready), (0, 0));
            assert!(self.root.below.is_empty());
            all
        }
    }

    #[test]
    fn turns_go_round_between_networks_then_addresses_then_logins() {
        let mut line = Line::default();
        // A crowd in one network: 1 to 5; two elsewhere: 6, 7.
        for (last, login) in [(1, "a"), (1, "a"), (1, "b"), (2, "c"), (2, "c")] {
            line.add(&at([203, 0, 113, last], login));
        }
        line.add(&at([192, 0, 2, 1], "d"));
        line.add(&at([198, 51, 100, 1], "e"));
        assert_eq!(line.all(), [1, 6, 7, 4, 3, 5, 2]);
    }

    #[test]
    fn a_full_line_makes_room_at_the_expense_of_who_holds_most() {
        let mut line = Line::default();
        let (crowd, other) = (at([203, 0, 113, 1], "a"), at([192, 0, 2, 1], "b"));
        for _ in 0..4 {
            line.add(&crowd);
        }
        assert!(line.root.displace(&crowd).is_none(), "its own share");
        // The newcomer's network, an address beside the crowd, and a login beside it: each finds room.
        for newcomer in [
            &other,
            &at([203, 0, 113, 2], "a"),
            &at([203, 0, 113, 1], "z"),
        ] {
            let gone = line.root.displace(newcomer).unwrap();
            line.add(newcomer);
            assert!(gone.work.is_some_and(|number| number <= 4));
        }
        assert_eq!(line.root.places(), 4);
        // One elsewhere, three in the crowd's network: a second from elsewhere would hold two of four.
        assert!(line.root.displace(&other).is_some());
        line.add(&other);
        assert!(line.root.displace(&other).is_none(), "as many as anybody");
        assert_eq!(line.all().len(), 4);
    }

    #[test]
    fn a_place_without_work_is_passed_over_and_can_be_lost_or_left() {
        let mut line = Line::default();
        let (one, other) = (at([203, 0, 113, 1], "a"), at([192, 0, 2, 1], "b"));
        line.root.enter(&one, 100);
        line.root.enter(&one, 101);
        line.root.enter(&one, 102);
        assert!(line.root.pop().is_none());
        let gone = line.root.displace(&other).unwrap();
        assert_eq!((gone.number, gone.work), (102, None));
        assert_eq!(line.root.fill(&one, 102, 9), Some(9), "it was lost");
        assert!(!line.root.leave(&one, 102));
        assert!(line.root.leave(&one, 100));
        assert!(line.root.fill(&one, 101, 8).is_none());
        line.add(&other);
        assert_eq!(line.all(), [8, 1]);
    }
}
