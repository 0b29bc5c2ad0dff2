//! The two ends of a copy. Owns how either engine is read and written in bulk;
//! must not know what is copied when.

use deadpool_postgres::ClientWrapper;
use rusqlite::{Connection, TransactionBehavior};
use sha2::{Digest, Sha256};

use super::page::{Cell, Page};
use super::tables::{Kind, Table};
use crate::db::{Db, DbError, DbResult, Param};
use crate::open::{DatabaseUrl, NoStore, unhurried};
use crate::{OpenError, postgres, sql, sqlite};

/// Rows that are read, sent and committed together.
pub(crate) const PAGE: usize = 4_000;

/// A database, open for a copy alone.
pub(crate) enum Side {
    Sqlite(Connection),
    Postgres(ClientWrapper),
}

impl Side {
    /// A database that is only read.
    pub(crate) async fn source(url: &DatabaseUrl) -> Result<Self, NoStore> {
        Self::open(url, sqlite::connection::reader).await
    }

    /// A database that is filled.
    pub(crate) async fn target(url: &DatabaseUrl) -> Result<Self, NoStore> {
        Self::open(url, sqlite::connection::writer).await
    }

    async fn open(
        url: &DatabaseUrl,
        file: fn(&std::path::Path) -> rusqlite::Result<Connection>,
    ) -> Result<Self, NoStore> {
        Ok(match url {
            DatabaseUrl::Sqlite(path) => Self::Sqlite(file(path).map_err(OpenError::from)?),
            DatabaseUrl::Postgres(url) => Self::Postgres(unhurried(url).await?),
        })
    }

