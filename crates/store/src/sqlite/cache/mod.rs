//! Checks that need no look-up. Owns that nothing is answered from memory that
//! the file no longer says, whoever has changed it; must not know what is made of an answer.
//!
//! What a look-up has found of an app, and of a valid token, is kept: by client id, by the
//! token's hash. That a token is *not* valid is never kept. So is what an attempt to sign in looks up
//! ([`sign_ins`]). Three rules make this exact:
//!
//! - **A count of commits.** The file's own index counts them ([`commits`]), whichever process
//!   makes them, before anybody sees or hears of them. Only while that count is the one that is
//!   *accounted for* is anything taken from memory, or may what is read then be kept.
//! - **The writer accounts for its own.** It holds the books ([`Books`]) from the moment at which
//!   it has locked the file. If the count is not what was accounted for, somebody else was there,
//!   and all that is kept is void. After its `COMMIT`, and before it answers anybody, it voids what
//!   was kept of the rows that it has changed, and only then accounts for one commit more.
//! - **What is kept says how old it is**: the [moment](voided::Moment) that was reached before its
//!   look-up was asked for. If a row that it rests on was voided later, it is void. So a look-up
//!   that was overtaken by a revocation is kept for nobody.
//!
//! Between a commit and its being accounted for, and after anybody else's, checks look things up.
//! Whether a token has expired is compared each time.

mod commits;
mod sign_ins;
mod voided;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use grantd_core::app::{AppCredentials, ClientId};
use grantd_core::authorization::Authorization;
use grantd_core::clock::Timestamp;
use grantd_core::note::{Note, NoteUrl};
use grantd_core::store::{AppCheck, OwnedAuthorization, SignInCheck, TokenVerdict};
use grantd_core::token::TokenHash;
use quick_cache::Weighter;
use quick_cache::sync::Cache as Kept;
use rusqlite::Connection;
use rusqlite::hooks::Action;

use self::commits::Commits;
use self::voided::{Moment, Row, Table, Voided};
use crate::steps::users::Attempt;

/// What tokens may take up together, in bytes.
const MOST_OF_TOKENS: u64 = 24 << 20;
/// What a token takes up besides its texts of any length.
const TOKEN: u64 = 1_024;
const MOST_APPS: usize = 2_000;
const MOST_SIGN_INS: usize = 2_000;
/// A transaction that changes more rows voids everything.
const MOST_CHANGED: usize = 4_096;
/// Nothing is accounted for; a count is shorter.
const UNKNOWN: u64 = u64::MAX;

/// What was kept, and how old it is.
struct Read<T> {
    value: Arc<T>,
    at: Moment,
}

impl<T> Clone for Read<T> {
    fn clone(&self) -> Self {
        Self {
            value: Arc::clone(&self.value),
            at: self.at,
        }
    }
}

#[derive(Clone)]
struct ByLength;

impl Weighter<TokenHash, Read<OwnedAuthorization>> for ByLength {
    fn weight(&self, _: &TokenHash, read: &Read<OwnedAuthorization>) -> u64 {
        let record = &read.value.authorization;
        let note = record.note.as_ref().map_or("", Note::as_str);
        let url = record.note_url.as_ref().map_or("", NoteUrl::as_str);
        let scopes = 32 * record.scopes.iter().count();
        let app = record.app.as_ref();
        let app = app.map_or(0, |app| app.name.len() + app.url.len());
        TOKEN + (note.len() + url.len() + scopes + app) as u64
    }
}

/// What a transaction changes that something kept may rest on.
#[derive(Default)]
struct Changed {
    rows: Vec<Row>,
    /// What attempts to sign in look up.
    sign_ins: bool,
    /// Too many rows, or any at all.
    everything: bool,
}

impl Changed {
    fn note(&mut self, action: Action, table: &str, id: i64) {
        // Which tokens rest on a grant is not kept with them.
        if table == "grants" && action != Action::SQLITE_INSERT && action != Action::SQLITE_UPDATE {
            self.everything = true;
        }
        if let Some(table) = Table::named(table) {
            self.sign_ins |= table == Table::Users;
            self.everything |= self.rows.len() >= MOST_CHANGED;
            if !self.everything {
                self.rows.push(Row(table, id));
            }
        }
    }
}

/// What was found lately, in memory.
pub(super) struct Cache {
    /// None where the file has no index that can be read: then nothing is kept.
    commits: Option<Commits>,
    accounted: AtomicU64,
    /// Whoever accounts.
    books: Mutex<()>,
    voided: Voided,
    /// What the transaction that runs has changed.
    changed: Mutex<Changed>,
    apps: Kept<ClientId, Read<AppCredentials>>,
    tokens: Kept<TokenHash, Read<OwnedAuthorization>, ByLength>,
    sign_ins: Kept<Attempt, Read<SignInCheck>>,
}

/// When a look-up was asked for whose answer may be kept.
#[derive(Clone, Copy)]
pub(super) struct Asked(Moment);

impl Cache {
    /// Of the database at `path`, which is in use.
    pub(super) fn of(path: &Path) -> Self {
        let commits = Commits::of(path)
            .inspect_err(|error| tracing::warn!(%error, "checks are not kept in memory"))
            .ok();
        let expected = usize::try_from(MOST_OF_TOKENS / TOKEN).unwrap_or(usize::MAX);
        Self {
            commits,
            accounted: AtomicU64::new(UNKNOWN),
            books: Mutex::default(),
            voided: Voided::default(),
            changed: Mutex::default(),
            apps: Kept::new(MOST_APPS),
            tokens: Kept::with_weighter(expected, MOST_OF_TOKENS, ByLength),
            sign_ins: Kept::new(MOST_SIGN_INS),
        }
    }

