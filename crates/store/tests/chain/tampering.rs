//! Random edits, deletions, insertions and swaps of sealed rows, of seals and
//! of checkpoints.

use std::collections::BTreeMap;
use std::fmt::Write;

use grantd_core::audit::chain::{Head, START, Wrong};
use grantd_core::audit_verify::NotWhole;
use grantd_core::entropy::{Entropy, SeededEntropy};

use super::place::Place;

const ROWS: u64 = 120;
const TIMES: usize = 330;
const COPY: &str = "CREATE TABLE kept_audit AS SELECT * FROM audit; \
                    CREATE TABLE kept_seal AS SELECT * FROM audit_seal; \
                    CREATE TABLE kept_checkpoint AS SELECT * FROM audit_checkpoint";
const PUT_BACK: &str = "DELETE FROM audit; DELETE FROM audit_seal; DELETE FROM audit_checkpoint; \
                        DELETE FROM audit_unsealed; \
                        INSERT INTO audit SELECT * FROM kept_audit; \
                        INSERT INTO audit_seal SELECT * FROM kept_seal; \
                        INSERT INTO audit_checkpoint SELECT * FROM kept_checkpoint";

struct Dice(SeededEntropy);

impl Dice {
    fn below(&self, limit: u64) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_be_bytes(bytes) % limit
    }

    /// A number of a row, from `from`.
    fn row(&self, from: u64) -> u64 {
        from + self.below(ROWS + 1 - from)
    }

    fn pick<'t>(&self, all: &[&'t str]) -> &'t str {
        all[self.below(all.len() as u64) as usize]
    }
}

/// Seals from `first` on get numbers that are `by` more.
fn shift(first: u64, by: i64) -> String {
    format!(
        "UPDATE audit_seal SET seq = -seq - {by} WHERE seq >= {first}; \
         UPDATE audit_seal SET seq = -seq WHERE seq < 0"
    )
}

/// The rows of seals are ids from 1: nothing else is in this trail.
async fn tampering(place: &Place, dice: &Dice) -> (&'static str, String) {
    let at = dice.row(1);
    match dice.below(11) {
        0 => {
            let edit = dice.pick(&[
                "at = at + 1",
                "at = at - 99999999999999",
                "action = 'user.update'",
                "actor_kind = 'user'",
                "actor_id = 7",
                "user_id = user_id + 1",
                "user_id = NULL",
                "app_id = 1",
                "authorization_id = 1",
                "grant_id = 1",
                "token_hash = x'00'",
                "token_last_eight = '12345678'",
                "address = '192.0.2.2'",
                "address = NULL",
                "request_id = ''",
                "details = ''",
            ]);
            (
                "a row is edited",
                format!("UPDATE audit SET {edit} WHERE id = {at}"),
            )
        }
        1 => (
            "a row is deleted",
            format!("DELETE FROM audit WHERE id = {at}"),
        ),
        2 => (
            "a row is deleted with its seal",
            format!("DELETE FROM audit WHERE id = {at}; DELETE FROM audit_seal WHERE seq = {at}"),
        ),
        3 => (
            "a row is deleted with its seal, and the gap is closed",
            format!(
                "DELETE FROM audit WHERE id = {at}; DELETE FROM audit_seal WHERE seq = {at}; {}",
                shift(at + 1, -1)
            ),
        ),
        4 => (
            "a row is inserted and made to look sealed",
            "INSERT INTO audit (id, at, action, actor_kind) VALUES (9999, 1, 'user.create', 'system'); \
             DELETE FROM audit_unsealed WHERE audit_id = 9999"
                .to_owned(),
        ),
        5 => (
            "a row is inserted with a seal",
            format!(
                "{}; INSERT INTO audit (id, at, action, actor_kind) VALUES (9999, 1, 'user.create', 'system'); \
                 INSERT INTO audit_seal (seq, audit_id, chain) SELECT {at}, 9999, chain FROM kept_seal WHERE seq = {at}",
                shift(at, 1)
            ),
        ),
        6 => {
            let other = (at + dice.below(ROWS - 1)) % ROWS + 1;
            (
                "two rows are swapped",
                format!(
                    "UPDATE audit SET id = -1 WHERE id = {at}; UPDATE audit SET id = {at} WHERE id = {other}; \
                     UPDATE audit SET id = {other} WHERE id = -1"
                ),
            )
        }
        7 => {
            let other = (at + dice.below(ROWS - 1)) % ROWS + 1;
            (
                "two seals are swapped",
                format!(
                    "UPDATE audit_seal SET seq = -1 WHERE seq = {at}; \
                     UPDATE audit_seal SET seq = {at} WHERE seq = {other}; \
                     UPDATE audit_seal SET seq = {other} WHERE seq = -1"
                ),
            )
        }
        8 => {
            let what = dice.pick(&[
                "UPDATE audit_seal SET chain = x'00' WHERE seq =",
                "UPDATE audit_seal SET seq = -seq WHERE seq =",
                "UPDATE audit_seal SET seq = seq + 5000 WHERE seq =",
                "UPDATE audit_seal SET audit_id = 5000 WHERE seq =",
                "DELETE FROM audit_seal WHERE seq =",
            ]);
            ("a seal is edited or deleted", format!("{what} {at}"))
        }
        9 => {
            let first = "WHERE seq = (SELECT MIN(seq) FROM audit_checkpoint)";
            let what = dice.pick(&[
                "UPDATE audit_checkpoint SET at = at + 1",
                "UPDATE audit_checkpoint SET seq = seq + 1",
                "UPDATE audit_checkpoint SET seq = 5000",
                "UPDATE audit_checkpoint SET previous = 7",
                "UPDATE audit_checkpoint SET signature = x'00'",
                "UPDATE audit_checkpoint SET key_id = 'mine'",
                "DELETE FROM audit_checkpoint",
            ]);
            (
                "a checkpoint is edited or deleted",
                format!("{what} {first}"),
            )
        }
        _ => (
            "a row is edited and everything linked anew",
            forged(place, at).await,
        ),
    }
}

