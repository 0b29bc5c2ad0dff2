//! A PostgreSQL server for tests: made from nothing, gone with the process.
//! Owns how the server's programs are found and started; must not know a table.
//!
//! `initdb` and `postgres` must be on this machine. Debian's package leaves
//! them out of the path; they are looked for where it puts them. A missing
//! PostgreSQL is a failure that says what to install, never a skipped test.

pub mod patroni;
mod standby;

use std::io::{self, Write};
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The oldest version that grantd runs on.
const OLDEST: u32 = 13;
const MISSING: &str = "PostgreSQL 13 or newer is needed for this test: apt-get install postgresql";
/// Where Debian keeps the programs of each version; elsewhere `pg_config` knows.
const FOLDERS: [&str; 1] = ["/usr/lib/postgresql"];
/// The server ends when its guard's standard input does: also when this process is killed.
const GUARD: &str = r#""$@" & server=$!; cat >/dev/null; kill -QUIT $server; wait $server"#;
const FOR_SPEED: &[&str] = &["fsync=off", "full_page_writes=off"];

/// A server with a folder of its own.
pub struct Cluster {
    programs: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
    /// Whom to be instead of root, who may not run PostgreSQL.
    user: Option<(u32, u32)>,
    tls: bool,
    settings: &'static [&'static str],
    running: Option<(Child, ChildStdin)>,
    databases: AtomicU32,
}

impl Cluster {
    /// Makes and starts a server.
    ///
    /// # Panics
    /// PostgreSQL is missing or does not start.
    pub fn start() -> Self {
        Self::make(false, FOR_SPEED)
    }

    /// The same, with a certificate for `localhost`.
    ///
    /// # Panics
    /// PostgreSQL or `openssl` is missing or does not start.
    pub fn start_with_tls() -> Self {
        Self::make(true, FOR_SPEED)
    }

    fn new(tls: bool, settings: &'static [&'static str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self {
            programs: programs(),
            user: unprivileged(folder.path()),
            folder,
            port: free_port(),
            tls,
            settings,
            running: None,
            databases: AtomicU32::new(0),
        }
    }

