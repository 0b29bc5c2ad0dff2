//! How an authorization comes to be and changes. Owns the order of the
//! statements under a grant's lock.
//!
//! The upsert that locks the grant, the look, the count and the insertion are
//! statements of their own, one after the other: a single statement would see
//! what was there before it waited for the lock, and mint too many.

use grantd_core::audit::{Action, Actor, Stamp};
use grantd_core::authorization::{Authorization, AuthorizationEdit, NewAuthorization};
use grantd_core::fingerprint::Fingerprint;
use grantd_core::ids::{AppId, AuthorizationId, GrantId, UserId};
use grantd_core::note::Note;
use grantd_core::store::{GotOrCreated, MintLimits, NotCreated, Taken};

use super::change::{Change, Subject};
use super::{Beside, flows, grants, row, tokens};
use crate::db::{DbError, DbResult, Lock, Undo};
use crate::sql;

type Created = Result<Authorization, NotCreated>;
type Got = Result<GotOrCreated, NotCreated>;
type Edited = Option<Result<Authorization, Taken>>;

const HOUR: i64 = 3_600;

/// Creates, or says why not.
pub(super) async fn create(
    tx: &Change<'_>,
    new: &NewAuthorization,
    limits: MintLimits,
) -> Result<Created, Undo<Created>> {
    match lock(tx, new).await? {
        Ok(grant) => mint(tx, new, grant, limits)
            .await?
            .map_or_else(refuse, |made| Ok(Ok(made))),
        Err(why) => refuse(why),
    }
}

/// Gets, or else creates, or says why not.
pub(super) async fn get_or_create(
    tx: &Change<'_>,
    new: &NewAuthorization,
    limits: MintLimits,
) -> Result<Got, Undo<Got>> {
    let grant = match lock(tx, new).await? {
        Ok(grant) => grant,
        Err(why) => return refuse(why),
    };
    let existing = tx
        .one(
            sql::authorizations::FIND_UNEXPIRED,
            &[
                &new.user_id.0,
                &new.app_id.map(|id| id.0),
                &new.fingerprint.as_str(),
                &tx.at().0,
            ],
            row::authorization,
        )
        .await?;
    match existing {
        // Nothing to keep: the lock was all that was written.
        Some(existing) => Err(Undo::answer(Ok(GotOrCreated::Existing(existing)))),
        None => mint(tx, new, grant, limits)
            .await?
            .map_or_else(refuse, |made| Ok(Ok(GotOrCreated::Created(made)))),
    }
}

/// A refusal keeps nothing, not even the grant that was made on the way.
fn refuse<T>(why: NotCreated) -> Result<Result<T, NotCreated>, Undo<Result<T, NotCreated>>> {
    Err(Undo::answer(Err(why)))
}

/// Whose creations are counted without a grant to count them under.
pub(super) fn counts_under_the_user(new: &NewAuthorization, limits: MintLimits) -> Option<UserId> {
    (new.app_id.is_none() && limits.per_hour.is_some()).then_some(new.user_id)
}

/// Which creations may go beside this one: those that lock the same things in the same turn. All
/// that a creation changes is its user's.
pub(super) fn beside(new: &NewAuthorization, limits: MintLimits, stamp: &Stamp) -> Beside {
    let (actor, own) = match stamp.by {
        Actor::User { id, .. } => (0, id == new.user_id),
        Actor::AdminToken { user, .. } => (1, user == new.user_id),
        Actor::App { .. } => (2, false),
        Actor::Operator | Actor::System => (3, false),
    };
    let locks_user = counts_under_the_user(new, limits).is_some();
    let kind = [own, new.app_id.is_some(), locks_user];
    let kind = kind
        .into_iter()
        .fold(actor, |kind, is| (kind << 1) | u8::from(is));
    Beside {
        user: new.user_id,
        kind,
    }
}

/// Takes the locks in their order: user, app, grant. A personal access token has no grant.
async fn lock(
    tx: &Change<'_>,
    new: &NewAuthorization,
) -> DbResult<Result<Option<GrantId>, NotCreated>> {
    tx.hold_user(new.user_id).await?;
    let Some(app) = new.app_id else {
        return Ok(Ok(None));
    };
    let active = tx
        .hold(Lock::Share, sql::apps::IS_ACTIVE, &[&app.0], row::id)
        .await?;
    if active.is_none() {
        return Ok(Err(NotCreated::NoApp));
    }
    Ok(Ok(Some(
        grants::lock_or_create(tx, new.user_id, app).await?,
    )))
}

/// Creates under the grant's lock, and says why not.
pub(super) async fn mint(
    tx: &Change<'_>,
    new: &NewAuthorization,
    grant: Option<GrantId>,
    limits: MintLimits,
) -> DbResult<Created> {
    if let Some(per_hour) = limits.per_hour
        && created_in_the_last_hour(tx, new).await? >= i64::from(per_hour)
    {
        return Ok(Err(NotCreated::TooMany));
    }
    let key = Key {
        user: new.user_id,
        app: new.app_id,
        note: new.note.as_ref(),
        fingerprint: &new.fingerprint,
    };
    key.retire_expired(tx, None).await?;
    let Some(id) = insert(tx, new, grant).await? else {
        return Ok(Err(NotCreated::Taken(key.taken())));
    };
    if let Some(app) = new.app_id {
        evict(tx, new, app, limits.per_scope_set).await?;
        grants::settle(tx, new.user_id, app, &new.scopes).await?;
    }
    let made = tx
        .one(
            sql::authorizations::FIND_OF_USER,
            &[&new.user_id.0, &id.0],
            row::authorization,
        )
        .await?;
    Ok(Ok(made.ok_or(DbError::Missing)?))
}