    /// What is known of this app, and of this token of it, without a look-up.
    pub(super) fn check(
        &self,
        client_id: &ClientId,
        hash: Option<TokenHash>,
        now: Timestamp,
    ) -> Option<AppCheck> {
        if !self.is_accounted_for() {
            return None;
        }
        let app = self.apps.get(client_id)?;
        let id = app.value.app.id;
        if !self.voided.holds(app.at, &[Row(Table::Apps, id.0)]) {
            return None;
        }
        let token = match hash {
            None => None,
            Some(hash) => Some(self.token(hash, now)?),
        };
        let is_its_own =
            |token: &Arc<OwnedAuthorization>| app_of(&token.authorization) == Some(id.0);
        Some(AppCheck {
            credentials: app.value,
            token: token.filter(is_its_own),
        })
    }

    /// What is known of this token without a look-up.
    pub(super) fn find(&self, hash: TokenHash, now: Timestamp) -> Option<TokenVerdict> {
        if !self.is_accounted_for() {
            return None;
        }
        self.token(hash, now).map(TokenVerdict::Valid)
    }

    fn token(&self, hash: TokenHash, now: Timestamp) -> Option<Arc<OwnedAuthorization>> {
        let Read { value, at } = self.tokens.get(&hash)?;
        let record = &value.authorization;
        let unexpired = record.expires_at.is_none_or(|end| end > now);
        let own = [
            Row(Table::Authorizations, record.id.0),
            Row(Table::Users, record.user_id.0),
        ];
        let app = app_of(record).map(|id| Row(Table::Apps, id));
        let holds = self.voided.holds(at, &own) && self.voided.holds(at, app.as_slice());
        (unexpired && holds).then_some(value)
    }

    /// To be called before a look-up is asked for; none when its answer cannot be kept.
    pub(super) fn asked(&self) -> Option<Asked> {
        self.is_accounted_for().then(|| Asked(self.voided.now()))
    }

    /// Keeps what a look-up found.
    pub(super) fn keep_check(&self, Asked(at): Asked, check: &AppCheck) {
        let credentials = &check.credentials;
        let value = Arc::clone(credentials);
        self.apps
            .insert(credentials.app.client_id.clone(), Read { value, at });
        if let Some(token) = &check.token {
            self.keep_token(Asked(at), token);
        }
    }

    /// Keeps a valid token.
    pub(super) fn keep_token(&self, Asked(at): Asked, token: &Arc<OwnedAuthorization>) {
        let value = Arc::clone(token);
        self.tokens
            .insert(token.authorization.token_hash, Read { value, at });
    }

    /// Hears of every row that a connection changes. For each that the writer opens.
    pub(super) fn watch(self: &Arc<Self>, conn: &mut Connection) -> rusqlite::Result<()> {
        let cache = Arc::clone(self);
        conn.update_hook(Some(move |action, _: &str, table: &str, id: i64| {
            cache.changed().note(action, table, id);
        }))
    }

    /// To be called when the writer has locked the file.
    pub(super) fn begin(&self) -> Books<'_> {
        let books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        *self.changed() = Changed::default();
        let count = self.count();
        if count != self.accounted.load(Ordering::Acquire) {
            self.start_over(count);
        }
        Books {
            cache: self,
            count,
            closed: false,
            _held: books,
        }
    }

    /// Nothing is known from now on, and the file may be closed.
    pub(super) fn end(&self) {
        if let Some(commits) = &self.commits {
            commits.end();
        }
    }

    /// Whether the last commit was accounted for. If not, that is made up for where nobody commits.
    fn is_accounted_for(&self) -> bool {
        let count = self.count();
        if count == UNKNOWN {
            return false;
        }
        if count == self.accounted.load(Ordering::Acquire) {
            return true;
        }
        match self.books.try_lock() {
            Ok(_held) => {
                // The writer may have accounted for it just now.
                let count = self.count();
                if count != self.accounted.load(Ordering::Acquire) {
                    self.start_over(count);
                }
            }
            Err(TryLockError::Poisoned(_) | TryLockError::WouldBlock) => {}
        }
        false
    }

    /// Forgets everything, and accounts for whatever was committed. For whoever holds the books.
    fn start_over(&self, count: u64) {
        self.voided.everything();
        self.accounted.store(count, Ordering::Release);
    }

    fn count(&self) -> u64 {
        let commits = self.commits.as_ref();
        commits.and_then(Commits::count).map_or(UNKNOWN, u64::from)
    }

    fn changed(&self) -> MutexGuard<'_, Changed> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to account for commits, while the file is locked. Dropped unclosed, everything is void.
pub(super) struct Books<'c> {
    cache: &'c Cache,
    /// Before the transaction.
    count: u64,
    closed: bool,
    _held: MutexGuard<'c, ()>,
}

impl Books<'_> {
    /// The transaction is committed; whether it wrote anything.
    pub(super) fn close(mut self, wrote: bool) {
        self.closed = true;
        let (cache, after) = (self.cache, self.cache.count());
        if !wrote && after == self.count {
            return;
        }
        // A commit that writes raises the count by one. It is read nevertheless: should SQLite
        // ever count otherwise, nothing is answered from memory.
        let own = self.count.wrapping_add(1) & u64::from(u32::MAX);
        let changed = cache.changed();
        let is_plain = wrote && self.count != UNKNOWN && after == own;
        if !is_plain || changed.everything {
            cache.start_over(after);
            return;
        }
        cache.voided.rows(&changed.rows, changed.sign_ins);
        cache.accounted.store(own, Ordering::Release);
    }
}

impl Drop for Books<'_> {
    fn drop(&mut self) {
        if !self.closed {
            self.cache.start_over(UNKNOWN);
        }
    }
}

fn app_of(record: &Authorization) -> Option<i64> {
    record.app.as_ref().map(|app| app.id.0)
}
