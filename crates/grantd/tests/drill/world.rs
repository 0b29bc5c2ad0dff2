//! Who there is: users, apps, nodes, and every token that anybody heard of.
//! Owns their names and secrets.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::history::{Event, Grant, Node, Outcome, Token, User, What};
use super::outages::Fault;
use super::record::{Record, lock};
use super::server::Program;

const PASSWORD: &str = "correct horse battery staple";
const CLIENT_SECRET: &str = "3ef4ad510c59ad37bac6bb4f80047fb3aee3cc7f";
pub(crate) const USERS: usize = 6;
pub(crate) const APPS: usize = 2;
/// Of one user, app and set of scopes only ten tokens are kept. So that none goes here, each
/// token gets a set of its own.
const SCOPES: [&str; 16] = [
    "gist",
    "notifications",
    "public_repo",
    "read:org",
    "read:packages",
    "read:user",
    "repo:invite",
    "repo:status",
    "repo_deployment",
    "security_events",
    "user:email",
    "user:follow",
    "workflow",
    "codespace",
    "delete_repo",
    "read:discussion",
];
/// The hashes of all tokens.
pub(crate) const HASHES: &str = "SELECT encode(token_hash, 'hex') FROM authorizations";
/// Never suspended, and its grant is never deleted: the probes'.
pub(crate) const PROBE: Grant = Grant {
    user: User(0),
    app: 0,
};

/// A clear token.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) secret: String,
    /// As the database has it.
    pub(crate) hash: String,
    pub(crate) grant: Grant,
}

pub(crate) struct World {
    pub(crate) record: Record,
    pub(crate) nodes: Vec<SocketAddr>,
    program: Program,
    tokens: Mutex<Vec<Known>>,
    asked: AtomicUsize,
}

pub(crate) fn login(user: User) -> String {
    format!("user-{}", user.0)
}

pub(crate) fn client_id(app: usize) -> String {
    format!("abcde12345fghij6789{app}")
}

fn basic(name: &str, secret: &str) -> String {
    let both = STANDARD.encode(format!("{name}:{secret}"));
    format!("Basic {both}")
}

pub(crate) fn as_user(user: User) -> String {
    basic(&login(user), PASSWORD)
}

pub(crate) fn as_app(app: usize) -> String {
    basic(&client_id(app), CLIENT_SECRET)
}

/// Makes the users and apps, before any node runs.
///
/// # Panics
/// A command does not do it.
pub(crate) fn settle(program: &Program) {
    let run = |arguments: &[&str], input: &str| {
        let said = program.run(arguments, input);
        said.unwrap_or_else(|trouble| panic!("{arguments:?}: {trouble}"));
    };
    for user in 0..USERS {
        let login = login(User(user));
        run(&["user", "create", &login, "--password-stdin"], PASSWORD);
    }
    for app in 0..APPS {
        let (owner, id) = (login(PROBE.user), client_id(app));
        let places = [
            "--url",
            "http://a.test",
            "--callback-url",
            "http://a.test/cb",
        ];
        let mut arguments = vec!["app", "create", "drill", "--owner", &owner];
        arguments.extend(places);
        arguments.extend(["--client-id", &id, "--client-secret-stdin"]);
        run(&arguments, CLIENT_SECRET);
    }
}

impl World {
    pub(crate) fn of(program: &Program, nodes: Vec<SocketAddr>) -> Arc<Self> {
        Arc::new(Self {
            record: Record::of(nodes.len()),
            nodes,
            program: program.clone(),
            tokens: Mutex::default(),
            asked: AtomicUsize::new(0),
        })
    }

    /// Everybody's nodes.
    pub(crate) fn all_nodes(&self) -> impl Iterator<Item = Node> + use<> {
        (0..self.nodes.len()).map(Node)
    }

    /// Lets something bad happen, and waits until every node has answered again.
    pub(crate) async fn suffer(
        &self,
        name: &'static str,
        fault: impl Future<Output = ()>,
    ) -> Fault {
        println!("{name}");
        let began = self.record.now();
        fault.await;
        let done = self.record.now();
        for node in self.all_nodes() {
            self.record.answers_after(node, done).await;
        }
        let over = self.record.now();
        Fault { name, began, over }
    }

    /// The command line counts as a node of its own.
    fn command_line(&self) -> Node {
        Node(self.nodes.len())
    }

    /// What to ask for, different each time.
    pub(crate) fn new_authorization(&self, app: usize) -> serde_json::Value {
        let number = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        let scopes = SCOPES.iter().enumerate();
        let scopes = scopes.filter(|(bit, _)| number >> bit & 1 == 1);
        let scopes: Vec<&str> = scopes.map(|(_, scope)| *scope).collect();
        serde_json::json!({
            "client_id": client_id(app),
            "client_secret": CLIENT_SECRET,
            "fingerprint": format!("token-{number}"),
            "scopes": scopes,
        })
    }

    pub(crate) fn learn(&self, known: Known) -> Token {
        let mut tokens = lock(&self.tokens);
        tokens.push(known);
        Token(tokens.len() - 1)
    }

    pub(crate) fn known(&self, token: Token) -> Known {
        lock(&self.tokens)[token.0].clone()
    }

    pub(crate) fn all_tokens(&self) -> Vec<Known> {
        lock(&self.tokens).clone()
    }

    /// Suspends a user, or lifts it, by a command; `false` when it did not go well.
    pub(crate) async fn suspend(self: &Arc<Self>, user: User, lift: bool) -> bool {
        let world = Arc::clone(self);
        let commanding = tokio::task::spawn_blocking(move || world.suspend_now(user, lift));
        commanding.await.expect("the command was run")
    }

    fn suspend_now(&self, user: User, lift: bool) -> bool {
        let (word, what) = match lift {
            true => ("unsuspend", What::Unsuspend { user }),
            false => ("suspend", What::Suspend { user }),
        };
        let invoked = self.record.now();
        let done = self.program.run(&["user", word, &login(user)], "").is_ok();
        self.record.add(Event {
            node: self.command_line(),
            what,
            invoked,
            completed: self.record.now(),
            outcome: if done {
                Outcome::Done
            } else {
                Outcome::Unknown
            },
        });
        done
    }
}
