//! Cases one after the other until enough steps are done; the first that fails
//! is made as short as it can be, and told. Owns chance and the engines' homes.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use grantd_core::store::SharedStore;
use grantd_store::conformance::cluster::Cluster;
use grantd_store::{Options, PostgresOptions, PostgresStore, SqliteStore};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tokio::runtime::{Builder, Runtime};

use super::alphabet::{opening, sequences};
use super::compare::{Divergence, Reached, Subject, play};
use super::operations::Operation;

/// Long enough for collisions, short enough to be read.
const LONGEST: usize = 160;

/// The same for the server's part of each session.
const PATIENTLY: &str = "options=-c%20statement_timeout%3D60000%20-c%20lock_timeout%3D60000\
                         %20-c%20idle_in_transaction_session_timeout%3D60000";

/// Where stores come from.
struct Homes {
    runtime: Runtime,
    folder: tempfile::TempDir,
    cluster: Cluster,
    opened: usize,
}

impl Homes {
    fn new() -> Self {
        // Nothing has to outlive the test: memory is as good as a disk.
        let memory = Path::new("/dev/shm");
        let folder = match memory.is_dir() {
            true => tempfile::tempdir_in(memory),
            false => tempfile::tempdir(),
        };
        Self {
            // One thread: steps come one after the other, and changing threads costs more than they do.
            runtime: Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime"),
            folder: folder.expect("a temporary folder"),
            cluster: Cluster::start(),
            opened: 0,
        }
    }

    fn open(&mut self) -> Vec<Subject> {
        self.opened += 1;
        let file = self.folder.path().join(format!("{}.db", self.opened));
        let sqlite = {
            let _inside = self.runtime.enter();
            SqliteStore::open(&file, Options::default()).expect("a file")
        };
        // What a busy machine takes long for is not wrong.
        let patient = PostgresOptions {
            patience: Duration::from_secs(60),
            ..PostgresOptions::default()
        };
        let url = format!("{}?{PATIENTLY}", self.cluster.database());
        let postgres = PostgresStore::connect(&url, patient);
        let postgres = self.runtime.block_on(postgres).expect("a server");
        let stores: [(&str, SharedStore); 2] = [
            ("SQLite", Arc::new(sqlite)),
            ("PostgreSQL", Arc::new(postgres)),
        ];
        stores.map(|(name, store)| Subject::new(name, store)).into()
    }
}

/// The engines at work. Stores that have failed are not used again.
struct Stage {
    homes: Homes,
    engines: Vec<Subject>,
}

impl Stage {
    fn new() -> Self {
        let mut homes = Homes::new();
        let engines = homes.open();
        Self { homes, engines }
    }

    fn play(&mut self, operations: &[Operation]) -> Result<(), Box<Divergence>> {
        let engines = &mut self.engines;
        let played = self.homes.runtime.block_on(async {
            play(operations, engines).await?;
            for engine in engines {
                engine.clear().await.expect("the store can be emptied");
            }
            Ok(())
        });
        if played.is_err() {
            let failed = std::mem::replace(&mut self.engines, self.homes.open());
            let close = async {
                for engine in failed {
                    engine.store.close().await;
                }
            };
            self.homes.runtime.block_on(close);
        }
        played
    }
}

/// Plays cases until `steps` operations are done on each engine. A case that fails is tried
/// `tries` times with something left out.
///
/// # Panics
/// An engine and the reference differ; the message is the shortest case found.
pub(crate) fn run(seed: u64, steps: usize, tries: usize) {
    let mut stage = Stage::new();
    let (mut done, mut case) = (0, seed);
    while done < steps {
        let mut tree = tree(case);
        let operations = tree.current();
        if let Err(first) = stage.play(&operations) {
            done += first.at.min(operations.len()) + 1;
            let (shortest, divergence) = shrink(&mut stage, &mut tree, first, tries);
            panic!("{}", tell(case, done, &shortest, &divergence));
        }
        done += operations.len();
        case = case.wrapping_add(1);
    }
    println!("{done} steps on SQLite, {done} on PostgreSQL, 0 divergences (seed {seed})");
}

/// The case that belongs to a seed.
fn tree(seed: u64) -> impl ValueTree<Value = Vec<Operation>> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = sequences(LONGEST).prop_map(|some| [opening(), some].concat());
    strategy.new_tree(&mut runner).expect("a case")
}

/// What so many cases come to, on the reference alone.
pub(crate) async fn reach(cases: u64) -> Reached {
    let mut all = Reached::new();
    for seed in 0..cases {
        let reached = play(&tree(seed).current(), &mut []).await;
        for (what, times) in reached.expect("nobody to differ") {
            *all.entry(what).or_default() += times;
        }
    }
    all
}

/// Leaves out and simplifies while the case still fails.
fn shrink(
    stage: &mut Stage,
    tree: &mut impl ValueTree<Value = Vec<Operation>>,
    first: Box<Divergence>,
    tries: usize,
) -> (Vec<Operation>, Box<Divergence>) {
    let (mut shortest, mut divergence) = (tree.current(), first);
    let mut another = tree.simplify();
    for _ in 0..tries {
        if !another {
            break;
        }
        let operations = tree.current();
        another = match stage.play(&operations) {
            Ok(()) => tree.complicate(),
            Err(still) => {
                (shortest, divergence) = (operations, still);
                tree.simplify()
            }
        };
    }
    (shortest, divergence)
}

fn tell(case: u64, done: usize, operations: &[Operation], divergence: &Divergence) -> String {
    let mut text = format!(
        "{} differs from the reference, first after {done} steps.\n\
         GRANTD_MODEL_SEED={case} GRANTD_MODEL_STEPS=1 repeats the case.\n",
        divergence.engine
    );
    for (number, operation) in operations.iter().enumerate().take(divergence.at + 1) {
        let _ = writeln!(
            text,
            "{number:3}. {:?} by {:?}",
            operation.what, operation.by
        );
    }
    let _ = write!(
        text,
        "At step {}, {:?}, in {}:\nexpected: {}\nfound:    {}",
        divergence.at,
        divergence.operation.what,
        divergence.about,
        divergence.expected,
        divergence.found
    );
    text
}
