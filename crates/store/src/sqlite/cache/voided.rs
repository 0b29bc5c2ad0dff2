//! When what was kept of a row became void. Owns the moments, a bounded number of
//! them; must not know what is kept.
//!
//! Rows share places by their ids: that a neighbour's change voids a row too costs a look-up.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the changes that were accounted for. What was read when one was reached is void when a
/// later one has touched it.
pub(super) type Moment = u64;

/// A table whose rows are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Users,
    Apps,
    Authorizations,
}

impl Table {
    /// The one of this name; none for tables of which nothing is kept.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "users" => Some(Self::Users),
            "apps" => Some(Self::Apps),
            "authorizations" => Some(Self::Authorizations),
            _ => None,
        }
    }
}

/// A row of which something may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row(pub(super) Table, pub(super) i64);

/// The last moments at which rows, or all of them, became void.
pub(super) struct Voided {
    now: AtomicU64,
    all: AtomicU64,
    /// All that attempts to sign in look up.
    sign_ins: AtomicU64,
    users: Box<[AtomicU64]>,
    apps: Box<[AtomicU64]>,
    authorizations: Box<[AtomicU64]>,
}

impl Default for Voided {
    fn default() -> Self {
        let places = |count: usize| (0..count).map(|_| AtomicU64::new(0)).collect();
        Self {
            now: AtomicU64::new(0),
            all: AtomicU64::new(0),
            sign_ins: AtomicU64::new(0),
            users: places(1 << 12),
            apps: places(1 << 10),
            authorizations: places(1 << 14),
        }
    }
}

impl Voided {
    /// The moment that is reached.
    pub(super) fn now(&self) -> Moment {
        self.now.load(Ordering::Acquire)
    }

    /// Voids what was kept of these rows, and perhaps of attempts to sign in. One caller at a time.
    pub(super) fn rows(&self, rows: &[Row], sign_ins: bool) {
        let next = self.now() + 1;
        if sign_ins {
            self.sign_ins.store(next, Ordering::Release);
        }
        for row in rows {
            self.place(*row).store(next, Ordering::Release);
        }
        self.now.store(next, Ordering::Release);
    }

    /// Voids everything. One caller at a time.
    pub(super) fn everything(&self) {
        let next = self.now() + 1;
        self.all.store(next, Ordering::Release);
        self.now.store(next, Ordering::Release);
    }

    /// Whether what was read at that moment, and rests on these rows, still holds.
    pub(super) fn holds(&self, read_at: Moment, rests_on: &[Row]) -> bool {
        let untouched = |row: &Row| self.place(*row).load(Ordering::Acquire) <= read_at;
        self.all.load(Ordering::Acquire) <= read_at && rests_on.iter().all(untouched)
    }

    /// The same for what an attempt to sign in looks up.
    pub(super) fn holds_sign_ins(&self, read_at: Moment) -> bool {
        self.holds(read_at, &[]) && self.sign_ins.load(Ordering::Acquire) <= read_at
    }

    fn place(&self, Row(table, id): Row) -> &AtomicU64 {
        let places = match table {
            Table::Users => &self.users,
            Table::Apps => &self.apps,
            Table::Authorizations => &self.authorizations,
        };
        // The lengths are powers of two.
        &places[id.cast_unsigned() as usize & (places.len() - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_touched_later_is_void_and_its_neighbours_hold() {
        let voided = Voided::default();
        let (one, other) = (Row(Table::Authorizations, 1), Row(Table::Authorizations, 2));
        let user = Row(Table::Users, 1);
        let read_at = voided.now();
        assert!(voided.holds(read_at, &[one, other, user]));
        voided.rows(&[one], false);
        assert!(!voided.holds(read_at, &[one, user]));
        assert!(voided.holds(read_at, &[other, user]), "another table's 1");
        assert!(voided.holds(voided.now(), &[one]), "read after it");
        assert!(voided.holds_sign_ins(read_at), "no user's row");
        voided.rows(&[], true);
        assert!(!voided.holds_sign_ins(read_at) && voided.holds(read_at, &[other]));
        assert!(voided.holds_sign_ins(voided.now()));
        voided.everything();
        assert!(!voided.holds(voided.now() - 1, &[]));
        assert!(!voided.holds_sign_ins(voided.now() - 1));
        assert!(voided.holds(voided.now(), &[one, other, user]));
    }

    #[test]
    fn any_id_has_a_place() {
        let voided = Voided::default();
        for id in [i64::MIN, -1, 0, i64::MAX] {
            let row = Row(Table::Users, id);
            let read_at = voided.now();
            voided.rows(&[row], false);
            assert!(!voided.holds(read_at, &[row]), "{id}");
        }
    }
}
