//! A backup into an empty database, and the fence around it. Owns that nothing
//! of a restored store is accepted before it is known what was revoked since;
//! must not know how a backup is packed.
//!
//! Until all is there, and again while the fence stands, the place of the
//! instance key's fingerprint says so: no node of any program accepts the
//! database, also one that knows nothing of fences. `serve` knows them, and
//! answers 503 until the fence is lifted ([`Gate`](crate::Gate)).
//!
//! The fence falls by itself when the archive of the trail
//! ([`Archive`](crate::Archive)) was replayed and no row is missing in it, on the
//! one engine where a single file has all rows. In any other case somebody has to
//! vouch for the time after the last row that was replayed.

mod fence;
mod lines;

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;

use grantd_core::audit::AuditRow;
use grantd_core::clock::Timestamp;
use grantd_core::user::PasswordHash;
use serde_json::{Value, json};

pub use self::fence::{Fence, fenced_key, lift, standing};
use self::fence::{settle, why_lifted};
pub use self::lines::Replay;
use self::lines::Told;
use crate::backup::{BackupError, BackupHead, BackupTable, Event, Reader};
use crate::copy::side::Side;
use crate::copy::tables::{META, TABLES, Table};
use crate::copy::{CopyStep, find};
use crate::db::{Columns, DbError, DbResult, Params};
use crate::open::{DatabaseUrl, NoStore};
use crate::sql;
use crate::steps::INSTANCE_KEY;
use crate::steps::replay::{Outcome, replay};

/// In place of the fingerprint while a restore is under way.
const UNFINISHED: &str = "unfinished restore of ";
/// Rows of the trail that are done in one transaction.
const TOGETHER: usize = 200;

/// Whether this stands there: the database is half a restore.
pub fn is_half_restored(kept: &str) -> bool {
    kept.starts_with(UNFINISHED)
}

/// What a replay came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Rows that the backup did not have.
    pub rows: u64,
    /// Those of them that ended something in the restored store.
    pub ended: u64,
    /// Lines that could not be read.
    pub unread: u64,
    /// Ids of the trail that are in no file.
    pub missing: u64,
    /// Ids under which the files have different rows; the one that was read last was replayed.
    pub ambiguous: u64,
    /// The newest file of an archive says that another one goes on, and that is not among them.
    pub goes_on: bool,
    /// Edits: the records have their old scopes.
    pub edits: u64,
    /// Logins whose passwords open nothing until they are reset.
    pub passwords: Vec<String>,
    /// Logins who have to look after their second factors.
    pub factors: Vec<String>,
    /// Client ids whose secrets open nothing until they are rotated.
    pub secrets: Vec<String>,
    /// Client ids whose settings were edited, and are those of the backup.
    pub apps: Vec<String>,
}

/// A store that was restored.
#[derive(Clone, Debug)]
pub struct Restored {
    /// What the backup says of itself.
    pub head: BackupHead,
    /// Its tables; each was read again in the database.
    pub tables: Vec<BackupTable>,
    /// What was replayed.
    pub replayed: Replayed,
    /// The fence.
    pub fence: Fence,
}

/// Nothing was restored, or not to the end.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is something in the database.
    #[error("the database is not empty; a restore needs one that no grantd has ever used")]
    NotEmpty,
    /// The key is not the backup's.
    #[error(
        "the backup was made with the instance key of fingerprint {0}, and this one is another"
    )]
    OtherKey(String),
    /// What came out is not what went in.
    #[error("table `{0}` is not in the database what it is in the backup")]
    Differs(&'static str),
    /// A file is the trail of something else.
    #[error(
        "row {0} of the trail is another one in the backup: the file to replay is not of this store"
    )]
    Foreign(i64),
    /// There is no fence to lift.
    #[error("no fence stands")]
    NoFence,
    /// The backup or a file cannot be read.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] NoStore),
    /// A statement failed.
    #[error("a statement failed: {0}")]
    Statement(String),
}

impl From<DbError> for RestoreError {
    fn from(error: DbError) -> Self {
        Self::Statement(crate::postgres::words(&error))
    }
}

