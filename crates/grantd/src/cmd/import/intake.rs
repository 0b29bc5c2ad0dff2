//! Rows on their way into the store. Owns that memory holds two batches and
//! no more, and that a rehearsal knows of what would have come before.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;

use grantd_core::app::ClientId;
use grantd_core::import::{Ended, GivenApp, GivenToken, ImportedToken, Outcome, Refusal, Rules};
use grantd_core::store::Stored;
use grantd_core::token::TokenFormat;
use grantd_core::user::{Login, LoginKey, NewUser, PasswordHash};
use tokio::task::JoinSet;

use super::How;
use super::report::{Report, Tally};
use super::table::Row;
use crate::failure::Failure;
use crate::instance::Instance;
use crate::progress::{Count, Wait};

/// Rows in one transaction. Hashes come in no order, so each row changes a page of its own in most indexes; the more
/// rows there are together, the more of them share one. On PostgreSQL a step must be over within two seconds.
const TOGETHER_IN_A_FILE: usize = 10_000;
/// Bytes of the pages that such a transaction changes, in a file of ten million tokens.
const PAGES: u64 = 256 << 20;
const TOGETHER_ELSEWHERE: usize = 250;
/// So many logins need not be looked for again: memory stays bounded.
const REMEMBERED: usize = 200_000;
/// So many users are made beside one another, and share commits.
const USERS_TOGETHER: usize = 256;

/// An import under way.
pub(super) struct Intake<'i> {
    pub(super) instance: &'i Instance,
    scope_names: BTreeMap<String, Vec<String>>,
    tokens: TokenFormat,
    /// Read once, before the first token.
    ended: Option<Arc<Ended>>,
    report: Report,
    rehearse: bool,
    /// What users who are made have for a password: it opens nothing. None: no user is made.
    unusable: Option<PasswordHash>,
    users_made: u64,
    /// Users and apps that a rehearsal would have made.
    planned_users: HashSet<String>,
    planned_apps: HashSet<String>,
    /// Logins of users that were seen to be here; the first [`REMEMBERED`] of them.
    seen_users: HashSet<String>,
}

/// A batch, in the order of the file: what was judged without the store already, and what it is
/// to be asked.
#[derive(Default)]
struct Batch {
    lines: Vec<(u64, Option<Outcome>)>,
    tokens: Vec<ImportedToken>,
    logins: BTreeSet<String>,
}

impl<'i> Intake<'i> {
    pub(super) async fn open(
        instance: &'i Instance,
        how: &How,
        scope_names: BTreeMap<String, Vec<String>>,
    ) -> Result<Self, Failure> {
        let format = instance.config.token_format();
        let report = Report::open(how.report.as_deref())?;
        if let Some(file) = &instance.sqlite {
            file.widen(PAGES).await?;
        }
        let unusable = || instance.config.password_cost().decoy(&*instance.entropy);
        Ok(Self {
            instance,
            scope_names,
            tokens: format.map_err(|why| Failure::new(why.to_string()))?,
            ended: None,
            report,
            rehearse: how.dry_run,
            unusable: how.create_users.then(unusable),
            users_made: 0,
            planned_users: HashSet::new(),
            planned_apps: HashSet::new(),
            seen_users: HashSet::new(),
        })
    }

