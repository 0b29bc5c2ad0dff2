//! How an authorization comes to be and changes. Owns the order of the
//! statements under a grant's lock.
//!
//! The upsert that locks the grant, the look, the count and the insertion are
//! statements of their own, one after the other: a single statement would see
//! what was there before it waited for the lock, and mint too many.

use grantd_core::audit::Action;
use grantd_core::authorization::{Authorization, AuthorizationEdit, NewAuthorization};
use grantd_core::fingerprint::Fingerprint;
use grantd_core::ids::{AppId, AuthorizationId, GrantId, UserId};
use grantd_core::note::Note;
use grantd_core::store::{GotOrCreated, MintLimits, NotCreated, Taken};
use rusqlite::{ErrorCode, Result as SqlResult, params};

use super::change::{Change, Subject};
use super::query::Query;
use super::writer::Undo;
use super::{grants, row, tokens};
use crate::sql;

type Created = Result<Authorization, NotCreated>;
type Got = Result<GotOrCreated, NotCreated>;
type Edited = Option<Result<Authorization, Taken>>;

const HOUR: i64 = 3_600;

/// Creates, or says why not.
pub(super) fn create(
    tx: &Change<'_>,
    new: &NewAuthorization,
    limits: MintLimits,
) -> Result<Created, Undo<Created>> {
    match lock(tx, new)? {
        Ok(grant) => mint(tx, new, grant, limits)?.map_or_else(refuse, |made| Ok(Ok(made))),
        Err(why) => refuse(why),
    }
}

/// Gets, or else creates, or says why not.
pub(super) fn get_or_create(
    tx: &Change<'_>,
    new: &NewAuthorization,
    limits: MintLimits,
) -> Result<Got, Undo<Got>> {
    let grant = match lock(tx, new)? {
        Ok(grant) => grant,
        Err(why) => return refuse(why),
    };
    let existing = tx.one(
        sql::authorizations::FIND_UNEXPIRED,
        params![
            new.user_id.0,
            new.app_id.map(|id| id.0),
            new.fingerprint.as_str(),
            tx.at().0
        ],
        row::authorization,
    )?;
    match existing {
        // Nothing to keep: the lock was all that was written.
        Some(existing) => Err(Undo::answer(Ok(GotOrCreated::Existing(existing)))),
        None => mint(tx, new, grant, limits)?
            .map_or_else(refuse, |made| Ok(Ok(GotOrCreated::Created(made)))),
    }
}

/// A refusal keeps nothing, not even the grant that was made on the way.
fn refuse<T>(why: NotCreated) -> Result<Result<T, NotCreated>, Undo<Result<T, NotCreated>>> {
    Err(Undo::answer(Err(why)))
}

/// Takes the locks, app before grant; a personal access token needs none.
fn lock(tx: &Change<'_>, new: &NewAuthorization) -> SqlResult<Result<Option<GrantId>, NotCreated>> {
    let Some(app) = new.app_id else {
        return Ok(Ok(None));
    };
    if !tx.any(sql::apps::IS_ACTIVE, [app.0])? {
        return Ok(Err(NotCreated::NoApp));
    }
    Ok(Ok(Some(grants::lock_or_create(tx, new.user_id, app)?)))
}

fn mint(
    tx: &Change<'_>,
    new: &NewAuthorization,
    grant: Option<GrantId>,
    limits: MintLimits,
) -> SqlResult<Created> {
    if let Some(per_hour) = limits.per_hour
        && created_in_the_last_hour(tx, new)? >= i64::from(per_hour)
    {
        return Ok(Err(NotCreated::TooMany));
    }
    let key = Key {
        user: new.user_id,
        app: new.app_id,
        note: new.note.as_ref(),
        fingerprint: &new.fingerprint,
    };
    key.retire_expired(tx, None)?;
    let Some(id) = insert(tx, new, grant)? else {
        return Ok(Err(NotCreated::Taken(key.taken())));
    };
    if let Some(app) = new.app_id {
        evict(tx, new, app, limits.per_scope_set)?;
        grants::widen(tx, new.user_id, app, &new.scopes)?;
        grants::refresh(tx, new.user_id, app)?;
    }
    let made = tx.one(
        sql::authorizations::FIND_OF_USER,
        params![new.user_id.0, id.0],
        row::authorization,
    )?;
    Ok(Ok(made.ok_or(rusqlite::Error::QueryReturnedNoRows)?))
}

fn created_in_the_last_hour(tx: &Change<'_>, new: &NewAuthorization) -> SqlResult<i64> {
    let count = tx.one(
        sql::audit::COUNT_SINCE,
        params![
            new.user_id.0,
            new.app_id.map(|id| id.0),
            Action::AuthorizationCreated.name(),
            tx.at().plus(-HOUR).0,
        ],
        |r| r.get(0),
    )?;
    Ok(count.unwrap_or_default())
}

