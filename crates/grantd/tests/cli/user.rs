//! `grantd user`.

use serde_json::{Value, json};

use crate::place::{PASSWORD, Place};

#[test]
fn create_prints_the_user() {
    let place = Place::new();
    let args = [
        "user",
        "create",
        "octocat",
        "--password-stdin",
        "--email",
        "octocat@example.com",
        "--site-admin",
    ];
    let mut user = place.run_with(&args, format!("{PASSWORD}\n")).json();
    assert!(
        user["created_at"]
            .as_str()
            .is_some_and(|time| time.ends_with('Z') && time.len() == 20)
    );
    assert_eq!(user["created_at"], user["updated_at"]);
    let fields = user.as_object_mut().unwrap();
    fields.remove("created_at");
    fields.remove("updated_at");
    assert_eq!(
        user,
        json!({
            "login": "octocat", "id": 1, "email": "octocat@example.com", "email_verified": true,
            "site_admin": true, "two_factor": false, "suspended": false, "suspended_at": null,
        })
    );
}

#[test]
fn create_with_totp_shows_the_second_factor_once() {
    let place = Place::new();
    let user = place
        .run_with(
            &["user", "create", "mona", "--password-stdin", "--totp"],
            PASSWORD,
        )
        .json();
    assert_eq!(user["two_factor"], true);
    let secret = user["totp_secret"].as_str().unwrap();
    assert!(
        secret.len() == 32
            && secret
                .bytes()
                .all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b))
    );
    assert!(user["otpauth_url"].as_str().unwrap().contains(secret));
    assert_eq!(user["recovery_codes"].as_array().unwrap().len(), 16);
    let shown = place.run(&["user", "show", "mona"]).json();
    assert_eq!(
        (&shown["two_factor"], &shown["totp_secret"]),
        (&json!(true), &Value::Null)
    );
}

#[test]
fn a_user_lives_from_create_to_delete() {
    let place = Place::new();
    place.user("octocat");
    assert_eq!(place.user("hubot")["id"], 2);
    let logins = |list: &Value| {
        list.as_array()
            .unwrap()
            .iter()
            .map(|user| user["login"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        logins(&place.run(&["user", "list"]).json()),
        ["octocat", "hubot"]
    );
    assert_eq!(place.run(&["user", "show", "OctoCat"]).json()["id"], 1);

    for _ in 0..2 {
        let user = place.run(&["user", "suspend", "octocat"]).json();
        assert!(user["suspended"] == true && user["suspended_at"].is_string());
    }
    assert_eq!(
        place.run(&["user", "unsuspend", "octocat"]).json()["suspended"],
        false
    );

    let enabled = place.run(&["user", "totp", "enable", "octocat"]).json();
    assert!(enabled["two_factor"] == true && enabled["totp_secret"].is_string());
    let again = place.run(&["user", "totp", "enable", "octocat"]).json();
    assert_ne!(enabled["totp_secret"], again["totp_secret"]);
    for _ in 0..2 {
        assert_eq!(
            place.run(&["user", "totp", "disable", "octocat"]).json()["two_factor"],
            false
        );
    }

    place
        .run_with(
            &["user", "set-password", "octocat", "--password-stdin"],
            "another long password\n",
        )
        .json();
    assert_eq!(
        place.run(&["user", "delete", "octocat"]).json()["login"],
        "octocat"
    );
    assert!(
        place
            .run(&["user", "show", "octocat"])
            .refusal()
            .contains("no user `octocat`")
    );
    assert_eq!(
        place.user("octocat")["id"],
        3,
        "an id is never given out again"
    );
}

#[test]
fn an_invitation_is_a_link_for_a_name_that_is_free() {
    let place = Place::new();
    let args = ["user", "invite", "mona", "--email", "mona@example.com"];
    let invitation = place.run(&args).json();
    assert_eq!(invitation["login"], "mona");
    let url = invitation["url"].as_str().unwrap();
    let (_, secret) = url.split_once("/invitations/").unwrap();
    assert_eq!(secret.len(), 43, "256 bits: {url}");
    assert!(invitation["expires_at"].is_string());
    assert_eq!(place.run(&["user", "list"]).json(), json!([]));
    let again = place.run(&args).json();
    assert_ne!(again["url"], invitation["url"]);
    place.user("octocat");
    let taken = place.run(&["user", "invite", "OctoCat"]);
    let refusal = taken.refusal();
    assert!(refusal.contains("this login is taken"), "{refusal}");
}

#[test]
fn lists_go_through_all_pages() {
    let place = Place::new();
    let cheap = [
        ("GRANTD_PASSWORD_MEMORY_KIB", "8"),
        ("GRANTD_PASSWORD_ITERATIONS", "1"),
    ];
    std::thread::scope(|scope| {
        for half in 0..2 {
            let place = &place;
            scope.spawn(move || {
                for number in (half..102).step_by(2) {
                    let login = format!("user-{number}");
                    let mut command =
                        place.command(&["user", "create", &login, "--password-stdin"]);
                    command
                        .envs(cheap)
                        .stdin(std::process::Stdio::piped())
                        .stdout(std::process::Stdio::null());
                    command.stderr(std::process::Stdio::null());
                    let mut child = command.spawn().unwrap();
                    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"x").unwrap();
                    assert!(child.wait().unwrap().success());
                }
            });
        }
    });
    let users = place.run(&["user", "list"]).json();
    let ids: Vec<_> = users
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["id"].as_i64().unwrap())
        .collect();
    assert_eq!(ids, (1..=102).collect::<Vec<_>>());
}

