//! Looking changes nothing: by GET and HEAD and OPTIONS, on every row outside
//! the API, as whoever there is.

use grantd_core::store::{PageRequest, TokenFilter};
use grantd_server::routes::SITE;
use http::Method;

use super::every_page::path;
use super::people::signed_in;
use crate::support::{Browser, TestApp};

/// All that lasts. Sessions' last uses and tickets are no effect: they come from looking.
async fn lasting(t: &TestApp, users: &[grantd_core::ids::UserId]) -> String {
    let all = PageRequest {
        page: 1,
        per_page: 100,
    };
    let store = &t.authority.store;
    let tokens = store.list_tokens(TokenFilter::All, all).await.unwrap();
    let everybody = store.list_users(all).await.unwrap();
    let apps = store.list_apps(all).await.unwrap();
    let mut own = String::new();
    for user in users {
        let grants = store.list_grants(*user, None, all).await.unwrap();
        let passkeys = store.list_passkeys(*user).await.unwrap();
        let now = grantd_core::clock::Clock::now(&*t.clock);
        let sessions = store.list_sessions(*user, now).await.unwrap();
        let sessions: Vec<_> = sessions
            .iter()
            .map(|one| (one.id, one.sudo_until))
            .collect();
        own.push_str(&format!("{grants:?}{passkeys:?}{sessions:?}"));
    }
    let apps: Vec<String> = apps.items.iter().map(|app| format!("{app:?}")).collect();
    format!("{tokens:?}{everybody:?}{apps:?}{own}{:?}", t.audit().await)
}

#[tokio::test]
async fn sec_s40_looking_changes_nothing_on_any_page() {
    let t = TestApp::with(|setup| setup.policy.sign_up = true).await;
    let (octocat, monalisa, app) = (
        t.user("octocat").await,
        t.user_with_otp("monalisa").await,
        t.app("ci").await,
    );
    let _ = octocat.personal_token("laptop").await;
    let _ = octocat.token_of(&app).await;
    let browsers = [
        signed_in(&t, &octocat).await,
        signed_in(&t, &monalisa).await,
        Browser::new(&t),
    ];
    let users = [octocat.id, monalisa.id];
    let before = lasting(&t, &users).await;
    for route in SITE {
        let path = path(route).replace("nobody", &app.client_id);
        for browser in &browsers {
            for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
                let answer = browser.send(method, &path, "").await;
                assert!(answer.status < 500, "{path}: {}", answer.status);
            }
            // What a page's form would send, in the address.
            let answer = browser
                .get(&format!("{path}?csrf=x&note=x&password=x"))
                .await;
            assert!(answer.status < 500, "{path}: {}", answer.status);
        }
    }
    assert_eq!(lasting(&t, &users).await, before);
}
