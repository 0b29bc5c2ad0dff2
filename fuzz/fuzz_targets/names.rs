//! Names that people type: logins, addresses, client ids, times, networks, numbers.
#![no_main]

use grantd_core::app::ClientId;
use grantd_core::clock::Timestamp;
use grantd_core::ids::AuthorizationId;
use grantd_core::scope::{Catalogue, ScopeDefinition};
use grantd_core::secret::InstanceKey;
use grantd_core::user::{Email, Login, LoginKey};
use grantd_server::settings::Network;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let key = LoginKey::of(text);
    assert_eq!(LoginKey::of(key.as_str()), key, "canonical is canonical");
    assert_eq!(
        LoginKey::of(&format!(" {text}\t")),
        key,
        "blanks around count for nothing"
    );
    if let Ok(login) = Login::parse(text) {
        assert_eq!(login.as_str(), text);
        assert_eq!(login.key().as_str(), text.to_ascii_lowercase());
        assert_eq!(LoginKey::of(&text.to_uppercase()), login.key());
    }
    if let Ok(email) = Email::parse(text) {
        assert!(email.as_str() == text && text.matches('@').count() == 1);
    }
    if let Ok(id) = ClientId::parse(text) {
        assert!(id.as_str() == text && text != "grants" && !text.contains([':', '/', '%']));
    }
    if let Some(id) = AuthorizationId::parse(text) {
        assert!(id.0 >= 0);
        assert_eq!(AuthorizationId::parse(&id.to_string()), Some(id));
    }
    if let Some(time) = Timestamp::parse(text) {
        assert_eq!(Timestamp::parse(&time.to_string()), Some(time), "{time}");
    }
    if let Some(network) = Network::parse(text) {
        assert!(network.contains(network.address.to_canonical()) || network.address.is_ipv6());
    }
    let _ = InstanceKey::parse(text);
    let own = ScopeDefinition {
        implies: vec!["gist".into()],
        words: String::new(),
    };
    if let Ok(catalogue) = Catalogue::with([(text.to_owned(), own)]) {
        let held = catalogue.parse(&[text.to_owned()]).unwrap();
        assert!(catalogue.covers(&held, text) && catalogue.covers(&held, "gist"));
    }
});
