//! Why a token is valid, or is not, now or at a moment that is over. Owns how
//! the trail is read backwards; must not decide anything that a check decides:
//! what it says of the present is held to the store's own verdict by tests.

mod facts;

use crate::app::App;
use crate::audit::{Action, AuditRow};
use crate::clock::Timestamp;
use crate::ids::{AppId, AuthorizationId, GrantId, UserId};
use crate::store::Lived;
use crate::token::TokenHash;

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

/// A stretch of time in which a record held one token.
#[derive(Debug)]
struct Stretch<'a> {
    record: AuthorizationId,
    /// None for a token that was never named since: it is the present one.
    hash: Option<TokenHash>,
    /// The row with which it began; none when the trail does not reach back so far.
    from: Option<&'a AuditRow>,
    /// The row with which it ended.
    until: Option<&'a AuditRow>,
}

impl Stretch<'_> {
    fn has_begun(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|row| row.at <= at)
    }

    fn has_ended(&self, at: Timestamp) -> bool {
        self.until.is_some_and(|row| row.at <= at)
    }
}

/// What a row does to the record that it is about.
enum Effect {
    Begins,
    /// The row names the token that was replaced.
    Replaces,
    Ends,
    None,
}

fn effect(row: &AuditRow) -> Effect {
    let Some(action) = Action::from_name(&row.action) else {
        return Effect::None;
    };
    match action {
        Action::AuthorizationCreated | Action::TokenOverlaps => Effect::Begins,
        Action::TokenReset | Action::TokenRotated => Effect::Replaces,
        Action::AuthorizationDeleted
        | Action::AuthorizationEvicted
        | Action::AuthorizationReaped
        | Action::AuthorizationIdle
        | Action::TokenRevoked
        | Action::TokenRefreshed
        | Action::CodeReplayed
        | Action::RefreshTokenReused => Effect::Ends,
        _ => Effect::None,
    }
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
        existence(stretch, at),
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

/// The stretches of the token that is asked about.
fn stretches(asked: Asked, facts: &Facts) -> Vec<Stretch<'_>> {
    let mut all = Vec::new();
    for record in records_of(asked, facts.lived.as_ref(), &facts.trail) {
        let rows = facts
            .trail
            .iter()
            .filter(|row| row.authorization_id == Some(record));
        all.extend(stretches_of(record, rows));
    }
    let present = facts.lived.as_ref().map(|lived| &lived.owned.authorization);
    for stretch in &mut all {
        let here = present.filter(|token| token.id == stretch.record);
        if let (None, Some(token)) = (stretch.until, here) {
            stretch.hash = Some(token.token_hash);
        }
    }
    all.retain(|stretch| match asked {
        Asked::Hash(hash) => stretch.hash == Some(hash),
        Asked::Id(id) => stretch.record == id,
    });
    all
}

fn stretches_of<'a>(
    record: AuthorizationId,
    rows: impl Iterator<Item = &'a AuditRow>,
) -> Vec<Stretch<'a>> {
    let begun = |from: Option<&'a AuditRow>, hash| Stretch {
        record,
        hash,
        from,
        until: None,
    };
    let (mut done, mut current) = (Vec::new(), begun(None, None));
    for row in rows {
        match effect(row) {
            Effect::Begins => current = begun(Some(row), row.token_hash),
            Effect::Replaces => {
                let mut ended = std::mem::replace(&mut current, begun(Some(row), None));
                (ended.hash, ended.until) = (row.token_hash, Some(row));
                done.push(ended);
            }
            Effect::Ends => (current.hash, current.until) = (row.token_hash, Some(row)),
            Effect::None => {}
        }
    }
    done.push(current);
    done
}

/// Whom the token belongs to.
#[derive(Default)]
struct Whose {
    user: Option<UserId>,
    app: Option<AppId>,
    grant: Option<GrantId>,
}

impl Whose {
    fn of(stretch: Option<&Stretch<'_>>, facts: &Facts) -> Self {
        let record = stretch.map(|stretch| stretch.record);
        let mut whose = Self::default();
        let about = facts.trail.iter();
        for row in about.filter(|row| row.authorization_id.is_some() && row.authorization_id == record) {
            whose.user = whose.user.or(row.user_id);
            whose.app = whose.app.or(row.app_id);
            whose.grant = whose.grant.or(row.grant_id);
        }
        if let Some(lived) = &facts.lived {
            let token = &lived.owned.authorization;
            whose.user = Some(token.user_id);
            whose.app = token.app.as_ref().map(|app| app.id);
        }
        whose
    }
}

fn term(name: &'static str, holds: Holds, because: impl Into<String>) -> Term {
    Term {
        name,
        holds,
        because: because.into(),
    }
}

/// That there is a record with this token.
fn existence(stretch: Option<&Stretch<'_>>, at: Timestamp) -> Term {
    const NAME: &str = "not_revoked";
    let Some(stretch) = stretch else {
        return term(NAME, Holds::No, "no record and no row of the trail knows it");
    };
    match (stretch.from, stretch.until) {
        (Some(from), _) if from.at > at => {
            term(NAME, Holds::No, format!("it was made later, at {}", from.at))
        }
        (_, Some(until)) if until.at <= at => term(
            NAME,
            Holds::No,
            format!("it ended by {} at {}", until.action, until.at),
        ),
        (None, _) => term(
            NAME,
            Holds::Yes,
            "the record is there; the trail does not say since when",
        ),
        (Some(from), _) => term(NAME, Holds::Yes, format!("made at {}", from.at)),
    }
}

