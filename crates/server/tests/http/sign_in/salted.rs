//! Tokens that another authority kept by a salted hash: they open what they
//! opened, and strangers cannot have much hashed.

use std::sync::Arc;

use grantd_core::clock::Timestamp;
use grantd_core::fingerprint::Fingerprint;
use grantd_core::import::{Ended, ImportedToken, Outcome};
use grantd_core::note::Note;
use grantd_core::scope::Scopes;
use grantd_core::store::ImportStore;
use grantd_core::token::{SaltedHash, TokenLastEight};
use grantd_core::user::LoginKey;
use serde_json::json;

use crate::support::{TestApp, User};

const TOKEN: &str = "d2c6c1ba3890b309189a8e618c72a162e4efbf36";
const HASH: &str = "2b3668e11cb82d3af8c6e4524fc7841297668f5008d1626f0ad3417e9fa39af84c268248b78c481daa7e5dc437784003494f";
const MADE: Timestamp = Timestamp(946_687_980);

async fn moved_in(t: &TestApp) -> User {
    let octocat = t.user("octocat").await;
    let salted = SaltedHash::new("QuSiZr1byZ", HASH).unwrap();
    let token = ImportedToken {
        owner: LoginKey::of("octocat"),
        client_id: None,
        token_hash: salted.stand_in(),
        salted: Some(salted),
        token_last_eight: TokenLastEight("e4efbf36".to_owned()),
        note: Note::parse("Token A".to_owned()).ok(),
        note_url: None,
        scopes: Scopes::from_stored("repo"),
        fingerprint: Fingerprint::default(),
        created_at: MADE,
        updated_at: MADE,
        expires_at: None,
    };
    let stamp = grantd_core::audit::Stamp::operator(MADE);
    let came = t
        .store
        .import_tokens(vec![token], Arc::<Ended>::default(), false, stamp);
    assert_eq!(came.await.unwrap(), [Outcome::Imported]);
    let _ = t.store.take();
    octocat
}

fn asked(t: &TestApp) -> Vec<(&'static str, usize)> {
    t.store.take().into_iter().collect()
}

#[tokio::test]
async fn a_salted_token_opens_at_once_and_is_found_by_its_hash_after_the_answer() {
    let t = TestApp::p2().await;
    let octocat = moved_in(&t).await;
    let holder = t.anyone().with_token(TOKEN);
    let user = holder.get("/user").await;
    assert_eq!(user.json()["login"], "octocat");
    assert_eq!(user.header("x-oauth-scopes"), Some("repo"));
    let first = asked(&t);
    assert!(
        first.contains(&("list_salted", 1)) && !first.contains(&("upgrade_hash", 1)),
        "{first:?}"
    );
    // Until the store is told, nothing is hashed again.
    holder.get("/user").await.is(200);
    assert!(!asked(&t).contains(&("list_salted", 1)));
    let listed = octocat.get("/authorizations").await.json();
    assert_eq!(
        (&listed[0]["hashed_token"], &listed[0]["token_last_eight"]),
        (&json!(""), &json!("e4efbf36"))
    );
    let _ = t.store.take();
    t.authority.upgrade_hashes().await.unwrap();
    t.authority.upgrade_hashes().await.unwrap();
    assert_eq!(asked(&t), [("upgrade_hash", 1)]);
    let listed = octocat.get("/authorizations").await.json();
    let hash = t.authority.tokens.parse(TOKEN).unwrap().hash().to_string();
    assert_eq!(listed[0]["hashed_token"], json!(hash));
    let _ = t.store.take();
    holder.get("/user").await.is(200);
    assert!(!asked(&t).iter().any(|(method, _)| *method == "list_salted"));
}

#[tokio::test]
async fn sec_only_an_unknown_token_with_those_last_eight_is_hashed() {
    let t = TestApp::p2().await;
    let _ = moved_in(&t).await;
    let similar = TOKEN.replace("d2c6", "d2c7");
    t.anyone()
        .with_token(&similar)
        .get("/user")
        .await
        .refuses(401, "Bad credentials");
    assert_eq!(asked(&t), [("find_token", 1), ("list_salted", 1)]);
    let other = TOKEN.replace("bf36", "bf37");
    t.anyone()
        .with_token(&other)
        .get("/user")
        .await
        .refuses(401, "Bad credentials");
    t.anyone()
        .with_token(&TOKEN.to_uppercase())
        .get("/user")
        .await
        .refuses(401, "Bad credentials");
    let p3 = TestApp::new().await;
    let _ = moved_in(&p3).await;
    p3.anyone()
        .with_token(TOKEN)
        .get("/user")
        .await
        .refuses(401, "Bad credentials");
    assert!(
        asked(&p3).is_empty(),
        "tokens of that shape are not looked up here"
    );
}

#[tokio::test]
async fn sec_a_flood_with_one_last_eight_is_told_to_slow_down() {
    let t = TestApp::p2().await;
    let _ = moved_in(&t).await;
    let guesses = (0..20u8).map(|n| {
        let client = t.anyone().with_token(&format!("{n:032x}e4efbf36"));
        async move { client.get("/user").await.status }
    });
    let answers = futures_util::future::join_all(guesses).await;
    assert!(
        answers
            .iter()
            .all(|status| [401, 429, 503].contains(status)),
        "{answers:?}"
    );
    assert!(answers.iter().any(|status| *status != 401), "{answers:?}");
    // Nobody is kept out for longer than the flood lasts.
    t.anyone().with_token(TOKEN).get("/user").await.is(200);
}

#[tokio::test]
async fn sec_a_salted_token_that_was_revoked_is_dead_before_and_after_it_is_known() {
    for known in [false, true] {
        let t = TestApp::p2().await;
        let octocat = moved_in(&t).await;
        let holder = t.anyone().with_token(TOKEN);
        if known {
            holder.get("/user").await.is(200);
        }
        let id = octocat.get("/authorizations").await.json()[0]["id"].clone();
        octocat
            .delete(&format!("/authorizations/{id}"))
            .await
            .is(204);
        holder.get("/user").await.is(401);
        t.authority.upgrade_hashes().await.unwrap();
        holder.get("/user").await.is(401);
    }
}
