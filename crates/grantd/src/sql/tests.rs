//! Planning and texts, without a server.

use rusqlite::types::Value as Cell;
use sqlparser::ast::Statement;

use super::api::Row;
use super::bind::To;
use super::catalog::{self, Access, Place, RESOURCES, SERVICES};
use super::exec;
use super::params::Params;
use super::plan::Plan;
use super::session::parse;
use super::shell::{completions, keepable, whole};
use super::text::Text;

const A: &str = "github.oauth_authorizations.authorizations";

fn text(sql: &str) -> Text {
    Text::split(sql).unwrap().remove(0)
}

fn plan(sql: &str) -> Result<Plan, String> {
    let params = Params::read(&["name=bound".into()], &[]).unwrap();
    let text = text(sql);
    let Statement::Query(query) = parse(&text).map_err(|why| why.to_string())? else {
        panic!("{sql}");
    };
    Plan::new(&text, &params, &query).map_err(|why| why.to_string())
}

/// The method of each source, and what its parameters are.
fn chosen(sql: &str) -> Vec<(&'static str, Vec<(String, To)>)> {
    let plan = plan(sql).unwrap_or_else(|why| panic!("{why}"));
    let sources = plan.sources.iter().map(|source| {
        let inputs = source.choice.inputs.iter();
        let inputs = inputs
            .map(|(input, to)| (input.name.clone(), to.clone()))
            .collect();
        (source.choice.method.name, inputs)
    });
    sources.collect()
}

fn one(name: &str, value: Cell) -> (String, To) {
    (name.to_owned(), To::Values(vec![value]))
}

#[test]
fn the_catalog_is_the_apis_description() {
    for resource in RESOURCES.iter() {
        assert!(!resource.columns.is_empty(), "{}", resource.id());
        assert!(SERVICES.iter().any(|(name, _)| *name == resource.service));
        let rows = catalog::row_methods(resource);
        assert_eq!(
            resource.methods.len(),
            rows,
            "every operation is there: {}",
            resource.id()
        );
        for method in &resource.methods {
            let braces = method.path.matches('{').count();
            let in_path = method
                .inputs
                .iter()
                .filter(|input| input.place == Place::Path);
            assert_eq!(in_path.count(), braces, "{}", method.operation);
            for (echo, _) in resource.echoes {
                let known = resource
                    .methods
                    .iter()
                    .any(|method| method.input(echo).is_some());
                assert!(known, "{echo}");
            }
        }
    }
}

#[test]
fn conditions_choose_the_method_that_asks_for_the_most() {
    let id = || one("authorization_id", Cell::Integer(1));
    let client = || one("client_id", Cell::Text("c".into()));
    let secret = || one("data__client_secret", Cell::Text("s".into()));
    for (conditions, method, inputs) in [
        ("", "list_authorizations", vec![]),
        ("WHERE note = 'x'", "list_authorizations", vec![]),
        (
            "WHERE client_id = 'c'",
            "list_authorizations",
            vec![client()],
        ),
        (
            "WHERE authorization_id = 1",
            "get_authorization",
            vec![id()],
        ),
        (
            "WHERE 1 = (authorization_id) AND note = 'x'",
            "get_authorization",
            vec![id()],
        ),
        (
            "WHERE authorization_id = 1 OR note = 'x'",
            "list_authorizations",
            vec![],
        ),
        (
            "WHERE NOT authorization_id = 1",
            "list_authorizations",
            vec![],
        ),
        (
            "WHERE authorization_id NOT IN (1)",
            "list_authorizations",
            vec![],
        ),
        ("WHERE authorization_id > 1", "list_authorizations", vec![]),
        (
            "WHERE client_id = 'c' AND data__client_secret = 's'",
            "get_or_create_authorization_for_app",
            vec![client(), secret()],
        ),
        (
            "WHERE client_id = 'c' AND fingerprint = :name AND data__client_secret = 's'",
            "get_or_create_authorization_for_app_and_fingerprint",
            vec![
                client(),
                one("fingerprint", Cell::Text("bound".into())),
                secret(),
            ],
        ),
    ] {
        assert_eq!(
            chosen(&format!("SELECT id FROM {A} {conditions}")),
            [(method, inputs)],
            "{conditions}"
        );
    }
    let none = chosen(&format!("SELECT id FROM {A} WHERE authorization_id = NULL"));
    assert_eq!(none[0].1, [("authorization_id".into(), To::Values(vec![]))]);
    let several = chosen(&format!(
        "SELECT id FROM {A} WHERE authorization_id IN (1, -2)"
    ));
    let values = To::Values(vec![Cell::Integer(1), Cell::Integer(-2)]);
    assert_eq!(several[0].1, [("authorization_id".into(), values)]);
}

