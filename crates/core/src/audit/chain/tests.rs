//! Whatever somebody does to an export, it no longer verifies.

use super::*;
use crate::audit::CheckpointKey;
use crate::audit::export::{self, FileVerifier};
use crate::clock::Timestamp;
use crate::entropy::{self, Entropy, SeededEntropy};
use crate::ids::UserId;
use crate::secret::InstanceKey;
use crate::token::{TokenHash, TokenLastEight};

const ROWS: i64 = 240;
const SIGNED_EVERY: i64 = 30;

fn key(seed: u64) -> CheckpointKey {
    CheckpointKey::of(&InstanceKey::generate(&SeededEntropy::new(seed)))
}

fn row(id: i64) -> AuditRow {
    AuditRow {
        id,
        at: Timestamp(1_600_000_000 + id),
        action: "oauth_access.create".to_owned(),
        actor_kind: "user".to_owned(),
        actor_id: Some(id % 7),
        user_id: Some(UserId(id % 7)),
        app_id: None,
        authorization_id: None,
        grant_id: None,
        token_hash: Some(TokenHash([id as u8; 32])),
        token_last_eight: Some(TokenLastEight(format!("{id:08}"))),
        address: Some("192.0.2.1".to_owned()),
        request_id: None,
        details: None,
    }
}

/// An export signed by `key`, of these rows.
fn export_of(rows: impl Iterator<Item = AuditRow>, key: &CheckpointKey) -> Vec<String> {
    let (mut head, mut signed) = (Head::default(), 0);
    let mut lines = vec![export::begin_line(&head, 0)];
    for row in rows {
        let seal = head.seal(&row);
        lines.push(export::row_line(seal.seq, &seal.chain, &row.line()));
        if seal.seq % SIGNED_EVERY == 0 {
            let checkpoint = key.sign(&head, signed, row.at);
            lines.push(export::checkpoint_line(&checkpoint, &head.chain));
            signed = seal.seq;
        }
    }
    lines
}

fn verify(lines: &[String], keys: &[PublicKey], kept: &[Checkpoint]) -> Result<Verified, Broken> {
    let mut verifier = FileVerifier::new(keys, kept);
    lines.iter().try_for_each(|line| verifier.line(line))?;
    verifier.end()
}

struct Dice(SeededEntropy);

impl Dice {
    fn below(&self, limit: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        (u64::from_be_bytes(bytes) % limit as u64) as usize
    }
}

/// One change of some lines.
fn change(lines: &mut Vec<String>, forged: &[String], dice: &Dice) -> &'static str {
    let at = dice.below(lines.len());
    match dice.below(5) {
        0 => {
            let mut bytes = lines[at].clone().into_bytes();
            let place = dice.below(bytes.len());
            let other = bytes[place];
            while bytes[place] == other {
                bytes[place] = 0x20 + dice.below(95) as u8;
            }
            lines[at] = String::from_utf8(bytes).unwrap();
            "a byte of a line was edited"
        }
        1 => {
            lines.remove(at);
            "a line was deleted"
        }
        2 => {
            let copy = lines[dice.below(lines.len())].clone();
            lines.insert(at, copy);
            "a line was inserted"
        }
        3 => {
            let other = (at + 1 + dice.below(lines.len() - 1)) % lines.len();
            lines.swap(at, other);
            "two lines were swapped"
        }
        _ => {
            lines[at..].clone_from_slice(&forged[at..]);
            "the rest was forged with another key"
        }
    }
}

#[test]
fn sec_s46_ten_thousand_random_changes_of_an_export_are_all_found() {
    let (ours, dice) = (key(1), Dice(SeededEntropy::new(46)));
    let lines = export_of((1..=ROWS).map(row), &ours);
    let forged = export_of((1..=ROWS).map(|id| row(id + 1)), &key(2));
    let keys = [ours.public()];
    let whole = verify(&lines, &keys, &[]).unwrap();
    assert_eq!((whole.rows, whole.signed), (ROWS as u64, ROWS));
    // Where each line begins: what was not changed need not be verified ten thousand times.
    let mut before = vec![FileVerifier::new(&keys, &[])];
    for line in &lines {
        let mut next = before.last().unwrap().clone();
        next.line(line).unwrap();
        before.push(next);
    }
    let mut tried = std::collections::BTreeMap::<_, u32>::new();
    let mut changes = 0;
    while changes < 10_000 {
        let mut changed = lines.clone();
        let what = change(&mut changed, &forged, &dice);
        if changed == lines {
            continue;
        }
        let same = changed
            .iter()
            .zip(&lines)
            .take_while(|(one, other)| one == other);
        let first = same.count();
        let mut verifier = before[first].clone();
        let rest = changed[first..].iter();
        let found = rest.map(|line| verifier.line(line)).find(Result::is_err);
        let found = found.unwrap_or_else(|| verifier.end().map(drop));
        let broken = found.expect_err(what);
        assert!((0..=ROWS + 1).contains(&broken.seq), "{what}: {broken}");
        *tried.entry(what).or_default() += 1;
        changes += 1;
    }
    assert_eq!(tried.len(), 5);
    assert!(tried.values().all(|times| *times > 1_000), "{tried:?}");
}

