//! What the doctor finds about the database. Owns which answers of PostgreSQL
//! break the promise that no node calls a revoked token valid.

use std::error::Error;
use std::path::Path;

use grantd_core::clock::{Clock, SystemClock};
use grantd_store::{DatabaseUrl, Inspection, PostgresOptions, PostgresStore, kept_key};

use super::{Finding, Verdict, finding};
use crate::config::Config;
use crate::instance;

pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = vec![finding("store", store(config).await)];
    if let DatabaseUrl::Postgres(url) = config.database() {
        let options = PostgresOptions::default();
        // When it is away, `store` has said so.
        if let Ok(found) = PostgresStore::inspect(url.expose(), options).await {
            findings.push(finding("database_clock", clock(&found)));
            findings.push(finding("durability", durability(&found)));
            findings.push(finding("standby", standby(&found)));
            findings.push(finding("failover", failover(&found)));
        }
    }
    findings
}

/// Asks the database whose it is. Only reads: opening it as every other command does would bring its
/// schema up to date.
async fn store(config: &Config) -> Verdict {
    let url = config.database();
    let none = || format!("there is no database {url} yet; grantd makes it on first use");
    if matches!(&url, DatabaseUrl::Sqlite(file) if !file.exists()) {
        return Err(none());
    }
    let silent = |why: &dyn Error| {
        format!(
            "the database does not answer: {}; start it, or name another with --database",
            crate::failure::whole(why)
        )
    };
    let schema = url.schema().await.map_err(|why| silent(&why))?;
    if schema.version() == 0 {
        return Err(none());
    }
    schema.judge().map_err(|why| why.to_string())?;
    let kept = kept_key(&url).await.map_err(|why| silent(&why))?;
    belongs_to(&config.key_file(), kept.as_deref())?;
    Ok(format!("{url} answers, and belongs to the instance key"))
}

/// The judgement is that of `serve`; it uses a database behind a fence, and serves nobody.
fn belongs_to(key_file: &Path, kept: Option<&str>) -> Result<(), String> {
    let (Ok(Some(key)), Some(kept)) = (instance::read_key(key_file), kept) else {
        return Err(
            "without the instance key, it cannot be told whether the database belongs to it".into(),
        );
    };
    match instance::belongs_to(&key, kept, key_file) {
        Ok(false) => Ok(()),
        Ok(true) => Err(
            "the fence of a restore stands, and every request is answered 503; `grantd restore status` says why".into(),
        ),
        Err(refused) => Err(refused.why),
    }
}

fn clock(found: &Inspection) -> Verdict {
    let ahead = SystemClock.now().0 - found.time;
    if ahead.abs() > 2 {
        return Err(format!(
            "this machine's clock is {ahead} s ahead of the database's, and a node that is more than 2 s off \
             is not ready; set both by NTP"
        ));
    }
    Ok(format!(
        "this machine's clock is {ahead} s ahead of the database's"
    ))
}

/// What is acknowledged must be on disk.
fn durability(found: &Inspection) -> Verdict {
    let shown = |setting: &Option<String>| setting.clone().unwrap_or_else(|| "unknown".into());
    let (commit, fsync) = (shown(&found.synchronous_commit), shown(&found.fsync));
    if fsync == "off" {
        return Err(
            "fsync is off: a crash of the database's machine may bring revoked tokens back; set fsync = on".into(),
        );
    }
    if !["on", "remote_apply", "unknown"].contains(&commit.as_str()) {
        return Err(format!(
            "synchronous_commit is {commit}: a crash may bring revoked tokens back; set it to on"
        ));
    }
    Ok(format!("synchronous_commit is {commit}, fsync is {fsync}"))
}

/// What is acknowledged must be on the standby that will be promoted.
fn standby(found: &Inspection) -> Verdict {
    let synchronous = found.synchronous_standbys.as_deref().unwrap_or_default();
    if !synchronous.is_empty() {
        return Ok(format!(
            "synchronous_standby_names is {synchronous}, {} connected",
            found.standbys.unwrap_or(0)
        ));
    }
    let several = found.hosts > 1 || found.standbys.is_some_and(|count| count > 0);
    if several {
        return Err(
            "there is a standby and none is synchronous: after a failover to it, revocations that were \
             acknowledged may be missing; set synchronous_standby_names"
                .into(),
        );
    }
    Ok("there is no standby: while this database is away, grantd answers 503".into())
}

