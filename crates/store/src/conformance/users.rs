//! Promises about people.

use grantd_core::app::ClientId;
use grantd_core::ids::UserId;
use grantd_core::store::{OtpUse, PageRequest, Taken};
use grantd_core::user::{LoginKey, NewUser, PasswordHash};

use super::world::*;

pub(super) async fn logins_and_addresses_are_unique_in_any_case(w: World) {
    let octocat = NewUser {
        email: email("Octo@example.com"),
        ..new_user("Octocat")
    };
    w.user_of(octocat).await;
    let same_login = w.store.create_user(new_user("OCTOCAT"), operator()).await;
    assert_eq!(same_login.unwrap(), Err(Taken::Login));
    let same_email = NewUser {
        email: email("octo@EXAMPLE.com"),
        ..new_user("hubot")
    };
    let same_email = w.store.create_user(same_email, operator()).await;
    assert_eq!(same_email.unwrap(), Err(Taken::Email));
    // No address is not an address.
    w.user("hubot").await;
    w.user("monalisa").await;
}

pub(super) async fn users_are_found_in_any_spelling(w: World) {
    let new = NewUser {
        email: email("octo@example.com"),
        email_verified: true,
        site_admin: true,
        second_factor: Some(factor(&[])),
        ..new_user("Octocat")
    };
    let made = w.user_of(new).await;
    assert_eq!(made.login.as_str(), "Octocat");
    assert!(made.email_verified && made.site_admin && made.two_factor);
    assert_eq!((made.created_at, made.updated_at), (NOW, NOW));
    for typed in ["octocat", " OctoCat ", "ＯＣＴＯＣＡＴ"] {
        let found = w.store.find_user(&LoginKey::of(typed)).await.unwrap();
        assert_eq!(found.as_ref(), Some(&made), "{typed}");
    }
    assert_eq!(w.store.find_user_by_id(made.id).await.unwrap(), Some(made));
    assert_eq!(
        w.store.find_user(&LoginKey::of("hubot")).await.unwrap(),
        None
    );
    assert_eq!(w.store.find_user_by_id(UserId(99)).await.unwrap(), None);
}

pub(super) async fn users_are_listed_by_id(w: World) {
    for login in ["c", "a", "b"] {
        w.user(login).await;
    }
    let page = |page| PageRequest { page, per_page: 2 };
    let first = w.store.list_users(page(1)).await.unwrap();
    let second = w.store.list_users(page(2)).await.unwrap();
    let beyond = w.store.list_users(page(3)).await.unwrap();
    let logins: Vec<_> = first.items.iter().chain(&second.items).collect();
    let logins: Vec<_> = logins.iter().map(|user| user.login.as_str()).collect();
    assert_eq!(logins, ["c", "a", "b"]);
    assert_eq!((first.total, second.total, beyond.total), (3, 3, 3));
    assert!(beyond.items.is_empty());
}

pub(super) async fn credentials_are_found_by_login_or_verified_address(w: World) {
    let verified = NewUser {
        email: email("octo@example.com"),
        email_verified: true,
        second_factor: Some(factor(&[])),
        ..new_user("octocat")
    };
    let unverified = NewUser {
        email: email("hubot@example.com"),
        ..new_user("hubot")
    };
    let octocat = w.user_of(verified).await;
    w.user_of(unverified).await;
    let find = async |typed: &str| w.find_credentials(&LoginKey::of(typed)).await;
    for typed in ["octocat", "OCTO@example.com"] {
        let found = find(typed).await.unwrap();
        assert_eq!(found.user, octocat);
        assert_eq!(found.password_hash, PasswordHash("$first".to_owned()));
        assert_eq!(found.totp_seed, Some(factor(&[]).totp_seed));
    }
    assert!(find("hubot").await.unwrap().totp_seed.is_none());
    assert!(find("hubot@example.com").await.is_none());
    assert!(find("nobody").await.is_none());
}

pub(super) async fn a_new_password_raises_the_generation(w: World) {
    let octocat = w.user("octocat").await;
    let before = w.credentials("octocat").await;
    let second = PasswordHash("$second".to_owned());
    let set = w
        .store
        .set_password(octocat.id, second.clone(), later(5))
        .await;
    assert!(set.unwrap());
    let after = w.credentials("octocat").await;
    assert_eq!(after.password_hash, second);
    assert!(after.auth_generation > before.auth_generation);
    assert_eq!(after.user.updated_at, NOW.plus(5));
    let nobody = w.store.set_password(UserId(99), second, operator()).await;
    assert!(!nobody.unwrap());
}

pub(super) async fn a_rehash_needs_the_old_hash_and_keeps_the_generation(w: World) {
    let octocat = w.user("octocat").await;
    let before = w.credentials("octocat").await;
    let hash = |text: &str| PasswordHash(text.to_owned());
    let rehash = async |old: &str, new: &str| {
        let set = w
            .store
            .rehash_password(octocat.id, hash(old), hash(new), operator());
        set.await.unwrap()
    };
    assert!(!rehash("$other", "$second").await);
    assert!(rehash("$first", "$second").await);
    assert!(!rehash("$first", "$third").await);
    let after = w.credentials("octocat").await;
    assert_eq!(after.password_hash, hash("$second"));
    assert_eq!(after.auth_generation, before.auth_generation);
}

