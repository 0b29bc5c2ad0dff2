//! The secrets of OAuth flows: codes, verifiers, device and user codes, refresh
//! tokens, in forms, JSON and the query string, right and wrong.

use std::net::IpAddr;

use grantd_core::app::AppEdit;
use grantd_core::audit::Stamp;
use grantd_core::authority::{BrowserIdentity, Caller};
use grantd_core::clock::Clock as _;
use grantd_core::consent::{Answer as Said, AuthorizeRequest, Decision};
use http::Method;
use serde_json::{Map, Value};

use super::Stage;
use super::search::Secret;
use crate::support::Answer;

/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const TOKEN: &str = "/login/oauth/access_token";
const DEVICE: &str = "/login/device/code";
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

fn caller() -> Caller {
    Caller {
        address: IpAddr::from([192, 0, 2, 1]),
        request_id: "test".to_owned(),
    }
}

impl Stage {
    /// Every flow, wrong and right, with its parameters in every place.
    pub(super) async fn flows(&mut self) {
        self.secrets.push(Secret::new("a code verifier", VERIFIER));
        let edit = AppEdit {
            expiring_tokens: Some(true),
            ..AppEdit::default()
        };
        let stamp = Stamp::operator(self.t.clock.now());
        let store = &self.t.authority.store;
        let edited = store.edit_app(self.app.id, edit, stamp).await;
        assert!(edited.expect("a store").is_some());
        for place in 0..3 {
            self.code_flow(place).await;
            self.device_flow(place).await;
        }
    }

    async fn browser(&self) -> BrowserIdentity {
        self.t.signed_in("octocat").await
    }

    async fn code_flow(&mut self, place: usize) {
        let request = AuthorizeRequest {
            client_id: self.app.client_id.clone(),
            code_challenge: Some(CHALLENGE.to_owned()),
            code_challenge_method: Some("S256".to_owned()),
            ..AuthorizeRequest::default()
        };
        let (who, authority) = (self.browser().await, &self.t.authority);
        let decision = authority.approve(&request, &who, &caller()).await;
        let Ok(Decision::Redirect(response)) = decision else {
            panic!("no redirect");
        };
        let Said::Code(code) = response.answer else {
            panic!("no code");
        };
        let code = code.expose().to_owned();
        self.secrets.push(Secret::new("a code", code.clone()));
        let (foreign, app) = (self.foreign.clone(), self.app.clone());
        let with = |id: &str, secret: &str, verifier: &str| {
            vec![
                ("client_id", id.to_owned()),
                ("client_secret", secret.to_owned()),
                ("code", code.clone()),
                ("code_verifier", verifier.to_owned()),
            ]
        };
        let wrong = [
            with(&foreign.client_id, &foreign.secret, VERIFIER),
            with(&app.client_id, &foreign.secret, VERIFIER),
            with(&app.client_id, &app.secret, CHALLENGE),
        ];
        for pairs in wrong {
            let _ = self.flow(TOKEN, place, pairs).await;
        }
        let right = with(&app.client_id, &app.secret, VERIFIER);
        let issued = self.flow(TOKEN, place, right.clone()).await.json();
        self.questions(&issued).await;
        let refresh = issued["refresh_token"].as_str().expect("a refresh token");
        let refreshing = |id: &str, secret: &str| {
            vec![
                ("client_id", id.to_owned()),
                ("client_secret", secret.to_owned()),
                ("grant_type", "refresh_token".to_owned()),
                ("refresh_token", refresh.to_owned()),
            ]
        };
        let stranger = refreshing(&foreign.client_id, &foreign.secret);
        let _ = self.flow(TOKEN, place, stranger).await;
        let own = refreshing(&app.client_id, &app.secret);
        let _ = self.flow(TOKEN, place, own).await;
        // And once more, which ends what it made.
        let _ = self.flow(TOKEN, place, right).await;
    }

    /// The same tokens where apps, resource servers and proxies present them, in right places and wrong ones.
    async fn questions(&mut self, issued: &Value) {
        let (foreign, app) = (self.foreign.clone(), self.app.clone());
        for key in ["access_token", "refresh_token"] {
            let token = issued[key].as_str().expect("a token");
            let body = format!("token={token}&token_type_hint={key}");
            let in_query = format!("/login/oauth/introspect?{body}");
            for answer in [
                app.post("/login/oauth/introspect", body.as_str()).await,
                foreign.post("/login/oauth/introspect", body.as_str()).await,
                foreign.post("/login/oauth/revoke", body.as_str()).await,
                app.post(&in_query, "").await,
                app.get(&in_query).await,
            ] {
                self.refusals
                    .extend((answer.status >= 400).then_some(answer));
            }
            let bearer = self.t.anyone().with_token(token);
            for path in [
                "/forward-auth".to_owned(),
                "/forward-auth?scope=site_admin".to_owned(),
                format!("/forward-auth?for=/applications/x/tokens/{token}"),
                format!("/forward-auth?scope={token}"),
                format!("/forward-auth/{token}"),
            ] {
                let answer = bearer.get(&path).await;
                self.refusals.push(answer);
                let _ = bearer.send(Method::OPTIONS, &path, "").await;
            }
        }
    }

    async fn device_flow(&mut self, place: usize) {
        let client_id = self.app.client_id.clone();
        let asked = vec![
            ("client_id", client_id.clone()),
            ("scope", "repo".to_owned()),
        ];
        let started = self.flow(DEVICE, place, asked).await.json();
        let text = |key: &str| started[key].as_str().expect("a code").to_owned();
        let (device_code, user_code) = (text("device_code"), text("user_code"));
        self.secrets
            .push(Secret::new("a user code", user_code.replace('-', "")));
        let (who, authority) = (self.browser().await, &self.t.authority);
        let decided = authority
            .decide_device(&user_code, true, &who, &caller())
            .await;
        decided.expect("a decision");
        for id in [self.foreign.client_id.clone(), client_id] {
            let pairs = vec![
                ("client_id", id),
                ("device_code", device_code.clone()),
                ("grant_type", DEVICE_GRANT.to_owned()),
            ];
            let _ = self.flow(TOKEN, place, pairs).await;
        }
    }

    /// Sends parameters to a flow's endpoint, and notes what it gives out.
    async fn flow(&mut self, path: &str, place: usize, pairs: Vec<(&str, String)>) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(&pairs);
        let form = form.finish();
        let object: Map<String, Value> = pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.as_str().into()))
            .collect();
        let (path, body) = match place {
            0 => (path.to_owned(), form),
            1 => (path.to_owned(), Value::Object(object).to_string()),
            _ => (format!("{path}?{form}"), String::new()),
        };
        let client = self.t.anyone().with("accept", "application/json");
        let answer = client.send(Method::POST, &path, body.as_str()).await;
        let json = answer.json();
        if json["error"].is_string() {
            self.refusals.push(answer.clone());
        }
        for key in ["access_token", "refresh_token", "device_code", "user_code"] {
            if let Some(secret) = json[key].as_str() {
                self.secrets
                    .push(Secret::new("what a flow gave out", secret.to_owned()));
            }
        }
        answer
    }
}
