//! The chance of dev mode: what a test sees follows from a number. Owns that
//! requests, which draw an id each, do not shift the tokens that are made
//! between them; never for real secrets.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use grantd_core::entropy::{Entropy, SeededEntropy};

/// One sequence for each length that is asked for: tokens and codes are drawn from blocks of 64 bytes,
/// ids of requests are shorter.
pub(super) struct SeededChance {
    seed: u64,
    sequences: Mutex<HashMap<usize, SeededEntropy>>,
}

impl SeededChance {
    /// The sequences that belong to `seed`.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            sequences: Mutex::default(),
        }
    }
}

impl Entropy for SeededChance {
    fn fill(&self, bytes: &mut [u8]) {
        let mut sequences = self
            .sequences
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // Far apart, so that no two seeds share a sequence of neighbouring lengths.
        let own = self.seed.rotate_left(32) ^ bytes.len() as u64;
        sequences
            .entry(bytes.len())
            .or_insert_with(|| SeededEntropy::new(own))
            .fill(bytes);
    }
}

#[cfg(test)]
mod tests {
    use grantd_core::entropy::bytes;

    use super::*;

    #[test]
    fn lengths_do_not_disturb_one_another() {
        let (quiet, busy) = (SeededChance::new(7), SeededChance::new(7));
        for _ in 0..5 {
            bytes::<16>(&busy);
        }
        assert_eq!(bytes::<64>(&quiet), bytes::<64>(&busy));
        assert_ne!(bytes::<64>(&quiet), bytes::<64>(&SeededChance::new(8)));
        assert_ne!(bytes::<16>(&quiet)[..], bytes::<17>(&quiet)[..16]);
    }
}
