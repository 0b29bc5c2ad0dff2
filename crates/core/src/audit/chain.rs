//! The trail as a hash chain. Owns how rows are linked, in which order a chain
//! is right, and the name of whatever is wrong first; must not know where the
//! chain is kept.
//!
//! Every link is SHA-256 over the link before it (32 bytes, zeros before the
//! first) and the row's line. The links alone stop nobody who can rewrite all
//! that follow: a [`Checkpoint`] does, as long as the key is not theirs, and
//! one that is kept elsewhere also shows that the end was cut off.

use sha2::{Digest, Sha256};

use super::AuditRow;
use super::checkpoint::{Checkpoint, PublicKey};

/// A link: the hash of everything up to a row.
pub type Chain = [u8; 32];

/// What the first row is linked to.
pub const START: Chain = [0; 32];

/// The link of a row's line.
pub fn link(before: &Chain, line: &str) -> Chain {
    Sha256::new()
        .chain_update(before)
        .chain_update(line)
        .finalize()
        .into()
}

/// Where a chain ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The newest seal's number; 0 when there is none.
    pub seq: i64,
    /// Its link.
    pub chain: Chain,
}

impl Default for Head {
    fn default() -> Self {
        Self {
            seq: 0,
            chain: START,
        }
    }
}

/// The place of a row in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// From 1, without gaps, in the order in which the sealer saw rows committed.
    pub seq: i64,
    /// [`AuditRow::id`].
    pub audit_id: i64,
    /// Its link.
    pub chain: Chain,
}

impl Head {
    /// Seals a row; it is the new head.
    pub fn seal(&mut self, row: &AuditRow) -> Seal {
        self.seq += 1;
        self.chain = link(&self.chain, &row.line());
        Seal {
            seq: self.seq,
            audit_id: row.id,
            chain: self.chain,
        }
    }
}

/// A seal with its row, as they are found: somebody may have been at both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedRow {
    /// The number.
    pub seq: i64,
    /// The link; none when it cannot be one.
    pub chain: Option<Chain>,
    /// The row; none when it is gone, or cannot be one.
    pub row: Option<AuditRow>,
}

/// What is wrong with a chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// A number is missing, or comes twice.
    #[error("the next row should be number {0}")]
    Order(i64),
    /// There is a seal without a row.
    #[error("its row is gone")]
    RowGone,
    /// The row, its link or its place was changed.
    #[error("the row is not what was sealed there")]
    Link,
    /// A checkpoint that follows another one than it says, or stands elsewhere than it says.
    #[error("a checkpoint is missing, or stands in the wrong place")]
    CheckpointPlace,
    /// The key is none of those that were given.
    #[error("the checkpoint is signed by the key {0}, which is not known here")]
    CheckpointKey(String),
    /// The signature is not that of this place in the chain.
    #[error("the checkpoint's signature is wrong")]
    Signature,
    /// The chain is not the one of which a checkpoint was kept.
    #[error("the kept checkpoint is of another chain")]
    Kept,
    /// The chain ends before a checkpoint.
    #[error("the end is cut off: a checkpoint is of a later row")]
    CutOff,
    /// Rows follow the last checkpoint although they should not.
    #[error("no checkpoint signs what follows")]
    Unsigned,
    /// A row that neither has a seal nor waits for one.
    #[error("the row with id {0} has no seal and waits for none")]
    Stray(i64),
    /// A row that waits for its seal is gone.
    #[error("the row with id {0} is gone before it was sealed")]
    WaitingGone(i64),
    /// What stands there is no line of an export.
    #[error("{0}")]
    Line(String),
}

/// Where a chain is wrong first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("number {seq}: {wrong}")]
pub struct Broken {
    /// The number of the row, or the one that should be there.
    pub seq: i64,
    /// What is wrong.
    pub wrong: Wrong,
}

impl Broken {
    /// At this number.
    pub fn at(seq: i64, wrong: Wrong) -> Self {
        Self { seq, wrong }
    }
}

