//! The table of decisions.

use super::*;
use crate::app::{AppCredentials, AppSettings, ClientId};
use crate::clock::Timestamp;
use crate::ids::{AppId, UserId};
use crate::redirect_uri::TargetKind;
use crate::secret::SecretHash;
use crate::user::Login;

const NOW: Timestamp = Timestamp(1_600_000_000);
const CALLBACK: &str = "https://app.example/cb?x=y";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// An app with one callback that nobody has granted anything.
fn check() -> ConsentCheck {
    let app = App {
        id: AppId(1),
        client_id: ClientId::from_stored("abc".to_owned()),
        name: "App".to_owned(),
        url: "https://app.example".to_owned(),
        description: None,
        callback_urls: vec![CALLBACK.to_owned()],
        owner_id: UserId(1),
        public: false,
        settings: AppSettings::default(),
        logo_at: None,
        previous_secret_until: None,
        suspended_at: None,
        created_at: NOW,
        updated_at: NOW,
    };
    let owner = User {
        id: UserId(1),
        login: Login::from_stored("octocat".to_owned()),
        email: None,
        email_verified: false,
        site_admin: false,
        language: None,
        two_factor: false,
        suspended_at: None,
        created_at: NOW,
        updated_at: NOW,
    };
    ConsentCheck {
        credentials: AppCredentials {
            app,
            secret_hash: Some(SecretHash([7; 32])),
            previous_secret_hash: None,
            auth_generation: 1,
        },
        owner,
        grant: None,
    }
}

fn with(change: impl FnOnce(&mut App)) -> ConsentCheck {
    let mut check = check();
    change(&mut check.credentials.app);
    check
}

fn granted(scopes: &str, change: impl FnOnce(&mut App)) -> ConsentCheck {
    ConsentCheck {
        grant: Some((GrantId(5), Scopes::from_stored(scopes))),
        ..with(change)
    }
}

fn request(scope: &str) -> AuthorizeRequest {
    AuthorizeRequest {
        client_id: "abc".to_owned(),
        scope: Some(scope.to_owned()).filter(|scope| !scope.is_empty()),
        ..AuthorizeRequest::default()
    }
}

fn decided(request: &AuthorizeRequest, check: &ConsentCheck) -> Verdict {
    decide(request, Some(check), true, &Catalogue::default())
}

