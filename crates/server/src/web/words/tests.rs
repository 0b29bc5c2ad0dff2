//! Holds the catalogues to one another, to the templates and to the code.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fluent_bundle::FluentResource;

use super::catalogue::{CHINESE, ENGLISH, GERMAN};
use super::*;

/// Every key of a language's files, and the names of what is put in.
fn keys(files: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let mut keys = BTreeMap::new();
    for file in files {
        let resource = FluentResource::try_new((*file).to_owned());
        assert!(resource.is_ok(), "{:?}", resource.err().map(|(_, e)| e));
        let mut key = String::new();
        for line in file.lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, _)) = line.split_once(" =")
                && line.starts_with(|c: char| c.is_ascii_alphabetic())
            {
                key = name.trim().to_owned();
                let again = keys.insert(key.clone(), BTreeSet::new());
                assert!(again.is_none(), "{key} stands twice");
            }
            for (at, _) in line.match_indices('$') {
                let name = line[at + 1..]
                    .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .next()
                    .unwrap();
                keys.get_mut(&key).unwrap().insert(name.to_owned());
            }
        }
    }
    keys
}

#[test]
fn every_language_has_the_same_messages_with_the_same_values() {
    let english = keys(ENGLISH);
    assert!(english.len() > 100);
    for (language, files) in [("de", GERMAN), ("zh", CHINESE)] {
        let other = keys(files);
        for (key, values) in &english {
            assert_eq!(other.get(key), Some(values), "{language}: {key}");
        }
        for key in other.keys() {
            assert!(
                english.contains_key(key),
                "{language}: {key} is not English"
            );
        }
    }
}

/// All files below `folder` whose name ends with `end`.
fn sources(folder: &Path, end: &str, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, end, found);
        } else if path.to_string_lossy().ends_with(end) {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path.display().to_string(), text));
        }
    }
}

/// What stands between the first two quotes after each `call`.
fn literals<'a>(text: &'a str, call: &str) -> Vec<Vec<&'a str>> {
    text.match_indices(call)
        .filter_map(|(at, _)| {
            let rest = &text[at + call.len()..];
            let rest = rest.trim_start();
            rest.starts_with('"').then(|| {
                let end = rest.find([';', '}']).unwrap_or(rest.len());
                rest[..end].split('"').skip(1).step_by(2).collect()
            })
        })
        .collect()
}

#[test]
fn pages_use_only_messages_that_exist_with_the_values_that_they_name() {
    let english = keys(ENGLISH);
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&top.join("templates"), ".html", &mut files);
    sources(&top.join("src/web"), ".rs", &mut files);
    files.retain(|(path, _)| !path.contains("words"));
    let mut used = BTreeSet::new();
    for (path, text) in &files {
        for (call, values) in [(".t(", 0), (".t1(", 1), (".t2(", 2)] {
            for found in literals(text, call) {
                let key = found[0];
                let wanted = english
                    .get(key)
                    .unwrap_or_else(|| panic!("{path}: {key} is in no catalogue"));
                assert_eq!(wanted.len(), values, "{path}: {key} has {wanted:?}");
                for name in wanted {
                    assert!(found.contains(&name.as_str()), "{path}: {key} lacks {name}");
                }
                used.insert(key.to_owned());
            }
        }
    }
    // Keys that follow from data, or are named where they are chosen.
    let all: String = files.iter().map(|(_, text)| text.as_str()).collect();
    let by_data = ["scope-", "event-", "date", "notice-"];
    let unused: Vec<&String> = english
        .keys()
        .filter(|key| !used.contains(*key) && !all.contains(&format!("\"{key}\"")))
        .filter(|key| !by_data.iter().any(|start| key.starts_with(start)))
        .collect();
    assert!(unused.is_empty(), "used nowhere: {unused:?}");
}

#[test]
fn the_shipped_scopes_are_translated() {
    for (name, definition) in grantd_core::scope::Catalogue::default().definitions() {
        let german = Words::new(Language::German).scope(name, &definition.words);
        assert_ne!(german, definition.words, "{name}");
        let own = Words::new(Language::German).scope(name, "Our own words");
        assert_eq!(own, "Our own words");
    }
}

#[test]
fn the_first_accepted_language_that_is_spoken_here_is_spoken() {
    for (header, expected) in [
        ("", Language::English),
        ("*", Language::English),
        ("de-CH, de;q=0.9", Language::German),
        ("fr, zh-CN;q=0.8, de;q=0.5", Language::Chinese),
        ("zh-TW", Language::Chinese),
        ("en;q=0.4, de;q=0.5", Language::German),
        ("de;q=0, en", Language::English),
        ("de;q=nonsense, zh", Language::Chinese),
        ("fr", Language::English),
        ("qps", Language::English),
    ] {
        assert_eq!(Language::accepted(header, false), expected, "{header}");
    }
    assert_eq!(Language::accepted("qps", true), Language::Pseudo);
}

#[test]
fn dates_are_written_as_the_language_writes_them() {
    let at = Timestamp::parse("2018-09-30T09:07:18Z").unwrap();
    let said = |language| {
        let words = Words::new(language);
        (words.date(at), words.date_time(at))
    };
    let both = |date: &str, time: &str| (date.to_owned(), time.to_owned());
    assert_eq!(
        said(Language::English),
        both("30 September 2018", "30 September 2018, 09:07 UTC")
    );
    assert_eq!(
        said(Language::German),
        both("30. September 2018", "30. September 2018, 09:07 UTC")
    );
    assert_eq!(
        said(Language::Chinese),
        both("2018年9月30日", "2018年9月30日 09:07 UTC")
    );
    assert_eq!(said(Language::Pseudo).0, "⟦30 September 2018⟧");
}
