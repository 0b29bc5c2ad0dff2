//! A store by its URL, and its schema. Owns which scheme means which engine, and that a URL is
//! never shown with its password.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use deadpool_postgres::ClientWrapper;
use grantd_core::clock::Clock;
use grantd_core::secret::Secret;
use grantd_core::store::SharedStore;

use crate::migrate::{self, MigrateError, Schema, Step};
use crate::postgres::connection::Connector;
use crate::sqlite;
use crate::{
    ConnectError, OpenError, Options, Outside, PostgresOptions, PostgresStore, SqliteStore,
};

/// Where the database is.
#[derive(Clone)]
pub enum DatabaseUrl {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A database of one or more PostgreSQL hosts; the whole URL, since it may hold a password.
    Postgres(Secret),
}

/// A store that is open.
pub struct Opened {
    /// Whatever the engine.
    pub store: SharedStore,
    /// The same, if it is a file: only from within its process a snapshot can be made of it.
    pub sqlite: Option<Arc<SqliteStore>>,
}

/// A URL that names no database.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDatabaseUrl {
    /// Neither `sqlite:` nor `postgres://`.
    #[error("give sqlite:FILE or postgres://USER@HOST/DATABASE")]
    Scheme,
    /// `sqlite:` without a file.
    #[error("sqlite: needs a file, as in sqlite:/var/lib/grantd/grantd.db")]
    NoFile,
    /// A PostgreSQL URL that cannot be read; without its password.
    #[error("{0}")]
    Postgres(String),
}

/// No store is to be had.
#[derive(Debug, thiserror::Error)]
pub enum NoStore {
    /// The file cannot be used.
    #[error(transparent)]
    Sqlite(#[from] OpenError),
    /// The database cannot be used.
    #[error(transparent)]
    Postgres(#[from] ConnectError),
    /// The schema does not fit, whatever the engine.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
}

impl DatabaseUrl {
    /// Reads `sqlite:FILE` or `postgres://…`.
    ///
    /// # Errors
    /// It is neither, or says something that the engine does not know.
    pub fn parse(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            let options = PostgresOptions::default();
            return match PostgresStore::check_url(text, options) {
                Ok(()) => Ok(Self::Postgres(Secret::new(text.to_owned()))),
                Err(why) => Err(InvalidDatabaseUrl::Postgres(why.to_string())),
            };
        }
        let file = text
            .strip_prefix("sqlite:")
            .ok_or(InvalidDatabaseUrl::Scheme)?;
        match file.strip_prefix("//").unwrap_or(file) {
            "" => Err(InvalidDatabaseUrl::NoFile),
            file => Ok(Self::Sqlite(file.into())),
        }
    }

    /// Opens it with what suits most, and brings its schema up to date. A node that shares the
    /// database with others is held to the database's time by `clock`.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn open(&self, clock: Arc<dyn Clock>) -> Result<SharedStore, NoStore> {
        let opened = self.open_with(clock, Outside::default()).await?;
        Ok(opened.store)
    }