/// How a store is restored.
pub struct Orders<'o> {
    /// The fingerprints of the instance key at hand, and of those before it.
    pub instance_keys: Vec<String>,
    /// Now.
    pub now: Timestamp,
    /// What replaces passwords that must open nothing.
    pub unusable: PasswordHash,
    /// Files of the trail.
    pub replays: Vec<Replay<'o>>,
    /// From when on no revocation is missing: the operator vouches for it.
    pub accept_since: Option<Timestamp>,
}

/// Fills an empty database from a backup, replays the trail, and lets the fence stand or fall.
///
/// # Errors
/// The database is not empty, the key another, a file damaged. What is half done no node accepts.
pub async fn restore(
    input: &mut (dyn BufRead + Send),
    to: &DatabaseUrl,
    orders: Orders<'_>,
    tell: &mut (dyn FnMut(CopyStep) + Send),
) -> Result<Restored, RestoreError> {
    let mut reader = Reader::open(input)?;
    let head = reader.head().clone();
    if !orders.instance_keys.contains(&head.instance_key) {
        return Err(RestoreError::OtherKey(head.instance_key));
    }
    // Files that cannot be read are better told of before anything is written.
    let told = Told::read(orders.replays, &head)?;
    to.schema().await?.judge().map_err(NoStore::from)?;
    to.migrate(&mut |_| ()).await?;
    let mut side = Side::target(to).await?;
    claim(&mut side, &head).await?;
    let tables = fill(&mut reader, &mut side, tell).await?;
    for table in TABLES {
        check(table, &tables, &mut side, tell).await?;
    }
    side.execute("DELETE FROM sessions; DELETE FROM tickets; DELETE FROM refresh_tokens")
        .await?;
    let replayed = replay_all(&mut side, &told, &orders.unusable, orders.now, tell).await?;
    let covered_until = told.covered_until(&head);
    let lifted_by = why_lifted(&head, &told, &replayed, orders.accept_since, covered_until);
    let fence = Fence {
        restored_at: orders.now,
        backup_at: head.made_at,
        covered_until,
        lifted_at: lifted_by.as_ref().map(|_| orders.now),
        lifted_by,
        report: report(&replayed),
    };
    settle(&mut side, &fence, &head.instance_key).await?;
    Ok(Restored {
        head,
        tables,
        replayed,
        fence,
    })
}

/// Takes a database that nobody has used, once: whoever comes later finds it taken.
async fn claim(side: &mut Side, head: &BackupHead) -> Result<(), RestoreError> {
    let mark = format!("{UNFINISHED}{}", head.instance_key);
    let values: Params<'_> = &[&INSTANCE_KEY, &mark];
    let claimed = side.db().any(sql::audit::CLAIM_META_ONCE, values).await?;
    for table in TABLES {
        if !claimed || !side.last_key(table).await?.is_empty() {
            return Err(RestoreError::NotEmpty);
        }
    }
    Ok(())
}

async fn fill(
    reader: &mut Reader<'_>,
    side: &mut Side,
    tell: &mut (dyn FnMut(CopyStep) + Send),
) -> Result<Vec<BackupTable>, RestoreError> {
    let (mut tables, mut done) = (Vec::new(), 0);
    loop {
        match reader.next()? {
            Event::Begins(table) => {
                done = 0;
                tell(CopyStep::Copies(table.name, 0, 0));
            }
            Event::Rows(table, page) if table.name == META.name => {
                for (key, value) in page.texts() {
                    if key != INSTANCE_KEY {
                        side.note(&key, &value).await?;
                    }
                }
                done += page.rows as u64;
            }
            Event::Rows(table, page) => {
                side.write(table, &page).await?;
                done += page.rows as u64;
                tell(CopyStep::At(done));
            }
            Event::Ends(table) => {
                tell(CopyStep::Ended(done));
                if let (Some(highest), Some(known)) = (table.highest_id, find(table.table)) {
                    side.spend_ids(known, highest).await?;
                }
                tables.push(table);
            }
            Event::Over => return Ok(tables),
        }
    }
}

/// Reads a table again.
async fn check(
    table: &'static Table,
    tables: &[BackupTable],
    side: &mut Side,
    tell: &mut (dyn FnMut(CopyStep) + Send),
) -> Result<(), RestoreError> {
    let said = tables.iter().find(|one| one.table == table.name);
    let said = said.ok_or(RestoreError::Differs(table.name))?;
    tell(CopyStep::Verifies(table.name, said.rows));
    let (rows, sha256) = side.digest(table, |rows| tell(CopyStep::At(rows))).await?;
    tell(CopyStep::Ended(rows));
    match rows == said.rows && sha256 == said.sha256 {
        true => Ok(()),
        false => Err(RestoreError::Differs(table.name)),
    }
}

