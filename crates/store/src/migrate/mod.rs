//! The schema: numbered files, applied in order, each in its own transaction,
//! never changed after a release and never undone. Owns which ones there are,
//! whom each keeps waiting, and which programs may use a database; must not
//! know any query.
//!
//! Each engine has files of the same numbers and names. A migration only adds
//! (a table, an index, a column that may be empty), so that programs of the
//! schema before it go on beside newer ones. What takes something away comes a
//! release later, when nobody needs it any more, and says so in
//! [`Migration::oldest`].

mod postgres;
mod sqlite;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use self::postgres::{inspect as inspect_postgres, postgres};
pub(crate) use self::sqlite::{inspect as inspect_sqlite, sqlite};

/// One step of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// From 1, without gaps.
    pub version: i64,
    /// What it is about.
    pub name: &'static str,
    /// The oldest schema whose programs may still use the database afterwards: the one before,
    /// unless something was taken away.
    pub oldest: i64,
    /// Whom it keeps waiting, in an operator's words.
    pub locks: &'static str,
    /// The table that it reads from end to end, on which its time depends.
    pub reads: Option<&'static str>,
    /// The statements.
    pub ddl: &'static str,
}

const NEW_TABLES: &str = "none that anybody waits for: new tables only";
const THE_FILE: &str = "the file's write lock: writes wait until it is done, reads go on";

/// The schema on SQLite.
pub(crate) const SQLITE: &[Migration] = &[
    Migration {
        version: 1,
        name: "authorizations",
        oldest: 1,
        locks: THE_FILE,
        reads: None,
        ddl: include_str!("sqlite/0001_authorizations.sql"),
    },
    Migration {
        version: 2,
        name: "counters",
        oldest: 1,
        locks: THE_FILE,
        reads: None,
        ddl: include_str!("sqlite/0002_counters.sql"),
    },
    Migration {
        version: 3,
        name: "expiry",
        oldest: 2,
        locks: THE_FILE,
        reads: Some("authorizations"),
        ddl: include_str!("sqlite/0003_expiry.sql"),
    },
    Migration {
        version: 4,
        name: "flows",
        oldest: 3,
        locks: THE_FILE,
        reads: None,
        ddl: include_str!("sqlite/0004_flows.sql"),
    },
    Migration {
        version: 5,
        name: "sessions",
        oldest: 4,
        locks: THE_FILE,
        reads: None,
        ddl: include_str!("sqlite/0005_sessions.sql"),
    },
    Migration {
        version: 6,
        name: "keeping",
        oldest: 5,
        locks: THE_FILE,
        reads: Some("audit"),
        ddl: include_str!("sqlite/0006_keeping.sql"),
    },
    Migration {
        version: 7,
        name: "resource_servers",
        oldest: 6,
        locks: THE_FILE,
        reads: None,
        ddl: include_str!("sqlite/0007_resource_servers.sql"),
    },
    Migration {
        version: 8,
        name: "audit_chain",
        oldest: 7,
        locks: THE_FILE,
        reads: Some("audit"),
        ddl: include_str!("sqlite/0008_audit_chain.sql"),
    },
    Migration {
        version: 9,
        name: "life_cycle",
        oldest: 8,
        locks: THE_FILE,
        reads: None,
        ddl: include_str!("sqlite/0009_life_cycle.sql"),
    },
    Migration {
        version: 10,
        name: "fence",
        oldest: 9,
        locks: THE_FILE,
        reads: None,
        ddl: include_str!("sqlite/0010_fence.sql"),
    },
    Migration {
        version: 11,
        name: "limits",
        oldest: 10,
        locks: THE_FILE,
        reads: None,
        ddl: include_str!("sqlite/0011_limits.sql"),
    },
    Migration {
        version: 12,
        name: "salted_hashes",
        oldest: 11,
        locks: THE_FILE,
        reads: None,
        ddl: include_str!("sqlite/0012_salted_hashes.sql"),
    },
    Migration {
        version: 13,
        name: "audit_look_ups",
        oldest: 12,
        locks: THE_FILE,
        reads: Some("audit"),
        ddl: include_str!("sqlite/0013_audit_look_ups.sql"),
    },
];

