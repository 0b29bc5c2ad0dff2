//! What is sealed under the instance key, sealed anew. Owns which columns those
//! are and that a run that was interrupted can be run again; must not know a key.
//!
//! Rows are taken by their key, a page to a transaction. The place of the key's
//! fingerprint is changed last: until then no node takes the database with the
//! new key alone.

use crate::copy::side::Side;
use crate::db::{Columns, DbError, Params};
use crate::open::{DatabaseUrl, NoStore};
use crate::sql;
use crate::steps::INSTANCE_KEY;

/// Rows to a transaction.
const PAGE: i64 = 500;

/// Not everything was sealed anew; run it again.
#[derive(Debug, thiserror::Error)]
pub enum RekeyError {
    /// What is in the row does not open.
    #[error("the second factor of user {0} does not open: {1}")]
    Sealed(i64, String),
    /// Somebody else has changed the key meanwhile.
    #[error("the database has another key by now")]
    Moved,
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] NoStore),
    /// A statement failed.
    #[error("a statement failed: {0}")]
    Statement(String),
}

impl From<DbError> for RekeyError {
    fn from(error: DbError) -> Self {
        Self::Statement(crate::postgres::words(&error))
    }
}

/// Gives what is to stand in the place of some sealed bytes; nothing where they may stay.
pub type Again<'a> = &'a mut (dyn FnMut(&[u8]) -> Result<Option<Vec<u8>>, String> + Send);

/// The fingerprint of the instance key, or what stands in its place.
///
/// # Errors
/// The database cannot be used.
pub async fn kept_key(url: &DatabaseUrl) -> Result<Option<String>, RekeyError> {
    let notes = Side::source(url).await?.notes().await?;
    let found = notes.into_iter().find(|(key, _)| key == INSTANCE_KEY);
    Ok(found.map(|(_, value)| value))
}

/// Seals all second factors anew, and then puts the new fingerprint in the place of the old one.
/// How many were sealed.
///
/// # Errors
/// It was not done to the end, and can be run again.
pub async fn rekey(
    url: &DatabaseUrl,
    old: &str,
    new: &str,
    again: Again<'_>,
    tell: &mut (dyn FnMut(u64) + Send),
) -> Result<u64, RekeyError> {
    let mut side = Side::target(url).await?;
    let (mut after, mut done) = (0, 0);
    loop {
        let page: Params<'_> = &[&after, &PAGE];
        let read = |row: &dyn Columns| Ok((row.get::<i64>(0)?, row.get::<Vec<u8>>(1)?));
        let rows = side.db().all(sql::users::SEALED_AFTER, page, read).await?;
        let Some((last, _)) = rows.last() else {
            break;
        };
        after = *last;
        side.execute("BEGIN").await?;
        for (id, sealed) in &rows {
            let fresh = again(sealed).map_err(|why| RekeyError::Sealed(*id, why))?;
            if let Some(fresh) = fresh {
                let values: Params<'_> = &[&fresh, id, sealed];
                side.db().run(sql::users::RESEAL, values).await?;
                done += 1;
            }
        }
        side.execute("COMMIT").await?;
        tell(done);
    }
    if old != new {
        let values: Params<'_> = &[&new, &INSTANCE_KEY, &old];
        if !side.db().any(sql::restore::REPLACE_META, values).await? {
            return Err(RekeyError::Moved);
        }
    }
    Ok(done)
}
