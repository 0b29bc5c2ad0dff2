//! `grantd policy`: whom a policy about tokens' lives would hit, and hitting
//! them. Owns what is printed; what is demanded is core's.

use std::cell::Cell;
use std::io::IsTerminal;
use std::sync::Arc;

use clap::{Args, Subcommand};
use grantd_core::clock::Timestamp;
use grantd_core::idle::LifeKeeper;
use grantd_core::life::{Hit, LifePolicy};
use grantd_core::store::Lived;
use serde::Serialize;

use super::serve::TokioTimer;
use crate::failure::Failure;
use crate::instance::Instance;
use crate::output;

/// What can be done with a policy.
#[derive(Subcommand)]
pub(crate) enum Policy {
    /// List the tokens that the policy would hit; changes nothing
    Check(Demands),
    /// Let tokens end that the policy hits: sooner, or at once
    Apply(Demands),
}

/// What is demanded of tokens that are there.
#[derive(Args)]
pub(crate) struct Demands {
    /// Days that a token lives at most, instead of token_lifetime_max_days
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    max_days: Option<u32>,
    /// Days after which an unused token ends, instead of token_idle_days
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    idle_days: Option<u32>,
    /// Days that tokens are left which would end at once by the maximum
    #[arg(long, value_name = "DAYS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=3_650))]
    grace_days: u32,
    /// Change nothing; `check` never does
    #[arg(long)]
    dry_run: bool,
    /// JSON lines on a terminal, too
    #[arg(long)]
    json: bool,
}

/// A token that is hit, as scripts read it.
#[derive(Serialize)]
struct HitJson<'a> {
    id: i64,
    login: &'a str,
    app: Option<&'a str>,
    token_last_eight: &'a str,
    note: Option<&'a str>,
    issued_at: Timestamp,
    expires_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
    reason: &'static str,
    ends_at: Timestamp,
}

/// Carries a command out.
pub(crate) async fn run(command: Policy, instance: &Instance) -> Result<(), Failure> {
    let (demands, apply) = match command {
        Policy::Check(demands) => (demands, false),
        Policy::Apply(demands) => {
            let apply = !demands.dry_run;
            (demands, apply)
        }
    };
    let keeper = LifeKeeper {
        store: Arc::clone(&instance.store),
        clock: instance.clock.clone(),
        policy: demands.policy(instance)?,
    };
    if apply {
        return put_into_effect(&keeper).await;
    }
    let lines = demands.json || !std::io::stdout().is_terminal();
    check(&keeper, lines).await
}

impl Demands {
    fn policy(&self, instance: &Instance) -> Result<LifePolicy, Failure> {
        let set = instance.config.life_policy();
        let policy = LifePolicy {
            max_days: self.max_days.or(set.max_days),
            idle_days: self.idle_days.or(set.idle_days),
            grace_days: self.grace_days,
        };
        if policy.max_days.is_none() && policy.idle_days.is_none() {
            return Err(Failure::new(
                "there is no policy; set token_lifetime_max_days or token_idle_days, or give --max-days or --idle-days",
            ));
        }
        Ok(policy)
    }
}

async fn check(keeper: &LifeKeeper, lines: bool) -> Result<(), Failure> {
    let hits = Cell::new(0_u64);
    let tell = |lived: &Lived, hit: Hit| {
        if hits.replace(hits.get() + 1) == 0 && !lines {
            output::bytes(HEAD.as_bytes())?;
        }
        let line = if lines {
            json_line(lived, hit)?
        } else {
            table_line(lived, hit)
        };
        output::bytes(line.as_bytes())
    };
    keeper.check(tell).await?;
    output::note(match hits.get() {
        0 => "the policy hits no token".to_owned(),
        1 => "the policy hits 1 token".to_owned(),
        many => format!("the policy hits {many} tokens"),
    });
    Ok(())
}

const HEAD: &str =
    "LOGIN                APP                  ENDS WITH EXPIRES    LAST USED  REASON   NOTE\n";

fn json_line(lived: &Lived, hit: Hit) -> Result<String, Failure> {
    let token = &lived.owned.authorization;
    let line = serde_json::to_string(&HitJson {
        id: token.id.0,
        login: lived.owned.user.login.as_str(),
        app: token.app.as_ref().map(|app| app.client_id.as_str()),
        token_last_eight: &token.token_last_eight.0,
        note: token.note.as_ref().map(|note| note.as_str()),
        issued_at: lived.issued_at,
        expires_at: token.expires_at,
        last_used_at: lived.last_use.map(|last| last.at),
        reason: hit.reason.name(),
        ends_at: hit.ends_at,
    });
    let line = line.map_err(|why| Failure::new(why.to_string()))?;
    Ok(line + "\n")
}

fn table_line(lived: &Lived, hit: Hit) -> String {
    let token = &lived.owned.authorization;
    let day = |at: Option<Timestamp>| match at {
        Some(at) => at.to_string().chars().take(10).collect(),
        None => "never".to_owned(),
    };
    // Others wrote these: nothing in them may move a terminal's cursor.
    let plain = |text: &str, most: usize| -> String {
        let shown = text.chars().take(most);
        shown
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect()
    };
    let app = token.app.as_ref().map_or("-", |app| app.name.as_str());
    let note = token.note.as_ref().map_or("", |note| note.as_str());
    format!(
        "{:<20} {:<20} {:<9} {:<10} {:<10} {:<8} {}\n",
        plain(lived.owned.user.login.as_str(), 20),
        plain(app, 20),
        plain(&token.token_last_eight.0, 8),
        day(token.expires_at),
        day(lived.last_use.map(|last| last.at)),
        hit.reason.name(),
        plain(note, 40),
    )
}

async fn put_into_effect(keeper: &LifeKeeper) -> Result<(), Failure> {
    let waiting = |found| {
        output::note(format!(
            "{found} tokens are idle; waiting two minutes for uses that servers have not told of yet"
        ));
    };
    let kept = keeper.apply(&TokioTimer, waiting).await?;
    #[derive(Serialize)]
    struct Done {
        shortened: usize,
        deleted: usize,
    }
    output::json(&Done {
        shortened: kept.shortened,
        deleted: kept.deleted,
    })
}