async fn replay_all(
    side: &mut Side,
    told: &Told,
    unusable: &PasswordHash,
    now: Timestamp,
    tell: &mut (dyn FnMut(CopyStep) + Send),
) -> Result<Replayed, RestoreError> {
    let mut replayed = Replayed {
        unread: told.unread,
        missing: told.missing,
        ambiguous: told.ambiguous,
        goes_on: told.goes_on(),
        ..Replayed::default()
    };
    spend(side, told).await?;
    let (mut passwords, mut factors) = (BTreeSet::new(), BTreeSet::new());
    let (mut secrets, mut apps, mut done) = (BTreeSet::new(), BTreeSet::new(), 0);
    let rows: Vec<&AuditRow> = told.rows.values().collect();
    tell(CopyStep::Copies("trail to replay", 0, rows.len() as u64));
    for some in rows.chunks(TOGETHER) {
        side.execute("BEGIN").await?;
        for row in some {
            let outcome = {
                let db = side.db();
                replay(&*db, row, now, unusable).await?
            };
            match outcome {
                Outcome::Known => {}
                Outcome::Foreign => return Err(RestoreError::Foreign(row.id)),
                Outcome::Done(affected) => {
                    replayed.rows += 1;
                    replayed.ended += u64::from(affected.ended);
                    replayed.edits += u64::from(affected.edited);
                    passwords.extend(affected.password_of.map(|id| id.0));
                    factors.extend(affected.factors_of.map(|id| id.0));
                    secrets.extend(affected.secret_of.map(|id| id.0));
                    apps.extend(affected.app_edited.map(|id| id.0));
                }
            }
        }
        side.execute("COMMIT").await?;
        done += some.len() as u64;
        tell(CopyStep::At(done));
    }
    tell(CopyStep::Ended(done));
    replayed.passwords = names(side, sql::users::LOGIN_OF, &passwords).await?;
    replayed.factors = names(side, sql::users::LOGIN_OF, &factors).await?;
    replayed.secrets = names(side, sql::apps::CLIENT_ID_OF, &secrets).await?;
    replayed.apps = names(side, sql::apps::CLIENT_ID_OF, &apps).await?;
    Ok(replayed)
}

/// Ids that were given out in the time that is lost are not given out again.
async fn spend(side: &mut Side, told: &Told) -> DbResult<()> {
    let mut highest: BTreeMap<&str, i64> = BTreeMap::new();
    for row in told.rows.values() {
        let ids = [
            ("audit", Some(row.id)),
            ("users", row.user_id.map(|id| id.0)),
            ("apps", row.app_id.map(|id| id.0)),
            ("authorizations", row.authorization_id.map(|id| id.0)),
            ("grants", row.grant_id.map(|id| id.0)),
        ];
        for (name, id) in ids {
            let known = highest.entry(name).or_default();
            *known = (*known).max(id.unwrap_or(0));
        }
    }
    for (name, id) in highest {
        if let Some(table) = find(name) {
            side.spend_ids(table, id).await?;
        }
    }
    Ok(())
}

/// Those of them that are still there, by the name that a person knows.
async fn names(side: &mut Side, statement: &str, ids: &BTreeSet<i64>) -> DbResult<Vec<String>> {
    let mut names = Vec::new();
    for id in ids {
        let read = |row: &dyn Columns| row.get::<String>(0);
        names.extend(side.db().one(statement, &[id], read).await?);
    }
    Ok(names)
}

fn report(replayed: &Replayed) -> Value {
    json!({
        "rows": replayed.rows,
        "ended": replayed.ended,
        "unread_lines": replayed.unread,
        "missing_rows": replayed.missing,
        "ambiguous_rows": replayed.ambiguous,
        "newest_file_missing": replayed.goes_on,
        "edits_lost": replayed.edits,
        "passwords_to_reset": replayed.passwords,
        "factors_to_look_after": replayed.factors,
        "secrets_to_rotate": replayed.secrets,
        "apps_to_look_after": replayed.apps,
    })
}
