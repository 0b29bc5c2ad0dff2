//! One sequence of operations on the reference and on the engines, compared
//! step by step. Owns what is compared: the answer, the rows that the step
//! left in the trail, and what becomes of every token ever shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;
use grantd_core::app::App;
use grantd_core::audit::{AuditRow, Stamp};
use grantd_core::clock::Timestamp;
use grantd_core::store::{OwnedAuthorization, PageRequest, SharedStore, Stored, TokenVerdict};

use super::alphabet::{CLIENT_IDS, LOGINS};
use super::cast::{Cast, Shown};
use super::ids::{Back, Ids};
use super::operations::{By, Filter, Nth, Operation, Slice, Tokens, What};
use super::perform::{Call, Said};
use super::reference::Reference;

/// An engine and the reference do not agree.
#[derive(Debug)]
pub(crate) struct Divergence {
    /// Which step, from 0; the closing ones come after those of the case.
    pub(crate) at: usize,
    pub(crate) operation: Operation,
    pub(crate) engine: &'static str,
    pub(crate) about: &'static str,
    pub(crate) expected: String,
    pub(crate) found: String,
}

/// A store under comparison.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    pub(crate) store: SharedStore,
    ids: Ids,
    /// The last row of the trail that was read.
    seen: i64,
}

/// What a step came to.
struct Outcome {
    said: Said,
    rows: Vec<AuditRow>,
}

/// What an app learns of itself and of a token.
type Checked = Option<(App, Option<[u8; 32]>, i64, Option<OwnedAuthorization>)>;

/// What there is to know of one token: by itself, by its own app, by another one.
#[derive(Debug, PartialEq)]
struct Known {
    verdict: TokenVerdict,
    checks: Vec<Checked>,
}

const ALL: PageRequest = PageRequest {
    page: 1,
    per_page: 100,
};

impl Subject {
    pub(crate) fn new(name: &'static str, store: SharedStore) -> Self {
        Self {
            name,
            store,
            ids: Ids::default(),
            seen: 0,
        }
    }

    /// Makes the store empty with its own means, for the next case.
    pub(crate) async fn clear(&mut self) -> Stored<()> {
        let operator = || Stamp::operator(Timestamp(0));
        for user in self.store.list_users(ALL).await?.items {
            self.store.delete_user(user.id, operator()).await?;
        }
        let the_end = Stamp::operator(Timestamp(i64::from(u32::MAX)));
        self.store.reap(the_end.at, 10_000, the_end).await?;
        self.ids = Ids::default();
        self.rows().await?;
        Ok(())
    }

    /// The rows that came since the last look.
    async fn rows(&mut self) -> Stored<Vec<AuditRow>> {
        let rows = self.store.list_audit(self.seen, 10_000).await?;
        self.seen = rows.last().map_or(self.seen, |row| row.id);
        Ok(rows)
    }

    async fn does(
        &mut self,
        operation: &Operation,
        cast: &Cast,
        stamp: &Stamp,
        expected: Option<&[AuditRow]>,
    ) -> Result<Outcome, String> {
        let call = Call {
            store: &*self.store,
            ids: &self.ids,
            cast,
            stamp,
        };
        let answer = call.perform(operation).await;
        let rows = match operation.what.is_look() {
            true => Vec::new(),
            false => self.rows().await.map_err(|error| format!("{error:?}"))?,
        };
        self.ids.learn(expected.unwrap_or(&rows), &rows)?;
        Ok(Outcome {
            said: answer.told(&self.ids),
            rows: rows.into_iter().map(|row| row.back(&self.ids)).collect(),
        })
    }

    /// Judges every token ever shown, now.
    async fn judge(&self, cast: &Cast) -> Stored<Vec<Known>> {
        let known = cast.tokens.iter().enumerate();
        let all = join_all(known.map(|(number, token)| self.know(cast, number, token))).await;
        all.into_iter().collect()
    }

    async fn know(&self, cast: &Cast, number: usize, token: &Shown) -> Stored<Known> {
        let verdict = self.store.find_token(token.hash, cast.now).await?;
        let own = token.app.and_then(|app| cast.client_id_of(app)).cloned();
        // Another app asks now and then: whose token it is seldom changes.
        let turn = number + cast.steps;
        let another = cast.client_id(Nth::Newest(turn / 4 % CLIENT_IDS.len()));
        let another = turn.is_multiple_of(4).then_some(another);
        let mut checks = Vec::new();
        for client_id in own.iter().chain(&another) {
            let check = self
                .store
                .check_token(client_id, Some(token.hash), cast.now)
                .await?;
            let told = check.map(|check| {
                let secret = check.credentials.secret_hash.map(|hash| hash.0);
                let generation = check.credentials.auth_generation;
                (
                    check.credentials.app.clone(),
                    secret,
                    generation,
                    check.token.map(std::sync::Arc::unwrap_or_clone),
                )
            });
            checks.push(told.back(&self.ids));
        }
        let verdict = verdict.back(&self.ids);
        Ok(Known { verdict, checks })
    }
}

