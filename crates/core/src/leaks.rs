//! Credentials that somebody found where they should not be. Owns that each is
//! revoked, whoever found it, and that its owner is told; the finder learns
//! nothing of what was found. Must not know how a report arrives.

use std::collections::HashSet;

use futures_util::future::join_all;

use crate::audit::{Action, Actor, Stamp};
use crate::authority::{Authority, Caller};
use crate::error::{Error, Result, Throttle};
use crate::hourly::Bucket;
use crate::own_account::{Message, Outgoing};
use crate::store::Leaked;
use crate::token::TokenHash;
use crate::user::User;

/// Strings in one report at most.
pub const MOST_REPORTED: usize = 1_000;
/// So many are revoked at a time: each is a step of the store.
const AT_ONCE: usize = 16;

/// Who found them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finder {
    /// Anybody.
    Anybody,
    /// A scanner whose signature was right.
    Scanner,
}

impl Finder {
    fn action(self) -> Action {
        match self {
            Self::Anybody => Action::TokenReported,
            Self::Scanner => Action::TokenScanned,
        }
    }
}

/// The words of a mail to the owner of what was revoked.
pub type LeakLetter<'l> = &'l (dyn Fn(&User, &[Leaked]) -> Message + Send + Sync);

/// What a report came to. Nothing of it is for the finder.
pub struct Findings {
    /// To the owners, who have a verified address.
    pub mails: Vec<Outgoing>,
    /// `Unavailable` when not all could be looked at: the same report may come again.
    pub outcome: Result<()>,
}

impl Authority {
    /// Counts a report that anybody may make.
    ///
    /// # Errors
    /// `Throttled` when this address has made as many in the hour as the policy admits.
    pub fn count_leak_report(&self, caller: &Caller) -> Result<()> {
        let now = self.clock.now();
        let bucket = Bucket::LeakReports(caller.address.into());
        let limit = self.policy.leak_reports_per_hour;
        let hour = self.hourly.count(bucket, limit, now);
        if !hour.exceeded {
            return Ok(());
        }
        Err(Error::Throttled {
            kind: Throttle::Requests {
                reset: hour.ends_at,
                address: Some(caller.address.to_string()),
            },
            retry_after: u32::try_from(hour.ends_at.since(now).max(1)).unwrap_or(u32::MAX),
        })
    }

    /// Revokes whatever of these strings is a token or refresh token. What has no token's shape
    /// costs no look-up.
    pub async fn revoke_leaked(
        &self,
        found: &[String],
        finder: Finder,
        letter: LeakLetter<'_>,
        caller: &Caller,
    ) -> Findings {
        let hashes: HashSet<TokenHash> = found
            .iter()
            .filter_map(|text| self.tokens.parse(text))
            .map(|token| token.hash())
            .collect();
        let hashes: Vec<TokenHash> = hashes.into_iter().collect();
        let stamp = self.stamp(Actor::System, caller);
        let (mut leaked, mut outcome) = (Vec::new(), Ok(()));
        for some in hashes.chunks(AT_ONCE) {
            let revoking = some
                .iter()
                .map(|hash| self.revoke_one(*hash, finder, stamp.clone()));
            for revoked in join_all(revoking).await {
                match revoked {
                    Ok(revoked) => leaked.extend(revoked),
                    Err(why) => outcome = Err(why),
                }
            }
            // A store that is away is not asked a thousand times.
            if outcome.is_err() {
                break;
            }
        }
        match self.letters_to_owners(leaked, letter).await {
            Ok(mails) => Findings { mails, outcome },
            Err(why) => Findings {
                mails: Vec::new(),
                outcome: outcome.and(Err(why)),
            },
        }
    }

    async fn revoke_one(
        &self,
        hash: TokenHash,
        finder: Finder,
        stamp: Stamp,
    ) -> Result<Option<Leaked>> {
        let revoked = self.store.revoke_leaked(hash, finder.action(), stamp);
        Ok(revoked.await?)
    }

    /// One mail to each owner who has a verified address, if anybody sends mail.
    async fn letters_to_owners(
        &self,
        mut leaked: Vec<Leaked>,
        letter: LeakLetter<'_>,
    ) -> Result<Vec<Outgoing>> {
        let Some(mailer) = &self.mailer else {
            return Ok(Vec::new());
        };
        leaked.sort_by_key(|one| one.user.0);
        let mut mails = Vec::new();
        for of_one in leaked.chunk_by(|one, other| one.user == other.user) {
            let Some(first) = of_one.first() else {
                continue;
            };
            let owner = self.store.find_user_by_id(first.user).await?;
            mails.extend(owner.and_then(|owner| {
                let message = letter(&owner, of_one);
                Outgoing::to_verified(mailer, &owner, message)
            }));
        }
        Ok(mails)
    }
}
