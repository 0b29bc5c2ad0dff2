//! `grantd explain`: why a token is valid, or is not. Owns how a token is named
//! and how the answer is printed; the answer is core's.

use std::collections::BTreeMap;

use clap::Args;
use grantd_core::audit::AuditRow;
use grantd_core::clock::Timestamp;
use grantd_core::explain::{Asked, Explanation, Facts, Holds, explain};
use grantd_core::ids::{AuthorizationId, UserId};
use grantd_core::store::{PageRequest, TokenFilter};
use grantd_core::token::TokenHash;
use serde::Serialize;

use super::token;
use crate::args;
use crate::failure::Failure;
use crate::instance::Instance;
use crate::output::{self, TokenJson};
use crate::secret_input;

/// Which token, and when.
#[derive(Args)]
pub(crate) struct Explain {
    /// `-` for the token itself on standard input; else an id, a SHA-256 hash (64 hex digits) or the last eight
    /// characters
    #[arg(value_name = "TOKEN|HASH|ID")]
    which: String,
    /// For this moment, such as 2026-11-21T09:30:00Z, instead of now
    #[arg(long, value_name = "TIME", value_parser = args::time)]
    at: Option<Timestamp>,
    /// JSON instead of words
    #[arg(long)]
    json: bool,
}

/// Explains.
pub(crate) async fn run(command: Explain, instance: &Instance) -> Result<(), Failure> {
    let asked = asked(&command.which, instance).await?;
    let facts = Facts::gather(&*instance.store, asked).await?;
    let now = instance.clock.now();
    let explanation = explain(asked, &facts, now, command.at.unwrap_or(now));
    let logins = logins(&explanation, instance).await?;
    if command.json {
        return output::json(&ExplanationJson::new(&explanation, &facts, &logins));
    }
    output::bytes(words(&explanation, &facts, &logins).as_bytes())
}

async fn asked(which: &str, instance: &Instance) -> Result<Asked, Failure> {
    let format = instance
        .config
        .token_format()
        .map_err(|why| Failure::new(why.to_string()))?;
    if which == "-" {
        let token = secret_input::from_stdin("token")?;
        let hash = token::hashed(token.expose(), &format);
        return hash.map(Asked::Hash).ok_or_else(token::no_token);
    }
    match token::guess(which, &format)? {
        TokenFilter::Id(id) => Ok(Asked::Id(id)),
        TokenFilter::Hash(hash) => {
            if TokenHash::parse(which).is_none() {
                output::note(
                    "warning: a token on the command line is seen by every process here and kept by the shell; \
                     write it to standard input and give -",
                );
            }
            Ok(Asked::Hash(hash))
        }
        other => {
            let page = PageRequest {
                page: 1,
                per_page: 2,
            };
            let found = instance.store.list_tokens(other, page).await?;
            match found.items.as_slice() {
                [one] => Ok(Asked::Id(one.authorization.id)),
                [] => Err(Failure::new(
                    "no token that is there ends so; one that is gone is found by its id or hash",
                )),
                _ => Err(Failure::new(
                    "several tokens end so; `grantd token list` shows their ids",
                )),
            }
        }
    }
}

/// The names of those who acted, as far as they are still there.
async fn logins(
    explanation: &Explanation,
    instance: &Instance,
) -> Result<BTreeMap<i64, String>, Failure> {
    let rows = explanation.changes.iter();
    let acting = rows.filter(|row| row.actor_kind == "user");
    let mut logins = BTreeMap::new();
    for id in acting.filter_map(|row| row.actor_id) {
        if !logins.contains_key(&id)
            && let Some(user) = instance.store.find_user_by_id(UserId(id)).await?
        {
            logins.insert(id, user.login.as_str().to_owned());
        }
    }
    Ok(logins)
}

/// A row about the token.
#[derive(Serialize)]
struct RowJson<'a> {
    at: Timestamp,
    action: &'a str,
    authorization_id: Option<AuthorizationId>,
    actor: &'a str,
    actor_id: Option<i64>,
    actor_login: Option<&'a str>,
    address: Option<&'a str>,
    request_id: Option<&'a str>,
    token_last_eight: Option<&'a str>,
    details: Option<&'a str>,
}

impl<'a> RowJson<'a> {
    fn new(row: &'a AuditRow, logins: &'a BTreeMap<i64, String>) -> Self {
        Self {
            at: row.at,
            action: &row.action,
            authorization_id: row.authorization_id,
            actor: &row.actor_kind,
            actor_id: row.actor_id,
            actor_login: login(row, logins),
            address: row.address.as_deref(),
            request_id: row.request_id.as_deref(),
            token_last_eight: row.token_last_eight.as_ref().map(|end| end.0.as_str()),
            details: row.details.as_deref(),
        }
    }
}

