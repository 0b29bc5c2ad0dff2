//! `grantd migrate`: the schema before anybody starts a newer node. Owns what
//! an operator is told of it; what it consists of is the store's.

use std::time::Duration;

use clap::Subcommand;
use grantd_store::{DatabaseUrl, NoStore, Schema, Step};
use serde_json::{Value, json};

use crate::config::Config;
use crate::failure::Failure;
use crate::instance;
use crate::output;
use crate::progress::{Wait, grouped};

/// Rows that an index is built over in a second, as measured on a small machine.
const ROWS_PER_SECOND: i64 = 400_000;

/// What can be done with the schema.
#[derive(Subcommand)]
pub(crate) enum Migrate {
    /// Which schema the database has, which this program knows, and what is pending; changes nothing
    Status,
    /// What `run` would do: statements, whom they keep waiting, and about how long; changes nothing
    Plan,
    /// Bring the schema up to date, as `serve` does at its start
    Run,
}

/// Carries a command out.
pub(crate) async fn run(command: Migrate, config: &Config) -> Result<(), Failure> {
    let url = config.database();
    let schema = url.schema().await.map_err(|why| cannot(&url, &why))?;
    match command {
        Migrate::Status => output::json(&status(&url, &schema)),
        Migrate::Plan => {
            schema
                .judge()
                .map_err(|why| Failure::new(why.to_string()))?;
            output::json(&plan(&schema))
        }
        Migrate::Run => {
            if matches!(url, DatabaseUrl::Sqlite(_)) {
                instance::make_folder(&config.values.data)?;
            }
            apply(&url, schema.pending.len()).await?;
            let schema = url.schema().await.map_err(|why| cannot(&url, &why))?;
            output::json(&status(&url, &schema))
        }
    }
}

pub(crate) fn cannot(url: &DatabaseUrl, why: &NoStore) -> Failure {
    Failure::new(format!(
        "cannot use the database {url}: {}",
        crate::failure::whole(why)
    ))
}

fn status(url: &DatabaseUrl, schema: &Schema) -> Value {
    let applied = schema.applied.iter();
    let pending = schema.pending.iter().map(|pending| pending.migration);
    json!({
        "database": url.to_string(),
        "schema": schema.version(),
        "known": schema.known,
        "refused": schema.judge().err().map(|why| why.to_string()),
        "applied": applied.map(|one| json!({ "version": one.version, "name": one.name })).collect::<Vec<_>>(),
        "pending": pending.map(|one| json!({ "version": one.version, "name": one.name })).collect::<Vec<_>>(),
    })
}

fn plan(schema: &Schema) -> Vec<Value> {
    let steps = schema.pending.iter().map(|pending| {
        let migration = &pending.migration;
        json!({
            "version": migration.version,
            "name": migration.name,
            "locks": migration.locks,
            "serves_programs_from_schema": migration.oldest,
            "reads": migration.reads,
            "rows_at_most": pending.rows,
            "seconds_about": pending.rows.map(|rows| rows / ROWS_PER_SECOND),
            "statements": statements(migration.ddl),
        })
    });
    steps.collect()
}

/// Without the comments that stand on lines of their own.
fn statements(ddl: &str) -> Vec<String> {
    let lines = ddl
        .lines()
        .filter(|line| !line.trim_start().starts_with("--"));
    let text = lines.collect::<Vec<_>>().join("\n");
    let statements = text
        .split(";\n")
        .map(|one| one.trim().trim_end_matches(';'));
    let statements = statements.filter(|one| !one.is_empty());
    statements.map(str::to_owned).collect()
}

async fn apply(url: &DatabaseUrl, count: usize) -> Result<(), Failure> {
    let (mut number, mut wait) = (0, None);
    let mut tell = |step: Step<'_>| match step {
        Step::Begins(pending) => {
            number += 1;
            let mut what = format!(
                "migration {number} of {count}, `{}`",
                pending.migration.name
            );
            if let Some(rows) = pending.rows {
                what = format!("{what} over at most {} rows", grouped(rows.unsigned_abs()));
            }
            let about = pending
                .rows
                .map(|rows| rows.unsigned_abs() / ROWS_PER_SECOND.unsigned_abs());
            wait = Some(Wait::begin(what, about.map(Duration::from_secs)));
        }
        Step::Ended(_) => {
            if let Some(wait) = wait.take() {
                wait.end();
            }
        }
    };
    url.migrate(&mut tell)
        .await
        .map_err(|why| cannot(url, &why))
}

#[cfg(test)]
mod tests {
    use super::statements;

    #[test]
    fn a_plan_lists_statements_without_comments() {
        let ddl = "-- Why; it is so.\nCREATE TABLE a (\n  b TEXT -- what\n);\n\nCREATE INDEX c ON a (b);\n";
        let expected = [
            "CREATE TABLE a (\n  b TEXT -- what\n)",
            "CREATE INDEX c ON a (b)",
        ];
        assert_eq!(statements(ddl), expected);
    }
}
