//! Long lists by page number. Owns when what is remembered of a list is still
//! true; must not know how a page is worded.
//!
//! A page number means a count and a walk over the ids before the page: for
//! twenty thousand records more than all the rest of the request. Both are
//! remembered, the walk as an id every so often ([`Landmarks`]), with the list's
//! *state*: the user's last row in the trail and last record. Every change of a
//! list leaves a row in the trail, in the same transaction, and no number is given out
//! twice: who finds the state unchanged, in the snapshot in which it reads the
//! page, finds the list unchanged, whichever process has written meanwhile. That
//! holds where transactions commit in the order of these numbers, so on SQLite alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use grantd_core::store::{Page, PageRequest};

use super::list::{List, offset};
use crate::db::{Columns, Db, DbResult, Param, Params};

/// Shorter lists are counted sooner than looked up.
const LONG: u64 = 512;
/// At most so many landmarks per list, and so many lists.
const PER_LIST: u64 = 512;
const LISTS: usize = 256;
/// At least so many ids lie from one to the next.
const NEAREST: u64 = 64;

/// Whose list, and of which app if not of all.
pub(crate) type Of = (i64, Option<Option<i64>>);

/// The last row of the trail about the user, and the last record.
type State = (i64, i64);

/// What is remembered of long lists, by everybody who looks.
#[derive(Default)]
pub(crate) struct Landmarks(Mutex<HashMap<Of, Known>>);

#[derive(Clone)]
struct Known {
    state: State,
    total: u64,
    /// Every so manieth id, from the first; once somebody has gone far enough.
    marks: Option<(u64, Arc<[i64]>)>,
}

/// A list, and what it takes to find one's way in it.
pub(super) struct Long<'a> {
    pub(super) list: List<'a>,
    /// The page from an id on; takes it after the list's keys.
    pub(super) from: &'static str,
    /// All ids in order.
    pub(super) ids: &'static str,
    /// Takes the user.
    pub(super) state: &'static str,
    pub(super) of: Of,
}

impl Long<'_> {
    pub(super) async fn read<T: Send>(
        self,
        db: &dyn Db,
        request: PageRequest,
        read: impl FnMut(&dyn Columns) -> DbResult<T> + Send,
    ) -> DbResult<Page<T>> {
        let Some(landmarks) = db.landmarks() else {
            return self.list.read(db, request, read).await;
        };
        let known = match landmarks.get(self.of) {
            Some(known) => self.still(db, known).await?,
            None => None,
        };
        let Some(known) = known else {
            let page = self.list.read(db, request, read).await?;
            if page.total >= LONG
                && let Some(state) = self.state(db).await?
            {
                let (total, marks) = (page.total, None);
                let known = Known {
                    state,
                    total,
                    marks,
                };
                landmarks.put(self.of, known);
            }
            return Ok(page);
        };
        let skipped = offset(request);
        if skipped >= known.total {
            return Ok(Page {
                items: Vec::new(),
                total: known.total,
            });
        }
        let (from, rest) = self.nearest(db, landmarks, &known, skipped).await?;
        let (limit, rest) = (i64::from(request.per_page), rest as i64);
        let mut params = self.list.keys.to_vec();
        params.extend([&from as &dyn Param, &limit, &rest]);
        Ok(Page {
            items: db.all(self.from, params.as_slice(), read).await?,
            total: known.total,
        })
    }

    async fn state(&self, db: &dyn Db) -> DbResult<Option<State>> {
        let keys: Params<'_> = &[&self.of.0];
        let states = db.one(self.state, keys, |row| Ok(row.maybe(0)?.zip(row.maybe(1)?)));
        Ok(states.await?.flatten())
    }

    async fn still(&self, db: &dyn Db, known: Known) -> DbResult<Option<Known>> {
        let state = self.state(db).await?;
        Ok(Some(known).filter(|known| Some(known.state) == state))
    }

    /// A known id before the page, and how many follow it until the page.
    async fn nearest(
        &self,
        db: &dyn Db,
        landmarks: &Landmarks,
        known: &Known,
        skipped: u64,
    ) -> DbResult<(i64, u64)> {
        let (every, marks) = match &known.marks {
            Some(marks) => marks.clone(),
            None if skipped < LONG => return Ok((0, skipped)),
            None => self.walk(db, landmarks, known).await?,
        };
        let at = usize::try_from(skipped / every).unwrap_or(usize::MAX);
        // One is there for each part that is not beyond the end.
        let from = marks.get(at).copied().unwrap_or(i64::MAX);
        Ok((from, skipped % every))
    }

    async fn walk(
        &self,
        db: &dyn Db,
        landmarks: &Landmarks,
        known: &Known,
    ) -> DbResult<(u64, Arc<[i64]>)> {
        let every = known.total.div_ceil(PER_LIST).max(NEAREST);
        let (mut passed, mut marks) = (0_u64, Vec::new());
        db.rows(self.ids, self.list.keys, &mut |row| {
            if passed.is_multiple_of(every) {
                marks.push(row.get(0)?);
            }
            passed += 1;
            Ok(())
        })
        .await?;
        let marks = (every, Arc::from(marks));
        let known = Known {
            marks: Some(marks.clone()),
            ..known.clone()
        };
        landmarks.put(self.of, known);
        Ok(marks)
    }
}

impl Landmarks {
    fn get(&self, of: Of) -> Option<Known> {
        self.lock().get(&of).cloned()
    }

    fn put(&self, of: Of, known: Known) {
        let mut lists = self.lock();
        if lists.len() >= LISTS
            && !lists.contains_key(&of)
            && let Some(one) = lists.keys().next().copied()
        {
            // Whichever: those that are read come back.
            lists.remove(&one);
        }
        lists.insert(of, known);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Of, Known>> {
        // Nothing under the lock can panic halfway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
