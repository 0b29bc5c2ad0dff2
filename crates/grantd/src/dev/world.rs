//! One life of a dev server, from the seed to the next reset: store, rules,
//! surface. Owns that two lives of the same seed are alike, and that the work
//! beside requests follows the dev clock; must not know sockets.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use grantd_core::Authority;
use grantd_core::clock::{Clock, Timer, Timestamp};
use grantd_core::hourly::EXCHANGE_EVERY;
use grantd_core::idle::LifeKeeper;
use grantd_core::mail::Counted;
use grantd_core::notices::Notifier;
use grantd_core::reaper::Reaper;
use grantd_core::store::Reaped;
use grantd_server::app::App;
use grantd_server::settings::{Brownout, Settings};
use tokio::task::JoinSet;
use url::Url;

use super::chance::SeededChance;
use super::clock::DevClock;
use super::folder::Folder;
use super::outbox::Outbox;
use super::plant::{self, Planted};
use super::seed::Seed;
use crate::cmd::serve::background::{self, Background};
use crate::cmd::serve::{self, Watching, life};
use crate::config::Config;
use crate::failure::Failure;
use crate::instance::Instance;

/// What all lives have in common.
pub(super) struct Ground {
    pub(super) config: Arc<Config>,
    pub(super) seed: Seed,
    pub(super) number: u64,
    pub(super) clock: Arc<DevClock>,
    /// Where the clock stands at the start of each life, if it does not run.
    pub(super) start: Option<Timestamp>,
    pub(super) url: Url,
    pub(super) outbox: Arc<Outbox>,
    pub(super) watching: Watching,
    pub(super) folder: Folder,
}

impl Ground {
    fn surface(&self, authority: &Arc<Authority>, change: fn(&mut Settings)) -> Arc<App> {
        let mut settings = self.config.surface(self.url.clone());
        change(&mut settings);
        let app = App::new(Arc::clone(authority), settings);
        Arc::new(self.watching.clone().over(app))
    }
}

/// A life.
pub(super) struct World {
    pub(super) instance: Instance,
    pub(super) rules: Rules,
    app: Arc<App>,
    browned_out: Arc<App>,
    spent: Arc<App>,
}

/// What goes by the dev clock, and what the seed came to.
pub(super) struct Rules {
    pub(super) planted: Planted,
    authority: Arc<Authority>,
    reaper: Reaper,
    keeper: Option<LifeKeeper>,
    notifier: Option<Notifier>,
    _background: Background,
    _exchanging: JoinSet<()>,
}

impl Rules {
    async fn make(instance: &Instance, ground: &Ground) -> Result<Self, Failure> {
        let mut authority = serve::authority(instance)?;
        if authority.mailer.is_none() {
            let (mailer, counts) = (ground.outbox.clone(), Arc::clone(&authority.counts));
            authority.mailer = Some(Arc::new(Counted { mailer, counts }));
        }
        let seed = &ground.seed;
        let given = seed.tokens.iter().filter_map(|token| token.token.clone());
        authority.tokens = authority.tokens.with_given(given.collect(), Vec::new());
        let planted = plant::plant(seed, instance, &authority).await?;
        // Not before, for the seed's own are made.
        authority.tokens = {
            let given = planted.tokens.iter().map(|token| token.token.clone());
            let format = instance
                .config
                .token_format()
                .map_err(|why| Failure::new(why.to_string()))?;
            format.with_given(given.collect(), seed.next_tokens.clone())
        };
        let authority = Arc::new(authority);
        Ok(Self {
            planted,
            reaper: background::reaper(instance, &authority),
            keeper: life::keeper(instance),
            notifier: life::notifier(instance, &authority, &ground.url)?,
            _background: Background::start(instance, &authority, &ground.url)?,
            _exchanging: exchanging(&authority),
            authority,
        })
    }
}

/// What a server does every second beside its connections: here, too, when nobody moves the clock.
fn exchanging(authority: &Arc<Authority>) -> JoinSet<()> {
    let (authority, mut tasks) = (Arc::clone(authority), JoinSet::new());
    tasks.spawn(async move {
        loop {
            tokio::time::sleep(EXCHANGE_EVERY).await;
            // What failed is in the store's log, and is told the next time.
            let _ = authority.exchange_counts().await;
            let _ = authority.flush_last_used_if_due().await;
        }
    });
    tasks
}

/// As what the server answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// As it is.
    Usual,
    /// As in a brown-out.
    BrownedOut,
    /// As if nobody had a request left this hour.
    Spent,
}

impl World {
    /// Begins: an empty store, and what the seed names.
    ///
    /// # Errors
    /// The seed will not do, or there is no room.
    pub(super) async fn begin(ground: &Ground) -> Result<Self, Failure> {
        // Nothing of the life before is left in the way.
        let _ = std::fs::remove_dir_all(ground.folder.world());
        ground.clock.reset(ground.start);
        ground.outbox.clear();
        let clock: Arc<dyn Clock> = ground.clock.clone();
        let chance = Arc::new(SeededChance::new(ground.number));
        let instance = Instance::open_by(Arc::clone(&ground.config), clock, chance).await?;
        let rules = match Rules::make(&instance, ground).await {
            Ok(rules) => rules,
            Err(failure) => {
                instance.store.close().await;
                return Err(failure);
            }
        };
        let surface = |change| ground.surface(&rules.authority, change);
        Ok(Self {
            app: surface(|_| {}),
            browned_out: surface(|settings| {
                settings.brownouts = vec![Brownout {
                    start: Timestamp(i64::MIN),
                    end: Timestamp(i64::MAX),
                }];
            }),
            spent: surface(|settings| {
                settings.requests_per_hour = Some(0);
                settings.app_requests_per_hour = Some(0);
            }),
            instance,
            rules,
        })
    }

    /// The surface of that mood.
    pub(super) fn app(&self, mood: Mood) -> &Arc<App> {
        match mood {
            Mood::Usual => &self.app,
            Mood::BrownedOut => &self.browned_out,
            Mood::Spent => &self.spent,
        }
    }

    /// Does at once what is due beside requests by the dev clock.
    ///
    /// # Errors
    /// The store is away.
    pub(super) async fn settle(&self) -> Result<(), Failure> {
        let rules = &self.rules;
        rules.authority.exchange_counts().await?;
        rules.authority.flush_last_used().await?;
        if let Some(keeper) = &rules.keeper {
            keeper.end_idle(&AtOnce).await?;
        }
        if let Some(notifier) = &rules.notifier {
            notifier.round().await?;
        }
        // One batch of everything, again and again until one finds nothing.
        while rules.reaper.batch().await? != Reaped::default() {}
        Ok(())
    }

    /// Lets go of the store.
    pub(super) async fn end(self) {
        let Self {
            instance, rules, ..
        } = self;
        drop(rules);
        instance.store.close().await;
    }
}

/// A timer for which no time goes by: nobody else uses this store.
struct AtOnce;

impl Timer for AtOnce {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::ready(()))
    }
}
