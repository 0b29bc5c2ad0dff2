//! Tokens of another authority. Owns that two imports take turns, and that
//! nothing is decided but under the locks that a step holds.
//!
//! Rows are looked at first, then grants are locked in their order, then tokens
//! are added in the order in which they came. Nobody else can add a token with a
//! hash of these meanwhile: to mint is to draw a new one, and imports take turns.

use std::collections::{BTreeMap, HashMap, HashSet};

use futures_util::future::try_join_all;
use grantd_core::audit::Action;
use grantd_core::clock::Timestamp;
use grantd_core::ids::{AppId, AuthorizationId, GrantId, UserId};
use grantd_core::import::{Ended, ImportedToken, Outcome, Refusal};
use grantd_core::note::{Note, NoteUrl};
use grantd_core::scope::Scopes;
use grantd_core::token::TokenHash;

use crate::db::{Columns, DbResult, Lock, Params};
use crate::sql;
use crate::steps::change::{Change, Subject};
use crate::steps::{grants, row};

/// The row of the notes whose lock is the turn.
const TURN: &str = "import";

/// Whom a token is to belong to.
type Place = (UserId, Option<AppId>);

/// Adds those that can come along.
pub(super) async fn add(
    tx: &Change<'_>,
    tokens: &[ImportedToken],
    ended: &Ended,
) -> DbResult<Vec<Outcome>> {
    tx.run(sql::audit::TOUCH_META, &[&TURN]).await?;
    let known = Known::of(tx, tokens).await?;
    let lately = Lately::of(tx, ended).await?;
    let holders = try_join_all(tokens.iter().map(|token| holder(tx, token.token_hash))).await?;
    let mut met = HashMap::new();
    let judged = tokens.iter().zip(holders).map(|(token, holder)| {
        let (place, hash) = (known.place(token), token.token_hash);
        match holder.or(met.get(&hash).copied()) {
            Some(holder) if place.as_ref().is_ok_and(|place| holder == *place) => {
                Err(Outcome::Present)
            }
            Some(_) => Err(Outcome::Refused(Refusal::HeldByAnother)),
            None if ended.has_moved(hash) || lately.moved.contains(&hash) => Err(Outcome::Present),
            None if ended.has(hash) || lately.ended.contains(&hash) => {
                Err(Outcome::Refused(Refusal::EndedHere))
            }
            None => {
                let place = place.map_err(Outcome::Refused)?;
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
            Ok(place) => add_one(tx, token, *place, grant.map(|grant| grant.id)).await,
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
    let found = found
        .await?
        .into_iter()
        .find(|(there, _)| hash.matches(there));
    Ok(found.map(|(_, place)| place))
}

/// What has ended since the trail was read, and what is known by another hash since then.
#[derive(Default)]
struct Lately {
    ended: HashSet<TokenHash>,
    moved: HashSet<TokenHash>,
}

impl Lately {
    async fn of(tx: &Change<'_>, ended: &Ended) -> DbResult<Self> {
        let mut lately = Self::default();
        let retiring = Action::ALL.iter().filter(|action| action.retires_hash());
        for action in retiring {
            let keys: Params<'_> = &[&action.name(), &ended.settled];
            let read = |r: &dyn Columns| Ok(TokenHash(r.get(0)?));
            let found = tx.all(sql::import::ENDED_AFTER, keys, read).await?;
            match action {
                Action::TokenHashUpgraded => lately.moved.extend(found),
                _ => lately.ended.extend(found),
            }
        }
        Ok(lately)
    }
}

async fn add_one(
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
    if let Some(salted) = &token.salted {
        let kept = salted.to_string();
        let values: Params<'_> = &[&id, &token.token_last_eight.0, &kept];
        tx.run(sql::import::INSERT_SALTED, values).await?;
    }
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
