//! The terms of the validity predicate, one by one. Owns what each follows from,
//! now and at a moment that is over.

use super::stretch::Stretch;
use super::{Facts, Holds, Term};
use crate::audit::{Action, AuditRow};
use crate::clock::Timestamp;
use crate::ids::{AppId, GrantId, UserId};

/// Whom the token belongs to.
#[derive(Default)]
pub(super) struct Whose {
    user: Option<UserId>,
    app: Option<AppId>,
    grant: Option<GrantId>,
}

impl Whose {
    pub(super) fn of(stretch: Option<&Stretch<'_>>, facts: &Facts) -> Self {
        let record = stretch.map(|stretch| stretch.record);
        let mut whose = Self::default();
        let about = facts.trail.iter();
        for row in
            about.filter(|row| row.authorization_id.is_some() && row.authorization_id == record)
        {
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
pub(super) fn existence(
    stretch: Option<&Stretch<'_>>,
    facts: &Facts,
    now: Timestamp,
    at: Timestamp,
) -> Term {
    const NAME: &str = "not_revoked";
    let Some(stretch) = stretch else {
        return term(
            NAME,
            Holds::No,
            "no record and no row of the trail knows it",
        );
    };
    match (stretch.from, stretch.until) {
        (Some(from), _) if from.at > at => term(
            NAME,
            Holds::No,
            format!("it was made later, at {}", from.at),
        ),
        (_, Some(until)) if until.at <= at => term(
            NAME,
            Holds::No,
            format!("it ended by {} at {}", until.action, until.at),
        ),
        _ if facts.lived.is_none() && at >= now => term(
            NAME,
            Holds::No,
            "the record is gone; the trail does not say how",
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
pub(super) fn expiry(
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
    let present = facts
        .lived
        .as_ref()
        .filter(|lived| lived.owned.authorization.id == stretch.record && stretch.until.is_none());
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

/// What its own rows until a moment say of a user or an app: gone, or suspended if the last turn was that.
fn was_active<'r>(
    name: &'static str,
    rows: impl Iterator<Item = &'r AuditRow> + Clone,
    deleted: Action,
    (on, off): (Action, Action),
) -> Term {
    if let Some(row) = rows.clone().find(|row| row.action == deleted.name()) {
        return term(name, Holds::No, format!("deleted at {}", row.at));
    }
    let turns = rows.filter(|row| row.action == on.name() || row.action == off.name());
    match turns.last().filter(|row| row.action == on.name()) {
        Some(row) => term(name, Holds::No, format!("suspended since {}", row.at)),
        None => term(name, Holds::Yes, "not suspended"),
    }
}

pub(super) fn owner(whose: &Whose, facts: &Facts, now: Timestamp, at: Timestamp) -> Term {
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
    let trail = facts
        .trail
        .iter()
        .filter(|row| row.user_id == Some(user) && row.at <= at);
    let turns = (Action::UserSuspended, Action::UserUnsuspended);
    was_active(NAME, trail, Action::UserDeleted, turns)
}

pub(super) fn app(whose: &Whose, facts: &Facts, now: Timestamp, at: Timestamp) -> Term {
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
    let own = |row: &&AuditRow| row.app_id == Some(app) && row.authorization_id.is_none();
    let trail = facts.trail.iter().filter(own).filter(|row| row.at <= at);
    let turns = (Action::AppSuspended, Action::AppUnsuspended);
    was_active(NAME, trail, Action::AppDeleted, turns)
}

pub(super) fn grant(whose: &Whose, facts: &Facts, now: Timestamp, at: Timestamp) -> Term {
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
