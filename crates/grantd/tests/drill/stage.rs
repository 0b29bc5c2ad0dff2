//! Three nodes, a primary and its synchronous standby, with a wire from
//! everybody to each of the two. Owns who is primary, and that an old one is
//! dead before the other is promoted.

use std::sync::Arc;
use std::time::Duration;

use grantd_store::conformance::cluster::Cluster;
use grantd_store::conformance::wire::Wire;

use super::outages::Fault;
use super::server::{Program, Server};
use super::world::{HASHES, World, settle};

const NODES: usize = 3;
/// How long it takes until somebody is sure that the primary is gone.
const DETECTION: Duration = Duration::from_secs(1);
/// Between two faults.
const CALM: Duration = Duration::from_secs(3);

pub(crate) struct Stage {
    /// The two servers; which is the primary changes.
    servers: [Cluster; 2],
    primary: usize,
    /// To each server, of each node, and last of the command line.
    wires: Vec<[Wire; 2]>,
    pub(crate) nodes: Vec<Server>,
    pub(crate) world: Arc<World>,
    pub(crate) faults: Vec<Fault>,
    database: String,
    _folder: tempfile::TempDir,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        let primary = Cluster::durable();
        let database = primary.database();
        let folder = tempfile::tempdir().expect("a folder");
        let program = |database| Program {
            folder: folder.path().to_owned(),
            database,
        };
        settle(&program(database.clone()));
        let standby = primary.standby();
        let servers = [primary, standby];
        let mut wires = Vec::new();
        for _ in 0..=NODES {
            let mine = [Wire::before(&database).await, Wire::before(&database).await];
            mine[1].lead_to(servers[1].port());
            wires.push(mine);
        }
        let program = |node: usize| program(both(&wires[node]));
        let command_line = program(NODES);
        let nodes: Vec<Server> = (0..NODES)
            .map(|node| program(node).serve(&format!("node-{node}")))
            .collect();
        let addresses = nodes.iter().map(|node| node.address).collect();
        Self {
            world: World::of(&command_line, addresses),
            servers,
            primary: 0,
            wires,
            nodes,
            faults: Vec::new(),
            database,
            _folder: folder,
        }
    }

    pub(crate) fn primary(&mut self) -> &mut Cluster {
        &mut self.servers[self.primary]
    }

    pub(crate) fn standby(&mut self) -> &mut Cluster {
        &mut self.servers[1 - self.primary]
    }

    /// Does something bad, waits until every node answers again, and for a while longer.
    pub(crate) async fn suffer(&mut self, name: &'static str, fault: impl AsyncFnOnce(&mut Self)) {
        let world = Arc::clone(&self.world);
        let fault = world.suffer(name, fault(self)).await;
        self.faults.push(fault);
        tokio::time::sleep(CALM).await;
    }

    /// Some nodes, or the command line, no longer reach the primary, though it lives.
    pub(crate) fn cut_off_from_primary(&self, nodes: impl IntoIterator<Item = usize>) {
        for node in nodes {
            self.wires[node][self.primary].freeze();
        }
    }

    /// Kills the old primary, whatever it is doing, and only then promotes the standby.
    pub(crate) async fn fail_over(&mut self) {
        tokio::time::sleep(DETECTION).await;
        self.primary().crash();
        self.promote();
    }

    pub(crate) fn promote(&mut self) {
        self.primary = 1 - self.primary;
        self.primary().promote();
    }

    /// Puts a new standby in the place of the server that is gone.
    pub(crate) fn replace_the_lost(&mut self) {
        let standby = self.primary().standby();
        let lost = 1 - self.primary;
        for mine in &self.wires {
            mine[lost].lead_to(standby.port());
        }
        self.servers[lost] = standby;
    }

    /// The hashes of all tokens, as the primary has them.
    pub(crate) fn rows(&mut self) -> String {
        let database = self.database.clone();
        self.primary().execute(&database, HASHES)
    }

    pub(crate) fn processes(&mut self) -> Vec<u32> {
        self.nodes.iter_mut().map(Server::process).collect()
    }
}

/// One URL with both hosts.
fn both(wires: &[Wire; 2]) -> String {
    let (start, database) = wires[0].url.rsplit_once('/').expect("a database");
    let (_, other) = wires[1].url.rsplit_once('@').expect("a user");
    let (other, _) = other.split_once('/').expect("a database");
    format!("{start},{other}/{database}?target_session_attrs=read-write")
}
