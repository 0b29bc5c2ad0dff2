//! What the clients do. Owns the mix: lives of tokens, and races on purpose,
//! where a token is watched on all other nodes while it ends on one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{join, join_all};
use tokio::task::JoinSet;

use super::dice::Dice;
use super::history::{Grant, Outcome, Token, User};
use super::line::Line;
use super::record::lock;
use super::world::{APPS, PROBE, USERS, World};

const WORKERS: u64 = 12;
/// A node that is silent for longer is given up on for now.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Between two operations of one worker: the nodes share few cores with their clients.
const PAUSE: Duration = Duration::from_millis(4);
const PROBES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(50));
/// Ended tokens that are still asked for.
const REMEMBERED: usize = 400;

/// Tokens that everybody uses.
#[derive(Default)]
struct Shared {
    live: Vec<Token>,
    ended: Vec<Token>,
}

/// Clients at work.
pub(crate) struct Load {
    tasks: JoinSet<()>,
    stop: Arc<AtomicBool>,
}

impl Load {
    pub(crate) fn start(world: &Arc<World>, seed: u64) -> Self {
        let (stop, shared) = (Arc::default(), Arc::default());
        let mut tasks = JoinSet::new();
        for number in 0..WORKERS {
            let worker = Worker::new(world, &stop, &shared, seed.wrapping_add(number));
            tasks.spawn(worker.work());
        }
        let operator = Worker::new(world, &stop, &shared, seed.wrapping_add(WORKERS));
        tasks.spawn(operator.suspend_and_lift());
        for node in world.all_nodes() {
            let line = || Line::new(world, node, PATIENCE);
            tasks.spawn(probe_checks(line(), Arc::clone(&stop)));
            tasks.spawn(probe_writes(line(), Arc::clone(&stop)));
        }
        Self { tasks, stop }
    }

    pub(crate) async fn finish(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(ended) = self.tasks.join_next().await {
            ended.expect("no client panicked");
        }
    }
}

async fn probe_checks(mut line: Line, stop: Arc<AtomicBool>) {
    let mut token = None;
    while !stop.load(Ordering::Relaxed) {
        match token {
            None => token = line.create(PROBE).await,
            Some(token) => drop(line.check(token).await),
        }
        tokio::time::sleep(PROBES.0).await;
    }
}

async fn probe_writes(mut line: Line, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        if let Some(token) = line.create(PROBE).await {
            tokio::time::sleep(PROBES.1).await;
            line.revoke(token).await;
        }
        tokio::time::sleep(PROBES.1).await;
    }
}

struct Worker {
    lines: Vec<Line>,
    own: Vec<Token>,
    shared: Arc<Mutex<Shared>>,
    stop: Arc<AtomicBool>,
    dice: Dice,
}

/// What ends a token.
enum End {
    Revoke,
    Reset,
    DeleteGrant,
}

impl Worker {
    fn new(
        world: &Arc<World>,
        stop: &Arc<AtomicBool>,
        shared: &Arc<Mutex<Shared>>,
        seed: u64,
    ) -> Self {
        Self {
            lines: Line::to_all(world, PATIENCE),
            own: Vec::new(),
            shared: Arc::clone(shared),
            stop: Arc::clone(stop),
            dice: Dice::new(seed),
        }
    }

