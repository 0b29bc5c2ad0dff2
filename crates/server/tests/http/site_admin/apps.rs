//! OAuth apps, everybody's.

use serde_json::json;

use super::{Stage, registration};
use crate::support::keys;

#[tokio::test]
async fn an_app_is_registered_and_its_secret_shown_once() {
    let stage = Stage::new().await;
    let Stage { t, root, .. } = &stage;
    let made = root.post("/admin/applications", registration()).await;
    let app = made.is(201).json();
    assert_eq!(
        keys(&app),
        [
            "client_id",
            "client_secret",
            "name",
            "url",
            "description",
            "callback_urls",
            "owner",
            "public",
            "device_flow",
            "sub_path_callbacks",
            "expiring_tokens",
            "resource_server",
            "allowed_scopes",
            "suspended_at",
            "created_at",
            "updated_at",
        ]
    );
    assert_eq!(app["owner"]["login"], "octocat");
    assert_eq!(made.header("cache-control"), Some("private, no-store"));
    let (id, secret) = (
        app["client_id"].as_str().unwrap(),
        app["client_secret"].as_str().unwrap(),
    );
    let path = format!("/admin/applications/{id}");
    let location = format!("http://127.0.0.1:8370/api/v3{path}");
    assert_eq!(made.header("location"), Some(location.as_str()));
    let by_app = |secret: &str| t.anyone().with_basic(id, secret);
    let ask = format!("/applications/{id}/tokens/x");
    by_app(secret).get(&ask).await.is(404);
    let admin = stage.by_token().await;
    for shown in [
        admin.get(&path).await.is(200).json(),
        admin.get("/admin/applications").await.is(200).json()[0].clone(),
    ] {
        let mut expected = app.clone();
        expected.as_object_mut().unwrap().remove("client_secret");
        assert_eq!(shown, expected);
    }
    let rotated = admin.post(&format!("{path}/secret"), "").await;
    let new = rotated.is(200).json()["client_secret"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(rotated.header("cache-control"), Some("private, no-store"));
    by_app(secret).get(&ask).await.is(401);
    by_app(&new).get(&ask).await.is(404);
    root.delete(&path).await.is(204);
    by_app(&new).get(&ask).await.is(401);
    for answer in [
        root.get(&path).await,
        root.delete(&path).await,
        root.patch(&path, "{}").await,
        root.post(&format!("{path}/secret"), "").await,
    ] {
        answer.refuses(404, "Not Found");
    }
}

#[tokio::test]
async fn a_public_app_has_no_secret_and_the_caller_is_the_default_owner() {
    let stage = Stage::new().await;
    let mut body = registration();
    body["public"] = json!(true);
    body["allowed_scopes"] = json!(["repo"]);
    body["device_flow"] = json!(false);
    body.as_object_mut().unwrap().remove("owner");
    let made = stage.root.post("/admin/applications", body).await;
    let app = made.is(201).json();
    assert_eq!(
        (&app["public"], &app["owner"]["login"]),
        (&json!(true), &json!("root"))
    );
    assert_eq!(
        (&app["allowed_scopes"], &app["device_flow"]),
        (&json!(["repo"]), &json!(false))
    );
    assert!(app.get("client_secret").is_none());
    let path = format!("/admin/applications/{}", app["client_id"].as_str().unwrap());
    let answer = stage
        .root
        .patch(&path, json!({ "resource_server": true }))
        .await;
    assert_eq!(
        answer.is(422).json()["errors"][0]["field"],
        "resource_server"
    );
    let path = format!(
        "/admin/applications/{}/secret",
        app["client_id"].as_str().unwrap()
    );
    stage.root.post(&path, "").await.refuses(404, "Not Found");
}

#[tokio::test]
async fn an_app_is_edited_handed_on_and_suspended() {
    let stage = Stage::new().await;
    let Stage { t, root, octocat } = &stage;
    let app = t.app("ci").await;
    let token = octocat.token_of(&app).await.token();
    let path = format!("/admin/applications/{}", app.client_id);
    let change = json!({
        "name": "other", "description": "d", "owner": "octocat", "expiring_tokens": true,
        "allowed_scopes": ["gist"], "suspended": true,
    });
    let after = root.patch(&path, change).await.is(200).json();
    assert_eq!(
        (&after["name"], &after["owner"]["login"]),
        (&json!("other"), &json!("octocat"))
    );
    assert!(after["suspended_at"].is_string());
    t.anyone().with_token(&token).get("/user").await.is(401);
    let change = json!({ "suspended": false, "description": null, "allowed_scopes": null });
    let after = root.patch(&path, change).await.is(200).json();
    assert_eq!(
        (&after["name"], &after["description"]),
        (&json!("other"), &json!(null))
    );
    assert_eq!(
        (&after["allowed_scopes"], &after["suspended_at"]),
        (&json!(null), &json!(null))
    );
    t.anyone().with_token(&token).get("/user").await.is(200);
    // All of it or nothing.
    let change = json!({ "name": "third", "owner": "nobody" });
    let answer = root.patch(&path, change).await;
    assert_eq!(answer.is(422).json()["errors"][0]["field"], "owner");
    assert_eq!(root.get(&path).await.json()["name"], "other");
}

#[tokio::test]
async fn what_is_wrong_with_an_app_is_said_by_field() {
    let Stage { root, .. } = &Stage::new().await;
    let answer = root.post("/admin/applications", "{}").await;
    let words = "Invalid request.\n\n\"name\", \"url\", \"callback_urls\" weren't supplied.";
    answer.refuses(422, words);
    let mut strange = registration();
    strange["client_secret"] = json!("x");
    let answer = root.post("/admin/applications", strange).await;
    answer.refuses(
        422,
        "Invalid request.\n\n\"client_secret\" is not a permitted key.",
    );
    let mut typed = registration();
    typed["public"] = json!("yes");
    let answer = root.post("/admin/applications", typed).await;
    answer.refuses(
        422,
        "Invalid request.\n\nFor 'properties/public', \"yes\" is not a boolean.",
    );
    for (field, value) in [
        ("name", json!(" ")),
        ("url", json!("app.example")),
        ("callback_urls", json!(["javascript:alert(1)"])),
        ("owner", json!("nobody")),
        ("allowed_scopes", json!(["nonsense"])),
    ] {
        let mut body = registration();
        body[field] = value;
        let answer = root.post("/admin/applications", body).await;
        let errors = answer.refuses(422, "Validation Failed").json()["errors"].clone();
        assert_eq!(errors.as_array().unwrap().len(), 1, "{errors}");
        assert_eq!(
            (&errors[0]["field"], &errors[0]["resource"]),
            (&json!(field), &json!("OauthApplication"))
        );
    }
    assert_eq!(root.get("/admin/applications").await.json(), json!([]));
}
