//! A store copied into another database, of either engine. Owns the order,
//! what a copy that was killed goes on from, and that nobody serves half of one.
//!
//! The source must stand still: it is read page by page, and no snapshot is
//! held. A snapshot as long as a copy would keep SQLite's log and PostgreSQL's
//! dead rows from being cleaned up, would not survive a kill, and what was
//! written meanwhile would be lost in any case. A source that moves is found out.
//!
//! Pages are committed in the order of keys, so that what the target has of a
//! table is always its beginning: the position is the last key there. Until all
//! is verified, the place of the instance key's fingerprint says so, and no
//! node accepts the database.

pub(crate) mod page;
pub(crate) mod side;
pub(crate) mod tables;
#[cfg(test)]
pub(crate) mod tests;

use self::side::{PAGE, Side};
use self::tables::{TABLES, Table};
use crate::bulk::is_half_loaded;
use crate::db::{DbError, DbResult};
use crate::open::{DatabaseUrl, NoStore};
use crate::steps::INSTANCE_KEY;

/// In place of the fingerprint while a copy is under way.
const UNFINISHED: &str = "unfinished copy of ";

/// Whether this stands where the instance key's fingerprint should: the database is a copy that
/// has not come to its end.
pub fn is_unfinished(fingerprint: &str) -> bool {
    fingerprint.starts_with(UNFINISHED)
}

/// What is told while a copy runs.
#[derive(Clone, Copy, Debug)]
pub enum CopyStep {
    /// So many rows of a table are in the target already, of so many.
    Copies(&'static str, u64, u64),
    /// So many rows of a table are to be read again on both sides.
    Verifies(&'static str, u64),
    /// So many are done.
    At(u64),
    /// All are done.
    Ended(u64),
}

/// A table of both sides, as it was read again after the copy.
#[derive(Clone, Debug)]
pub struct CopiedTable {
    /// Its name.
    pub table: &'static str,
    /// Its rows in the source.
    pub rows: u64,
    /// SHA-256 over its rows in the source.
    pub source: [u8; 32],
    /// SHA-256 over its rows in the target.
    pub target: [u8; 32],
    /// The highest id that was ever given out, there and here, where ids are.
    pub highest_id: Option<(i64, i64)>,
}

impl CopiedTable {
    /// Whether both sides are the same.
    pub fn is_equal(&self) -> bool {
        self.source == self.target && self.highest_id.is_none_or(|(there, here)| there == here)
    }
}

/// No copy was made, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// Both URLs are one database.
    #[error("source and target are the same database")]
    Same,
    /// The source has another schema than this program.
    #[error("the {side} has schema {found}, and this grantd copies schema {known}: {hint}")]
    Schema {
        /// Source or target.
        side: &'static str,
        /// The database's version.
        found: i64,
        /// This program's.
        known: i64,
        /// What to do.
        hint: &'static str,
    },
    /// No grantd has ever used the source.
    #[error("the source has no instance key's fingerprint: no grantd has ever opened it")]
    Unused,
    /// The source is the target of another copy.
    #[error("the source is itself an unfinished copy")]
    UnfinishedSource,
    /// There is something in the target, and it is not a copy that was interrupted.
    #[error("the target is not empty (it has rows in `{0}`); give an empty database")]
    NotEmpty(&'static str),
    /// The target belongs to somebody else.
    #[error("the target belongs to another instance key; give an empty database")]
    OtherKey,
    /// Somebody wrote to the source.
    #[error(
        "the source was written to while it was copied; stop every node that uses it, \
         and copy again into an empty database"
    )]
    Moved,
    /// A database cannot be used.
    #[error(transparent)]
    Store(#[from] NoStore),
    /// A statement failed.
    #[error("a statement failed: {0}")]
    Statement(String),
}

impl From<DbError> for CopyError {
    fn from(error: DbError) -> Self {
        Self::Statement(crate::postgres::words(&error))
    }
}

/// Copies everything, verifies it, and hands the target over; or goes on where an earlier call was
/// interrupted. The target can be used when every table of the answer is equal.
///
/// # Errors
/// Nothing was copied, or not to the end; then the target is accepted by no node, and calling
/// again goes on.
pub async fn copy(
    from: &DatabaseUrl,
    to: &DatabaseUrl,
    tell: &mut (dyn FnMut(CopyStep) + Send),
) -> Result<Vec<CopiedTable>, CopyError> {
    copy_by(PAGE, from, to, tell).await
}

/// The same with so many rows to a page.
async fn copy_by(
    page: usize,
    from: &DatabaseUrl,
    to: &DatabaseUrl,
    tell: &mut (dyn FnMut(CopyStep) + Send),
) -> Result<Vec<CopiedTable>, CopyError> {
    if from.is_same(to) {
        return Err(CopyError::Same);
    }
    same_schema(
        "source",
        from,
        "bring it up to date with `grantd migrate run`",
    )
    .await?;
    to.schema().await?.judge().map_err(NoStore::from)?;
    to.migrate(&mut |_| ()).await?;
    same_schema("target", to, "use a newer grantd").await?;
    let (mut source, mut target) = (Side::source(from).await?, Side::target(to).await?);
    let fingerprint = claim(&mut source, &mut target).await?;
    let trail = trail();
    let before = source.highest_id(trail).await?;
    for table in TABLES {
        copy_table(table, page, &mut source, &mut target, tell).await?;
    }
    let mut copied = Vec::new();
    for table in TABLES {
        copied.push(verify(table, &mut source, &mut target, tell).await?);
    }
    // Every change of a credential leaves a row there.
    if source.highest_id(trail).await? != before {
        return Err(CopyError::Moved);
    }
    if copied.iter().all(CopiedTable::is_equal) {
        let notes = source.notes().await?;
        for (key, value) in notes.iter().filter(|(key, _)| key != INSTANCE_KEY) {
            target.note(key, value).await?;
        }
        target.note(INSTANCE_KEY, &fingerprint).await?;
    }
    Ok(copied)
}

/// The table of this name.
pub(crate) fn find(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}

fn trail() -> &'static Table {
    let found = TABLES.iter().find(|table| table.name == "audit");
    found.expect("the trail is a table")
}

