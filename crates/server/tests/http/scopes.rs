//! Scopes: what a request may ask for, and what stays.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, User};

async fn with_scopes(octocat: &User, scopes: Value) -> Answer {
    octocat
        .post(
            "/authorizations",
            json!({ "note": scopes.to_string(), "scopes": scopes }),
        )
        .await
}

#[track_caller]
fn complains(answer: &Answer, message: &str) {
    answer.invalid("custom/scopes");
    let error = &answer.json()["errors"][0];
    assert_eq!(error["message"], message);
    assert_eq!(
        crate::support::keys(error),
        ["resource", "code", "field", "message"]
    );
}

#[tokio::test]
async fn unknown_scopes_are_named() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    complains(
        &with_scopes(&octocat, json!(["nope"])).await,
        "scopes are invalid: nope",
    );
    complains(
        &with_scopes(&octocat, json!(["repo", "a", "gist", "b"])).await,
        "scopes are invalid: a,b",
    );
    complains(
        &with_scopes(&octocat, json!(["REPO"])).await,
        "scopes are invalid: REPO",
    );
    octocat.personal_token("n").await.is(201);
    for key in ["scopes", "add_scopes"] {
        let answer = octocat
            .patch("/authorizations/1", json!({ key: ["nope"] }))
            .await;
        complains(&answer, "scopes are invalid: nope");
    }
}

#[tokio::test]
async fn absent_null_and_empty_scopes_are_none_and_duplicates_count_once() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    assert_eq!(
        octocat.personal_token("absent").await.json()["scopes"],
        json!([])
    );
    assert_eq!(
        with_scopes(&octocat, Value::Null).await.is(201).json()["scopes"],
        json!([])
    );
    assert_eq!(
        with_scopes(&octocat, json!([])).await.is(201).json()["scopes"],
        json!([])
    );
    let twice = with_scopes(&octocat, json!(["repo", "gist", "repo"])).await;
    assert_eq!(twice.is(201).json()["scopes"], json!(["repo", "gist"]));
}

#[tokio::test]
async fn a_bare_string_is_one_scope_in_p2_and_no_array_in_p3() {
    let (p2, p3) = (TestApp::p2().await, TestApp::new().await);
    let octocat = p2.user("octocat").await;
    let taken = with_scopes(&octocat, json!("admin:pre_receive_hook")).await;
    assert_eq!(
        taken.is(201).json()["scopes"],
        json!(["admin:pre_receive_hook"])
    );
    complains(
        &with_scopes(&octocat, json!("user,repo,gist")).await,
        "scopes are invalid: user,repo,gist",
    );
    let answer = with_scopes(&p3.user("octocat").await, json!("repo")).await;
    answer.refuses(
        422,
        "Invalid request.\n\nFor 'properties/scopes', \"repo\" is not an array.",
    );
}

#[tokio::test]
async fn sec_s23_scopes_exclude_the_other_two_keys_and_those_go_together() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    with_scopes(&octocat, json!(["user", "gist"])).await.is(201);
    let edit = async |body: Value| octocat.patch("/authorizations/1", body).await;
    let exclusive = "scopes, add_scopes and remove_scopes are mutually exclusive";
    complains(
        &edit(json!({ "scopes": ["repo"], "add_scopes": ["gist"] })).await,
        exclusive,
    );
    complains(
        &edit(json!({ "scopes": ["repo"], "remove_scopes": ["gist"] })).await,
        exclusive,
    );
    complains(
        &edit(json!({ "scopes": [], "add_scopes": ["gist"], "remove_scopes": ["gist"] })).await,
        exclusive,
    );
    let both =
        edit(json!({ "add_scopes": ["public_repo", "gist"], "remove_scopes": ["user", "repo"] }))
            .await;
    assert_eq!(
        both.is(200).json()["scopes"],
        json!(["gist", "public_repo"])
    );
    let replaced = edit(json!({ "scopes": ["repo"] })).await;
    assert_eq!(replaced.is(200).json()["scopes"], json!(["repo"]));
    let emptied = edit(json!({ "remove_scopes": ["repo"] })).await;
    assert_eq!(
        emptied.is(200).json()["scopes"],
        json!([]),
        "none, never all"
    );
    let nulled = edit(json!({ "scopes": null })).await;
    assert_eq!(nulled.is(200).json()["scopes"], json!([]));
}