pub(super) async fn suspending_raises_the_generation_once(w: World) {
    let octocat = w.user("octocat").await;
    let mut generation = w.credentials("octocat").await.auth_generation;
    for (suspended, changes) in [(false, false), (true, true), (true, false), (false, true)] {
        let set = w
            .store
            .set_user_suspended(octocat.id, suspended, later(3))
            .await;
        assert_eq!(set.unwrap(), changes);
        let after = w.credentials("octocat").await;
        assert_eq!(after.auth_generation > generation, changes);
        assert_eq!(after.user.suspended_at, suspended.then_some(NOW.plus(3)));
        generation = after.auth_generation;
    }
    let nobody = w
        .store
        .set_user_suspended(UserId(99), true, operator())
        .await;
    assert!(!nobody.unwrap());
}

pub(super) async fn a_second_factor_takes_its_codes_and_steps_along(w: World) {
    let octocat = w.user("octocat").await;
    let set = async |factor| {
        w.store
            .set_second_factor(octocat.id, factor, operator())
            .await
            .unwrap()
    };
    let burn = async |code| {
        w.store
            .burn_recovery_code(octocat.id, code, operator())
            .await
            .unwrap()
    };
    let spend = async || {
        let spent = w
            .store
            .spend_otp_step(octocat.id, 7, address(1), OtpUse::Once);
        spent.await.unwrap()
    };
    let mut generation = w.credentials("octocat").await.auth_generation;
    let mut raised = async || {
        let now = w.credentials("octocat").await.auth_generation;
        std::mem::replace(&mut generation, now) < now
    };
    assert!(set(Some(factor(&[[1; 32], [2; 32]]))).await && raised().await);
    assert!(w.credentials("octocat").await.user.two_factor);
    assert!(burn([1; 32]).await && spend().await && !spend().await);
    // Another factor: the old codes and spent steps are gone.
    assert!(set(Some(factor(&[[3; 32]]))).await && raised().await);
    assert!(!burn([2; 32]).await && burn([3; 32]).await && spend().await);
    assert!(set(None).await && raised().await);
    let after = w.credentials("octocat").await;
    assert!(!after.user.two_factor && after.totp_seed.is_none());
    assert!(!burn([3; 32]).await);
    // Nothing to remove.
    assert!(!set(None).await && !raised().await);
    let nobody = w
        .store
        .set_second_factor(UserId(99), Some(factor(&[])), operator())
        .await;
    assert!(!nobody.unwrap());
}

pub(super) async fn deleting_a_user_deletes_all_that_is_theirs(w: World) {
    let (octocat, hubot) = (
        w.user_of(NewUser {
            second_factor: Some(factor(&[[1; 32]])),
            ..new_user("octocat")
        })
        .await,
        w.user("hubot").await,
    );
    let theirs = w.app("theirs", &octocat).await;
    let other = w.app("other", &hubot).await;
    let personal = w.create(w.personal(&octocat, "mine")).await;
    let held = w.create(w.for_app(&octocat, &other, "repo")).await;
    let of_their_app = w.create(w.for_app(&hubot, &theirs, "repo")).await;
    let kept = w.create(w.for_app(&hubot, &other, "repo")).await;
    w.store
        .remember_address(octocat.id, address(1), NOW)
        .await
        .unwrap();
    assert!(w.store.delete_user(octocat.id, operator()).await.unwrap());
    assert!(!w.store.delete_user(octocat.id, operator()).await.unwrap());

    assert_eq!(w.store.find_user_by_id(octocat.id).await.unwrap(), None);
    assert!(w.store.find_app(&theirs.client_id).await.unwrap().is_none());
    for gone in [personal, held, of_their_app] {
        assert!(!w.is_valid(gone.token_hash).await);
    }
    assert!(w.is_valid(kept.token_hash).await);
    assert_eq!(w.grant(&hubot).await.app.id, other.id);
    assert!(w.authorizations(&octocat).await.is_empty());
    let again = w.user("octocat").await;
    assert_ne!(again.id, octocat.id);
    assert_eq!(w.last_seen("octocat", address(1)).await, None);
}

pub(super) async fn user_ids_are_never_given_out_again(w: World) {
    let first = w.user("octocat").await;
    w.store.delete_user(first.id, operator()).await.unwrap();
    assert!(w.user("octocat").await.id > first.id);
}

pub(super) async fn a_key_that_cannot_be_stored_is_nobodys(w: World) {
    let octocat = w.user("octocat").await;
    let login = LoginKey::of("octo\0cat");
    assert!(w.store.find_user(&login).await.unwrap().is_none());
    assert!(w.find_credentials(&login).await.is_none());
    let client_id = ClientId::from_stored("a\0b".to_owned());
    assert!(w.store.find_app(&client_id).await.unwrap().is_none());
    let check = w.store.check_token(&client_id, None, NOW).await;
    assert!(check.unwrap().is_none());
    let listed = w
        .store
        .list_authorizations(octocat.id, Some("a\0b"), ALL)
        .await;
    assert_eq!(listed.unwrap().total, 0);
}
