//! What a database is like, before anything is asked of it. Owns the questions
//! on which the promise about revocation rests; must not judge the answers, and
//! changes nothing.

use super::ConnectError;
use super::connection::Connector;
use crate::migrate;
use crate::sql;

/// What PostgreSQL says of itself. An engine that only speaks its protocol may not know some of it.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// The server's version.
    pub version: Option<String>,
    /// The schema that is there; none before the first start.
    pub schema: Option<i64>,
    /// Whether, and by whom, a commit is on disk when it is acknowledged.
    pub synchronous_commit: Option<String>,
    /// Whether the server waits for its disk at all.
    pub fsync: Option<String>,
    /// Which standbys must have a commit before it is acknowledged; empty when none.
    pub synchronous_standbys: Option<String>,
    /// How many standbys receive the log now; none when we may not know.
    pub standbys: Option<i64>,
    /// Connections of other programs of our name to this database; none when it does not say.
    pub others: Option<i64>,
    /// The database's time, in seconds since 1970.
    pub time: i64,
    /// How many hosts the URL names.
    pub hosts: usize,
}

pub(super) async fn inspect(connector: &Connector) -> Result<Inspection, ConnectError> {
    let client = connector.for_migrations().await?;
    let setting = async |name: &str| -> Option<String> {
        let asked = "SELECT current_setting($1, true)";
        let row = client.query_one(asked, &[&name]).await.ok()?;
        row.try_get(0).ok()?
    };
    let asked = "SELECT COUNT(*) FROM pg_stat_replication";
    let standbys = client.query_one(asked, &[]).await;
    let standbys = standbys.ok().and_then(|row| row.try_get(0).ok());
    let asked = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
                 AND application_name = current_setting('application_name') AND pid <> pg_backend_pid()";
    let others = client.query_one(asked, &[]).await;
    let others = others.ok().and_then(|row| row.try_get(0).ok());
    let schema = migrate::inspect_postgres(&*client, migrate::POSTGRES).await?;
    Ok(Inspection {
        version: setting("server_version").await,
        schema: Some(schema.version()).filter(|version| *version > 0),
        synchronous_commit: setting("synchronous_commit").await,
        fsync: setting("fsync").await,
        synchronous_standbys: setting("synchronous_standby_names").await,
        standbys,
        others,
        time: client
            .query_one(sql::postgres::CLOCK, &[])
            .await?
            .try_get(0)?,
        hosts: connector.config().get_hosts().len(),
    })
}
