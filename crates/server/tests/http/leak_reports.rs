//! Leaked credentials, reported by anybody and by secret scanners.

use data_encoding::BASE64;
use grantd_core::secret_scanning::KeySet;
use grantd_core::token::TokenKind;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use p256::pkcs8::{EncodePublicKey as _, LineEnding};
use serde_json::{Value, json};

use crate::support::mail::Mails;
use crate::support::{Answer, OAuthApp, TestApp, User};

struct Stage {
    t: TestApp,
    mails: Mails,
    octocat: User,
    app: OAuthApp,
}

const KEY_ID: &str = "the key of this test";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).unwrap()
}

fn key_set() -> KeySet {
    let public = VerifyingKey::from(&key(1));
    let pem = public.to_public_key_pem(LineEnding::LF).unwrap();
    let keys = json!([{ "key_identifier": KEY_ID, "key": pem, "is_current": true }]);
    KeySet::fixed(json!({ "public_keys": keys }).to_string().as_bytes()).unwrap()
}

impl Stage {
    async fn new() -> Self {
        let (post, mails) = crate::support::mail::post();
        let t = TestApp::with(|setup| {
            setup.mailer = Some(std::sync::Arc::new(post));
            setup.scanners = Some(key_set());
        })
        .await;
        let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
        Self {
            t,
            mails,
            octocat,
            app,
        }
    }

    async fn report(&self, credentials: &[&str]) -> Answer {
        let body = json!({ "credentials": credentials });
        self.t.anyone().post("/credentials/revoke", body).await
    }

    /// A scanner's message, signed by the key of this seed.
    async fn message(&self, seed: u8, id: &str, body: &Value) -> Answer {
        let body = body.to_string();
        let signature: Signature = key(seed).sign(body.as_bytes());
        self.t
            .anyone()
            .with("github-public-key-identifier", id)
            .with(
                "github-public-key-signature",
                &BASE64.encode(signature.to_der().as_bytes()),
            )
            .without("user-agent")
            .post("/secret-scanning", body.as_str())
            .await
    }

    async fn works(&self, token: &str) -> bool {
        let answer = self.t.anyone().with_token(token).get("/user").await;
        answer.status == 200
    }

    fn unknown(&self) -> String {
        let authority = &self.t.authority;
        let token = authority
            .tokens
            .generate(TokenKind::Personal, &*authority.entropy);
        token.expose().to_owned()
    }
}

fn finding(token: &str) -> Value {
    json!({ "token": token, "type": "grantd", "url": "https://example.com/x", "source": "content" })
}

