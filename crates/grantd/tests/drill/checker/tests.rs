//! Histories written by hand, each with what is wrong with it.

use std::ops::Range;

use super::super::history::*;
use super::Breach::{self, *};
use super::judge;

const OCTOCAT: User = User(0);
const HERS: Grant = Grant {
    user: OCTOCAT,
    app: 0,
};
const A: Token = Token(1);
const B: Token = Token(2);

/// A history, told in milliseconds.
#[derive(Default)]
struct Tale(Vec<Event>);

impl Tale {
    fn and(mut self, what: What, when: Range<u64>, outcome: Outcome) -> Self {
        self.0.push(Event {
            node: Node(0),
            what,
            invoked: Moment(when.start * 1_000_000),
            completed: Moment(when.end * 1_000_000),
            outcome,
        });
        self
    }

    /// The last one was asked of another node.
    fn elsewhere(mut self) -> Self {
        self.0.last_mut().unwrap().node = Node(1);
        self
    }

    fn created(self, token: Token, when: Range<u64>) -> Self {
        let (grant, made) = (HERS, Some(token));
        self.and(What::Create { grant, made }, when, Outcome::Done)
    }

    fn reset(self, old: Token, new: Token, when: Range<u64>, outcome: Outcome) -> Self {
        let made = Some(new);
        self.and(What::Reset { old, made }, when, outcome)
    }

    fn revoke(self, token: Token, when: Range<u64>, outcome: Outcome) -> Self {
        self.and(What::Revoke { token }, when, outcome)
    }

    fn grant_deleted(self, when: Range<u64>, outcome: Outcome) -> Self {
        self.and(What::DeleteGrant { grant: HERS }, when, outcome)
    }

    fn suspend(self, when: Range<u64>, outcome: Outcome) -> Self {
        self.and(What::Suspend { user: OCTOCAT }, when, outcome)
    }

    fn unsuspend(self, when: Range<u64>, outcome: Outcome) -> Self {
        self.and(What::Unsuspend { user: OCTOCAT }, when, outcome)
    }

    fn valid(self, token: Token, when: Range<u64>) -> Self {
        self.and(What::Check { token }, when, Outcome::Valid)
    }

    fn invalid(self, token: Token, when: Range<u64>) -> Self {
        self.and(What::Check { token }, when, Outcome::Invalid)
    }

    fn unheard(self, token: Token, when: Range<u64>) -> Self {
        self.and(What::Check { token }, when, Outcome::Unknown)
    }

    #[track_caller]
    fn breaks(self, expected: &[Breach]) {
        let found = judge(&self.0).violations;
        let found: Vec<Breach> = found.iter().map(|one| one.breach).collect();
        assert_eq!(found, expected);
    }

    #[track_caller]
    fn holds(self) {
        self.breaks(&[]);
    }
}

/// A token that is there from the second millisecond on.
fn made() -> Tale {
    Tale::default().created(A, 1..2)
}

use Outcome::{Done, Refused, Unknown};

#[test]
fn a_life_without_surprises_holds() {
    made()
        .valid(A, 3..4)
        .reset(A, B, 5..6, Done)
        .invalid(A, 7..8)
        .valid(B, 7..8)
        .revoke(B, 9..10, Done)
        .invalid(B, 11..12)
        .holds();
}

#[test]
fn valid_after_a_revocation() {
    made()
        .revoke(A, 3..4, Done)
        .valid(A, 5..6)
        .breaks(&[AfterItsEnd]);
    made()
        .valid(A, 5..6)
        .revoke(A, 3..4, Done)
        .breaks(&[AfterItsEnd]);
    let two = made().revoke(A, 3..9, Done).revoke(A, 3..4, Done);
    two.valid(A, 5..6).breaks(&[AfterItsEnd]);
}

#[test]
fn a_check_that_overlaps_a_revocation_may_say_either() {
    made().revoke(A, 3..5, Done).valid(A, 4..9).holds();
    made().revoke(A, 3..5, Done).invalid(A, 4..9).holds();
    made().revoke(A, 3..5, Done).valid(A, 2..4).holds();
    made().revoke(A, 3..5, Done).valid(A, 5..6).holds();
}