/// What was found to be whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// So many rows were looked at.
    pub rows: u64,
    /// So many checkpoints.
    pub checkpoints: u64,
    /// Where the chain ends.
    pub head: Head,
    /// The last number that a checkpoint signs.
    pub signed: i64,
}

/// Follows a chain row by row.
#[derive(Clone)]
pub struct Verifier<'k> {
    keys: &'k [PublicKey],
    head: Head,
    /// The number of the newest checkpoint.
    signed: i64,
    kept: Vec<Checkpoint>,
    rows: u64,
    checkpoints: u64,
}

impl<'k> Verifier<'k> {
    /// From behind `head`, whose newest checkpoint was `signed`. What is `kept` elsewhere must fit.
    pub fn new(keys: &'k [PublicKey], head: Head, signed: i64, kept: &[Checkpoint]) -> Self {
        Self {
            keys,
            head,
            signed,
            kept: kept.to_vec(),
            rows: 0,
            checkpoints: 0,
        }
    }

    /// The next row, by its line.
    ///
    /// # Errors
    /// It is not the next one.
    pub fn row(
        &mut self,
        seq: i64,
        chain: Option<Chain>,
        line: Option<&str>,
    ) -> Result<(), Broken> {
        let next = self.head.seq + 1;
        if seq != next {
            return Err(Broken::at(seq.min(next), Wrong::Order(next)));
        }
        let line = line.ok_or_else(|| Broken::at(seq, Wrong::RowGone))?;
        let linked = link(&self.head.chain, line);
        if chain != Some(linked) {
            return Err(Broken::at(seq, Wrong::Link));
        }
        self.head = Head { seq, chain: linked };
        self.rows += 1;
        self.kept_here()
    }

    /// Holds the place reached to what was kept of it elsewhere.
    ///
    /// # Errors
    /// It is another chain.
    pub(super) fn kept_here(&mut self) -> Result<(), Broken> {
        let seq = self.head.seq;
        let kept = std::mem::take(&mut self.kept);
        let (here, later): (Vec<_>, Vec<_>) = kept.into_iter().partition(|kept| kept.seq == seq);
        self.kept = later;
        if here.iter().all(|kept| self.signature(kept).is_ok()) {
            Ok(())
        } else {
            Err(Broken::at(seq, Wrong::Kept))
        }
    }

    /// The checkpoint behind the newest row.
    ///
    /// # Errors
    /// It belongs elsewhere, or is not signed by a known key.
    pub fn checkpoint(&mut self, found: &Checkpoint) -> Result<(), Broken> {
        let wrong = |wrong| Broken::at(self.head.seq, wrong);
        if found.seq != self.head.seq || found.previous != self.signed || found.seq <= self.signed {
            return Err(wrong(Wrong::CheckpointPlace));
        }
        self.signature(found).map_err(wrong)?;
        self.signed = found.seq;
        self.checkpoints += 1;
        Ok(())
    }

    fn signature(&self, found: &Checkpoint) -> Result<(), Wrong> {
        let key = self.keys.iter().find(|key| key.id() == found.key_id);
        let key = key.ok_or_else(|| Wrong::CheckpointKey(found.key_id.clone()))?;
        if key.has_signed(found, &self.head.chain) {
            Ok(())
        } else {
            Err(Wrong::Signature)
        }
    }

    /// Where the chain stands.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Nothing follows.
    ///
    /// # Errors
    /// A kept checkpoint is of a later row.
    pub fn end(self) -> Result<Verified, Broken> {
        let missing = self.kept.iter().map(|kept| kept.seq).min();
        if missing.is_some_and(|seq| seq > self.head.seq) {
            return Err(Broken::at(self.head.seq + 1, Wrong::CutOff));
        }
        Ok(Verified {
            rows: self.rows,
            checkpoints: self.checkpoints,
            head: self.head,
            signed: self.signed,
        })
    }
}

#[cfg(test)]
mod tests;