#[test]
fn joins_give_what_nothing_else_gives() {
    let joined = chosen(
        "SELECT * FROM github.grantd.applications a JOIN github.enterprise_admin.users u ON u.username = a.name",
    );
    let key = To::Key {
        source: 0,
        column: "name".into(),
    };
    assert_eq!(joined[1], ("get_user", vec![("username".into(), key)]));
    let listed = chosen(&format!(
        "SELECT * FROM {A} a JOIN {A} b ON b.authorization_id = a.id"
    ));
    assert_eq!(
        listed[1].0, "list_authorizations",
        "a list is one call, keys are many"
    );
    let within = chosen(&format!(
        "SELECT * FROM {A} WHERE authorization_id IN (SELECT id FROM {A} WHERE note = 'x')"
    ));
    assert!(matches!(within[0].1[0].1, To::Rows(_)), "{within:?}");
    let correlated = chosen(
        "SELECT (SELECT u.id FROM github.enterprise_admin.users u WHERE u.username = a.name) FROM github.grantd.applications a",
    );
    assert_eq!(
        correlated.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        ["list_applications", "get_user"]
    );
}

#[test]
fn an_outer_join_narrows_only_what_it_may_leave_out() {
    let left = chosen(&format!(
        "SELECT * FROM {A} a LEFT JOIN {A} b ON a.authorization_id = 1 AND b.authorization_id = 2"
    ));
    assert_eq!(
        (left[0].0, left[1].0),
        ("list_authorizations", "get_authorization")
    );
    let right = chosen(&format!(
        "SELECT * FROM {A} a RIGHT JOIN {A} b ON a.authorization_id = 1 AND b.authorization_id = 2"
    ));
    assert_eq!(
        (right[0].0, right[1].0),
        ("get_authorization", "list_authorizations")
    );
    let full = chosen(&format!(
        "SELECT * FROM {A} a FULL JOIN {A} b ON a.authorization_id = 1 AND b.authorization_id = 2"
    ));
    assert_eq!(
        (full[0].0, full[1].0),
        ("list_authorizations", "list_authorizations")
    );
    let inner = chosen(&format!(
        "SELECT * FROM {A} a JOIN {A} b ON a.authorization_id = 1 WHERE b.authorization_id = 2"
    ));
    assert_eq!(
        (inner[0].0, inner[1].0),
        ("get_authorization", "get_authorization")
    );
}

#[test]
fn sources_come_after_what_they_need() {
    let plan = plan(
        "SELECT * FROM github.enterprise_admin.users u JOIN github.grantd.applications a ON u.username = a.name",
    );
    assert_eq!(plan.unwrap().order, [1, 0]);
    let circle = "SELECT * FROM github.enterprise_admin.users u JOIN github.enterprise_admin.users v \
                  ON u.username = v.login AND v.username = u.login";
    assert!(
        super::tests::plan(circle)
            .unwrap_err()
            .contains("needs the other first")
    );
}

