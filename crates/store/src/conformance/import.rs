//! Promises about what comes from another authority.

use std::sync::Arc;

use grantd_core::app::{App, ClientId};
use grantd_core::fingerprint::Fingerprint;
use grantd_core::ids::AuthorizationId;
use grantd_core::import::{Ended, ImportedToken, Outcome, Refusal};
use grantd_core::user::User;

use super::import_apps::imported_app;
use super::world::*;

const LATER: i64 = 500;

pub(super) fn token(w: &World, owner: &User, app: Option<&App>) -> ImportedToken {
    let token = w.token();
    ImportedToken {
        owner: owner.login.key(),
        client_id: app.map(|app| app.client_id.clone()),
        token_hash: token.hash,
        salted: None,
        note: note(&format!("token {}", token.last_eight.0)),
        token_last_eight: token.last_eight,
        note_url: None,
        scopes: scopes("user repo"),
        fingerprint: Fingerprint::default(),
        created_at: NOW.plus(-1_000),
        updated_at: NOW.plus(-900),
        expires_at: Some(NOW.plus(1_000_000)),
    }
}

async fn import_knowing(w: &World, ended: &Ended, tokens: &[ImportedToken]) -> Vec<Outcome> {
    let ended = Arc::new(ended.clone());
    let imported = w
        .store
        .import_tokens(tokens.to_vec(), ended, false, later(LATER));
    imported.await.unwrap()
}

pub(super) async fn import(w: &World, tokens: &[ImportedToken]) -> Vec<Outcome> {
    let ended = Ended::gather(&*w.store, |_| ()).await.unwrap();
    import_knowing(w, &ended, tokens).await
}

pub(super) fn refused(why: Refusal) -> Vec<Outcome> {
    vec![Outcome::Refused(why)]
}

pub(super) async fn a_token_comes_as_it_was_and_is_valid_at_once(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let rows = w.trail().await.len();
    let personal = token(&w, &octocat, None);
    let of_app = ImportedToken {
        note: None,
        fingerprint: fingerprint("mine"),
        ..token(&w, &octocat, Some(&app))
    };
    let both = [personal.clone(), of_app.clone()];
    assert_eq!(
        import(&w, &both).await,
        [Outcome::Imported, Outcome::Imported]
    );
    let kept = w.authorizations(&octocat).await;
    for (kept, came) in kept.iter().zip(&both) {
        assert_eq!(
            (kept.token_hash, &kept.token_last_eight),
            (came.token_hash, &came.token_last_eight)
        );
        assert_eq!((&kept.note, &kept.note_url), (&came.note, &came.note_url));
        assert_eq!(
            (&kept.scopes, &kept.fingerprint),
            (&came.scopes, &came.fingerprint)
        );
        assert_eq!(
            (kept.created_at, kept.updated_at),
            (came.created_at, came.updated_at)
        );
        assert_eq!(kept.expires_at, came.expires_at);
        assert!(w.is_valid(came.token_hash).await);
    }
    assert_eq!(
        w.check(&app, of_app.token_hash).await.as_ref(),
        Some(&kept[1])
    );
    assert_eq!(w.check(&app, personal.token_hash).await, None);
    let trail = w.trail().await;
    let about: Vec<_> = trail[rows..]
        .iter()
        .filter(|row| row.token_hash.is_some())
        .collect();
    assert_eq!(about.len(), 2);
    for (row, kept) in about.iter().zip(&kept) {
        assert_eq!(
            (row.action.as_str(), row.at),
            ("oauth_access.import", NOW.plus(LATER))
        );
        assert_eq!(
            (row.authorization_id, row.token_hash),
            (Some(kept.id), Some(kept.token_hash))
        );
        assert_eq!(
            (row.user_id, row.app_id),
            (Some(octocat.id), kept.app.as_ref().map(|app| app.id))
        );
    }
}

pub(super) async fn ids_ascend_as_tokens_come(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let pick = |at: usize| at.is_multiple_of(3).then_some(&app);
    let many: Vec<_> = (0..200).map(|at| token(&w, &octocat, pick(at))).collect();
    import(&w, &many).await;
    let lives = w.store.list_lives(AuthorizationId(0), 1_000).await.unwrap();
    let kept: Vec<_> = lives
        .iter()
        .map(|one| one.owned.authorization.token_hash)
        .collect();
    let came: Vec<_> = many.iter().map(|token| token.token_hash).collect();
    assert_eq!(kept, came);
}

