//! A reference of what is promised, and both engines beside it under the same
//! random operations: every answer, every row of the trail and the worth of
//! every token must agree after every step.
//!
//! `GRANTD_MODEL_STEPS` says how many steps (some thousands if it is not set),
//! `GRANTD_MODEL_SEED` which ones (others each time if it is not set),
//! `GRANTD_MODEL_TRIES` how often something is left out of a case that fails.

mod alphabet;
mod cast;
mod compare;
mod counting;
mod ids;
mod operations;
mod orphan;
mod perform;
mod reference;
mod run;

use std::sync::Arc;

use grantd_core::entropy::{self, OsEntropy};
use grantd_store::conformance;

/// What fits into the short run.
const STEPS: usize = 2_000;
/// Some minutes' worth of looking for a shorter case.
const TRIES: usize = 600;

/// Every action of the trail, and every refusal.
const EVERYTHING: &[&str] = &[
    "Err(ClientId)",
    "Err(Email)",
    "Err(Login)",
    "Err(NoApp)",
    "Err(Taken(Fingerprint))",
    "Err(Taken(Note))",
    "Err(TooMany)",
    "Some(Err(Fingerprint))",
    "Some(Err(Note))",
    "StaleActor",
    "Unavailable",
    "oauth_access.create",
    "oauth_access.destroy",
    "oauth_access.evict",
    "oauth_access.expire",
    "oauth_access.regenerate",
    "oauth_access.revoke",
    "oauth_access.update",
    "oauth_application.create",
    "oauth_application.destroy",
    "oauth_application.reset_secret",
    "oauth_application.suspend",
    "oauth_application.transfer",
    "oauth_application.unsuspend",
    "oauth_authorization.create",
    "oauth_authorization.destroy",
    "Locked",
    "Reserved",
    "Wait",
    "two_factor.disable",
    "two_factor.enable",
    "two_factor.missing_code_overflow",
    "two_factor.recovery_code_used",
    "user.change_password",
    "user.create",
    "user.delete",
    "user.rehash_password",
    "user.sign_in_locked",
    "user.suspend",
    "user.unsuspend",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_keeps_every_promise() {
    conformance::run_without_flows(|| Arc::new(reference::Reference::default())).await;
}

/// An operation that never gets anywhere tries nothing.
#[tokio::test]
async fn the_alphabet_reaches_everything() {
    let reached = run::reach(300).await;
    for what in EVERYTHING {
        let times = reached.get(*what).copied().unwrap_or(0);
        assert!(times >= 5, "{what}: {times} times of {reached:#?}");
    }
}

#[test]
fn both_engines_answer_as_the_reference_does() {
    let seed = asked("GRANTD_MODEL_SEED")
        .unwrap_or_else(|| u64::from(u32::from_be_bytes(entropy::bytes(&OsEntropy))));
    let steps = asked("GRANTD_MODEL_STEPS").map_or(STEPS, |steps| steps as usize);
    let tries = asked("GRANTD_MODEL_TRIES").map_or(TRIES, |tries| tries as usize);
    run::run(seed, steps, tries);
}

/// A number from the environment.
#[expect(
    clippy::disallowed_methods,
    reason = "a test has no settings but its environment"
)]
fn asked(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text}")),
    )
}
