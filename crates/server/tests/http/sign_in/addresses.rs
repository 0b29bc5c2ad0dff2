//! From where a request comes.

use grantd_server::settings::Network;

use crate::support::TestApp;

#[tokio::test]
async fn sec_s45_forwarded_addresses_of_strangers_evade_no_lockout() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    for attempt in 0..10 {
        let forged = octocat
            .with_wrong_password()
            .with("x-forwarded-for", &format!("198.51.100.{attempt}"));
        forged.get("/user").await.is(401);
    }
    octocat
        .with("x-forwarded-for", "203.0.113.9")
        .get("/user")
        .await
        .is(403);
}

#[tokio::test]
async fn sec_s45_a_listed_proxy_tells_its_clients_apart() {
    let t = TestApp::with(|setup| {
        setup.settings.trusted_proxies = vec![Network::parse("192.0.2.0/24").unwrap()];
    })
    .await;
    let octocat = t.user("octocat").await;
    for _ in 0..10 {
        let guess = octocat
            .with_wrong_password()
            .with("x-forwarded-for", "10.9.9.9, 203.0.113.9");
        guess.get("/user").await.is(401);
    }
    octocat
        .with("x-forwarded-for", "203.0.113.9")
        .get("/user")
        .await
        .is(403);
    octocat
        .with("x-forwarded-for", "203.0.113.9, 192.0.2.77")
        .get("/user")
        .await
        .is(403);
    octocat
        .with("x-forwarded-for", "203.0.113.10")
        .get("/user")
        .await
        .is(200);
    octocat.get("/user").await.is(200);
}
