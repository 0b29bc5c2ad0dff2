//! Checks of many callers in one round trip. Owns which row answers whom.

use deadpool_postgres::ClientWrapper;
use grantd_core::app::ClientId;
use grantd_core::clock::Timestamp;
use grantd_core::store::{AppCheck, Stored, TokenVerdict};
use grantd_core::token::TokenHash;
use tokio::sync::oneshot;
use tokio_postgres::types::ToSql;

use super::failure::Failure;
use super::session::{Meaning, Row, meaning};
use crate::db::{Columns, DbError, DbResult};
use crate::sql;
use crate::steps::{row, tokens};

const NUMBER_OF_CHECK: usize = row::APP + row::AUTHORIZATION + row::USER + 1;
const NUMBER_OF_FIND: usize = row::OWNED + 1;

/// One caller's question.
pub(super) enum Question {
    Check(AskCheck),
    Find(Ask<TokenHash, TokenVerdict>),
}

type AskCheck = Ask<(ClientId, Option<TokenHash>), Option<AppCheck>>;

/// What is asked, at which moment, by whom.
pub(super) struct Ask<Q, A> {
    about: Q,
    now: Timestamp,
    reply: oneshot::Sender<Stored<A>>,
}

impl<Q, A> Ask<Q, A> {
    pub(super) fn new(about: Q, now: Timestamp) -> (Self, oneshot::Receiver<Stored<A>>) {
        let (reply, answer) = oneshot::channel();
        (Self { about, now, reply }, answer)
    }
}

impl Question {
    /// Whether somebody still waits for the answer.
    pub(super) fn is_wanted(&self) -> bool {
        match self {
            Self::Check(ask) => !ask.reply.is_closed(),
            Self::Find(ask) => !ask.reply.is_closed(),
        }
    }
}

/// Questions that are sent together. It is closed: what arrives later waits for the next one,
/// and is never answered from before it was asked.
#[derive(Default)]
pub(super) struct Batch {
    checks: Vec<AskCheck>,
    finds: Vec<Ask<TokenHash, TokenVerdict>>,
}

impl FromIterator<Question> for Batch {
    fn from_iter<I: IntoIterator<Item = Question>>(questions: I) -> Self {
        let mut batch = Self::default();
        for question in questions {
            match question {
                Question::Check(ask) => batch.checks.push(ask),
                Question::Find(ask) => batch.finds.push(ask),
            }
        }
        batch
    }
}

impl Batch {
    /// The questions again, for another connection.
    pub(super) fn into_questions(self) -> impl Iterator<Item = Question> {
        let checks = self.checks.into_iter().map(Question::Check);
        checks.chain(self.finds.into_iter().map(Question::Find))
    }

    /// How many statements it takes.
    pub(super) fn statements(&self) -> u32 {
        u32::from(!self.checks.is_empty()) + u32::from(!self.finds.is_empty())
    }

    /// Answers all, or gives all back with the reason.
    pub(super) async fn answer(self, client: &ClientWrapper) -> Result<(), (Self, DbError)> {
        // Sent one behind the other, without waiting in between.
        let answers = tokio::join!(self.ask_checks(client), self.ask_finds(client));
        let (checks, finds) = match answers {
            (Ok(checks), Ok(finds)) => (checks, finds),
            (Err(error), _) | (_, Err(error)) => {
                if meaning(&error) == Meaning::StaleStatement {
                    client.statement_cache.clear();
                }
                return Err((self, error));
            }
        };
        // A caller may be gone meanwhile.
        for (ask, check) in self.checks.into_iter().zip(checks) {
            let _ = ask.reply.send(Ok(check.end()));
        }
        for (ask, find) in self.finds.into_iter().zip(finds) {
            let _ = ask.reply.send(Ok(find.end()));
        }
        Ok(())
    }

    /// Tells everybody why there is no answer.
    pub(super) fn fail(self, failure: &Failure) {
        for ask in self.checks {
            let _ = ask.reply.send(Err(failure.clone().into()));
        }
        for ask in self.finds {
            let _ = ask.reply.send(Err(failure.clone().into()));
        }
    }

    async fn ask_checks(&self, client: &ClientWrapper) -> DbResult<Vec<tokens::Check>> {
        let asks = &self.checks;
        let mut checks: Vec<_> = asks
            .iter()
            .map(|ask| tokens::Check::of(ask.about.1))
            .collect();
        if asks.is_empty() {
            return Ok(checks);
        }
        let now: Vec<i64> = asks.iter().map(|ask| ask.now.0).collect();
        let apps: Vec<&str> = asks.iter().map(|ask| ask.about.0.as_str()).collect();
        let prefix = |ask: &AskCheck| ask.about.1.map(|hash| hash.prefix());
        let prefixes: Vec<Option<i64>> = asks.iter().map(prefix).collect();
        let params: &[&(dyn ToSql + Sync)] = &[&now, &apps, &prefixes];
        for row in query(client, sql::postgres::CHECK, params).await? {
            let check = numbered(&mut checks, &row, NUMBER_OF_CHECK)?;
            check.row(&Row(&row))?;
        }
        Ok(checks)
    }

    async fn ask_finds(&self, client: &ClientWrapper) -> DbResult<Vec<tokens::Find>> {
        let asks = &self.finds;
        let mut finds: Vec<_> = asks.iter().map(|ask| tokens::Find::of(ask.about)).collect();
        if asks.is_empty() {
            return Ok(finds);
        }
        let now: Vec<i64> = asks.iter().map(|ask| ask.now.0).collect();
        let prefixes: Vec<i64> = asks.iter().map(|ask| ask.about.prefix()).collect();
        let params: &[&(dyn ToSql + Sync)] = &[&now, &prefixes];
        for row in query(client, sql::postgres::FIND, params).await? {
            let find = numbered(&mut finds, &row, NUMBER_OF_FIND)?;
            find.row(&Row(&row))?;
        }
        Ok(finds)
    }
}

async fn query(
    client: &ClientWrapper,
    sql: &str,
    params: &[&(dyn ToSql + Sync)],
) -> DbResult<Vec<tokio_postgres::Row>> {
    let statement = client.prepare_cached(sql).await?;
    Ok(client.query(&statement, params).await?)
}

/// The question that a row answers, counted from 1.
fn numbered<'a, T>(
    asked: &'a mut [T],
    row: &tokio_postgres::Row,
    at: usize,
) -> DbResult<&'a mut T> {
    let row = Row(row);
    let number = (&row as &dyn Columns).get::<i64>(at)?;
    let index = usize::try_from(number - 1).map_err(|_| DbError::Missing)?;
    asked.get_mut(index).ok_or(DbError::Missing)
}
