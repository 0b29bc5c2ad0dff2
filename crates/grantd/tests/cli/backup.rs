//! A backup of many tokens while the server is busy.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use grantd_store::DatabaseUrl;
use grantd_store::conformance::cluster::Cluster;
use grantd_store::conformance::fill::{Fill, client_id, client_secret, token};

use crate::place::Place;
use crate::web::{basic, call};

/// Checks and revocations without pause; how many, and how many failed.
fn load(address: &str, over: &AtomicBool, fill: Fill, tally: [&AtomicU64; 3], lane: u64) {
    let [done, failed, slowest] = tally;
    let mut number = lane;
    while !over.load(Ordering::Relaxed) {
        number = (number + 4) % fill.tokens;
        // The first app's client id is the one that stands for no app.
        let Some(app) = fill.app_of(number).filter(|app| *app > 0) else {
            continue;
        };
        let (id, secret) = (client_id(app), client_secret(app));
        let path = format!(
            "/api/v3/applications/{id}/tokens/{}",
            token(number).expose()
        );
        // One in ten is revoked.
        let method = if number.is_multiple_of(10) {
            "DELETE"
        } else {
            "GET"
        };
        let began = Instant::now();
        let answer = call(address, method, &path, &[&basic(&id, secret.expose())], "");
        let took = began.elapsed().as_millis() as u64;
        slowest.fetch_max(took, Ordering::Relaxed);
        done.fetch_add(1, Ordering::Relaxed);
        if ![200, 204, 404].contains(&answer.status) {
            println!("{method} {path}: {} {}", answer.head, answer.body);
            failed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn under_load(tokens: u64, database: Option<&str>) {
    let place = Place::new();
    let url = match database {
        Some(url) => url.to_owned(),
        None => format!("sqlite:{}", place.path("grantd-data/grantd.db").display()),
    };
    place.run(&["user", "list", "--database", &url]).json();
    let fill = Fill {
        users: tokens / 10,
        apps: 3,
        tokens,
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime
        .block_on(fill.run(&DatabaseUrl::parse(&url).unwrap()))
        .unwrap();
    let server = place.serve(&["--database", &url, "--log", "warn"]);
    let (over, done, failed) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    let slowest = AtomicU64::new(0);
    let file = place.path("backup.grantd");
    let file = file.to_str().unwrap();
    let began = Instant::now();
    let made = std::thread::scope(|scope| {
        for lane in 0..4 {
            let tally = [&done, &failed, &slowest];
            let (address, over) = (&server.address, &over);
            scope.spawn(move || load(address, over, fill, tally, lane));
        }
        let made = place.run(&["backup", "--output", file, "--database", &url]);
        over.store(true, Ordering::Relaxed);
        made
    });
    println!("progress:\n{}", made.stderr);
    let report = made.json();
    let (done, failed) = (done.into_inner(), failed.into_inner());
    println!(
        "backup of {tokens} tokens: {:.1?}, {} bytes; meanwhile {done} requests, {failed} failed, slowest {} ms",
        began.elapsed(),
        report["bytes"],
        slowest.into_inner(),
    );
    assert_eq!(failed, 0, "requests failed during the backup");
    assert!(done > 20);
    assert!(
        made.stderr.contains("authorizations: "),
        "progress is shown"
    );
    server.stop();
    let to = format!("sqlite:{}", place.path("restored.db").display());
    let began = Instant::now();
    let accept = ["--accept-since", "2020-01-01T00:00:00Z"];
    let mut args = vec!["restore", file, "--database", &to];
    args.extend(accept);
    let restored = place.run(&args);
    assert_eq!(restored.json()["verified"], true);
    println!("restore of {tokens} tokens: {:.1?}", began.elapsed());
    let server = place.serve(&["--database", &to]);
    let header = format!("Authorization: token {}", token(tokens - 1).expose());
    assert_eq!(
        server.call("GET", "/api/v3/user", &[&header], "").status,
        200
    );
}

#[test]
fn a_backup_under_load_fails_no_request() {
    under_load(20_000, None);
}

#[test]
#[ignore = "a million tokens take minutes: scripts/test restore"]
fn a_backup_of_a_million_tokens_under_load_fails_no_request() {
    under_load(1_000_000, None);
}

#[test]
#[ignore = "a million tokens take minutes: scripts/test restore"]
fn postgres_a_backup_of_a_million_tokens_under_load_fails_no_request() {
    let cluster = Cluster::start();
    under_load(1_000_000, Some(&cluster.database()));
}