#[tokio::test]
async fn sec_s36_reported_tokens_are_revoked_and_their_owners_told() {
    let stage = Stage::new().await;
    let personal = stage.octocat.personal_token("n").await.token();
    let of_app = stage.octocat.token_of(&stage.app).await.token();
    let kept = stage.octocat.personal_token("kept").await.token();
    let seen = stage.t.audit().await.len();
    let told = stage
        .report(&[&personal, "nonsense", &of_app, &personal])
        .await;
    assert_eq!(told.is(202).json(), json!({}));
    assert!(!stage.works(&personal).await && !stage.works(&of_app).await);
    assert!(stage.works(&kept).await);
    let rows = stage.t.audit().await.split_off(seen);
    assert_eq!(rows, ["oauth_access.revoke_reported"; 2]);
    let mail = stage.mails.next().await;
    assert_eq!(mail.to, "octocat@example.com");
    assert!(mail.subject.contains("http://127.0.0.1:8370"), "{mail:?}");
    for token in [&personal, &of_app] {
        assert!(mail.text.contains(&token[token.len() - 8..]), "{mail:?}");
        assert!(!mail.text.contains(token.as_str()));
    }
    assert!(mail.text.contains("/settings/security-log"));
    assert_eq!(
        stage
            .octocat
            .get("/applications/grants")
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn sec_s36_the_answer_says_of_no_string_whether_it_was_a_token() {
    let stage = Stage::new().await;
    let token = stage.octocat.personal_token("n").await.token();
    let none = stage.report(&["nonsense"]).await;
    for credentials in [
        vec![token.as_str()],
        vec![token.as_str()],
        vec![&stage.unknown()],
        vec!["", "\0", "é", &"x".repeat(10_000)],
        vec![&stage.app.secret],
    ] {
        assert_eq!(stage.report(&credentials).await.as_seen(), none.as_seen());
    }
    assert_eq!(none.status, 202);
    let signed = stage.message(1, KEY_ID, &json!([])).await;
    for found in [token.as_str(), &stage.unknown(), "nonsense"] {
        let answer = stage.message(1, KEY_ID, &json!([finding(found)])).await;
        assert_eq!(answer.is(200).as_seen(), signed.as_seen());
    }
    assert_eq!(signed.json(), json!({}));
}

#[tokio::test]
async fn sec_s13_strings_of_no_tokens_shape_cost_no_look_up() {
    let stage = Stage::new().await;
    let _ = stage.t.store.take();
    let strings: Vec<String> = (0..1_000).map(|n| format!("gtp_{n:036}")).collect();
    let strings: Vec<&str> = strings.iter().map(String::as_str).collect();
    stage.report(&strings).await.is(202);
    assert!(stage.t.store.take().is_empty());
}

#[tokio::test]
async fn sec_s36_reports_are_bounded_in_length_and_per_address() {
    let stage = Stage::new().await;
    let one = |count| format!("Invalid request.\n\nFor 'properties/credentials', {count}");
    let many = vec!["x"; 1_001];
    let too_many = one("No more than 1000 items are allowed; 1001 were supplied.");
    stage.report(&many).await.refuses(422, &too_many);
    let none = one("At least 1 item is required; only 0 were supplied.");
    stage.report(&[]).await.refuses(422, &none);
    stage.report(&many[1..]).await.is(202);
    let full = vec![stage.unknown(); 1_000];
    let full: Vec<&str> = full.iter().map(String::as_str).collect();
    stage.report(&full).await.is(202);
    let anyone = stage.t.anyone();
    let secret = stage.unknown();
    for body in [
        json!({}),
        json!({ "credentials": [[secret]] }),
        json!({ "credentials": secret }),
    ] {
        let refused = anyone.post("/credentials/revoke", body).await;
        assert!(!refused.is(422).text().contains(&secret));
    }
    for _ in 0..60 - 7 {
        stage.report(&["x"]).await.is(202);
    }
    let token = stage.octocat.personal_token("n").await.token();
    let refused = stage.report(&[&token]).await;
    assert_eq!(refused.is(403).header("retry-after"), Some("3600"));
    assert!(stage.works(&token).await);
    let elsewhere = stage.t.anyone().from("198.51.100.7");
    let body = json!({ "credentials": [token] });
    elsewhere.post("/credentials/revoke", body).await.is(202);
    assert!(!stage.works(&token).await);
}

#[tokio::test]
async fn sec_s36_a_scanners_message_revokes_what_it_found() {
    let stage = Stage::new().await;
    let token = stage.octocat.personal_token("n").await.token();
    let seen = stage.t.audit().await.len();
    let message = json!([finding(&token), finding("nonsense")]);
    stage.message(1, KEY_ID, &message).await.is(200);
    assert!(!stage.works(&token).await);
    let rows = stage.t.audit().await.split_off(seen);
    assert_eq!(rows, ["oauth_access.revoke_scanned"]);
    let mail = stage.mails.next().await;
    assert!(mail.text.contains("in public"), "{mail:?}");
}

#[tokio::test]
async fn sec_s36_a_message_that_is_not_signed_rightly_has_no_effect() {
    let stage = Stage::new().await;
    let token = stage.octocat.personal_token("n").await.token();
    let message = json!([finding(&token)]);
    let wrong = "The signature does not match the body.";
    stage.message(2, KEY_ID, &message).await.refuses(401, wrong);
    let unknown = "No key has this identifier.";
    stage
        .message(1, "another", &message)
        .await
        .refuses(401, unknown);
    let anyone = stage.t.anyone();
    let unsigned = anyone.post("/secret-scanning", message.clone()).await;
    assert!(unsigned.is(401).text().contains("is not signed"));
    // The signature of another body.
    let other: Signature = key(1).sign(b"[]");
    let replayed = stage
        .t
        .anyone()
        .with("github-public-key-identifier", KEY_ID)
        .with(
            "github-public-key-signature",
            &BASE64.encode(other.to_der().as_bytes()),
        )
        .post("/secret-scanning", message.clone())
        .await;
    replayed.refuses(401, wrong);
    assert!(stage.works(&token).await);
    let no_list = stage.message(1, KEY_ID, &json!({ "token": token })).await;
    no_list.refuses(400, "Problems parsing JSON");
    assert!(stage.works(&token).await);
    let off = TestApp::new().await;
    let answer = off.anyone().post("/secret-scanning", message).await;
    answer.refuses(404, "Not Found");
}

/// Scanners are never slowed down; who only pretends to be one is.
#[tokio::test]
async fn sec_s36_messages_that_are_not_believed_are_bounded_per_address() {
    let stage = Stage::new().await;
    let message = json!([]);
    for _ in 0..30 {
        stage.message(2, KEY_ID, &message).await.is(401);
        stage.message(1, "another", &message).await.is(401);
    }
    let refused = stage.message(2, KEY_ID, &message).await;
    assert_eq!(refused.is(403).header("retry-after"), Some("3600"));
    stage.message(1, KEY_ID, &message).await.is(200);
    // It is the same measure as that of other finders.
    stage.report(&["x"]).await.is(403);
    let elsewhere = stage.t.anyone().from("198.51.100.7");
    elsewhere.post("/secret-scanning", message).await.is(401);
}

#[tokio::test]
async fn an_owner_without_a_verified_address_is_told_on_the_page_alone() {
    let stage = Stage::new().await;
    let hubot = stage.t.user_without_address("hubot").await;
    let (theirs, ours) = (
        hubot.personal_token("n").await.token(),
        stage.octocat.personal_token("n").await.token(),
    );
    stage.report(&[&theirs]).await.is(202);
    stage.report(&[&ours]).await.is(202);
    assert_eq!(stage.mails.next().await.to, "octocat@example.com");
    assert!(!stage.works(&theirs).await);
    let who = stage.t.signed_in("hubot").await;
    let events = stage.t.authority.own_events(&who, None, 10).await.unwrap();
    let row = events
        .rows
        .iter()
        .find(|row| row.action == "oauth_access.revoke_reported")
        .unwrap();
    assert_eq!(row.address, None, "who reports is nobody's business");
}

/// What scanners look for finds the tokens that this server makes, and little else.
#[tokio::test]
async fn patterns_find_every_token_that_is_issued() {
    let stage = Stage::new().await;
    let format = &stage.t.authority.tokens;
    let patterns = format.patterns().unwrap();
    let finds = |text: &str| {
        let matches = |expression: &str| {
            let schema = json!({ "pattern": expression });
            jsonschema::is_valid(&schema, &json!(text))
        };
        let found = patterns.iter().filter(|one| matches(&one.expression));
        found.map(|one| one.name).collect::<Vec<_>>()
    };
    let entropy = &*stage.t.authority.entropy;
    for (kind, name) in [
        (TokenKind::Personal, "personal-access-token"),
        (TokenKind::OAuthApp, "oauth-app-token"),
        (TokenKind::Refresh, "refresh-token"),
    ] {
        for _ in 0..50 {
            let token = format.generate(kind, entropy);
            let token = token.expose();
            for text in [
                token.to_owned(),
                format!("TOKEN={token}\n"),
                format!("\"{token}\""),
                format!("https://{token}@example.com/"),
            ] {
                assert_eq!(finds(&text), [name], "{text}");
            }
            let (cut, longer) = (&token[..39], format!("{token}x"));
            for text in [cut, &longer, &token[4..], &format!("x{token}")] {
                assert_eq!(finds(text), [""; 0], "{text}");
            }
        }
    }
    for text in [
        "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",
        "eef705f503b4053517ac55a99206feece1e48fab",
        &stage.app.secret,
        "gtp_",
    ] {
        assert_eq!(finds(text), [""; 0], "{text}");
    }
}
