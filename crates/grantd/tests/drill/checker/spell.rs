//! When a user was suspended. Owns which suspension still obliges a check to
//! say invalid, and which excuses it.
//!
//! A suspension ceases to oblige as soon as a lifting may have come after it,
//! and ceases to excuse only when a lifting has certainly come after it.

use super::super::history::{Event, Moment, Outcome, What};

/// Of events with a key before some moment, the one with the greatest value.
pub(super) struct Greatest<'e>(Vec<(Moment, Moment, &'e Event)>);

impl<'e> Greatest<'e> {
    pub(super) fn of(
        events: impl Iterator<Item = &'e Event>,
        key: fn(&Event) -> Moment,
        value: fn(&Event) -> Moment,
    ) -> Self {
        let mut rows: Vec<_> = events
            .map(|event| (key(event), value(event), event))
            .collect();
        rows.sort_by_key(|(key, ..)| *key);
        for at in 1..rows.len() {
            if rows[at - 1].1 > rows[at].1 {
                (rows[at].1, rows[at].2) = (rows[at - 1].1, rows[at - 1].2);
            }
        }
        Self(rows)
    }

    pub(super) fn before(&self, moment: Moment) -> Option<(Moment, &'e Event)> {
        let count = self.0.partition_point(|(key, ..)| *key < moment);
        let (_, value, event) = self.0[..count].last()?;
        Some((*value, event))
    }

    fn until(&self, moment: Moment) -> Option<(Moment, &'e Event)> {
        self.before(Moment(moment.0.saturating_add(1)))
    }
}

/// A user's suspensions and their liftings.
pub(super) struct Spell<'e> {
    /// Acknowledged suspensions: completion, latest invocation.
    suspended: Greatest<'e>,
    /// All that may have happened: invocation, latest end.
    maybe_suspended: Greatest<'e>,
    /// Acknowledged liftings: completion, latest invocation.
    lifted: Greatest<'e>,
    /// All that may have happened: invocation, latest end.
    maybe_lifted: Greatest<'e>,
}

impl<'e> Spell<'e> {
    pub(super) fn of(events: &[&'e Event]) -> Self {
        let all = events.iter().copied();
        let suspend = |event: &&Event| matches!(event.what, What::Suspend { .. });
        let lift = |event: &&Event| matches!(event.what, What::Unsuspend { .. });
        let done = |event: &&Event| event.outcome == Outcome::Done;
        let maybe = |event: &&Event| event.outcome != Outcome::Refused;
        let invoked = |event: &Event| event.invoked;
        Self {
            suspended: Greatest::of(
                all.clone().filter(suspend).filter(done),
                Event::closed,
                invoked,
            ),
            maybe_suspended: Greatest::of(
                all.clone().filter(suspend).filter(maybe),
                invoked,
                Event::closed,
            ),
            lifted: Greatest::of(
                all.clone().filter(lift).filter(done),
                Event::closed,
                invoked,
            ),
            maybe_lifted: Greatest::of(all.filter(lift).filter(maybe), invoked, Event::closed),
        }
    }

    /// What was invoked until this moment may have been undone by a lifting that came before
    /// `check` was answered.
    pub(super) fn lifted_until(&self, check: &Event) -> Moment {
        let lifted = self.maybe_lifted.until(check.completed);
        lifted.map_or(Moment::EVER, |(closed, _)| closed)
    }

    /// The suspension that was complete before `check`, and certainly not lifted before its end.
    pub(super) fn suspended_before(&self, check: &Event) -> Option<&'e Event> {
        let (invoked, suspension) = self.suspended.before(check.invoked)?;
        (invoked > self.lifted_until(check)).then_some(suspension)
    }

    /// Whether some suspension may have been in force while `check` was on its way.
    pub(super) fn may_be_suspended_at(&self, check: &Event) -> bool {
        let Some((closed, _)) = self.maybe_suspended.until(check.completed) else {
            return false;
        };
        let lifted = self.lifted.before(check.invoked);
        lifted.is_none_or(|(invoked, _)| closed >= invoked)
    }
}
