//! The long runs, for `scripts/drill`: every fault in turn under load, and the
//! one that breaks the promise, so that it is known to.

use std::time::Duration;

use grantd_store::conformance::cluster::patroni::Patroni;

use super::audit::ask_for_all;
use super::checker::{Breach, Violation};
use super::load::Load;
use super::outages::Fault;
use super::report::Report;
use super::server::{Program, Server};
use super::stage::Stage;
use super::world::{HASHES, World, settle};

async fn seconds(count: u64) {
    tokio::time::sleep(Duration::from_secs(count)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; scripts/drill runs it"]
async fn three_nodes_and_a_standby_keep_the_promise_through_every_fault() {
    let mut stage = Stage::set().await;
    let load = Load::start(&stage.world, 4);
    seconds(5).await;
    faults_of_nodes(&mut stage).await;
    let before = stage.processes();
    faults_of_the_database(&mut stage).await;
    load.finish().await;
    assert_eq!(stage.processes(), before, "no node was started again");

    let left = ask_for_all(&stage.world).await;
    let report = Report::of(stage.world.record.events());
    report.operations();
    report.outages(&stage.faults, stage.nodes.len());
    let violations = report.violations(Some(&left));
    let unheard = left.are_rows(&stage.rows());
    println!("the database has these tokens, and {unheard} that nobody heard of");
    assert_eq!(violations, 0);
    assert!(report.verdict.across > 1_000, "nodes were compared");
}

async fn faults_of_nodes(stage: &mut Stage) {
    let kill = async |stage: &mut Stage| {
        stage.nodes[0].kill();
        seconds(2).await;
        stage.nodes[0].start();
    };
    stage
        .suffer("node 0: kill -9, started after 2 s", kill)
        .await;
    let freeze = async |stage: &mut Stage| {
        stage.nodes[1].freeze();
        seconds(10).await;
        stage.nodes[1].thaw();
    };
    stage.suffer("node 1: SIGSTOP for 10 s", freeze).await;
}

async fn faults_of_the_database(stage: &mut Stage) {
    let restart = async |stage: &mut Stage| {
        stage.primary().stop_in_order();
        stage.primary().restart();
    };
    stage.suffer("database: restart, fast", restart).await;
    let restart = async |stage: &mut Stage| stage.primary().restart();
    stage.suffer("database: restart, immediate", restart).await;
    let freeze = async |stage: &mut Stage| {
        stage.standby().freeze();
        seconds(5).await;
        stage.standby().thaw();
    };
    stage.suffer("standby: SIGSTOP for 5 s", freeze).await;

    let kill = async |stage: &mut Stage| {
        stage.primary().crash();
        seconds(1).await;
        stage.promote();
    };
    stage.suffer("primary: kill -9, promotion", kill).await;
    stage.replace_the_lost();
    seconds(3).await;
    let freeze = async |stage: &mut Stage| {
        stage.primary().freeze();
        stage.fail_over().await;
    };
    stage
        .suffer("primary: SIGSTOP, fence, promotion", freeze)
        .await;
    stage.replace_the_lost();
    seconds(3).await;
    let cut_off = async |stage: &mut Stage| {
        stage.cut_off_from_primary(0..=3);
        stage.fail_over().await;
    };
    stage
        .suffer("primary: cut off, fence, promotion", cut_off)
        .await;
    stage.replace_the_lost();
    seconds(3).await;
}

/// Nobody tells Patroni that a machine is gone: it waits for the lock to run out. The lost machine
/// comes back as the standby, without which nothing is acknowledged.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; scripts/drill runs it"]
async fn with_patroni_the_nodes_follow_whoever_is_primary() {
    let mut patroni = Patroni::start();
    let folder = tempfile::tempdir().unwrap();
    let program = Program {
        folder: folder.path().to_owned(),
        database: patroni.database(),
    };
    settle(&program);
    let nodes = ["node-0", "node-1", "node-2"];
    let mut nodes = nodes.map(|name| program.serve(name));
    let world = World::of(&program, nodes.iter().map(|node| node.address).collect());
    let load = Load::start(&world, 6);
    let before = nodes.each_mut().map(Server::process);
    let mut faults = Vec::new();
    for name in [
        "Patroni: kill -9 of the primary",
        "Patroni: and of its heir",
    ] {
        seconds(5).await;
        let lost = patroni.primary().unwrap();
        let heir = 1 - lost;
        let fault = async {
            patroni.crash(lost);
            while patroni.primary() != Some(heir) {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            patroni.join(lost);
        };
        faults.push(world.suffer(name, fault).await);
    }
    seconds(3).await;
    load.finish().await;
    assert_eq!(nodes.each_mut().map(Server::process), before, "no restart");
    let left = ask_for_all(&world).await;
    let report = Report::of(world.record.events());
    report.operations();
    report.outages(&faults, nodes.len());
    let violations = report.violations(Some(&left));
    let unheard = left.are_rows(&patroni.execute(&program.database, HASHES));
    println!("the database has these tokens, and {unheard} that nobody heard of");
    assert_eq!(violations, 0);
}

/// The assumption that fences rest on, shown by leaving it out: an old primary that one node
/// still reaches goes on calling tokens valid that the others have revoked at the new one.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long; scripts/drill runs it"]
async fn without_a_fence_the_promise_is_broken_and_the_checker_says_so() {
    let mut stage = Stage::set().await;
    let load = Load::start(&stage.world, 5);
    seconds(3).await;
    let began = stage.world.record.now();
    stage.cut_off_from_primary(1..=3);
    seconds(1).await;
    stage.promote();
    let promoted = stage.world.record.now();
    for node in stage.world.all_nodes().skip(1) {
        stage.world.record.answers_after(node, promoted).await;
    }
    let over = stage.world.record.now();
    let stale = |report: &Report| {
        let found = report.verdict.violations.iter();
        let stale = found.filter(|one| one.breach == Breach::AfterItsEnd);
        stale.copied().collect::<Vec<_>>()
    };
    // How soon a race is lost is a matter of chance.
    let found = async {
        while stale(&Report::of(stage.world.record.events())).len() < 3 {
            seconds(2).await;
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(60), found).await;
    load.finish().await;
    let report = Report::of(stage.world.record.events());
    report.operations();
    let name = "primary: cut off from 1 and 2, no fence";
    report.outages(&[Fault { name, began, over }], stage.nodes.len());
    report.violations(None);
    assert!(found.is_ok(), "stale reads were found");
    let of_the_old = |one: &Violation| one.check.node.0 == 0 && one.check.invoked > promoted;
    assert!(stale(&report).iter().all(of_the_old));
}