/// The schema on PostgreSQL.
pub(crate) const POSTGRES: &[Migration] = &[
    Migration {
        version: 1,
        name: "authorizations",
        oldest: 1,
        locks: NEW_TABLES,
        reads: None,
        ddl: include_str!("postgres/0001_authorizations.sql"),
    },
    Migration {
        version: 2,
        name: "counters",
        oldest: 1,
        locks: NEW_TABLES,
        reads: None,
        ddl: include_str!("postgres/0002_counters.sql"),
    },
    Migration {
        version: 3,
        name: "expiry",
        oldest: 2,
        locks: "SHARE on authorizations while the index is built: whoever creates, changes or revokes \
                a token waits, and is told 503 after a second; checks go on. Where that is too long, \
                build it beforehand with CREATE INDEX CONCURRENTLY under the same name",
        reads: Some("authorizations"),
        ddl: include_str!("postgres/0003_expiry.sql"),
    },
    Migration {
        version: 4,
        name: "flows",
        oldest: 3,
        locks: "ACCESS EXCLUSIVE on apps for a moment, in which no row is read: checks wait for it",
        reads: None,
        ddl: include_str!("postgres/0004_flows.sql"),
    },
    Migration {
        version: 5,
        name: "sessions",
        oldest: 4,
        locks: "ACCESS EXCLUSIVE on users for a moment, in which no row is read: checks wait for it",
        reads: None,
        ddl: include_str!("postgres/0005_sessions.sql"),
    },
    Migration {
        version: 6,
        name: "keeping",
        oldest: 5,
        locks: "SHARE on audit and authorizations while indexes are built on both: whoever creates, changes \
                or revokes anything waits, and is told 503 after a second; checks go on. Where that is too long, \
                build them beforehand with CREATE INDEX CONCURRENTLY under the same names",
        reads: Some("audit"),
        ddl: include_str!("postgres/0006_keeping.sql"),
    },
    Migration {
        version: 7,
        name: "resource_servers",
        oldest: 6,
        locks: "ACCESS EXCLUSIVE on apps for a moment, in which no row is read: checks wait for it",
        reads: None,
        ddl: include_str!("postgres/0007_resource_servers.sql"),
    },
    Migration {
        version: 8,
        name: "audit_chain",
        oldest: 7,
        locks: "ACCESS EXCLUSIVE on audit while the id of each of its rows is copied: whoever creates, changes \
                or revokes anything waits, and is told 503 after a second; checks go on",
        reads: Some("audit"),
        ddl: include_str!("postgres/0008_audit_chain.sql"),
    },
    Migration {
        version: 9,
        name: "life_cycle",
        oldest: 8,
        locks: "ACCESS EXCLUSIVE on authorizations for a moment, in which no row is read: checks wait for it",
        reads: None,
        ddl: include_str!("postgres/0009_life_cycle.sql"),
    },
    Migration {
        version: 10,
        name: "fence",
        oldest: 9,
        locks: NEW_TABLES,
        reads: None,
        ddl: include_str!("postgres/0010_fence.sql"),
    },
    Migration {
        version: 11,
        name: "limits",
        oldest: 10,
        locks: "ACCESS EXCLUSIVE on refresh_tokens for a moment, in which no row is read: flows that hand out \
                tokens wait for it",
        reads: None,
        ddl: include_str!("postgres/0011_limits.sql"),
    },
    Migration {
        version: 12,
        name: "salted_hashes",
        oldest: 11,
        locks: "SHARE ROW EXCLUSIVE on authorizations for a moment, in which no row is read: whoever creates, \
                changes or revokes a token waits for it; checks go on",
        reads: None,
        ddl: include_str!("postgres/0012_salted_hashes.sql"),
    },
    Migration {
        version: 13,
        name: "audit_look_ups",
        oldest: 12,
        locks: "ACCESS EXCLUSIVE on audit while indexes are built on it: whoever creates, changes or revokes anything, \
                or reads the trail, waits, and is told 503 after a second; checks go on. Where that is too long, \
                build them beforehand with CREATE INDEX CONCURRENTLY under the same names",
        reads: Some("audit"),
        ddl: include_str!("postgres/0013_audit_look_ups.sql"),
    },
];