/// What somebody does who knows how the chain is made, and lacks the key.
async fn forged(place: &Place, at: u64) -> String {
    let mut sql = format!("UPDATE audit SET details = 'forged' WHERE id = {at}");
    let mut head = Head {
        seq: 0,
        chain: START,
    };
    for found in place.store.list_sealed(0, 1_000).await.unwrap() {
        let mut row = found.row.unwrap();
        if row.id == at as i64 {
            row.details = Some("forged".to_owned());
        }
        let seal = head.seal(&row);
        let chain = data_encoding::HEXLOWER.encode(&seal.chain);
        write!(
            sql,
            "; UPDATE audit_seal SET chain = x'{chain}' WHERE seq = {}",
            seal.seq
        )
        .unwrap();
    }
    sql
}

async fn everything_is_found(place: Place) {
    for _ in 0..3 {
        place.grow(ROWS as u32 / 3).await;
    }
    let whole = place.verify().await.unwrap();
    assert_eq!((whole.verified.rows, whole.verified.checkpoints), (ROWS, 3));
    place.by_hand(COPY).await;
    let (dice, mut tried) = (Dice(SeededEntropy::new(46)), BTreeMap::<_, usize>::new());
    for number in 0..TIMES {
        let (what, sql) = tampering(&place, &dice).await;
        place.by_hand(&sql).await;
        match place.verify().await {
            Err(NotWhole::Broken(broken)) => {
                assert!(broken.seq <= ROWS as i64 + 1, "{what}: {broken}");
            }
            other => panic!("{what} is not found: {sql}: {other:?}"),
        }
        *tried.entry(what).or_default() += 1;
        place.by_hand(PUT_BACK).await;
        if number % 50 == 0 {
            place.verify().await.unwrap();
        }
    }
    assert_eq!(tried.len(), 11, "{tried:?}");
    what_waits_is_watched(&place).await;
}

/// A row that is deleted before it has a seal; and one whose list entry went.
async fn what_waits_is_watched(place: &Place) {
    place.row().await;
    assert_eq!(place.verify().await.unwrap().waiting, 1);
    let last = "(SELECT MAX(audit_id) FROM audit_unsealed)";
    place
        .by_hand(&format!("DELETE FROM audit WHERE id = {last}"))
        .await;
    let broken = place.verify().await;
    let gone = |wrong: &Wrong| matches!(wrong, Wrong::WaitingGone(_));
    assert!(matches!(broken, Err(NotWhole::Broken(broken)) if gone(&broken.wrong)));
    place.by_hand(PUT_BACK).await;
    place.row().await;
    place.by_hand("DELETE FROM audit_unsealed").await;
    let broken = place.verify().await;
    let stray = |wrong: &Wrong| matches!(wrong, Wrong::Stray(_));
    assert!(matches!(broken, Err(NotWhole::Broken(broken)) if stray(&broken.wrong)));
    place.store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s46_tampering_with_sqlite_is_found() {
    everything_is_found(Place::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s46_tampering_with_postgresql_is_found() {
    everything_is_found(Place::postgresql().await).await;
}
