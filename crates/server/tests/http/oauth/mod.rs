//! The endpoints of OAuth flows that programs call. What a person does in
//! between is done through core here; the pages have tests of their own.

mod codes;
mod device;
mod encodings;
mod forward_auth;
mod hostile;
mod introspection;
mod metadata;
mod pkce;
mod refresh;
mod refusals;
mod revocation;
mod verdicts;

use std::collections::BTreeMap;
use std::net::IpAddr;

use grantd_core::app::AppEdit;
use grantd_core::audit::Stamp;
use grantd_core::authority::{BrowserIdentity, Caller};
use grantd_core::clock::Clock as _;
use grantd_core::consent::{Answer as Said, AuthorizeRequest, Decision};

use crate::support::{Answer, Client, OAuthApp, Setup, TestApp, User};

const TOKEN: &str = "/login/oauth/access_token";
const DEVICE: &str = "/login/device/code";
const INTROSPECT: &str = "/login/oauth/introspect";
const REVOKE: &str = "/login/oauth/revoke";
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// The only callback of every app in the tests.
const CALLBACK: &str = "http://my-github-app.com/callback";

/// Octocat, who says yes to an app.
struct Stage {
    t: TestApp,
    octocat: User,
    app: OAuthApp,
}

/// Pairs as a form.
fn form(pairs: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    form.finish()
}

/// A form's pairs.
fn read(answer: &Answer) -> BTreeMap<String, String> {
    assert_eq!(
        answer.header("content-type"),
        Some("application/x-www-form-urlencoded; charset=utf-8"),
        "{}: {}",
        answer.asked,
        answer.text()
    );
    url::form_urlencoded::parse(answer.text().as_bytes())
        .into_owned()
        .collect()
}

/// The refusal with this code, as it comes without `Accept`.
#[track_caller]
fn says(answer: &Answer, error: &str) {
    let found = read(answer.is(200));
    assert_eq!(
        found.get("error").map(String::as_str),
        Some(error),
        "{}",
        answer.text()
    );
    assert!(!found.contains_key("access_token"));
}

/// The access token of an answer in a form.
#[track_caller]
fn token_in(answer: &Answer) -> String {
    let found = read(answer.is(200));
    found
        .get("access_token")
        .unwrap_or_else(|| panic!("no token: {}", answer.text()))
        .clone()
}

impl Stage {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Setup)) -> Self {
        let t = TestApp::with(change).await;
        let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
        Self { t, octocat, app }
    }

    /// Whoever asks for tokens: without credentials in a header.
    fn anyone(&self) -> Client {
        self.t.anyone().without("user-agent")
    }

    /// A caller as the server would make it.
    fn caller(&self) -> Caller {
        Caller {
            address: IpAddr::from([192, 0, 2, 1]),
            request_id: "test".to_owned(),
        }
    }

    /// A user in a browser.
    async fn browser(&self, user: &User) -> BrowserIdentity {
        self.t.signed_in(&user.login).await
    }

    /// A code of octocat's for the app, asked for with these scopes.
    async fn code(&self, scope: &str) -> String {
        self.code_for(&self.app, |request| {
            request.scope = Some(scope.to_owned());
        })
        .await
    }

    async fn code_for(&self, app: &OAuthApp, change: impl FnOnce(&mut AuthorizeRequest)) -> String {
        let mut request = AuthorizeRequest {
            client_id: app.client_id.clone(),
            ..AuthorizeRequest::default()
        };
        change(&mut request);
        let who = self.browser(&self.octocat).await;
        let decision = self
            .t
            .authority
            .approve(&request, &who, &self.caller())
            .await
            .expect("an approval");
        let Decision::Redirect(response) = decision else {
            panic!("no redirect");
        };
        match response.answer {
            Said::Code(code) => code.expose().to_owned(),
            Said::Error(error) => panic!("{}", error.code()),
        }
    }

    /// What goes with a code.
    fn redemption<'a>(&'a self, code: &'a str) -> Vec<(&'a str, &'a str)> {
        vec![
            ("client_id", &self.app.client_id),
            ("client_secret", &self.app.secret),
            ("code", code),
        ]
    }

    async fn ask(&self, pairs: &[(&str, &str)]) -> Answer {
        self.anyone().post(TOKEN, form(pairs).as_str()).await
    }

    async fn redeem(&self, code: &str) -> Answer {
        self.ask(&self.redemption(code)).await
    }

    /// A device's codes: device code and user code.
    async fn device(&self, scope: &str) -> (String, String) {
        let asked = [("client_id", self.app.client_id.as_str()), ("scope", scope)];
        let answer = self.anyone().post(DEVICE, form(&asked).as_str()).await;
        let found = read(answer.is(200));
        (found["device_code"].clone(), found["user_code"].clone())
    }

    async fn poll(&self, device_code: &str) -> Answer {
        self.ask(&[
            ("client_id", &self.app.client_id),
            ("device_code", device_code),
            ("grant_type", DEVICE_GRANT),
        ])
        .await
    }

    /// Octocat decides about a device.
    async fn decide(&self, user_code: &str, approve: bool) {
        let who = self.browser(&self.octocat).await;
        self.t
            .authority
            .decide_device(user_code, approve, &who, &self.caller())
            .await
            .expect("a decision");
    }

    async fn edit(&self, edit: AppEdit) {
        let stamp = Stamp::operator(self.t.clock.now());
        let edited = self
            .t
            .authority
            .store
            .edit_app(self.app.id, edit, stamp)
            .await;
        assert!(edited.expect("a store").is_some());
    }

    /// Octocat takes everything back.
    async fn end_grants(&self) {
        for grant in self
            .octocat
            .get("/applications/grants")
            .await
            .json()
            .as_array()
            .expect("grants")
        {
            let path = format!("/applications/grants/{}", grant["id"]);
            self.octocat.delete(&path).await.is(204);
        }
    }

    /// Whether a token is good for anything.
    async fn works(&self, token: &str) -> bool {
        let user = self.t.anyone().with_token(token).get("/user").await;
        let check = self.app.check(token).await;
        assert_eq!(user.status == 200, check.status == 200, "{}", user.text());
        user.status == 200
    }
}