    async fn work(mut self) {
        while !self.stop.load(Ordering::Relaxed) {
            match self.dice.below(1_000) {
                0..180 => self.create().await,
                180..290 => self.race(End::Revoke).await,
                290..350 => self.race(End::Reset).await,
                350..352 => self.race(End::DeleteGrant).await,
                _ => self.look().await,
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn create(&mut self) {
        let grant = Grant {
            user: User(1 + self.dice.below(USERS - 1)),
            app: self.dice.below(APPS),
        };
        let at = self.dice.below(self.lines.len());
        let made = self.lines[at].create(grant).await;
        self.keep(made);
    }

    /// Half of the tokens are for everybody.
    fn keep(&mut self, made: Option<Token>) {
        if self.dice.percent(50) {
            self.own.extend(made);
        } else {
            lock(&self.shared).live.extend(made);
        }
    }

    /// Takes a living token; now and then leaves it to others too, who may end it as well.
    fn take(&self, own: &mut Vec<Token>) -> Option<Token> {
        let mut shared = lock(&self.shared);
        let from = if self.dice.percent(50) {
            own
        } else {
            &mut shared.live
        };
        if from.is_empty() {
            return None;
        }
        let at = self.dice.below(from.len());
        let token = from[at];
        if self.dice.percent(90) {
            from.swap_remove(at);
        }
        Some(token)
    }

    fn bury(&self, token: Token) {
        let mut shared = lock(&self.shared);
        if shared.ended.len() < REMEMBERED {
            shared.ended.push(token);
        } else {
            let at = self.dice.below(REMEMBERED);
            shared.ended[at] = token;
        }
    }

    /// Ends a token on one node, while all others are asked for it without pause.
    async fn race(&mut self, end: End) {
        let mut own = std::mem::take(&mut self.own);
        let token = self.take(&mut own);
        self.own = own;
        let Some(token) = token else { return };
        let at = self.dice.below(self.lines.len());
        let (before, rest) = self.lines.split_at_mut(at);
        let (actor, after) = rest.split_first_mut().expect("a line to each node");
        let ended = AtomicBool::new(false);
        let ending = async {
            let made = match end {
                End::Revoke => (actor.revoke(token).await, None),
                End::Reset => actor.reset(token).await,
                End::DeleteGrant => (actor.delete_grant(token).await, None),
            };
            ended.store(true, Ordering::Relaxed);
            made
        };
        let others = before.iter_mut().chain(after);
        let watching = join_all(others.map(|line| watch(line, token, &ended)));
        let ((_, made), _) = join(ending, watching).await;
        self.lines[at].check(token).await;
        self.bury(token);
        if let Some(new) = made {
            let other = self.dice.below(self.lines.len());
            self.lines[other].check(new).await;
        }
        self.keep(made);
        if matches!(end, End::DeleteGrant) {
            // Some of the grant's other tokens are likely among these.
            for _ in 0..20 {
                self.look().await;
            }
        }
    }

    async fn look(&mut self) {
        let token = {
            let shared = lock(&self.shared);
            let among = match self.dice.below(10) {
                0..4 => &self.own,
                4..7 => &shared.live,
                _ => &shared.ended,
            };
            (!among.is_empty()).then(|| *self.dice.one_of(among))
        };
        let at = self.dice.below(self.lines.len());
        let line = &mut self.lines[at];
        let outcome = match token {
            Some(token) if self.dice.percent(25) => line.use_it(token).await,
            Some(token) => line.check(token).await,
            None => Outcome::Unknown,
        };
        if outcome == Outcome::Unknown {
            tokio::time::sleep(PAUSE * 4).await;
        }
    }

    async fn suspend_and_lift(mut self) {
        while !self.stop.load(Ordering::Relaxed) {
            let user = User(1 + self.dice.below(USERS - 1));
            let world = Arc::clone(&self.lines[0].world);
            for lift in [false, true] {
                // A command that went wrong is given again, so that nobody stays suspended.
                while !world.suspend(user, lift).await && !self.stop.load(Ordering::Relaxed) {
                    tokio::time::sleep(PATIENCE / 10).await;
                }
                self.look_at_all_of(user).await;
                tokio::time::sleep(PATIENCE / 10).await;
            }
        }
    }

    async fn look_at_all_of(&mut self, user: User) {
        let world = Arc::clone(&self.lines[0].world);
        let live = lock(&self.shared).live.clone();
        let theirs = |token: &Token| world.known(*token).grant.user == user;
        for token in live.into_iter().filter(theirs).take(5) {
            join_all(self.lines.iter_mut().map(|line| line.check(token))).await;
        }
    }
}

/// Asks until the token was ended, and once more after that.
async fn watch(line: &mut Line, token: Token, ended: &AtomicBool) {
    loop {
        let last = ended.load(Ordering::Relaxed);
        let outcome = line.check(token).await;
        if last {
            return;
        }
        if outcome == Outcome::Unknown {
            tokio::time::sleep(PAUSE).await;
        }
    }
}