fn insert(
    tx: &Change<'_>,
    new: &NewAuthorization,
    grant: Option<GrantId>,
) -> SqlResult<Option<AuthorizationId>> {
    let statement = match new.app_id {
        None => sql::authorizations::INSERT_PERSONAL,
        Some(_) => sql::authorizations::INSERT_FOR_APP,
    };
    let id = tx.one(
        statement,
        params![
            new.user_id.0,
            new.app_id.map(|id| id.0),
            grant.map(|id| id.0),
            new.token_hash.prefix(),
            new.token_hash.0,
            new.token_last_eight.0,
            new.note.as_ref().map(Note::as_str),
            new.note_url.as_ref().map(|url| url.as_str()),
            new.scopes.to_stored(),
            new.scopes.sorted().to_stored(),
            new.fingerprint.as_str(),
            tx.at().0,
            new.expires_at.map(|at| at.0),
        ],
        row::id,
    )?;
    let Some(id) = id.map(AuthorizationId) else {
        return Ok(None);
    };
    let subject = Subject {
        user: Some(new.user_id),
        app: new.app_id,
        authorization: Some(id),
        grant,
        token_hash: Some(new.token_hash),
        token_last_eight: Some(new.token_last_eight.0.clone()),
    };
    tx.audit(Action::AuthorizationCreated, &subject)?;
    Ok(Some(id))
}

/// The ten-tokens rule: the oldest beyond `most` with the same set of scopes go.
fn evict(tx: &Change<'_>, new: &NewAuthorization, app: AppId, most: u32) -> SqlResult<()> {
    let newest_first = tx.all(
        sql::authorizations::IDS_OF_SCOPE_SET,
        params![new.user_id.0, app.0, new.scopes.sorted().to_stored()],
        row::id,
    )?;
    for id in newest_first.into_iter().skip(most as usize) {
        tokens::delete(
            tx,
            sql::authorizations::DELETE,
            &[&id],
            Action::AuthorizationEvicted,
        )?;
    }
    Ok(())
}

/// What is unique: a personal token's note and fingerprint, an app's fingerprint.
struct Key<'a> {
    user: UserId,
    app: Option<AppId>,
    note: Option<&'a Note>,
    fingerprint: &'a Fingerprint,
}

impl Key<'_> {
    /// Expired records of this key make room, except the one that is being edited.
    fn retire_expired(&self, tx: &Change<'_>, except: Option<AuthorizationId>) -> SqlResult<()> {
        let (now, except) = (tx.at().0, except.map_or(0, |id| id.0));
        let fingerprint = self.fingerprint.as_str();
        let note = self.note.map(Note::as_str);
        let action = Action::AuthorizationDeleted;
        match self.app.map(|id| id.0) {
            None => tokens::delete(
                tx,
                sql::authorizations::RETIRE_PERSONAL,
                &[&self.user.0, &note, &fingerprint, &now, &except],
                action,
            ),
            Some(app) => tokens::delete(
                tx,
                sql::authorizations::RETIRE_FOR_APP,
                &[&self.user.0, &app, &fingerprint, &now, &except],
                action,
            ),
        }
        .map(drop)
    }

    /// Which part of the key to name when it is taken.
    fn taken(&self) -> Taken {
        match self.fingerprint.get() {
            None => Taken::Note,
            Some(_) => Taken::Fingerprint,
        }
    }
}

/// Applies an edit to the record as it is now.
pub(super) fn edit(
    tx: &Change<'_>,
    user: UserId,
    id: AuthorizationId,
    edit: &AuthorizationEdit,
) -> Result<Edited, Undo<Edited>> {
    let Some(before) = find_locked(tx, user, id)? else {
        return Ok(None);
    };
    let after = edit.apply(&before, tx.at());
    if after == before {
        return Ok(Some(Ok(before)));
    }
    let app = after.app.as_ref().map(|app| app.id);
    let key = Key {
        user,
        app,
        note: after.note.as_ref(),
        fingerprint: &after.fingerprint,
    };
    key.retire_expired(tx, Some(id))?;
    match update(tx, &after) {
        Err(error) if is_unique_conflict(&error) => {
            return Err(Undo::answer(Some(Err(key.taken()))));
        }
        done => done?,
    }
    tx.audit(Action::AuthorizationEdited, &Subject::authorization(&after))?;
    if let Some(app) = app {
        grants::widen(tx, user, app, &after.scopes)?;
        grants::refresh(tx, user, app)?;
    }
    Ok(Some(Ok(after)))
}

/// The record, under its grant's lock: the look that counts comes after the lock.
fn find_locked(
    tx: &Change<'_>,
    user: UserId,
    id: AuthorizationId,
) -> SqlResult<Option<Authorization>> {
    let find = || {
        tx.one(
            sql::authorizations::FIND_OF_USER,
            params![user.0, id.0],
            row::authorization,
        )
    };
    if let Some(app) = find()?.and_then(|found| found.app) {
        grants::lock(tx, user, app.id)?;
    }
    find()
}

fn update(tx: &Change<'_>, after: &Authorization) -> SqlResult<()> {
    tx.run(
        sql::authorizations::UPDATE,
        params![
            after.note.as_ref().map(Note::as_str),
            after.note_url.as_ref().map(|url| url.as_str()),
            after.scopes.to_stored(),
            after.scopes.sorted().to_stored(),
            after.fingerprint.as_str(),
            after.updated_at.0,
            after.id.0,
        ],
    )
}

fn is_unique_conflict(error: &rusqlite::Error) -> bool {
    matches!(error, rusqlite::Error::SqliteFailure(failure, _)
        if failure.code == ErrorCode::ConstraintViolation
            && failure.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE)
}