pub(super) async fn a_grant_comes_and_grows_with_what_comes_under_it(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let first = token(&w, &octocat, Some(&app));
    let second = ImportedToken {
        scopes: scopes("gist"),
        created_at: NOW.plus(-2_000),
        ..token(&w, &octocat, Some(&app))
    };
    import(&w, &[first, second.clone()]).await;
    let grant = w.grant(&octocat).await;
    assert_eq!(grant.scopes, scopes("user repo gist"));
    assert_eq!(grant.created_at, NOW.plus(-2_000));
    let third = ImportedToken {
        scopes: scopes("admin:org"),
        ..token(&w, &octocat, Some(&app))
    };
    import(&w, &[third]).await;
    let grown = w.grant(&octocat).await;
    assert_eq!(
        (grown.id, grown.scopes),
        (grant.id, scopes("user repo gist admin:org"))
    );
    assert_eq!(grown.created_at, grant.created_at);
    assert!(
        w.store
            .delete_grant(octocat.id, grant.id, operator())
            .await
            .unwrap()
    );
    assert!(!w.is_valid(second.token_hash).await);
    assert!(w.authorizations(&octocat).await.is_empty());
}

pub(super) async fn what_is_here_stays_as_it_is(w: World) {
    let octocat = w.user("octocat").await;
    let hubot = w.user("hubot").await;
    let app = w.app("abc", &octocat).await;
    let came = token(&w, &octocat, Some(&app));
    let twice = [came.clone(), came.clone()];
    assert_eq!(
        import(&w, &twice).await,
        [Outcome::Imported, Outcome::Present]
    );
    let (kept, rows) = (w.authorizations(&octocat).await, w.trail().await.len());
    let other = ImportedToken {
        scopes: scopes("admin:org"),
        created_at: NOW,
        ..came.clone()
    };
    assert_eq!(import(&w, &[other]).await, [Outcome::Present]);
    for another in [
        ImportedToken {
            owner: hubot.login.key(),
            ..came.clone()
        },
        ImportedToken {
            client_id: None,
            ..came.clone()
        },
    ] {
        assert_eq!(
            import(&w, &[another]).await,
            refused(Refusal::HeldByAnother)
        );
    }
    assert_eq!(w.authorizations(&octocat).await, kept);
    assert_eq!(w.trail().await.len(), rows);
    let minted = w.create(w.for_app(&octocat, &app, "repo")).await;
    let own = ImportedToken {
        token_hash: minted.token_hash,
        ..came
    };
    assert_eq!(import(&w, &[own]).await, [Outcome::Present]);
}

pub(super) async fn sec_what_has_ended_here_never_comes_back(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let revoked = token(&w, &octocat, Some(&app));
    let reset = token(&w, &octocat, Some(&app));
    let both = [revoked.clone(), reset.clone()];
    import(&w, &both).await;
    let minted = w.create(w.personal(&octocat, "minted")).await;
    let s = &w.store;
    assert!(
        s.revoke_token(app.id, revoked.token_hash, operator())
            .await
            .unwrap()
    );
    let new = s.reset_token(app.id, reset.token_hash, w.token(), operator());
    assert!(new.await.unwrap().is_some());
    assert!(s.delete_token(minted.id, operator()).await.unwrap());
    let own = ImportedToken {
        token_hash: minted.token_hash,
        ..token(&w, &octocat, None)
    };
    for gone in [&revoked, &reset, &own] {
        let again = import(&w, std::slice::from_ref(gone)).await;
        assert_eq!(again, refused(Refusal::EndedHere));
        assert!(!w.is_valid(gone.token_hash).await);
    }
    let grant = w.grant(&octocat).await;
    let last = token(&w, &octocat, Some(&app));
    import(&w, std::slice::from_ref(&last)).await;
    assert!(
        s.delete_grant(octocat.id, grant.id, operator())
            .await
            .unwrap()
    );
    assert_eq!(import(&w, &[last]).await, refused(Refusal::EndedHere));
}