#[test]
fn an_empty_list_is_an_empty_array() {
    let place = Place::new();
    for group in ["user", "app", "token"] {
        assert_eq!(place.run(&[group, "list"]).json(), json!([]));
    }
}

#[test]
fn taken_and_impossible_names_are_refused() {
    let place = Place::new();
    place
        .run_with(
            &[
                "user",
                "create",
                "octocat",
                "--password-stdin",
                "--email",
                "o@example.com",
            ],
            PASSWORD,
        )
        .json();
    let again = place.run_with(&["user", "create", "OctoCat", "--password-stdin"], PASSWORD);
    assert_eq!(
        again.refusal(),
        "error: this login is taken; choose another"
    );
    let again = place.run_with(
        &[
            "user",
            "create",
            "other",
            "--password-stdin",
            "--email",
            "O@example.com",
        ],
        PASSWORD,
    );
    assert_eq!(
        again.refusal(),
        "error: this e-mail address is taken; choose another"
    );
    assert!(
        place
            .run(&["user", "create", "a b", "--password-stdin"])
            .misuse()
            .contains("1 to 39")
    );
    assert!(
        place
            .run(&["user", "create", "ab", "--email", "nowhere"])
            .misuse()
            .contains("name@example.com")
    );
}

#[test]
fn passwords_come_from_somewhere_and_are_judged() {
    let place = Place::new();
    let none = place.run(&["user", "create", "octocat"]);
    assert!(none.refusal().contains("--password-stdin"));
    assert!(
        place
            .run(&["user", "create", "octocat", "--password-stdin"])
            .stderr
            .contains("the password is empty")
    );
    let long = "x".repeat(4_097);
    let long = place.run_with(&["user", "create", "octocat", "--password-stdin"], long);
    assert!(long.refusal().contains("longer than 4096 bytes"));
    let torn = place.run_with(&["user", "create", "octocat", "--password-stdin"], b"\xff");
    assert!(torn.refusal().contains("not UTF-8"));
    let weak = place.run_with(
        &["user", "create", "octocat", "--password-stdin"],
        "short\n",
    );
    assert!(weak.stderr.contains("warning: the password is weak"));
    weak.json();
}
