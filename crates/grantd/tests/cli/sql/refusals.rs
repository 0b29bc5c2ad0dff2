//! What is said of a wrong statement: which token is wrong, and what may be meant.

use super::{AUTHORIZATIONS, Demo};

#[test]
fn errors_point_at_the_token_that_is_wrong() {
    let demo = Demo::start();
    let mut wrong = Vec::new();
    for (statement, expected) in [
        (
            "SELECT * FROM github.oauth_authorizations.authorisations".to_owned(),
            "error: there is no resource github.oauth_authorizations.authorisations; did you mean github.oauth_authorizations.authorizations?
  |
1 | SELECT * FROM github.oauth_authorizations.authorisations
  |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
",
        ),
        (
            "SELECT id FROM authorizations".to_owned(),
            "error: there is no resource authorizations; did you mean github.oauth_authorizations.authorizations?
  |
1 | SELECT id FROM authorizations
  |                ^^^^^^^^^^^^^^
",
        ),
        (
            format!("SELECT id,\n  a.nte\nFROM {AUTHORIZATIONS} AS a"),
            "error: no such column: a.nte; did you mean note?
  |
2 |   a.nte
  |   ^^^^^
",
        ),
        (
            format!("SELECT id FROM {AUTHORIZATIONS} WHERE \"1\" = authorization_ids"),
            "error: no such column: \"1\" - should this be a string literal in single-quotes?
  |
1 | SELECT id FROM github.oauth_authorizations.authorizations WHERE \"1\" = authorization_ids
  |                                                                 ^^^
",
        ),
        (
            format!("SELECT 1;\n\nSELECT id FRM {AUTHORIZATIONS}"),
            "error: Expected: end of statement, found: github
  |
3 | SELECT id FRM github.oauth_authorizations.authorizations
  |               ^^^^^^
",
        ),
        (
            "SELECT 'never ends".to_owned(),
            "error: Unterminated string literal
  |
1 | SELECT 'never ends
  |        ^^^^^^^^^^^
",
        ),
        (
            format!("SELECT lenght(note) FROM {AUTHORIZATIONS}"),
            "error: no such function: lenght
  |
1 | SELECT lenght(note) FROM github.oauth_authorizations.authorizations
  |        ^^^^^^
",
        ),
        (
            format!("INSERT INTO {AUTHORIZATIONS} (data__scopes, data__nte) VALUES ('[]', 'n')"),
            "error: create_authorization takes no data__nte; did you mean data__note?
  |
1 | INSERT INTO github.oauth_authorizations.authorizations (data__scopes, data__nte) VALUES ('[]', 'n')
  |                                                                       ^^^^^^^^^
",
        ),
        (
            format!("INSERT INTO {AUTHORIZATIONS} (data__scopes, data__note) VALUES ('repo', 'n')"),
            "error: data__scopes is a JSON array, like '[\"repo\",\"user\"]'
  |
1 | INSERT INTO github.oauth_authorizations.authorizations (data__scopes, data__note) VALUES ('repo', 'n')
  |                                                         ^^^^^^^^^^^^
",
        ),
        (
            format!("DELETE FROM {AUTHORIZATIONS} WHERE note = 'x'"),
            "error: DELETE takes authorization_id = … or authorization_id IN (…); to choose by other fields, authorization_id IN (SELECT … WHERE …)
  |
1 | DELETE FROM github.oauth_authorizations.authorizations WHERE note = 'x'
  |                                                              ^^^^^^^^^^
",
        ),
        (
            format!("EXEC {AUTHORIZATIONS}.update_authorisation @authorization_id = 1"),
            "error: github.oauth_authorizations.authorizations has no method update_authorisation; did you mean update_authorization?
  |
1 | EXEC github.oauth_authorizations.authorizations.update_authorisation @authorization_id = 1
  |                                                 ^^^^^^^^^^^^^^^^^^^^
",
        ),
        (
            "SELECT * FROM github.enterprise_admin.users".to_owned(),
            "error: github.enterprise_admin.users needs username: say what it is with = or IN
  |
1 | SELECT * FROM github.enterprise_admin.users
  |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
",
        ),
        (
            "DROP TABLE x".to_owned(),
            "error: SELECT, INSERT, DELETE, EXEC, SHOW and DESCRIBE are what there is
  |
1 | DROP TABLE x
  | ^^^^
",
        ),
    ] {
        // A script prints what came before the statement that is wrong.
        let outcome = demo.run(&[], &statement);
        if (outcome.code, outcome.stderr.as_str()) != (1, expected) {
            wrong.push(format!("{statement}\n{}\nand not\n{expected}", outcome.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_called_for_a_statement_that_is_wrong() {
    let demo = Demo::start();
    let client = (super::CLIENT_ID, super::CLIENT_SECRET);
    let made = format!(
        "SELECT nte FROM {AUTHORIZATIONS} WHERE client_id = '{}' AND data__client_secret = '{}'",
        client.0, client.1
    );
    let refused = demo.refusal(&made);
    assert!(refused.contains("no such column: nte"), "{refused}");
    let refused = demo.refusal(&format!(
        "INSERT INTO {AUTHORIZATIONS} (data__note) VALUES ('unmade') RETURNING nte"
    ));
    assert!(refused.contains("no such column: nte"), "{refused}");
    let rows = demo.rows(&format!("SELECT count(*) AS n FROM {AUTHORIZATIONS}"));
    assert_eq!(rows[0]["n"], 4, "as many as before");
}

#[test]
fn secrets_are_not_shown_in_the_statement_that_is_wrong() {
    let demo = Demo::start();
    let refused = demo.refusal(&format!(
        "SELECT nte FROM {AUTHORIZATIONS} WHERE client_id = 'x' AND data__client_secret = 'very secret'"
    ));
    assert!(
        !refused.contains("very secret") && refused.contains("'***********'"),
        "{refused}"
    );
}

#[test]
fn who_is_not_let_in_is_told_why() {
    let demo = Demo::start();
    let url = format!("http://{}/api/v3", demo.server.address);
    let statement = format!("SELECT * FROM {AUTHORIZATIONS}");
    let nobody = demo.place.run(&["sql", "--url", &url, &statement]);
    assert_eq!(
        nobody.refusal(),
        "error: GET /authorizations was answered 401 Unauthorized: Requires authentication"
    );
    let args = [
        "sql",
        "--url",
        &url,
        "--login",
        "octocat",
        "--password-stdin",
        &statement,
    ];
    let wrong = demo.place.run_with(&args, "wrong");
    assert_eq!(
        wrong.refusal(),
        "error: GET /authorizations was answered 401 Unauthorized: Bad credentials"
    );
    let token = demo.server.mint("octocat", r#"{"note":"a"}"#);
    let by_token = demo
        .place
        .run_with(&["sql", "--url", &url, "--token-stdin", &statement], &token);
    assert_eq!(
        by_token.refusal(),
        "error: GET /authorizations was answered 403 Forbidden: This API can only be accessed with username and password Basic Auth"
    );
    let challenged = demo.run_as("monalisa", &[], &statement);
    assert_eq!(
        challenged.refusal(),
        "error: GET /authorizations was answered 401 Unauthorized: Must specify two-factor authentication OTP code.; give the code with --otp CODE"
    );
    let asked = demo
        .place
        .run(&["sql", "--url", &url, "--login", "octocat", &statement]);
    assert_eq!(
        asked.refusal(),
        "error: nobody is there to be asked; use --password-stdin"
    );
    let closed = demo
        .place
        .run(&["sql", "--url", "http://127.0.0.1:1/", &statement]);
    assert!(
        closed
            .refusal()
            .contains("http://127.0.0.1:1 cannot be reached")
    );
    let both = demo
        .place
        .run(&["sql", "--login", "a", "--app", "b", "SELECT 1"]);
    assert!(both.misuse().contains("cannot be used with"));
}
