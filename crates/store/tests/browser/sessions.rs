//! Sessions: how long they live, what a fresh proof changes.

use grantd_core::session::{LONGEST, LONGEST_IDLE, ProvenUser};

use crate::place::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_it_is_idle_for_two_weeks() {
    let place = Place::new();
    place.user("octocat").await;
    let signed_in = place.sign_in("octocat").await;
    place.clock.advance(LONGEST_IDLE - 1);
    assert!(place.session(&signed_in.secret).await.is_some());
    place.clock.advance(LONGEST_IDLE - 1);
    assert!(
        place.session(&signed_in.secret).await.is_some(),
        "its use was noted"
    );
    place.clock.advance(LONGEST_IDLE);
    assert!(place.session(&signed_in.secret).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_after_thirty_days_however_much_it_is_used() {
    let place = Place::new();
    place.user("octocat").await;
    let signed_in = place.sign_in("octocat").await;
    let day = 86_400;
    for _ in 1..LONGEST / day {
        place.clock.advance(day);
        assert!(place.session(&signed_in.secret).await.is_some());
    }
    place.clock.advance(day - 1);
    assert!(place.session(&signed_in.secret).await.is_some());
    place.clock.advance(1);
    assert!(place.session(&signed_in.secret).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_session_used_longest_ago_makes_room() {
    let mut place = Place::new();
    place.change_policy(|policy| policy.sessions_per_user = 2);
    place.user("octocat").await;
    let first = place.sign_in("octocat").await;
    place.clock.advance(1);
    let second = place.sign_in("octocat").await;
    place.clock.advance(300);
    assert!(place.session(&first.secret).await.is_some(), "it is used");
    let third = place.sign_in("octocat").await;
    assert!(place.session(&second.secret).await.is_none());
    for kept in [&first, &third] {
        assert!(place.session(&kept.secret).await.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_use_is_noted_every_five_minutes_at_most() {
    let place = Place::new();
    place.user("octocat").await;
    let signed_in = place.sign_in("octocat").await;
    let began = signed_in.session.created_at;
    let seen = async || {
        place
            .authority
            .session(&signed_in.secret, from(9))
            .await
            .unwrap()
            .unwrap();
        let list = place
            .authority
            .own_sessions(&signed_in.session)
            .await
            .unwrap();
        (list[0].seen_at, list[0].address.clone())
    };
    place.clock.advance(299);
    assert_eq!(seen().await, (began, "192.0.2.1".to_owned()));
    place.clock.advance(1);
    assert_eq!(seen().await, (began.plus(300), "192.0.2.9".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s11_each_proof_gives_a_session_another_secret() {
    let place = Place::new();
    let octocat = place.user("octocat").await;
    let first = place.sign_in("octocat").await;
    let second = place.sign_in("octocat").await;
    assert_ne!(first.secret.expose(), second.secret.expose());
    place.clock.advance(300);
    let stale = place.session(&first.secret).await.unwrap();
    assert!(!stale.sudo, "a proof is fresh for five minutes");
    let authority = &place.authority;
    let wrong = authority.reauthenticate(&stale, secret("wrong"), None, from(1));
    assert_eq!(refusal(wrong.await), "WrongPassword");
    assert!(place.session(&first.secret).await.is_some());
    let renewed = authority.reauthenticate(&stale, secret(PASSWORD), None, from(1));
    let renewed = renewed.await.unwrap();
    assert!(renewed.session.sudo);
    assert!(
        place.session(&first.secret).await.is_none(),
        "the old secret opens nothing"
    );
    assert!(place.session(&renewed.secret).await.unwrap().sudo);
    // Whoever still has the old one can do nothing with it.
    let late = authority.reauthenticate(&stale, secret(PASSWORD), None, from(1));
    assert_eq!(refusal(late.await), "BadCredentials");
    let proven = ProvenUser { id: octocat.id };
    let again = authority.reauthenticate_by_passkey(&renewed.session, proven, from(1));
    let again = again.await.unwrap();
    assert!(place.session(&renewed.secret).await.is_none());
    assert_eq!(
        again.session.identity.session,
        first.session.identity.session
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_proof_takes_the_second_factor_too() {
    let place = Place::new();
    let (octocat, enrolment) = place.user_with_factor("octocat").await;
    let proven = ProvenUser { id: octocat.id };
    let authority = &place.authority;
    let signed_in = authority
        .finish_sign_in_by_passkey(None, proven, AGENT, from(1))
        .await
        .unwrap();
    let who = &signed_in.session;
    let none = authority.reauthenticate(who, secret(PASSWORD), None, from(1));
    assert_eq!(refusal(none.await), "WrongCode");
    let code = || Some(place.code(&enrolment.totp_secret));
    let right = authority.reauthenticate(who, secret(PASSWORD), code(), from(1));
    let who = right.await.unwrap().session;
    let replayed = authority.reauthenticate(&who, secret(PASSWORD), code(), from(1));
    assert_eq!(refusal(replayed.await), "WrongCode");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_and_ended() {
    let place = Place::new();
    place.user("octocat").await;
    place.user("mona").await;
    let own = place.sign_in("octocat").await;
    let other = place.sign_in("octocat").await;
    let third = place.sign_in("octocat").await;
    let of_mona = place.sign_in("mona").await;
    let authority = &place.authority;
    let list = authority.own_sessions(&own.session).await.unwrap();
    assert_eq!(list.len(), 3);
    assert_eq!(list[0].user_agent, AGENT);
    let end = async |id| {
        authority
            .end_own_session(&own.session, id, from(1))
            .await
            .unwrap()
    };
    assert!(!end(of_mona.session.identity.session).await);
    assert!(end(other.session.identity.session).await);
    assert!(place.session(&other.secret).await.is_none());
    assert_eq!(
        authority
            .end_other_sessions(&own.session, from(1))
            .await
            .unwrap(),
        1
    );
    assert!(place.session(&third.secret).await.is_none());
    authority.sign_out(&own.session, from(1)).await.unwrap();
    assert!(place.session(&own.secret).await.is_none());
    assert!(place.session(&of_mona.secret).await.is_some());
}
