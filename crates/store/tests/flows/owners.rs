//! What the owner of an app does with it, and what that changes for the app.

use grantd_core::app::AppEdit;
use grantd_core::developer::AppForm;
use grantd_core::error::Error;
use grantd_core::ids::UserId;
use grantd_core::logo::Logo;
use grantd_core::store::PageRequest;

use crate::stage::*;

#[tokio::test(flavor = "multi_thread")]
async fn anothers_app_looks_missing_to_everybody_but_a_site_admin() {
    on_both_engines(async |stage: Stage| {
        let (octocat, hubot) = (stage.user("octocat").await, stage.user("hubot").await);
        let app = stage.app(&octocat).await;
        let (id, authority) = (app.app.client_id.as_str(), &stage.authority);
        let missing = |result: Result<(), Error>| matches!(result, Err(Error::NotFound));
        let edit = AppEdit::default;
        let caller = &caller();
        let refused = [
            missing(authority.own_app(&hubot, id).await.map(drop)),
            missing(
                authority
                    .edit_own_app(&hubot, id, edit(), caller)
                    .await
                    .map(drop),
            ),
            missing(
                authority
                    .rotate_own_secret(&hubot, id, 0, caller)
                    .await
                    .map(drop),
            ),
            missing(authority.end_own_previous_secret(&hubot, id, caller).await),
            missing(authority.set_own_logo(&hubot, id, None, caller).await),
            missing(authority.count_own_app(&hubot, id).await.map(drop)),
            missing(authority.delete_own_app(&hubot, id, caller).await),
            missing(authority.own_app(&octocat, "nope").await.map(drop)),
            missing(authority.own_app(&octocat, "a/b").await.map(drop)),
            missing(authority.app_logo(id).await.map(drop)),
        ];
        assert_eq!(refused, [true; 10]);
        assert!(authority.own_app(&octocat, id).await.is_ok());
        let mut admin = hubot.clone();
        admin.user.site_admin = true;
        assert!(authority.own_app(&admin, id).await.is_ok());
        assert!(authority.delete_own_app(&octocat, id, caller).await.is_ok());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_registers_edits_and_shows_an_app() {
    on_both_engines(async |stage: Stage| {
        let octocat = stage.user("octocat").await;
        let (authority, caller) = (&stage.authority, &caller());
        let form = AppForm {
            name: "Builder".to_owned(),
            url: "https://app.example".to_owned(),
            callback_urls: vec![CALLBACK.to_owned()],
            ..AppForm::default()
        };
        let made = authority.register_app(&octocat, form.clone(), caller).await;
        let (app, secret) = made.unwrap();
        assert_eq!(secret.unwrap().expose().len(), 40);
        let public = AppForm {
            public: true,
            ..form.clone()
        };
        let made = authority.register_app(&octocat, public, caller).await;
        assert!(made.unwrap().1.is_none());
        let bad = AppForm {
            callback_urls: vec!["javascript:alert(1)".to_owned()],
            ..form
        };
        let refused = authority.register_app(&octocat, bad, caller).await;
        assert!(matches!(refused, Err(Error::Invalid(_))));
        let page = PageRequest {
            page: 1,
            per_page: 10,
        };
        assert_eq!(authority.own_apps(&octocat, page).await.unwrap().total, 2);
        let id = app.client_id.as_str();
        let edit = AppEdit {
            name: Some(String::new()),
            ..AppEdit::default()
        };
        let refused = authority.edit_own_app(&octocat, id, edit, caller).await;
        assert!(matches!(refused, Err(Error::Invalid(_))));
        let logo = Logo::parse(b"GIF89a".to_vec()).unwrap();
        let set = authority.set_own_logo(&octocat, id, Some(logo.clone()), caller);
        assert!(set.await.is_ok());
        assert_eq!(authority.app_logo(id).await.unwrap(), logo);
        assert_eq!(app.owner_id, UserId(octocat.user.id.0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_replaced_by_overlap_proves_the_app_at_every_door() {
    on_both_engines(async |stage: Stage| {
        let octocat = stage.user("octocat").await;
        let app = stage.app(&octocat).await;
        let id = app.app.client_id.as_str();
        let rotated = stage
            .authority
            .rotate_own_secret(&octocat, id, 60, &caller())
            .await;
        let (_, fresh) = rotated.unwrap();
        let old = secret(app.secret.as_deref().unwrap());
        let opens = async |secret: &grantd_core::secret::Secret| {
            let door = stage.authority.app(id, secret, None, &caller()).await;
            let code = stage.code(&app, &octocat).await;
            let exchange = grantd_core::code_exchange::CodeExchange {
                client_secret: Some(secret.clone()),
                ..app.exchange(&code)
            };
            let opened = stage.exchange(exchange).await.is_ok();
            assert_eq!(opened, matches!(door, Ok(Some(_))));
            opened
        };
        assert!(opens(&fresh).await && opens(&old).await);
        assert!(!opens(&secret("wrong")).await);
        stage.clock.advance(60);
        assert!(opens(&fresh).await && !opens(&old).await);
    })
    .await;
}
