//! Why a token is valid, or is not, now or at a moment that is over. Owns how
//! the trail is read backwards; must not decide anything that a check decides:
//! what it says of the present is held to the store's own verdict by tests.

mod facts;
mod stretch;
mod terms;

use crate::app::App;
use crate::audit::AuditRow;
use crate::clock::Timestamp;
use crate::ids::{AuthorizationId, GrantId};
use crate::store::Lived;
use crate::token::TokenHash;

use self::stretch::stretches;
use self::terms::{Whose, app, existence, expiry, grant, owner};

/// Which token is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The one with this hash.
    Hash(TokenHash),
    /// Whichever the record with this id held.
    Id(AuthorizationId),
}

/// Whether something is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// Nothing that is left says so.
    Unknown,
}

impl Holds {
    fn when(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }

    /// In a word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

/// A term of the validity predicate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Its name; scripts rely on it.
    pub name: &'static str,
    /// Whether it holds.
    pub holds: Holds,
    /// From what that follows.
    pub because: String,
}

/// What is known, from everywhere.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The record as it is, with its owner; none when it is gone.
    pub lived: Option<Lived>,
    /// Its app as it is.
    pub app: Option<App>,
    /// The grant that is there between its owner and its app.
    pub grant: Option<GrantId>,
    /// Of the trail everything about the token, its owner, its app and its grant, ids ascending.
    pub trail: Vec<AuditRow>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// For which moment.
    pub at: Timestamp,
    /// Whether it was valid then.
    pub valid: Holds,
    /// The first term that does not hold, in the order of the predicate.
    pub decided_by: Option<&'static str>,
    /// All terms.
    pub terms: Vec<Term>,
    /// The row of its making.
    pub made: Option<AuditRow>,
    /// The row of its end, whenever that was.
    pub ended: Option<AuditRow>,
    /// Every row about its record.
    pub changes: Vec<AuditRow>,
}

/// Which records have ever held the token, as far as these rows say.
pub fn records_of(asked: Asked, lived: Option<&Lived>, rows: &[AuditRow]) -> Vec<AuthorizationId> {
    let present = lived.map(|lived| lived.owned.authorization.id);
    let named = rows.iter().filter_map(|row| match asked {
        Asked::Hash(hash) => row
            .authorization_id
            .filter(|_| row.token_hash == Some(hash)),
        Asked::Id(id) => row.authorization_id.filter(|found| *found == id),
    });
    let mut records: Vec<_> = present.into_iter().chain(named).collect();
    records.sort_unstable();
    records.dedup();
    records
}

/// Explains a token.
pub fn explain(asked: Asked, facts: &Facts, now: Timestamp, at: Timestamp) -> Explanation {
    let stretches = stretches(asked, facts);
    // Of several, the one of that moment; else the last that had begun; else the first.
    let then = stretches
        .iter()
        .find(|one| one.has_begun(at) && !one.has_ended(at));
    let begun = || stretches.iter().rfind(|one| one.has_begun(at));
    let stretch = then.or_else(begun).or(stretches.first());
    let whose = Whose::of(stretch, facts);
    let terms = vec![
        existence(stretch, facts, now, at),
        expiry(stretch, facts, now, at),
        app(&whose, facts, now, at),
        grant(&whose, facts, now, at),
        owner(&whose, facts, now, at),
    ];
    let decided_by = terms.iter().find(|term| term.holds == Holds::No);
    let valid = match decided_by {
        Some(_) => Holds::No,
        None if terms.iter().all(|term| term.holds == Holds::Yes) => Holds::Yes,
        None => Holds::Unknown,
    };
    let record = stretch.map(|stretch| stretch.record);
    let changes = facts.trail.iter();
    Explanation {
        at,
        valid,
        decided_by: decided_by.map(|term| term.name),
        made: stretch.and_then(|one| one.from).cloned(),
        ended: stretch.and_then(|one| one.until).cloned(),
        changes: changes
            .filter(|row| row.authorization_id.is_some() && row.authorization_id == record)
            .cloned()
            .collect(),
        terms,
    }
}
