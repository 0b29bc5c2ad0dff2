//! The web flow: what a code is bound to, and what ends it.

use grantd_core::app::AppSettings;
use grantd_core::authority::Policy;
use grantd_core::code_exchange::{CodeExchange, TOKEN_SECONDS};
use grantd_core::consent::{Answer, AuthorizationError, AuthorizeRequest, Decision, Rejection};
use grantd_core::error::Error;
use grantd_core::life::Lifetimes;
use grantd_core::store::PageRequest;
use grantd_core::user::{Email, PasswordHash};

use crate::stage::*;

const ALL: PageRequest = PageRequest {
    page: 1,
    per_page: 100,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_code_becomes_a_token_with_the_scopes_of_the_consent() {
    on_both_engines(async |stage: Stage| {
        let octocat = stage.user("octocat").await;
        let app = stage.app(&octocat).await;
        let request = AuthorizeRequest {
            state: Some(b"\xff a".to_vec()),
            ..app.request("user,repo,user:email,nope")
        };
        let view = asked(stage.authorize(&request, &octocat).await);
        let names: Vec<_> = view.scopes.iter().map(|one| one.scope.as_str()).collect();
        assert_eq!(names, ["user", "repo"]);
        assert_eq!((view.granted, view.owner.login.as_str()), (None, "octocat"));
        let decision = stage.authority.approve(&request, &octocat, &caller()).await;
        let Ok(Decision::Redirect(response)) = decision else {
            panic!("no redirect");
        };
        assert_eq!(response.state, request.state);
        let Answer::Code(code) = response.answer else {
            panic!("no code");
        };
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        assert!(code.expose().len() == 20 && code.expose().bytes().all(hex));
        let tokens = stage.exchange(app.exchange(&code)).await.unwrap();
        assert_eq!(tokens.access.value.scopes.join(","), "user,repo");
        assert!(tokens.expires_in.is_none() && tokens.refresh.is_none());
        assert!(stage.is_valid(&tokens).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s38_what_does_not_fit_a_code_is_refused_and_burns_nothing() {
    on_both_engines(async |stage: Stage| {
        let octocat = stage.user("octocat").await;
        let (app, other) = (stage.app(&octocat).await, stage.app(&octocat).await);
        let code = stage
            .approve(&with_challenge(app.request("repo")), &octocat)
            .await;
        let right = || CodeExchange {
            redirect_uri: Some(CALLBACK.to_owned()),
            code_verifier: Some(secret(VERIFIER)),
            ..app.exchange(&code)
        };
        let verifier = |text: &str| Some(secret(text));
        for (wrong, expected) in [
            (
                CodeExchange {
                    client_secret: verifier("wrong"),
                    ..right()
                },
                "incorrect_client_credentials",
            ),
            (
                CodeExchange {
                    client_secret: None,
                    ..right()
                },
                "incorrect_client_credentials",
            ),
            (
                CodeExchange {
                    client_id: "nobody".to_owned(),
                    ..right()
                },
                "incorrect_client_credentials",
            ),
            // Another app with its own secret.
            (
                CodeExchange {
                    code_verifier: verifier(VERIFIER),
                    ..other.exchange(&code)
                },
                "bad_verification_code",
            ),
            (
                CodeExchange {
                    redirect_uri: Some("https://app.example/other".to_owned()),
                    ..right()
                },
                "redirect_uri_mismatch",
            ),
            (
                CodeExchange {
                    code_verifier: None,
                    ..right()
                },
                "bad_verification_code",
            ),
            (
                CodeExchange {
                    code_verifier: verifier(&"a".repeat(43)),
                    ..right()
                },
                "bad_verification_code",
            ),
            (
                CodeExchange {
                    code: secret("0123456789abcdef0123"),
                    ..right()
                },
                "bad_verification_code",
            ),
        ] {
            assert_eq!(refusal(stage.exchange(wrong).await), expected);
        }
        let tokens = stage.exchange(right()).await.expect("nothing was burnt");
        // Used, it is as safe from those who cannot prove that they are the app.
        for wrong in [
            CodeExchange {
                client_secret: verifier("wrong"),
                ..right()
            },
            CodeExchange {
                code_verifier: verifier(&"a".repeat(43)),
                ..right()
            },
            other.exchange(&code),
        ] {
            refusal(stage.exchange(wrong).await);
        }
        assert!(stage.is_valid(&tokens).await, "nothing was revoked");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s38_a_replay_by_the_proved_app_revokes_what_the_code_made() {
    on_both_engines(async |stage: Stage| {
        let octocat = stage.user("octocat").await;
        for app in [stage.app(&octocat).await, stage.public_app(&octocat).await] {
            let code = stage.code(&app, &octocat).await;
            let tokens = stage.exchange(app.exchange(&code)).await.unwrap();
            assert!(stage.is_valid(&tokens).await);
            let again = stage.exchange(app.exchange(&code)).await;
            assert_eq!(refusal(again), "bad_verification_code");
            assert!(!stage.is_valid(&tokens).await);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s38_of_two_hundred_exchanges_one_gets_a_token_and_the_others_revoke_it() {
    on_both_engines(async |stage: Stage| {
        let octocat = stage.user("octocat").await;
        let app = stage.app(&octocat).await;
        let code = stage.code(&app, &octocat).await;
        let all: Vec<_> = (0..200)
            .map(|_| {
                let (stage, exchange) = (stage.clone(), app.exchange(&code));
                tokio::spawn(async move { stage.exchange(exchange).await })
            })
            .collect();
        let mut issued = Vec::new();
        for one in all {
            match one.await.unwrap() {
                Ok(tokens) => issued.push(tokens),
                Err(refused) => assert_eq!(refused.code(), Some("bad_verification_code")),
            }
        }
        assert_eq!(issued.len(), 1);
        assert!(!stage.is_valid(&issued[0]).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s38_a_code_ends_with_its_time_its_session_and_its_users_credentials() {
    on_both_engines(async |stage: Stage| {
        let octocat = stage.user("octocat").await;
        let app = stage.app(&octocat).await;
        let dead = async |code| {
            let refused = stage.exchange(app.exchange(&code)).await;
            assert_eq!(refusal(refused), "bad_verification_code");
        };
        let code = stage.code(&app, &octocat).await;
        stage.clock.advance(600);
        dead(code).await;
        let code = stage.code(&app, &octocat).await;
        stage.clock.advance(599);
        assert!(stage.exchange(app.exchange(&code)).await.is_ok());

        let store = &stage.authority.store;
        let elsewhere = stage.signed_in("octocat").await;
        let (ends, stays) = (
            stage.code(&app, &octocat).await,
            stage.code(&app, &elsewhere).await,
        );
        let signed_out = store.end_codes_of_session(octocat.session, stage.stamp());
        signed_out.await.unwrap();
        dead(ends).await;
        assert!(stage.exchange(app.exchange(&stays)).await.is_ok());

        let code = stage.code(&app, &octocat).await;
        let password = PasswordHash("$other".to_owned());
        let set = store.set_password(octocat.user.id, password, stage.stamp());
        assert!(set.await.unwrap());
        dead(code).await;
        // The session that rests on the old password makes no more codes either.
        let request = app.request("repo user");
        let stale = stage.authority.approve(&request, &octocat, &caller()).await;
        assert!(matches!(stale, Err(Error::BadCredentials)));
        let stale = stage
            .authority
            .authorize(&request, Some(&octocat), &caller())
            .await;
        assert!(matches!(stale, Err(Error::BadCredentials)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s21_a_deleted_grant_kills_tokens_refresh_tokens_codes_and_device_codes() {
    on_both_engines(async |stage: Stage| {
        let octocat = stage.user("octocat").await;
        let settings = grantd_core::app::AppSettings {
            expiring_tokens: true,
            ..Default::default()
        };
        let app = stage.app_with(&octocat, false, settings).await;
        let used = stage.code(&app, &octocat).await;
        let tokens = stage.exchange(app.exchange(&used)).await.unwrap();
        let code = stage.code(&app, &octocat).await;
        let device = stage.start(&app, "repo").await;
        let approved = stage
            .authority
            .decide_device(device.user_code.expose(), true, &octocat, &caller())
            .await;
        assert!(approved.is_ok());

        let password = stage.password("octocat").await;
        let grants = stage.authority.grants(&password, None, ALL).await.unwrap();
        let grant = grants.items[0].id;
        let deleted = stage
            .authority
            .delete_grant(&password, grant, &caller())
            .await;
        assert!(deleted.is_ok());

        assert!(!stage.is_valid(&tokens).await);
        let refresh = &tokens.refresh.as_ref().unwrap().token;
        assert_eq!(
            refusal(stage.refresh(&app, refresh).await),
            "bad_refresh_token"
        );
        let exchanged = stage.exchange(app.exchange(&code)).await;
        assert_eq!(refusal(exchanged), "bad_verification_code");
        assert_eq!(
            refusal(stage.poll(&app, &device).await),
            "incorrect_device_code"
        );
        // And the person is asked again.
        let view = asked(stage.authorize(&app.request("repo"), &octocat).await);
        assert_eq!(view.granted, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s41_consent_is_taken_for_granted_only_from_apps_with_a_secret() {
    on_both_engines(async |stage: Stage| {
        let octocat = stage.user("octocat").await;
        let app = stage.app(&octocat).await;
        stage.code(&app, &octocat).await;
        for scope in ["repo user", "repo", "public_repo", ""] {
            let code = code(stage.authorize(&app.request(scope), &octocat).await);
            assert!(stage.exchange(app.exchange(&code)).await.is_ok(), "{scope}");
        }
        let view = asked(stage.authorize(&app.request("repo gist"), &octocat).await);
        let new: Vec<_> = view.scopes.iter().map(|one| one.is_new).collect();
        assert_eq!(new, [false, true]);
        let hubot = stage.user("hubot").await;
        asked(stage.authorize(&app.request("repo"), &hubot).await);

        let public = stage.public_app(&octocat).await;
        stage.code(&public, &octocat).await;
        asked(stage.authorize(&public.request("repo"), &octocat).await);
        asked(stage.authorize(&public.request(""), &octocat).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_changes_nothing_and_is_told() {
    on_both_engines(async |stage: Stage| {
        let octocat = stage.user("octocat").await;
        let app = stage.app(&octocat).await;
        let rows = async || {
            let trail = stage.authority.store.list_audit(0, 100).await;
            trail.unwrap().len()
        };
        let before = rows().await;
        let denied = stage.authority.deny(&app.request("repo"), &octocat).await;
        let Ok(Decision::Redirect(response)) = denied else {
            panic!("no redirect");
        };
        let Answer::Error(error) = response.answer else {
            panic!("no error");
        };
        assert_eq!(error, AuthorizationError::AccessDenied);
        assert_eq!(rows().await, before);
        // An app that is suspended meanwhile is a page, also for a yes and a no.
        let suspended = stage
            .authority
            .store
            .set_app_suspended(app.app.id, true, stage.stamp());
        assert!(suspended.await.unwrap());
        let request = app.request("repo");
        let (authority, who) = (&stage.authority, &octocat);
        for decision in [
            authority.authorize(&request, Some(who), &caller()).await,
            authority.approve(&request, who, &caller()).await,
            authority.deny(&request, who).await,
        ] {
            let rejected = Decision::Reject(Rejection::AppSuspended);
            let same = |one: &Decision| matches!((one, &rejected), (Decision::Reject(a), Decision::Reject(b)) if a == b);
            assert!(decision.is_ok_and(|one| same(&one)));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_wait_for_a_verified_address_where_the_policy_says_so() {
    let policy = || Policy {
        require_verified_email: true,
        ..Policy::default()
    };
    on_both_engines_with(policy, async |stage: Stage| {
        let octocat = stage.user("octocat").await;
        let address = Email::parse("hubot@example.com").unwrap();
        let hubot = stage.user_of("hubot", Some(address)).await;
        let app = stage.app(&octocat).await;
        let code = stage.code(&app, &octocat).await;
        let refused = stage.exchange(app.exchange(&code)).await;
        assert_eq!(refusal(refused), "unverified_user_email");
        let code = stage.code(&app, &hubot).await;
        assert!(stage.exchange(app.exchange(&code)).await.is_ok());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_the_web_flow_end_where_the_policy_says_so() {
    let policy = || Policy {
        lifetimes: Lifetimes {
            default_days: None,
            max_days: Some(3),
        },
        ..Policy::default()
    };
    on_both_engines_with(policy, async |stage: Stage| {
        let octocat = stage.user("octocat").await;
        let app = stage.app(&octocat).await;
        let code = stage.code(&app, &octocat).await;
        let tokens = stage.exchange(app.exchange(&code)).await.unwrap();
        assert_eq!(tokens.expires_in, Some(3 * 86_400));
        assert!(tokens.refresh.is_none(), "the app asked for none");
        let end = tokens.access.value.expires_at.unwrap();
        assert_eq!(end.since(tokens.access.value.created_at), 3 * 86_400);
        stage.clock.advance(3 * 86_400 - 1);
        assert!(stage.is_valid(&tokens).await);
        stage.clock.advance(1);
        assert!(!stage.is_valid(&tokens).await);
        // Who asks for ending tokens gets those.
        let settings = AppSettings {
            expiring_tokens: true,
            ..AppSettings::default()
        };
        let app = stage.app_with(&octocat, false, settings).await;
        let octocat = stage.signed_in("octocat").await;
        let code = stage.code(&app, &octocat).await;
        let tokens = stage.exchange(app.exchange(&code)).await.unwrap();
        assert_eq!(tokens.expires_in, Some(TOKEN_SECONDS));
        assert!(tokens.refresh.is_some());
    })
    .await;
}
