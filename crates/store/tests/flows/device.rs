//! The device flow: who may try how often, and what is shown.

use std::collections::BTreeSet;

use grantd_core::app::AppSettings;
use grantd_core::authority::BrowserIdentity;
use grantd_core::device_flow::{DevicePoll, DeviceRefusal};
use grantd_core::flow::FlowError;

use crate::stage::*;

async fn find(stage: &Stage, code: &str, who: &BrowserIdentity) -> Result<(), DeviceRefusal> {
    let found = stage.authority.find_device(code, who, &caller()).await;
    found.map(drop)
}

async fn decide(
    stage: &Stage,
    code: &str,
    approve: bool,
    who: &BrowserIdentity,
) -> Result<(), DeviceRefusal> {
    let caller = caller();
    let decided = stage.authority.decide_device(code, approve, who, &caller);
    decided.await
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s43_a_device_gets_its_token_once_a_person_has_seen_what_it_is_for() {
    on_both_engines(async |stage: Stage| {
        let (octocat, hubot) = (stage.user("octocat").await, stage.user("hubot").await);
        let (app, other) = (stage.app(&octocat).await, stage.app(&octocat).await);
        let device = stage.start(&app, "repo,user,user:email").await;
        assert_eq!(device.device_code.expose().len(), 40);
        assert_eq!((device.expires_in, device.interval), (900, 5));
        assert_eq!(
            refusal(stage.poll(&app, &device).await),
            "authorization_pending"
        );
        assert_eq!(
            refusal(stage.poll(&other, &device).await),
            "incorrect_device_code"
        );
        stage.clock.advance(60);
        let typed = device.user_code.expose().to_lowercase().replace('-', " ");
        let view = stage.authority.find_device(&typed, &hubot, &caller()).await;
        let view = view.unwrap();
        assert_eq!(
            (view.app, view.owner),
            (app.app.clone(), octocat.user.clone())
        );
        assert_eq!(view.user_code, device.user_code.expose());
        assert_eq!(view.address, "192.0.2.1");
        assert_eq!(
            view.created_at.plus(60),
            grantd_core::clock::Clock::now(&*stage.clock)
        );
        let names: Vec<_> = view.scopes.iter().map(|one| one.scope.as_str()).collect();
        assert_eq!(names, ["repo", "user"]);
        assert!(view.scopes.iter().all(|one| one.is_new));
        assert!(decide(&stage, &typed, true, &hubot).await.is_ok());
        let tokens = stage.poll(&app, &device).await.unwrap();
        assert_eq!(tokens.access.value.user_id, hubot.user.id);
        assert_eq!(tokens.access.value.scopes.join(","), "repo,user");
        assert!(stage.is_valid(&tokens).await);
        stage.clock.advance(5);
        assert_eq!(
            refusal(stage.poll(&app, &device).await),
            "incorrect_device_code"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s43_a_device_that_is_denied_late_or_too_fast_is_told() {
    on_both_engines(async |stage: Stage| {
        let octocat = stage.user("octocat").await;
        let app = stage.app(&octocat).await;
        let denied = stage.start(&app, "").await;
        assert!(
            decide(&stage, denied.user_code.expose(), false, &octocat)
                .await
                .is_ok()
        );
        assert_eq!(refusal(stage.poll(&app, &denied).await), "access_denied");
        let slow = |result: Result<_, FlowError>| match result.err() {
            Some(FlowError::SlowDown { interval }) => interval,
            other => panic!("{other:?}"),
        };
        let fast = stage.start(&app, "").await;
        assert_eq!(
            refusal(stage.poll(&app, &fast).await),
            "authorization_pending"
        );
        stage.clock.advance(4);
        assert_eq!(slow(stage.poll(&app, &fast).await), 10);
        stage.clock.advance(9);
        assert_eq!(slow(stage.poll(&app, &fast).await), 15);
        stage.clock.advance(15);
        assert_eq!(
            refusal(stage.poll(&app, &fast).await),
            "authorization_pending"
        );
        stage.clock.advance(900);
        assert_eq!(refusal(stage.poll(&app, &fast).await), "expired_token");
        let late = decide(&stage, fast.user_code.expose(), true, &octocat).await;
        assert!(matches!(late, Err(DeviceRefusal::UnknownCode)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s43_user_codes_have_34_bits_and_cannot_be_guessed_by_trying() {
    on_both_engines(async |stage: Stage| {
        let (octocat, hubot) = (stage.user("octocat").await, stage.user("hubot").await);
        let app = stage.app(&octocat).await;
        let mut letters = BTreeSet::new();
        let mut codes = BTreeSet::new();
        for _ in 0..60 {
            let code = stage.start(&app, "").await.user_code.expose().to_owned();
            let (first, second) = code.split_once('-').unwrap();
            assert_eq!((first.len(), second.len()), (4, 4));
            letters.extend(code.replace('-', "").into_bytes());
            codes.insert(code);
        }
        assert_eq!(codes.len(), 60);
        assert!(
            (letters.len() as f64).log2() * 8.0 >= 34.0,
            "{}",
            letters.len()
        );
        assert!(
            letters
                .iter()
                .all(|letter| b"BCDFGHJKLMNPQRSTVWXZ".contains(letter))
        );
        let good = codes.first().unwrap();
        for number in 0..10 {
            let wrong = ["", "BBBB-BBBB", "not a code", "WDJB-MJHT-"][number % 4];
            let refused = find(&stage, wrong, &octocat).await;
            assert!(
                matches!(refused, Err(DeviceRefusal::UnknownCode)),
                "{number}"
            );
        }
        // The right one, too, and by any door; another person is not touched.
        let refused = find(&stage, good, &octocat).await;
        assert!(matches!(refused, Err(DeviceRefusal::TooManyWrongCodes)));
        let refused = decide(&stage, good, true, &octocat).await;
        assert!(matches!(refused, Err(DeviceRefusal::TooManyWrongCodes)));
        assert!(find(&stage, good, &hubot).await.is_ok());
        stage.clock.advance(3_600);
        let fresh = stage.start(&app, "").await;
        assert!(
            find(&stage, fresh.user_code.expose(), &octocat)
                .await
                .is_ok()
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s43_of_a_hundred_guesses_at_once_ten_are_looked_at() {
    on_both_engines(async |stage: Stage| {
        let octocat = stage.user("octocat").await;
        let all: Vec<_> = (0..100)
            .map(|_| {
                let (stage, who) = (stage.clone(), octocat.clone());
                tokio::spawn(async move { find(&stage, "BBBB-BBBB", &who).await })
            })
            .collect();
        let mut looked_at = 0;
        for one in all {
            match one.await.unwrap() {
                Err(DeviceRefusal::UnknownCode) => looked_at += 1,
                Err(DeviceRefusal::TooManyWrongCodes | DeviceRefusal::Other(_)) => {}
                other => panic!("{other:?}"),
            }
        }
        assert!(looked_at <= 10, "{looked_at}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s43_fifty_devices_of_an_app_are_decided_about_in_an_hour() {
    on_both_engines(async |stage: Stage| {
        let octocat = stage.user("octocat").await;
        let (app, other) = (stage.app(&octocat).await, stage.app(&octocat).await);
        for number in 0..50 {
            let device = stage.start(&app, "").await;
            let code = device.user_code.expose();
            assert!(
                decide(&stage, code, number % 2 == 0, &octocat)
                    .await
                    .is_ok()
            );
        }
        let device = stage.start(&app, "").await;
        let refused = decide(&stage, device.user_code.expose(), true, &octocat).await;
        assert!(matches!(refused, Err(DeviceRefusal::TooManyForApp)));
        let elsewhere = stage.start(&other, "").await;
        assert!(
            decide(&stage, elsewhere.user_code.expose(), true, &octocat)
                .await
                .is_ok()
        );
        stage.clock.advance(3_600);
        let device = stage.start(&app, "").await;
        assert!(
            decide(&stage, device.user_code.expose(), true, &octocat)
                .await
                .is_ok()
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s43_an_app_may_have_no_device_flow_and_a_wrong_secret_is_no_help() {
    on_both_engines(async |stage: Stage| {
        let octocat = stage.user("octocat").await;
        let off = AppSettings {
            device_flow: false,
            ..AppSettings::default()
        };
        let off = stage.app_with(&octocat, false, off).await;
        let start = async |client_id: &str| {
            let started = stage
                .authority
                .start_device(client_id, None, &caller())
                .await;
            started.err().expect("a refusal")
        };
        let refused = start(off.app.client_id.as_str()).await;
        assert!(matches!(refused, FlowError::DeviceFlowDisabled));
        for nobody in ["nobody", "", "a/b"] {
            assert!(matches!(start(nobody).await, FlowError::UnknownApp));
        }
        let app = stage.app(&octocat).await;
        let device = stage.start(&app, "").await;
        let poll = async |client_id: &str, client_secret: Option<&str>| {
            let poll = DevicePoll {
                client_id: client_id.to_owned(),
                client_secret: client_secret.map(secret),
                device_code: device.device_code.clone(),
            };
            refusal(stage.authority.poll_device(poll, &caller()).await)
        };
        let id = app.app.client_id.as_str();
        assert_eq!(
            poll(id, Some("wrong")).await,
            "incorrect_client_credentials"
        );
        assert_eq!(poll("nobody", None).await, "incorrect_client_credentials");
        assert_eq!(
            poll(off.app.client_id.as_str(), None).await,
            "device_flow_disabled"
        );
        assert_eq!(
            poll(id, app.secret.as_deref()).await,
            "authorization_pending"
        );
        let suspended = stage
            .authority
            .store
            .set_app_suspended(app.app.id, true, stage.stamp());
        assert!(suspended.await.unwrap());
        assert_eq!(poll(id, None).await, "incorrect_client_credentials");
        assert!(matches!(start(id).await, FlowError::UnknownApp));
    })
    .await;
}
