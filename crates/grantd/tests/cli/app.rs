//! `grantd app`.

use serde_json::{Value, json};

use crate::place::{PASSWORD, Place};

fn is_hex(value: &Value, length: usize) -> bool {
    value.as_str().is_some_and(|text| {
        text.len() == length
            && text
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

#[test]
fn create_prints_the_app_and_its_secret_once() {
    let place = Place::new();
    place.user("octocat");
    let mut app = place.app(&["--callback-url", "http://127.0.0.1/other"]);
    assert!(is_hex(&app["client_id"], 20) && is_hex(&app["client_secret"], 40));
    let client_id = app["client_id"].as_str().unwrap().to_owned();
    let shown = place.run(&["app", "show", &client_id]).json();
    app.as_object_mut().unwrap().remove("client_secret");
    assert_eq!(shown, app);
    for time in ["created_at", "updated_at"] {
        assert!(
            app.as_object_mut()
                .unwrap()
                .remove(time)
                .unwrap()
                .is_string()
        );
    }
    assert_eq!(
        app,
        json!({
            "client_id": client_id, "id": 1, "name": "my github app", "url": "http://my-github-app.com",
            "callback_urls": ["http://my-github-app.com/callback", "http://127.0.0.1/other"],
            "owner": "octocat", "public": false, "suspended": false, "suspended_at": null,
            "description": null, "device_flow": true, "sub_path_callbacks": false,
            "expiring_tokens": false, "resource_server": false, "allowed_scopes": null,
            "previous_secret_until": null,
        })
    );
}

#[test]
fn id_and_secret_may_be_given() {
    let place = Place::new();
    place.user("octocat");
    let secret = "3ef4ad510c59ad37bac6bb4f80047fb3aee3cc7f";
    let args = [
        "app",
        "create",
        "my github app",
        "--owner",
        "octocat",
        "--url",
        "http://my-github-app.com",
        "--callback-url",
        "http://my-github-app.com/callback",
        "--client-id",
        "abcde12345fghij67890",
        "--client-secret-stdin",
    ];
    let app = place.run_with(&args, format!("{secret}\n")).json();
    assert_eq!(
        (&app["client_id"], &app["client_secret"]),
        (&json!("abcde12345fghij67890"), &json!(secret))
    );
    assert_eq!(
        place.run_with(&args, secret).refusal(),
        "error: this client id is taken; choose another"
    );
    assert!(place.run_with(&args, "").refusal().contains("is empty"));
}

#[test]
fn a_public_app_has_no_secret() {
    let place = Place::new();
    place.user("octocat");
    let app = place.app(&["--public"]);
    assert!(app["public"] == true && app.get("client_secret").is_none());
    let refused = place.run(&["app", "rotate-secret", app["client_id"].as_str().unwrap()]);
    assert!(refused.refusal().contains("is public"));
}

#[test]
fn an_app_lives_from_create_to_delete() {
    let place = Place::new();
    place.user("octocat");
    place.user("hubot");
    let app = place.app(&[]);
    let id = app["client_id"].as_str().unwrap();
    let rotated = place.run(&["app", "rotate-secret", id]).json();
    assert!(
        is_hex(&rotated["client_secret"], 40) && rotated["client_secret"] != app["client_secret"]
    );
    assert_eq!(
        place.run(&["app", "set-owner", id, "hubot"]).json()["owner"],
        "hubot"
    );
    assert_eq!(
        place
            .run(&["app", "set-owner", id, "--owner", "octocat"])
            .json()["owner"],
        "octocat"
    );
    assert!(
        place
            .run(&["app", "set-owner", id])
            .misuse()
            .contains("--owner")
    );
    assert!(
        place
            .run(&["app", "set-owner", id, "nobody"])
            .refusal()
            .contains("no user `nobody`")
    );
    assert_eq!(place.run(&["app", "suspend", id]).json()["suspended"], true);
    assert_eq!(
        place.run(&["app", "unsuspend", id]).json()["suspended"],
        false
    );
    assert_eq!(place.run(&["app", "list"]).json()[0]["client_id"], id);
    assert_eq!(place.run(&["app", "delete", id]).json()["client_id"], id);
    assert_eq!(place.run(&["app", "list"]).json(), json!([]));
    assert!(
        place
            .run(&["app", "show", id])
            .refusal()
            .contains("grantd app list")
    );
}

#[test]
fn settings_are_given_at_creation_and_edited() {
    let place = Place::new();
    place.user("octocat");
    let app = place.app(&[
        "--device-flow",
        "off",
        "--sub-path-callbacks",
        "--expiring-tokens",
        "--allowed-scopes",
        "repo,user",
        "--description",
        "Builds",
    ]);
    assert_eq!(app["device_flow"], false);
    assert_eq!(
        (&app["sub_path_callbacks"], &app["expiring_tokens"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(app["allowed_scopes"], json!(["repo", "user"]));
    assert_eq!(app["description"], "Builds");
    let id = app["client_id"].as_str().unwrap();
    let edited = place
        .run(&[
            "app",
            "edit",
            id,
            "--name",
            "Other",
            "--url",
            "https://other.example",
            "--callback-url",
            "com.example.other:/cb",
            "--description",
            "",
            "--device-flow",
            "on",
            "--expiring-tokens=off",
            "--allowed-scopes",
            "any",
        ])
        .json();
    assert_eq!(
        (&edited["name"], &edited["url"]),
        (&json!("Other"), &json!("https://other.example"))
    );
    assert_eq!(edited["callback_urls"], json!(["com.example.other:/cb"]));
    assert_eq!(
        (&edited["description"], &edited["allowed_scopes"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(
        (
            &edited["device_flow"],
            &edited["sub_path_callbacks"],
            &edited["expiring_tokens"]
        ),
        (&json!(true), &json!(true), &json!(false))
    );
    let unknown = ["app", "edit", id, "--allowed-scopes", "repo,nope"];
    assert!(place.run(&unknown).refusal().contains("no scope `nope`"));
}

#[test]
fn sec_s26_the_operator_makes_a_resource_server_of_an_app_with_a_secret() {
    let place = Place::new();
    place.user("octocat");
    let app = place.app(&["--resource-server"]);
    assert_eq!(app["resource_server"], true);
    let id = app["client_id"].as_str().unwrap();
    let off = ["app", "edit", id, "--resource-server=off"];
    assert_eq!(place.run(&off).json()["resource_server"], false);
    let on = ["app", "edit", id, "--resource-server"];
    assert_eq!(place.run(&on).json()["resource_server"], true);
    assert_eq!(
        place.run(&["app", "show", id]).json()["resource_server"],
        true
    );
    let public = place.app(&["--public", "--client-id", "phone"]);
    assert_eq!(public["resource_server"], false);
    let refused = place.run(&["app", "edit", "phone", "--resource-server"]);
    assert!(refused.refusal().contains("cannot be a resource server"));
}

#[test]
fn a_secret_may_be_replaced_by_overlap() {
    let place = Place::new();
    place.user("octocat");
    let app = place.app(&[]);
    let id = app["client_id"].as_str().unwrap();
    let rotated = place
        .run(&["app", "rotate-secret", id, "--overlap", "3600"])
        .json();
    assert!(rotated["previous_secret_until"].is_string());
    let ended = place.run(&["app", "end-previous-secret", id]).json();
    assert!(ended["previous_secret_until"].is_null());
    let at_once = place.run(&["app", "rotate-secret", id]).json();
    assert!(at_once["previous_secret_until"].is_null());
}

#[test]
fn what_cannot_be_an_app_is_refused() {
    let place = Place::new();
    place.user("octocat");
    let create = |url: &str, callback: &str, more: &[&str]| {
        let mut args = vec![
            "app",
            "create",
            "x",
            "--owner",
            "octocat",
            "--url",
            url,
            "--callback-url",
            callback,
        ];
        args.extend(more);
        place.run_with(&args, PASSWORD)
    };
    let good = "http://example.com";
    assert!(
        create("example.com", good, &[])
            .misuse()
            .contains("http or https URL")
    );
    assert!(
        create(good, "javascript:alert(1)", &[])
            .misuse()
            .contains("cannot be a callback")
    );
    assert!(
        create(good, good, &["--client-id", "grants"])
            .misuse()
            .contains("client id")
    );
    assert!(
        create(good, good, &["--public", "--client-secret-stdin"])
            .misuse()
            .contains("cannot be used with")
    );
    let nobody = [
        "app",
        "create",
        "x",
        "--owner",
        "nobody",
        "--url",
        good,
        "--callback-url",
        good,
    ];
    assert!(place.run(&nobody).refusal().contains("no user `nobody`"));
}
