//! What others have counted, read when somebody asks: the rules' counts, the
//! password threads, the store, the process.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use grantd_core::authority::Authority;
use grantd_core::counts::{Happening, SignInKind, SignInOutcome};
use grantd_core::outbound::Event;
use grantd_core::store::{EngineLoad, Steps, StoreLoad};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::Taken;
use super::process::Process;
use super::samples::{Labels, Out};

/// Reads them all.
pub(super) struct Collect {
    authority: Arc<Authority>,
    stock: Arc<Mutex<Option<Taken>>>,
}

impl fmt::Debug for Collect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Collect")
    }
}

impl Collect {
    pub(super) fn new(authority: Arc<Authority>, stock: Arc<Mutex<Option<Taken>>>) -> Self {
        Self { authority, stock }
    }

    fn verdicts(&self, out: &mut Out<'_>) -> fmt::Result {
        let count = |what| self.authority.counts.get(what) as f64;
        out.counter(
            "checks",
            "Tokens that were judged, by who asked and the verdict",
            &[
                (
                    &[("asked", "holder"), ("verdict", "valid")],
                    count(Happening::TokenValid),
                ),
                (
                    &[("asked", "holder"), ("verdict", "suspended")],
                    count(Happening::TokenOfSuspended),
                ),
                (
                    &[("asked", "holder"), ("verdict", "unknown")],
                    count(Happening::TokenUnknown),
                ),
                (
                    &[("asked", "app"), ("verdict", "valid")],
                    count(Happening::AppTokenValid),
                ),
                (
                    &[("asked", "app"), ("verdict", "unknown")],
                    count(Happening::AppTokenUnknown),
                ),
            ],
        )?;
        out.counter(
            "app_secrets",
            "Secrets of apps that were judged, by the verdict",
            &[
                (&[("verdict", "right")], count(Happening::AppProved)),
                (&[("verdict", "wrong")], count(Happening::AppRefused)),
            ],
        )?;
        out.counter(
            "reaped_rows",
            "What had ended and was deleted, by kind",
            &[
                (&[("kind", "tokens")], count(Happening::ReapedTokens)),
                (&[("kind", "counters")], count(Happening::ReapedCounters)),
                (&[("kind", "codes")], count(Happening::ReapedCodes)),
                (&[("kind", "sessions")], count(Happening::ReapedSessions)),
            ],
        )?;
        out.counter(
            "mails",
            "Mails, by whether the relay took them",
            &[
                (&[("outcome", "sent")], count(Happening::MailSent)),
                (&[("outcome", "failed")], count(Happening::MailFailed)),
            ],
        )?;
        let posted = |event: Event, outcome| [("event", event.name()), ("outcome", outcome)];
        out.counter(
            "webhooks",
            "What was posted to webhooks, by event and whether the receiver took it",
            &[
                (&posted(Event::Audit, "sent"), count(Happening::AuditPosted)),
                (
                    &posted(Event::Audit, "failed"),
                    count(Happening::AuditFailed),
                ),
                (
                    &posted(Event::TokenExpiring, "sent"),
                    count(Happening::NoticePosted),
                ),
                (
                    &posted(Event::TokenExpiring, "failed"),
                    count(Happening::NoticeFailed),
                ),
            ],
        )
    }

