//! The fence around a restored store. Owns where it is kept that it stands, and
//! what lifts it.

use grantd_core::audit::Action;
use grantd_core::clock::Timestamp;
use serde_json::Value;

use super::lines::Told;
use super::{Replayed, RestoreError};
use crate::backup::BackupHead;
use crate::copy::side::Side;
use crate::db::{Columns, Params};
use crate::open::DatabaseUrl;
use crate::sql;
use crate::steps::INSTANCE_KEY;

/// In place of the fingerprint while the fence stands, before the fingerprint.
const FENCED: &str = "restored and fenced, instance key ";
/// The fingerprint of a store's instance key, if this, which stands in its place, says that the
/// fence stands.
pub fn fenced_key(kept: &str) -> Option<&str> {
    kept.strip_prefix(FENCED)
}

/// What is known about what a store lacks since its restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    /// When it was restored.
    pub restored_at: Timestamp,
    /// The moment of the backup.
    pub backup_at: Timestamp,
    /// Up to here it is known what was revoked.
    pub covered_until: Timestamp,
    /// When the fence was lifted.
    pub lifted_at: Option<Timestamp>,
    /// Why it was.
    pub lifted_by: Option<String>,
    /// Who has to reset what, as it was told at the end of the restore.
    pub report: Value,
}

/// Why the fence need not stand, if it need not.
pub(super) fn why_lifted(
    head: &BackupHead,
    told: &Told,
    replayed: &Replayed,
    accept_since: Option<Timestamp>,
    covered_until: Timestamp,
) -> Option<String> {
    if let Some(since) = accept_since
        && since <= covered_until
    {
        return Some(format!("the operator vouches for the time since {since}"));
    }
    // On PostgreSQL each node has an archive of its own, and nobody can tell that one is missing.
    let whole = told.ends()
        && told.reaches(head)
        && replayed.missing + replayed.ambiguous == 0
        && head.engine == "sqlite";
    whole.then(|| "the archive of the trail was replayed, and no row is missing in it".to_owned())
}

/// Hands the store over, behind its fence if that stands.
pub(super) async fn settle(side: &mut Side, fence: &Fence, key: &str) -> Result<(), RestoreError> {
    side.execute("BEGIN").await?;
    let values: Params<'_> = &[
        &fence.restored_at.0,
        &fence.backup_at.0,
        &fence.covered_until.0,
        &fence.lifted_at.map(|at| at.0),
        &fence.lifted_by,
        &fence.report.to_string(),
    ];
    let action = Action::StoreRestored.name();
    let told: Params<'_> = &[&fence.restored_at.0, &action, &"operator"];
    let kept = match fence.lifted_at {
        Some(_) => key.to_owned(),
        None => format!("{FENCED}{key}"),
    };
    {
        let db = side.db();
        db.run(sql::restore::INSERT, values).await?;
        db.run(sql::restore::TELL, told).await?;
    }
    side.note(INSTANCE_KEY, &kept).await?;
    Ok(side.execute("COMMIT").await?)
}

/// What the last restore into this database was, and whether its fence stands; `None` if it was
/// never restored.
///
/// # Errors
/// The database cannot be used.
pub async fn standing(url: &DatabaseUrl) -> Result<Option<Fence>, RestoreError> {
    let mut side = Side::source(url).await?;
    last(&mut side).await
}

async fn last(side: &mut Side) -> Result<Option<Fence>, RestoreError> {
    let read = |row: &dyn Columns| {
        Ok(Fence {
            restored_at: Timestamp(row.get(0)?),
            backup_at: Timestamp(row.get(1)?),
            covered_until: Timestamp(row.get(2)?),
            lifted_at: row.maybe(3)?.map(Timestamp),
            lifted_by: row.maybe(4)?,
            report: serde_json::from_str(row.get(5)?).unwrap_or_default(),
        })
    };
    Ok(side.db().one(sql::restore::LAST, &[], read).await?)
}

/// Lifts the fence: the operator vouches that no revocation since `since` is missing. The fence, as
/// it stands afterwards: still there when `since` lies after what is known.
///
/// # Errors
/// No fence stands, or the database cannot be used.
pub async fn lift(
    url: &DatabaseUrl,
    since: Timestamp,
    now: Timestamp,
) -> Result<Fence, RestoreError> {
    let mut side = Side::target(url).await?;
    let kept = side.notes().await?;
    let kept = kept.into_iter().find(|(key, _)| key == INSTANCE_KEY);
    let mark = kept.map(|(_, mark)| mark).unwrap_or_default();
    let key = fenced_key(&mark).ok_or(RestoreError::NoFence)?.to_owned();
    let mut fence = last(&mut side).await?.ok_or(RestoreError::NoFence)?;
    if since > fence.covered_until {
        return Ok(fence);
    }
    fence.lifted_at = Some(now);
    fence.lifted_by = Some(format!("the operator vouches for the time since {since}"));
    side.execute("BEGIN").await?;
    let action = Action::FenceLifted.name();
    let told: Params<'_> = &[&now.0, &action, &"operator"];
    let lifted: Params<'_> = &[&now.0, &fence.lifted_by, &fence.restored_at.0];
    let done = {
        let db = side.db();
        db.run(sql::restore::TELL, told).await?;
        db.run(sql::restore::LIFT, lifted).await?;
        // Of two who lift it one finds the mark.
        let values: Params<'_> = &[&key, &INSTANCE_KEY, &mark];
        db.any(sql::restore::REPLACE_META, values).await?
    };
    if !done {
        side.execute("ROLLBACK").await?;
        return Err(RestoreError::NoFence);
    }
    side.execute("COMMIT").await?;
    Ok(fence)
}