#[tokio::test]
async fn an_edit_that_changes_nothing_does_not_count_as_one() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let created = with_scopes(&octocat, json!(["repo"])).await.json();
    t.clock.advance(60);
    for body in [
        json!({}),
        json!({ "rm_scopes": ["repo"] }),
        json!({ "remove_scopes": ["gist"] }),
        json!({ "scopes": ["repo"] }),
    ] {
        let after = octocat.patch("/authorizations/1", body).await;
        assert_eq!(after.is(200).json()["updated_at"], created["updated_at"]);
    }
    let changed = octocat
        .patch("/authorizations/1", json!({ "add_scopes": ["gist"] }))
        .await;
    assert_eq!(changed.is(200).json()["updated_at"], "2018-09-30T19:48:18Z");
}

#[tokio::test]
async fn notes_and_their_urls_shape_a_personal_tokens_app() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let docs = "https://docs.github.com/enterprise-server@3.4/rest/reference/oauth-authorizations";
    let body = json!({ "note": "n", "note_url": "https://example.com/why" });
    let created = octocat.post("/authorizations", body).await.json();
    assert_eq!(
        created["app"],
        json!({ "name": "n", "url": "https://example.com/why", "client_id": "00000000000000000000" })
    );
    let blank = octocat
        .patch("/authorizations/1", json!({ "note_url": "" }))
        .await
        .json();
    assert_eq!(
        (&blank["note_url"], &blank["app"]["url"]),
        (&json!(""), &json!(docs))
    );
    let null = octocat
        .patch(
            "/authorizations/1",
            json!({ "note": "m", "note_url": null }),
        )
        .await
        .json();
    assert_eq!(
        (&null["note_url"], &null["app"]["url"], &null["app"]["name"]),
        (&Value::Null, &json!(docs), &json!("m"))
    );
    for note in [
        json!({ "note": "" }),
        json!({ "note": "  " }),
        json!({ "note": null }),
    ] {
        octocat
            .patch("/authorizations/1", note)
            .await
            .invalid("missing_field/description");
    }
    octocat.personal_token("other").await.is(201);
    octocat
        .patch("/authorizations/1", json!({ "note": "other" }))
        .await
        .invalid("already_exists/description");
}

#[tokio::test]
async fn fingerprints_tell_records_apart() {
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let personal = async |fingerprint: Value| {
        octocat
            .post(
                "/authorizations",
                json!({ "note": "n", "fingerprint": fingerprint }),
            )
            .await
    };
    personal(Value::Null).await.is(201);
    personal(json!(""))
        .await
        .invalid("already_exists/description");
    personal(json!("a")).await.is(201);
    personal(json!("a"))
        .await
        .invalid("already_exists/fingerprint");
    let mut body = app.credentials();
    octocat.post("/authorizations", body.clone()).await.is(201);
    octocat.post("/authorizations", body.clone()).await.is(201);
    body["fingerprint"] = json!("a");
    octocat.post("/authorizations", body.clone()).await.is(201);
    octocat
        .post("/authorizations", body)
        .await
        .invalid("already_exists/fingerprint");
    let path = format!("/authorizations/clients/{}/jk%2Flm%20%C3%A9", app.client_id);
    let decoded = octocat
        .put(&path, json!({ "client_secret": app.secret }))
        .await;
    assert_eq!(decoded.is(201).json()["fingerprint"], "jk/lm é");
}

