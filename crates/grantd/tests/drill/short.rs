//! The short runs: one node on a file, a stale read that must be found, and
//! two nodes of which one is killed.

use std::sync::Arc;
use std::time::Duration;

use grantd_store::conformance::cluster::Cluster;

use super::audit::{Left, ask_for_all};
use super::checker::Breach;
use super::front;
use super::load::Load;
use super::outages::Fault;
use super::report::Report;
use super::server::{Program, file};
use super::world::{HASHES, World, settle};

fn program(folder: &tempfile::TempDir, database: String) -> Program {
    let program = Program {
        folder: folder.path().to_owned(),
        database,
    };
    settle(&program);
    program
}

/// Nothing is running any more: what is left, and what it says of the run.
async fn conclude(world: &Arc<World>, faults: &[Fault]) -> (Report, Left) {
    let left = ask_for_all(world).await;
    let report = Report::of(world.record.events());
    report.operations();
    report.outages(faults, world.nodes.len());
    (report, left)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_node_on_a_file_keeps_the_promise() {
    let folder = tempfile::tempdir().unwrap();
    let program = program(&folder, file(folder.path()));
    let server = program.serve("node-0");
    let world = World::of(&program, vec![server.address]);
    let load = Load::start(&world, 1);
    tokio::time::sleep(Duration::from_secs(4)).await;
    load.finish().await;
    let (report, left) = conclude(&world, &[]).await;
    assert_eq!(report.violations(Some(&left)), 0);
    assert!(report.verdict.checks > 300, "enough was looked at");
    assert!(!left.valid.is_empty() && !left.invalid.is_empty());
}

/// A checker that finds nothing would be no checker.
#[tokio::test(flavor = "multi_thread")]
async fn a_stale_read_of_ten_milliseconds_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let program = program(&folder, file(folder.path()));
    let server = program.serve("node-0");
    let stale = front::before(server.address).await;
    let world = World::of(&program, vec![server.address, stale]);
    let load = Load::start(&world, 2);
    tokio::time::sleep(Duration::from_secs(4)).await;
    load.finish().await;
    let report = Report::of(world.record.events());
    report.operations();
    report.violations(None);
    let mut found = report.verdict.violations;
    found.retain(|one| one.breach == Breach::AfterItsEnd);
    assert!(!found.is_empty(), "stale reads were found");
    assert!(found.iter().all(|one| one.check.node.0 == 1), "the front's");
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_with_two_nodes_keeps_the_promise_when_one_is_killed() {
    let cluster = Cluster::start();
    let folder = tempfile::tempdir().unwrap();
    let program = program(&folder, cluster.database());
    let mut servers = [program.serve("node-0"), program.serve("node-1")];
    let world = World::of(&program, servers.iter().map(|one| one.address).collect());
    let load = Load::start(&world, 3);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let began = world.record.now();
    servers[1].kill();
    tokio::time::sleep(Duration::from_secs(1)).await;
    servers[1].start();
    let up = world.record.now();
    for node in world.all_nodes() {
        world.record.answers_after(node, up).await;
    }
    let over = world.record.now();
    tokio::time::sleep(Duration::from_secs(3)).await;
    load.finish().await;
    let name = "kill -9 of node 1, started again after 1 s";
    let fault = Fault { name, began, over };
    let (report, left) = conclude(&world, &[fault]).await;
    let rows = cluster.execute(&program.database, HASHES);
    let unheard = left.are_rows(&rows);
    println!("{unheard} rows of tokens that nobody heard of");
    assert_eq!(report.violations(Some(&left)), 0);
    assert!(report.verdict.across > 100, "nodes were compared");
}
