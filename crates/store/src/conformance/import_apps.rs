//! Promises about apps that come from another authority.

use grantd_core::app::{AppSettings, ClientId};
use grantd_core::import::{ImportedApp, Outcome, Refusal};
use grantd_core::secret::SecretHash;
use grantd_core::user::User;

use super::world::*;

pub(super) fn imported_app(client_id: &str, owner: &User) -> ImportedApp {
    ImportedApp {
        client_id: ClientId::from_stored(client_id.to_owned()),
        name: "App".to_owned(),
        url: "https://app.example".to_owned(),
        description: Some("what it is for".to_owned()),
        callback_urls: vec!["https://app.example/cb".to_owned()],
        owner: owner.login.key(),
        secret_hash: Some(SecretHash([9; 32])),
        settings: AppSettings {
            allowed_scopes: Some(scopes("repo")),
            ..AppSettings::default()
        },
        suspended_at: Some(NOW.plus(-5)),
        created_at: NOW.plus(-1_000),
        updated_at: NOW.plus(-900),
    }
}

pub(super) async fn an_app_comes_with_id_secret_and_dates(w: World) {
    let octocat = w.user("octocat").await;
    let hubot = w.user("hubot").await;
    let client_id = "yk3mN0_8sGdZkTq1VwXc-Lr5uJhB2aPeOi7fYtR4Q9E";
    let came = imported_app(client_id, &octocat);
    let rows = w.trail().await.len();
    let take = async |app: ImportedApp| w.store.import_app(app, false, operator()).await.unwrap();
    assert_eq!(take(came.clone()).await, Outcome::Imported);
    let found = w.store.find_app(&came.client_id).await.unwrap().unwrap();
    assert!(
        found
            .secret_hash
            .is_some_and(|hash| hash.matches(&SecretHash([9; 32])))
    );
    let app = &found.app;
    assert_eq!(
        (app.owner_id, app.suspended_at),
        (octocat.id, Some(NOW.plus(-5)))
    );
    assert_eq!(
        (app.created_at, app.updated_at),
        (came.created_at, came.updated_at)
    );
    assert_eq!(
        (&app.description, &app.callback_urls),
        (&came.description, &came.callback_urls)
    );
    assert_eq!(app.settings, came.settings);
    assert_eq!(w.actions(rows).await, ["oauth_application.import"]);
    assert_eq!(take(came.clone()).await, Outcome::Present);
    let another_secret = ImportedApp {
        secret_hash: Some(SecretHash([8; 32])),
        ..came.clone()
    };
    let public = ImportedApp {
        secret_hash: None,
        ..came.clone()
    };
    for other in [another_secret, public] {
        assert_eq!(take(other).await, Outcome::Refused(Refusal::ClientIdTaken));
    }
    let kept = w.store.delete_user(hubot.id, operator()).await;
    assert!(kept.unwrap());
    let nobodys = imported_app("nobodys", &hubot);
    let refused = take(nobodys).await;
    assert_eq!(
        refused,
        Outcome::Refused(Refusal::UnknownUser("hubot".into()))
    );
}