    fn make(tls: bool, settings: &'static [&'static str]) -> Self {
        let mut cluster = Self::new(tls, settings);
        let mut initdb = cluster.program("initdb");
        initdb.args(["--auth=trust", "--username=grantd", "--encoding=UTF8"]);
        initdb.args(["--locale=C", "--no-sync", "-D"]);
        let made = initdb.arg(cluster.data()).output().expect("initdb runs");
        let said = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "initdb: {said}");
        if tls {
            cluster.certify();
        }
        cluster.restart();
        cluster
    }

    /// Whom to trust to trust this server.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    fn certify(&self) {
        let mut openssl = self.program_at(Path::new("openssl"));
        openssl.args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
        ]);
        openssl.args([
            "-subj",
            "/CN=localhost",
            "-keyout",
            "key.pem",
            "-out",
            "cert.pem",
        ]);
        openssl.args(["-addext", "subjectAltName=DNS:localhost"]);
        openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
        let made = openssl.output().expect("openssl runs");
        let said = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "openssl: {said}");
    }

    /// Where a fresh, empty database is.
    ///
    /// # Panics
    /// The server does not make one.
    pub fn database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("grantd_{number}");
        self.psql(
            "postgres",
            &format!("CREATE DATABASE {name} TEMPLATE template0"),
        );
        format!("postgres://grantd@127.0.0.1:{}/{name}", self.port)
    }

    /// Runs statements in the database of a URL, for what the store has no words for.
    ///
    /// # Panics
    /// The server does not take them.
    pub fn execute(&self, url: &str, sql: &str) -> String {
        let (_, database) = url.rsplit_once('/').expect("a URL with a database");
        self.psql(database, sql)
    }

    /// Stops the server as a crash would: connections are cut, nothing is said.
    ///
    /// # Panics
    /// It does not end.
    pub fn stop(&mut self) {
        if let Some((mut guard, input)) = self.running.take() {
            drop(input);
            guard.wait().expect("the server ends");
        }
    }

    /// Starts it again on the same port, with everything that was acknowledged.
    ///
    /// # Panics
    /// It does not start.
    pub fn restart(&mut self) {
        self.stop();
        let mut command = self.guarded();
        let mut guard = command.spawn().expect("a shell");
        let input = guard.stdin.take().expect("a pipe");
        self.running = Some((guard, input));
        let started = Instant::now();
        while !self.answers() {
            let late = started.elapsed() > Duration::from_secs(30);
            assert!(!late, "PostgreSQL does not start: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn guarded(&self) -> Command {
        let mut command = self.program_at(Path::new("/bin/sh"));
        command.args(["-c", GUARD, "guard"]);
        command.arg(self.programs.join("postgres"));
        command.arg("-D").arg(self.data());
        command.args(["-p", &self.port.to_string(), "-h", "127.0.0.1", "-k"]);
        command.arg(self.folder.path());
        for setting in self.settings.iter().chain(&["max_connections=200"]) {
            command.args(["-c", setting]);
        }
        if self.tls {
            let key = self.folder.path().join("key.pem");
            command.args(["-c", "ssl=on", "-c"]);
            command.arg(format!("ssl_cert_file={}", self.certificate().display()));
            command.arg("-c");
            command.arg(format!("ssl_key_file={}", key.display()));
        }
        let log = std::fs::File::create(self.log_file()).expect("a log file");
        let same = log.try_clone().expect("a log file");
        command.stdin(Stdio::piped()).stdout(log).stderr(same);
        command
    }

    fn answers(&self) -> bool {
        let mut ready = self.program("pg_isready");
        ready.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
        ready.output().is_ok_and(|said| said.status.success())
    }

    fn psql(&self, database: &str, sql: &str) -> String {
        self.try_psql(database, sql)
            .unwrap_or_else(|trouble| panic!("{sql}: {trouble}"))
    }

    fn try_psql(&self, database: &str, sql: &str) -> Result<String, String> {
        let mut psql = self.program("psql");
        psql.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
        psql.args(["-U", "grantd", "-d", database, "-X", "-q", "-t", "-A"]);
        psql.args(["-v", "ON_ERROR_STOP=1", "-f", "-"]);
        psql.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut running = psql.stderr(Stdio::piped()).spawn().expect("psql runs");
        let mut input = running.stdin.take().expect("a pipe");
        // Without a server it does not listen, and says so.
        let _ = input.write_all(sql.as_bytes());
        drop(input);
        let said = running.wait_with_output().expect("psql ends");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if said.status.success() {
            Ok(text(&said.stdout))
        } else {
            Err(text(&said.stderr))
        }
    }

    fn program(&self, name: &str) -> Command {
        self.program_at(&self.programs.join(name))
    }

    fn program_at(&self, path: &Path) -> Command {
        let mut command = Command::new(path);
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command.current_dir(self.folder.path());
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The folder of the newest version's programs.
fn programs() -> PathBuf {
    let versions = FOLDERS
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok());
    let mut found: Vec<(u32, PathBuf)> = versions
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = name.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(version, bin)| *version >= OLDEST && bin.join("initdb").exists())
        .collect();
    found.sort();
    found
        .pop()
        .map(|(_, bin)| bin)
        .or_else(in_the_path)
        .expect(MISSING)
}

fn in_the_path() -> Option<PathBuf> {
    let said = Command::new("pg_config").arg("--bindir").output().ok()?;
    let bin = PathBuf::from(String::from_utf8(said.stdout).ok()?.trim());
    let version = Command::new(bin.join("postgres")).arg("--version").output();
    let version = String::from_utf8(version.ok()?.stdout).ok()?;
    let major = version
        .split([' ', '.'])
        .find_map(|word| word.parse::<u32>().ok())?;
    (major >= OLDEST && bin.join("initdb").exists()).then_some(bin)
}

/// The user to be when this process is root's, with `folder` made that user's.
fn unprivileged(folder: &Path) -> Option<(u32, u32)> {
    if folder.metadata().expect("the folder is there").uid() != 0 {
        return None;
    }
    let id = |of: &str| -> Option<u32> {
        let said = Command::new("id").args([of, "postgres"]).output().ok()?;
        String::from_utf8(said.stdout).ok()?.trim().parse().ok()
    };
    let (user, group) = (id("-u").expect(MISSING), id("-g").expect(MISSING));
    std::os::unix::fs::chown(folder, Some(user), Some(group)).expect("root may give it away");
    Some((user, group))
}

fn free_port() -> u16 {
    let port = |listener: TcpListener| -> io::Result<u16> { Ok(listener.local_addr()?.port()) };
    TcpListener::bind("127.0.0.1:0")
        .and_then(port)
        .expect("a port")
}
