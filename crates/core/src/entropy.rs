//! Chance as an argument. Owns where random bytes come from; everything that
//! needs them takes an [`Entropy`].

use std::sync::Mutex;

use sha2::{Digest, Sha256};

/// A source of random bytes.
pub trait Entropy: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's cryptographic generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    /// # Panics
    /// When the operating system has no randomness to give: nothing secret
    /// may be made then, so there is nothing sensible to go on with.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the operating system"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }
}

/// Bytes that follow from a seed, so that tests see the same tokens each time.
/// Never for real secrets.
#[derive(Debug)]
pub struct SeededEntropy {
    seed: u64,
    blocks: Mutex<u64>,
}

impl SeededEntropy {
    /// The sequence that belongs to `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            blocks: Mutex::new(0),
        }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        let mut block = self
            .blocks
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        for chunk in bytes.chunks_mut(32) {
            let digest = Sha256::new()
                .chain_update(self.seed.to_be_bytes())
                .chain_update(block.to_be_bytes())
                .finalize();
            chunk.copy_from_slice(&digest[..chunk.len()]);
            *block += 1;
        }
    }
}

/// `N` random bytes.
pub fn bytes<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}

/// `2 × N` lower-case hexadecimal digits: client ids and secrets (wire-level: 20 and 40).
pub fn hex<const N: usize>(entropy: &dyn Entropy) -> String {
    data_encoding::HEXLOWER.encode(&bytes::<N>(entropy))
}

/// `length` characters drawn evenly from `alphabet` (at most 256 characters):
/// bytes beyond the last whole multiple of its length are drawn again.
pub fn characters(entropy: &dyn Entropy, alphabet: &[u8], length: usize) -> String {
    let even = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(length);
    let mut pool = [0u8; 64];
    while text.len() < length {
        entropy.fill(&mut pool);
        for byte in pool
            .iter()
            .map(|byte| usize::from(*byte))
            .filter(|byte| *byte < even)
        {
            if text.len() < length {
                text.push(char::from(alphabet[byte % alphabet.len()]));
            }
        }
    }
    zeroize::Zeroize::zeroize(&mut pool);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_bytes_and_never_the_same_block_twice() {
        let (one, two) = (SeededEntropy::new(7), SeededEntropy::new(7));
        let first = bytes::<48>(&one);
        assert_eq!(first, bytes::<48>(&two));
        assert_ne!(first, bytes::<48>(&one));
    }

    #[test]
    fn characters_come_from_the_alphabet_in_even_shares() {
        let text = characters(&SeededEntropy::new(1), b"0123456789", 20_000);
        assert_eq!(text.len(), 20_000);
        for digit in '0'..='9' {
            let share = text.chars().filter(|c| *c == digit).count();
            assert!((1_800..2_200).contains(&share), "{digit}: {share}");
        }
    }
}
