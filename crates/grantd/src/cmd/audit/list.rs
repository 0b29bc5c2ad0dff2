//! `grantd audit list`. Owns which rows fit; they are read page by page from
//! the newest, so that no read is long.

use clap::Args;
use grantd_core::audit::{Action, AuditRow};
use grantd_core::clock::Timestamp;
use grantd_core::ids::{AppId, UserId};
use grantd_core::store::{EventFilter, Party};
use grantd_core::token::TokenHash;
use grantd_core::user::LoginKey;

use crate::args;
use crate::failure::Failure;
use crate::instance::Instance;
use crate::output;

/// Rows in one read.
const PAGE: u32 = 500;
/// Rows of lower ids are not older by more than this: so long no change takes.
const IN_FLIGHT: i64 = 3_600;

/// Which rows.
#[derive(Args)]
pub(crate) struct List {
    /// About this user's account, or done by this user; a login, or the id of who is gone
    #[arg(long, value_name = "LOGIN")]
    user: Option<String>,
    /// About the app with this client id, or by it; or the id of one that is gone
    #[arg(long, value_name = "CLIENT_ID")]
    app: Option<String>,
    /// Of this kind, as in `oauth_access.create`; or all that begin so, as in `oauth_access.`
    #[arg(long)]
    action: Option<String>,
    /// Not before this moment (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = args::time)]
    since: Option<Timestamp>,
    /// Before this moment (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = args::time)]
    until: Option<Timestamp>,
    /// About the token with this SHA-256 hash (64 hex digits) or these last eight characters
    #[arg(long, value_name = "HASH")]
    token: Option<String>,
    /// At most so many rows; 0 for all
    #[arg(long, default_value_t = 100)]
    limit: usize,
}

/// What a row must be.
struct Filter<'l> {
    list: &'l List,
    app: Option<AppId>,
    hash: Option<TokenHash>,
}

pub(super) async fn run(list: &List, instance: &Instance) -> Result<(), Failure> {
    let party = user(list.user.as_deref(), instance).await?.map(Party::User);
    let filter = Filter {
        list,
        app: app(list.app.as_deref(), instance).await?,
        hash: list.token.as_deref().and_then(TokenHash::parse),
    };
    let narrow = EventFilter {
        // The app of a user's rows is seen below.
        party: party.or(filter.app.map(Party::App)),
        action: list.action.as_deref().and_then(Action::from_name),
    };
    let (mut before, mut left) = (
        None,
        match list.limit {
            0 => usize::MAX,
            limit => limit,
        },
    );
    while left > 0 {
        let rows = instance.store.list_events(narrow, before, PAGE).await?;
        let Some(last) = rows.last() else { break };
        before = Some(last.id);
        let fitting = rows.iter().filter(|row| filter.fits(row)).take(left);
        let mut text = String::new();
        for row in fitting {
            text += &row.line();
            text.push('\n');
            left -= 1;
        }
        output::bytes(text.as_bytes())?;
        let is_older = |since: Timestamp| rows.iter().all(|row| since.since(row.at) > IN_FLIGHT);
        if list.since.is_some_and(is_older) {
            break;
        }
    }
    Ok(())
}

async fn user(named: Option<&str>, instance: &Instance) -> Result<Option<UserId>, Failure> {
    let Some(login) = named else { return Ok(None) };
    let found = instance.store.find_user(&LoginKey::of(login)).await?;
    match found.map(|user| user.id).or_else(|| UserId::parse(login)) {
        Some(id) => Ok(Some(id)),
        None => Err(Failure::new(format!(
            "there is no user `{login}`; for one who is gone, give the id"
        ))),
    }
}

async fn app(named: Option<&str>, instance: &Instance) -> Result<Option<AppId>, Failure> {
    let Some(client_id) = named else {
        return Ok(None);
    };
    match instance.app(client_id).await {
        Ok(app) => Ok(Some(app.id)),
        Err(failure) => AppId::parse(client_id).map(Some).ok_or(failure),
    }
}

impl Filter<'_> {
    fn fits(&self, row: &AuditRow) -> bool {
        let by_app = |id| row.actor_kind == "app" && row.actor_id == Some(id);
        let last_eight = row.token_last_eight.as_ref().map(|eight| eight.0.as_str());
        let of_token = |token: &str| match self.hash {
            Some(hash) => row.token_hash == Some(hash),
            None => last_eight == Some(token),
        };
        let of_action = |action: &str| {
            row.action == action || (action.ends_with('.') && row.action.starts_with(action))
        };
        self.app
            .is_none_or(|id| row.app_id == Some(id) || by_app(id.0))
            && self.list.action.as_deref().is_none_or(of_action)
            && self.list.since.is_none_or(|since| row.at >= since)
            && self.list.until.is_none_or(|until| row.at < until)
            && self.list.token.as_deref().is_none_or(of_token)
    }
}
