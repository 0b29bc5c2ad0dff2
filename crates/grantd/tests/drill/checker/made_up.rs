//! Made-up histories of a store that keeps its word, or does not.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::super::dice::Dice;
use super::super::history::Outcome::{Done, Refused, Unknown};
use super::super::history::*;
use super::Breach::{AfterItsEnd, OlderThanKnown, Vanished};
use super::judge;

struct Made {
    grant: Grant,
    born: u64,
    died: Option<u64>,
}

/// A store that keeps its word, except that its reads may be late.
struct Store {
    dice: Dice,
    clock: u64,
    tokens: Vec<Made>,
    suspended: HashMap<User, bool>,
    events: Vec<Event>,
}

impl Store {
    fn run(seed: u64, steps: usize, stale: bool) -> Vec<Event> {
        let mut store = Self {
            dice: Dice::new(seed),
            clock: 1_000,
            tokens: Vec::new(),
            suspended: HashMap::new(),
            events: Vec::new(),
        };
        for _ in 0..steps {
            store.step(stale);
        }
        store.events
    }

    /// Something happens now; it was asked a while ago and is answered in a while, or never.
    fn step(&mut self, stale: bool) {
        self.clock += 10;
        let grant = Grant {
            user: User(self.dice.below(3)),
            app: self.dice.below(2),
        };
        let user = grant.user;
        let recent = self.tokens.len().saturating_sub(200);
        let at = recent + self.dice.below((self.tokens.len() - recent).max(1));
        match self.dice.below(300) {
            0..45 => {
                let made = Some(self.make(grant));
                self.tell(What::Create { grant, made }, Done);
            }
            _ if self.tokens.is_empty() => {}
            45..75 => self.end(at, What::Revoke { token: Token(at) }),
            75..90 if self.tokens[at].died.is_none() => {
                let made = Some(self.make(self.tokens[at].grant));
                let old = Token(at);
                self.end(at, What::Reset { old, made });
            }
            90 => {
                for made in self.tokens.iter_mut().filter(|made| made.grant == grant) {
                    made.died = made.died.or(Some(self.clock));
                }
                self.tell(What::DeleteGrant { grant }, Done);
            }
            91..94 => {
                self.suspended.insert(user, true);
                self.tell(What::Suspend { user }, Done);
            }
            94..97 => {
                self.suspended.insert(user, false);
                self.tell(What::Unsuspend { user }, Done);
            }
            _ => self.check(at, stale),
        }
    }

    fn make(&mut self, grant: Grant) -> Token {
        self.tokens.push(Made {
            grant,
            born: self.clock,
            died: None,
        });
        Token(self.tokens.len() - 1)
    }

    fn end(&mut self, at: usize, what: What) {
        let died = &mut self.tokens[at].died;
        let outcome = if died.is_none() { Done } else { Refused };
        *died = died.or(Some(self.clock));
        self.tell(what, outcome);
    }

    fn check(&mut self, at: usize, stale: bool) {
        let Made { grant, died, .. } = self.tokens[at];
        let lateness = if stale { 2_000 } else { 0 };
        let alive = died.is_none_or(|died| died + lateness > self.clock);
        let suspended = self.suspended.get(&grant.user) == Some(&true);
        let outcome = if alive && !suspended {
            Outcome::Valid
        } else {
            Outcome::Invalid
        };
        self.tell(What::Check { token: Token(at) }, outcome);
    }

    fn tell(&mut self, what: What, outcome: Outcome) {
        // Nobody asks anything of a token that is not there yet.
        let born = match what {
            What::Check { token } | What::Revoke { token } | What::Reset { old: token, .. } => {
                self.tokens[token.0].born
            }
            _ => 0,
        };
        let asked = self.clock - 1 - self.dice.below(40) as u64;
        self.events.push(Event {
            node: Node(self.dice.below(3)),
            what,
            invoked: Moment(asked.max(born + 1)),
            completed: Moment(self.clock + 1 + self.dice.below(40) as u64),
            outcome: if self.dice.percent(3) {
                Unknown
            } else {
                outcome
            },
        });
    }
}

#[test]
fn a_store_that_keeps_its_word_is_never_accused() {
    for seed in 0..200 {
        let verdict = judge(&Store::run(seed, 1_000, false));
        assert!(verdict.violations.is_empty(), "seed {seed}: {verdict:?}");
    }
}

#[test]
fn late_reads_are_found() {
    for seed in 0..20 {
        let verdict = judge(&Store::run(seed, 5_000, true));
        assert!(verdict.count(AfterItsEnd) > 0, "seed {seed}");
        assert!(verdict.count(OlderThanKnown) > 0, "seed {seed}");
        assert_eq!(verdict.count(Vanished), 0, "seed {seed}");
    }
}

#[test]
fn a_long_history_is_judged_in_no_time() {
    let events = Store::run(1, 200_000, false);
    let started = Instant::now();
    let verdict = judge(&events);
    println!("{} events in {:?}", events.len(), started.elapsed());
    assert!(verdict.violations.is_empty() && verdict.across > 20_000);
    assert!(started.elapsed() < Duration::from_secs(30));
}
