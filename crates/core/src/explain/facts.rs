//! Where an explanation's facts come from. The trail is read from end to end,
//! twice, in slices: nothing else looks for rows by token, and an index for
//! this alone would make every change dearer.

use std::collections::BTreeSet;

use super::{Asked, Facts, records_of};
use crate::audit::AuditRow;
use crate::ids::{AppId, AuthorizationId, GrantId, UserId};
use crate::store::{Lived, PageRequest, Store, Stored, TokenFilter};

/// Rows in one slice.
const SLICE: u32 = 1_000;
const FIRST: PageRequest = PageRequest {
    page: 1,
    per_page: 1,
};

impl Facts {
    /// All that is known of a token.
    ///
    /// # Errors
    /// The store is away.
    pub async fn gather(store: &dyn Store, asked: Asked) -> Stored<Self> {
        let lived = lived(store, asked).await?;
        let known = records_of(asked, lived.as_ref(), &[]);
        let first = slices(store, |row| {
            let of_record = row.authorization_id.is_some_and(|id| known.contains(&id));
            of_record
                || match asked {
                    Asked::Hash(hash) => row.token_hash == Some(hash),
                    Asked::Id(id) => row.authorization_id == Some(id),
                }
        });
        let first = first.await?;
        let around = Around::of(
            &records_of(asked, lived.as_ref(), &first),
            lived.as_ref(),
            &first,
        );
        let trail = slices(store, |row| around.has(row)).await?;
        let mut facts = Self {
            lived,
            app: None,
            grant: None,
            trail,
        };
        let token = facts.lived.as_ref().map(|lived| &lived.owned.authorization);
        if let Some((token, app)) = token.and_then(|token| Some((token, token.app.as_ref()?))) {
            let (user, client_id) = (token.user_id, &app.client_id);
            let found = store.find_app(client_id).await?;
            let grants = store.list_grants(user, Some(client_id.as_str()), FIRST);
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
            let found = store.list_tokens(TokenFilter::Hash(hash), FIRST).await?;
            found.items.first().map(|owned| owned.authorization.id)
        }
    };
    let Some(id) = id else { return Ok(None) };
    let mut next = store.list_lives(AuthorizationId(id.0 - 1), 1).await?;
    Ok(next
        .pop()
        .filter(|lived| lived.owned.authorization.id == id))
}

async fn slices(store: &dyn Store, keep: impl Fn(&AuditRow) -> bool) -> Stored<Vec<AuditRow>> {
    let (mut kept, mut after) = (Vec::new(), 0);
    loop {
        let slice = store.list_audit(after, SLICE).await?;
        let Some(last) = slice.last() else {
            return Ok(kept);
        };
        after = last.id;
        kept.extend(slice.into_iter().filter(&keep));
    }
}

/// What a token's validity rests on.
struct Around {
    records: BTreeSet<AuthorizationId>,
    users: BTreeSet<UserId>,
    apps: BTreeSet<AppId>,
    grants: BTreeSet<GrantId>,
}

impl Around {
    fn of(records: &[AuthorizationId], lived: Option<&Lived>, rows: &[AuditRow]) -> Self {
        let token = lived.map(|lived| &lived.owned.authorization);
        let app = token.and_then(|token| token.app.as_ref());
        let rows = || {
            let about = rows.iter();
            about.filter(|row| row.authorization_id.is_some_and(|id| records.contains(&id)))
        };
        Self {
            records: records.iter().copied().collect(),
            users: rows()
                .filter_map(|row| row.user_id)
                .chain(token.map(|token| token.user_id))
                .collect(),
            apps: rows()
                .filter_map(|row| row.app_id)
                .chain(app.map(|app| app.id))
                .collect(),
            grants: rows().filter_map(|row| row.grant_id).collect(),
        }
    }

    /// Rows about the records themselves; about their owner, app or grant, those that are about no other token.
    fn has(&self, row: &AuditRow) -> bool {
        if let Some(id) = row.authorization_id {
            return self.records.contains(&id);
        }
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
