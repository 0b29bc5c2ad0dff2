//! The operations on meters and counts, and what is told of a meter.

use grantd_core::audit::{Action, Stamp};
use grantd_core::login::throttle::{Limit, Meter, MeterKey, Outcome};
use grantd_core::store::{Count, Settlement};
use grantd_core::user::LoginKey;

use super::operations::{Ended, What};
use super::perform::{Call, Told, address, told};

/// A meter has always the same limit: the second slides, the others lock.
fn limit(meter: u8) -> Limit {
    Limit {
        most: 2,
        window: 60,
        lock: (meter != 2).then_some(Action::SignInLocked),
        tell: None,
    }
}

fn key(meter: u8) -> MeterKey {
    MeterKey([meter; 32])
}

impl Call<'_> {
    pub(crate) async fn count(&self, what: &What, stamp: Stamp) -> Box<dyn Told> {
        let (now, s) = (self.cast.now, self.store);
        match what {
            What::Reserve(meters) => {
                let places = meters.iter().map(|one| (key(*one), limit(*one)));
                told(s.reserve(places.collect(), now).await)
            }
            What::Settle {
                meters,
                reserved,
                ended,
                user,
            } => {
                let settlements = meters.iter().map(|one| Settlement {
                    key: key(*one),
                    limit: limit(*one),
                    reserved: reserved.map(|ago| now.plus(-ago)),
                    outcome: match ended {
                        Ended::Returned => Outcome::Returned,
                        Ended::Failed => Outcome::Failed,
                        Ended::Cleared => Outcome::Cleared,
                    },
                });
                let user = self.ids.user(self.cast.user(*user));
                told(s.settle(settlements.collect(), Some(user), stamp).await)
            }
            What::AddCounts(keys, used, seconds) => {
                let counts = keys.iter().map(|one| Count {
                    key: format!("count {one}"),
                    used: *used,
                    ends_at: now.plus(*seconds),
                });
                told(s.add_counts(counts.collect(), now).await)
            }
            What::Reap(ago, limit) => told(s.reap(now.plus(-ago), *limit, stamp).await),
            other => unreachable!("{other:?} counts nothing"),
        }
    }

    pub(crate) async fn find_credentials(&self, of: &str, from: u8) -> Box<dyn Told> {
        let meters = [key(1), key(2)];
        let login = LoginKey::of(of);
        let found = self
            .store
            .find_credentials(&login, address(from), meters)
            .await;
        told(found.map(|found| {
            let credentials = found.credentials.map(|all| {
                let hash = all.password_hash.0;
                (all.user, hash, all.totp_seed, all.auth_generation)
            });
            let [first, second] = found.meters;
            let meters = [self.now(1, first), self.now(2, second)];
            (credentials, meters, found.last_seen)
        }))
    }

    /// What counts now: what is over may have been deleted or not.
    fn now(&self, number: u8, mut meter: Meter) -> Meter {
        meter.settle(None, Outcome::Returned, &limit(number), self.cast.now);
        meter
    }
}
