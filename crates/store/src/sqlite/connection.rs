//! Connections as this engine wants them. Owns every pragma; must not know
//! what is asked.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

/// How long a statement waits for another process (the command line beside a running server).
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Each statement of `sql` is prepared once per connection.
const STATEMENTS: usize = 128;

/// The one connection that writes. Creates the file, readable by its owner only.
pub(crate) fn writer(path: &Path) -> rusqlite::Result<Connection> {
    create_private(path);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    configure(&conn)?;
    use_wal(&conn)?;
    conn.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4000;",
    )?;
    Ok(conn)
}

/// Gives the writer a page cache of so many bytes.
pub(super) fn widen(conn: &Connection, bytes: u64) -> rusqlite::Result<()> {
    conn.execute_batch(&format!("PRAGMA cache_size = -{};", bytes >> 10))
}

/// A connection that copies the log back into the file and does nothing else.
pub(super) fn copier(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    configure(&conn)?;
    conn.execute_batch("PRAGMA synchronous = FULL; PRAGMA cache_size = -64;")?;
    Ok(conn)
}

/// A connection that only reads. The writer's must have been opened before.
pub(crate) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    configure(&conn)?;
    conn.execute_batch("PRAGMA cache_size = -8192;")?;
    Ok(conn)
}

/// Whether no other process has the file open; then none gets in until [`with_journal`].
pub(crate) fn alone(conn: &Connection) -> rusqlite::Result<bool> {
    // Only the last connection can leave WAL; it does not wait.
    conn.busy_timeout(Duration::ZERO)?;
    let alone = conn.execute_batch(
        "PRAGMA journal_mode = DELETE; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;",
    );
    match alone {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
            conn.execute_batch("PRAGMA locking_mode = NORMAL;")?;
            Ok(false)
        }
        done => done.map(|()| true),
    }
}

/// For very many rows into a file that is of no use before all are there: nothing is written twice,
/// nothing is waited for. Who writes them answers for their references.
pub(crate) fn without_journal(conn: &Connection) -> rusqlite::Result<()> {
    // SQLite lets only trusting connections go without a journal.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false)?;
    conn.execute_batch(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; \
         PRAGMA cache_size = -65536; PRAGMA threads = 1;",
    )
}

/// Back to what [`writer`] gave: all that was written before is durable, and so is what follows.
pub(crate) fn with_journal(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch("PRAGMA locking_mode = NORMAL; PRAGMA synchronous = FULL;")?;
    if let Some(path) = conn.path() {
        let synced = std::fs::File::open(path).and_then(|file| file.sync_all());
        synced.map_err(|why| rusqlite::Error::ToSqlConversionFailure(why.into()))?;
    }
    use_wal(conn)?;
    configure(conn)
}

fn configure(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(BUSY_TIMEOUT)?;
    // Without it, once statistics exist, each bind prepares a join anew: 2.7 times the cost of a check.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    conn.execute_batch("PRAGMA foreign_keys = ON;")
}

/// Switching a new file to WAL does not wait for another process that is doing the same.
fn use_wal(conn: &Connection) -> rusqlite::Result<()> {
    let pause = Duration::from_millis(20);
    let mut left = BUSY_TIMEOUT;
    loop {
        match conn.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                left = left.checked_sub(pause).ok_or(error)?;
                std::thread::sleep(pause);
            }
            done => return done,
        }
    }
}

/// Password hashes live here: nobody else on the machine may read the file.
/// SQLite gives its `-wal` and `-shm` files the same mode. A failure shows when SQLite opens.
fn create_private(path: &Path) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    drop(options.open(path));
}