    /// The same with what stands outside the database.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_with(
        &self,
        clock: Arc<dyn Clock>,
        outside: Outside,
    ) -> Result<Opened, NoStore> {
        self.open_by(clock, outside, true).await
    }

    /// The same, where without `batching` each change has a commit of its own, and each check on
    /// PostgreSQL a round trip: what the sharing saves is measured against that.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_by(
        &self,
        clock: Arc<dyn Clock>,
        outside: Outside,
        batching: bool,
    ) -> Result<Opened, NoStore> {
        Ok(match self {
            Self::Sqlite(file) => {
                let mut options = Options::default();
                if !batching {
                    options.together = 1;
                }
                let store = SqliteStore::open_with(file, options, outside)?;
                let store = Arc::new(store);
                Opened {
                    store: store.clone(),
                    sqlite: Some(store),
                }
            }
            Self::Postgres(url) => {
                let mut options = PostgresOptions::default();
                if !batching {
                    options.together = 1;
                }
                let store = PostgresStore::connect_with(url.expose(), options, outside).await?;
                Opened {
                    store: Arc::new(store.held_to(clock)),
                    sqlite: None,
                }
            }
        })
    }

    /// Whether both name one place, as far as the words go.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Sqlite(one), Self::Sqlite(other)) => {
                let real = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
                real(one) == real(other)
            }
            (Self::Postgres(_), Self::Postgres(_)) => self.to_string() == other.to_string(),
            _ => false,
        }
    }

    /// Where its schema stands. Changes nothing; a file that is not there is an empty database.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn schema(&self) -> Result<Schema, NoStore> {
        Ok(match self {
            Self::Sqlite(file) => {
                let conn = if file.exists() {
                    sqlite::connection::reader(file)
                } else {
                    rusqlite::Connection::open_in_memory()
                };
                conn.and_then(|conn| migrate::inspect_sqlite(&conn, migrate::SQLITE))
                    .map_err(OpenError::from)?
            }
            Self::Postgres(url) => {
                let client = unhurried(url).await?;
                migrate::inspect_postgres(&*client, migrate::POSTGRES)
                    .await
                    .map_err(ConnectError::from)?
            }
        })
    }

    /// Brings its schema up to date, as [`open`](Self::open) does, and tells of each step.
    ///
    /// # Errors
    /// The database is of a newer grantd, or the engine refuses.
    pub async fn migrate(&self, tell: &mut (dyn FnMut(Step<'_>) + Send)) -> Result<(), NoStore> {
        match self {
            Self::Sqlite(file) => {
                let mut conn = sqlite::connection::writer(file).map_err(OpenError::from)?;
                migrate::sqlite(&mut conn, migrate::SQLITE, tell).map_err(OpenError::from)?;
            }
            Self::Postgres(url) => {
                let mut client = unhurried(url).await?;
                let migrating = migrate::postgres(&mut client, migrate::POSTGRES, tell);
                migrating.await.map_err(ConnectError::from)?;
            }
        }
        Ok(())
    }
}

/// A connection whose statements may take their time.
pub(crate) async fn unhurried(url: &Secret) -> Result<ClientWrapper, ConnectError> {
    let connector = Connector::of(url.expose(), PostgresOptions::default().patience)?;
    connector.for_migrations().await
}

/// Without user and password.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => write!(f, "{}", file.display()),
            Self::Postgres(url) => f.write_str(&without_password(url.expose())),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A database URL as it may be shown: the user, the password and the parameter `password` are left out.
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let (place, query) = match rest.split_once('?') {
        Some((place, query)) => (place, Some(query)),
        None => (rest, None),
    };
    // A password may hold an `@` or `?` that nobody has escaped; then more is hidden, never less.
    let (hidden, place) = match rest.rsplit_once('@') {
        Some((_, after)) => ("…@", after.split('?').next().unwrap_or_default()),
        None => ("", place),
    };
    let parameters = query.unwrap_or_default().split('&');
    let shown: Vec<&str> = parameters
        .filter(|one| !one.is_empty() && !one.starts_with("password") && !one.contains('@'))
        .collect();
    let mark = if shown.is_empty() { "" } else { "?" };
    format!("{scheme}://{hidden}{place}{mark}{}", shown.join("&"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use grantd_core::clock::SystemClock;

    use super::*;

    #[tokio::test]
    async fn the_scheme_chooses_the_engine() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("db");
        let url = DatabaseUrl::parse(&format!("sqlite:{}", file.display())).unwrap();
        let store = url.open(Arc::new(SystemClock)).await.unwrap();
        store.ping().await.unwrap();
        let nowhere = DatabaseUrl::parse("postgres://grantd@127.0.0.1:1/grantd").unwrap();
        let refused = nowhere.open(Arc::new(SystemClock)).await;
        let why = refused.err().map(|why| why.to_string());
        assert_eq!(why.as_deref(), Some("the database does not let us in"));
    }

    #[tokio::test]
    async fn looking_at_the_schema_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("db");
        let url = DatabaseUrl::Sqlite(file.clone());
        let schema = url.schema().await.unwrap();
        assert_eq!(schema.version(), 0);
        assert_eq!(schema.pending.len() as i64, schema.known);
        assert!(!file.exists());
        let mut steps = 0;
        url.migrate(&mut |_| steps += 1).await.unwrap();
        assert_eq!(steps, 2 * schema.known);
        let schema = url.schema().await.unwrap();
        assert_eq!((schema.version(), schema.pending.len()), (schema.known, 0));
    }

    #[test]
    fn a_url_that_names_no_database_is_refused() {
        let wrong = |text: &str| DatabaseUrl::parse(text).unwrap_err();
        assert_eq!(wrong("mysql://h/d"), InvalidDatabaseUrl::Scheme);
        assert_eq!(wrong("a.db"), InvalidDatabaseUrl::Scheme);
        assert_eq!(wrong("sqlite:"), InvalidDatabaseUrl::NoFile);
        let unknown = wrong("postgres://u:secret@h/d?sslmode=prefer").to_string();
        assert!(unknown.contains("sslmode") && !unknown.contains("secret"));
    }

    #[test]
    fn a_sqlite_file_may_follow_two_slashes() {
        for (text, file) in [
            ("sqlite:a.db", "a.db"),
            ("sqlite:/x/a.db", "/x/a.db"),
            ("sqlite:///x/a.db", "/x/a.db"),
        ] {
            let found = DatabaseUrl::parse(text).unwrap();
            assert!(matches!(found, DatabaseUrl::Sqlite(path) if path == Path::new(file)));
        }
    }

    #[test]
    fn a_url_is_shown_without_its_password() {
        for (url, shown) in [
            ("postgres://u:p@h/d", "postgres://…@h/d"),
            (
                "postgres://u:p@h,i:5433/d?sslmode=require",
                "postgres://…@h,i:5433/d?sslmode=require",
            ),
            ("postgres://h/d?user=u&password=p", "postgres://h/d?user=u"),
            ("postgres://u:p?q@h/d", "postgres://…@h/d"),
            ("sqlite:/x/a.db", "sqlite:/x/a.db"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
