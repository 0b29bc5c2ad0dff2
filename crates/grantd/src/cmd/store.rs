//! `grantd store`: the database as a whole. Owns what is printed of a copy.

use clap::Subcommand;
use grantd_store::{CopiedTable, CopyStep, DatabaseUrl, copy};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output;
use crate::progress::Count;

/// What can be done with the database as a whole.
#[derive(Subcommand)]
pub(crate) enum Store {
    /// Copy everything into an empty database of either engine, and verify it; goes on where an
    /// interrupted copy stopped. Stop every server that uses the source first
    Copy {
        /// The database to read: sqlite:FILE or postgres://…
        #[arg(long, value_name = "URL", value_parser = url)]
        from: DatabaseUrl,
        /// The database to fill
        #[arg(long, value_name = "URL", value_parser = url)]
        to: DatabaseUrl,
    },
}

fn url(text: &str) -> Result<DatabaseUrl, String> {
    DatabaseUrl::parse(text).map_err(|why| why.to_string())
}

/// Carries a command out.
pub(crate) async fn run(command: Store) -> Result<(), Failure> {
    let Store::Copy { from, to } = command;
    if let DatabaseUrl::Sqlite(file) = &from
        && !file.exists()
    {
        return Err(Failure::new(format!("there is no database {from}")));
    }
    let mut count = None;
    let mut tell = |step| match step {
        CopyStep::Copies(table, done, of) => count = Some(Count::begin(table, done, of)),
        CopyStep::Verifies(table, of) => {
            count = Some(Count::begin(&format!("verifying {table}"), 0, of));
        }
        CopyStep::At(done) => {
            if let Some(count) = &mut count {
                count.at(done);
            }
        }
        CopyStep::Ended(done) => {
            if let Some(count) = count.take() {
                count.end(done);
            }
        }
    };
    let copied = copy(&from, &to, &mut tell).await.map_err(|why| {
        Failure::new(format!(
            "cannot copy {from} to {to}: {}",
            crate::failure::whole(&why)
        ))
    })?;
    let equal = copied.iter().all(CopiedTable::is_equal);
    output::json(&json!({
        "from": from.to_string(),
        "to": to.to_string(),
        "equal": equal,
        "tables": copied.iter().map(table).collect::<Vec<_>>(),
    }))?;
    if !equal {
        return Err(Failure::new(
            "the copy differs from its source and no server will use it; \
             copy again into an empty database, with every server stopped",
        ));
    }
    output::note("the copy is complete; give it the same instance key");
    Ok(())
}

fn table(copied: &CopiedTable) -> Value {
    json!({
        "table": copied.table,
        "rows": copied.rows,
        "source_sha256": hex(&copied.source),
        "target_sha256": hex(&copied.target),
        "source_highest_id": copied.highest_id.map(|(there, _)| there),
        "target_highest_id": copied.highest_id.map(|(_, here)| here),
        "equal": copied.is_equal(),
    })
}

/// As digests are shown.
pub(super) fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