#[test]
fn the_engine_reads_tables_and_errors_find_their_way_back() {
    let sql = format!("SELECT *, {A}.id FROM {A} WHERE nte = 1");
    let text = text(&sql);
    let plan = plan(&sql).unwrap();
    let edited = plan.edited(&text, 0..sql.len());
    assert!(
        edited.sql.starts_with("SELECT \"authorizations\".\"id\", "),
        "{}",
        edited.sql
    );
    assert!(
        edited
            .sql
            .ends_with(", authorizations.id FROM \"of 0\" AS \"authorizations\" WHERE nte = 1"),
        "{}",
        edited.sql
    );
    assert!(
        !edited.sql.contains("authorization_id"),
        "hidden: {}",
        edited.sql
    );
    let here = edited.sql.find("nte").unwrap();
    assert_eq!(edited.back(here), sql.find("nte").unwrap());
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_called() {
    for (sql, words) in [
        (
            format!("SELECT * FROM {A} NATURAL JOIN {A} b"),
            "NATURAL would join by every field",
        ),
        (
            format!("SELECT * FROM {A}, (SELECT 1)"),
            "give the query in FROM a name",
        ),
        (
            "SELECT * FROM github.apps.grants".into(),
            "github.apps.grants cannot be read",
        ),
        ("SELECT * FROM github.nothing.here".into(), "SHOW RESOURCES"),
        (
            format!(
                "SELECT * FROM {A} WHERE client_id = 'a' AND client_id = 'b' AND data__client_secret = 's'"
            ),
            "client_id is given twice; get_or_create_authorization_for_app writes",
        ),
        (
            format!(
                "SELECT * FROM {A} a JOIN {A} b ON b.client_id = a.note AND b.data__client_secret = 's'"
            ),
            "get_or_create_authorization_for_app writes, so it takes constants only",
        ),
    ] {
        let refused = plan(&sql).unwrap_err();
        assert!(refused.contains(words), "{sql}: {refused}");
    }
}

#[test]
fn exec_is_read_by_its_own_grammar() {
    let read = |sql: &str| {
        exec::read_with(&text(sql), &|name| {
            (name == "n").then(|| Cell::Text("v".into()))
        })
    };
    let update = format!("EXEC {A}.update_authorization");
    let exec = read(&format!(
        "{update} @authorization_id = -1, @data__note=:n, @@json='{{\"scopes\":[]}}'"
    ))
    .unwrap();
    assert_eq!(exec.method.name, "update_authorization");
    let given: Vec<(&str, &Cell)> = exec
        .given
        .iter()
        .map(|(input, cell)| (input.name.as_str(), cell))
        .collect();
    assert_eq!(
        given,
        [
            ("authorization_id", &Cell::Integer(-1)),
            ("data__note", &Cell::Text("v".into()))
        ]
    );
    assert_eq!(
        exec.body,
        serde_json::from_str::<Row>("{\"scopes\":[]}").unwrap()
    );
    for (rest, words) in [
        ("@authorization_id = 1 @x = 2", "a comma belongs"),
        ("authorization_id = 1", "a parameter is @name = value"),
        ("@authorization_id 1", "= belongs between"),
        (
            "@authorization_id = 1, @authorization_id = 2",
            "given twice",
        ),
        (
            "@authorization_id = 1, @data__scopes = 'x'",
            "data__scopes is a JSON array",
        ),
        (
            "@authorization_id = 1, @@json = '[]'",
            "@@json is a JSON object",
        ),
        ("@authorization_id = 1, @@jsn = '{}'", "the body is @@json"),
        ("@authorization_id = nothing", "a value is a string"),
        ("@authorization_id = :m", "a value is a string"),
        ("@id = 1", "takes no id"),
    ] {
        let refused = read(&format!("{update} {rest}")).unwrap_err().to_string();
        assert!(refused.contains(words), "{rest}: {refused}");
    }
}

#[test]
fn methods_that_write_are_known() {
    for resource in RESOURCES.iter() {
        for method in resource.by(Access::Select) {
            let writes = method.name.starts_with("get_or_create");
            assert_eq!(method.writes(), writes, "{}", method.name);
        }
    }
}

#[test]
fn the_shell_waits_for_the_semicolon_and_forgets_secrets() {
    for (typed, is_whole) in [
        ("SELECT 1;", true),
        ("SELECT 1", false),
        ("SELECT ';", false),
        ("SELECT ';'", false),
        ("SELECT 1; -- note;", true),
        ("SELECT 1 -- note;", false),
        ("SELECT /* ;", false),
        ("", true),
        ("exit", true),
    ] {
        assert_eq!(whole(typed), is_whole, "{typed}");
    }
    assert!(keepable("SELECT hashed_token FROM x;"));
    for secret in [
        "WHERE data__client_secret = 'x';",
        "@data__access_token = 'x'",
        "SELECT 'open",
    ] {
        assert!(!keepable(secret), "{secret}");
    }
    assert_eq!(completions("SEL"), ["SELECT"]);
    assert_eq!(
        completions("github.oauth_authorizations.g")[0],
        "github.oauth_authorizations.grants"
    );
    assert!(completions("data__client_s").contains(&"data__client_secret".to_owned()));
}