async fn same_schema(
    side: &'static str,
    url: &DatabaseUrl,
    hint: &'static str,
) -> Result<(), CopyError> {
    let schema = url.schema().await?;
    let (found, known) = (schema.version(), schema.known);
    if found == known {
        return Ok(());
    }
    Err(CopyError::Schema {
        side,
        found,
        known,
        hint,
    })
}

/// Takes an empty target, or one that is an interrupted copy of this very source. The
/// fingerprint of the source's instance key.
async fn claim(source: &mut Side, target: &mut Side) -> Result<String, CopyError> {
    let own = fingerprint(source).await?.ok_or(CopyError::Unused)?;
    if is_unfinished(&own) || is_half_loaded(&own) {
        return Err(CopyError::UnfinishedSource);
    }
    let mark = format!("{UNFINISHED}{own}");
    let kept = fingerprint(target).await?;
    if kept.as_ref() == Some(&mark) {
        return Ok(own);
    }
    if kept.is_some_and(|kept| kept != own) {
        return Err(CopyError::OtherKey);
    }
    for table in TABLES {
        if !target.last_key(table).await?.is_empty() {
            return Err(CopyError::NotEmpty(table.name));
        }
    }
    target.note(INSTANCE_KEY, &mark).await?;
    Ok(own)
}

async fn fingerprint(side: &mut Side) -> DbResult<Option<String>> {
    let notes = side.notes().await?;
    let found = notes.into_iter().find(|(key, _)| key == INSTANCE_KEY);
    Ok(found.map(|(_, value)| value))
}

async fn copy_table(
    table: &'static Table,
    limit: usize,
    source: &mut Side,
    target: &mut Side,
    tell: &mut (dyn FnMut(CopyStep) + Send),
) -> DbResult<()> {
    let mut done = target.count(table).await?;
    tell(CopyStep::Copies(
        table.name,
        done,
        source.count(table).await?,
    ));
    let after = target.last_key(table).await?;
    let mut page = source.page(table, &after, limit).await?;
    while page.rows > 0 {
        let after = page.last_key(table.key);
        let (written, next) = tokio::join!(
            target.write(table, &page),
            source.page(table, &after, limit)
        );
        written?;
        done += page.rows as u64;
        tell(CopyStep::At(done));
        page = next?;
    }
    if table.ids {
        let highest = source.highest_id(table).await?;
        target.spend_ids(table, highest).await?;
    }
    tell(CopyStep::Ended(done));
    Ok(())
}

async fn verify(
    table: &'static Table,
    source: &mut Side,
    target: &mut Side,
    tell: &mut (dyn FnMut(CopyStep) + Send),
) -> DbResult<CopiedTable> {
    tell(CopyStep::Verifies(table.name, source.count(table).await?));
    let there = source.digest(table, |rows| tell(CopyStep::At(rows)));
    let (there, here) = tokio::join!(there, target.digest(table, |_| ()));
    let ((rows, there), (_, here)) = (there?, here?);
    let highest_id = if table.ids {
        Some((
            source.highest_id(table).await?,
            target.highest_id(table).await?,
        ))
    } else {
        None
    };
    tell(CopyStep::Ended(rows));
    Ok(CopiedTable {
        table: table.name,
        rows,
        source: there,
        target: here,
        highest_id,
    })
}
