//! The same commands on PostgreSQL, chosen by `--database`, the environment or the file.

use std::fs;

use grantd_store::conformance::cluster::Cluster;
use serde_json::Value;

use crate::place::{Outcome, PASSWORD, Place};

fn place_on(database: &str) -> impl Fn(&Place, &[&str]) -> Outcome + use<> {
    let database = database.to_owned();
    move |place, arguments| place.run_in(&[("GRANTD_DATABASE", &database)], arguments)
}

#[test]
fn every_source_of_settings_may_name_postgresql() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let place = Place::new();
    let create = [
        "user",
        "create",
        "octocat",
        "--password-stdin",
        "--database",
        &url,
    ];
    place.run_with(&create, PASSWORD).json();
    assert!(!place.path("grantd-data/grantd.db").exists());

    let run = place_on(&url);
    let by_environment = run(&place, &["user", "list"]).json();
    let file = place.file("grantd.toml", &format!("database = \"{url}\""));
    let by_file = place.run(&["user", "list", "--config", &file]).json();
    assert_eq!(by_environment[0]["login"], "octocat");
    assert_eq!(by_environment, by_file);
    let app = [
        "app",
        "create",
        "CI",
        "--owner",
        "octocat",
        "--url",
        "https://ci.example",
    ];
    let app = run(
        &place,
        &[&app[..], &["--callback-url", "https://ci.example/cb"]].concat(),
    );
    let client_id = app.json()["client_id"].clone();
    assert_eq!(
        run(&place, &["app", "list"]).json()[0]["client_id"],
        client_id
    );
    assert!(
        place
            .run(&["user", "list"])
            .json()
            .as_array()
            .unwrap()
            .is_empty(),
        "the default is a file"
    );
}

#[test]
fn nodes_that_share_a_database_share_its_key() {
    let cluster = Cluster::start();
    let run = place_on(&cluster.database());
    let (one, other) = (Place::new(), Place::new());
    run(&one, &["user", "list"]).json();
    let refused = run(&other, &["user", "list"]);
    let refused = refused.refusal();
    assert!(
        refused.contains("this database was used with it"),
        "{refused}"
    );
    fs::copy(
        one.path("grantd-data/instance.key"),
        other.path("grantd-data/instance.key"),
    )
    .unwrap();
    run(&other, &["user", "list"]).json();
}

#[test]
fn a_database_that_is_away_is_named_without_its_password() {
    let place = Place::new();
    let run = place_on("postgres://grantd:hunter2@127.0.0.1:1/grantd?password=hunter2");
    for arguments in [&["user", "list"][..], &["serve", "--listen", "127.0.0.1:0"]] {
        let outcome = run(&place, arguments);
        let said = outcome.refusal().to_owned();
        assert!(
            said.contains("postgres://…@127.0.0.1:1/grantd") && said.contains("refused"),
            "{said}"
        );
        assert!(!said.contains("hunter2"), "{said}");
    }
    let shown = run(&place, &["config", "check"]);
    assert!(
        shown.stdout.contains("postgres://…@127.0.0.1:1/grantd")
            && !shown.stdout.contains("hunter2")
    );
    let wrong = place.run(&[
        "user",
        "list",
        "--database",
        "postgres://u:secret@h/d?sslmode=prefer",
    ]);
    assert!(
        wrong
            .misuse()
            .contains("sslmode is disable, require or verify-full")
    );
}

#[test]
fn the_doctor_says_on_what_the_promise_rests() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let run = place_on(&url);
    let place = Place::new();
    let findings = || -> Vec<Value> {
        let said: Value = serde_json::from_str(&run(&place, &["doctor"]).stdout).unwrap();
        said.as_array().unwrap().clone()
    };
    let detail = |check: &str| {
        let found = findings().into_iter().find(|one| one["check"] == check);
        let found = found.unwrap_or_else(|| panic!("nothing is said about {check}"));
        (
            found["ok"].as_bool().unwrap(),
            found["detail"].as_str().unwrap().to_owned(),
        )
    };
    let (well, said) = detail("store");
    assert!(
        !well && said.contains("grantd makes it on first use"),
        "{said}"
    );
    let tables = cluster.execute(
        &url,
        "SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'",
    );
    assert_eq!(tables, "0", "the doctor makes nothing");

    run(&place, &["user", "list"]).json();
    assert!(detail("store").0 && detail("database_clock").0 && detail("standby").0);
    // The server for tests does not wait for its disk.
    let (well, said) = detail("durability");
    assert!(!well && said.contains("fsync is off"), "{said}");
    assert!(detail("failover").1.contains("nothing to fail over to"));
}
