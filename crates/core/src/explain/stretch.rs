//! Which token a record held when, read off the trail. Owns what each kind of
//! row does to a record; must not judge.

use super::{Asked, Facts, records_of};
use crate::audit::{Action, AuditRow};
use crate::clock::Timestamp;
use crate::ids::AuthorizationId;
use crate::token::TokenHash;

/// A stretch of time in which a record held one token.
#[derive(Debug)]
pub(super) struct Stretch<'a> {
    pub(super) record: AuthorizationId,
    /// None for a token that was never named since: it is the present one.
    hash: Option<TokenHash>,
    /// The row with which it began; none when the trail does not reach back so far.
    pub(super) from: Option<&'a AuditRow>,
    /// The row with which it ended.
    pub(super) until: Option<&'a AuditRow>,
}

impl Stretch<'_> {
    pub(super) fn has_begun(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|row| row.at <= at)
    }

    pub(super) fn has_ended(&self, at: Timestamp) -> bool {
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
        Action::AuthorizationCreated | Action::AuthorizationImported | Action::TokenOverlaps => {
            Effect::Begins
        }
        Action::TokenReset | Action::TokenRotated => Effect::Replaces,
        Action::AuthorizationDeleted
        | Action::AuthorizationEvicted
        | Action::AuthorizationReaped
        | Action::AuthorizationIdle
        | Action::TokenRevoked
        | Action::TokenReported
        | Action::TokenScanned
        | Action::TokenRefreshed
        | Action::CodeReplayed
        | Action::RefreshTokenReused => Effect::Ends,
        _ => Effect::None,
    }
}

/// The stretches of the token that is asked about.
pub(super) fn stretches(asked: Asked, facts: &Facts) -> Vec<Stretch<'_>> {
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
        match (stretch.until, here) {
            (None, Some(token)) => stretch.hash = Some(token.token_hash),
            // It may have ended by something that is not known here: then the last row is about that.
            (None, None) => stretch.until = last_word(stretch, &facts.trail),
            (Some(_), _) => {}
        }
    }
    all.retain(|stretch| match asked {
        Asked::Hash(hash) => stretch.hash == Some(hash),
        Asked::Id(id) => stretch.record == id,
    });
    all
}

/// The last row about a record that is gone, unless it began with it or goes on after it.
fn last_word<'a>(stretch: &Stretch<'a>, rows: &'a [AuditRow]) -> Option<&'a AuditRow> {
    let about = rows
        .iter()
        .rfind(|row| row.authorization_id == Some(stretch.record))?;
    let goes_on = [Action::AuthorizationEdited, Action::LifeShortened];
    let is_first = stretch.from.is_some_and(|from| from.id == about.id);
    let is_last = !is_first && goes_on.iter().all(|action| action.name() != about.action);
    let same =
        stretch.hash.is_none() || about.token_hash.is_none() || about.token_hash == stretch.hash;
    (is_last && same).then_some(about)
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