    pub(crate) fn db(&mut self) -> Box<dyn Db + '_> {
        match self {
            Self::Sqlite(conn) => Box::new(sqlite::db::Lent::new(conn)),
            Self::Postgres(client) => Box::new(postgres::session::Lent::new(client)),
        }
    }

    /// From now on everything is read as it is at this moment. Only PostgreSQL can: on SQLite a long
    /// transaction would keep the log from being cut.
    pub(crate) async fn hold_still(&mut self) -> DbResult<()> {
        if let Self::Postgres(client) = self {
            // The limits of a session that others wait for do not suit a backup.
            let begin = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; \
                         BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
            client.batch_execute(begin).await?;
        }
        Ok(())
    }

    /// Ends what [`hold_still`](Self::hold_still) began.
    pub(crate) async fn let_go(&mut self) -> DbResult<()> {
        if let Self::Postgres(client) = self {
            client.batch_execute("COMMIT").await?;
        }
        Ok(())
    }

    /// Runs statements that belong together, and say nothing.
    pub(crate) async fn execute(&mut self, sql: &str) -> DbResult<()> {
        match self {
            Self::Sqlite(conn) => conn.execute_batch(sql)?,
            Self::Postgres(client) => client.batch_execute(sql).await?,
        }
        Ok(())
    }

    /// The rows after a key, in its order; from the start when it is empty.
    pub(crate) async fn page(
        &mut self,
        table: &Table,
        after: &[Cell],
        limit: usize,
    ) -> DbResult<Page> {
        let (name, columns, key) = (table.name, table.names(), table.key_names());
        let from = match after.len() {
            0 => String::new(),
            count => format!("WHERE ({key}) > ({})", numbered(count)),
        };
        let sql = format!("SELECT {columns} FROM {name} {from} ORDER BY {key} LIMIT {limit}");
        let params: Vec<&dyn Param> = after.iter().map(Cell::param).collect();
        let mut page = Page::of(table);
        let read = &mut |row: &dyn crate::db::Columns| page.push(row);
        self.db().rows(&sql, &params, read).await?;
        Ok(page)
    }

    /// The key of the last row; empty when there is none.
    pub(crate) async fn last_key(&mut self, table: &Table) -> DbResult<Vec<Cell>> {
        let (name, columns) = (table.name, table.names());
        let order: Vec<String> = table.columns[..table.key]
            .iter()
            .map(|(column, _)| format!("{column} DESC"))
            .collect();
        let order = order.join(", ");
        let sql = format!("SELECT {columns} FROM {name} ORDER BY {order} LIMIT 1");
        let mut page = Page::of(table);
        self.db().rows(&sql, &[], &mut |row| page.push(row)).await?;
        Ok(page.last_key(table.key))
    }

    /// Adds a page, in one transaction. Rows that are there already stay: a copy that was killed
    /// may have had its last page written without learning of it.
    pub(crate) async fn write(&mut self, table: &Table, page: &Page) -> DbResult<()> {
        let (name, columns, key) = (table.name, table.names(), table.key_names());
        let values = match self {
            Self::Sqlite(_) => format!("VALUES ({})", numbered(table.columns.len())),
            Self::Postgres(_) => format!("SELECT * FROM unnest({})", arrays(table)),
        };
        let sql = format!("INSERT INTO {name} ({columns}) {values} ON CONFLICT ({key}) DO NOTHING");
        match self {
            Self::Sqlite(conn) => {
                let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
                page.insert(&mut *tx.prepare_cached(&sql)?)?;
                tx.commit()?;
            }
            Self::Postgres(client) => {
                let statement = client.prepare_cached(&sql).await?;
                client.execute(&statement, &page.arrays()).await?;
            }
        }
        Ok(())
    }

    /// How many rows a table has.
    pub(crate) async fn count(&mut self, table: &Table) -> DbResult<u64> {
        let sql = format!("SELECT COUNT(*) FROM {}", table.name);
        Ok(self.number(&sql).await?.unsigned_abs())
    }

    /// The digest of every row of a table, and how many there are.
    pub(crate) async fn digest(
        &mut self,
        table: &Table,
        mut tell: impl FnMut(u64),
    ) -> DbResult<(u64, [u8; 32])> {
        let (mut digest, mut rows, mut after) = (Sha256::new(), 0, Vec::new());
        loop {
            let page = self.page(table, &after, PAGE).await?;
            if page.rows == 0 {
                return Ok((rows, digest.finalize().into()));
            }
            page.digest(&mut digest);
            rows += page.rows as u64;
            after = page.last_key(table.key);
            tell(rows);
        }
    }

    /// The highest id that was ever given out.
    pub(crate) async fn highest_id(&mut self, table: &Table) -> DbResult<i64> {
        let name = table.name;
        let sql = match self {
            Self::Sqlite(_) => format!(
                "SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = '{name}'), 0)"
            ),
            Self::Postgres(_) => format!(
                "SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM {name}_ids"
            ),
        };
        self.number(&sql).await
    }

    /// Sees to it that ids up to this one are not given out again.
    pub(crate) async fn spend_ids(&mut self, table: &Table, highest: i64) -> DbResult<()> {
        if self.highest_id(table).await? >= highest {
            return Ok(());
        }
        let name = table.name;
        match self {
            Self::Sqlite(conn) => conn.execute_batch(&format!(
                "BEGIN IMMEDIATE; DELETE FROM sqlite_sequence WHERE name = '{name}'; \
                 INSERT INTO sqlite_sequence (name, seq) VALUES ('{name}', {highest}); COMMIT"
            ))?,
            Self::Postgres(client) => {
                let set = format!("SELECT setval('{name}_ids', {highest}, true)");
                client.batch_execute(&set).await?;
            }
        }
        Ok(())
    }

    /// The store's notes to itself, but for the one that says nothing.
    pub(crate) async fn notes(&mut self) -> DbResult<Vec<(String, String)>> {
        let read = |row: &dyn crate::db::Columns| Ok((row.get(0)?, row.get(1)?));
        let mut notes = self.db().all(sql::audit::ALL_META, &[], read).await?;
        notes.retain(|(key, _)| key != crate::steps::PING);
        Ok(notes)
    }

    /// Writes a note over what it said before.
    pub(crate) async fn note(&mut self, key: &str, value: &str) -> DbResult<()> {
        self.db().run(sql::audit::SET_META, &[&key, &value]).await
    }

    pub(crate) async fn number(&mut self, sql: &str) -> DbResult<i64> {
        let found = self.db().one(sql, &[], |row| row.get(0)).await?;
        found.ok_or(DbError::Missing)
    }
}

/// `$1, $2, …`
fn numbered(count: usize) -> String {
    let all: Vec<String> = (1..=count).map(|number| format!("${number}")).collect();
    all.join(", ")
}

fn arrays(table: &Table) -> String {
    let array = |(number, (_, kind)): (usize, &(&str, Kind))| {
        let kind = match kind {
            Kind::Int => "BIGINT",
            Kind::Flag => "BOOLEAN",
            Kind::Text => "TEXT",
            Kind::Bytes => "BYTEA",
        };
        format!("${number}::{kind}[]")
    };
    let all: Vec<String> = (1..).zip(table.columns).map(array).collect();
    all.join(", ")
}
