//! Signing in, in steps.

use grantd_core::error::{Error, Forbidden};
use grantd_core::session::{ProvenUser, SignInStep};
use grantd_core::store::OtpUse;
use grantd_core::user::LoginKey;

use crate::place::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_right_password_alone_signs_in_where_it_suffices() {
    let place = Place::new();
    place.user("octocat").await;
    let signed_in = place.sign_in(" OctoCat ").await;
    assert_eq!(signed_in.secret.expose().len(), 43, "256 bits");
    assert!(signed_in.session.sudo);
    let found = place.session(&signed_in.secret).await.unwrap();
    assert_eq!(found.user().login.as_str(), "octocat");
    let by_email = place.start("octocat@example.com", PASSWORD, 1).await;
    assert!(matches!(by_email, Ok(SignInStep::In(_))));
    let wrong = place.start("octocat", "wrong", 1).await;
    assert!(matches!(wrong, Err(Error::BadCredentials)));
    let nobody = place.start("nobody", PASSWORD, 1).await;
    assert!(matches!(nobody, Err(Error::BadCredentials)));
    assert!(place.session(held("")).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_factor_is_asked_for_after_the_password() {
    let place = Place::new();
    let (octocat, enrolment) = place.user_with_factor("octocat").await;
    let wrong = place.start("octocat", "wrong", 1).await;
    assert!(matches!(wrong, Err(Error::BadCredentials)));
    let ticket = place.half_way("octocat", 1).await;
    let authority = &place.authority;
    let pending = authority.pending_sign_in(&ticket).await.unwrap();
    assert_eq!(pending.unwrap().id, octocat.id);
    assert!(
        place.session(&ticket).await.is_none(),
        "a ticket is no session"
    );
    let wrong = authority.finish_sign_in(&ticket, secret("000000"), AGENT, from(1));
    assert_eq!(refusal(wrong.await), "WrongCode");
    let code = place.code(&enrolment.totp_secret);
    let right = authority.finish_sign_in(&ticket, code, AGENT, from(1));
    let signed_in = right.await.unwrap();
    assert!(place.session(&signed_in.secret).await.is_some());
    let code = secret(&enrolment.recovery_codes[0]);
    let spent = authority.finish_sign_in(&ticket, code, AGENT, from(1));
    assert_eq!(refusal(spent.await), "Spent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pending_sign_in_ends_with_time_and_with_the_account_that_it_is_of() {
    let place = Place::new();
    let (octocat, enrolment) = place.user_with_factor("octocat").await;
    let ticket = place.half_way("octocat", 1).await;
    place.clock.advance(600);
    let code = place.code(&enrolment.totp_secret);
    let late = place
        .authority
        .finish_sign_in(&ticket, code, AGENT, from(1));
    assert_eq!(refusal(late.await), "Spent");
    let ticket = place.half_way("octocat", 1).await;
    let changed = place
        .operator()
        .set_password(octocat.id, held("another one of these"))
        .await;
    assert!(changed.unwrap());
    let code = place.code(&enrolment.totp_secret);
    let stale = place
        .authority
        .finish_sign_in(&ticket, code, AGENT, from(1));
    assert_eq!(refusal(stale.await), "BadCredentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s03_a_totp_step_signs_in_once_even_on_two_nodes_at_once() {
    let place = Place::new();
    let (octocat, enrolment) = place.user_with_factor("octocat").await;
    let nodes = [place.authority.clone(), place.beside().authority];
    let mut running = Vec::new();
    for number in 0..8u8 {
        let ticket = place.half_way("octocat", number).await;
        let (node, code) = (
            nodes[usize::from(number) % 2].clone(),
            place.code(&enrolment.totp_secret),
        );
        running.push(tokio::spawn(async move {
            node.finish_sign_in(&ticket, code, AGENT, from(number))
                .await
                .is_ok()
        }));
    }
    let mut signed_in = 0;
    for one in running {
        signed_in += usize::from(one.await.unwrap());
    }
    assert_eq!(signed_in, 1);
    // The step is dead on the API, too.
    let step = place.clock_step();
    let again = OtpUse::ReusableFromSameAddress;
    let spent =
        place
            .authority
            .store
            .spend_otp_step(octocat.id, step, from(1).address.into(), again);
    assert!(!spent.await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s04_a_recovery_code_signs_its_own_user_in_once() {
    let place = Place::new();
    let (_, enrolment) = place.user_with_factor("octocat").await;
    let (_, of_mona) = place.user_with_factor("mona").await;
    let foreign = secret(&of_mona.recovery_codes[0]);
    let ticket = place.half_way("octocat", 1).await;
    let finish = place
        .authority
        .finish_sign_in(&ticket, foreign, AGENT, from(1));
    assert_eq!(refusal(finish.await), "WrongCode");
    let mut running = Vec::new();
    for _ in 0..5 {
        let ticket = place.half_way("octocat", 1).await;
        let (node, code) = (
            place.authority.clone(),
            secret(&enrolment.recovery_codes[0]),
        );
        running.push(tokio::spawn(async move {
            node.finish_sign_in(&ticket, code, AGENT, from(1))
                .await
                .is_ok()
        }));
    }
    let mut signed_in = 0;
    for one in running {
        signed_in += usize::from(one.await.unwrap());
    }
    assert_eq!(signed_in, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s05_twenty_wrong_codes_of_all_addresses_close_a_user_for_an_hour() {
    let place = Place::new();
    let (_, enrolment) = place.user_with_factor("octocat").await;
    let mut tickets = Vec::new();
    for address in 1..=5 {
        tickets.push((address, place.half_way("octocat", address).await));
    }
    for (address, ticket) in tickets.iter().take(4) {
        for guess in 0..5 {
            let code = secret(&format!("00000{guess}"));
            let wrong = place
                .authority
                .finish_sign_in(ticket, code, AGENT, from(*address));
            assert_eq!(refusal(wrong.await), "WrongCode");
        }
    }
    let (address, ticket) = &tickets[4];
    let code = place.code(&enrolment.totp_secret);
    let right = place
        .authority
        .finish_sign_in(ticket, code, AGENT, from(*address));
    assert_eq!(refusal(right.await), "Forbidden(TooManyAttempts)");
    place.clock.advance(3_600);
    let ticket = place.half_way("octocat", 5).await;
    let code = place.code(&enrolment.totp_secret);
    let right = place
        .authority
        .finish_sign_in(&ticket, code, AGENT, from(5));
    assert!(right.await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_and_wrong_codes_lock_one_pair_together() {
    let place = Place::new();
    let (_, enrolment) = place.user_with_factor("octocat").await;
    let ticket = place.half_way("octocat", 1).await;
    for guess in 0..5 {
        assert!(
            place
                .start("octocat", &format!("guess {guess}"), 1)
                .await
                .is_err()
        );
        let code = secret(&format!("00000{guess}"));
        let wrong = place
            .authority
            .finish_sign_in(&ticket, code, AGENT, from(1));
        assert_eq!(refusal(wrong.await), "WrongCode");
    }
    let code = place.code(&enrolment.totp_secret);
    let right = place
        .authority
        .finish_sign_in(&ticket, code, AGENT, from(1));
    assert_eq!(refusal(right.await), "Forbidden(TooManyAttempts)");
    let right = place.start("octocat", PASSWORD, 1).await;
    assert!(matches!(
        right,
        Err(Error::Forbidden(Forbidden::TooManyAttempts))
    ));
    let elsewhere = place.start("octocat", PASSWORD, 2).await;
    assert!(matches!(elsewhere, Ok(SignInStep::NeedsSecondFactor(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_stands_for_the_code_or_for_both() {
    let place = Place::new();
    let (octocat, _) = place.user_with_factor("octocat").await;
    let mona = place.user("mona").await;
    let authority = &place.authority;
    let (own, others) = (ProvenUser { id: octocat.id }, ProvenUser { id: mona.id });
    let ticket = place.half_way("octocat", 1).await;
    let wrong = authority.finish_sign_in_by_passkey(Some(&ticket), others, AGENT, from(1));
    assert_eq!(refusal(wrong.await), "Spent");
    let right = authority.finish_sign_in_by_passkey(Some(&ticket), own, AGENT, from(1));
    assert!(place.session(&right.await.unwrap().secret).await.is_some());
    let again = authority.finish_sign_in_by_passkey(Some(&ticket), own, AGENT, from(1));
    assert_eq!(refusal(again.await), "Spent");
    let alone = authority.finish_sign_in_by_passkey(None, own, AGENT, from(1));
    assert!(alone.await.is_ok());
    let stamp = place.operator().stamp();
    authority
        .store
        .set_user_suspended(octocat.id, true, stamp)
        .await
        .unwrap();
    let suspended = authority.finish_sign_in_by_passkey(None, own, AGENT, from(1));
    assert_eq!(refusal(suspended.await), "Forbidden(Suspended)");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_apis_switch_for_passwords_is_not_the_pages() {
    let mut place = Place::new();
    place.user("octocat").await;
    let authority = std::sync::Arc::get_mut(&mut place.authority).unwrap();
    authority.policy.basic_auth_api = false;
    let api = place
        .authority
        .password("octocat", secret(PASSWORD), None, from(1));
    assert!(matches!(api.await, Err(Error::BadCredentials)));
    place.sign_in("octocat").await;
    assert_eq!(LoginKey::of("OCTOCAT").as_str(), "octocat");
}
