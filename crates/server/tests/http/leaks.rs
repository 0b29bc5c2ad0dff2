//! Tokens in clear text: where they leave, and what happens to those that come in the wrong place.

use proptest::prelude::*;
use serde_json::json;

use crate::support::{Answer, Client, TestApp};

#[tokio::test]
async fn sec_s35_a_token_in_the_query_is_refused_and_revoked() {
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    for path in [
        "/user",
        "/authorizations",
        "/nowhere",
        "/",
        "/meta",
        "/applications/x/tokens/y",
    ] {
        let token = octocat.token_of(&app).await.token();
        app.check(&token).await.is(200);
        let answer = t
            .anyone()
            .get(&format!("{path}?page=1&access_token={token}"))
            .await;
        answer.refuses(400, "Must specify access token via Authorization header.");
        assert!(!answer.text().contains(&token));
        app.check(&token).await.refuses(404, "Not Found");
        t.anyone().with_token(&token).get("/user").await.is(401);
    }
    let revoked = t.audit().await;
    assert_eq!(
        revoked
            .iter()
            .filter(|action| *action == "oauth_access.revoke")
            .count(),
        6
    );
}

#[tokio::test]
async fn sec_s35_a_leaked_personal_token_is_revoked_whatever_else_is_presented() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    for client in [
        t.anyone(),
        octocat.client.clone(),
        octocat.with_wrong_password(),
    ] {
        let token = octocat.personal_token("n").await.token();
        let encoded = token.replace('_', "%5F");
        client
            .get(&format!("/user?access_token={encoded}"))
            .await
            .is(400);
        t.anyone().with_token(&token).get("/user").await.is(401);
    }
}

#[tokio::test]
async fn sec_s35_other_values_are_refused_without_effect() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let token = octocat.personal_token("n").await.token();
    let before = t.audit().await;
    for value in ["", "x", "gtp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17", "%ff"] {
        t.anyone()
            .get(&format!("/user?access_token={value}"))
            .await
            .is(400);
    }
    t.anyone().with_token(&token).get("/user").await.is(200);
    assert_eq!(t.audit().await, before);
    let kept = TestApp::with(|setup| setup.policy.revoke_tokens_in_query = false).await;
    let token = kept.user("octocat").await.personal_token("n").await.token();
    kept.anyone()
        .get(&format!("/user?access_token={token}"))
        .await
        .is(400);
    kept.anyone().with_token(&token).get("/user").await.is(200);
}

/// One step of a random life of tokens.
#[derive(Clone, Debug)]
enum Step {
    CreatePersonal(u8),
    CreateForApp(u8),
    GetOrCreate(u8),
    List,
    Get(u8),
    Edit(u8),
    Delete(u8),
    Grants,
    DeleteGrant,
    Check(u8),
    Reset(u8),
    Revoke(u8),
    RevokeGrant(u8),
    User(u8),
    Foreign(u8),
    Impersonate,
    AdminTokens,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..6u8).prop_map(Step::CreatePersonal),
        3 => (0..4u8).prop_map(Step::CreateForApp),
        3 => (0..4u8).prop_map(Step::GetOrCreate),
        1 => Just(Step::List),
        1 => (0..20u8).prop_map(Step::Get),
        1 => (0..20u8).prop_map(Step::Edit),
        1 => (0..20u8).prop_map(Step::Delete),
        1 => Just(Step::Grants),
        1 => Just(Step::DeleteGrant),
        2 => any::<u8>().prop_map(Step::Check),
        2 => any::<u8>().prop_map(Step::Reset),
        1 => any::<u8>().prop_map(Step::Revoke),
        1 => any::<u8>().prop_map(Step::RevokeGrant),
        2 => any::<u8>().prop_map(Step::User),
        1 => any::<u8>().prop_map(Step::Foreign),
        2 => Just(Step::Impersonate),
        1 => Just(Step::AdminTokens),
    ];
    prop::collection::vec(step, 5..40)
}

/// The answer, and whether it may hold a token in clear text.
async fn run(step: Step, stage: &Stage, tokens: &[String]) -> (Answer, bool) {
    let Stage {
        octocat,
        root,
        app,
        foreign,
        anyone,
    } = stage;
    let any = |n: u8| {
        tokens
            .get(usize::from(n) % tokens.len().max(1))
            .map_or("none", String::as_str)
    };
    match step {
        Step::CreatePersonal(n) => {
            let answer = octocat
                .post("/authorizations", json!({ "note": format!("note {n}") }))
                .await;
            let outlet = answer.status == 201;
            (answer, outlet)
        }
        Step::CreateForApp(n) => {
            let mut body = app.credentials();
            let scope = ["repo", "gist", "user", "notifications"][usize::from(n)];
            body["scopes"] = json!([scope]);
            (octocat.post("/authorizations", body).await, true)
        }
        Step::GetOrCreate(n) => {
            let path = format!("/authorizations/clients/{}/fp{n}", app.client_id);
            let answer = octocat
                .put(&path, json!({ "client_secret": app.secret }))
                .await;
            let outlet = answer.status == 201;
            (answer, outlet)
        }
        Step::List => (octocat.get("/authorizations?per_page=100").await, false),
        Step::Get(id) => (octocat.get(&format!("/authorizations/{id}")).await, false),
        Step::Edit(id) => {
            let body = json!({ "add_scopes": ["repo"], "note": format!("edited {id}") });
            (
                octocat.patch(&format!("/authorizations/{id}"), body).await,
                false,
            )
        }
        Step::Delete(id) => (
            octocat.delete(&format!("/authorizations/{id}")).await,
            false,
        ),
        Step::Grants => (octocat.get("/applications/grants").await, false),
        Step::DeleteGrant => (octocat.delete("/applications/grants/1").await, false),
        Step::Check(n) => (app.check(any(n)).await, true),
        Step::Reset(n) => (app.reset(any(n)).await, true),
        Step::Revoke(n) => (app.revoke(any(n)).await, false),
        Step::RevokeGrant(n) => (app.revoke_grant(any(n)).await, false),
        Step::User(n) => (anyone.with_token(any(n)).get("/user").await, false),
        Step::Foreign(n) => (foreign.check(any(n)).await, false),
        Step::Impersonate => {
            let path = "/admin/users/octocat/authorizations";
            (root.post(path, "").await, true)
        }
        Step::AdminTokens => (root.get("/admin/tokens").await, false),
    }
}

struct Stage {
    octocat: crate::support::User,
    root: crate::support::User,
    app: crate::support::OAuthApp,
    foreign: crate::support::OAuthApp,
    anyone: Client,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sec_s16_no_answer_outside_the_outlets_holds_a_token(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let t = TestApp::new().await;
            let stage = Stage {
                octocat: t.user("octocat").await,
                root: t.site_admin("root").await,
                app: t.app("ci").await,
                foreign: t.app("foreign").await,
                anyone: t.anyone(),
            };
            let mut tokens: Vec<String> = Vec::new();
            for step in steps {
                let shown = format!("{step:?}");
                let (answer, outlet) = run(step, &stage, &tokens).await;
                let text = format!("{:?}{}", answer.headers, answer.text());
                if outlet && answer.status < 300 {
                    let token = answer.token();
                    assert_eq!(text.matches(&token).count(), 1, "{shown}");
                    assert!(text.contains("no-store"), "{shown}");
                    tokens.push(token);
                    tokens.dedup();
                } else {
                    for token in &tokens {
                        assert!(!text.contains(token.as_str()), "{shown}: {text}");
                    }
                    assert!(!text.contains("gtp_") && !text.contains("gto_"), "{shown}: {text}");
                }
            }
        });
    }
}
