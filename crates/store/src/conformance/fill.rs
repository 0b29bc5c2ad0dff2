//! A store full of people, apps and tokens, made in seconds: for copies and
//! benchmarks. Owns what such a store looks like; everything in it follows from
//! a number, so that a client can know the tokens without being told.
//!
//! Rows are written past the steps, a page at a time, into an empty store.

use grantd_core::entropy::SeededEntropy;
use grantd_core::secret::Secret;
use grantd_core::token::{Token, TokenFormat, TokenKind};

use crate::bulk::Bulk;
use crate::bulk::row::{Row, Value, bytes, id, int, text};
use crate::copy::page::Page;
use crate::copy::side::PAGE;
use crate::copy::tables::{TABLES, Table};
use crate::{BulkError, DatabaseUrl};

/// When everything was made.
const MADE: i64 = 1_600_000_000;
/// Every so many tokens one is personal, one is bound to a machine, one ends.
const PERSONAL: u64 = 20;
const FINGERPRINTED: u64 = 5;
const EXPIRING: u64 = 10;
/// So many ids were given out last, and deleted again.
const DELETED: i64 = 7;

/// How much there is.
#[derive(Clone, Copy, Debug)]
pub struct Fill {
    /// People.
    pub users: u64,
    /// Apps, of the first person.
    pub apps: u64,
    /// Tokens, each with its row in the trail; spread over people, and then over apps.
    pub tokens: u64,
}

/// The token of this number in clear text.
///
/// # Panics
/// Never: the prefix is a good one.
pub fn token(number: u64) -> Token {
    let format = TokenFormat::new("gt", false, false).expect("a good prefix");
    let kind = match number % PERSONAL {
        0 => TokenKind::Personal,
        _ => TokenKind::OAuthApp,
    };
    format.generate(kind, &SeededEntropy::new(number))
}

/// The client id of this app, from 0.
pub fn client_id(app: u64) -> String {
    format!("{:020x}", app + 1)
}

/// The client secret of this app.
pub fn client_secret(app: u64) -> Secret {
    Secret::generate_client_secret(&SeededEntropy::new(u64::MAX - app))
}

impl Fill {
    /// Whose token this is, from 0.
    pub fn user_of(&self, token: u64) -> u64 {
        token % self.users
    }

    /// Which app's token this is; a personal one is nobody's.
    pub fn app_of(&self, token: u64) -> Option<u64> {
        let of_app = !token.is_multiple_of(PERSONAL);
        of_app.then(|| token / self.users % self.apps)
    }

    /// Fills an empty store that some grantd has opened before.
    ///
    /// # Errors
    /// The database cannot be used, or is not empty.
    pub async fn run(self, url: &DatabaseUrl) -> Result<(), BulkError> {
        let mut bulk = Bulk::begin(url).await?;
        for table in TABLES {
            let rows = self.rows_of(table);
            bulk.without_indexes(table).await?;
            for first in (0..rows).step_by(PAGE) {
                let mut page = Page::of(table);
                for number in first..rows.min(first + PAGE as u64) {
                    page.push(&self.row(table, number))?;
                }
                bulk.write(table, &page).await?;
            }
            if table.ids {
                bulk.spend_ids(table, rows as i64 + DELETED).await?;
            }
        }
        Ok(bulk.end(|_| ()).await?)
    }

    fn rows_of(&self, table: &Table) -> u64 {
        match table.name {
            "apps" | "app_logos" => self.apps,
            "grants" => self.users * self.apps,
            "authorizations" | "audit" | "last_used" => self.tokens,
            // A server that runs seals the trail.
            "restores" | "audit_seal" | "audit_checkpoint" | "leases" => 0,
            // One of each per person.
            _ => self.users,
        }
    }

    fn row(&self, table: &Table, number: u64) -> Row {
        let (at, row) = (Value::Int(MADE), number as i64 + 1);
        Row(match table.name {
            "users" => self.user(number),
            "recovery_codes" => vec![int(row), bytes(&[7; 32]), at],
            "otp_steps" => vec![int(row), int(MADE / 30), text("192.0.2.1"), int(1)],
            "known_addresses" => vec![int(row), text("2001:db8::/64"), at],
            "last_used" => vec![id(number), at, text("private")],
            "salted_hashes" => vec![
                id(number),
                text("e4efbf36"),
                text("pbkdf2-sha256$10000$salt$00"),
            ],
            "expiry_notices" => vec![id(number), at, int(7), text("mail"), int(MADE), int(MADE)],
            "passkeys" => passkey(number),
            "sessions" => session(number),
            "tickets" => ticket(number),
            "apps" => app(number),
            "grants" => {
                let (user, app) = (number % self.users, number / self.users);
                let scopes = || text("repo user:email");
                vec![
                    int(row),
                    id(user),
                    id(app),
                    scopes(),
                    scopes(),
                    int(MADE),
                    at,
                ]
            }
            "app_logos" => vec![int(row), bytes(b"GIF89a\0\xff")],
            "refresh_tokens" => refresh_token(number),
            "authorizations" => self.authorization(number),
            "audit" => self.trail(number),
            other => unreachable!("nobody has said what `{other}` is filled with"),
        })
    }