/// What nobody can look up from here is said, so that somebody has read it.
fn failover(found: &Inspection) -> Verdict {
    if found.hosts < 2 && found.standbys.unwrap_or(0) == 0 {
        return Ok("nothing to fail over to".into());
    }
    Ok(
        "assumed, since it cannot be seen from here: the old primary is fenced before a standby is promoted. \
        If it is not, nodes that still reach it call revoked tokens valid"
            .into(),
    )
}

#[cfg(test)]
mod tests {
    use grantd_core::entropy::OsEntropy;
    use grantd_core::secret::InstanceKey;

    use super::*;

    fn found(
        commit: &str,
        fsync: &str,
        synchronous: &str,
        standbys: i64,
        hosts: usize,
    ) -> Inspection {
        Inspection {
            version: Some("15.1".into()),
            schema: Some(1),
            synchronous_commit: Some(commit.into()),
            fsync: Some(fsync.into()),
            synchronous_standbys: Some(synchronous.into()),
            standbys: Some(standbys),
            others: Some(0),
            time: 0,
            hosts,
        }
    }

    /// What is to be done differs: whoever is told to put another key back must have the wrong one.
    #[test]
    fn whose_a_database_is_is_said_as_at_the_start_of_a_server() {
        let old = InstanceKey::generate(&OsEntropy);
        let key = old.succeeded_by(InstanceKey::generate(&OsEntropy));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("instance.key");
        std::fs::write(&file, key.to_file()).unwrap();
        let own = key.fingerprint();
        assert_eq!(belongs_to(&file, Some(&own)), Ok(()));
        let fenced = format!("restored and fenced, instance key {own}");
        for (kept, said) in [
            (fenced.as_str(), "restore status"),
            (&old.fingerprint(), "run `grantd key rotate`"),
            (
                &format!("restored and fenced, instance key {}", old.fingerprint()),
                "restore lift",
            ),
            (&format!("unfinished copy of {own}"), "store copy"),
            (&format!("unfinished restore of {own}"), "grantd restore"),
            ("another", "the database expects another"),
        ] {
            let told = belongs_to(&file, Some(kept)).unwrap_err();
            assert!(told.contains(said), "{kept}: {told}");
        }
        assert!(belongs_to(&file, None).is_err());
    }

    #[test]
    fn what_is_acknowledged_must_be_on_disk() {
        for (commit, fsync, well) in [
            ("on", "on", true),
            ("remote_apply", "on", true),
            ("remote_write", "on", false),
            ("local", "on", false),
            ("off", "on", false),
            ("on", "off", false),
        ] {
            let verdict = durability(&found(commit, fsync, "", 0, 1));
            assert_eq!(verdict.is_ok(), well, "{commit} {fsync}");
        }
    }

    #[test]
    fn a_standby_that_may_be_promoted_is_synchronous() {
        for (synchronous, standbys, hosts, well) in [
            ("", 0, 1, true),
            ("", 1, 1, false),
            ("", 0, 2, false),
            ("ANY 1 (a, b)", 1, 2, true),
        ] {
            let found = found("on", "on", synchronous, standbys, hosts);
            assert_eq!(
                standby(&found).is_ok(),
                well,
                "{synchronous} {standbys} {hosts}"
            );
        }
    }

    #[test]
    fn the_assumption_about_fencing_is_said_where_there_is_a_failover() {
        let said = |standbys, hosts| failover(&found("on", "on", "*", standbys, hosts)).unwrap();
        assert!(said(1, 1).contains("fenced") && said(0, 2).contains("fenced"));
        assert!(!said(0, 1).contains("fenced"));
    }

    #[test]
    fn clocks_are_compared() {
        let now = SystemClock.now().0;
        let at = |time| Inspection {
            time,
            ..found("on", "on", "", 0, 1)
        };
        assert!(
            clock(&at(now)).is_ok() && clock(&at(now - 5)).is_err() && clock(&at(now + 5)).is_err()
        );
    }
}
