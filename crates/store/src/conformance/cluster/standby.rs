//! A primary and a standby that has everything before anybody is told of it,
//! and what may befall a server. Owns how PostgreSQL is told; when to promote
//! whom is for others to decide.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::Cluster;

/// A copy of the whole server that goes on following it.
const COPY: [&str; 5] = ["-R", "-X", "stream", "--checkpoint=fast", "--no-sync"];

/// A standby looks for its primary every five seconds otherwise, and until it has found it nothing
/// is acknowledged.
const DURABLE: &[&str] = &["wal_retrieve_retry_interval=500ms"];

impl Cluster {
    /// Makes and starts a server that waits for its disk.
    ///
    /// # Panics
    /// PostgreSQL is missing or does not start.
    pub fn durable() -> Self {
        Self::make(false, DURABLE)
    }

    /// A streaming standby, without which this server acknowledges nothing from now on.
    ///
    /// # Panics
    /// It cannot be made.
    pub fn standby(&self) -> Self {
        let mut standby = Self::new(false, self.settings);
        let mut copy = standby.program("pg_basebackup");
        copy.args([
            "-h",
            "127.0.0.1",
            "-U",
            "grantd",
            "-p",
            &self.port.to_string(),
        ]);
        copy.args(COPY).arg("-D").arg(standby.data());
        succeeds(copy);
        standby.restart();
        let wait_for_it = "ALTER SYSTEM SET synchronous_standby_names = '*'";
        self.psql("postgres", wait_for_it);
        self.psql("postgres", "SELECT pg_reload_conf()");
        let asked = Instant::now();
        while self.psql("postgres", "SELECT sync_state FROM pg_stat_replication") != "sync" {
            let late = asked.elapsed() > Duration::from_secs(30);
            assert!(!late, "the standby does not follow: {}", standby.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        standby
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Makes a standby take writes. Whoever was the primary must be dead by now.
    ///
    /// # Panics
    /// It does not become one.
    pub fn promote(&self) {
        let mut promote = self.program("pg_ctl");
        promote.args(["promote", "-w", "-D"]).arg(self.data());
        succeeds(promote);
    }

    /// Stops it in good order, as an operator does: clients are sent away first.
    ///
    /// # Panics
    /// It does not end.
    pub fn stop_in_order(&mut self) {
        let mut stop = self.program("pg_ctl");
        stop.args(["stop", "-w", "-m", "fast", "-D"])
            .arg(self.data());
        succeeds(stop);
        self.stop();
    }

    /// `kill -9` of every process; also the fence, since what is dead answers nobody.
    ///
    /// # Panics
    /// It cannot be killed.
    pub fn crash(&mut self) {
        self.signal("KILL");
        self.stop();
    }

    /// Freezes every process: connections stay, nobody answers.
    ///
    /// # Panics
    /// It cannot be frozen.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets them go on.
    ///
    /// # Panics
    /// It cannot be thawed.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let file = self.data().join("postmaster.pid");
        let text = std::fs::read_to_string(file).expect("it runs");
        let first: u32 = text
            .lines()
            .next()
            .and_then(|line| line.trim().parse().ok())
            .expect("its process");
        // A dead parent has no children any more, and a living one may have made another.
        let mut all = children(first);
        send(name, &[first.to_string()]);
        all.extend(children(first));
        send(name, &all);
    }
}

fn children(parent: u32) -> Vec<String> {
    let processes = std::fs::read_dir("/proc").expect("Linux").flatten();
    let is_child = |folder: &Path| {
        let stat = std::fs::read_to_string(folder.join("stat")).ok()?;
        // The name before it may hold anything.
        let (_, rest) = stat.rsplit_once(") ")?;
        let found: u32 = rest.split(' ').nth(1)?.parse().ok()?;
        Some(found == parent)
    };
    let children = processes.filter(|process| is_child(&process.path()) == Some(true));
    children
        .filter_map(|child| child.file_name().into_string().ok())
        .collect()
}

/// Some may have ended by themselves, and some are told twice.
fn send(name: &str, processes: &[String]) {
    let mut kill = Command::new("kill");
    kill.args(["-s", name]).args(processes);
    kill.output().expect("kill is there");
}

fn succeeds(mut command: Command) {
    let said = command.output().expect("PostgreSQL's programs run");
    let trouble = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "{command:?}: {trouble}");
}
