//! `grantd key`: the instance key is changed, and killed while it is.

use std::process::Stdio;
use std::time::{Duration, Instant};

use grantd_core::clock::{Clock, SystemClock};
use grantd_core::login::otp::code_at;
use grantd_store::conformance::cluster::Cluster;
use serde_json::Value;

use crate::place::{PASSWORD, Place};
use crate::web::{Server, basic};

/// A user with a second factor.
fn enrolled(place: &Place, login: &str) -> Value {
    let args = ["user", "create", login, "--password-stdin", "--totp"];
    place.run_with(&args, format!("{PASSWORD}\n")).json()
}

fn base32(text: &str) -> Vec<u8> {
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => continue,
        };
        bits = bits << 5 | u32::from(value);
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}

fn sign_in(server: &Server, login: &str, code: &str) -> u16 {
    let (user, code) = (basic(login, PASSWORD), format!("X-GitHub-OTP: {code}"));
    server
        .call("GET", "/api/v3/authorizations", &[&user, &code], "")
        .status
}

fn totp(user: &Value) -> String {
    let seed = base32(user["totp_secret"].as_str().unwrap());
    code_at(&seed, SystemClock.now())
}

#[test]
fn a_rotated_key_opens_seeds_and_the_old_one_verifies_recovery_codes_until_it_is_forgotten() {
    let place = Place::new();
    let user = enrolled(&place, "octocat");
    let code = |at: usize| user["recovery_codes"][at].as_str().unwrap();
    let server = place.serve(&[]);
    let refused = place.run(&["key", "rotate"]);
    assert!(refused.refusal().contains("a server uses this data folder"));
    server.stop();
    let before = std::fs::read_to_string(place.path("grantd-data/instance.key")).unwrap();
    let rotated = place.run(&["key", "rotate"]).json();
    assert_eq!(rotated["second_factors_sealed_anew"], 1);
    assert!(
        rotated["old_checkpoint_public_key"]
            .as_str()
            .unwrap()
            .contains("PUBLIC KEY")
    );
    let after = std::fs::read_to_string(place.path("grantd-data/instance.key")).unwrap();
    assert!(!after.starts_with(before.trim()) && after.contains(&format!("old {}", before.trim())));
    let server = place.serve(&[]);
    assert_eq!(sign_in(&server, "octocat", code(0)), 200);
    assert_eq!(sign_in(&server, "octocat", code(0)), 401, "once");
    assert_eq!(sign_in(&server, "octocat", &totp(&user)), 200);
    server.stop();
    assert_eq!(place.run(&["key", "forget-old"]).json()["forgotten"], 1);
    let server = place.serve(&[]);
    assert_eq!(sign_in(&server, "octocat", code(1)), 401);
    server.stop();
    // The old key alone is another one now.
    std::fs::write(place.path("grantd-data/instance.key"), before).unwrap();
    let refused = place.run(&["user", "list"]);
    assert!(
        refused
            .refusal()
            .contains("is not the key of this database")
    );
}

#[test]
fn a_rotation_that_is_killed_goes_on_and_locks_nobody_out() {
    let place = Place::new();
    let users: Vec<Value> = (0..4)
        .map(|n| enrolled(&place, &format!("user-{n}")))
        .collect();
    let (mut halves, mut killed) = (0, 0);
    let file = place.path("grantd-data/instance.key");
    for delay in (0..12).map(|n| Duration::from_millis(2 * n)) {
        let before = std::fs::read(&file).unwrap();
        let mut command = place.command(&["key", "rotate"]);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut rotating = command.spawn().unwrap();
        // The first half are killed as soon as the file holds both keys, the others at any moment.
        match delay.as_millis() < 12 {
            true => {
                while std::fs::read(&file).unwrap() == before
                    && rotating.try_wait().unwrap().is_none()
                {
                    std::hint::spin_loop();
                }
            }
            false => std::thread::sleep(delay),
        }
        rotating.kill().unwrap();
        killed += u32::from(!rotating.wait().unwrap().success());
        let list = place.run(&["user", "list"]);
        if list.code != 0 {
            assert!(list.refusal().contains("run `grantd key rotate` again"));
            halves += 1;
            place.run(&["key", "rotate"]).json();
            assert_eq!(place.run(&["user", "list"]).code, 0);
        }
    }
    println!("{killed} killed, {halves} of them in the middle");
    assert!(killed > 0 && halves > 0, "no kill fell into a rotation");
    let server = place.serve(&[]);
    for (number, user) in users.iter().enumerate() {
        let login = format!("user-{number}");
        assert_eq!(
            sign_in(&server, &login, user["recovery_codes"][0].as_str().unwrap()),
            200
        );
        assert_eq!(sign_in(&server, &login, &totp(user)), 200, "{login}");
    }
}

/// A node of PostgreSQL may run anywhere: it is seen by its connections.
#[test]
fn postgres_a_key_is_not_rotated_beside_a_node() {
    let (cluster, place) = (Cluster::start(), Place::new());
    let url = cluster.database();
    let server = place.serve(&["--database", &url]);
    let rotate = ["key", "rotate", "--database", &url];
    let refused = place.run(&rotate);
    assert!(refused.refusal().contains("stop every node"));
    server.stop();
    let over = Instant::now() + Duration::from_secs(20);
    // The database takes a moment to notice that the node is gone.
    while place.run(&rotate).code != 0 {
        assert!(Instant::now() < over, "it is refused with no node there");
        std::thread::sleep(Duration::from_millis(200));
    }
}
