//! A store moved to PostgreSQL and back by the real program, killed on the way.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use grantd_store::DatabaseUrl;
use grantd_store::conformance::cluster::Cluster;
use grantd_store::conformance::fill::{Fill, token};
use serde_json::Value;

use crate::place::Place;

/// A store with so many tokens, in the data folder; its URL.
fn filled(place: &Place, tokens: u64) -> String {
    place.run(&["user", "list"]).json();
    let url = format!("sqlite:{}", place.path("grantd-data/grantd.db").display());
    let fill = Fill {
        users: tokens / 10,
        apps: 2,
        tokens,
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let database = DatabaseUrl::parse(&url).unwrap();
    runtime.block_on(fill.run(&database)).unwrap();
    url
}

fn copy_command(place: &Place, from: &str, to: &str) -> Command {
    let mut command = place.command(&["store", "copy", "--from", from, "--to", to]);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// Kills a copy without warning when it has come to the tokens.
fn kill_in_the_middle(place: &Place, from: &str, to: &str, after: Duration) {
    let mut command = copy_command(place, from, to);
    let mut copying = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(copying.stderr.take().unwrap()).lines();
    let grants = lines.find(|line| line.as_ref().unwrap().starts_with("grants: "));
    assert!(grants.is_some(), "it ended before the tokens");
    std::thread::sleep(after);
    copying.kill().unwrap();
    assert!(!copying.wait().unwrap().success(), "it was killed too late");
}

/// The digests of every table, after the program has found both sides equal.
fn digests(report: &Value) -> Vec<(String, String)> {
    assert_eq!(report["equal"], true, "{report}");
    let tables = report["tables"].as_array().unwrap();
    assert!(tables.iter().all(|table| table["equal"] == true));
    let text = |table: &Value, key: &str| table[key].as_str().unwrap().to_owned();
    tables
        .iter()
        .map(|table| (text(table, "table"), text(table, "target_sha256")))
        .collect()
}

#[test]
fn postgres_copy_is_killed_goes_on_and_comes_back() {
    let (cluster, place) = (Cluster::start(), Place::new());
    let (from, there) = (filled(&place, 5_000), cluster.database());
    kill_in_the_middle(&place, &from, &there, Duration::ZERO);
    let half = place.run(&["user", "list", "--database", &there]);
    let said = half.refusal();
    assert!(said.contains("`grantd store copy` again"), "{said}");

    let went_on = place.run(&["store", "copy", "--from", &from, "--to", &there]);
    let went = digests(&went_on.json());
    let one = [
        "token",
        "show",
        &token(17).hash().to_string(),
        "--database",
        &there,
    ];
    assert_eq!(place.run(&one).json()["id"], 18);

    let back = format!("sqlite:{}", place.path("back.db").display());
    let came = place.run(&["store", "copy", "--from", &there, "--to", &back]);
    assert_eq!(digests(&came.json()), went);
    let again = place.run(&["store", "copy", "--from", &there, "--to", &back]);
    assert!(again.refusal().contains("the target is not empty"));
}

#[test]
fn a_copy_between_files_is_killed_and_goes_on() {
    let place = Place::new();
    let from = filled(&place, 5_000);
    let to = format!("sqlite:{}", place.path("copy.db").display());
    kill_in_the_middle(&place, &from, &to, Duration::ZERO);
    let half = place.run(&["user", "list", "--database", &to]);
    assert!(half.refusal().contains("`grantd store copy` again"));
    let went_on = place.run(&["store", "copy", "--from", &from, "--to", &to]);
    // What came of it is what an undisturbed copy makes.
    let other = format!("sqlite:{}", place.path("other.db").display());
    let at_once = place.run(&["store", "copy", "--from", &from, "--to", &other]);
    assert_eq!(digests(&went_on.json()), digests(&at_once.json()));
    place.run(&["user", "list", "--database", &to]).json();
}

#[test]
fn a_copy_needs_a_source() {
    let place = Place::new();
    let refused = place.run(&["store", "copy", "--from", "sqlite:a", "--to", "sqlite:b"]);
    assert!(refused.refusal().contains("there is no database"));
    assert!(!place.path("a").exists() && !place.path("b").exists());
}

/// The most memory that a running program has had, in KiB.
fn peak(running: &Child) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", running.id())).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Copies, and says how long that took and how much memory.
fn measured(place: &Place, from: &str, to: &str) -> Vec<(String, String)> {
    let began = Instant::now();
    let mut command = copy_command(place, from, to);
    let mut copying = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut most = 0;
    while copying.try_wait().unwrap().is_none() {
        most = most.max(peak(&copying).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(50));
    }
    let done = copying.wait_with_output().unwrap();
    assert!(done.status.success());
    let (took, mib) = (began.elapsed(), most / 1_024);
    println!("{from} to {to}: {took:.1?}, at most {mib} MiB");
    assert!(mib < 300, "{mib} MiB: memory grows with the store");
    digests(&serde_json::from_slice(&done.stdout).unwrap())
}

#[test]
#[ignore = "a million tokens take minutes: scripts/test copy"]
fn postgres_copy_of_a_million_is_killed_goes_on_and_comes_back() {
    let (cluster, place) = (Cluster::start(), Place::new());
    let (from, there) = (filled(&place, 1_000_000), cluster.database());
    kill_in_the_middle(&place, &from, &there, Duration::from_secs(5));
    let rows = cluster.execute(&there, "SELECT COUNT(*) FROM authorizations");
    let rows: u64 = rows.parse().unwrap();
    println!("killed with {rows} tokens in the target");
    assert!(0 < rows && rows < 1_000_000);
    let went = measured(&place, &from, &there);
    let whole = cluster.database();
    assert_eq!(measured(&place, &from, &whole), went);
    let back = format!("sqlite:{}", place.path("back.db").display());
    assert_eq!(measured(&place, &whole, &back), went);
}
