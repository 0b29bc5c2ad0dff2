//! How fast a store is by itself, without HTTP: `pace URL WHAT SECONDS CLIENTS USERS APPS TOKENS`.
//!
//! The database is one that `fill` has made with the last three numbers. `WHAT`:
//!
//! - `checks`, `hot`: valid tokens, uniformly random over all or over one hundred
//! - `checks-and-creates`: the first, while eight clients create
//! - `creates`: each client for a user of its own, durable
//! - `page-1`, `page-last`: thirty of the first user's tokens
//! - `open`: opens the store and checks one token
//!
//! Prints one line: operations per second, CPU time per operation (this process, and the processes
//! of PostgreSQL if `POSTGRES_PID` names the first of them), median and 99th percentile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use grantd_core::app::ClientId;
use grantd_core::audit::Stamp;
use grantd_core::authorization::NewAuthorization;
use grantd_core::clock::{SystemClock, Timestamp};
use grantd_core::fingerprint::Fingerprint;
use grantd_core::ids::{AppId, UserId};
use grantd_core::scope::Scopes;
use grantd_core::store::{MintLimits, PageRequest, SharedStore};
use grantd_core::token::{TokenHash, TokenLastEight};
use grantd_store::DatabaseUrl;
use grantd_store::conformance::fill::{Fill, client_id, token};

const USAGE: &str = "pace URL checks|hot|checks-and-creates|creates|page-1|page-last|open \
                     SECONDS CLIENTS USERS APPS TOKENS";
/// Before anything that `fill` has made ends.
const NOW: Timestamp = Timestamp(1_600_000_001);
const CREATORS: u64 = 8;

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// What everybody works with.
struct Stage {
    store: SharedStore,
    fill: Fill,
    /// Clear tokens are costly to make: the hashes of some, drawn at random.
    drawn: Vec<(ClientId, TokenHash)>,
    next: AtomicU64,
    over: AtomicBool,
}

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, what, seconds, clients, users, apps, tokens] = arguments.as_slice() else {
        return Err(USAGE.into());
    };
    let fill = Fill {
        users: users.parse()?,
        apps: apps.parse()?,
        tokens: tokens.parse()?,
    };
    let url = DatabaseUrl::parse(url)?;
    let begun = Instant::now();
    let store = url.open(Arc::new(SystemClock)).await?;
    let drawn = match what.as_str() {
        "checks" | "checks-and-creates" => draw(fill, 200_000),
        _ => draw(fill, 100),
    };
    let stage = Arc::new(Stage {
        store,
        fill,
        drawn,
        next: AtomicU64::new(0),
        over: AtomicBool::new(false),
    });
    if what == "open" {
        check(&stage, 0).await?;
        println!("open {:.1} ms", begun.elapsed().as_secs_f64() * 1e3);
        return Ok(());
    }
    measure(&stage, what, seconds.parse()?, clients.parse()?).await
}

fn draw(fill: Fill, count: u64) -> Vec<(ClientId, TokenHash)> {
    let count = count.min(fill.tokens);
    let step = 0x9e37_79b9_7f4a_7c15_u64;
    let numbers = (1..=count).map(|turn| turn.wrapping_mul(step) % fill.tokens);
    let of_apps = numbers.filter_map(|number| Some((number, fill.app_of(number)?)));
    let drawn = of_apps.map(|(number, app)| {
        let id = ClientId::from_stored(client_id(app));
        (id, token(number).hash())
    });
    drawn.collect()
}

