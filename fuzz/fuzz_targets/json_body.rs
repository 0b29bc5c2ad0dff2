//! JSON bodies: parsed, held to the schema, and the values to their rules.
#![no_main]

use grantd_core::error::{Error, Malformed};
use grantd_core::fingerprint::Fingerprint;
use grantd_core::note::{Note, NoteUrl};
use grantd_core::scope::{Catalogue, ScopeKeys, Scopes};
use grantd_server::body::{Schema, object};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const TEXTS: [&str; 5] = [
    "client_id",
    "client_secret",
    "note",
    "note_url",
    "fingerprint",
];
const LISTS: [&str; 3] = ["scopes", "add_scopes", "remove_scopes"];

fn sentences(schema: Schema) -> Vec<String> {
    match schema.finish() {
        Ok(()) => Vec::new(),
        Err(Error::Schema(lines)) => {
            assert!(!lines.is_empty());
            lines
        }
        Err(other) => panic!("{other}"),
    }
}

fuzz_target!(|data: &[u8]| {
    let map = match object(data) {
        Ok(map) => map,
        Err(Error::Malformed(Malformed::NotAnObject)) => {
            return assert!(!serde_json::from_slice::<Value>(data).unwrap().is_object());
        }
        Err(Error::Malformed(Malformed::Json)) => return,
        Err(other) => panic!("{other}"),
    };
    for lists_may_be_strings in [false, true] {
        let mut schema = Schema::new(map.clone(), lists_may_be_strings);
        let texts = TEXTS.map(|field| (field, schema.text(field)));
        let lists = LISTS.map(|field| (field, schema.list(field)));
        let clean = sentences(schema).is_empty();
        for (field, read) in &texts {
            match (map.get(*field), read) {
                (None, None) | (Some(Value::Null), Some(None)) => {}
                (Some(Value::String(sent)), Some(Some(got))) => assert_eq!(sent, got),
                (Some(_), None) => assert!(!clean, "{field} was refused without a sentence"),
                other => panic!("{field}: {other:?}"),
            }
        }
        if !clean {
            continue;
        }
        let [(_, scopes), (_, add), (_, remove)] = lists;
        rules(&texts, scopes, add.flatten(), remove.flatten());
    }
    let mut schema = Schema::new(map.clone(), false);
    schema.require(&["client_secret"]);
    schema.permit_only(&["client_secret", "scopes", "note", "note_url"]);
    for line in sentences(schema) {
        assert!(line.ends_with('.') || line.ends_with('…'), "{line}");
        assert!(
            line.len() < 1_200,
            "a sentence quotes too much: {}",
            line.len()
        );
    }
});

fn rules(
    texts: &[(&str, Option<Option<String>>)],
    scopes: Option<Option<Vec<String>>>,
    add: Option<Vec<String>>,
    remove: Option<Vec<String>>,
) {
    for (_, text) in texts {
        let Some(Some(text)) = text else { continue };
        if let Ok(note) = Note::parse(text.clone()) {
            assert!(note.as_str() == text && !text.contains('\0') && text.len() <= 1_024);
        }
        if let Ok(url) = NoteUrl::parse(text.clone()) {
            assert!(url.as_str() == text && !text.contains('\0') && text.len() <= 2_048);
        }
        if let Ok(fingerprint) = Fingerprint::parse(Some(text.clone())) {
            assert_eq!(fingerprint.get().unwrap_or(""), text);
        }
    }
    let catalogue = Catalogue::default();
    let before = Scopes::from_stored("repo gist");
    let exclusive = scopes.is_some() && (add.is_some() || remove.is_some());
    let keys = ScopeKeys {
        scopes,
        add,
        remove,
    };
    if let Ok(change) = catalogue.change(keys) {
        assert!(!exclusive);
        let after = change.apply(&before);
        for scope in after.iter() {
            let known = catalogue
                .definitions()
                .any(|(name, _)| name == scope.as_str());
            assert!(known, "{scope} is held and unknown");
        }
        assert_eq!(
            Scopes::from_stored(&after.to_stored()),
            after,
            "each once, and stored as it is"
        );
    }
}