#[tokio::test]
async fn client_credentials_are_judged_together() {
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let wrong = "Invalid OAuth application client_id or secret.";
    for body in [
        json!({ "client_id": app.client_id, "client_secret": "wrong" }),
        json!({ "client_id": app.client_id }),
        json!({ "client_secret": app.secret }),
        json!({ "client_id": "nobody", "client_secret": app.secret }),
        json!({ "client_id": "00000000000000000000", "client_secret": "" }),
    ] {
        let answer = octocat.post("/authorizations", body).await;
        answer.refuses(422, wrong);
        assert_eq!(answer.json().get("errors"), None);
    }
    let long = json!({ "client_id": "x".repeat(25), "client_secret": "y".repeat(41) });
    octocat.post("/authorizations", long).await.refuses(422, "Invalid request.\n\nFor 'properties/client_id', Only 20 characters are allowed; 25 were supplied.\nFor 'properties/client_secret', Only 40 characters are allowed; 41 were supplied.");
    let path = format!("/authorizations/clients/{}", app.client_id);
    octocat.put(&path, "").await.refuses(
        422,
        "Invalid request.\n\n\"client_secret\" wasn't supplied.",
    );
    octocat
        .put(&path, json!({ "client_secret": "wrong" }))
        .await
        .refuses(422, wrong);
    octocat
        .put(
            "/authorizations/clients/nobody",
            json!({ "client_secret": "x" }),
        )
        .await
        .refuses(422, wrong);
    octocat
        .put(
            &path,
            json!({ "client_secret": app.secret, "a": 1, "b": 2 }),
        )
        .await
        .refuses(
            422,
            "Invalid request.\n\n\"a\", \"b\" are not permitted keys.",
        );
}

#[tokio::test]
async fn an_address_may_have_to_be_verified() {
    let t = TestApp::with(|setup| setup.policy.require_verified_email = true).await;
    let octocat = t.user("octocat").await;
    octocat
        .personal_token("verified by the operator")
        .await
        .is(201);
}

const NAMES: [&str; 6] = [
    "repo",
    "gist",
    "user",
    "admin:org",
    "notifications",
    "workflow",
];

fn some_scopes() -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::subsequence(NAMES.to_vec(), 0..=4)
}

#[derive(Clone, Debug)]
enum Change {
    Replace(Vec<&'static str>),
    AddRemove(Vec<&'static str>, Vec<&'static str>),
    Reset,
    GetOrCreate(Vec<&'static str>),
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sec_s22_scopes_follow_the_reference_model(
        start in some_scopes(),
        changes in prop::collection::vec(prop_oneof![
            some_scopes().prop_map(Change::Replace),
            (some_scopes(), some_scopes()).prop_map(|(add, remove)| Change::AddRemove(add, remove)),
            Just(Change::Reset),
            some_scopes().prop_map(Change::GetOrCreate),
        ], 1..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let t = TestApp::new().await;
            let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
            let path = format!("/authorizations/clients/{}", app.client_id);
            let body = |scopes: &[&str]| json!({ "client_secret": app.secret, "scopes": scopes });
            let mut token = octocat.put(&path, body(&start)).await.is(201).token();
            let mut model = start;
            for change in changes {
                match &change {
                    Change::Replace(scopes) => {
                        model.clone_from(scopes);
                        octocat.patch("/authorizations/1", json!({ "scopes": scopes })).await.is(200);
                    }
                    Change::AddRemove(add, remove) => {
                        for scope in add {
                            if !model.contains(scope) {
                                model.push(scope);
                            }
                        }
                        model.retain(|scope| !remove.contains(scope));
                        let edit = json!({ "add_scopes": add, "remove_scopes": remove });
                        octocat.patch("/authorizations/1", edit).await.is(200);
                    }
                    Change::Reset => token = app.reset(&token).await.is(200).token(),
                    Change::GetOrCreate(scopes) => {
                        octocat.put(&path, body(scopes)).await.is(200);
                    }
                }
                let expected = json!(model);
                assert_eq!(app.check(&token).await.is(200).json()["scopes"], expected, "{change:?}");
                assert_eq!(octocat.get("/authorizations/1").await.json()["scopes"], expected);
                let grant = octocat.get("/applications/grants").await.json();
                assert_eq!(grant[0]["scopes"], expected, "the grant follows {change:?}");
                let mut sorted = model.clone();
                sorted.sort_unstable();
                let seen = t.anyone().with_token(&token).get("/user").await;
                assert_eq!(seen.header("x-oauth-scopes").unwrap(), sorted.join(", "));
            }
        });
    }
}