/// A case while it runs.
struct Play<'a> {
    reference: Arc<Reference>,
    ours: Subject,
    engines: &'a mut [Subject],
    cast: Cast,
    reached: Reached,
}

/// How often what has happened: actions in the trail, and answers of few words.
pub(crate) type Reached = BTreeMap<String, usize>;

/// Plays `operations` on fresh, empty stores.
pub(crate) async fn play(
    operations: &[Operation],
    engines: &mut [Subject],
) -> Result<Reached, Box<Divergence>> {
    let reference = Arc::new(Reference::default());
    let mut play = Play {
        ours: Subject::new("the reference", reference.clone()),
        reference,
        engines,
        cast: Cast::new(),
        reached: Reached::new(),
    };
    for operation in operations {
        play.step(operation).await?;
    }
    for operation in closing(play.cast.users.len()) {
        play.step(&operation).await?;
    }
    Ok(play.reached)
}

/// Looks at everything that is left, and uses up what shows only when it is used.
fn closing(users: usize) -> Vec<Operation> {
    let all = Slice {
        page: 1,
        per_page: 100,
    };
    let mut looks = vec![
        What::ListUsers(all),
        What::ListApps(all),
        What::ListTokens(Tokens::All, all),
    ];
    for from in 0..3 {
        let look = |login: &&'static str| What::FindCredentials(login, from);
        looks.extend(LOGINS.iter().map(look));
    }
    looks.extend(CLIENT_IDS.iter().map(|id| What::FindApp(id)));
    for user in (0..users).map(Nth::Oldest) {
        looks.push(What::ListGrants(user, Filter::All, all));
        looks.extend((1..=3).map(|code| What::BurnCode(user, code)));
    }
    let by = By::Operator;
    let closing = looks.into_iter().map(|what| Operation { by, what });
    closing.collect()
}

impl Play<'_> {
    async fn step(&mut self, operation: &Operation) -> Result<(), Box<Divergence>> {
        let stamp = self.cast.stamp(operation.by, &self.reference);
        let at = self.cast.steps;
        let differs = |engine, about, expected, found| {
            Box::new(Divergence {
                at,
                operation: operation.clone(),
                engine,
                about,
                expected,
                found,
            })
        };
        let cast = &self.cast;
        let ours = self.ours.does(operation, cast, &stamp, None).await;
        let ours = ours.expect("the reference answers");
        let rows = in_order(&ours.rows);
        for engine in &mut *self.engines {
            let name = engine.name;
            let differs = |about, expected, found| differs(name, about, expected, found);
            let theirs = engine
                .does(operation, cast, &stamp, Some(&ours.rows))
                .await
                .map_err(|found| differs("the step", String::new(), found))?;
            if theirs.said.answer != ours.said.answer {
                let found = match theirs.said.cause {
                    Some(cause) => format!("{}: {cause}", theirs.said.answer),
                    None => theirs.said.answer,
                };
                return Err(differs("the answer", ours.said.answer, found));
            }
            let found = in_order(&theirs.rows);
            if found != rows {
                return Err(differs("the trail", rows.join("\n"), found.join("\n")));
            }
        }
        let actions = ours.rows.iter().map(|row| row.action.clone());
        let few_words = Some(ours.said.answer).filter(|answer| answer.len() < 40);
        for what in actions.chain(few_words) {
            *self.reached.entry(what).or_default() += 1;
        }
        self.cast.follow(&operation.what, &ours.rows);
        if !operation.what.is_look() && !self.engines.is_empty() {
            let cast = &self.cast;
            let ours = self.ours.judge(cast).await.expect("the reference answers");
            for engine in &*self.engines {
                let differs = |expected, found| {
                    differs(engine.name, "what tokens are worth", expected, found)
                };
                let judged = engine.judge(cast).await;
                let theirs =
                    judged.map_err(|error| differs(String::new(), format!("{error:?}")))?;
                for (ours, theirs) in ours.iter().zip(&theirs) {
                    if ours != theirs {
                        return Err(differs(format!("{ours:?}"), format!("{theirs:?}")));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Rows of one step, which have no order among each other.
fn in_order(rows: &[AuditRow]) -> Vec<String> {
    let mut told: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
    told.sort();
    told
}