    fn rules(&self) -> Rules<'_> {
        Rules {
            scopes: &self.instance.config.scopes,
            scope_names: &self.scope_names,
            tokens: &self.tokens,
            now: self.instance.clock.now(),
        }
    }

    /// Takes apps in, one by one: they are few.
    pub(super) async fn apps(
        &mut self,
        file: &Path,
        rows: impl Iterator<Item = Row<GivenApp>>,
    ) -> Result<(), Failure> {
        let mut tally = Tally::default();
        for Row { line, given } in rows {
            let outcome = self.app(file, line, given).await?;
            self.report.take(&mut tally, file, line, &outcome)?;
        }
        self.report.file(file, "apps", tally);
        Ok(())
    }

    async fn app(
        &mut self,
        file: &Path,
        line: u64,
        given: Result<GivenApp, Refusal>,
    ) -> Result<Outcome, Failure> {
        let owner = given.as_ref().ok().map(|given| given.owner.clone());
        let judged = given.and_then(|given| self.rules().app(given));
        let (app, dropped) = match judged {
            Ok(judged) => judged,
            Err(why) => return Ok(Outcome::Refused(why)),
        };
        for callback in dropped {
            let words = format!("`{callback}` cannot be a callback and was left out");
            self.report.warn(file, line, &words)?;
        }
        if let Some(owner) = owner {
            self.make_users([owner].into()).await?;
        }
        let client_id = app.client_id.to_string();
        let stamp = self.instance.operator().stamp();
        let store = &self.instance.store;
        let outcome = store.import_app(app, self.rehearse, stamp).await?;
        let outcome = self.as_planned(outcome, None).await?;
        if outcome == Outcome::Imported && self.rehearse {
            self.planned_apps.insert(client_id);
        }
        Ok(outcome)
    }

    async fn ended(&mut self) -> Result<Arc<Ended>, Failure> {
        if let Some(ended) = &self.ended {
            return Ok(Arc::clone(ended));
        }
        let wait = Wait::begin("reading the trail".to_owned(), None);
        let ended = Arc::new(Ended::gather(&*self.instance.store, |_| ()).await?);
        wait.end();
        self.ended = Some(Arc::clone(&ended));
        Ok(ended)
    }

    /// Takes tokens in, batch by batch; the next one is read while one is written.
    pub(super) async fn tokens(
        &mut self,
        file: &Path,
        rows: u64,
        mut given: impl Iterator<Item = Row<GivenToken>>,
    ) -> Result<(), Failure> {
        let ended = self.ended().await?;
        let mut count = Count::begin("tokens", 0, rows);
        let (mut tally, mut done) = (Tally::default(), 0);
        let mut batch = self.read(&mut given);
        while !batch.lines.is_empty() {
            self.make_users(std::mem::take(&mut batch.logins)).await?;
            let asked = std::mem::take(&mut batch.tokens);
            let client_id = |token: &ImportedToken| token.client_id.clone();
            let client_ids: Vec<_> = asked.iter().map(client_id).collect();
            let stamp = self.instance.operator().stamp();
            let (ended, rehearse) = (Arc::clone(&ended), self.rehearse);
            let store = &self.instance.store;
            let writing = store.import_tokens(asked, ended, rehearse, stamp);
            let (written, next) = tokio::join!(writing, async { self.read(&mut given) });
            let mut written = written?.into_iter().zip(client_ids);
            done += batch.lines.len() as u64;
            for (line, judged) in batch.lines {
                let outcome = match judged {
                    Some(outcome) => outcome,
                    None => {
                        let (outcome, client_id) =
                            written.next().unwrap_or((Outcome::Present, None));
                        self.as_planned(outcome, client_id.as_ref()).await?
                    }
                };
                self.report.take(&mut tally, file, line, &outcome)?;
            }
            count.at(done);
            batch = next;
        }
        count.end(done);
        self.report.file(file, "tokens", tally);
        Ok(())
    }

    fn read(&self, given: &mut impl Iterator<Item = Row<GivenToken>>) -> Batch {
        let together = match self.instance.sqlite {
            Some(_) => TOGETHER_IN_A_FILE,
            None => TOGETHER_ELSEWHERE,
        };
        let (mut batch, rules) = (Batch::default(), self.rules());
        for Row { line, given } in given.take(together) {
            let login = given.as_ref().ok().map(|given| given.login.clone());
            match given.and_then(|given| rules.token(given)) {
                Ok(token) => {
                    batch.lines.push((line, None));
                    batch.tokens.push(token);
                    batch
                        .logins
                        .extend(login.filter(|_| self.unusable.is_some()));
                }
                Err(why) => batch.lines.push((line, Some(Outcome::Refused(why)))),
            }
        }
        batch
    }

    /// In a rehearsal, what is missing only because nothing was made is not missing. A user is looked for before
    /// the app: of one that would be made it is still to be asked whether the app is here.
    async fn as_planned(
        &self,
        outcome: Outcome,
        client_id: Option<&ClientId>,
    ) -> Result<Outcome, Failure> {
        Ok(match (&outcome, client_id) {
            (Outcome::Refused(Refusal::UnknownApp(id)), _) if self.planned_apps.contains(id) => {
                Outcome::Imported
            }
            (Outcome::Refused(Refusal::UnknownUser(login)), of)
                if self.planned_users.contains(login) =>
            {
                match of {
                    Some(id) if !self.has_app(id).await? => {
                        Outcome::Refused(Refusal::UnknownApp(id.to_string()))
                    }
                    _ => Outcome::Imported,
                }
            }
            _ => outcome,
        })
    }

    async fn has_app(&self, client_id: &ClientId) -> Result<bool, Failure> {
        Ok(self.planned_apps.contains(client_id.as_str())
            || self.instance.store.find_app(client_id).await?.is_some())
    }

    async fn make_users(&mut self, logins: BTreeSet<String>) -> Result<(), Failure> {
        let Some(unusable) = self.unusable.clone() else {
            return Ok(());
        };
        let mut made = JoinSet::new();
        for text in logins {
            let Ok(login) = Login::parse(&text) else {
                continue;
            };
            let key = login.key();
            if self.is_seen(&key).await? {
                continue;
            }
            self.users_made += 1;
            if self.rehearse {
                self.planned_users.insert(key.as_str().to_owned());
                continue;
            }
            self.saw(&key);
            let new = NewUser {
                login,
                email: None,
                email_verified: false,
                password_hash: unusable.clone(),
                site_admin: false,
                second_factor: None,
            };
            let (store, stamp) = (
                self.instance.store.clone(),
                self.instance.operator().stamp(),
            );
            made.spawn(async move { store.create_user(new, stamp).await });
            if made.len() == USERS_TOGETHER {
                all_made(&mut made).await?;
            }
        }
        all_made(&mut made).await
    }

    /// Whether there is, or would be, a user of this login.
    async fn is_seen(&mut self, key: &LoginKey) -> Result<bool, Failure> {
        if self.planned_users.contains(key.as_str()) || self.seen_users.contains(key.as_str()) {
            return Ok(true);
        }
        let found = self.instance.store.find_user(key).await?.is_some();
        if found {
            self.saw(key);
        }
        Ok(found)
    }

    fn saw(&mut self, key: &LoginKey) {
        if self.seen_users.len() < REMEMBERED {
            self.seen_users.insert(key.as_str().to_owned());
        }
    }

    /// Prints what it came to.
    pub(super) fn end(self) -> Result<(), Failure> {
        self.report.end(self.rehearse, self.users_made)
    }
}

/// Waits for users who are being made.
async fn all_made<T: 'static>(made: &mut JoinSet<Stored<T>>) -> Result<(), Failure> {
    while let Some(ended) = made.join_next().await {
        let ended = ended.map_err(|why| Failure::new(format!("a user was not made: {why}")))?;
        // Whoever was quicker has made the same.
        ended?;
    }
    Ok(())
}