/// That it had not ended by itself. Of an end that was changed since, the former one is not kept.
fn expiry(
    stretch: Option<&Stretch<'_>>,
    facts: &Facts,
    now: Timestamp,
    at: Timestamp,
) -> Term {
    const NAME: &str = "not_expired";
    let Some(stretch) = stretch else {
        return term(NAME, Holds::Unknown, "nothing is known of it");
    };
    let changed_since = facts.trail.iter().any(|row| {
        let later = row.authorization_id == Some(stretch.record) && row.at > at;
        later && row.action == Action::LifeShortened.name()
    });
    let present = facts.lived.as_ref().filter(|lived| {
        lived.owned.authorization.id == stretch.record && stretch.until.is_none()
    });
    if let Some(lived) = present {
        return match lived.owned.authorization.expires_at {
            Some(end) if end > at => term(NAME, Holds::Yes, format!("it ends at {end}")),
            Some(_) if changed_since && at < now => {
                term(NAME, Holds::Unknown, "its end was changed later")
            }
            Some(end) => term(NAME, Holds::No, format!("it expired at {end}")),
            None => term(NAME, Holds::Yes, "it never ends by itself"),
        };
    }
    let reaped = Action::AuthorizationReaped.name();
    match stretch.until {
        Some(row) if row.action == reaped && row.at <= at => {
            term(NAME, Holds::No, format!("it had expired before {}", row.at))
        }
        _ => term(NAME, Holds::Unknown, "its end went with the record"),
    }
}

/// Whether somebody or something was suspended at a moment: the last row of the two before it says so.
fn suspended(
    rows: &[AuditRow],
    (on, off): (Action, Action),
    about: impl Fn(&AuditRow) -> bool,
    at: Timestamp,
) -> Option<&AuditRow> {
    let turns = rows.iter().filter(|row| {
        let turned = row.action == on.name() || row.action == off.name();
        turned && about(row) && row.at <= at
    });
    turns.last().filter(|row| row.action == on.name())
}

fn owner(whose: &Whose, facts: &Facts, now: Timestamp, at: Timestamp) -> Term {
    const NAME: &str = "owner_active";
    let Some(user) = whose.user else {
        return term(NAME, Holds::Unknown, "nobody knows whose it was");
    };
    if let (Some(lived), true) = (&facts.lived, at >= now) {
        return match lived.owned.user.suspended_at {
            Some(since) => term(NAME, Holds::No, format!("suspended since {since}")),
            None => term(NAME, Holds::Yes, "not suspended"),
        };
    }
    let about = |row: &AuditRow| row.user_id == Some(user);
    let deleted = Action::UserDeleted.name();
    let gone = facts.trail.iter().find(|row| {
        about(row) && row.action == deleted && row.at <= at
    });
    if let Some(row) = gone {
        return term(NAME, Holds::No, format!("deleted at {}", row.at));
    }
    let turns = (Action::UserSuspended, Action::UserUnsuspended);
    match suspended(&facts.trail, turns, about, at) {
        Some(row) => term(NAME, Holds::No, format!("suspended since {}", row.at)),
        None => term(NAME, Holds::Yes, "not suspended"),
    }
}

fn app(whose: &Whose, facts: &Facts, now: Timestamp, at: Timestamp) -> Term {
    const NAME: &str = "app_active";
    let Some(app) = whose.app else {
        return term(NAME, Holds::Yes, "no app's");
    };
    if let (Some(present), true) = (&facts.app, at >= now) {
        return match present.suspended_at {
            Some(since) => term(NAME, Holds::No, format!("suspended since {since}")),
            None => term(NAME, Holds::Yes, "not suspended"),
        };
    }
    let about = |row: &AuditRow| row.app_id == Some(app) && row.authorization_id.is_none();
    let deleted = Action::AppDeleted.name();
    let gone = facts.trail.iter().find(|row| {
        about(row) && row.action == deleted && row.at <= at
    });
    if let Some(row) = gone {
        return term(NAME, Holds::No, format!("deleted at {}", row.at));
    }
    let turns = (Action::AppSuspended, Action::AppUnsuspended);
    match suspended(&facts.trail, turns, about, at) {
        Some(row) => term(NAME, Holds::No, format!("suspended since {}", row.at)),
        None => term(NAME, Holds::Yes, "not suspended"),
    }
}

fn grant(whose: &Whose, facts: &Facts, now: Timestamp, at: Timestamp) -> Term {
    const NAME: &str = "grant_alive";
    let Some(app) = whose.app else {
        return term(NAME, Holds::Yes, "no app's, so it needs none");
    };
    if facts.lived.is_some() && at >= now {
        return match facts.grant {
            Some(grant) => term(NAME, Holds::when(true), format!("grant {grant} is there")),
            None => term(NAME, Holds::No, "there is no grant"),
        };
    }
    let destroyed = Action::GrantDeleted.name();
    let gone = facts.trail.iter().find(|row| {
        let same = match whose.grant {
            Some(grant) => row.grant_id == Some(grant),
            None => row.app_id == Some(app) && row.user_id == whose.user,
        };
        same && row.action == destroyed && row.at <= at
    });
    match gone {
        Some(row) => term(NAME, Holds::No, format!("deleted at {}", row.at)),
        None => term(NAME, Holds::Yes, "not deleted until then"),
    }
}

#[cfg(test)]
mod tests;
