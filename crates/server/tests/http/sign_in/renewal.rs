//! Hashes made at a lower cost are made anew when their password is next at hand.

use grantd_core::login::password::PasswordCost;

use crate::support::TestApp;

async fn stored_hash(t: &TestApp, login: &str) -> (String, i64) {
    let found = t.credentials(login).await;
    (found.password_hash.0, found.auth_generation)
}

#[tokio::test]
async fn a_right_password_renews_a_cheap_hash_once_and_nothing_else_changes() {
    let dearer = PasswordCost {
        memory_kib: 16,
        iterations: 2,
    };
    let t = TestApp::with(|setup| setup.cost = dearer).await;
    let octocat = t.user("octocat").await;
    let (cheap, generation) = stored_hash(&t, "octocat").await;
    assert!(cheap.starts_with("$argon2id$v=19$m=8,t=1,"), "{cheap}");

    let wrong = octocat.with_wrong_password().get("/authorizations").await;
    wrong.refuses(401, "Bad credentials");
    assert_eq!(stored_hash(&t, "octocat").await.0, cheap);

    assert_eq!(octocat.get("/authorizations").await.status, 200);
    let renewed = stored_hash(&t, "octocat").await;
    assert!(renewed.0.starts_with("$argon2id$v=19$m=16,t=2,"));
    assert_eq!(renewed.1, generation);

    assert_eq!(octocat.get("/authorizations").await.status, 200);
    assert_eq!(stored_hash(&t, "octocat").await, renewed);
}