#[test]
fn an_open_revocation_may_still_happen_or_not() {
    let open = || made().revoke(A, 3..4, Unknown);
    open().valid(A, 5..6).holds();
    open().invalid(A, 5..6).holds();
    open().valid(A, 5..6).invalid(A, 7..8).holds();
    open().invalid(A, 5..6).valid(A, 7..8).breaks(&[Revived]);
}

#[test]
fn a_refused_revocation_ends_nothing_and_excuses_nothing() {
    made().revoke(A, 3..4, Refused).valid(A, 5..6).holds();
    made()
        .revoke(A, 3..4, Refused)
        .invalid(A, 5..6)
        .breaks(&[Vanished]);
}

#[test]
fn valid_after_a_reset() {
    let reset = || made().reset(A, B, 3..4, Done);
    reset().valid(A, 5..6).breaks(&[AfterItsEnd]);
    reset().valid(A, 3..6).valid(B, 5..6).holds();
    reset().invalid(B, 5..6).breaks(&[Vanished]);
    let unheard = made().and(What::Reset { old: A, made: None }, 3..4, Unknown);
    unheard.valid(A, 5..6).invalid(A, 7..8).holds();
}

#[test]
fn the_old_token_valid_after_the_new_one_was_seen() {
    // The answer was cut off after the new token had been read.
    let cut = || made().reset(A, B, 3..4, Unknown);
    cut()
        .valid(B, 5..6)
        .valid(A, 7..8)
        .breaks(&[OlderThanKnown]);
    cut().valid(B, 5..7).valid(A, 6..8).holds();
    cut().valid(A, 5..6).valid(B, 7..8).holds();
    cut().invalid(B, 5..6).valid(A, 7..8).holds();
    let heard = made().reset(A, B, 3..9, Done);
    heard
        .valid(B, 5..6)
        .valid(A, 7..8)
        .breaks(&[OlderThanKnown]);
}

#[test]
fn valid_after_the_grant_was_deleted() {
    made()
        .grant_deleted(3..4, Done)
        .valid(A, 5..6)
        .breaks(&[AfterItsEnd]);
    made().grant_deleted(3..4, Done).invalid(A, 5..6).holds();
    made()
        .grant_deleted(3..4, Unknown)
        .valid(A, 5..6)
        .invalid(A, 7..8)
        .holds();
    made().grant_deleted(3..5, Done).valid(A, 4..6).holds();
}

#[test]
fn a_deleted_grant_ends_what_was_there_before() {
    let deleted = || Tale::default().grant_deleted(3..5, Done);
    deleted().created(A, 6..7).valid(A, 8..9).holds();
    deleted()
        .created(A, 6..7)
        .invalid(A, 8..9)
        .breaks(&[Vanished]);
    deleted().created(A, 4..7).valid(A, 8..9).holds();
    deleted().created(A, 4..7).invalid(A, 8..9).holds();
    // A grant of another user and app is another one.
    let other = What::DeleteGrant {
        grant: Grant { app: 1, ..HERS },
    };
    let others = || made().and(other, 3..4, Done);
    others().valid(A, 5..6).holds();
    others().invalid(A, 5..6).breaks(&[Vanished]);
}

#[test]
fn a_deleted_grant_ends_what_a_reset_made_of_its_tokens() {
    // The reset found the token alive, so the deletion came later.
    let during = || made().reset(A, B, 3..6, Done).grant_deleted(4..5, Done);
    during().valid(B, 7..8).breaks(&[AfterItsEnd]);
    during().invalid(B, 7..8).holds();
}

#[test]
fn valid_after_a_suspension() {
    let suspended = || made().suspend(3..4, Done);
    suspended().valid(A, 5..6).breaks(&[AfterItsEnd]);
    suspended().valid(A, 3..6).holds();
    suspended().invalid(A, 5..6).holds();
    made()
        .suspend(3..4, Unknown)
        .valid(A, 5..6)
        .invalid(A, 7..8)
        .holds();
    // Somebody else's does not matter.
    let other = What::Suspend { user: User(1) };
    made().and(other, 3..4, Done).valid(A, 5..6).holds();
    made()
        .and(other, 3..4, Done)
        .invalid(A, 5..6)
        .breaks(&[Vanished]);
}

