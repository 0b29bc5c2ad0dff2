//! Where an explanation's facts come from: the rows of the trail about the
//! records that held the token, then those about their owners and apps, in slices.
//!
//! The row of a token's making is not looked for by its hash: an index of those would
//! make every creation dearer. It is found by its record, which the token itself or
//! the row of its end names. Only for a hash that neither knows, the trail is read
//! from end to end.

use std::collections::{BTreeMap, BTreeSet};

use super::{Asked, Facts, records_of};
use crate::audit::AuditRow;
use crate::ids::{AppId, AuthorizationId, GrantId, UserId};
use crate::store::{About, Lived, PageRequest, Store, Stored, TokenFilter};
use crate::token::TokenHash;

/// Rows in one slice.
const SLICE: u32 = 1_000;

impl Facts {
    /// All that is known of a token.
    ///
    /// # Errors
    /// The store is away.
    pub async fn gather(store: &dyn Store, asked: Asked) -> Stored<Self> {
        let lived = lived(store, asked).await?;
        let records = match asked {
            Asked::Id(id) => vec![id],
            Asked::Hash(hash) => {
                let naming = rows_of_hash(store, hash, lived.is_some()).await?;
                records_of(asked, lived.as_ref(), &naming)
            }
        };
        let mut trail = BTreeMap::new();
        for record in records {
            trail.extend(by_id(rows(store, About::Authorization(record)).await?));
        }
        let around = Around::of(lived.as_ref(), trail.values());
        let users = around.users.iter().copied().map(About::Account);
        let apps = around.apps.iter().copied().map(About::AppItself);
        for party in users.chain(apps) {
            let about = rows(store, party).await?;
            trail.extend(by_id(about.into_iter().filter(|row| around.has(row))));
        }
        let mut facts = Self {
            lived,
            app: None,
            grant: None,
            trail: trail.into_values().collect(),
        };
        let token = facts.lived.as_ref().map(|lived| &lived.owned.authorization);
        if let Some((token, app)) = token.and_then(|token| Some((token, token.app.as_ref()?))) {
            let (user, client_id) = (token.user_id, &app.client_id);
            let found = store.find_app(client_id).await?;
            let grants = store.list_grants(user, Some(client_id.as_str()), PageRequest::FIRST);
            facts.grant = grants.await?.items.first().map(|grant| grant.id);
            facts.app = found.map(|found| found.app);
        }
        Ok(facts)
    }
}

async fn lived(store: &dyn Store, asked: Asked) -> Stored<Option<Lived>> {
    let id = match asked {
        Asked::Id(id) => Some(id),
        Asked::Hash(hash) => {
            let found = store
                .list_tokens(TokenFilter::Hash(hash), PageRequest::FIRST)
                .await?;
            found.items.first().map(|owned| owned.authorization.id)
        }
    };
    let Some(id) = id else { return Ok(None) };
    let mut next = store.list_lives(AuthorizationId(id.0 - 1), 1).await?;
    Ok(next
        .pop()
        .filter(|lived| lived.owned.authorization.id == id))
}

fn by_id(rows: impl IntoIterator<Item = AuditRow>) -> impl Iterator<Item = (i64, AuditRow)> {
    rows.into_iter().map(|row| (row.id, row))
}

async fn rows(store: &dyn Store, about: About) -> Stored<Vec<AuditRow>> {
    let slice = async |after| store.list_about(about, after, SLICE).await;
    slices(slice, |_| true).await
}

/// Rows that name the token, of a record that is there none of its making.
async fn rows_of_hash(store: &dyn Store, hash: TokenHash, is_there: bool) -> Stored<Vec<AuditRow>> {
    let former = rows(store, About::FormerHash(hash)).await?;
    if is_there || !former.is_empty() {
        return Ok(former);
    }
    let slice = async |after| store.list_audit(after, SLICE).await;
    slices(slice, |row| row.token_hash == Some(hash)).await
}

/// Of all rows those to keep.
async fn slices(
    read: impl AsyncFn(i64) -> Stored<Vec<AuditRow>>,
    keep: impl Fn(&AuditRow) -> bool,
) -> Stored<Vec<AuditRow>> {
    let (mut kept, mut after) = (Vec::new(), 0);
    loop {
        let slice = read(after).await?;
        let Some(last) = slice.last() else {
            return Ok(kept);
        };
        after = last.id;
        kept.extend(slice.into_iter().filter(&keep));
    }
}

/// What a token's validity rests on.
struct Around {
    users: BTreeSet<UserId>,
    apps: BTreeSet<AppId>,
    grants: BTreeSet<GrantId>,
}

impl Around {
    /// Of the records and every row about them.
    fn of<'r>(lived: Option<&Lived>, rows: impl Iterator<Item = &'r AuditRow> + Clone) -> Self {
        let token = lived.map(|lived| &lived.owned.authorization);
        let app = token.and_then(|token| token.app.as_ref());
        let users = rows.clone().filter_map(|row| row.user_id);
        let apps = rows.clone().filter_map(|row| row.app_id);
        Self {
            users: users.chain(token.map(|token| token.user_id)).collect(),
            apps: apps.chain(app.map(|app| app.id)).collect(),
            grants: rows.filter_map(|row| row.grant_id).collect(),
        }
    }

    /// Whether a row about no token is about the owner, the app or the grant.
    fn has(&self, row: &AuditRow) -> bool {
        let of_user = row.user_id.is_some_and(|id| self.users.contains(&id));
        let of_app = row.app_id.is_some_and(|id| self.apps.contains(&id));
        match (row.user_id, row.app_id) {
            (Some(_), Some(_)) => {
                of_user && of_app || row.grant_id.is_some_and(|id| self.grants.contains(&id))
            }
            _ => of_user || of_app,
        }
    }
}