    fn sign_ins(&self, out: &mut Out<'_>) -> fmt::Result {
        let mut labels = Vec::new();
        for by in SignInKind::ALL {
            for how in SignInOutcome::ALL {
                let count = self.authority.counts.sign_ins(by, how);
                labels.push(([("by", kind(by)), ("outcome", outcome(how))], count as f64));
            }
        }
        let samples: Vec<(Labels<'_>, f64)> = labels
            .iter()
            .map(|(labels, count)| (labels.as_slice(), *count))
            .collect();
        out.counter(
            "sign_ins",
            "Attempts to sign in, by what with and how they ended",
            &samples,
        )
    }

    fn hash_pool(&self, out: &mut Out<'_>) -> fmt::Result {
        let load = self.authority.sign_in.pool_load();
        let limits = load.limits;
        out.gauge(
            "hash_pool_threads",
            "Passwords that may be hashed at one time",
            limits.threads as f64,
        )?;
        out.gauge(
            "hash_pool_running",
            "Passwords that are being hashed",
            load.running as f64,
        )?;
        out.gauge(
            "hash_pool_queued",
            "Passwords that wait to be hashed",
            load.queued as f64,
        )?;
        out.gauge(
            "hash_pool_saturation_ratio",
            "How full the fuller line of passwords is; at 1, more are refused",
            load.fuller as f64 / limits.queue.max(1) as f64,
        )?;
        let refused: &[(Labels<'_>, f64)] = &[(&[], load.refused as f64)];
        out.counter(
            "hash_pool_refused",
            "Passwords that found no place in their line, or lost it",
            refused,
        )
    }

    fn stock(&self, out: &mut Out<'_>) -> fmt::Result {
        let taken = *self.stock.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Taken { stock, at }) = taken else {
            return Ok(());
        };
        out.gauge(
            "tokens",
            "Tokens that have not expired, counted up to a million",
            stock.tokens as f64,
        )?;
        let [month, week, day] = stock.expiring.map(|count| count as f64);
        out.gauges(
            "tokens_expiring",
            "Tokens that expire within so many days, counted up to a million",
            &[
                (&[("days", "30")], month),
                (&[("days", "7")], week),
                (&[("days", "1")], day),
            ],
        )?;
        out.gauge(
            "sessions",
            "Sessions of browsers, counted up to a million",
            stock.sessions as f64,
        )?;
        out.gauge(
            "stock_timestamp_seconds",
            "When tokens and sessions were counted",
            at.0 as f64,
        )
    }
}

fn store(load: &StoreLoad, out: &mut Out<'_>) -> fmt::Result {
    let each = |of: fn(&Steps) -> f64| {
        [
            ("look_up", of(&load.look_ups)),
            ("check", of(&load.checks)),
            ("change", of(&load.changes)),
        ]
    };
    out.counters_by(
        "store_steps",
        "Steps of the store, by kind",
        "step",
        &each(|steps| steps.count as f64),
    )?;
    out.counters_by(
        "store_unavailable",
        "Steps that the store could not do, by kind",
        "step",
        &each(|steps| steps.unavailable as f64),
    )?;
    out.counters_by(
        "store_wait_seconds",
        "How long callers waited for the store, by kind of step: queue, statements and commit",
        "step",
        &each(|steps| steps.time.as_secs_f64()),
    )?;
    let statements: &[(Labels<'_>, f64)] = &[(&[], load.statements as f64)];
    out.counter(
        "store_statements",
        "Statements that were run for steps; one that answers many checks counts once",
        statements,
    )?;
    engine(&load.engine, out)
}

fn engine(load: &EngineLoad, out: &mut Out<'_>) -> fmt::Result {
    match *load {
        EngineLoad::Other => Ok(()),
        EngineLoad::Sqlite {
            waiting_reads,
            waiting_writes,
            commits,
            committed,
        } => {
            out.gauges(
                "sqlite_waiting",
                "Steps that wait for their thread",
                &[
                    (&[("for", "reader")], waiting_reads as f64),
                    (&[("for", "writer")], waiting_writes as f64),
                ],
            )?;
            out.counter(
                "sqlite_commits",
                "Batches of changes that were committed",
                &[(&[], commits as f64)],
            )?;
            out.counter(
                "sqlite_committed_steps",
                "Changes in all of these: divided by them, the size of a batch",
                &[(&[], committed as f64)],
            )
        }
        EngineLoad::Postgres {
            connections,
            idle,
            waiting,
            lines,
            round_trips,
        } => {
            out.gauges(
                "postgres_connections",
                "Connections, by use: of the pool for changes, and lines for checks",
                &[
                    (&[("of", "pool"), ("state", "open")], connections.0 as f64),
                    (&[("of", "pool"), ("state", "idle")], idle as f64),
                    (&[("of", "pool"), ("state", "most")], connections.1 as f64),
                    (&[("of", "lines"), ("state", "open")], lines.0 as f64),
                    (&[("of", "lines"), ("state", "most")], lines.1 as f64),
                ],
            )?;
            out.gauge(
                "postgres_waiting",
                "Steps that wait for a connection of the pool",
                waiting as f64,
            )?;
            out.counter(
                "postgres_check_round_trips",
                "Round trips that answered checks, each any number of them",
                &[(&[], round_trips as f64)],
            )
        }
    }
}

fn process(out: &mut Out<'_>) -> fmt::Result {
    let process = Process::look();
    for (name, help, value) in [
        (
            "process_resident_memory_bytes",
            "Memory that is in use",
            process.resident_bytes,
        ),
        (
            "process_open_files",
            "Files and sockets that are open",
            process.open_files,
        ),
        (
            "process_most_files",
            "How many may be open",
            process.most_files,
        ),
        ("process_threads", "Threads", process.threads),
    ] {
        if let Some(value) = value {
            out.gauge(name, help, value as f64)?;
        }
    }
    Ok(())
}

impl Collector for Collect {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut out = Out::new(encoder);
        out.gauges(
            "build_info",
            "This program",
            &[(&[("version", env!("CARGO_PKG_VERSION"))], 1.0)],
        )?;
        self.verdicts(&mut out)?;
        self.sign_ins(&mut out)?;
        self.hash_pool(&mut out)?;
        store(&self.authority.store.load(), &mut out)?;
        self.stock(&mut out)?;
        process(&mut out)
    }
}

fn kind(by: SignInKind) -> &'static str {
    match by {
        SignInKind::Api => "api",
        SignInKind::Password => "password",
        SignInKind::Code => "code",
        SignInKind::Passkey => "passkey",
    }
}

fn outcome(how: SignInOutcome) -> &'static str {
    match how {
        SignInOutcome::Right => "right",
        SignInOutcome::Wrong => "wrong",
        SignInOutcome::CodeWanted => "code_wanted",
        SignInOutcome::Locked => "locked",
        SignInOutcome::Throttled => "throttled",
        SignInOutcome::Busy => "busy",
        SignInOutcome::Suspended => "suspended",
        SignInOutcome::Unavailable => "unavailable",
    }
}