async fn measure(stage: &Arc<Stage>, what: &str, seconds: u64, clients: u64) -> Result<(), Failed> {
    let mut beside = Vec::new();
    if what == "checks-and-creates" {
        for client in 0..CREATORS {
            beside.push(tokio::spawn(work(
                Arc::clone(stage),
                "creates".to_owned(),
                client,
            )));
        }
    }
    let (cpu, begun) = (cpu_time()?, Instant::now());
    let work = |client| tokio::spawn(work(Arc::clone(stage), what.to_owned(), client));
    let working: Vec<_> = (0..clients).map(work).collect();
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    stage.over.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    for one in working {
        times.extend(one.await??);
    }
    let (cpu, took) = (cpu_time()?.saturating_sub(cpu), begun.elapsed());
    for one in beside {
        let created = one.await??.len();
        print!("[+{created} created] ");
    }
    times.sort_unstable();
    let at = |share: f64| times[(times.len() as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "{what} {:.0}/s {:.1} us CPU, p50 {:.3} ms, p99 {:.3} ms",
        times.len() as f64 / took.as_secs_f64(),
        cpu.as_secs_f64() * 1e6 / times.len() as f64,
        at(0.5),
        at(0.99),
    );
    Ok(())
}

async fn work(stage: Arc<Stage>, what: String, client: u64) -> Result<Vec<Duration>, Failed> {
    let mut times = Vec::new();
    while !stage.over.load(Ordering::Relaxed) {
        let begun = Instant::now();
        match what.as_str() {
            "checks" | "hot" | "checks-and-creates" => {
                let turn = stage.next.fetch_add(1, Ordering::Relaxed);
                check(&stage, turn).await?;
            }
            "creates" => create(&stage, client).await?,
            "page-1" => list(&stage, 1).await?,
            "page-last" => list(&stage, 600).await?,
            _ => return Err(USAGE.into()),
        }
        times.push(begun.elapsed());
    }
    Ok(times)
}

async fn check(stage: &Stage, turn: u64) -> Result<(), Failed> {
    let (app, hash) = &stage.drawn[(turn % stage.drawn.len() as u64) as usize];
    let check = stage.store.check_token(app, Some(*hash), NOW).await?;
    let valid = check.is_some_and(|check| check.token.is_some());
    if valid {
        Ok(())
    } else {
        Err("a token is not valid".into())
    }
}

async fn create(stage: &Stage, client: u64) -> Result<(), Failed> {
    let turn = stage.next.fetch_add(1, Ordering::Relaxed);
    let mut hash = token(0).hash();
    let unique = (turn ^ (u64::from(std::process::id()) << 40)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash.0[..8].copy_from_slice(&unique.to_be_bytes());
    let user = client % stage.fill.users + 1;
    let new = NewAuthorization {
        user_id: UserId(user as i64),
        app_id: Some(AppId((turn % stage.fill.apps + 1) as i64)),
        token_hash: hash,
        token_last_eight: TokenLastEight(format!("{turn:08}")),
        note: None,
        note_url: None,
        scopes: Scopes::from_stored("repo"),
        fingerprint: Fingerprint::default(),
        expires_at: None,
    };
    let limits = MintLimits {
        per_scope_set: 10,
        per_hour: None,
    };
    let made = stage
        .store
        .create_authorization(new, limits, Stamp::operator(NOW));
    made.await?.map_err(|_| "a creation was refused")?;
    Ok(())
}

async fn list(stage: &Stage, page: u32) -> Result<(), Failed> {
    let request = PageRequest { page, per_page: 30 };
    let page = stage
        .store
        .list_authorizations(UserId(1), None, request)
        .await?;
    if page.items.len() == 30 {
        Ok(())
    } else {
        Err("the page is not full".into())
    }
}

/// User and system time of this process and of PostgreSQL's.
fn cpu_time() -> Result<Duration, Failed> {
    let mut ticks = sum(&fields("self")?);
    #[expect(
        clippy::disallowed_methods,
        reason = "what scripts/with-postgres says, not a setting of the program"
    )]
    let first = std::env::var("POSTGRES_PID");
    if let Ok(first) = first {
        for folder in std::fs::read_dir("/proc")? {
            let name = folder?.file_name();
            let Some(name) = name.to_str().filter(|name| name.parse::<u32>().is_ok()) else {
                continue;
            };
            // It may be gone by now.
            ticks += match fields(name) {
                Ok(fields) if name == first || fields.get(1) == Some(&first) => sum(&fields),
                _ => 0,
            };
        }
    }
    Ok(Duration::from_millis(ticks * 10))
}

/// What stands after the name in the kernel's line about a process: state, parent, …
fn fields(process: &str) -> std::io::Result<Vec<String>> {
    let line = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let after = line.rsplit_once(") ").map_or("", |(_, after)| after);
    Ok(after.split(' ').map(str::to_owned).collect())
}

/// User and system time, also of processes that have ended.
fn sum(fields: &[String]) -> u64 {
    let ticks = fields.iter().skip(11).take(4);
    ticks.filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}
