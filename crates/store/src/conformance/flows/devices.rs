//! Promises about device codes.

use grantd_core::app::AppEdit;
use grantd_core::ids::AppId;
use grantd_core::store::MintLimits;

use super::*;

pub(in crate::conformance) async fn a_user_code_waits_once(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let first = waiting(&w, &app, "repo").await;
    let same = NewDeviceCode {
        user_code: first.user_code,
        ..device(&w, &app, "user")
    };
    let made = w.store.create_device_code(same.clone(), operator());
    assert!(!made.await.unwrap());
    assert_eq!(poll(&w, &same, NOW).await, None);
    assert_eq!(poll(&w, &first, NOW).await, Some(Poll::Pending));
}

pub(in crate::conformance) async fn a_wish_is_found_while_it_can_be_decided(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let app = w.app("abc", &octocat).await;
    let new = waiting(&w, &app, "repo user").await;
    let find = async |code: [u8; 32], at| {
        let found = w.store.find_device_request(code, hubot.id, at);
        found.await.unwrap()
    };
    let found = find(new.user_code, NOW).await.unwrap();
    assert_eq!(found.consent.credentials.app, app);
    assert_eq!((found.consent.owner, found.consent.grant), (octocat, None));
    assert_eq!((found.scopes, found.created_at), (scopes("repo user"), NOW));
    assert_eq!(found.address, "192.0.2.9");
    consented(&w, &hubot, &app, "gist").await;
    let found = find(new.user_code, NOW.plus(899)).await.unwrap();
    let held = found.consent.grant.unwrap().1;
    assert_eq!(held, scopes("gist"));
    assert!(
        find(new.user_code, NOW.plus(900)).await.is_none(),
        "expired"
    );
    assert!(find([0; 32], NOW).await.is_none());
    let switch = async |on| {
        let edit = AppEdit {
            device_flow: Some(on),
            ..AppEdit::default()
        };
        let edited = w.store.edit_app(app.id, edit, operator());
        assert!(edited.await.unwrap().is_some());
    };
    switch(false).await;
    assert!(find(new.user_code, NOW).await.is_none(), "switched off");
    switch(true).await;
    assert!(find(new.user_code, NOW).await.is_some());
    assert!(decide(&w, &hubot, &new, DeviceDecision::Deny).await);
    assert!(find(new.user_code, NOW).await.is_none(), "decided");
    let new = waiting(&w, &app, "").await;
    let suspend = w.store.set_app_suspended(app.id, true, operator());
    assert!(suspend.await.unwrap());
    assert!(find(new.user_code, NOW).await.is_none(), "suspended");
}

pub(in crate::conformance) async fn an_approval_widens_the_grant_and_is_given_once(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let new = waiting(&w, &app, "repo user").await;
    let seen = w.trail().await.len();
    assert!(approve(&w, &octocat, &new, "repo").await);
    assert_eq!(w.grant(&octocat).await.scopes, scopes("repo"));
    let rows = ["oauth_authorization.create", "oauth_authorization.consent"];
    assert_eq!(w.actions(seen).await, rows);
    // What comes too late leaves nothing.
    let hubot = w.user("hubot").await;
    let seen = w.trail().await.len();
    assert!(!approve(&w, &hubot, &new, "repo").await);
    assert!(!decide(&w, &hubot, &new, DeviceDecision::Deny).await);
    let grants = w.store.list_grants(hubot.id, None, ALL).await.unwrap();
    assert_eq!((grants.total, w.actions(seen).await.len()), (0, 0));
    assert_eq!(poll(&w, &new, NOW).await, Some(Poll::Approved));
    // Only a person decides, and only in time.
    let new = waiting(&w, &app, "").await;
    let operators = DeviceDecision::Approve(scopes(""));
    let decided = w
        .store
        .decide_device_code(new.user_code, operators, operator());
    assert!(!decided.await.unwrap());
    for decision in [DeviceDecision::Approve(scopes("")), DeviceDecision::Deny] {
        let late = Stamp {
            at: NOW.plus(900),
            ..in_person(&w, &octocat).await
        };
        let decided = w.store.decide_device_code(new.user_code, decision, late);
        assert!(!decided.await.unwrap());
    }
}

pub(in crate::conformance) async fn one_of_a_hundred_decides(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let new = waiting(&w, &app, "repo").await;
    let user_code = new.user_code;
    let stamp = in_person(&w, &octocat).await;
    let turn = std::sync::atomic::AtomicUsize::new(0);
    let all = w
        .race(100, |w| {
            let turn = turn.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let decision = match turn % 2 {
                0 => DeviceDecision::Approve(scopes("repo")),
                _ => DeviceDecision::Deny,
            };
            let stamp = stamp.clone();
            async move {
                let decided = w.store.decide_device_code(user_code, decision, stamp);
                decided.await.unwrap()
            }
        })
        .await;
    assert_eq!(all.iter().filter(|decided| **decided).count(), 1);
    let grants = w.store.list_grants(octocat.id, None, ALL).await.unwrap();
    let approved = poll(&w, &new, NOW).await == Some(Poll::Approved);
    assert_eq!(grants.total, u64::from(approved));
}

