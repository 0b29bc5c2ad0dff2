//! What people do with their tokens, grants and passkeys, and what they read of it.

use grantd_core::Error;
use grantd_core::authority::BrowserIdentity;
use grantd_core::authorization::{Authorization, Issued};
use grantd_core::clock::{Clock, Timestamp};
use grantd_core::last_used::{AddressClass, FLUSH_EVERY, LastUse};
use grantd_core::own_account::AccountRefusal;
use grantd_core::passkey::{NewPasskey, PasskeyRefusal};
use grantd_core::personal_tokens::PersonalTokenForm;
use grantd_core::session::{BrowserSession, FRESH};
use grantd_core::store::PageRequest;

use crate::place::*;

const ALL: PageRequest = PageRequest {
    page: 1,
    per_page: 100,
};

fn form(note: &str) -> PersonalTokenForm {
    PersonalTokenForm {
        note: note.to_owned(),
        scopes: vec!["repo".to_owned()],
        expires_at: None,
    }
}

async fn make(place: &Place, who: &BrowserSession, note: &str) -> Issued<Authorization> {
    let made = place.authority.create_own_token(who, form(note), from(1));
    made.await.unwrap()
}

async fn last_use(place: &Place, who: &BrowserIdentity, of: &Authorization) -> Option<LastUse> {
    let found = place.authority.own_token(who, of.id).await;
    found.unwrap().last_use
}