/// The schema that this program knows.
pub(crate) fn known() -> i64 {
    SQLITE.last().map_or(0, |migration| migration.version)
}

/// A migration that a database has had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// [`Migration::version`].
    pub version: i64,
    /// [`Migration::name`].
    pub name: String,
    /// [`Migration::oldest`].
    pub oldest: i64,
}

/// A migration that a database has still to get.
#[derive(Clone, Copy, Debug)]
pub struct Pending {
    /// Which.
    pub migration: Migration,
    /// At most so many rows are in the table that it reads.
    pub rows: Option<i64>,
}

/// Where a database stands.
#[derive(Clone, Debug)]
pub struct Schema {
    /// What it has had, in order.
    pub applied: Vec<Applied>,
    /// What this program would add, in order.
    pub pending: Vec<Pending>,
    /// The newest version that this program knows.
    pub known: i64,
}

impl Schema {
    fn of(applied: Vec<Applied>, known: &[Migration]) -> Self {
        let found = newest(&applied);
        let pending = known.iter().filter(|one| one.version > found);
        let pending = pending.map(|&migration| Pending {
            migration,
            rows: None,
        });
        Self {
            pending: pending.collect(),
            applied,
            known: known.len() as i64,
        }
    }

    /// The newest migration that the database has had; 0 for an empty one.
    pub fn version(&self) -> i64 {
        newest(&self.applied)
    }

    /// Whether this program may use the database, once what is pending is done.
    ///
    /// # Errors
    /// The first migration that has taken something away which this program needs.
    pub fn judge(&self) -> Result<(), MigrateError> {
        let known = self.known;
        let refusing = |one: &&Applied| one.version > known && one.oldest > known;
        match self.applied.iter().find(refusing) {
            None => Ok(()),
            Some(refusing) => Err(MigrateError::Newer {
                found: self.version(),
                known,
                name: refusing.name.clone(),
            }),
        }
    }
}

fn newest(applied: &[Applied]) -> i64 {
    applied.last().map_or(0, |one| one.version)
}

/// What is told while migrations run.
#[derive(Clone, Copy, Debug)]
pub enum Step<'m> {
    /// It begins, and will read so many rows.
    Begins(&'m Pending),
    /// It is done, by this program or by another one that was quicker.
    Ended(&'m Migration),
}

/// Who is told.
pub(crate) type Tell<'t> = &'t mut (dyn FnMut(Step<'_>) + Send);

/// The database cannot be brought to this version's schema.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// A newer grantd has taken something away that this one needs.
    #[error(
        "the database has schema {found}, and since its migration `{name}` it serves no grantd \
         that knows only {known}: use a newer grantd"
    )]
    Newer {
        /// The database's version.
        found: i64,
        /// The newest known here.
        known: i64,
        /// The migration that is in the way.
        name: String,
    },
    /// The engine failed.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The engine failed.
    #[error(transparent)]
    Postgres(#[from] tokio_postgres::Error),
}

/// What `SELECT *` of the table of versions means: a file that an early version made lacks the
/// third column, and its migrations serve no older program.
fn applied(version: i64, name: String, oldest: Option<i64>) -> Applied {
    Applied {
        version,
        name,
        oldest: oldest.unwrap_or(version),
    }
}
