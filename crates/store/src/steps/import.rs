//! What comes from another authority. Owns that two imports take turns, and
//! that within one step nothing is decided but under the locks it holds.
//!
//! Rows are looked at first, then grants are locked in their order, then tokens
//! are added in the order in which they came. Nobody else can add a token with a
//! hash of these meanwhile: to mint is to draw a new one, and imports take turns.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::try_join_all;
use grantd_core::audit::{Action, Stamp};
use grantd_core::clock::Timestamp;
use grantd_core::ids::{AppId, AuthorizationId, GrantId, UserId};
use grantd_core::import::{Ended, ImportedApp, ImportedToken, Outcome, Refusal};
use grantd_core::note::{Note, NoteUrl};
use grantd_core::scope::Scopes;
use grantd_core::store::{ImportStore, Stored};
use grantd_core::token::TokenHash;

use super::change::{Change, Subject};
use super::{Engine, StoreOn, grants, row};
use crate::db::{Columns, DbError, DbResult, Lock, Params, Undo};
use crate::sql;

/// The row of the notes whose lock is the turn.
pub(crate) const TURN: &str = "import";

#[async_trait]
impl<E: Engine> ImportStore for StoreOn<E> {
    async fn import_tokens(
        &self,
        tokens: Vec<ImportedToken>,
        ended: Arc<Ended>,
        rehearse: bool,
        stamp: Stamp,
    ) -> Stored<Vec<Outcome>> {
        let of = (tokens, ended, rehearse);
        self.engine
            .change(stamp, of, |tx, (tokens, ended, rehearse)| {
                Box::pin(async move { settled(tokens_in(tx, tokens, ended).await?, *rehearse) })
            })
            .await
    }

    async fn import_app(&self, app: ImportedApp, rehearse: bool, stamp: Stamp) -> Stored<Outcome> {
        self.engine
            .change(stamp, (app, rehearse), |tx, (app, rehearse)| {
                Box::pin(async move { settled(app_in(tx, app).await?, *rehearse) })
            })
            .await
    }
}

/// What was done is kept, unless it was to be tried only.
fn settled<T>(outcome: T, rehearse: bool) -> Result<T, Undo<T>> {
    match rehearse {
        true => Err(Undo::answer(outcome)),
        false => Ok(outcome),
    }
}

/// Whom a token is to belong to.
type Place = (UserId, Option<AppId>);

async fn tokens_in(
    tx: &Change<'_>,
    tokens: &[ImportedToken],
    ended: &Ended,
) -> DbResult<Vec<Outcome>> {
    tx.run(sql::audit::TOUCH_META, &[&TURN]).await?;
    let known = Known::of(tx, tokens).await?;
    let lately = ended_lately(tx, ended).await?;
    let holders = try_join_all(tokens.iter().map(|token| holder(tx, token.token_hash))).await?;
    let mut met = HashMap::new();
    let judged = tokens.iter().zip(holders).map(|(token, holder)| {
        let place = known.place(token).map_err(Outcome::Refused)?;
        let hash = token.token_hash;
        match holder.or(met.get(&hash).copied()) {
            Some(holder) if holder == place => Err(Outcome::Present),
            Some(_) => Err(Outcome::Refused(Refusal::HeldByAnother)),
            None if ended.has(hash) || lately.contains(&hash) => {
                Err(Outcome::Refused(Refusal::EndedHere))
            }
            None => {
                met.insert(hash, place);
                Ok(place)
            }
        }
    });
    let judged: Vec<Result<Place, Outcome>> = judged.collect();
    add_all(tx, tokens, &judged).await
}

/// A grant, locked, and what is added under it.
struct Grant {
    id: GrantId,
    added: Scopes,
    /// When the first of its tokens was made.
    began_at: Timestamp,
}

