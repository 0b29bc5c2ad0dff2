//! Whether a history keeps the promise about revocation. Owns the four ways to
//! break it; knows nothing of how the history came about, and does no I/O.
//!
//! An operation takes effect at some moment between its invocation and its
//! completion, an open one at any later moment too, or never. A history is at
//! fault where no choice of these moments explains it:
//!
//! - [`Breach::AfterItsEnd`]: valid, invoked after a completed revocation,
//!   reset (the old token), deletion of the grant, or suspension of the user
//! - [`Breach::Revived`]: valid, invoked after a completed check said invalid
//! - [`Breach::Vanished`]: invalid, though created before, and nothing that
//!   ends it was invoked before the check completed
//! - [`Breach::OlderThanKnown`]: the old token of a reset valid, invoked after
//!   a completed check said that the new one is
//!
//! A suspension excuses and obliges only until it is lifted; see [`spell`].

mod life;
#[cfg(test)]
mod made_up;
mod spell;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use self::life::{Life, Lives};
use self::spell::Spell;
use super::history::{Event, Moment, Outcome, Token, User, What};

/// How a check contradicts the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Breach {
    AfterItsEnd,
    Revived,
    Vanished,
    OlderThanKnown,
}

/// A check, and what it contradicts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Violation {
    pub(crate) breach: Breach,
    pub(crate) check: Event,
    pub(crate) against: Event,
}

/// What was found, and how hard it was looked for.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) violations: Vec<Violation>,
    /// Checks that said valid or invalid.
    pub(crate) checks: usize,
    /// Of these, those invoked after an end that was acknowledged by another node.
    pub(crate) across: usize,
    /// Of these, those invoked less than 10 ms after it.
    pub(crate) across_soon: usize,
}

const SOON: u64 = 10_000_000;

impl Verdict {
    pub(crate) fn count(&self, breach: Breach) -> usize {
        let found = self.violations.iter();
        found.filter(|one| one.breach == breach).count()
    }
}

/// Judges a history. The order of events does not matter.
///
/// # Panics
/// Something is said of a token that nobody made: the history is not one.
pub(crate) fn judge(events: &[Event]) -> Verdict {
    let mut events = events.to_vec();
    events.sort_by_key(|event| event.invoked);
    let known = Known {
        lives: Lives::of(&events),
        spells: spells(&events),
    };
    let mut verdict = Verdict::default();
    for event in &events {
        if let What::Check { token } = event.what
            && event.outcome != Outcome::Unknown
        {
            verdict.checks += 1;
            known.judge(token, event, &mut verdict);
        }
    }
    verdict
}

struct Known<'e> {
    lives: Lives<'e>,
    spells: HashMap<User, Spell<'e>>,
}

fn spells(events: &[Event]) -> HashMap<User, Spell<'_>> {
    let mut of_user: HashMap<User, Vec<&Event>> = HashMap::new();
    for event in events {
        if let What::Suspend { user } | What::Unsuspend { user } = event.what {
            of_user.entry(user).or_default().push(event);
        }
    }
    let spells = of_user.into_iter();
    spells
        .map(|(user, events)| (user, Spell::of(&events)))
        .collect()
}

impl<'e> Known<'e> {
    fn judge(&self, token: Token, check: &Event, verdict: &mut Verdict) {
        let life = self.lives.get(token);
        let spell = self.spells.get(&life.grant.user);
        let ends = [
            life.ended.filter(|end| end.completed < check.invoked),
            spell.and_then(|spell| spell.suspended_before(check)),
        ];
        let across = |end: &&&Event| end.node != check.node;
        if let Some(end) = ends.iter().flatten().find(across) {
            verdict.across += 1;
            let soon = check.invoked.0 - end.completed.0 < SOON;
            verdict.across_soon += usize::from(soon);
        }
        let mut say = |breach, against: Option<&Event>| {
            if let Some(against) = against {
                verdict.violations.push(Violation {
                    breach,
                    check: *check,
                    against: *against,
                });
            }
        };
        if check.outcome == Outcome::Invalid {
            say(Breach::Vanished, vanished(life, spell, check));
            return;
        }
        say(Breach::AfterItsEnd, ends.into_iter().flatten().next());
        say(Breach::Revived, revived(life, spell, check));
        let newer = life
            .newer_valid
            .filter(|seen| seen.completed < check.invoked);
        say(Breach::OlderThanKnown, newer);
    }
}

/// The creation that an invalid check contradicts.
fn vanished<'e>(life: &Life<'e>, spell: Option<&Spell<'e>>, check: &Event) -> Option<&'e Event> {
    let was_there = life.born.closed() < check.invoked;
    let may_have_ended = life.may_end <= check.completed
        || spell.is_some_and(|spell| spell.may_be_suspended_at(check));
    (was_there && !may_have_ended).then_some(life.born)
}

/// The invalid check that a valid one contradicts.
fn revived<'e>(life: &Life<'e>, spell: Option<&Spell<'e>>, check: &Event) -> Option<&'e Event> {
    let lifted = spell.map_or(Moment::EVER, |spell| spell.lifted_until(check));
    let (invoked, invalid) = life.invalid.before(check.invoked)?;
    (invoked > lifted).then_some(invalid)
}
