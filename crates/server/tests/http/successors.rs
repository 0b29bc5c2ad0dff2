//! `/applications/{client_id}/token` and `…/grant`: an app's questions about a
//! token that stands in the body.

use http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, OAuthApp, TestApp, User, keys};

struct Stage {
    t: TestApp,
    octocat: User,
    app: OAuthApp,
}

impl Stage {
    async fn new() -> Self {
        let t = TestApp::new().await;
        let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
        Self { t, octocat, app }
    }

    async fn token(&self) -> String {
        self.octocat.token_of(&self.app).await.token()
    }

    fn path(&self, place: &str) -> String {
        format!("/applications/{}/{place}", self.app.client_id)
    }
}

/// What both forms of an operation answer, but for what tells two answers apart.
fn same(path: &Answer, body: &Answer) {
    assert_eq!(path.status, body.status, "{}", body.asked);
    let (mut old, mut new) = (path.json(), body.json());
    for json in [&mut old, &mut new] {
        for key in ["token", "hashed_token", "token_last_eight"] {
            json[key] = Value::Null;
        }
    }
    assert_eq!(old, new, "{}", body.asked);
    for name in ["location", "last-modified", "etag"] {
        assert_eq!(body.header(name), None, "{name}");
    }
    assert_eq!(body.header("cache-control"), Some("private, no-store"));
}

#[tokio::test]
async fn a_check_by_body_is_a_check_by_path() {
    let stage = Stage::new().await;
    let token = stage.token().await;
    let by_path = stage.app.check(&token).await;
    let by_body = stage.app.ask(Method::POST, "token", &token).await;
    same(&by_path, by_body.is(200));
    assert_eq!(by_path.body, by_body.body);
    assert_eq!(keys(&by_path.json()), keys(&by_body.json()));
    assert_eq!(by_body.token(), token);
}

#[tokio::test]
async fn a_reset_by_body_ends_the_old_token() {
    let stage = Stage::new().await;
    let token = stage.token().await;
    let by_path = stage.app.reset(&token).await;
    let by_body = stage
        .app
        .ask(Method::PATCH, "token", &by_path.token())
        .await;
    same(&by_path, by_body.is(200));
    assert_ne!(by_body.token(), by_path.token());
    for ended in [token, by_path.token()] {
        stage
            .app
            .ask(Method::POST, "token", &ended)
            .await
            .refuses(404, "Not Found");
    }
    stage.app.check(&by_body.token()).await.is(200);
}

#[tokio::test]
async fn a_token_is_revoked_by_body_and_its_grant_stays() {
    let stage = Stage::new().await;
    let (token, other) = (stage.token().await, stage.token().await);
    let revoked = stage.app.ask(Method::DELETE, "token", &token).await;
    assert!(revoked.is(204).body.is_empty());
    stage.app.check(&token).await.is(404);
    stage.app.check(&other).await.is(200);
    let again = stage.app.ask(Method::DELETE, "token", &token).await;
    again.refuses(404, "Not Found");
}

#[tokio::test]
async fn a_grant_is_deleted_by_any_of_its_tokens_in_a_body() {
    let stage = Stage::new().await;
    let (token, other) = (stage.token().await, stage.token().await);
    let personal = stage.octocat.personal_token("stays").await.token();
    let deleted = stage.app.ask(Method::DELETE, "grant", &token).await;
    assert!(deleted.is(204).body.is_empty());
    stage.app.check(&other).await.is(404);
    let grants = stage.octocat.get("/applications/grants").await;
    assert_eq!(grants.json(), json!([]));
    let me = stage.t.anyone().with_token(&personal).get("/user").await;
    me.is(200);
}

#[tokio::test]
async fn no_oauth_app_gets_a_scoped_token() {
    let stage = Stage::new().await;
    let token = stage.token().await;
    let scoped = stage.app.ask(Method::POST, "token/scoped", &token).await;
    scoped.refuses(404, "Not Found");
    let url = "https://docs.github.com/enterprise-server@3.4/rest/reference/apps#create-a-scoped-access-token";
    assert_eq!(scoped.json()["documentation_url"], url);
    stage.app.check(&token).await.is(200);
}

#[tokio::test]
async fn a_body_without_a_token_is_422_in_the_schemas_words() {
    let stage = Stage::new().await;
    let missing = "Invalid request.\n\n\"access_token\" wasn't supplied.";
    let wrong = "Invalid request.\n\nFor 'properties/access_token', [FILTERED] is not a string.";
    for (method, place) in [
        (Method::POST, "token"),
        (Method::PATCH, "token"),
        (Method::DELETE, "token"),
        (Method::DELETE, "grant"),
        (Method::POST, "token/scoped"),
    ] {
        let ask = async |body: &str| {
            let path = stage.path(place);
            stage.app.send(method.clone(), &path, body).await
        };
        for body in ["", "{}", r#"{"access_token":null}"#, r#"{"token":"x"}"#] {
            ask(body).await.refuses(422, missing);
        }
        for body in [r#"{"access_token":["x"]}"#, r#"{"access_token":1}"#] {
            ask(body).await.refuses(422, wrong);
        }
        ask("{").await.refuses(400, "Problems parsing JSON");
        ask("[]").await.refuses(400, "Body should be a JSON object");
        // Whoever is not the app is told so, whatever the body is.
        let anyone = stage.t.anyone();
        let nobody = anyone.send(method.clone(), &stage.path(place), "{").await;
        nobody.refuses(401, "Requires authentication");
        let wrong_secret = stage.app.with_basic(&stage.app.client_id, "wrong");
        let refused = wrong_secret
            .send(method.clone(), &stage.path(place), "{")
            .await;
        refused.refuses(401, "Bad credentials");
    }
}

#[tokio::test]
async fn sec_s26_a_check_by_body_is_one_look_up_and_says_nothing_of_others() {
    let stage = Stage::new().await;
    let token = stage.token().await;
    let _ = stage.t.store.take();
    stage.app.check(&token).await.is(200);
    let by_path = stage.t.store.take();
    stage.app.ask(Method::POST, "token", &token).await.is(200);
    assert_eq!(stage.t.store.take(), by_path, "one statement, as by path");
    let foreign = stage.t.app("foreign").await;
    let path = stage.path("token");
    let body = json!({ "access_token": token });
    let told = foreign.post(&path, body).await;
    told.refuses(404, "Not Found");
    let own = foreign.ask(Method::POST, "token", &token).await;
    own.refuses(404, "Not Found");
}

#[tokio::test]
async fn successors_answer_in_both_profiles_while_the_rest_is_gone() {
    for p2 in [false, true] {
        let t = TestApp::with(|setup| {
            if p2 {
                setup.settings.profile = grantd_server::settings::Profile::P2;
            }
            setup.settings.path_tokens = false;
            setup.settings.deprecation = true;
        })
        .await;
        let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
        let token = octocat.token_of(&app).await.token();
        let checked = app.ask(Method::POST, "token", &token).await;
        assert_eq!(checked.is(200).header("deprecation"), None);
        app.check(&token).await.is(404);
        let page = app.ask(Method::POST, "token", "x").await.json();
        let url = page["documentation_url"].as_str().unwrap();
        assert!(url.ends_with("#check-a-token"), "{url}");
    }
}