/// Adds the tokens that found a place, under the locks of their grants.
async fn add_all(
    tx: &Change<'_>,
    tokens: &[ImportedToken],
    judged: &[Result<Place, Outcome>],
) -> DbResult<Vec<Outcome>> {
    let pair_of = |place: &Result<Place, Outcome>| {
        let (user, app) = *place.as_ref().ok()?;
        Some((user, app?))
    };
    let mut pairs: BTreeMap<(UserId, AppId), Option<Grant>> = BTreeMap::new();
    pairs.extend(judged.iter().filter_map(pair_of).map(|pair| (pair, None)));
    for (&(user, app), grant) in &mut pairs {
        *grant = Some(Grant {
            id: grants::lock_or_create(tx, user, app).await?,
            added: Scopes::default(),
            began_at: tx.at(),
        });
    }
    let grants = &pairs;
    let adding = tokens.iter().zip(judged).map(async |(token, judged)| {
        let grant = pair_of(judged).and_then(|pair| grants.get(&pair)?.as_ref());
        match judged {
            Ok(place) => add(tx, token, *place, grant.map(|grant| grant.id)).await,
            Err(outcome) => Ok(outcome.clone()),
        }
    });
    let outcomes = try_join_all(adding).await?;
    for ((token, judged), outcome) in tokens.iter().zip(judged).zip(&outcomes) {
        let pair = pair_of(judged).filter(|_| *outcome == Outcome::Imported);
        if let Some(Some(grant)) = pair.and_then(|pair| pairs.get_mut(&pair)) {
            grant.added = std::mem::take(&mut grant.added).union(&token.scopes);
            grant.began_at = grant.began_at.min(token.created_at);
        }
    }
    for ((user, app), grant) in &pairs {
        let Some(grant) = grant else { continue };
        grants::settle(tx, *user, *app, &grant.added).await?;
        let began: Params<'_> = &[&grant.began_at.0, &grant.id.0];
        tx.run(sql::import::GRANT_BEGAN, began).await?;
    }
    Ok(outcomes)
}

/// The users and apps that tokens name, held so that nobody deletes them meanwhile.
struct Known<'t> {
    users: BTreeMap<&'t str, Option<UserId>>,
    apps: BTreeMap<&'t str, Option<AppId>>,
}

impl<'t> Known<'t> {
    async fn of(tx: &Change<'_>, tokens: &'t [ImportedToken]) -> DbResult<Self> {
        let names = |token: &'t ImportedToken| (token.owner.as_str(), None);
        let mut known = Self {
            users: tokens.iter().map(names).collect(),
            apps: BTreeMap::new(),
        };
        for token in tokens {
            if let Some(client_id) = &token.client_id {
                known.apps.insert(client_id.as_str(), None);
            }
        }
        for (login, user) in &mut known.users {
            let keys: Params<'_> = &[login];
            let found = tx.hold(Lock::Share, sql::import::USER_OF_LOGIN, keys, row::id);
            *user = found.await?.map(UserId);
        }
        for (client_id, app) in &mut known.apps {
            let keys: Params<'_> = &[client_id];
            let found = tx.hold(Lock::Share, sql::import::APP_OF_CLIENT_ID, keys, row::id);
            *app = found.await?.map(AppId);
        }
        Ok(known)
    }

    fn place(&self, token: &ImportedToken) -> Result<Place, Refusal> {
        let login = token.owner.as_str();
        let user = self.users.get(login).copied().flatten();
        let user = user.ok_or_else(|| Refusal::UnknownUser(login.to_owned()))?;
        let Some(client_id) = &token.client_id else {
            return Ok((user, None));
        };
        let app = self.apps.get(client_id.as_str()).copied().flatten();
        match app {
            Some(app) => Ok((user, Some(app))),
            None => Err(Refusal::UnknownApp(client_id.to_string())),
        }
    }
}

/// Whose a token is here.
async fn holder(tx: &Change<'_>, hash: TokenHash) -> DbResult<Option<Place>> {
    let read = |r: &dyn Columns| {
        let place = (UserId(r.get(1)?), r.maybe(2)?.map(AppId));
        Ok((TokenHash(r.get(0)?), place))
    };
    let keys: Params<'_> = &[&hash.prefix()];
    let found = tx.all(sql::import::HOLDERS_OF_PREFIX, keys, read);
    let found = found.await?.into_iter().find(|(there, _)| hash.matches(there));
    Ok(found.map(|(_, place)| place))
}

