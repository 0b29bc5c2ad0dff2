//! The two look-ups of the hot path, as this engine does them: one statement
//! each. Must not know who asks, nor what is known without them.

use grantd_core::app::ClientId;
use grantd_core::clock::Timestamp;
use grantd_core::store::{AppCheck, TokenVerdict};
use grantd_core::token::TokenHash;

use crate::db::{Db, DbResult, Params};
use crate::sql;
use crate::steps::tokens;

/// The app, and its valid token with that hash.
pub(super) async fn check(
    db: &dyn Db,
    (client_id, hash, now): &(ClientId, Option<TokenHash>, Timestamp),
) -> DbResult<Option<AppCheck>> {
    let mut check = tokens::Check::of(*hash);
    let prefix = hash.map(|hash| hash.prefix());
    let keys: Params<'_> = &[&now.0, &prefix, &client_id.as_str()];
    db.rows(sql::authorizations::CHECK, keys, &mut |r| check.row(r))
        .await?;
    Ok(check.end())
}

/// Whoever's token it is.
pub(super) async fn find(
    db: &dyn Db,
    (hash, now): &(TokenHash, Timestamp),
) -> DbResult<TokenVerdict> {
    let mut find = tokens::Find::of(*hash);
    let keys: Params<'_> = &[&now.0, &hash.prefix()];
    db.rows(sql::authorizations::FIND_BY_HASH, keys, &mut |r| {
        find.row(r)
    })
    .await?;
    Ok(find.end())
}
