//! What is known of each token: when it was made, what ended it, what may have,
//! and which answers were given. Owns what ends what.

use std::collections::HashMap;

use super::super::history::{Event, Grant, Moment, Outcome, Token, What};
use super::spell::Greatest;

/// One token.
pub(super) struct Life<'e> {
    pub(super) grant: Grant,
    pub(super) born: &'e Event,
    /// When the first token of the same authorization was certainly there. A grant that is
    /// deleted after that takes this token with it: had it gone before, the reset would have
    /// found nothing to reset.
    first_born: Moment,
    /// The first acknowledged end.
    pub(super) ended: Option<&'e Event>,
    /// The first invocation of anything that may have ended it.
    pub(super) may_end: Moment,
    /// Checks that said invalid: completion, latest invocation.
    pub(super) invalid: Greatest<'e>,
    /// The first completed check that said valid of the token that replaced this one.
    pub(super) newer_valid: Option<&'e Event>,
}

/// All of them.
pub(super) struct Lives<'e>(HashMap<Token, Life<'e>>);

impl<'e> Lives<'e> {
    /// `events` by invocation: a token is made before anything is asked of it.
    pub(super) fn of(events: &'e [Event]) -> Self {
        let mut lives = Self(HashMap::new());
        for event in events {
            lives.make(event);
        }
        for event in events {
            match event.what {
                What::Revoke { token } | What::Reset { old: token, .. } => {
                    lives.get_mut(token).end(event);
                }
                _ => {}
            }
        }
        lives.delete_grants(events);
        lives.answers(events);
        lives
    }

    pub(super) fn get(&self, token: Token) -> &Life<'e> {
        self.0.get(&token).unwrap_or_else(|| stranger(token))
    }

    fn get_mut(&mut self, token: Token) -> &mut Life<'e> {
        self.0.get_mut(&token).unwrap_or_else(|| stranger(token))
    }

    fn make(&mut self, event: &'e Event) {
        let (made, grant, first_born) = match event.what {
            What::Create { grant, made } => (made, grant, event.closed()),
            What::Reset { old, made } => {
                let old = self.get(old);
                (made, old.grant, old.first_born)
            }
            _ => return,
        };
        let Some(made) = made else { return };
        let life = Life {
            grant,
            born: event,
            first_born,
            ended: None,
            may_end: Moment::NEVER,
            invalid: Greatest::of(std::iter::empty(), Event::closed, Event::closed),
            newer_valid: None,
        };
        let twice = self.0.insert(made, life);
        assert!(twice.is_none(), "{made:?} was made twice");
    }

    fn delete_grants(&mut self, events: &'e [Event]) {
        let mut deletions: HashMap<Grant, Vec<&Event>> = HashMap::new();
        for event in events {
            if let What::DeleteGrant { grant } = event.what {
                deletions.entry(grant).or_default().push(event);
            }
        }
        for life in self.0.values_mut() {
            for deletion in deletions.get(&life.grant).into_iter().flatten() {
                if deletion.invoked > life.first_born {
                    life.end(deletion);
                } else if deletion.closed() >= life.born.invoked {
                    life.may_end(deletion);
                }
            }
        }
    }

    fn answers(&mut self, events: &'e [Event]) {
        let mut invalid: HashMap<Token, Vec<&Event>> = HashMap::new();
        let mut valid: HashMap<Token, &Event> = HashMap::new();
        for event in events {
            let What::Check { token } = event.what else {
                continue;
            };
            match event.outcome {
                // Before it was there, invalid says nothing.
                Outcome::Invalid if event.invoked > self.get(token).born.closed() => {
                    invalid.entry(token).or_default().push(event);
                }
                Outcome::Valid => {
                    let first = valid.entry(token).or_insert(event);
                    if event.completed < first.completed {
                        *first = event;
                    }
                }
                _ => {}
            }
        }
        for (token, events) in invalid {
            let events = events.into_iter();
            self.get_mut(token).invalid = Greatest::of(events, Event::closed, |one| one.invoked);
        }
        for (token, seen) in valid {
            if let What::Reset { old, .. } = self.get(token).born.what {
                let first = &mut self.get_mut(old).newer_valid;
                if first.is_none_or(|first| seen.completed < first.completed) {
                    *first = Some(seen);
                }
            }
        }
    }
}

impl<'e> Life<'e> {
    fn end(&mut self, event: &'e Event) {
        self.may_end(event);
        let sooner = |ended: &Event| event.completed < ended.completed;
        if event.outcome == Outcome::Done && self.ended.is_none_or(sooner) {
            self.ended = Some(event);
        }
    }

    /// What was refused has ended nothing, and excuses nothing.
    fn may_end(&mut self, event: &Event) {
        if event.outcome != Outcome::Refused {
            self.may_end = self.may_end.min(event.invoked);
        }
    }
}

fn stranger(token: Token) -> ! {
    panic!("nobody made {token:?}")
}