/// What has ended since the trail was read.
async fn ended_lately(tx: &Change<'_>, ended: &Ended) -> DbResult<HashSet<TokenHash>> {
    let mut lately = HashSet::new();
    for action in Action::ALL.iter().filter(|action| !action.spares_token()) {
        let keys: Params<'_> = &[&action.name(), &ended.settled];
        let read = |r: &dyn Columns| Ok(TokenHash(r.get(0)?));
        lately.extend(tx.all(sql::import::ENDED_AFTER, keys, read).await?);
    }
    Ok(lately)
}

async fn add(
    tx: &Change<'_>,
    token: &ImportedToken,
    (user, app): Place,
    grant: Option<GrantId>,
) -> DbResult<Outcome> {
    let statement = match app {
        None => sql::import::INSERT_PERSONAL,
        Some(_) => sql::import::INSERT_FOR_APP,
    };
    let values: Params<'_> = &[
        &user.0,
        &app.map(|id| id.0),
        &grant.map(|id| id.0),
        &token.token_hash.prefix(),
        &&token.token_hash.0[..],
        &token.token_last_eight.0,
        &token.note.as_ref().map(Note::as_str),
        &token.note_url.as_ref().map(NoteUrl::as_str),
        &token.scopes.to_stored(),
        &token.scopes.sorted().to_stored(),
        &token.fingerprint.as_str(),
        &token.created_at.0,
        &token.updated_at.0,
        &token.expires_at.map(|at| at.0),
        // Nobody can have used it here before.
        &tx.at().0,
    ];
    let Some(id) = tx.one(statement, values, row::id).await? else {
        return Ok(Outcome::Refused(match app {
            None => Refusal::NoteTaken,
            Some(_) => Refusal::FingerprintTaken,
        }));
    };
    let subject = Subject {
        user: Some(user),
        app,
        authorization: Some(AuthorizationId(id)),
        grant,
        token_hash: Some(token.token_hash),
        token_last_eight: Some(token.token_last_eight.0.clone()),
        ..Subject::default()
    };
    tx.audit(Action::AuthorizationImported, &subject).await?;
    Ok(Outcome::Imported)
}

async fn app_in(tx: &Change<'_>, new: &ImportedApp) -> DbResult<Outcome> {
    let keys: Params<'_> = &[&new.owner.as_str()];
    let owner = tx.hold(Lock::Share, sql::import::USER_OF_LOGIN, keys, row::id);
    let Some(owner) = owner.await?.map(UserId) else {
        let login = new.owner.as_str().to_owned();
        return Ok(Outcome::Refused(Refusal::UnknownUser(login)));
    };
    let settings = &new.settings;
    let callbacks = serde_json::json!(new.callback_urls).to_string();
    let values: Params<'_> = &[
        &new.client_id.as_str(),
        &new.name,
        &new.url,
        &callbacks,
        &owner.0,
        &new.secret_hash.as_ref().map(|hash| &hash.0[..]),
        &new.created_at.0,
        &new.updated_at.0,
        &new.description,
        &!settings.device_flow,
        &settings.sub_path_callbacks,
        &settings.expiring_tokens,
        &settings.allowed_scopes.as_ref().map(Scopes::to_stored),
        &settings.resource_server,
        &new.suspended_at.map(|at| at.0),
    ];
    if let Some(id) = tx.one(sql::import::INSERT_APP, values, row::id).await? {
        let subject = Subject {
            user: Some(owner),
            ..Subject::app(AppId(id))
        };
        tx.audit(Action::AppImported, &subject).await?;
        return Ok(Outcome::Imported);
    }
    let keys: Params<'_> = &[&new.client_id.as_str()];
    let there = tx.one(sql::apps::FIND, keys, row::app_credentials).await?;
    let there = there.ok_or(DbError::Missing)?;
    let same = match (&there.secret_hash, &new.secret_hash) {
        (Some(there), Some(new)) => there.matches(new),
        (there, new) => there.is_none() && new.is_none(),
    };
    Ok(match same {
        true => Outcome::Present,
        false => Outcome::Refused(Refusal::ClientIdTaken),
    })
}
