//! Tokens that came by a salted hash, when they show themselves. Owns how much
//! hashing strangers can cause, and that the record is changed after the answer.
//!
//! Only a string of forty hexadecimal digits that no record is found by, and
//! whose last eight characters some such record has, is hashed: in the threads
//! that hash passwords, a few at a time for each last eight. What was found
//! right waits here for a second at most, until the store is told of the hash
//! by which it is found from then on.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::audit::Stamp;
use crate::authority::{Authority, Caller};
use crate::error::{Error, Result, Throttle};
use crate::login::hash_pool;
use crate::store::TokenVerdict;
use crate::token::{Token, TokenHash};
use crate::user::LoginKey;

/// Tokens with the same last eight characters that are hashed at one time, on one node.
const AT_ONE_TIME: u32 = 2;
/// Records with the same last eight that are tried. Of ten million tokens rarely three have one.
const MOST_RECORDS: u32 = 8;
/// What waits to be told; of more, the next use is hashed again.
const MOST_WAITING: usize = 10_000;

/// What this node has found out of tokens that came by salted hashes.
#[derive(Default)]
pub struct Upgrades(Mutex<Found>);

#[derive(Default)]
struct Found {
    /// By the hash of the token: what stands in for it in the store.
    waiting: HashMap<TokenHash, TokenHash>,
    /// How many are being hashed, by last eight.
    hashing: HashMap<String, u32>,
}

/// A turn for these last eight characters; over when it is dropped.
struct Turn<'u> {
    upgrades: &'u Upgrades,
    last_eight: String,
}

impl Upgrades {
    fn turn(&self, last_eight: String) -> Option<Turn<'_>> {
        let mut found = self.lock();
        let running = found.hashing.entry(last_eight.clone()).or_default();
        if *running >= AT_ONE_TIME {
            return None;
        }
        *running += 1;
        Some(Turn {
            upgrades: self,
            last_eight,
        })
    }

    fn stand_in(&self, hash: TokenHash) -> Option<TokenHash> {
        self.lock().waiting.get(&hash).copied()
    }

    fn keep(&self, hash: TokenHash, stand_in: TokenHash) {
        let mut found = self.lock();
        if found.waiting.len() < MOST_WAITING {
            found.waiting.insert(hash, stand_in);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Found> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut found = self.upgrades.lock();
        if let Some(running) = found.hashing.get_mut(&self.last_eight) {
            *running -= 1;
            if *running == 0 {
                found.hashing.remove(&self.last_eight);
            }
        }
    }
}

impl Authority {
    /// What becomes of a token that no record is found by: it may have come by a salted hash.
    ///
    /// # Errors
    /// `Throttled` while others with these last eight characters are hashed; `Unavailable`.
    pub(crate) async fn salted_token(
        &self,
        token: &Token,
        caller: &Caller,
    ) -> Result<TokenVerdict> {
        if !token.is_hex() {
            return Ok(TokenVerdict::Unknown);
        }
        let now = self.clock.now();
        if let Some(stand_in) = self.upgrades.stand_in(token.hash()) {
            return self.upgraded(token, stand_in).await;
        }
        let last_eight = token.last_eight();
        let known = self.store.list_salted(&last_eight, MOST_RECORDS).await?;
        if known.is_empty() {
            return Ok(TokenVerdict::Unknown);
        }
        let busy = || Error::Throttled {
            kind: Throttle::Hashing,
            retry_after: 1,
        };
        let name = LoginKey::of(&format!("token {}", last_eight.0));
        let _turn = self.upgrades.turn(last_eight.0).ok_or_else(busy)?;
        let presented = token.clone();
        let find = move || known.into_iter().find(|(_, kept)| kept.is_of(&presented));
        let pool = &self.sign_in.pool;
        let found = pool
            .run(hash_pool::Turn::of(caller.address.into(), name), find)
            .await;
        let Some((_, kept)) = found.map_err(|_| busy())? else {
            return Ok(TokenVerdict::Unknown);
        };
        let verdict = self.store.find_token(kept.stand_in(), now).await?;
        if matches!(verdict, TokenVerdict::Valid(_)) {
            self.upgrades.keep(token.hash(), kept.stand_in());
        }
        match verdict {
            // Another node was quicker.
            TokenVerdict::Unknown => Ok(self.store.find_token(token.hash(), now).await?),
            verdict => Ok(verdict),
        }
    }

    async fn upgraded(&self, token: &Token, stand_in: TokenHash) -> Result<TokenVerdict> {
        let now = self.clock.now();
        Ok(match self.store.find_token(stand_in, now).await? {
            TokenVerdict::Unknown => self.store.find_token(token.hash(), now).await?,
            verdict => verdict,
        })
    }

    /// Tells the store by which hashes tokens are found that have shown themselves.
    ///
    /// # Errors
    /// `Unavailable`; they are told the next time.
    pub async fn upgrade_hashes(&self) -> Result<()> {
        let waiting: Vec<_> = {
            let found = self.upgrades.lock();
            found
                .waiting
                .iter()
                .map(|(&to, &from)| (from, to))
                .collect()
        };
        for (from, to) in waiting {
            let stamp = Stamp::system(self.clock.now());
            self.store.upgrade_hash(from, to, stamp).await?;
            self.upgrades.lock().waiting.remove(&to);
        }
        Ok(())
    }
}