pub(in crate::conformance) async fn a_poll_says_how_the_device_code_stands(w: World) {
    let octocat = w.user("octocat").await;
    let (app, other) = (w.app("abc", &octocat).await, w.app("other", &octocat).await);
    let new = waiting(&w, &app, "repo").await;
    let foreign = NewDeviceCode {
        app: other.id,
        ..new.clone()
    };
    assert_eq!(poll(&w, &foreign, NOW).await, None);
    assert_eq!(poll(&w, &new, NOW).await, Some(Poll::Pending));
    assert_eq!(poll(&w, &new, NOW.plus(900)).await, Some(Poll::Expired));
    let denied = waiting(&w, &app, "repo").await;
    assert!(decide(&w, &octocat, &denied, DeviceDecision::Deny).await);
    for at in [0, 0, 1] {
        assert_eq!(poll(&w, &denied, NOW.plus(at)).await, Some(Poll::Denied));
    }
    assert!(approve(&w, &octocat, &new, "repo").await);
    assert_eq!(poll(&w, &new, NOW.plus(899)).await, Some(Poll::TooFast(10)));
}

pub(in crate::conformance) async fn polling_too_fast_adds_five_seconds_each_time(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let new = waiting(&w, &app, "").await;
    for (at, expected) in [
        (0, Poll::Pending),
        (5, Poll::Pending),
        (9, Poll::TooFast(10)),
        (18, Poll::TooFast(15)),
        (33, Poll::Pending),
        (47, Poll::TooFast(20)),
        (67, Poll::Pending),
    ] {
        assert_eq!(poll(&w, &new, NOW.plus(at)).await, Some(expected), "{at}");
    }
}

pub(in crate::conformance) async fn of_fifty_polls_at_once_one_is_in_time(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let new = waiting(&w, &app, "").await;
    let (app, code) = (new.app, new.device_code);
    let polls = w
        .race(50, move |w: World| async move {
            w.store.poll_device_code(app, code, NOW).await.unwrap()
        })
        .await;
    let mut intervals: Vec<u32> = polls
        .iter()
        .filter_map(|poll| match poll {
            Some(Poll::TooFast(interval)) => Some(*interval),
            _ => None,
        })
        .collect();
    intervals.sort_unstable();
    let expected: Vec<u32> = (1..50).map(|time| 5 + 5 * time).collect();
    assert_eq!(intervals, expected);
}

pub(in crate::conformance) async fn an_approved_device_code_is_spent_once(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let new = waiting(&w, &app, "repo user").await;
    assert_eq!(spend(&w, &new, access(&w)).await, DeviceRedemption::Dead);
    assert!(approve(&w, &octocat, &new, "repo user").await);
    let foreign = NewDeviceCode {
        app: AppId(99),
        ..new.clone()
    };
    assert_eq!(
        spend(&w, &foreign, access(&w)).await,
        DeviceRedemption::Dead
    );
    let (app_id, code) = (new.app, new.device_code);
    let all = w
        .race(100, move |w: World| async move {
            let access = Access {
                allowed: Some(scopes("user gist")),
                ..expiring(&w)
            };
            let spent = w.store.redeem_device_code(app_id, code, access, operator());
            spent.await.unwrap()
        })
        .await;
    let mut issued = all.into_iter().filter_map(|one| match one {
        DeviceRedemption::Issued(made) => Some(made),
        _ => None,
    });
    let made = issued.next().unwrap();
    assert_eq!((made.scopes, issued.next()), (scopes("user"), None));
    assert!(w.is_valid(made.token_hash).await, "nobody is a replay here");
    assert_eq!(poll(&w, &new, NOW.plus(99)).await, None);
}

pub(in crate::conformance) async fn device_codes_obey_time_and_limits(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let new = waiting(&w, &app, "").await;
    assert!(approve(&w, &octocat, &new, "").await);
    let none = Access {
        limits: MintLimits {
            per_hour: Some(0),
            ..TEN
        },
        ..access(&w)
    };
    assert_eq!(spend(&w, &new, none).await, DeviceRedemption::TooMany);
    let late = w
        .store
        .redeem_device_code(new.app, new.device_code, access(&w), later(900));
    assert_eq!(late.await.unwrap(), DeviceRedemption::Dead);
    let spent = spend(&w, &new, access(&w)).await;
    assert!(matches!(spent, DeviceRedemption::Issued(_)));
}
