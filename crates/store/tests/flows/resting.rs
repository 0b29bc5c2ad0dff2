//! What of all this is in the file.

use std::sync::Arc;

use grantd_core::app::AppSettings;
use grantd_core::authority::Policy;
use grantd_core::store::SharedStore;
use grantd_store::{Options, SqliteStore};

use crate::stage::*;

#[tokio::test(flavor = "multi_thread")]
async fn sec_s15_no_code_and_no_refresh_token_rests_in_the_clear() {
    let folder = tempfile::tempdir().unwrap();
    let open = SqliteStore::open(&folder.path().join("grantd.db"), Options::default());
    let store: SharedStore = Arc::new(open.unwrap());
    let stage = Stage::new(store.clone(), Policy::default());
    let octocat = stage.user("octocat").await;
    let settings = AppSettings {
        expiring_tokens: true,
        ..AppSettings::default()
    };
    let app = stage.app_with(&octocat, false, settings).await;
    let (used, unused) = (
        stage.code(&app, &octocat).await,
        stage.code(&app, &octocat).await,
    );
    let tokens = stage.exchange(app.exchange(&used)).await.unwrap();
    let device = stage.start(&app, "repo").await;
    let refresh = &tokens.refresh.as_ref().unwrap().token;
    let bytes = |hex: &str| data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap();
    let user_code = device.user_code.expose();
    let secrets = [
        used.expose().as_bytes().to_vec(),
        unused.expose().as_bytes().to_vec(),
        bytes(unused.expose()),
        device.device_code.expose().as_bytes().to_vec(),
        bytes(device.device_code.expose()),
        user_code.as_bytes().to_vec(),
        user_code.replace('-', "").into_bytes(),
        refresh.expose().as_bytes().to_vec(),
        app.secret.as_deref().unwrap().as_bytes().to_vec(),
    ];
    for when in ["open", "closed"] {
        let files: Vec<Vec<u8>> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|file| std::fs::read(file.unwrap().path()).unwrap())
            .collect();
        let holds = |what: &[u8]| {
            files
                .iter()
                .any(|file| file.windows(what.len()).any(|bytes| bytes == what))
        };
        assert!(holds(CALLBACK.as_bytes()), "the search finds what is there");
        for (number, secret) in secrets.iter().enumerate() {
            assert!(!holds(secret), "{when}: secret {number} is in the file");
        }
        store.close().await;
    }
}
