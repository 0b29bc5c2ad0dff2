//! A store for benchmarks: people, apps and tokens that follow from a seed. Owns
//! what such a store looks like; must not know who measures what.
//!
//! Anybody who knows the seed knows every token: such a store is for measuring
//! and nothing else. Its trail is empty, since nothing happened in it.

use grantd_core::app::ClientId;
use grantd_core::entropy::SeededEntropy;
use grantd_core::secret::Secret;
use grantd_core::token::{Token, TokenFormat, TokenKind};
use grantd_core::user::PasswordHash;
use tokio::sync::mpsc;

use super::row::{Row, Value, bytes, id, int, text};
use super::{Bulk, BulkError, BulkStep};
use crate::copy::page::Page;
use crate::copy::side::PAGE;
use crate::copy::tables::Table;
use crate::db::DbResult;
use crate::open::DatabaseUrl;

/// When everything was made: 2026-01-01.
const MADE: i64 = 1_767_225_600;
/// One of so many tokens belongs to no app.
const PERSONAL: u64 = 20;
/// One of so many tokens of apps is bound to a machine.
const FINGERPRINTED: u64 = 5;
/// A person uses so many apps.
const APPS_EACH: u64 = 2;
/// Pages that wait to be written.
const AHEAD: usize = 4;
/// What was drawn for what: apps and tokens have entropy of their own.
const FOR_APPS: u64 = 1 << 63;

/// How much there is, and of which shape.
#[derive(Clone, Debug)]
pub struct Load {
    /// People, `user-1` and so on.
    pub users: u64,
    /// Apps, of the first person.
    pub apps: u64,
    /// Tokens, spread over people and apps.
    pub tokens: u64,
    /// So many of them are personal tokens of the first person.
    pub of_first_user: u64,
    /// All secrets follow from it.
    pub seed: u64,
    /// Everybody's password, hashed.
    pub password: PasswordHash,
    /// What tokens look like.
    pub format: TokenFormat,
}

