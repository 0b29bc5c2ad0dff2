//! Promises about get-or-create, the ten-tokens rule and the hourly limit.

use grantd_core::authorization::NewAuthorization;
use grantd_core::store::{GotOrCreated, MintLimits, NotCreated};

use super::world::*;

pub(super) async fn get_or_create_returns_what_is_there_unchanged(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let new = |scope_names, print| NewAuthorization {
        note: note(scope_names),
        fingerprint: fingerprint(print),
        ..w.for_app(&octocat, &app, scope_names)
    };
    let Ok(GotOrCreated::Created(first)) = w.get_or_create(new("repo", "1"), operator()).await
    else {
        panic!("there was none");
    };
    let again = w.get_or_create(new("user", "1"), later(5)).await;
    assert_eq!(again, Ok(GotOrCreated::Existing(first.clone())));
    assert_eq!(w.authorizations(&octocat).await, [first]);
    assert_eq!(w.grant(&octocat).await.scopes, scopes("repo"));
    // Another fingerprint, no fingerprint: another record each.
    for print in ["2", ""] {
        let other = w.get_or_create(new("repo", print), operator()).await;
        assert!(matches!(other, Ok(GotOrCreated::Created(_))));
    }
}

pub(super) async fn get_or_create_takes_the_lowest_id_without_a_fingerprint(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let fingerprinted = NewAuthorization {
        fingerprint: fingerprint("1"),
        ..w.for_app(&octocat, &app, "")
    };
    w.create(fingerprinted).await;
    let first = w.create(w.for_app(&octocat, &app, "")).await;
    w.create(w.for_app(&octocat, &app, "")).await;
    let got = w
        .get_or_create(w.for_app(&octocat, &app, ""), operator())
        .await;
    assert_eq!(got, Ok(GotOrCreated::Existing(first)));
}

pub(super) async fn get_or_create_passes_over_expired_records(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    for print in ["", "1"] {
        let new = || NewAuthorization {
            fingerprint: fingerprint(print),
            expires_at: Some(NOW.plus(60)),
            ..w.for_app(&octocat, &app, "repo")
        };
        let first = w.create(new()).await;
        let got = w.get_or_create(new(), later(59)).await;
        assert_eq!(got, Ok(GotOrCreated::Existing(first)));
        let created = w.get_or_create(new(), later(60)).await;
        assert!(matches!(created, Ok(GotOrCreated::Created(_))));
    }
}

pub(super) async fn the_eleventh_token_deletes_the_oldest(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let app = w.app("abc", &octocat).await;
    let other = w.app("other", &octocat).await;
    let mut made = Vec::new();
    for count in 0..12 {
        // The order of scopes does not matter.
        let set = if count % 2 == 0 {
            "repo user"
        } else {
            "user repo"
        };
        made.push(w.create(w.for_app(&octocat, &app, set)).await);
    }
    let elsewhere = [
        w.create(w.for_app(&octocat, &app, "repo")).await,
        w.create(w.for_app(&octocat, &other, "repo user")).await,
        w.create(w.for_app(&hubot, &app, "repo user")).await,
    ];
    for (index, one) in made.iter().chain(&elsewhere).enumerate() {
        assert_eq!(
            w.is_valid(one.token_hash).await,
            index >= 2,
            "token {index}"
        );
    }
}

pub(super) async fn personal_tokens_are_exempt_from_the_ten_tokens_rule(w: World) {
    let octocat = w.user("octocat").await;
    for count in 0..12 {
        w.create(w.personal(&octocat, &count.to_string())).await;
    }
    assert_eq!(w.authorizations(&octocat).await.len(), 12);
}

pub(super) async fn creations_of_an_hour_are_limited_deleted_ones_included(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let other = w.app("other", &octocat).await;
    let limits = MintLimits {
        per_hour: Some(2),
        ..TEN
    };
    let create = async |new, at| {
        let created = w.store.create_authorization(new, limits, later(at));
        created.await.unwrap()
    };
    for at in [0, 10] {
        let made = create(w.for_app(&octocat, &app, ""), at).await.unwrap();
        w.store.delete_token(made.id, later(at)).await.unwrap();
    }
    let third = create(w.for_app(&octocat, &app, ""), 3_599).await;
    assert_eq!(third.unwrap_err(), NotCreated::TooMany);
    // Another app, no app: counted apart.
    create(w.for_app(&octocat, &other, ""), 20).await.unwrap();
    create(w.personal(&octocat, "a"), 20).await.unwrap();
    // An hour after the first one there is room for one.
    create(w.for_app(&octocat, &app, ""), 3_600).await.unwrap();
    let fourth = create(w.for_app(&octocat, &app, ""), 3_601).await;
    assert_eq!(fourth.unwrap_err(), NotCreated::TooMany);
}
