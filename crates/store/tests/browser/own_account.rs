//! What people change of their own accounts.

use grantd_core::session::{BrowserSession, SignInStep};
use grantd_core::user::{Email, Language};

use crate::place::*;

const NEW: &str = "seven boats behind the mill";

async fn refusals_of(place: &Place, who: &BrowserSession) -> Vec<String> {
    let a = &place.authority;
    let (caller, nothing) = (from(1), secret("x"));
    let email = Email::parse("new@example.com").unwrap();
    vec![
        refusal(
            a.change_password(who, secret(PASSWORD), held(NEW), caller)
                .await,
        ),
        refusal(a.offer_factor(who, "grantd", caller).await),
        refusal(a.offered_factor(who, &nothing, "grantd").await),
        refusal(a.confirm_factor(who, &nothing, &nothing, caller).await),
        refusal(a.remove_factor(who, caller).await),
        refusal(a.replace_recovery_codes(who, caller).await),
        refusal(a.change_email(who, email, &letter, caller).await),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s08_whatever_is_sensitive_needs_a_fresh_proof() {
    let place = Place::new();
    place.user("octocat").await;
    let signed_in = place.sign_in("octocat").await;
    place.clock.advance(300);
    let who = place.session(&signed_in.secret).await.unwrap();
    assert_eq!(refusals_of(&place, &who).await, ["FreshProofNeeded"; 7]);
    assert!(place.outbox.0.lock().unwrap().is_empty());
    let fresh = place
        .authority
        .reauthenticate(&who, secret(PASSWORD), None, from(1));
    let who = fresh.await.unwrap().session;
    let refusals = refusals_of(&place, &who).await;
    assert!(
        !refusals.contains(&"FreshProofNeeded".to_owned()),
        "{refusals:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_password_needs_the_present_one_and_ends_the_others() {
    let place = Place::new();
    place.user("octocat").await;
    let (own, other) = (
        place.sign_in("octocat").await,
        place.sign_in("octocat").await,
    );
    let change = async |present: &str, new: &str| {
        let (present, new) = (secret(present), secret(new));
        let changed = place
            .authority
            .change_password(&own.session, present, &new, from(1));
        refusal(changed.await)
    };
    assert_eq!(change("wrong", NEW).await, "WrongPassword");
    assert_eq!(change(PASSWORD, "short").await, "Password(TooShort(15))");
    assert!(place.session(&other.secret).await.is_some());
    assert_eq!(change(PASSWORD, NEW).await, "done");
    assert!(place.session(&own.secret).await.is_some());
    assert!(place.session(&other.secret).await.is_none());
    assert!(place.start("octocat", PASSWORD, 1).await.is_err());
    assert!(place.start("octocat", NEW, 1).await.is_ok());
    // The identity of before the change is over, its cookie is not.
    assert_eq!(change(NEW, PASSWORD).await, "BadCredentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s09_people_choose_long_passwords_that_are_not_guessed_first() {
    let place = Place::new();
    place.user("octocat").await;
    let own = place.sign_in("octocat").await;
    let change = async |new: &str| {
        let changed =
            place
                .authority
                .change_password(&own.session, secret(PASSWORD), held(new), from(1));
        refusal(changed.await)
    };
    assert_eq!(change("fourteen chars").await, "Password(TooShort(15))");
    assert_eq!(change("passwordpassword").await, "Password(Common)");
    assert_eq!(change("octocatoctocat99").await, "Password(Common)");
    assert_eq!(change(&"x".repeat(4_097)).await, "Password(TooLong)");
    let long = "ünï ☂ ".repeat(100);
    assert_eq!(change(&long).await, "done");
    assert!(place.start("octocat", &long, 1).await.is_ok());
    assert!(
        place.start("octocat", long.trim_end(), 1).await.is_err(),
        "nothing is cut off"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_in_force_once_its_first_code_was_right() {
    let place = Place::new();
    place.user("octocat").await;
    let (own, other) = (
        place.sign_in("octocat").await,
        place.sign_in("octocat").await,
    );
    let a = &place.authority;
    let offer = a
        .offer_factor(&own.session, "grantd", from(1))
        .await
        .unwrap();
    let again = a
        .offered_factor(&own.session, &offer.ticket, "grantd")
        .await
        .unwrap();
    assert_eq!(
        (&again.totp_secret, &again.otpauth_url),
        (&offer.totp_secret, &offer.otpauth_url)
    );
    let confirm = async |code| {
        let confirmed = a.confirm_factor(&own.session, &offer.ticket, &code, from(1));
        confirmed.await
    };
    assert_eq!(refusal(confirm(secret("000000")).await), "WrongCode");
    assert!(matches!(
        place.start("octocat", PASSWORD, 1).await,
        Ok(SignInStep::In(_))
    ));
    let code = place.code(&offer.totp_secret);
    let recovery_codes = confirm(code.clone()).await.unwrap();
    assert_eq!(recovery_codes.len(), 16);
    assert!(place.session(&other.secret).await.is_none());
    let own = place.session(&own.secret).await.unwrap();
    assert!(own.user().two_factor);
    let ticket = place.half_way("octocat", 1).await;
    let replayed = a.finish_sign_in(&ticket, code, AGENT, from(1));
    assert_eq!(
        refusal(replayed.await),
        "WrongCode",
        "the code that confirmed is spent"
    );
    let recovery = secret(&recovery_codes[3]);
    assert!(
        a.finish_sign_in(&ticket, recovery, AGENT, from(1))
            .await
            .is_ok()
    );
    assert_eq!(
        refusal(a.offer_factor(&own, "grantd", from(1)).await),
        "HasSecondFactor"
    );

    let fresh = a.replace_recovery_codes(&own, from(1)).await.unwrap();
    let ticket = place.half_way("octocat", 1).await;
    let old = a.finish_sign_in(&ticket, secret(&recovery_codes[4]), AGENT, from(1));
    assert_eq!(refusal(old.await), "WrongCode");
    let new = a.finish_sign_in(&ticket, secret(&fresh[4]), AGENT, from(1));
    assert!(new.await.is_ok());

    a.remove_factor(&own, from(1)).await.unwrap();
    assert!(matches!(
        place.start("octocat", PASSWORD, 1).await,
        Ok(SignInStep::In(_))
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offered_factor_is_its_owners_alone() {
    let place = Place::new();
    place.user("octocat").await;
    place.user("mona").await;
    let (octocat, mona) = (place.sign_in("octocat").await, place.sign_in("mona").await);
    let a = &place.authority;
    let offer = a
        .offer_factor(&octocat.session, "grantd", from(1))
        .await
        .unwrap();
    let code = place.code(&offer.totp_secret);
    let stolen = a.confirm_factor(&mona.session, &offer.ticket, &code, from(1));
    assert_eq!(refusal(stolen.await), "Spent");
    place.clock.advance(3_600);
    let fresh = a
        .reauthenticate(&octocat.session, secret(PASSWORD), None, from(1))
        .await
        .unwrap();
    let late = a.confirm_factor(&fresh.session, &offer.ticket, &code, from(1));
    assert_eq!(refusal(late.await), "Spent");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_address_is_ones_own_once_its_link_was_used() {
    let place = Place::new();
    place.user("octocat").await;
    place.user("mona").await;
    let own = place.sign_in("octocat").await;
    let a = &place.authority;
    let change = async |to: &str| {
        let outgoing = a.change_email(&own.session, Email::parse(to).unwrap(), &letter, from(1));
        outgoing.await.unwrap().send().await.unwrap();
        place.mailed()
    };
    let (to, link) = change("new@example.com").await;
    assert_eq!(to, "new@example.com");
    let found = place.session(&own.secret).await.unwrap();
    assert_eq!(
        found.user().email.as_ref().unwrap().as_str(),
        "octocat@example.com"
    );
    assert_eq!(
        a.email_to_verify(&link).await.unwrap().unwrap().as_str(),
        "new@example.com"
    );
    a.verify_email(&link, from(2)).await.unwrap();
    assert_eq!(refusal(a.verify_email(&link, from(2)).await), "Spent");
    let found = place.session(&own.secret).await.unwrap();
    assert_eq!(
        found.user().email.as_ref().unwrap().as_str(),
        "new@example.com"
    );
    // To ask for somebody else's address looks the same; only its owner could go on.
    let (_, link) = change("mona@example.com").await;
    assert_eq!(
        refusal(a.verify_email(&link, from(2)).await),
        "Taken(Email)"
    );
    // A change of password ends links on their way.
    let (_, link) = change("third@example.com").await;
    a.change_password(&own.session, secret(PASSWORD), held(NEW), from(1))
        .await
        .unwrap();
    assert_eq!(refusal(a.verify_email(&link, from(2)).await), "Spent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_chooses_a_language() {
    let place = Place::new();
    place.user("octocat").await;
    let own = place.sign_in("octocat").await;
    let language = Some(Language::German);
    place
        .authority
        .set_own_language(&own.session, language, from(1))
        .await
        .unwrap();
    let found = place.session(&own.secret).await.unwrap();
    assert_eq!(found.user().language, language);
}