/// Fills an empty store that some grantd has opened before, and writes down every token of an app: the
/// app's number, from 0, and the token.
///
/// # Errors
/// The database cannot be used, is in use, or is not empty; or a token cannot be written down.
pub async fn load(
    url: &DatabaseUrl,
    load: &Load,
    sample: &mut (dyn FnMut(u64, &Token) -> std::io::Result<()> + Send),
    tell: &mut (dyn FnMut(BulkStep<'_>) + Send),
) -> Result<(), BulkError> {
    load.judge()?;
    let mut bulk = Bulk::begin(url).await?;
    for name in ["users", "apps", "grants", "authorizations"] {
        let Some(table) = crate::copy::find(name) else {
            continue;
        };
        let rows = load.rows_of(table);
        tell(BulkStep::Adds(table.name, rows));
        bulk.without_indexes(table).await?;
        let mut done = 0;
        let mut pages = load.clone().pages(table, rows);
        while let Some(made) = pages.recv().await {
            let (page, tokens) = made?;
            bulk.write(table, &page).await?;
            for (app, token) in &tokens {
                sample(*app, token)?;
            }
            done += page.rows as u64;
            tell(BulkStep::At(done));
        }
        bulk.spend_ids(table, rows as i64).await?;
        tell(BulkStep::Added(done));
    }
    Ok(bulk.end(tell).await?)
}

/// A page, and the tokens of apps in it.
type Made = DbResult<(Page, Vec<(u64, Token)>)>;

impl Load {
    /// The client id of this app, from 0.
    pub fn client_id(&self, app: u64) -> ClientId {
        ClientId::generate(&self.entropy(FOR_APPS | (2 * app)))
    }

    /// The client secret of this app.
    pub fn client_secret(&self, app: u64) -> Secret {
        Secret::generate_client_secret(&self.entropy(FOR_APPS | (2 * app + 1)))
    }

    fn entropy(&self, number: u64) -> SeededEntropy {
        // An odd factor: no two numbers of a seed share their bytes.
        SeededEntropy::new(number ^ self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn judge(&self) -> Result<(), BulkError> {
        let shape = BulkError::Shape;
        if self.users == 0 || self.apps == 0 {
            return Err(shape("there must be a user and an app"));
        }
        if self.of_first_user > self.tokens {
            return Err(shape("the first user has more tokens than there are"));
        }
        Ok(())
    }

    fn apps_each(&self) -> u64 {
        self.apps.min(APPS_EACH)
    }

    fn rows_of(&self, table: &Table) -> u64 {
        match table.name {
            "users" => self.users,
            "apps" => self.apps,
            "grants" => self.users * self.apps_each(),
            _ => self.tokens,
        }
    }

    /// Makes rows on a thread of their own, while those before are written.
    fn pages(self, table: &'static Table, rows: u64) -> mpsc::Receiver<Made> {
        let (made, pages) = mpsc::channel(AHEAD);
        std::thread::spawn(move || {
            for first in (0..rows).step_by(PAGE) {
                let page = self.page(table, first..rows.min(first + PAGE as u64));
                // Nobody waits for it when writing has failed.
                if made.blocking_send(page).is_err() {
                    return;
                }
            }
        });
        pages
    }

    fn page(&self, table: &Table, numbers: std::ops::Range<u64>) -> Made {
        let (mut page, mut tokens) = (Page::of(table), Vec::new());
        for number in numbers {
            let row = match table.name {
                "users" => self.user(number),
                "apps" => self.app(number),
                "grants" => self.grant(number),
                _ => {
                    let (row, app, token) = self.authorization(number);
                    tokens.extend(app.map(|app| (app, token)));
                    row
                }
            };
            page.push(&Row(row))?;
        }
        Ok((page, tokens))
    }

    fn user(&self, number: u64) -> Vec<Value> {
        let login = format!("user-{}", number + 1);
        let address = format!("{login}@example.com");
        vec![
            id(number),
            text(&login),
            text(&login),
            text(&address),
            text(&address),
            Value::Flag(true),
            text(&self.password.0),
            Value::Null,
            Value::Flag(false),
            Value::Null,
            int(1),
            int(MADE),
            int(MADE),
        ]
    }

    fn app(&self, number: u64) -> Vec<Value> {
        vec![
            id(number),
            text(self.client_id(number).as_str()),
            text(&format!("App {}", number + 1)),
            text("https://app.example.com"),
            text(r#"["https://app.example.com/callback"]"#),
            int(1),
            bytes(&self.client_secret(number).hash().0),
            Value::Null,
            int(1),
            int(MADE),
            int(MADE),
            Value::Null,
            Value::Flag(false),
            Value::Flag(false),
            Value::Flag(false),
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Flag(false),
        ]
    }

    /// The app that this person uses first, second…
    fn app_of(&self, user: u64, turn: u64) -> u64 {
        (user + turn) % self.apps
    }

    fn grant(&self, number: u64) -> Vec<Value> {
        let (user, turn) = (number / self.apps_each(), number % self.apps_each());
        vec![
            id(number),
            id(user),
            id(self.app_of(user, turn)),
            text("repo user"),
            text("repo user"),
            int(MADE),
            int(MADE),
        ]
    }

    fn authorization(&self, number: u64) -> (Vec<Value>, Option<u64>, Token) {
        let spread = number.checked_sub(self.of_first_user);
        // One after the other comes to another person, as in life.
        let user = spread.map_or(0, |spread| spread % self.users);
        let turn = spread.map(|spread| (spread / self.users) % self.apps_each());
        let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let turn = turn.filter(|_| !mixed.is_multiple_of(PERSONAL));
        let app = turn.map(|turn| self.app_of(user, turn));
        let kind = match app {
            Some(_) => TokenKind::OAuthApp,
            None => TokenKind::Personal,
        };
        let token = self.format.generate(kind, &self.entropy(number));
        let hash = token.hash();
        let bound = app.is_some() && mixed % FINGERPRINTED == 1;
        let row = vec![
            id(number),
            id(user),
            app.map_or(Value::Null, id),
            turn.map_or(Value::Null, |turn| id(user * self.apps_each() + turn)),
            int(hash.prefix()),
            bytes(&hash.0),
            text(&token.last_eight().0),
            text(&format!("token {}", number + 1)),
            Value::Null,
            text("repo user"),
            text("repo user"),
            text(&if bound {
                format!("machine {}", number + 1)
            } else {
                String::new()
            }),
            int(MADE),
            int(MADE),
            Value::Null,
            Value::Null,
        ];
        (row, app, token)
    }
}

#[cfg(test)]
mod tests;
