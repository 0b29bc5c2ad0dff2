//! Sealing anew, cut off at every row.

use std::sync::Arc;

use grantd_core::audit::Stamp;
use grantd_core::clock::{SystemClock, Timestamp};
use grantd_core::secret::Sealed;
use grantd_core::user::{Login, NewUser, PasswordHash, SecondFactor};
use grantd_store::conformance::cluster::Cluster;
use grantd_store::{DatabaseUrl, RekeyError, kept_key, rekey};

use crate::stage::place;

const USERS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn sealing_anew_goes_on_wherever_it_was_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    cut_off_everywhere(&place(None, &folder, "db")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_sealing_anew_goes_on_wherever_it_was_cut_off() {
    let (cluster, folder) = (Cluster::start(), tempfile::tempdir().unwrap());
    cut_off_everywhere(&place(Some(&cluster), &folder, "db")).await;
}

async fn cut_off_everywhere(url: &DatabaseUrl) {
    let store = url.open(Arc::new(SystemClock)).await.unwrap();
    store.claim_instance_key("one").await.unwrap();
    for number in 0..USERS {
        let new = NewUser {
            login: Login::from_stored(format!("user-{number}")),
            email: None,
            email_verified: false,
            password_hash: PasswordHash("$".to_owned()),
            site_admin: false,
            second_factor: Some(SecondFactor {
                totp_seed: Sealed(format!("one:{number}").into_bytes()),
                recovery_codes: vec![[number as u8; 32]],
            }),
        };
        let stamp = Stamp::operator(Timestamp(1_600_000_000));
        store.create_user(new, stamp).await.unwrap().unwrap();
    }
    store.close().await;
    for cut in 0..=USERS {
        let mut seen = 0;
        let mut again = |sealed: &[u8]| {
            seen += 1;
            if seen > cut {
                return Err("cut off on purpose".to_owned());
            }
            let text = std::str::from_utf8(sealed).unwrap();
            Ok(text
                .strip_prefix("one:")
                .map(|rest| format!("two:{rest}").into_bytes()))
        };
        let done = rekey(url, "one", "two", &mut again, &mut |_| ()).await;
        let kept = kept_key(url).await.unwrap();
        if cut < USERS {
            assert!(matches!(done, Err(RekeyError::Sealed(..))));
            assert_eq!(kept.as_deref(), Some("one"), "no node takes half of it");
        } else {
            assert!(done.is_ok());
            assert_eq!(kept.as_deref(), Some("two"));
        }
    }
    let mut all = Vec::new();
    let mut look = |sealed: &[u8]| {
        all.push(String::from_utf8(sealed.to_vec()).unwrap());
        Ok(None)
    };
    rekey(url, "two", "two", &mut look, &mut |_| ())
        .await
        .unwrap();
    assert_eq!(all, ["two:0", "two:1", "two:2", "two:3"]);
    let moved = rekey(url, "one", "three", &mut |_| Ok(None), &mut |_| ()).await;
    assert!(matches!(moved, Err(RekeyError::Moved)));
}
