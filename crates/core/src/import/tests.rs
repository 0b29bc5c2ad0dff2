//! What can come along, and the reason for everything that cannot.

use std::collections::BTreeMap;

use super::*;
use crate::scope::Catalogue;
use crate::secret::Secret;
use crate::token::{ForeignShape, TokenFormat};

const NOW: Timestamp = Timestamp(1_600_000_000);
const HASH: &str = "25f94a2a5c7fbaf499c665bc73d67c1c87e496da8985131633ee0a95819db2e8";

fn judged<T>(judge: impl FnOnce(&Rules<'_>) -> T) -> T {
    let named = |theirs: &str, ours: &[&str]| {
        let ours = ours.iter().map(|one| (*one).to_owned()).collect();
        (theirs.to_owned(), ours)
    };
    let shape = ForeignShape::parse("base64url:43").unwrap();
    let tokens = TokenFormat::new("gt", false, false).unwrap();
    judge(&Rules {
        scopes: &Catalogue::default(),
        scope_names: &BTreeMap::from([named("write", &["repo", "user"]), named("openid", &[])]),
        tokens: &tokens.with_foreign(vec![shape]),
        now: NOW,
    })
}

fn given() -> GivenToken {
    GivenToken {
        login: "Octocat".to_owned(),
        client_id: Some("abc".to_owned()),
        token: TokenAs::Sha256(HASH.to_owned()),
        last_eight: "12345678".to_owned(),
        note: None,
        note_url: Some(String::new()),
        scopes: vec!["repo".to_owned()],
        fingerprint: Some("mine".to_owned()),
        created_at: NOW.plus(-100),
        updated_at: NOW.plus(-200),
        expires_at: Some(NOW.plus(1)),
    }
}

fn clear(text: &str) -> TokenAs {
    TokenAs::Clear(Secret::new(text.to_owned()))
}

fn refused(given: GivenToken) -> Refusal {
    judged(|rules| rules.token(given).unwrap_err())
}

#[test]
fn a_token_comes_along_as_it_was() {
    let token = judged(|rules| rules.token(given()).unwrap());
    assert_eq!(token.owner.as_str(), "octocat");
    assert_eq!(
        (token.token_hash.to_string().as_str(), &token.salted),
        (HASH, &None)
    );
    assert_eq!(token.token_last_eight.0, "12345678");
    assert_eq!(token.note_url.as_ref().map(NoteUrl::as_str), Some(""));
    assert_eq!(
        (token.created_at, token.updated_at),
        (NOW.plus(-100), NOW.plus(-100))
    );
    assert_eq!(token.expires_at, Some(NOW.plus(1)));
}

#[test]
fn twenty_zeros_mean_a_personal_token_which_needs_a_note() {
    for client_id in [None, Some(""), Some("00000000000000000000")] {
        let client_id = client_id.map(str::to_owned);
        let personal = |note: Option<&str>| GivenToken {
            client_id: client_id.clone(),
            note: note.map(str::to_owned),
            ..given()
        };
        let token = judged(|rules| rules.token(personal(Some("laptop"))).unwrap());
        assert_eq!(token.client_id, None);
        assert_eq!(refused(personal(Some(" "))), Refusal::NoNote);
        assert_eq!(refused(personal(None)), Refusal::NoNote);
    }
}

#[test]
fn a_clear_token_is_hashed_and_must_have_a_shape_that_is_looked_up() {
    let foreign = "yk3mN0_8sGdZkTq1VwXc-Lr5uJhB2aPeOi7fYtR4Q9E";
    let with = |token: &str| GivenToken {
        token: clear(token),
        last_eight: String::new(),
        ..given()
    };
    let token = judged(|rules| rules.token(with(foreign)).unwrap());
    assert_eq!(token.token_hash.0, Secret::new(foreign.to_owned()).hash().0);
    assert_eq!(token.token_last_eight.0, &foreign[35..]);
    let named = refused(with(&"ab".repeat(32)));
    assert_eq!(
        named.to_string(),
        "its token would not be looked up: add hex:64 to imported_token_shapes"
    );
    assert_eq!(refused(with("two words")), Refusal::ForeignShape);
    assert_eq!(refused(with(&"a".repeat(300))), Refusal::ForeignShape);
    assert_eq!(refused(with("")), Refusal::NoHash);
}

#[test]
fn sec_tokens_under_128_bits_are_refused() {
    for weak in ["0123456789abcdef0123456789abcde", "Zx81kPq0", "a-b_c"] {
        let given = GivenToken {
            token: clear(weak),
            ..given()
        };
        assert_eq!(refused(given), Refusal::WeakToken, "{weak}");
    }
}

#[test]
fn foreign_scopes_are_mapped_and_unknown_ones_named() {
    let with = |names: &[&str]| GivenToken {
        scopes: names.iter().map(|name| (*name).to_owned()).collect(),
        ..given()
    };
    let token = judged(|rules| rules.token(with(&["openid", "write", "repo"])).unwrap());
    assert_eq!(token.scopes.to_stored(), "repo user");
    let unknown = refused(with(&["repo", "wine", "bread"]));
    assert_eq!(unknown, Refusal::UnknownScopes("wine,bread".to_owned()));
}

#[test]
fn what_cannot_come_along_is_told_why() {
    type Spoil = fn(&mut GivenToken);
    let cases: [(Spoil, &str); 8] = [
        (|given| given.login = "o c".into(), "invalid_login"),
        (|given| given.login = String::new(), "no_owner"),
        (
            |given| given.client_id = Some("grants".into()),
            "invalid_client_id",
        ),
        (
            |given| given.token = TokenAs::Sha256(String::new()),
            "no_hash",
        ),
        (
            |given| given.token = TokenAs::Sha256("0".repeat(64)),
            "no_hash",
        ),
        (
            |given| given.last_eight = "123456789".into(),
            "invalid_text",
        ),
        (
            |given| given.fingerprint = Some("x".repeat(1_025)),
            "invalid_text",
        ),
        (|given| given.expires_at = Some(NOW), "expired"),
    ];
    for (spoil, name) in cases {
        let mut given = given();
        spoil(&mut given);
        assert_eq!(refused(given).name(), name);
    }
}

fn app() -> GivenApp {
    GivenApp {
        client_id: "yk3mN0_8sGdZkTq1VwXc-Lr5uJhB2aPeOi7fYtR4Q9E".to_owned(),
        name: "App".to_owned(),
        url: "https://app.example".to_owned(),
        description: None,
        callback_urls: vec![
            "https://app.example/cb".into(),
            "javascript:alert(1)".into(),
        ],
        owner: "octocat".to_owned(),
        secret: GivenSecret::Clear(Secret::new("s".repeat(43))),
        allowed_scopes: Some(vec!["write".to_owned()]),
        settings: AppSettings::default(),
        suspended_at: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

#[test]
fn an_app_keeps_its_longer_id_and_secret() {
    let (made, dropped) = judged(|rules| rules.app(app()).unwrap());
    assert_eq!(made.client_id.as_str().len(), 43);
    let presented = Secret::new("s".repeat(43)).hash();
    assert!(
        made.secret_hash
            .is_some_and(|kept| kept.matches(&presented))
    );
    assert_eq!(made.callback_urls, ["https://app.example/cb"]);
    assert_eq!(dropped, ["javascript:alert(1)"]);
    let allowed = made
        .settings
        .allowed_scopes
        .map(|scopes| scopes.to_stored());
    assert_eq!(allowed.as_deref(), Some("repo user"));
}

#[test]
fn an_apps_secret_must_be_one_that_can_be_checked_and_not_guessed() {
    let with = |secret| GivenApp { secret, ..app() };
    let refused = |secret| judged(|rules| rules.app(with(secret)).map(drop).unwrap_err());
    let bcrypt = "$2a$12$K4hYo0rZ0Q2m9nB3sVb1eO".to_owned();
    assert_eq!(
        refused(GivenSecret::Sha256(bcrypt)),
        Refusal::UnknownSecretScheme
    );
    assert_eq!(
        refused(GivenSecret::Clear(Secret::new("short".into()))),
        Refusal::WeakSecret
    );
    let (made, _) = judged(|rules| rules.app(with(GivenSecret::None)).unwrap());
    assert!(made.secret_hash.is_none());
}