fn login<'a>(row: &AuditRow, logins: &'a BTreeMap<i64, String>) -> Option<&'a str> {
    let id = row.actor_id.filter(|_| row.actor_kind == "user")?;
    logins.get(&id).map(String::as_str)
}

#[derive(Serialize)]
struct TermJson<'a> {
    name: &'a str,
    holds: Option<bool>,
    because: &'a str,
}

#[derive(Serialize)]
struct ExplanationJson<'a> {
    at: Timestamp,
    valid: Option<bool>,
    decided_by: Option<&'a str>,
    terms: Vec<TermJson<'a>>,
    token: Option<TokenJson<'a>>,
    last_used_at: Option<Timestamp>,
    made: Option<RowJson<'a>>,
    ended: Option<RowJson<'a>>,
    changes: Vec<RowJson<'a>>,
}

/// Null where nothing that is left says so.
fn known(holds: Holds) -> Option<bool> {
    match holds {
        Holds::Yes => Some(true),
        Holds::No => Some(false),
        Holds::Unknown => None,
    }
}

impl<'a> ExplanationJson<'a> {
    fn new(
        explanation: &'a Explanation,
        facts: &'a Facts,
        logins: &'a BTreeMap<i64, String>,
    ) -> Self {
        let row = |row: &'a AuditRow| RowJson::new(row, logins);
        let lived = facts.lived.as_ref();
        Self {
            at: explanation.at,
            valid: known(explanation.valid),
            decided_by: explanation.decided_by,
            terms: explanation
                .terms
                .iter()
                .map(|term| TermJson {
                    name: term.name,
                    holds: known(term.holds),
                    because: &term.because,
                })
                .collect(),
            token: lived.map(|lived| TokenJson::from(&lived.owned)),
            last_used_at: lived.and_then(|lived| Some(lived.last_use?.at)),
            made: explanation.made.as_ref().map(row),
            ended: explanation.ended.as_ref().map(row),
            changes: explanation.changes.iter().map(row).collect(),
        }
    }
}

/// The same for people.
fn words(explanation: &Explanation, facts: &Facts, logins: &BTreeMap<i64, String>) -> String {
    let verdict = match (explanation.valid, explanation.decided_by) {
        (Holds::Yes, _) => "valid".to_owned(),
        (_, Some(term)) => format!("not valid: {term} does not hold"),
        _ => "unknown".to_owned(),
    };
    let mut lines = vec![format!("At {}: {verdict}", explanation.at), String::new()];
    for term in &explanation.terms {
        let holds = term.holds.name();
        lines.push(format!("  {:<13} {holds:<8} {}", term.name, term.because));
    }
    lines.push(String::new());
    if let Some(lived) = &facts.lived {
        let token = &lived.owned.authorization;
        let app = token
            .app
            .as_ref()
            .map_or("none", |app| app.client_id.as_str());
        lines.push(format!(
            "Record {} of {}, app {app}, ends with {}, scopes [{}]",
            token.id,
            lived.owned.user.login.as_str(),
            token.token_last_eight.0,
            token.scopes.join(", "),
        ));
        lines.push(match lived.last_use {
            Some(last) => format!("Last used {}", last.at),
            None => "No use is known".to_owned(),
        });
    }
    let by = |row: &AuditRow| match (login(row, logins), row.actor_id) {
        (Some(login), _) => format!("user {login}"),
        (None, Some(id)) => format!("{} {id}", row.actor_kind),
        (None, None) => row.actor_kind.clone(),
    };
    for (what, row) in [("Made", &explanation.made), ("Ended", &explanation.ended)] {
        if let Some(row) = row {
            lines.push(format!("{what} {} by {} ({})", row.at, by(row), row.action));
        }
    }
    if !explanation.changes.is_empty() {
        lines.extend([String::new(), "Changes:".to_owned()]);
    }
    for row in &explanation.changes {
        let from = row.address.as_deref().unwrap_or("-");
        let request = row.request_id.as_deref().unwrap_or("-");
        let (at, action, by) = (row.at, &row.action, by(row));
        let details = row.details.as_ref();
        let details = details.map_or_else(String::new, |words| format!("  ({words})"));
        lines.push(format!(
            "  {at}  {action}  by {by}  from {from}  request {request}{details}"
        ));
    }
    lines.push(String::new());
    lines.join("\n")
}
