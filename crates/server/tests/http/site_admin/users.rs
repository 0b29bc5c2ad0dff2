//! Accounts and everybody's tokens.

use serde_json::{Value, json};

use super::Stage;
use crate::support::{TestApp, keys};

const YOURSELF: &str = "This cannot be done to your own account.";

fn of_user(errors: &Value) -> Vec<String> {
    let found = errors.as_array().expect("errors");
    assert!(found.iter().all(|error| error["resource"] == "User"));
    let named = |error: &Value| {
        let part = |key: &str| error[key].as_str().unwrap().to_owned();
        format!("{}/{}", part("code"), part("field"))
    };
    found.iter().map(named).collect()
}

#[tokio::test]
async fn a_user_is_made_as_documented_and_has_no_password() {
    let stage = Stage::new().await;
    for (admin, login) in [
        (stage.root.client.clone(), "octo_cat"),
        (stage.by_token().await, "Hubot"),
    ] {
        let body = json!({ "login": login, "email": format!("{login}@made.example") });
        let made = admin.post("/admin/users", body).await;
        let normal = login.replace('_', "-");
        assert_eq!(made.is(201).json()["login"], normal);
        let location = format!("http://127.0.0.1:8370/api/v3/users/{normal}");
        assert_eq!(made.header("location"), Some(location.as_str()));
        assert_eq!(made.json()["url"], location);
        assert_eq!(keys(&made.json()).len(), 18);
        let shown = admin.get(&format!("/users/{normal}")).await;
        assert_eq!(shown.is(200).json()["id"], made.json()["id"]);
        assert_eq!(stage.newest().await.1, "user.create");
        for password in ["", "password", login] {
            let client = stage.t.anyone().with_basic(&normal, password);
            client.get("/user").await.refuses(401, "Bad credentials");
        }
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_new_user_is_said_by_field() {
    let Stage { root, .. } = &Stage::new().await;
    let answer = root.post("/admin/users", "{}").await;
    answer.refuses(422, "Invalid request.\n\n\"login\" wasn't supplied.");
    for (login, email, expected) in [
        (
            "octocat",
            Some("new@example.com"),
            vec!["already_exists/login"],
        ),
        (
            "OCTOCAT",
            Some("new@example.com"),
            vec!["already_exists/login"],
        ),
        (
            "new",
            Some("OCTOCAT@example.com"),
            vec!["already_exists/email"],
        ),
        ("new", None, vec!["missing_field/email"]),
        (
            "",
            Some(""),
            vec!["missing_field/login", "missing_field/email"],
        ),
        ("-", Some("x"), vec!["custom/login", "custom/email"]),
    ] {
        let body = json!({ "login": login, "email": email });
        let answer = root.post("/admin/users", body).await;
        let answer = answer.refuses(422, "Validation Failed");
        assert_eq!(
            of_user(&answer.json()["errors"]),
            expected,
            "{login} {email:?}"
        );
    }
    root.get("/users/new").await.is(404);
}

#[tokio::test]
async fn a_user_is_renamed_at_once_and_the_login_is_free() {
    let stage = Stage::new().await;
    let Stage { t, root, octocat } = &stage;
    let token = octocat.personal_token("n").await.token();
    let path = "/admin/users/octocat";
    let renamed = root.patch(path, json!({ "login": "mona_lisa" })).await;
    let url = format!("http://127.0.0.1:8370/api/v3/user/{}", octocat.id);
    assert_eq!(
        renamed.is(202).json(),
        json!({ "message": "Job queued to rename user. It may take a few minutes to complete.", "url": url })
    );
    assert_eq!(renamed.header("location"), Some(url.as_str()));
    let by_number = root.get(&format!("/user/{}", octocat.id)).await;
    assert_eq!(by_number.is(200).json()["login"], "mona-lisa");
    assert_eq!(
        stage.newest().await,
        (
            Some(root.id.0),
            "user.rename".to_owned(),
            Some(octocat.id.0),
            Some("octocat".to_owned())
        )
    );
    t.anyone().get("/users/octocat").await.is(404);
    let user = t.anyone().with_token(&token).get("/user").await;
    assert_eq!(user.is(200).json()["login"], "mona-lisa");
    let signed_in = t.anyone().with_basic("mona-lisa", &octocat.password);
    signed_in.get("/user").await.is(200);
    octocat.get("/user").await.refuses(401, "Bad credentials");
    root.patch(path, json!({ "login": "x" }))
        .await
        .refuses(404, "Not Found");
    t.user_without_address("octocat").await;
    let answer = root.patch(path, json!({ "login": "mona-lisa" })).await;
    assert_eq!(
        of_user(&answer.is(422).json()["errors"]),
        ["already_exists/login"]
    );
    root.patch(path, "{}").await.is(422);
    // An admin's own name, too.
    root.patch("/admin/users/root", json!({ "login": "boss" }))
        .await
        .is(202);
}

#[tokio::test]
async fn a_user_is_suspended_for_a_reason_and_comes_back() {
    let stage = Stage::new().await;
    let Stage { t, root, octocat } = &stage;
    let token = octocat.personal_token("n").await.token();
    let works = t.anyone().with_token(&token);
    let path = "/users/octocat/suspended";
    let row = |action: &str, details: &str| {
        (
            Some(root.id.0),
            action.to_owned(),
            Some(octocat.id.0),
            Some(details.to_owned()),
        )
    };
    let answer = root.put(path, json!({ "reason": "left" })).await;
    assert!(answer.is(204).body.is_empty());
    assert_eq!(stage.newest().await, row("user.suspend", "left"));
    works
        .get("/user")
        .await
        .refuses(403, "Sorry. Your account was suspended.");
    root.put(path, "").await.is(204);
    assert_eq!(
        stage.newest().await.3.as_deref(),
        Some("left"),
        "it is so already"
    );
    let admin = stage.by_token().await;
    admin.delete(path).await.is(204);
    assert_eq!(
        stage.newest().await,
        row("user.unsuspend", "Unsuspended via API by root")
    );
    works.get("/user").await.is(200);
    root.put(path, "").await.is(204);
    assert_eq!(
        stage.newest().await,
        row("user.suspend", "Suspended via API by root")
    );
    let answer = root.put(path, json!({ "reason": "x".repeat(1_001) })).await;
    assert_eq!(of_user(&answer.is(422).json()["errors"]), ["custom/reason"]);
    root.put(path, json!({ "reason": 1 })).await.is(422);
    for path in ["/users/root/suspended", "/users/ROOT/suspended"] {
        root.put(path, "").await.refuses(403, YOURSELF);
        admin.delete(path).await.refuses(403, YOURSELF);
    }
    root.put("/users/nobody/suspended", "")
        .await
        .refuses(404, "Not Found");
}

#[tokio::test]
async fn a_site_admin_is_made_and_unmade() {
    let stage = Stage::new().await;
    let Stage { root, octocat, .. } = &stage;
    let path = "/users/octocat/site_admin";
    for _ in 0..2 {
        assert!(root.put(path, "").await.is(204).body.is_empty());
        octocat.get("/admin/tokens").await.is(200);
    }
    octocat.delete("/users/root/site_admin").await.is(204);
    root.get("/admin/tokens").await.is(403);
    octocat.delete(path).await.refuses(403, YOURSELF);
    octocat.put(path, "").await.is(204);
    octocat
        .put("/users/nobody/site_admin", "")
        .await
        .refuses(404, "Not Found");
    octocat
        .delete("/users/nobody/site_admin")
        .await
        .refuses(404, "Not Found");
}

#[tokio::test]
async fn a_user_is_deleted_and_nobody_deletes_themselves() {
    let stage = Stage::new().await;
    let Stage { t, root, octocat } = &stage;
    let token = octocat.personal_token("n").await.token();
    root.delete("/admin/users/root")
        .await
        .refuses(403, YOURSELF);
    assert!(
        root.delete("/admin/users/Octocat")
            .await
            .is(204)
            .body
            .is_empty()
    );
    t.anyone().with_token(&token).get("/user").await.is(401);
    root.delete("/admin/users/octocat")
        .await
        .refuses(404, "Not Found");
}

#[tokio::test]
async fn an_impersonation_is_one_per_user_and_shown_once() {
    for p2 in [false, true] {
        let t = if p2 {
            TestApp::p2().await
        } else {
            TestApp::new().await
        };
        let stage = Stage::on(t).await;
        let Stage { t, root, octocat } = &stage;
        let path = "/admin/users/octocat/authorizations";
        let admin = stage.by_token().await;
        root.delete(path).await.refuses(404, "Not Found");
        let first = root.post(path, json!({ "scopes": ["repo", "gist"] })).await;
        let made = first.is(201).json();
        assert_eq!(
            made["app"],
            json!({
                "name": "GitHub Site Administrator",
                "url": "https://developer.github.com/v3/enterprise/users/",
                "client_id": "67245d781a5e38286ce4",
            })
        );
        assert_eq!(
            (&made["note"], &made["fingerprint"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(made["scopes"], json!(["repo", "gist"]));
        let location = format!("http://127.0.0.1:8370/api/v3/authorizations/{}", made["id"]);
        assert_eq!(first.header("location"), Some(location.as_str()));
        assert_eq!(first.header("cache-control"), Some("private, no-store"));
        let user = t.anyone().with_token(&first.token()).get("/user").await;
        assert_eq!(user.is(200).json()["login"], "octocat");
        assert_eq!(user.header("x-oauth-scopes"), Some("gist, repo"));
        // The user sees it, without the token.
        let listed = octocat.get("/authorizations").await.is(200).json();
        assert_eq!(listed[0]["id"], made["id"]);
        assert_eq!(listed[0]["token"], "");
        let second = admin.post(path, "").await;
        second.is(if p2 { 201 } else { 200 });
        assert_eq!(second.json()["scopes"], json!([]));
        t.anyone()
            .with_token(&first.token())
            .get("/user")
            .await
            .is(401);
        t.anyone()
            .with_token(&second.token())
            .get("/user")
            .await
            .is(200);
        root.delete(path).await.is(204);
        t.anyone()
            .with_token(&second.token())
            .get("/user")
            .await
            .is(401);
        root.delete(path).await.refuses(404, "Not Found");
        assert_eq!(octocat.get("/applications/grants").await.json(), json!([]));
        // The user ends it, too.
        let third = root.post(path, "").await;
        octocat
            .delete(&format!("/authorizations/{}", third.is(201).id()))
            .await
            .is(204);
        t.anyone()
            .with_token(&third.token())
            .get("/user")
            .await
            .is(401);
        root.post(path, json!({ "scopes": ["nonsense"] }))
            .await
            .invalid("custom/scopes");
        root.post("/admin/users/nobody/authorizations", "")
            .await
            .is(404);
    }
}

#[tokio::test]
async fn the_app_of_impersonations_takes_part_in_no_flow() {
    let stage = Stage::new().await;
    let Stage { t, root, .. } = &stage;
    let id = "67245d781a5e38286ce4";
    root.post("/admin/users/octocat/authorizations", "")
        .await
        .is(201);
    let app = t.anyone().with_basic(id, "");
    app.get(&format!("/applications/{id}/tokens/x"))
        .await
        .is(401);
    let answer = root.get(&format!("/admin/applications/{id}")).await;
    answer.refuses(404, "Not Found");
    assert_eq!(root.get("/admin/applications").await.json(), json!([]));
    let body = json!({ "client_id": id, "client_secret": "" });
    let answer = stage.octocat.post("/authorizations", body).await;
    answer.refuses(422, "Invalid OAuth application client_id or secret.");
}

#[tokio::test]
async fn everybodys_personal_tokens_are_listed_and_deleted() {
    let stage = Stage::new().await;
    let Stage { t, root, octocat } = &stage;
    let app = t.app("ci").await;
    let one = octocat.personal_token("one").await;
    let of_app = octocat.token_of(&app).await;
    let admin = stage.by_token().await;
    let listed = admin.get("/admin/tokens").await.is(200).json();
    let ids: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["id"])
        .collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(
        (ids[0], &listed[0]["token"]),
        (&json!(one.id()), &json!(""))
    );
    let page = admin.get("/admin/tokens?per_page=1").await;
    let link = page.header("link").unwrap();
    assert!(
        link.contains("/api/v3/admin/tokens?per_page=1&page=2>; rel=\"next\""),
        "{link}"
    );
    let own = ids[1];
    let answer = admin.delete(&format!("/admin/tokens/{own}")).await;
    answer.refuses(403, "A token cannot delete itself.");
    for made in [&one, &of_app] {
        let path = format!("/admin/tokens/{}", made.id());
        admin.delete(&path).await.is(204);
        t.anyone()
            .with_token(&made.token())
            .get("/user")
            .await
            .is(401);
        admin.delete(&path).await.refuses(404, "Not Found");
    }
    root.delete(&format!("/admin/tokens/{own}")).await.is(204);
    admin.get("/admin/tokens").await.is(401);
    assert_eq!(root.get("/admin/keys").await.is(200).json(), json!([]));
    root.delete("/admin/keys/1,2")
        .await
        .refuses(404, "Not Found");
}
