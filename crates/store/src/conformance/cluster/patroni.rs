//! Two servers whose primary is chosen by Patroni, over etcd. Owns how these
//! programs are told; who is primary when is theirs to decide.

use std::net::TcpStream;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use super::{Cluster, free_port};

const MISSING: &str = "this needs Patroni: apt-get install patroni etcd-server python3-psycopg2";
/// Everything ends when its guard's standard input does. The first argument names the file with
/// PostgreSQL's process, which Patroni would leave running.
const GUARD: &str = r#""$@" & daemon=$!; cat >/dev/null
    kill -KILL $daemon; [ ! -s "$0" ] || kill -KILL "$(head -n 1 "$0")"; rm -f "$0"; wait"#;

type Guarded = (Child, ChildStdin);

/// etcd and two members.
pub struct Patroni {
    etcd: Option<Guarded>,
    members: [Member; 2],
}

struct Member {
    server: Cluster,
    running: Option<Guarded>,
}

impl Patroni {
    /// Starts everything, and waits until one member is primary and the other its synchronous
    /// standby.
    ///
    /// # Panics
    /// A program is missing or does not do what it should.
    pub fn start() -> Self {
        let (clients, peers) = (free_port(), free_port());
        let members = ["one", "two"].map(|name| Member::new(name, clients));
        let mut etcd = members[0].server.program_at("etcd".as_ref());
        let [clients, peers] = [clients, peers].map(|port| format!("http://127.0.0.1:{port}"));
        etcd.args(["--data-dir", "etcd", "--log-level", "error"]);
        etcd.args([
            "--listen-client-urls",
            &clients,
            "--advertise-client-urls",
            &clients,
        ]);
        etcd.args([
            "--listen-peer-urls",
            &peers,
            "--initial-advertise-peer-urls",
            &peers,
        ]);
        etcd.args(["--initial-cluster", &format!("default={peers}")]);
        let etcd = Some(guard(&members[0].server, etcd, "no-such.pid"));
        let mut patroni = Self { etcd, members };
        let port = clients
            .rsplit_once(':')
            .and_then(|(_, port)| port.parse().ok());
        let port: u16 = port.expect("a port");
        wait_for("etcd", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        for member in [0, 1] {
            patroni.join(member);
            wait_for("a primary", || patroni.primary().is_some());
        }
        wait_for("a standby", || patroni.is_synchronous());
        patroni
    }

    /// A fresh, empty database, with both hosts in its URL.
    ///
    /// # Panics
    /// There is no primary.
    pub fn database(&self) -> String {
        let primary = &self.members[self.primary().expect("a primary")].server;
        let (start, name) = {
            let url = primary.database();
            let (start, name) = url.rsplit_once('/').expect("a database");
            let (start, _) = start.rsplit_once('@').expect("a user");
            (start.to_owned(), name.to_owned())
        };
        let hosts = self.members.each_ref().map(|member| member.server.port);
        let [one, two] = hosts.map(|port| format!("127.0.0.1:{port}"));
        format!("{start}@{one},{two}/{name}?target_session_attrs=read-write")
    }

    /// Who takes writes now, if anybody does.
    pub fn primary(&self) -> Option<usize> {
        let takes_writes = |member: &&Member| {
            let asked = "SELECT pg_is_in_recovery()";
            member.server.try_psql("postgres", asked).as_deref() == Ok("f")
        };
        self.members.iter().position(|member| takes_writes(&member))
    }

    /// Whether the primary has a standby that it waits for.
    pub fn is_synchronous(&self) -> bool {
        let Some(primary) = self.primary() else {
            return false;
        };
        let asked = "SELECT string_agg(sync_state, '') FROM pg_stat_replication";
        let state = self.members[primary].server.try_psql("postgres", asked);
        state.as_deref() == Ok("sync")
    }

    /// Runs statements at the primary.
    ///
    /// # Panics
    /// There is none, or it does not take them.
    pub fn execute(&self, url: &str, sql: &str) -> String {
        let primary = self.primary().expect("a primary");
        let (url, _) = url.split_once('?').expect("a choice of hosts");
        self.members[primary].server.execute(url, sql)
    }

    /// The machine is gone: Patroni and PostgreSQL both, by `kill -9`.
    ///
    /// # Panics
    /// It does not end.
    pub fn crash(&mut self, member: usize) {
        end(&mut self.members[member].running);
    }

    /// The machine comes back.
    ///
    /// # Panics
    /// It does not start.
    pub fn join(&mut self, member: usize) {
        let member = &mut self.members[member];
        let mut patroni = member.server.program_at("patroni".as_ref());
        patroni.arg("patroni.yml");
        member.running = Some(guard(&member.server, patroni, "data/postmaster.pid"));
    }
}

impl Drop for Patroni {
    fn drop(&mut self) {
        for member in [0, 1] {
            self.crash(member);
        }
        end(&mut self.etcd);
    }
}

impl Member {
    /// The settings are those of `docs/operations.md`, without a watchdog.
    fn new(name: &str, etcd: u16) -> Self {
        let server = Cluster::new(false, &[]);
        let folder = server.folder.path().display();
        let (port, rest) = (server.port, free_port());
        let settings = format!(
            "scope: drill\nname: {name}\n\
             restapi: {{listen: '127.0.0.1:{rest}', connect_address: '127.0.0.1:{rest}'}}\n\
             etcd3: {{host: '127.0.0.1:{etcd}'}}\n\
             bootstrap:\n  \
               dcs:\n    ttl: 20\n    loop_wait: 2\n    retry_timeout: 5\n    \
                 synchronous_mode: true\n    synchronous_mode_strict: true\n    \
                 postgresql: {{use_pg_rewind: true, parameters: {{synchronous_commit: 'on'}}}}\n  \
               initdb: [{{encoding: UTF8}}, {{locale: C}}]\n\
             postgresql:\n  \
               listen: '127.0.0.1:{port}'\n  connect_address: '127.0.0.1:{port}'\n  \
               data_dir: '{folder}/data'\n  bin_dir: '{programs}'\n  pgpass: '{folder}/pgpass'\n  \
               remove_data_directory_on_diverged_timelines: true\n  \
               authentication:\n    \
                 superuser: {{username: grantd}}\n    \
                 replication: {{username: grantd}}\n    \
                 rewind: {{username: grantd}}\n  \
               parameters: {{unix_socket_directories: '{folder}', max_connections: 200}}\n  \
               pg_hba: ['local all all trust', 'host all all 127.0.0.1/32 trust', \
                        'host replication all 127.0.0.1/32 trust']\n\
             watchdog: {{mode: 'off'}}\n",
            programs = server.programs.display(),
        );
        let file = server.folder.path().join("patroni.yml");
        std::fs::write(file, settings).expect("a file");
        let running = None;
        Self { server, running }
    }
}

fn guard(server: &Cluster, program: Command, process: &str) -> Guarded {
    let log = server.folder.path().join("patroni.log");
    let log = std::fs::File::options().create(true).append(true).open(log);
    let log = log.expect("a log file");
    let mut command = server.program_at("/bin/sh".as_ref());
    command.args(["-c", GUARD]).arg(process);
    command.arg(program.get_program()).args(program.get_args());
    let same = log.try_clone().expect("a log file");
    command.stdin(Stdio::piped()).stdout(log).stderr(same);
    let mut guard = command.spawn().expect("a shell");
    let input = guard.stdin.take().expect("a pipe");
    (guard, input)
}

fn end(running: &mut Option<Guarded>) {
    if let Some((mut guard, input)) = running.take() {
        drop(input);
        guard.wait().expect("it ends");
    }
}

fn wait_for(what: &str, is_there: impl Fn() -> bool) {
    let asked = Instant::now();
    while !is_there() {
        let late = asked.elapsed() > Duration::from_secs(60);
        assert!(!late, "no sign of {what}; {MISSING}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