fn new_passkey(name: &str) -> NewPasskey {
    NewPasskey {
        credential_id: name.as_bytes().to_vec(),
        name: format!(" {name} "),
        data: Vec::new(),
        counter: 1,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s10_a_session_makes_renews_and_ends_personal_tokens() {
    let place = Place::new();
    place.user("octocat").await;
    let who = place.sign_in("octocat").await.session;
    let a = &place.authority;
    let end = place.clock.now().plus(100);
    let with_end = PersonalTokenForm {
        expires_at: Some(end),
        ..form("laptop")
    };
    let made = a.create_own_token(&who, with_end, from(1)).await.unwrap();
    assert_eq!(made.value.scopes.to_stored(), "repo");
    assert_eq!(made.value.expires_at, Some(end));
    assert!(a.token(&made.token, from(1)).await.is_ok());
    place.clock.advance(100);
    assert!(a.token(&made.token, from(1)).await.is_err());

    let renewed = a.regenerate_own_token(&who, made.value.id, None, from(1));
    let renewed = renewed.await.unwrap();
    assert_eq!(renewed.value.id, made.value.id);
    assert!(a.token(&renewed.token, from(1)).await.is_ok());
    assert!(a.token(&made.token, from(1)).await.is_err());

    let id = made.value.id;
    a.delete_own_token(&who.identity, id, from(1))
        .await
        .unwrap();
    assert!(a.token(&renewed.token, from(1)).await.is_err());
    let again = a.delete_own_token(&who.identity, id, from(1)).await;
    assert!(matches!(again, Err(Error::NotFound)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_refused_by_field() {
    let place = Place::new();
    place.user("octocat").await;
    let who = place.sign_in("octocat").await.session;
    make(&place, &who, "taken").await;
    let now = place.clock.now();
    let wrong = [
        (form("  "), "description"),
        (form("taken"), "description"),
        (
            PersonalTokenForm {
                scopes: vec!["nonsense".to_owned()],
                ..form("a")
            },
            "scopes",
        ),
        (
            PersonalTokenForm {
                expires_at: Some(now),
                ..form("a")
            },
            "expires_at",
        ),
    ];
    for (form, field) in wrong {
        let refused = place.authority.create_own_token(&who, form, from(1)).await;
        let Err(AccountRefusal::Other(Error::Invalid(errors))) = refused else {
            panic!("{field}");
        };
        assert_eq!(errors[0].field, field);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s08_tokens_and_passkeys_need_a_fresh_proof() {
    let place = Place::new();
    place.user("octocat").await;
    let signed_in = place.sign_in("octocat").await;
    let who = signed_in.session;
    let a = &place.authority;
    let made = make(&place, &who, "before").await;
    let added = a.add_own_passkey(&who, new_passkey("before"), from(1));
    let passkey = added.await.unwrap().id;
    place.clock.advance(FRESH + 1);
    let who = place.session(&signed_in.secret).await.unwrap();
    let refused = a.create_own_token(&who, form("a"), from(1)).await;
    assert_eq!(refusal(refused), "FreshProofNeeded");
    let refused = a.regenerate_own_token(&who, made.value.id, None, from(1));
    assert_eq!(refusal(refused.await), "FreshProofNeeded");
    let refused = a.add_own_passkey(&who, new_passkey("a"), from(1)).await;
    assert!(matches!(refused, Err(PasskeyRefusal::FreshProofNeeded)));
    let refused = a.remove_own_passkey(&who, passkey, from(1)).await;
    assert!(matches!(refused, Err(PasskeyRefusal::FreshProofNeeded)));
    assert_eq!(a.own_passkeys(&who.identity).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_use_is_told_once_a_minute_and_at_the_end() {
    let place = Place::new();
    place.user("octocat").await;
    let who = place.sign_in("octocat").await.session;
    let (a, who) = (&place.authority, &who);
    let made = make(&place, who, "laptop").await;
    let (record, id) = (&made.value, &who.identity);
    let used_at = |at: Timestamp| Some(LastUse { at, from: None });
    let first = place.clock.now();
    a.token(&made.token, from(1)).await.unwrap();
    a.flush_last_used_if_due().await.unwrap();
    assert_eq!(last_use(&place, id, record).await, None, "it is not time");
    place.clock.advance(FLUSH_EVERY);
    a.flush_last_used_if_due().await.unwrap();
    assert_eq!(last_use(&place, id, record).await, used_at(first));
    let second = place.clock.now();
    a.token(&made.token, from(1)).await.unwrap();
    a.flush_last_used_if_due().await.unwrap();
    assert_eq!(last_use(&place, id, record).await, used_at(first));
    a.flush_last_used().await.unwrap();
    assert_eq!(last_use(&place, id, record).await, used_at(second));
    let now = a.own_token(id, record.id).await.unwrap().authorization;
    assert_eq!(now.updated_at, record.updated_at);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_was_not_used_and_an_apps_check_is_a_use() {
    let place = Place::new();
    let octocat = place.user("octocat").await;
    let who = place.sign_in("octocat").await.session;
    let (a, id) = (&place.authority, &who.identity);
    let (app, app_secret, token) = place.app_with_token(&octocat).await;
    let last = async || {
        a.flush_last_used().await.unwrap();
        a.own_grants(id, ALL).await.unwrap().items[0].last_use
    };
    let wrong = a.app(app.client_id.as_str(), held("wrong"), Some(&token), from(1));
    assert!(wrong.await.is_err());
    assert_eq!(last().await, None);
    let right = a.app(app.client_id.as_str(), &app_secret, Some(&token), from(1));
    assert!(right.await.unwrap().unwrap().1.is_some());
    assert_eq!(last().await.map(|last| last.at), Some(place.clock.now()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_class_is_kept_only_if_the_policy_says_so() {
    let mut place = Place::new();
    place.user("octocat").await;
    let who = place.sign_in("octocat").await.session;
    let made = make(&place, &who, "laptop").await;
    let class = async |place: &Place| {
        place.clock.advance(1);
        place.authority.token(&made.token, from(1)).await.unwrap();
        place.authority.flush_last_used().await.unwrap();
        let last = last_use(place, &who.identity, &made.value).await;
        last.unwrap().from
    };
    assert_eq!(class(&place).await, None);
    place.change_policy(|policy| policy.last_used_address_class = true);
    assert_eq!(class(&place).await, Some(AddressClass::Public));
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_are_shown_in_words_and_end_one_or_all() {
    let place = Place::new();
    let octocat = place.user("octocat").await;
    place.user("hubot").await;
    let who = place.sign_in("octocat").await.session.identity;
    let other = place.sign_in("hubot").await.session.identity;
    let a = &place.authority;
    let (app, _, first) = place.app_with_token(&octocat).await;
    let (_, _, second) = place.app_with_token(&octocat).await;
    let (_, _, third) = place.app_with_token(&octocat).await;
    let shown = a.own_grants(&who, ALL).await.unwrap().items;
    assert_eq!(shown.len(), 3);
    let id = shown[0].grant.id;
    let (used, words) = a.own_grant(&who, id).await.unwrap();
    assert_eq!((used.grant.app.client_id, used.tokens), (app.client_id, 1));
    assert_eq!(used.owner.id, octocat.id);
    assert!(words.iter().all(|one| !one.words.is_empty() && !one.is_new));
    assert_eq!(words.len(), 1);
    for foreign in [
        a.own_grant(&other, id).await.map(drop),
        a.revoke_own_grant(&other, id, from(1)).await,
    ] {
        assert!(matches!(foreign, Err(Error::NotFound)));
    }
    a.revoke_own_grant(&who, id, from(1)).await.unwrap();
    assert!(a.token(&first, from(1)).await.is_err());
    assert!(a.token(&second, from(1)).await.is_ok());
    assert_eq!(a.revoke_own_grants(&other, from(1)).await.unwrap(), 0);
    assert_eq!(a.revoke_own_grants(&who, from(1)).await.unwrap(), 2);
    for token in [&second, &third] {
        assert!(a.token(token, from(1)).await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_signs_in_until_it_is_removed_or_copied() {
    let place = Place::new();
    place.user("octocat").await;
    let signed_in = place.sign_in("octocat").await;
    let a = &place.authority;
    let added = a.add_own_passkey(&signed_in.session, new_passkey("key"), from(1));
    let added = added.await.unwrap();
    assert_eq!(added.name, "key");
    let who = place.session(&signed_in.secret).await.expect("it goes on");
    let owned = a.passkey(b"key").await.unwrap().unwrap();
    let proven = a.passkey_used(&owned, vec![1], 2).await.unwrap();
    let by_passkey = a.finish_sign_in_by_passkey(None, proven, AGENT, from(1));
    let by_passkey = by_passkey.await.unwrap();
    assert!(place.session(&by_passkey.secret).await.is_some());
    let copied = a.passkey_used(&owned, vec![1], 2).await;
    assert!(matches!(copied, Err(PasskeyRefusal::Copied)));
    let twice = a.add_own_passkey(&who, new_passkey("key"), from(1)).await;
    assert!(matches!(twice, Err(PasskeyRefusal::Taken)));
    let renamed = a.rename_own_passkey(&who.identity, added.id, "\n", from(1));
    assert!(matches!(renamed.await, Err(PasskeyRefusal::Name)));
    a.remove_own_passkey(&who, added.id, from(1)).await.unwrap();
    assert!(place.session(&by_passkey.secret).await.is_none());
    let gone = a.passkey_used(&owned, vec![1], 9).await;
    assert!(matches!(gone, Err(PasskeyRefusal::Copied)));
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_paged_and_hide_where_others_acted_from() {
    let place = Place::new();
    let octocat = place.user("octocat").await;
    let admin = place.admin("monalisa").await;
    let a = &place.authority;
    for suspended in [true, false] {
        let set = a.admin_set_user_suspended(&admin, octocat.id, suspended, from(7));
        set.await.unwrap();
    }
    let who = place.sign_in("octocat").await.session.identity;
    let all = a.own_events(&who, None, 100).await.unwrap();
    assert_eq!(all.next, None);
    let of = |action: &str| all.rows.iter().find(|row| row.action == action).unwrap();
    assert_eq!(of("user.login").address.as_deref(), Some("192.0.2.1"));
    let suspended = of("user.suspend");
    assert_eq!((&suspended.address, &suspended.request_id), (&None, &None));
    let (mut paged, mut before) = (Vec::new(), None);
    loop {
        let events = a.own_events(&who, before, 1).await.unwrap();
        paged.extend(events.rows);
        match events.next {
            None => break,
            next => before = next,
        }
    }
    assert_eq!(paged, all.rows);
}
