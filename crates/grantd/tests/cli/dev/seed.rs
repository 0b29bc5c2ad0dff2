//! Who and what is there at the start, and that it is the same each time.

use serde_json::{Value, json};

use crate::place::Place;
use crate::web::basic;

const SEED: &str = r#"
next_tokens = ["OTOKEN"]

[[users]]
login = "ada"
password = "a good long passphrase"
site_admin = true

[[users]]
login = "grace"
password = "another good passphrase"
email = "grace@navy.example"
otp_secret = "JBSW Y3DP EHPK 3PXP"

[[apps]]
name = "ci"
client_id = "00000000000000000001"
client_secret = "0000000000000000000000000000000000000001"
owner = "grace"
callback_urls = ["https://ci.example/callback"]

[[apps]]
name = "made"
callback_urls = ["https://made.example/"]

[[tokens]]
user = "ada"
token = "0123456789abcdef0123456789abcdef01234567"
note = "the old one"
scopes = ["repo", "user:email"]

[[tokens]]
user = "grace"
app = "ci"
fingerprint = "laptop"
scopes = ["gist"]
expires_at = "2021-01-01T00:00:00Z"
"#;

#[test]
fn the_file_says_who_is_there_and_which_tokens_are_good() {
    let place = Place::new();
    let file = place.file("seed.toml", SEED);
    let server = place.dev(&["--seed-file", &file, "--clock", "2020-12-31T23:59:50Z"]);
    let all = server.dev("GET", "", &Value::Null);
    let old = server.user("0123456789abcdef0123456789abcdef01234567");
    assert_eq!((old.status, &old.json()["login"]), (200, &json!("ada")));
    let scopes = "x-oauth-scopes: repo, user:email";
    assert!(old.head.to_lowercase().contains(scopes), "{}", old.head);
    assert_eq!(old.json()["site_admin"], true);
    // Her code, as the server tells it, is good.
    let grace = basic("grace", "another good passphrase");
    let path = "/api/v3/authorizations";
    assert_eq!(server.call("GET", path, &[&grace], "").status, 401);
    let code = format!(
        "X-GitHub-OTP: {}",
        all["users"][1]["otp_code"].as_str().unwrap()
    );
    let list = server.call("GET", path, &[&grace, &code], "");
    assert_eq!(list.status, 200, "{}", list.body);
    assert_eq!(list.json()[0]["fingerprint"], "laptop");
    assert_eq!(list.json()[0]["app"]["name"], "ci");
    assert_eq!(all["users"][1]["email"], "grace@navy.example");
    assert_eq!(all["users"][1]["otp_secret"], "JBSWY3DPEHPK3PXP");
    assert_eq!(all["apps"][0]["owner"], "grace");
    assert_eq!(all["apps"][1]["owner"], "ada");
    // What was not said is made, and told.
    let id = all["apps"][1]["client_id"].as_str().unwrap();
    let app = basic(id, all["apps"][1]["client_secret"].as_str().unwrap());
    let check =
        format!("/api/v3/applications/{id}/tokens/0123456789abcdef0123456789abcdef01234567");
    assert_eq!(server.call("GET", &check, &[&app], "").status, 404);
    let hers = all["tokens"][1]["token"].as_str().unwrap();
    assert_eq!(server.user(hers).status, 200);
    server.advance(11);
    assert_eq!(server.user(hers).status, 401);
}

#[test]
fn the_same_number_makes_the_same_world_and_another_one_another() {
    let place = Place::new();
    let file = place.file("seed.toml", SEED);
    let tell = |number: &str| {
        let server = place.dev(&[
            "--seed-file",
            &file,
            "--seed",
            number,
            "--clock",
            "2020-01-01T00:00:00Z",
        ]);
        let mut all = server.dev("GET", "", &Value::Null);
        for key in ["url", "api_url", "dev_url"] {
            all.as_object_mut().unwrap().remove(key);
        }
        let made: Vec<Value> = (0..3)
            .map(|at| {
                let ada = basic("ada", "a good long passphrase");
                let body = json!({"note": format!("note {at}")}).to_string();
                let mut made = server
                    .call("POST", "/authorizations", &[&ada], &body)
                    .json();
                made.as_object_mut().unwrap().remove("url");
                made
            })
            .collect();
        (all, made)
    };
    let (one, same, other) = (tell("7"), tell("7"), tell("8"));
    assert_eq!(one, same);
    assert_eq!(one.1[2]["id"], other.1[2]["id"]);
    assert_eq!(one.1[0]["token"], "OTOKEN");
    assert_ne!(one.1[2]["token"], other.1[2]["token"]);
    assert_ne!(
        one.0["apps"][1]["client_secret"],
        other.0["apps"][1]["client_secret"]
    );
}

#[test]
fn a_mistake_in_the_file_is_told_with_its_place() {
    let place = Place::new();
    let user = "[[users]]\nlogin = \"ada\"\npassword = \"p\"\n";
    for (seed, words) in [
        ("[[users]]\nlogin = \"a\"\n", "missing field `password`"),
        ("next_tokens = [\"a b\"]\n", "next_tokens will not do"),
        ("[[user]]\n", "unknown field `user`"),
        (
            "[[users]]\nlogin = \"a b\"\npassword = \"p\"\n",
            "the seed's user `a b` will not do",
        ),
        (
            "[[apps]]\nname = \"x\"\n",
            "the seed's app `x` will not do: an app belongs to a user",
        ),
        (
            "[[tokens]]\nuser = \"bob\"\nnote = \"n\"\n",
            "token 1 (of `bob`) will not do: there is no user `bob`",
        ),
        (
            &format!("{user}[[tokens]]\nuser = \"ada\"\n"),
            "a personal access token has a note",
        ),
        (
            &format!("{user}[[tokens]]\nuser = \"ada\"\nnote = \"n\"\ntoken = \"x y\"\n"),
            "letters, digits and signs",
        ),
        (
            &format!("{user}[[tokens]]\nuser = \"ada\"\nnote = \"n\"\nscopes = [\"nope\"]\n"),
            "scopes",
        ),
        (&format!("{user}{user}"), "this login is taken"),
    ] {
        let file = place.file("seed.toml", seed);
        let outcome = place.run(&["dev", "--seed-file", &file]);
        assert_eq!(outcome.code, 1, "{seed}");
        assert!(outcome.stderr.contains(words), "{seed}: {}", outcome.stderr);
    }
    let missing = place.run(&["dev", "--seed-file", "nowhere.toml"]);
    assert!(
        missing
            .refusal()
            .contains("cannot read the seed file nowhere.toml")
    );
}
