//! What the server says of itself (RFC 8414), and that it is true.

use std::collections::BTreeSet;

use grantd_core::consent::{AuthorizeRequest, Decision};
use serde_json::json;

use super::{DEVICE, DEVICE_GRANT, INTROSPECT, REVOKE, Stage, TOKEN, form};

const METADATA: &str = "/.well-known/oauth-authorization-server";

#[tokio::test]
async fn the_metadata_is_that_of_the_public_url_whatever_the_host() {
    let stage = Stage::with(|setup| {
        setup.settings.public_url = "https://git.example.com/".parse().unwrap();
    })
    .await;
    let answer = stage
        .anyone()
        .with("host", "evil.example")
        .get(METADATA)
        .await;
    assert_eq!(
        answer.header("content-type"),
        Some("application/json; charset=utf-8")
    );
    let mut found = answer.is(200).json();
    let scopes = found["scopes_supported"].take();
    assert_eq!(
        found,
        json!({
            "issuer": "https://git.example.com",
            "authorization_endpoint": "https://git.example.com/login/oauth/authorize",
            "token_endpoint": "https://git.example.com/login/oauth/access_token",
            "device_authorization_endpoint": "https://git.example.com/login/device/code",
            "introspection_endpoint": "https://git.example.com/login/oauth/introspect",
            "introspection_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "revocation_endpoint": "https://git.example.com/login/oauth/revoke",
            "revocation_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic", "none"],
            "scopes_supported": null,
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token", DEVICE_GRANT],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic", "none"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
        })
    );
    let scopes: BTreeSet<&str> = scopes
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|s| s.as_str())
        .collect();
    assert!(scopes.contains("repo") && scopes.contains("user:email"));
}

#[tokio::test]
async fn every_address_and_grant_that_is_named_is_served() {
    let stage = Stage::new().await;
    let metadata = stage.anyone().get(METADATA).await.json();
    let public = metadata["issuer"].as_str().unwrap();
    for key in [
        "token_endpoint",
        "device_authorization_endpoint",
        "introspection_endpoint",
        "revocation_endpoint",
    ] {
        let path = metadata[key]
            .as_str()
            .unwrap()
            .strip_prefix(public)
            .unwrap();
        assert!([TOKEN, DEVICE, INTROSPECT, REVOKE].contains(&path));
        stage.anyone().get(path).await.is(405);
    }
    for grant in metadata["grant_types_supported"].as_array().unwrap() {
        let answer = stage.ask(&[("grant_type", grant.as_str().unwrap())]).await;
        super::says(&answer, "incorrect_client_credentials");
    }
    for other in [
        "password",
        "client_credentials",
        "implicit",
        "Authorization_Code",
        " ",
    ] {
        let answer = stage.ask(&[("grant_type", other)]).await;
        super::says(&answer, "unsupported_grant_type");
    }
    let answer = stage
        .anyone()
        .post(TOKEN, form(&[("grant_type", "")]).as_str())
        .await;
    super::says(&answer, "incorrect_client_credentials");
}

#[tokio::test]
async fn sec_s42_the_iss_of_a_response_is_the_issuer_byte_by_byte() {
    let stage = Stage::new().await;
    let metadata = stage.anyone().get(METADATA).await.json();
    let request = AuthorizeRequest {
        client_id: stage.app.client_id.clone(),
        ..AuthorizeRequest::default()
    };
    let who = stage.browser(&stage.octocat).await;
    let decision = stage
        .t
        .authority
        .approve(&request, &who, &stage.caller())
        .await
        .unwrap();
    let Decision::Redirect(response) = decision else {
        panic!("no redirect");
    };
    let issuer = metadata["issuer"].as_str().unwrap();
    let location: url::Url = response.location(issuer, None).parse().unwrap();
    let iss = location
        .query_pairs()
        .find(|(key, _)| key == "iss")
        .unwrap()
        .1;
    assert_eq!(iss, issuer);
}
