//! Stores that are made up: what a script gets to know of one, and what is refused.

use std::os::unix::fs::PermissionsExt;

use crate::place::{PASSWORD, Place};
use crate::web::basic;

const SMALL: [&str; 8] = [
    "bench",
    "load",
    "--users",
    "50",
    "--tokens",
    "600",
    "--first-user-tokens",
    "100",
];

#[test]
fn a_loaded_store_is_served_and_its_tokens_are_good() {
    let place = Place::new();
    let samples = place.path("tokens");
    let samples = samples.to_str().unwrap();
    let with_samples = [&SMALL[..], &["--password-stdin", "--samples", samples]].concat();
    let loaded = place
        .run_with(&with_samples, format!("{PASSWORD}\n"))
        .json();
    assert_eq!(
        (&loaded["users"], &loaded["tokens"]),
        (&50.into(), &600.into())
    );
    let mode = std::fs::metadata(samples).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let lines = std::fs::read_to_string(samples).unwrap();
    let width = lines.lines().next().unwrap().len();
    assert!(lines.lines().all(|line| line.len() == width), "all as long");
    assert_eq!(loaded["sampled_tokens"], lines.lines().count());

    let server = place.serve(&[]);
    let line = lines.lines().last().unwrap();
    let (client_id, token) = line.split_once(' ').unwrap();
    let apps = loaded["apps"].as_array().unwrap();
    let app = apps
        .iter()
        .find(|app| app["client_id"] == client_id)
        .unwrap();
    let secret = app["client_secret"].as_str().unwrap();
    let check = format!("/api/v3/applications/{client_id}/tokens/{token}");
    let status = |path: &str, who: &str| server.call("GET", path, &[who], "").status;
    assert_eq!(status(&check, &basic(client_id, secret)), 200);
    let other = check.replace(token, "gto_000000000000000000000000000000002C8G");
    assert_eq!(status(&other, &basic(client_id, secret)), 404);
    assert_eq!(status("/api/v3/user", &basic("user-50", PASSWORD)), 200);
    assert_eq!(status("/api/v3/user", &basic("user-51", PASSWORD)), 401);
    server.stop();
    let again = place.run(&SMALL);
    let refused = again.refusal();
    assert!(refused.contains("the database is not empty"), "{refused}");
}

#[test]
fn a_seed_makes_one_store_and_another_seed_another() {
    let apps = |seed: &str| {
        let place = Place::new();
        place.run(&[&SMALL[..], &["--seed", seed]].concat()).json()["apps"].clone()
    };
    assert_eq!(apps("1"), apps("1"));
    assert_ne!(apps("1"), apps("2"));
}

#[test]
fn a_file_of_samples_is_never_overwritten() {
    let place = Place::new();
    let file = place.file("kept", "mine");
    let again = place.run(&[&SMALL[..], &["--samples", &file]].concat());
    let refused = again.refusal();
    assert!(refused.contains("is there already"), "{refused}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn a_server_that_runs_is_not_loaded_under() {
    let place = Place::new();
    let server = place.serve(&[]);
    let again = place.run(&SMALL);
    let refused = again.refusal();
    assert!(refused.contains("the database is in use"), "{refused}");
    assert_eq!(server.call("GET", "/readyz", &[], "").status, 200);
}
