//! The data folder and the instance key.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::place::{PASSWORD, Place};

fn mode(place: &Place, name: &str) -> u32 {
    fs::metadata(place.path(name)).unwrap().permissions().mode() & 0o777
}

#[test]
fn folder_and_key_are_made_for_their_owner_only() {
    let place = Place::new();
    place.user("octocat");
    assert_eq!(
        (
            mode(&place, "grantd-data"),
            mode(&place, "grantd-data/instance.key")
        ),
        (0o700, 0o600)
    );
    assert!(place.path("grantd-data/grantd.db").exists());
    let key = fs::read_to_string(place.path("grantd-data/instance.key")).unwrap();
    assert!(key.len() == 65 && key.ends_with('\n'));
    place.user("hubot");
    assert_eq!(
        fs::read_to_string(place.path("grantd-data/instance.key")).unwrap(),
        key
    );
}

#[test]
fn another_key_stops_every_command() {
    let place = Place::new();
    place.user("octocat");
    let other = place.file("other.key", &format!("{}\n", "0a".repeat(32)));
    let refused = place.run_in(&[("GRANTD_INSTANCE_KEY_FILE", &other)], &["user", "list"]);
    assert!(
        refused
            .refusal()
            .contains("is not the key of this database")
    );
    let broken = place.file("broken.key", "hello");
    let refused = place.run_in(
        &[("GRANTD_INSTANCE_KEY_FILE", &broken)],
        &["serve", "--listen", "127.0.0.1:0"],
    );
    assert!(refused.refusal().contains("64 hex digits"));
}

#[test]
fn a_lost_key_is_not_replaced() {
    let place = Place::new();
    place.user("octocat");
    fs::rename(place.path("grantd-data/instance.key"), place.path("kept")).unwrap();
    for _ in 0..2 {
        assert!(
            place
                .run(&["user", "list"])
                .refusal()
                .contains("is missing")
        );
        assert!(!place.path("grantd-data/instance.key").exists());
    }
    fs::rename(place.path("kept"), place.path("grantd-data/instance.key")).unwrap();
    place.run(&["user", "list"]).json();
}

#[test]
fn the_first_of_many_commands_makes_the_key_for_all() {
    let place = Place::new();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let place = &place;
            let login = format!("user-{number}");
            scope.spawn(move || {
                place
                    .run_with(
                        &["user", "create", &login, "--password-stdin", "--totp"],
                        PASSWORD,
                    )
                    .json()
            });
        }
    });
    assert_eq!(
        place
            .run(&["user", "list"])
            .json()
            .as_array()
            .unwrap()
            .len(),
        8
    );
}

#[test]
fn data_and_database_may_lie_elsewhere() {
    let place = Place::new();
    let database = format!("sqlite:{}", place.path("elsewhere.db").display());
    let data = place.path("state").display().to_string();
    place
        .run_with(
            &[
                "--data",
                &data,
                "user",
                "create",
                "octocat",
                "--password-stdin",
                "--database",
                &database,
            ],
            PASSWORD,
        )
        .json();
    assert!(place.path("elsewhere.db").exists() && place.path("state/instance.key").exists());
    assert!(!place.path("grantd-data").exists() && !place.path("state/grantd.db").exists());
    let list = place
        .run(&["user", "--database", &database, "list", "--data", &data])
        .json();
    assert_eq!(list[0]["login"], "octocat");
    let nowhere = place.run(&["user", "list", "--database", "sqlite:/nonexistent/x.db"]);
    assert!(
        nowhere
            .refusal()
            .contains("cannot use the database /nonexistent/x.db")
    );
}

#[test]
fn the_doctor_finds_what_is_amiss() {
    let place = Place::new();
    let findings = |arguments: &[&str]| -> (i32, Vec<(String, bool)>) {
        let outcome = place.run(arguments);
        let list: Value = serde_json::from_str(&outcome.stdout).unwrap();
        let list = list.as_array().unwrap().iter();
        let pairs = list.map(|one| {
            assert!(one["detail"].is_string());
            (
                one["check"].as_str().unwrap().to_owned(),
                one["ok"].as_bool().unwrap(),
            )
        });
        (outcome.code, pairs.collect())
    };
    let amiss = |(code, list): (i32, Vec<(String, bool)>)| {
        let names: Vec<String> = list
            .into_iter()
            .filter(|(_, ok)| !ok)
            .map(|(check, _)| check)
            .collect();
        assert_eq!(code, i32::from(!names.is_empty()));
        names
    };
    assert_eq!(
        amiss(findings(&["doctor"])),
        ["data_folder", "instance_key", "store"],
        "nothing is there yet"
    );
    assert!(
        !place.path("grantd-data").exists(),
        "the doctor makes nothing"
    );

    place.user("octocat");
    assert!(amiss(findings(&["doctor"])).is_empty());

    fs::set_permissions(
        place.path("grantd-data/instance.key"),
        fs::Permissions::from_mode(0o644),
    )
    .unwrap();
    assert_eq!(amiss(findings(&["doctor"])), ["instance_key"]);
    fs::set_permissions(
        place.path("grantd-data/instance.key"),
        fs::Permissions::from_mode(0o600),
    )
    .unwrap();

    let proxy = place.file("a.toml", "public_url = \"https://github.example.com\"");
    assert_eq!(
        amiss(findings(&["doctor", "--config", &proxy])),
        ["proxies"]
    );
    let open = place.file(
        "b.toml",
        "listen = \"0.0.0.0:80\"\nremoved_at = 2020-11-13T16:00:00Z",
    );
    assert_eq!(
        amiss(findings(&["doctor", "--config", &open])),
        ["public_url", "lifecycle"]
    );
    let wrong = place.file("c.toml", "lisen = \"0.0.0.0:80\"");
    assert_eq!(amiss(findings(&["doctor", "--config", &wrong])), ["config"]);

    let mailed = |url: &str| {
        let text = format!("smtp_url = \"{url}\"\nmail_from = \"a@example.com\"");
        place.file("d.toml", &text)
    };
    for away in ["smtp://mail.example.com", "smtp://g:hunter2@127.0.0.1:1"] {
        let doctor = ["doctor", "--config", &mailed(away)];
        assert_eq!(amiss(findings(&doctor)), ["mail"], "{away}");
        let said = place.run(&doctor);
        assert!(!said.stdout.contains("hunter2") && !said.stderr.contains("hunter2"));
    }

    fs::write(place.path("grantd-data/instance.key"), "0b".repeat(32)).unwrap();
    assert_eq!(amiss(findings(&["doctor"])), ["store"]);
}
