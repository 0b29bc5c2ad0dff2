//! The tables of other authorities, taken in by the real program.

use serde_json::json;

use crate::import::{export, hash, minted, tally};
use crate::place::Place;

/// What another authority's 43 characters look like.
fn foreign(number: u64) -> String {
    let drawn = minted(number).expose().replace("gtp_", "-_");
    format!("{:043}", "")
        .chars()
        .zip(drawn.chars().cycle())
        .map(|(_, c)| c)
        .collect()
}

#[test]
fn doorkeepers_tables_come_in_plain_and_hashed() {
    let place = Place::new();
    place.user("octocat");
    place.user("hubot");
    let applications = place.file(
        "applications.csv",
        &format!(
            "id,name,uid,secret,redirect_uri,scopes,confidential,created_at,updated_at\n\
             7,Rails app,{uid},{secret},\"https://rails.example/cb\njavascript:void(0)\",,t,2019-01-01 10:00:00,2019-01-01 10:00:00\n",
            uid = foreign(1_000),
            secret = foreign(1_001),
        ),
    );
    let owners = place.file(
        "owners.csv",
        "resource_owner_id,login\n1,octocat\n2,hubot\n",
    );
    let table = |kept: &dyn Fn(u64) -> String, from: u64| {
        let mut rows = "id,resource_owner_id,application_id,token,refresh_token,expires_in,revoked_at,created_at,scopes\n".to_owned();
        for number in from..from + 100 {
            let owner = number % 2 + 1;
            rows += &format!(
                "{number},{owner},7,{},,,,2019-01-01 10:00:00.5,read write\n",
                kept(number)
            );
        }
        rows += &format!(
            "{},1,7,{},,,2020-01-01 10:00:00,2019-01-01 10:00:00,read\n",
            from + 100,
            kept(from + 100)
        );
        rows += &format!(
            "{},1,7,{},,7200,,2019-01-01 10:00:00,read\n",
            from + 101,
            kept(from + 101)
        );
        rows += &format!(
            "{},,7,{},,,,2019-01-01 10:00:00,read\n",
            from + 102,
            kept(from + 102)
        );
        rows
    };
    let plain = place.file("plain.csv", &table(&foreign, 0));
    let hashed = place.file("hashed.csv", &table(&|number| hash(&foreign(number)), 200));
    let common = [
        "import",
        "doorkeeper",
        "--applications",
        &applications,
        "--owners",
        &owners,
        "--app-owner",
        "octocat",
        "--map-scope",
        "read=user",
        "--map-scope",
        "write=repo,gist",
    ];
    let refused = json!({"expired": 1, "no_owner": 1, "revoked": 1});
    let undeclared = place.run(&[&common[..], &["--tokens", &plain, "--dry-run"]].concat());
    assert_eq!(tally(&undeclared).2["undeclared_shape"], 100);
    assert!(
        undeclared
            .stderr
            .contains("add base64url:43 to imported_token_shapes")
    );
    assert!(
        !undeclared.stderr.contains(&foreign(0)),
        "no token is ever shown"
    );
    let declared = [("GRANTD_IMPORTED_TOKEN_SHAPES", "base64url:43")];
    let plainly = place.run_in(&declared, &[&common[..], &["--tokens", &plain]].concat());
    assert_eq!(tally(&plainly), (100, 0, refused.clone()));
    assert!(
        plainly
            .stderr
            .contains("`javascript:void(0)` cannot be a callback")
    );
    let args = [
        &common[..],
        &["--tokens", &hashed, "--tokens-kept", "sha256"],
    ]
    .concat();
    assert_eq!(tally(&place.run(&args)), (100, 0, refused));
    let shown = place.run(&["token", "show", &hash(&foreign(250))]).json();
    assert_eq!(
        (&shown["login"], &shown["scopes"]),
        (&json!("octocat"), &json!(["user", "repo", "gist"]))
    );
    assert_eq!(
        (&shown["created_at"], &shown["token_last_eight"]),
        (&json!("2019-01-01T10:00:00Z"), &json!(""))
    );
    let shown = place.run(&["token", "show", &hash(&foreign(51))]).json();
    let last = &foreign(51)[35..];
    assert_eq!(
        (&shown["login"], &shown["token_last_eight"]),
        (&json!("hubot"), &json!(last))
    );
    assert_eq!(shown["app"]["client_id"], json!(foreign(1_000)));
}

#[test]
fn giteas_table_comes_in_by_salted_hashes() {
    const HASH: &str = "2b3668e11cb82d3af8c6e4524fc7841297668f5008d1626f0ad3417e9fa39af84c268248b78c481daa7e5dc437784003494f";
    let place = Place::new();
    place.user("octocat");
    let table = place.file(
        "access_token.csv",
        &format!(
            "id,uid,name,token_hash,token_salt,token_last_eight,scope,created_unix,updated_unix\n\
             1,1,Token A,{HASH},QuSiZr1byZ,e4efbf36,\"write:repository,read:user\",946687980,1605283200\n\
             2,9,Token B,{HASH},QuSiZr1byY,e4efbf36,,946687980,946687980\n\
             3,1,Token C,abc,QuSiZr1byY,e4efbf36,,946687980,946687980\n"
        ),
    );
    let owners = place.file("owners.csv", "resource_owner_id,login\n1,octocat\n");
    let args = [
        "import",
        "gitea",
        &table,
        "--owners",
        &owners,
        "--map-scope",
        "write:repository=repo",
        "--map-scope",
        "read:user=user",
    ];
    let other = json!({"no_hash": 1, "unmapped_owner": 1});
    let undeclared = tally(&place.run(&args));
    assert_eq!(
        undeclared,
        (
            0,
            0,
            json!({"hex_not_accepted": 1, "no_hash": 1, "unmapped_owner": 1})
        )
    );
    let declared = [("GRANTD_ACCEPT_HEX_TOKENS", "true")];
    assert_eq!(
        tally(&place.run_in(&declared, &args)),
        (1, 0, other.clone())
    );
    assert_eq!(tally(&place.run_in(&declared, &args)), (0, 1, other));
    let shown = place.run(&["token", "list"]).json()[0].clone();
    let parts = [
        "login",
        "note",
        "hashed_token",
        "token_last_eight",
        "created_at",
        "updated_at",
    ];
    let found: Vec<_> = parts.iter().map(|part| shown[part].clone()).collect();
    let made = "2000-01-01T00:53:00Z";
    assert_eq!(
        json!(found),
        json!(["octocat", "Token A", "", "e4efbf36", made, made])
    );
    assert_eq!(shown["scopes"], json!(["repo", "user"]));
    let out = export(&place, "tokens", &[]);
    assert!(out.contains(&format!("pbkdf2-sha256$10000$QuSiZr1byZ${HASH}")));
    let data = place.path("elsewhere");
    let there = ["--data", data.to_str().unwrap()];
    let file = place.file("out.csv", &out);
    let csv = [
        &["import", "csv", "--tokens", &file, "--create-users"],
        &there[..],
    ]
    .concat();
    assert_eq!(tally(&place.run_in(&declared, &csv)), (1, 0, json!({})));
    assert_eq!(export(&place, "tokens", &there), out);
}