#[test]
fn a_lifted_suspension_obliges_no_more() {
    let lifted = || made().suspend(3..4, Done).unsuspend(7..9, Done);
    lifted().invalid(A, 5..6).valid(A, 10..11).holds();
    lifted().invalid(A, 5..6).valid(A, 8..10).holds();
    lifted().valid(A, 5..6).breaks(&[AfterItsEnd]);
    lifted().invalid(A, 8..10).holds();
    lifted().invalid(A, 10..11).breaks(&[Vanished]);
    let open = || made().suspend(3..4, Done).unsuspend(7..9, Unknown);
    open()
        .invalid(A, 10..11)
        .valid(A, 12..13)
        .invalid(A, 14..15)
        .holds();
    let refused = made().suspend(3..4, Done).unsuspend(7..9, Refused);
    refused.valid(A, 10..11).breaks(&[AfterItsEnd]);
}

#[test]
fn the_order_of_suspending_and_lifting_is_open_when_they_overlap() {
    let both = || made().suspend(3..6, Done).unsuspend(5..8, Done);
    both().valid(A, 9..10).holds();
    both().invalid(A, 9..10).holds();
    both().invalid(A, 9..10).valid(A, 11..12).breaks(&[Revived]);
}

#[test]
fn an_earlier_lifting_excuses_nothing() {
    let again = || {
        let first = made().suspend(3..4, Done).unsuspend(5..6, Done);
        first.suspend(7..8, Done)
    };
    again().valid(A, 9..10).breaks(&[AfterItsEnd]);
    again().invalid(A, 9..10).holds();
    let lifted = again().unsuspend(11..12, Done);
    lifted.valid(A, 13..14).holds();
    let both = again().invalid(A, 9..10).valid(A, 11..12);
    both.breaks(&[AfterItsEnd, Revived]);
}

#[test]
fn valid_after_a_check_said_invalid() {
    let open = || made().revoke(A, 3..4, Unknown);
    open().invalid(A, 5..6).valid(A, 7..8).breaks(&[Revived]);
    open().invalid(A, 5..7).valid(A, 6..8).holds();
    open().valid(A, 5..6).invalid(A, 7..8).holds();
    // Before it was there, invalid says nothing.
    let early = Tale::default().created(A, 3..6);
    early.invalid(A, 4..5).valid(A, 5..7).holds();
    // A lifting that was over before the invalid check began changes nothing.
    let lifted = made().suspend(3..4, Done).unsuspend(5..6, Done);
    let lifted = lifted.revoke(A, 6..7, Unknown).invalid(A, 8..9);
    lifted.valid(A, 10..11).breaks(&[Revived]);
}

#[test]
fn invalid_though_nothing_ended_it() {
    made().invalid(A, 3..4).breaks(&[Vanished]);
    made().invalid(A, 1..4).holds();
    made().invalid(A, 3..6).revoke(A, 5..7, Done).holds();
    made()
        .invalid(A, 3..4)
        .revoke(A, 5..7, Done)
        .breaks(&[Vanished]);
}

#[test]
fn an_unheard_check_says_nothing() {
    made()
        .unheard(A, 3..4)
        .revoke(A, 5..6, Done)
        .unheard(A, 7..8)
        .holds();
    let verdict = judge(&made().unheard(A, 3..4).valid(A, 5..6).0);
    assert_eq!(verdict.checks, 1);
}

#[test]
fn checks_across_nodes_are_counted() {
    let tale = made().revoke(A, 3..4, Done).elsewhere();
    let tale = tale.invalid(A, 5..6).invalid(A, 30..31);
    let tale = tale.invalid(A, 5..6).elsewhere();
    let tale = tale.invalid(A, 2..5).unheard(A, 6..7);
    let verdict = judge(&tale.0);
    assert_eq!((verdict.across, verdict.across_soon), (2, 1));
    let tale = made().suspend(3..4, Done).elsewhere().invalid(A, 5..6);
    let tale = tale.unsuspend(7..8, Done).valid(A, 9..10);
    assert_eq!(judge(&tale.0).across, 1);
}

#[test]
#[should_panic(expected = "nobody made Token(1)")]
fn a_check_of_a_token_that_nobody_made_is_no_history() {
    Tale::default().valid(A, 1..2).holds();
}
