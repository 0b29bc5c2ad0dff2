//! Sessions of people in browsers. Owns how long one lives, what proves it and
//! what counts as a fresh proof; must not know cookies.
//!
//! A session's secret is 256 random bits, of which only SHA-256 is kept. It
//! changes when the person signs in and each time the person proves again who
//! they are (S11). A session rests on the user's `auth_generation`: whatever
//! raises it ends the session, but for the one in which it was done.

mod sign_in;

use crate::audit::{Actor, Stamp};
use crate::authority::{Authority, BrowserIdentity, Caller};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::ids::SessionId;
use crate::own_account::AccountRefusal;
use crate::secret::{Secret, SecretHash};
use crate::store::{LiveSession, NewSession, SessionRecord, Sighting};
use crate::ticket;
use crate::user::User;

pub use self::sign_in::{ProvenUser, SignInStep};

/// A session never lives longer.
pub const LONGEST: i64 = 30 * 86_400;
/// A session that is not used for so long is over.
pub const LONGEST_IDLE: i64 = 14 * 86_400;
/// So long a proof counts as fresh (S08).
pub const FRESH: i64 = 300;
/// A use is noted when the last one noted is so long ago.
const SEEN_EVERY: i64 = 300;
/// Characters of a user agent that are kept.
pub const LONGEST_USER_AGENT: usize = 200;

/// A session that is alive, as a request finds it.
#[derive(Clone)]
pub struct BrowserSession {
    /// Who, and under what.
    pub identity: BrowserIdentity,
    /// The person proved within the last five minutes who they are: sensitive things may be done.
    pub sudo: bool,
    /// When the person signed in.
    pub created_at: Timestamp,
    hash: SecretHash,
}

impl BrowserSession {
    /// Whose session it is.
    pub fn user(&self) -> &User {
        &self.identity.user
    }

    /// # Errors
    /// [`AccountRefusal::FreshProofNeeded`] when the last proof is older than five minutes.
    pub fn fresh(&self) -> Result<&BrowserIdentity, AccountRefusal> {
        match self.sudo {
            true => Ok(&self.identity),
            false => Err(AccountRefusal::FreshProofNeeded),
        }
    }
}

/// A session that has just begun or got another secret. The old secret, if there was one, opens nothing any more.
pub struct SignedIn {
    /// The session's secret: the cookie's value.
    pub secret: Secret,
    /// The session.
    pub session: BrowserSession,
}

impl Authority {
    /// The session that this secret opens, if it is alive. One statement; now and then its use is noted.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn session(
        &self,
        secret: &Secret,
        caller: &Caller,
    ) -> Result<Option<BrowserSession>> {
        let (hash, now) = (secret.hash(), self.clock.now());
        let Some(found) = self.store.find_session(hash, now).await? else {
            return Ok(None);
        };
        if now.since(found.record.seen_at) >= SEEN_EVERY {
            self.see(&found.record, now, caller).await?;
        }
        Ok(Some(browser_session(found, hash, now)))
    }

    async fn see(&self, record: &SessionRecord, now: Timestamp, caller: &Caller) -> Result<()> {
        let sighting = Sighting {
            session: record.id,
            at: now,
            address: caller.address.to_string(),
            expires_at: now.plus(LONGEST_IDLE).min(record.created_at.plus(LONGEST)),
        };
        Ok(self.store.see_session(sighting).await?)
    }

    /// The person's sessions, the one last used first. The present one is `who.identity.session`.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn own_sessions(&self, who: &BrowserSession) -> Result<Vec<SessionRecord>> {
        let listed = self
            .store
            .list_sessions(who.user().id, self.clock.now())
            .await?;
        Ok(listed)
    }

    /// Signs out: the session ends, with the codes made under it.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn sign_out(&self, who: &BrowserSession, caller: &Caller) -> Result<()> {
        self.end_own_session(who, who.identity.session, caller)
            .await
            .map(drop)
    }

    /// Ends one of the person's sessions. False when it is not there (any more).
    ///
    /// # Errors
    /// `BadCredentials` when the present session is over, `Unavailable`.
    pub async fn end_own_session(
        &self,
        who: &BrowserSession,
        session: SessionId,
        caller: &Caller,
    ) -> Result<bool> {
        let stamp = self.stamp(who.identity.actor(), caller);
        Ok(self
            .store
            .end_session(who.user().id, session, stamp)
            .await?)
    }

    /// Ends all of the person's sessions but the present one; how many.
    ///
    /// # Errors
    /// `BadCredentials` when the present session is over, `Unavailable`.
    pub async fn end_other_sessions(&self, who: &BrowserSession, caller: &Caller) -> Result<usize> {
        let stamp = self.stamp(who.identity.actor(), caller);
        let except = Some(who.identity.session);
        Ok(self
            .store
            .end_sessions(who.user().id, except, stamp)
            .await?)
    }

    /// Begins a session of somebody who has just proved who they are.
    pub(crate) async fn begin_session(
        &self,
        user: User,
        auth_generation: i64,
        user_agent: &str,
        caller: &Caller,
    ) -> Result<SignedIn> {
        let now = self.clock.now();
        let secret = ticket::fresh_secret(&*self.entropy);
        let new = NewSession {
            hash: secret.hash(),
            user_agent: cut(user_agent),
            expires_at: now.plus(LONGEST_IDLE),
            sudo_until: now.plus(FRESH),
            most: self.policy.sessions_per_user,
        };
        let id = user.id;
        let by = Actor::User {
            id,
            auth_generation,
        };
        let hash = new.hash;
        let session = self
            .store
            .create_session(new, self.stamp(by, caller))
            .await?;
        Ok(SignedIn {
            secret,
            session: BrowserSession {
                identity: BrowserIdentity {
                    user,
                    auth_generation,
                    session,
                },
                sudo: true,
                created_at: now,
                hash,
            },
        })
    }

    /// Notes a fresh proof: the session goes on under another secret.
    pub(crate) async fn renew_session(
        &self,
        who: &BrowserSession,
        caller: &Caller,
    ) -> Result<SignedIn> {
        let secret = ticket::fresh_secret(&*self.entropy);
        let (id, old, new) = (who.identity.session, who.hash, secret.hash());
        let stamp: Stamp = self.stamp(who.identity.actor(), caller);
        let until = stamp.at.plus(FRESH);
        if !self.store.renew_session(id, old, new, until, stamp).await? {
            return Err(Error::BadCredentials);
        }
        let session = BrowserSession {
            sudo: true,
            hash: new,
            ..who.clone()
        };
        Ok(SignedIn { secret, session })
    }
}

fn browser_session(found: LiveSession, hash: SecretHash, now: Timestamp) -> BrowserSession {
    BrowserSession {
        sudo: found.record.sudo_until > now,
        created_at: found.record.created_at,
        identity: BrowserIdentity {
            user: found.user,
            auth_generation: found.auth_generation,
            session: found.record.id,
        },
        hash,
    }
}

/// What is kept of a user agent: no control characters, not too much.
fn cut(user_agent: &str) -> String {
    let plain = user_agent.chars().filter(|c| !c.is_control());
    plain.take(LONGEST_USER_AGENT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_user_agent_two_hundred_characters_are_kept() {
        assert_eq!(cut("Mozilla\0/5.0\n"), "Mozilla/5.0");
        assert_eq!(cut(&"é".repeat(300)).chars().count(), LONGEST_USER_AGENT);
    }
}
