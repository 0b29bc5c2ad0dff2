//! What a run tells: how much was done, what went wrong on purpose and for how
//! long, and whether the promise held. Owns the words.

use std::collections::BTreeMap;

use super::audit::Left;
use super::checker::{Breach, Verdict, Violation, judge};
use super::history::{Event, Node, Outcome, What};
use super::outages::{Fault, Kind, silence};

/// A run that is over.
pub(crate) struct Report {
    pub(crate) events: Vec<Event>,
    pub(crate) verdict: Verdict,
}

impl Report {
    pub(crate) fn of(events: Vec<Event>) -> Self {
        let verdict = judge(&events);
        Self { events, verdict }
    }

    /// How much was done: operations by kind, and how they ended.
    pub(crate) fn operations(&self) {
        let mut counts: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
        for event in &self.events {
            let of_kind = counts.entry(kind(&event.what)).or_default();
            *of_kind.entry(ending(event.outcome)).or_default() += 1;
        }
        println!("{} operations", self.events.len());
        for (kind, endings) in counts {
            let endings = endings.iter();
            let endings: Vec<_> = endings.map(|(end, n)| format!("{n} {end}")).collect();
            println!("  {kind:<13} {}", endings.join(", "));
        }
        let Verdict {
            checks,
            across,
            across_soon,
            ..
        } = self.verdict;
        println!("{checks} checks judged, {across} of them after an end that another node");
        println!("had acknowledged, {across_soon} of these within 10 ms of it");
    }

    /// For how long nobody was answered, in milliseconds: by any node, and by each.
    pub(crate) fn outages(&self, faults: &[Fault], nodes: usize) {
        for kind in [Kind::Checks, Kind::Writes] {
            println!("longest silence in ms, {kind:?}: all nodes together | each");
            for fault in faults {
                let of = |node| silence(&self.events, fault, kind, node);
                let each: Vec<_> = (0..nodes)
                    .map(|node| format!("{:>6}", of(Some(Node(node)))))
                    .collect();
                println!("  {:<42} {:>6} |{}", fault.name, of(None), each.join(""));
            }
        }
    }

    /// Violations by kind, and how many of them say that an acknowledged write is lost.
    pub(crate) fn violations(&self, left: Option<&Left>) -> usize {
        let count = |breach| self.verdict.count(breach);
        println!(
            "violations: {} valid after their end, {} revived, {} vanished, {} older than known",
            count(Breach::AfterItsEnd),
            count(Breach::Revived),
            count(Breach::Vanished),
            count(Breach::OlderThanKnown),
        );
        if let Some(left) = left {
            let at_the_end = |event: &Event| event.invoked > left.since;
            let found = self.verdict.violations.iter();
            let lost = found.filter(|one| at_the_end(&one.check)).count();
            println!(
                "at the end {} tokens are valid and {} are not; acknowledged writes lost: {lost}",
                left.valid.len(),
                left.invalid.len()
            );
        }
        for Violation {
            breach,
            check,
            against,
        } in self.verdict.violations.iter().take(5)
        {
            println!(
                "  {breach:?}: {:?} answered {:?} to {:?}, asked {} ms after {:?} had answered {:?} to {:?}",
                check.node,
                check.outcome,
                check.what,
                check.invoked.millis_since(against.completed),
                against.node,
                against.outcome,
                against.what,
            );
        }
        self.verdict.violations.len()
    }
}

fn kind(what: &What) -> &'static str {
    match what {
        What::Create { .. } => "create",
        What::Check { .. } => "check",
        What::Reset { .. } => "reset",
        What::Revoke { .. } => "revoke",
        What::DeleteGrant { .. } => "delete grant",
        What::Suspend { .. } => "suspend",
        What::Unsuspend { .. } => "unsuspend",
    }
}

fn ending(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Valid => "valid",
        Outcome::Invalid => "invalid",
        Outcome::Done => "done",
        Outcome::Refused => "refused",
        Outcome::Unknown => "unknown",
    }
}