pub(super) async fn sec_an_end_after_the_trail_was_read_counts_too(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let ended = Ended::gather(&*w.store, |_| ()).await.unwrap();
    let came = token(&w, &octocat, Some(&app));
    import_knowing(&w, &ended, std::slice::from_ref(&came)).await;
    assert!(
        w.store
            .revoke_token(app.id, came.token_hash, operator())
            .await
            .unwrap()
    );
    let again = import_knowing(&w, &ended, &[came]).await;
    assert_eq!(again, refused(Refusal::EndedHere));
}

pub(super) async fn what_has_no_place_is_refused(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let here = w.create(w.personal(&octocat, "laptop")).await;
    let nobody = ImportedToken {
        owner: grantd_core::user::LoginKey::of("nobody"),
        ..token(&w, &octocat, None)
    };
    let no_app = ImportedToken {
        client_id: ClientId::parse("missing").ok(),
        ..token(&w, &octocat, None)
    };
    let note = ImportedToken {
        note: here.note.clone(),
        ..token(&w, &octocat, None)
    };
    let marked = || ImportedToken {
        fingerprint: fingerprint("mine"),
        ..token(&w, &octocat, Some(&app))
    };
    let good = token(&w, &octocat, None);
    let all = [nobody, no_app, note, marked(), marked(), good];
    let outcomes = import(&w, &all).await;
    assert_eq!(
        outcomes,
        [
            Outcome::Refused(Refusal::UnknownUser("nobody".into())),
            Outcome::Refused(Refusal::UnknownApp("missing".into())),
            Outcome::Refused(Refusal::NoteTaken),
            Outcome::Imported,
            Outcome::Refused(Refusal::FingerprintTaken),
            Outcome::Imported,
        ]
    );
    assert_eq!(w.authorizations(&octocat).await.len(), 3);
}

pub(super) async fn a_rehearsal_changes_nothing(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let rows = w.trail().await.len();
    let came = token(&w, &octocat, Some(&app));
    let rehearsed = w
        .store
        .import_tokens(vec![came.clone()], Arc::default(), true, operator());
    assert_eq!(rehearsed.await.unwrap(), [Outcome::Imported]);
    let rehearsed = w
        .store
        .import_app(imported_app("fresh", &octocat), true, operator());
    assert_eq!(rehearsed.await.unwrap(), Outcome::Imported);
    assert!(!w.is_valid(came.token_hash).await);
    assert_eq!(
        w.store
            .list_grants(octocat.id, None, ALL)
            .await
            .unwrap()
            .total,
        0
    );
    assert_eq!(w.store.list_apps(ALL).await.unwrap().total, 1);
    assert_eq!(w.trail().await.len(), rows);
}

pub(super) async fn an_idle_token_counts_from_its_coming(w: World) {
    let octocat = w.user("octocat").await;
    import(&w, &[token(&w, &octocat, None)]).await;
    let lives = w.store.list_lives(AuthorizationId(0), 10).await.unwrap();
    assert_eq!(lives[0].idle_since(), NOW.plus(LATER));
}

pub(super) async fn limits_of_mints_do_not_count(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let many: Vec<_> = (0..15).map(|_| token(&w, &octocat, Some(&app))).collect();
    let outcomes = import(&w, &many).await;
    assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Imported));
    assert_eq!(w.authorizations(&octocat).await.len(), 15);
}

pub(super) async fn one_of_many_concurrent_imports_adds_a_token(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let came = [token(&w, &octocat, Some(&app)), token(&w, &octocat, None)];
    let outcomes = w
        .race(20, |w| {
            let came = came.clone();
            async move { import_knowing(&w, &Ended::default(), &came).await }
        })
        .await;
    for at in 0..2 {
        let imported = outcomes.iter().filter(|all| all[at] == Outcome::Imported);
        let present = outcomes.iter().filter(|all| all[at] == Outcome::Present);
        assert_eq!((imported.count(), present.count()), (1, 19));
    }
    assert_eq!(w.authorizations(&octocat).await.len(), 2);
}
