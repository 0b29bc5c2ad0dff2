//! The long runs, for `scripts/drill`: every fault in turn under load, and the
//! one that breaks the promise, so that it is known to.

use std::time::Duration;

use super::audit::ask_for_all;
use super::checker::Breach;
use super::load::Load;
use super::report::Report;
use super::stage::Stage;

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

/// The assumption that fences rest on, shown by leaving it out: an old primary that one node
/// still reaches goes on calling tokens valid that the others have revoked at the new one.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long; scripts/drill runs it"]
async fn without_a_fence_the_promise_is_broken_and_the_checker_says_so() {
    let mut stage = Stage::set().await;
    let load = Load::start(&stage.world, 5);
    seconds(3).await;
    stage.cut_off_from_primary(1..=3);
    seconds(1).await;
    stage.promote();
    let promoted = stage.world.record.now();
    for node in stage.world.all_nodes().skip(1) {
        stage.world.record.answers_after(node, promoted).await;
    }
    seconds(5).await;
    load.finish().await;
    let report = Report::of(stage.world.record.events());
    report.operations();
    report.violations(None);
    let found = report.verdict.violations.iter();
    let mut stale = found.filter(|one| one.breach == Breach::AfterItsEnd);
    assert!(stale.clone().count() > 0, "stale reads were found");
    assert!(stale.all(|one| one.check.node.0 == 0 && one.check.invoked > promoted));
}