    fn user(&self, number: u64) -> Vec<Value> {
        let login = format!("user-{number}");
        // Some are longer than ASCII.
        let address = format!("{login}@büro.example");
        let enrolled = number.is_multiple_of(2);
        vec![
            id(number),
            text(&login),
            text(&login),
            text(&address),
            text(&address),
            Value::Flag(enrolled),
            text("$argon2id$v=19$m=19456,t=2,p=1$of$nobody"),
            if enrolled {
                bytes(&[1, 0, 255])
            } else {
                Value::Null
            },
            Value::Flag(number == 0),
            Value::Null,
            int(1),
            int(MADE),
            int(MADE),
            match number % 3 {
                0 => Value::Null,
                _ => text("de"),
            },
        ]
    }

    fn authorization(&self, number: u64) -> Vec<Value> {
        let (token, user, app) = (token(number), self.user_of(number), self.app_of(number));
        let hash = token.hash();
        let grant = app.map(|app| app * self.users + user);
        let one_in = |every: u64| number % every == 1;
        vec![
            id(number),
            id(user),
            app.map_or(Value::Null, id),
            grant.map_or(Value::Null, id),
            int(hash.prefix()),
            bytes(&hash.0),
            text(&token.last_eight().0),
            text(&format!("☂ number {number}")),
            if one_in(3) {
                text("https://note.example")
            } else {
                Value::Null
            },
            text("user:email repo"),
            text("repo user:email"),
            match one_in(FINGERPRINTED) {
                true => text(&format!("machine {number}")),
                false => text(""),
            },
            int(MADE),
            int(MADE),
            match one_in(EXPIRING) {
                true => int(MADE + 86_400 + number as i64 % 86_400),
                false => Value::Null,
            },
            match one_in(EXPIRING) {
                true => int(MADE + 1),
                false => Value::Null,
            },
        ]
    }

    fn trail(&self, number: u64) -> Vec<Value> {
        let (token, user, app) = (token(number), self.user_of(number), self.app_of(number));
        vec![
            id(number),
            int(MADE),
            text("oauth_access.create"),
            text("user"),
            id(user),
            id(user),
            app.map_or(Value::Null, id),
            id(number),
            Value::Null,
            bytes(&token.hash().0),
            text(&token.last_eight().0),
            text("192.0.2.1"),
            Value::Null,
            Value::Null,
        ]
    }
}

/// Of a browser of theirs.
fn session(number: u64) -> Vec<Value> {
    vec![
        id(number),
        bytes(&token(number).hash().0),
        id(number),
        int(1),
        int(MADE),
        int(MADE),
        int(MADE + 14 * 86_400),
        int(MADE + 300),
        text("2001:db8::1"),
        text("Mozilla/5.0 (ü)"),
    ]
}

/// Some link or other of theirs.
fn ticket(number: u64) -> Vec<Value> {
    vec![
        bytes(&token(number).hash().0),
        text("invitation"),
        id(number),
        bytes(&[0, 255, 1]),
        int(MADE + 86_400),
        Value::Null,
    ]
}

fn app(number: u64) -> Vec<Value> {
    vec![
        id(number),
        text(&client_id(number)),
        text(&format!("App {number}")),
        text("https://app.example"),
        text(r#"["https://app.example/cb"]"#),
        int(1),
        bytes(&client_secret(number).hash().0),
        Value::Null,
        int(1),
        int(MADE),
        int(MADE),
        text("It is an app"),
        Value::Flag(number.is_multiple_of(2)),
        Value::Flag(false),
        Value::Flag(true),
        Value::Null,
        int(MADE),
        bytes(&[8; 32]),
        int(MADE + 86_400),
        Value::Flag(number.is_multiple_of(3)),
    ]
}

/// Of a person for the first app; every other one was superseded.
fn refresh_token(number: u64) -> Vec<Value> {
    let mut hash = [9; 32];
    hash[..8].copy_from_slice(&number.to_be_bytes());
    let one_in_two = |value| match number.is_multiple_of(2) {
        true => value,
        false => Value::Null,
    };
    vec![
        bytes(&hash),
        id(number),
        one_in_two(bytes(&[7; 32])),
        int(1),
        id(number),
        id(number),
        one_in_two(id(number)),
        text("repo"),
        int(MADE + 86_400),
        one_in_two(int(MADE)),
        one_in_two(int(MADE - 86_400)),
    ]
}

/// One of a person; every other one was never used.
fn passkey(number: u64) -> Vec<Value> {
    let used = number.is_multiple_of(2);
    vec![
        id(number),
        id(number),
        bytes(&number.to_be_bytes()),
        text("☂ key"),
        bytes(b"{\"cred\":{}}"),
        int(i64::from(u32::MAX)),
        int(MADE),
        if used { int(MADE) } else { Value::Null },
    ]
}
