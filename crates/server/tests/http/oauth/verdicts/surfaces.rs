//! The places where a token is judged. A new one needs a line.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use http::Method;
use http_body_util::Full;
use serde_json::json;

use super::super::{INTROSPECT, form, forward_auth};
use super::world::World;
use crate::support::{Answer, Client, OAuthApp, TestApp};

type Judged<'a> = Pin<Box<dyn Future<Output = bool> + 'a>>;

/// A place where tokens are judged.
pub(super) struct Surface {
    pub(super) name: &'static str,
    /// Whether it takes personal access tokens: an app's own questions do not.
    pub(super) personal: bool,
    /// Whether the place takes the token for valid.
    pub(super) judge: for<'a> fn(&'a Case<'a>) -> Judged<'a>,
}

/// A token before a judge.
pub(super) struct Case<'a> {
    pub(super) world: &'a World,
    pub(super) node: &'a TestApp,
    /// The app that the token is said to belong to.
    pub(super) app: &'a OAuthApp,
    pub(super) token: &'a str,
}

/// Every one there is; a new one needs a line.
pub(super) const SURFACES: &[Surface] = &[
    Surface {
        name: "the check of a token in the path",
        personal: false,
        judge: |case| Box::pin(async move { case.checked().await }),
    },
    Surface {
        name: "the check of a token in the body",
        personal: false,
        judge: |case| Box::pin(async move { case.checked_in_body().await }),
    },
    Surface {
        name: "introspection by its app",
        personal: false,
        judge: |case| Box::pin(async move { case.introspected(case.app).await }),
    },
    Surface {
        name: "introspection by a resource server",
        personal: true,
        judge: |case| Box::pin(async move { case.introspected(&case.world.gate).await }),
    },
    Surface {
        name: "forward-auth",
        personal: true,
        judge: |case| {
            Box::pin(async move {
                let client = case.node.anyone().with_token(case.token);
                let answer = ask(&client, Method::GET, forward_auth::PATH, "").await;
                yes_or_no(&answer, 200, &[401])
            })
        },
    },
    Surface {
        name: "GET /user",
        personal: true,
        judge: |case| {
            let client = case.node.anyone();
            Box::pin(async move { opens(&client.with_token(case.token)).await })
        },
    },
    Surface {
        name: "GET /user, as the name of Basic",
        personal: true,
        judge: |case| {
            let client = case.node.anyone();
            Box::pin(async move { opens(&client.with_basic(case.token, "x-oauth-basic")).await })
        },
    },
    Surface {
        name: "GET /user, as the password of Basic",
        personal: true,
        judge: |case| {
            let client = case.node.anyone();
            Box::pin(async move { opens(&client.with_basic("whoever", case.token)).await })
        },
    },
];

pub(super) async fn ask(client: &Client, method: Method, path: &str, body: &str) -> Answer {
    let body = Full::new(Bytes::copy_from_slice(body.as_bytes()));
    client.exchange(&method, path, body).await
}

/// Anything but the two is no verdict.
#[track_caller]
pub(super) fn yes_or_no(answer: &Answer, yes: u16, no: &[u16]) -> bool {
    let known = answer.status == yes || no.contains(&answer.status);
    assert!(
        known,
        "{}: {} {}",
        answer.asked,
        answer.status,
        answer.text()
    );
    answer.status == yes
}

async fn opens(client: &Client) -> bool {
    yes_or_no(
        &ask(client, Method::GET, "/user", "").await,
        200,
        &[401, 403],
    )
}

impl Case<'_> {
    async fn checked(&self) -> bool {
        let path = self.app.path(self.token);
        let answer = ask(&self.app.at(self.node), Method::GET, &path, "").await;
        // A suspended app is not even listened to.
        yes_or_no(&answer, 200, &[401, 404])
    }

    async fn checked_in_body(&self) -> bool {
        let path = format!("/applications/{}/token", self.app.client_id);
        let body = json!({ "access_token": self.token }).to_string();
        let answer = ask(&self.app.at(self.node), Method::POST, &path, &body).await;
        yes_or_no(&answer, 200, &[401, 404])
    }

    async fn introspected(&self, by: &OAuthApp) -> bool {
        let body = form(&[("token", self.token)]);
        let answer = ask(&by.at(self.node), Method::POST, INTROSPECT, &body).await;
        yes_or_no(&answer, 200, &[401]) && answer.json()["active"] == true
    }
}
