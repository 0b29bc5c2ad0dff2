//! Chance that can be had again by its seed. Good enough to choose what to do next.

use std::sync::atomic::{AtomicU64, Ordering};

/// SplitMix64.
pub(crate) struct Dice(AtomicU64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    fn roll(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut mixed = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `sides`.
    pub(crate) fn below(&self, sides: usize) -> usize {
        usize::try_from(self.roll() % sides as u64).expect("below a usize")
    }

    /// True so many times in a hundred.
    pub(crate) fn percent(&self, chance: usize) -> bool {
        self.below(100) < chance
    }

    /// One of several.
    pub(crate) fn one_of<'a, T>(&self, several: &'a [T]) -> &'a T {
        &several[self.below(several.len())]
    }
}