#[test]
fn sec_s46_whoever_links_everything_anew_lacks_the_key() {
    let keys = [key(1).public()];
    let mut rows: Vec<_> = (1..=ROWS).map(row).collect();
    let lines = export_of(rows.iter().cloned(), &key(1));
    rows[100].user_id = None;
    let mut forged = export_of(rows.into_iter(), &key(1));
    // The true signatures in a chain that is right in itself.
    for (forged, line) in forged.iter_mut().zip(&lines) {
        let signature = |text: &str| text.split_once("\"signature\":").map(|(_, s)| s.to_owned());
        if let (Some(false_one), Some(true_one)) = (signature(forged), signature(line)) {
            *forged = forged.replace(&false_one, &true_one);
        }
    }
    let broken = verify(&forged, &keys, &[]).unwrap_err();
    assert_eq!(broken, Broken::at(120, Wrong::Signature));
    let unknown = verify(&lines, &[key(2).public()], &[]).unwrap_err();
    assert_eq!(
        unknown,
        Broken::at(30, Wrong::CheckpointKey(key(1).public().id()))
    );
}

#[test]
fn sec_s46_a_cut_end_is_found_only_by_a_kept_checkpoint() {
    let keys = [key(1).public()];
    let lines = export_of((1..=ROWS).map(row), &key(1));
    let kept = export::last_checkpoint(&lines.join("\n")).unwrap();
    assert_eq!(kept.seq, ROWS);
    assert!(verify(&lines, &keys, std::slice::from_ref(&kept)).is_ok());
    // Up to the fourth checkpoint.
    let cut = &lines[..1 + 4 * 31];
    assert_eq!(verify(cut, &keys, &[]).unwrap().head.seq, 120);
    let broken = verify(cut, &keys, std::slice::from_ref(&kept)).unwrap_err();
    assert_eq!(broken, Broken::at(121, Wrong::CutOff));
    // Between two checkpoints it is found anyway.
    let broken = verify(&lines[..100], &keys, &[]).unwrap_err();
    assert_eq!(broken.wrong, Wrong::Unsigned);
    // Another chain of the same key, as after a rewrite that a sealer has signed.
    let other = export_of((1..=ROWS).map(|id| row(id + 1)), &key(1));
    assert!(verify(&other, &keys, &[]).is_ok());
    let broken = verify(&other, &keys, &[kept]).unwrap_err();
    assert_eq!(broken, Broken::at(ROWS, Wrong::Kept));
}

#[test]
fn a_part_of_the_chain_verifies_from_where_it_begins() {
    let keys = [key(1).public()];
    let lines = export_of((1..=ROWS).map(row), &key(1));
    let before = &lines[..1 + 2 * 31];
    let kept = export::last_checkpoint(&before.join("\n")).unwrap();
    let (mut head, mut chain) = (Head::default(), START);
    for id in 1..=kept.seq {
        chain = link(&chain, &row(id).line());
        head = Head { seq: id, chain };
    }
    let mut part = vec![export::begin_line(&head, kept.seq)];
    part.extend_from_slice(&lines[1 + 2 * 31..]);
    let verified = verify(&part, &keys, std::slice::from_ref(&kept)).unwrap();
    assert_eq!((verified.rows, verified.head.seq), (180, ROWS));
    head.chain[0] ^= 1;
    part[0] = export::begin_line(&head, kept.seq);
    let broken = verify(&part, &keys, &[kept]).unwrap_err();
    assert_eq!(broken, Broken::at(60, Wrong::Kept));
    assert!(verify(&part, &keys, &[]).is_err());
    let hex = entropy::hex::<4>(&SeededEntropy::new(1));
    assert!(verify(&[hex], &keys, &[]).is_err());
    assert!(verify(&[], &keys, &[]).is_err());
}