async fn created_in_the_last_hour(tx: &Change<'_>, new: &NewAuthorization) -> DbResult<i64> {
    let count = tx
        .one(
            sql::audit::COUNT_SINCE,
            &[
                &new.user_id.0,
                &new.app_id.map(|id| id.0),
                &Action::AuthorizationCreated.name(),
                &tx.at().plus(-HOUR).0,
            ],
            |r| r.get(0),
        )
        .await?;
    Ok(count.unwrap_or_default())
}

async fn insert(
    tx: &Change<'_>,
    new: &NewAuthorization,
    grant: Option<GrantId>,
) -> DbResult<Option<AuthorizationId>> {
    let statement = match new.app_id {
        None => sql::authorizations::INSERT_PERSONAL,
        Some(_) => sql::authorizations::INSERT_FOR_APP,
    };
    let id = tx
        .one(
            statement,
            &[
                &new.user_id.0,
                &new.app_id.map(|id| id.0),
                &grant.map(|id| id.0),
                &new.token_hash.prefix(),
                &&new.token_hash.0[..],
                &new.token_last_eight.0,
                &new.note.as_ref().map(Note::as_str),
                &new.note_url.as_ref().map(|url| url.as_str()),
                &new.scopes.to_stored(),
                &new.scopes.sorted().to_stored(),
                &new.fingerprint.as_str(),
                &tx.at().0,
                &new.expires_at.map(|at| at.0),
            ],
            row::id,
        )
        .await?;
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
        ..Subject::default()
    };
    tx.audit(Action::AuthorizationCreated, &subject).await?;
    Ok(Some(id))
}

/// The ten-tokens rule: the oldest beyond `most` with the same set of scopes go.
async fn evict(tx: &Change<'_>, new: &NewAuthorization, app: AppId, most: u32) -> DbResult<()> {
    let newest_first = tx
        .all(
            sql::authorizations::IDS_OF_SCOPE_SET,
            &[&new.user_id.0, &app.0, &new.scopes.sorted().to_stored()],
            row::id,
        )
        .await?;
    for id in newest_first.into_iter().skip(most as usize) {
        tokens::remove(
            tx,
            sql::authorizations::DELETE,
            &[&id],
            Action::AuthorizationEvicted,
        )
        .await?;
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
    /// Expired records of this key make room, except the one that is being edited. What the
    /// grant shows is computed afterwards.
    async fn retire_expired(
        &self,
        tx: &Change<'_>,
        except: Option<AuthorizationId>,
    ) -> DbResult<()> {
        let (now, except) = (tx.at().0, except.map_or(0, |id| id.0));
        let fingerprint = self.fingerprint.as_str();
        let note = self.note.map(Note::as_str);
        let action = Action::AuthorizationDeleted;
        match self.app.map(|id| id.0) {
            None => {
                tokens::remove(
                    tx,
                    sql::authorizations::RETIRE_PERSONAL,
                    &[&self.user.0, &note, &fingerprint, &now, &except],
                    action,
                )
                .await
            }
            // An app's tokens without a fingerprint may be many.
            Some(_) if self.fingerprint.get().is_none() => return Ok(()),
            Some(app) => {
                tokens::remove(
                    tx,
                    sql::authorizations::RETIRE_FOR_APP,
                    &[&self.user.0, &app, &fingerprint, &now, &except],
                    action,
                )
                .await
            }
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
pub(super) async fn edit(
    tx: &Change<'_>,
    user: UserId,
    id: AuthorizationId,
    edit: &AuthorizationEdit,
) -> Result<Edited, Undo<Edited>> {
    let Some(before) = find_locked(tx, user, id).await? else {
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
    key.retire_expired(tx, Some(id)).await?;
    match update(tx, &after).await {
        Err(error) if error.is_taken_key() => {
            return Err(Undo::answer(Some(Err(key.taken()))));
        }
        done => done?,
    }
    tx.audit(Action::AuthorizationEdited, &Subject::authorization(&after))
        .await?;
    if let Some(app) = app {
        flows::follow_edit(tx, &after).await?;
        grants::settle(tx, user, app, &after.scopes).await?;
    }
    Ok(Some(Ok(after)))
}

/// The record, under its grant's lock and its own: the look that counts comes after them.
async fn find_locked(
    tx: &Change<'_>,
    user: UserId,
    id: AuthorizationId,
) -> DbResult<Option<Authorization>> {
    let find = async || {
        let statement = sql::authorizations::FIND_OF_USER;
        tx.one(statement, &[&user.0, &id.0], row::authorization)
            .await
    };
    if let Some(app) = find().await?.and_then(|found| found.app) {
        grants::lock(tx, user, app.id).await?;
    }
    tx.hold(Lock::Own, sql::authorizations::EXISTS, &[&id.0], row::id)
        .await?;
    find().await
}

async fn update(tx: &Change<'_>, after: &Authorization) -> DbResult<()> {
    tx.run(
        sql::authorizations::UPDATE,
        &[
            &after.note.as_ref().map(Note::as_str),
            &after.note_url.as_ref().map(|url| url.as_str()),
            &after.scopes.to_stored(),
            &after.scopes.sorted().to_stored(),
            &after.fingerprint.as_str(),
            &after.updated_at.0,
            &after.id.0,
        ],
    )
    .await
}