/// The scopes that are asked for, or granted without asking.
fn scopes_of(verdict: Verdict) -> (&'static str, String) {
    match verdict {
        Verdict::Ask(plan) => ("ask", plan.scopes.to_stored()),
        Verdict::Standing(plan, GrantId(5)) => ("standing", plan.scopes.to_stored()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_wrong_with_app_or_redirect_is_said_before_anything_else() {
    let catalogue = Catalogue::default();
    let signed_out = |request: &AuthorizeRequest, check: Option<&ConsentCheck>| {
        decide(request, check, false, &catalogue)
    };
    let unknown = Verdict::Reject(Rejection::UnknownApp);
    assert_eq!(signed_out(&request(""), None), unknown);
    let evil = AuthorizeRequest {
        redirect_uri: Some("https://evil.example/".to_owned()),
        ..request("")
    };
    // A suspended app is a page, wherever it wants to go.
    let suspended = with(|app| app.suspended_at = Some(NOW));
    for request in [&request(""), &evil] {
        let rejected = Verdict::Reject(Rejection::AppSuspended);
        assert_eq!(signed_out(request, Some(&suspended)), rejected);
    }
    // A mismatch is told the only callback there is, and of several none.
    match signed_out(&evil, Some(&check())) {
        Verdict::Tell(target, AuthorizationError::RedirectUriMismatch) => {
            assert_eq!(target.uri(), CALLBACK);
        }
        other => panic!("{other:?}"),
    }
    let two = with(|app| {
        app.callback_urls
            .push("https://app.example/other".to_owned())
    });
    for request in [&request(""), &evil] {
        let rejected = Verdict::Reject(Rejection::RedirectUriMismatch);
        assert_eq!(signed_out(request, Some(&two)), rejected);
    }
    let named = AuthorizeRequest {
        redirect_uri: Some("https://app.example/other".to_owned()),
        ..request("")
    };
    assert!(matches!(signed_out(&named, Some(&two)), Verdict::SignIn(_)));
}

#[test]
fn sec_s39_pkce_is_judged_before_anybody_signs_in() {
    let public = with(|app| app.public = true);
    let told = |request: &AuthorizeRequest, check: &ConsentCheck| {
        let verdict = decide(request, Some(check), false, &Catalogue::default());
        match verdict {
            Verdict::Tell(target, error) => {
                assert_eq!(target.uri(), CALLBACK);
                Some(error.code())
            }
            Verdict::SignIn(_) => None,
            other => panic!("{other:?}"),
        }
    };
    let pkce = |challenge: &str, method: &str| AuthorizeRequest {
        code_challenge: Some(challenge.to_owned()),
        code_challenge_method: Some(method.to_owned()),
        ..request("")
    };
    assert_eq!(told(&request(""), &check()), None);
    assert_eq!(told(&request(""), &public), Some("invalid_request"));
    assert_eq!(told(&pkce(CHALLENGE, "S256"), &public), None);
    assert_eq!(told(&pkce(CHALLENGE, "S256"), &check()), None);
    for check in [&check(), &public] {
        for (challenge, method) in [(CHALLENGE, "plain"), (CHALLENGE, ""), ("short", "S256")] {
            let refused = told(&pkce(challenge, method), check);
            assert_eq!(refused, Some("invalid_request"), "{challenge} {method}");
        }
    }
    let implicit = AuthorizeRequest {
        response_type: Some("token".to_owned()),
        ..request("")
    };
    assert_eq!(told(&implicit, &check()), Some("unsupported_response_type"));
}

#[test]
fn nobody_or_somebody_who_shall_choose_signs_in() {
    let hint = |request: &AuthorizeRequest, signed_in| match decide(
        request,
        Some(&check()),
        signed_in,
        &Catalogue::default(),
    ) {
        Verdict::SignIn(hint) => Some(*hint),
        Verdict::Ask(_) => None,
        other => panic!("{other:?}"),
    };
    let plain = hint(&request(""), false).unwrap();
    assert_eq!(
        (plain.login, plain.allow_signup, plain.select_account),
        (None, true, false)
    );
    let suggested = AuthorizeRequest {
        login: Some("hubot".to_owned()),
        allow_signup: Some("false".to_owned()),
        prompt: Some("select_account".to_owned()),
        ..request("")
    };
    let shown = hint(&suggested, true).unwrap();
    assert_eq!(shown.login.as_deref(), Some("hubot"));
    assert!(!shown.allow_signup && shown.select_account);
    assert!(!hint(&suggested, false).unwrap().select_account);
    let chosen = AuthorizeRequest {
        account_chosen: true,
        ..suggested
    };
    assert_eq!(hint(&chosen, true), None);
    assert!(hint(&chosen, false).is_some());
}

#[test]
fn scopes_are_known_allowed_and_not_implied() {
    for (asked, expected) in [
        ("", ""),
        (" , ", ""),
        ("repo", "repo"),
        ("user,gist,user:email", "user gist"),
        ("user:email user", "user"),
        ("repo nope GIST gist", "repo gist"),
        ("repo,repo repo", "repo"),
        ("read:org+admin:org", ""),
        ("read:org admin:org", "admin:org"),
    ] {
        let verdict = decided(&request(asked), &check());
        assert_eq!(scopes_of(verdict), ("ask", expected.to_owned()), "{asked}");
    }
    let narrow = with(|app| {
        app.settings.allowed_scopes = Some(Scopes::from_stored("user gist"));
    });
    let verdict = decided(&request("repo user:email gist"), &narrow);
    assert_eq!(scopes_of(verdict), ("ask", "user:email gist".to_owned()));
}

#[test]
fn sec_s41_what_was_consented_to_before_is_not_asked_again() {
    let same = |_: &mut App| ();
    for (held, asked, expected) in [
        ("repo user", "repo user", ("standing", "repo user")),
        ("repo user", "repo", ("standing", "repo")),
        ("repo", "public_repo", ("standing", "public_repo")),
        ("repo user", "", ("standing", "repo user")),
        ("", "", ("standing", "")),
        ("repo", "nope", ("standing", "")),
        // Scopes grow.
        ("repo", "repo gist", ("ask", "repo gist")),
        ("public_repo", "repo", ("ask", "repo")),
        ("", "repo", ("ask", "repo")),
    ] {
        let verdict = decided(&request(asked), &granted(held, same));
        assert_eq!(
            scopes_of(verdict),
            (expected.0, expected.1.to_owned()),
            "{held} {asked}"
        );
    }
    let prompted = AuthorizeRequest {
        prompt: Some("consent".to_owned()),
        ..request("repo")
    };
    let verdict = decided(&prompted, &granted("repo", same));
    assert_eq!(scopes_of(verdict).0, "ask");
}

#[test]
fn sec_s41_who_can_be_impersonated_is_always_asked() {
    let pkce = AuthorizeRequest {
        code_challenge: Some(CHALLENGE.to_owned()),
        code_challenge_method: Some("S256".to_owned()),
        ..request("repo")
    };
    let public = granted("repo", |app| app.public = true);
    assert_eq!(scopes_of(decided(&pkce, &public)).0, "ask");
    for callback in [
        "http://127.0.0.1/cb",
        "http://localhost:8000/cb",
        "http://[::1]/cb",
        "com.example.app:/cb",
    ] {
        let native = granted("repo", |app| app.callback_urls = vec![callback.to_owned()]);
        assert_eq!(scopes_of(decided(&pkce, &native)).0, "ask", "{callback}");
    }
    // One callback of each kind: the one that is used decides.
    let both = granted("repo", |app| {
        app.callback_urls.push("http://127.0.0.1/cb".to_owned());
    });
    for (uri, kind, expected) in [
        (CALLBACK, TargetKind::Web, "standing"),
        ("http://127.0.0.1:99/cb", TargetKind::Loopback, "ask"),
    ] {
        let request = AuthorizeRequest {
            redirect_uri: Some(uri.to_owned()),
            ..pkce.clone()
        };
        let verdict = decided(&request, &both);
        if let Verdict::Ask(plan) | Verdict::Standing(plan, _) = &verdict {
            assert_eq!(plan.target.kind(), kind);
        }
        assert_eq!(scopes_of(verdict).0, expected, "{uri}");
    }
}

#[test]
fn the_page_says_what_is_new() {
    let catalogue = Catalogue::default();
    let held = Scopes::from_stored("repo");
    let asked = Scopes::from_stored("public_repo gist");
    let shown = asked_scopes(&asked, Some(&held), &catalogue);
    let new: Vec<bool> = shown.iter().map(|one| one.is_new).collect();
    assert_eq!(new, [false, true]);
    assert!(shown.iter().all(|one| !one.words.is_empty()));
    assert!(
        asked_scopes(&asked, None, &catalogue)
            .iter()
            .all(|one| one.is_new)
    );
}

#[test]
fn sec_s42_every_response_names_its_issuer_and_gives_the_state_back_as_it_came() {
    let target = match decided(&request(""), &check()) {
        Verdict::Ask(plan) => plan.target,
        other => panic!("{other:?}"),
    };
    let response = |answer, state: Option<&[u8]>| AuthorizationResponse {
        target: target.clone(),
        state: state.map(<[u8]>::to_vec),
        answer,
    };
    let issuer = "https://grantd.example";
    let iss = "iss=https%3A%2F%2Fgrantd.example";
    let code = || Answer::Code(Secret::new("0123456789abcdef0123".to_owned()));
    assert_eq!(
        response(code(), None).location(issuer, None),
        format!("{CALLBACK}&code=0123456789abcdef0123&{iss}")
    );
    let state: Vec<u8> = (0..=255).collect();
    let location = response(code(), Some(&state)).location(issuer, None);
    let query = location.split_once('?').unwrap().1;
    let sent: Vec<u8> = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("state="))
        .map(|value| percent_encoding::percent_decode_str(&value.replace('+', " ")).collect())
        .unwrap();
    assert_eq!(sent, state);
    let denied = Answer::Error(AuthorizationError::AccessDenied);
    assert_eq!(
        response(denied, Some(b"a b")).location(issuer, Some(("Said no.", "https://docs/#no"))),
        format!(
            "{CALLBACK}&error=access_denied&error_description=Said+no.\
             &error_uri=https%3A%2F%2Fdocs%2F%23no&state=a+b&{iss}"
        )
    );
}
