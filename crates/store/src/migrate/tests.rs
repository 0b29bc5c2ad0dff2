//! Programs of two schemas on one database, with migrations made up for the
//! purpose. PostgreSQL's turn is in its own tests.

use std::sync::Arc;

use grantd_core::audit::Stamp;
use grantd_core::authorization::NewAuthorization;
use grantd_core::clock::Timestamp;
use grantd_core::fingerprint::Fingerprint;
use grantd_core::note::Note;
use grantd_core::scope::Scopes;
use grantd_core::store::{MintLimits, SharedStore, TokenVerdict};
use grantd_core::token::{TokenHash, TokenLastEight};
use grantd_core::user::{Login, NewUser, PasswordHash};

use super::{MigrateError, Migration, POSTGRES, SQLITE};
use crate::{OpenError, Options, SqliteStore};

const NOW: Timestamp = Timestamp(1_600_000_000);

/// What the next release adds.
fn expanded(known: &[Migration]) -> Vec<Migration> {
    let last = known.len() as i64;
    let colours = Migration {
        version: last + 1,
        name: "colours",
        oldest: last,
        locks: "",
        reads: Some("authorizations"),
        ddl: "ALTER TABLE authorizations ADD COLUMN colour TEXT; \
              CREATE TABLE colours (name TEXT NOT NULL PRIMARY KEY)",
    };
    [known, &[colours]].concat()
}

/// What the one after that takes away.
fn contracted(known: &[Migration]) -> Vec<Migration> {
    let expanded = expanded(known);
    let last = expanded.len() as i64;
    let no_colours = Migration {
        version: last + 1,
        name: "no_colours",
        oldest: last + 1,
        locks: "",
        reads: None,
        ddl: "DROP TABLE colours",
    };
    [&expanded[..], &[no_colours]].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_of_two_schemas_share_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let open = async |known: &[Migration]| -> Result<SharedStore, MigrateError> {
        match SqliteStore::open_as(&path, Options::default(), known) {
            Ok(store) => Ok(Arc::new(store) as SharedStore),
            Err(OpenError::Migrate(refused)) => Err(refused),
            Err(other) => panic!("{other}"),
        }
    };
    side_by_side(open, SQLITE).await;
}

pub(crate) async fn side_by_side(
    open: impl AsyncFn(&[Migration]) -> Result<SharedStore, MigrateError>,
    known: &[Migration],
) {
    let old = open(known).await.unwrap();
    serve(&old, &old, 1).await;
    let new = open(&expanded(known)).await.unwrap();
    serve(&old, &new, 2).await;
    serve(&new, &old, 3).await;
    let old_again = open(known).await.unwrap();
    serve(&old_again, &new, 4).await;
    let newest = open(&contracted(known)).await.unwrap();
    serve(&newest, &newest, 5).await;
    for left_behind in [known.to_vec(), expanded(known)] {
        let refused = open(&left_behind).await.err().expect("it is left behind");
        let words = refused.to_string();
        assert!(words.contains("`no_colours`"), "{words}");
        assert!(words.contains("use a newer grantd"), "{words}");
    }
}

/// One node mints and revokes, the other checks.
async fn serve(one: &SharedStore, other: &SharedStore, number: u8) {
    let stamp = || Stamp::operator(NOW);
    let new = NewUser {
        login: Login::from_stored(format!("user-{number}")),
        email: None,
        email_verified: false,
        password_hash: PasswordHash("$".to_owned()),
        site_admin: false,
        second_factor: None,
    };
    let user = one.create_user(new, stamp()).await.unwrap().unwrap();
    let hash = TokenHash([number; 32]);
    let new = NewAuthorization {
        user_id: user.id,
        app_id: None,
        token_hash: hash,
        token_last_eight: TokenLastEight("12345678".to_owned()),
        note: Some(Note::from_stored("a note".to_owned())),
        note_url: None,
        scopes: Scopes::default(),
        fingerprint: Fingerprint::default(),
        expires_at: None,
    };
    let limits = MintLimits {
        per_scope_set: 10,
        per_hour: None,
    };
    let minted = one.create_authorization(new, limits, stamp()).await;
    let id = minted.unwrap().unwrap().id;
    let valid = |verdict| matches!(verdict, TokenVerdict::Valid(_));
    assert!(valid(other.find_token(hash, NOW).await.unwrap()));
    assert!(one.delete_token(id, stamp()).await.unwrap());
    assert!(!valid(other.find_token(hash, NOW).await.unwrap()));
}

#[test]
fn both_engines_have_the_same_migrations_in_order() {
    assert_eq!(SQLITE.len(), POSTGRES.len());
    for (number, (here, there)) in (1..).zip(SQLITE.iter().zip(POSTGRES)) {
        assert_eq!((here.version, there.version), (number, number));
        assert_eq!((here.name, here.oldest), (there.name, there.oldest));
        assert!((1..=number).contains(&here.oldest), "{}", here.name);
        assert!(!here.locks.is_empty() && !there.locks.is_empty());
    }
}

/// A file as the first version of the program left it.
#[test]
fn a_table_of_versions_without_the_third_column_gets_it() {
    let mut conn = rusqlite::Connection::open_in_memory().unwrap();
    let before = "CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL)";
    conn.execute_batch(before).unwrap();
    conn.execute_batch(SQLITE[0].ddl).unwrap();
    conn.execute_batch("INSERT INTO schema_migrations VALUES (1, 'authorizations')")
        .unwrap();
    let known = expanded(&SQLITE[..1]);
    let schema = super::inspect_sqlite(&conn, &known).unwrap();
    assert_eq!((schema.version(), schema.pending.len()), (1, 1));
    assert_eq!(schema.pending[0].rows, Some(0));
    super::sqlite(&mut conn, &known, &mut |_| ()).unwrap();
    let schema = super::inspect_sqlite(&conn, &SQLITE[..1]).unwrap();
    assert_eq!((schema.version(), schema.applied[1].oldest), (2, 1));
    schema.judge().unwrap();
}
