//! The real program, as servers and as commands. Owns its processes: they are
//! killed, frozen, and gone at the end.

use std::fs::File;
use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Hashing passwords is not what is drilled.
const CHEAP: [&str; 4] = ["--password-memory-kib", "8", "--password-iterations", "1"];

/// grantd with a folder for the key, and a database.
#[derive(Clone)]
pub(crate) struct Program {
    pub(crate) folder: PathBuf,
    pub(crate) database: String,
}

impl Program {
    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_grantd"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("GRANTD_") {
                command.env_remove(name);
            }
        }
        command.args(["--database", &self.database, "--data"]);
        command.arg(self.folder.join("data"));
        command.current_dir(&self.folder);
        command
    }

    /// Whether a command went well, and what it said otherwise.
    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Result<(), String> {
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("grantd is there");
        // A command that stops before it reads has said why.
        let _ = child
            .stdin
            .take()
            .expect("a pipe")
            .write_all(input.as_bytes());
        let said = child.wait_with_output().expect("it ends");
        let trouble = String::from_utf8_lossy(&said.stderr).into_owned();
        if said.status.success() {
            Ok(())
        } else {
            Err(trouble)
        }
    }

    /// A server of its own, ready.
    pub(crate) fn serve(&self, name: &str) -> Server {
        let mut server = Server {
            program: self.clone(),
            address: free_address(),
            log: self.folder.join(format!("{name}.log")),
            child: None,
        };
        server.start();
        server
    }
}

/// One `grantd serve`.
pub(crate) struct Server {
    program: Program,
    pub(crate) address: SocketAddr,
    log: PathBuf,
    child: Option<Child>,
}

impl Server {
    /// # Panics
    /// It does not come up.
    pub(crate) fn start(&mut self) {
        let log = File::options().create(true).append(true).open(&self.log);
        let mut command = self.program.command();
        command.args(["serve", "--log", "warn", "--listen"]);
        command.arg(self.address.to_string()).args(CHEAP);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(log.expect("a log file"));
        let child = command.spawn().expect("grantd is there");
        self.child = Some(child);
        let started = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            let ended = self.running().try_wait().expect("a child").is_some();
            let late = started.elapsed() > Duration::from_secs(30);
            assert!(!ended && !late, "no server: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it can be killed");
            child.wait().expect("it ends");
        }
    }

    /// Its process.
    ///
    /// # Panics
    /// It has ended by itself.
    pub(crate) fn process(&mut self) -> u32 {
        let ended = self.running().try_wait().expect("a child");
        assert!(ended.is_none(), "it ended: {}", self.log());
        self.running().id()
    }

    pub(crate) fn freeze(&mut self) {
        signal("STOP", self.running().id());
    }

    pub(crate) fn thaw(&mut self) {
        signal("CONT", self.running().id());
    }

    fn running(&mut self) -> &mut Child {
        self.child.as_mut().expect("it was started")
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn signal(name: &str, process: u32) {
    let mut kill = Command::new("kill");
    kill.args(["-s", name, &process.to_string()]);
    assert!(kill.status().expect("kill is there").success());
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address")
}

/// Where SQLite keeps the database of a folder.
pub(crate) fn file(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("grantd.db").display())
}
