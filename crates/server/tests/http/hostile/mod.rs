//! Hostile input: always a 4xx in GitHub's format, never a 5xx, never a panic.

mod bodies;
mod requests;
mod streams;

use grantd_server::auth::Auth;
use grantd_server::routes::ROUTES;
use http::Method;

use crate::support::{Answer, Client, OAuthApp, Setup, TestApp, User};

#[track_caller]
fn refused(answer: &Answer) {
    assert!(
        (400..500).contains(&answer.status),
        "{}: {} {}",
        answer.asked,
        answer.status,
        answer.text()
    );
    assert!(answer.json()["message"].is_string() && answer.json()["documentation_url"].is_string());
}

struct Stage {
    t: TestApp,
    octocat: User,
    root: User,
    app: OAuthApp,
    token: String,
}

impl Stage {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Setup)) -> Self {
        let t = TestApp::with(change).await;
        let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
        let token = octocat.token_of(&app).await.token();
        let root = t.site_admin("root").await;
        Self {
            t,
            octocat,
            root,
            app,
            token,
        }
    }

    /// Every operation that could take a body: who may call it, how, where.
    fn writes(&self) -> Vec<(Client, Method, String)> {
        ROUTES
            .iter()
            .filter(|route| !route.method.is_safe())
            .map(|route| {
                let client = match route.auth {
                    Auth::App => self.app.client.clone(),
                    Auth::Token => self.t.anyone().with_token(&self.token),
                    Auth::SiteAdmin => self.root.client.clone(),
                    _ => self.octocat.client.clone(),
                };
                let path = route
                    .path
                    .replace("{authorization_id}", "1")
                    .replace("{grant_id}", "1")
                    .replace("{client_id}", &self.app.client_id)
                    .replace("{access_token}", &self.token)
                    .replace("{fingerprint}", "fp")
                    .replace("{username}", "octocat")
                    .replace("{token_id}", "1")
                    .replace("{key_ids}", "1");
                (client, route.method.clone(), path)
            })
            .collect()
    }

    async fn is_whole(&self) {
        self.app.check(&self.token).await.is(200);
        self.octocat.get("/authorizations/1").await.is(200);
    }
}
