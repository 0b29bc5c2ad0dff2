//! `grantd token`: tokens as an operator sees them. Owns how a token is named
//! on the command line; a token in clear text is hashed here and goes no further.

use clap::{Args, Subcommand};
use grantd_core::clock::Timestamp;
use grantd_core::ids::AuthorizationId;
use grantd_core::rotation::LONGEST_OVERLAP;
use grantd_core::store::{OwnedAuthorization, TokenFilter};
use grantd_core::token::{TokenFormat, TokenHash};

use super::token_shape::Shape;
use crate::failure::Failure;
use crate::instance::{self, Instance};
use crate::output::{self, TokenJson};
use crate::secret_input;
use serde::Serialize;

/// What can be done with tokens.
#[derive(Subcommand)]
pub(crate) enum Token {
    #[command(flatten)]
    Kept(Kept),
    #[command(flatten)]
    Shape(Shape),
}

/// What can be done with those that the store keeps.
#[derive(Subcommand)]
pub(crate) enum Kept {
    /// The tokens that all selectors fit; without selectors, all
    List(Selectors),
    /// The one token that all selectors fit
    Show(Selectors),
    /// Delete every token that all selectors fit; prints what was deleted
    Revoke(Selectors),
    /// Give a personal access token another token, printed this once; the old one goes on for a while
    Rotate {
        /// The id of its record, which stays
        #[arg(value_parser = id)]
        id: AuthorizationId,
        /// How long the old token goes on: a number and s, m, h or d; 30d at most
        #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = duration)]
        overlap: u32,
    },
}

/// Which tokens.
#[derive(Args)]
pub(crate) struct Selectors {
    /// An id, a SHA-256 hash (64 hex digits), the last eight characters, or the token itself
    selector: Option<String>,
    /// Of this user
    #[arg(long)]
    login: Option<String>,
    /// Of the app with this client id
    #[arg(long, value_name = "CLIENT_ID")]
    app: Option<String>,
    /// With this id
    #[arg(long, value_parser = id)]
    id: Option<AuthorizationId>,
    /// With these last eight characters
    #[arg(long, value_name = "CHARACTERS", value_parser = last_eight)]
    last_eight: Option<String>,
    /// With this SHA-256 hash (64 hex digits)
    #[arg(long, value_parser = hash)]
    hash: Option<TokenHash>,
    /// The token itself, on standard input, where no process list shows it
    #[arg(long)]
    token_stdin: bool,
}

/// `90s`, `30m`, `24h` or `7d`, in seconds.
fn duration(text: &str) -> Result<u32, String> {
    let wrong = || format!("give a number and s, m, h or d, at most {LONGEST_OVERLAP}s");
    let (number, unit) = text
        .split_at_checked(text.len().saturating_sub(1))
        .ok_or_else(wrong)?;
    let unit: u32 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    let seconds = number.parse().ok().and_then(|n: u32| n.checked_mul(unit));
    seconds
        .filter(|seconds| *seconds <= LONGEST_OVERLAP)
        .ok_or_else(wrong)
}

fn id(text: &str) -> Result<AuthorizationId, String> {
    AuthorizationId::parse(text).ok_or_else(|| "an id is a number".into())
}

fn hash(text: &str) -> Result<TokenHash, String> {
    TokenHash::parse(text).ok_or_else(|| "a hash has 64 hex digits".into())
}

fn last_eight(text: &str) -> Result<String, String> {
    let fits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_graphic());
    fits.then(|| text.to_owned())
        .ok_or_else(|| "give exactly eight characters".into())
}

/// Carries a command out.
pub(crate) async fn run(command: Kept, instance: &Instance) -> Result<(), Failure> {
    match command {
        Kept::List(selectors) => print(&find(selectors, instance).await?),
        Kept::Show(selectors) => match find(selectors.some()?, instance).await?.as_slice() {
            [] => Err(none()),
            [one] => output::json(&TokenJson::from(one)),
            many => Err(Failure::new(format!(
                "{} tokens fit; `grantd token list` shows them",
                many.len()
            ))),
        },
        Kept::Revoke(selectors) => revoke(selectors.some()?, instance).await,
        Kept::Rotate { id, overlap } => rotate(id, overlap, instance).await,
    }
}

async fn revoke(selectors: Selectors, instance: &Instance) -> Result<(), Failure> {
    let mut revoked = Vec::new();
    for owned in find(selectors, instance).await? {
        let stamp = instance.operator().stamp();
        if instance
            .store
            .delete_token(owned.authorization.id, stamp)
            .await?
        {
            revoked.push(owned);
        }
    }
    if revoked.is_empty() {
        return Err(none());
    }
    print(&revoked)
}

/// What a rotation prints: the new token, this once, and what becomes of the old one.
#[derive(Serialize)]
struct RotatedJson<'a> {
    token: &'a str,
    id: i64,
    token_last_eight: &'a str,
    expires_at: Option<Timestamp>,
    old: Option<OldJson<'a>>,
}

/// The replaced token, while it goes on.
#[derive(Serialize)]
struct OldJson<'a> {
    id: i64,
    token_last_eight: &'a str,
    expires_at: Option<Timestamp>,
}

async fn rotate(id: AuthorizationId, overlap: u32, instance: &Instance) -> Result<(), Failure> {
    let format = instance
        .config
        .token_format()
        .map_err(|why| Failure::new(why.to_string()))?;
    let mut found = instance
        .store
        .list_lives(AuthorizationId(id.0 - 1), 1)
        .await?;
    let lived = found
        .pop()
        .filter(|lived| lived.owned.authorization.id == id);
    let lived = lived.ok_or_else(none)?;
    let policy = (&format, instance.config.lifetimes());
    let operator = instance.operator();
    let Some(rotated) = operator.rotate_token(&lived, overlap, policy).await? else {
        return Err(Failure::new(
            "only personal access tokens are rotated so; an app's token is its app's to reset",
        ));
    };
    let (record, old) = (&rotated.value.authorization, &rotated.value.predecessor);
    output::json(&RotatedJson {
        token: rotated.token.expose(),
        id: record.id.0,
        token_last_eight: &record.token_last_eight.0,
        expires_at: record.expires_at,
        old: old.as_ref().map(|old| OldJson {
            id: old.id.0,
            token_last_eight: &old.token_last_eight.0,
            expires_at: old.expires_at,
        }),
    })
}

fn print(tokens: &[OwnedAuthorization]) -> Result<(), Failure> {
    output::json(&tokens.iter().map(TokenJson::from).collect::<Vec<_>>())
}

fn none() -> Failure {
    Failure::new("no token fits; `grantd token list` shows all")
}

impl Selectors {
    /// Refuses an empty selection: nobody means every token of everybody by saying nothing.
    fn some(self) -> Result<Self, Failure> {
        let any = self.selector.is_some()
            || self.login.is_some()
            || self.app.is_some()
            || self.id.is_some()
            || self.last_eight.is_some()
            || self.hash.is_some()
            || self.token_stdin;
        any.then_some(self).ok_or_else(|| {
            Failure::new("which token? give its id, hash, last eight characters or itself, or --login or --app")
        })
    }
}

/// Every token that all selectors fit, ids ascending: the store looks by the narrowest.
async fn find(
    selectors: Selectors,
    instance: &Instance,
) -> Result<Vec<OwnedAuthorization>, Failure> {
    let mut filters = filters(selectors, instance).await?;
    filters.sort_by_key(breadth);
    let narrowest = filters.first().cloned().unwrap_or(TokenFilter::All);
    let mut found =
        instance::every(async |page| instance.store.list_tokens(narrowest.clone(), page).await)
            .await?;
    found.retain(|owned| filters.iter().all(|filter| fits(filter, owned)));
    Ok(found)
}

async fn filters(selectors: Selectors, instance: &Instance) -> Result<Vec<TokenFilter>, Failure> {
    let format = instance
        .config
        .token_format()
        .map_err(|why| Failure::new(why.to_string()))?;
    let mut filters = Vec::new();
    if let Some(selector) = &selectors.selector {
        filters.push(guess(selector, &format)?);
    }
    if let Some(login) = &selectors.login {
        filters.push(TokenFilter::User(instance.user(login).await?.id));
    }
    if let Some(client_id) = &selectors.app {
        filters.push(TokenFilter::App(instance.app(client_id).await?.id));
    }
    filters.extend(selectors.id.map(TokenFilter::Id));
    filters.extend(selectors.last_eight.map(TokenFilter::LastEight));
    filters.extend(selectors.hash.map(TokenFilter::Hash));
    if selectors.token_stdin {
        let token = secret_input::from_stdin("token")?;
        filters.push(TokenFilter::Hash(
            hashed(token.expose(), &format).ok_or_else(no_token)?,
        ));
    }
    Ok(filters)
}

/// What a bare selector names. Digits are an id: `--last-eight` is there for the token that ends in eight of them.
pub(super) fn guess(selector: &str, format: &TokenFormat) -> Result<TokenFilter, Failure> {
    if let Some(id) = AuthorizationId::parse(selector) {
        return Ok(TokenFilter::Id(id));
    }
    let hash = TokenHash::parse(selector).or_else(|| hashed(selector, format));
    let last_eight = || last_eight(selector).ok().map(TokenFilter::LastEight);
    hash.map(TokenFilter::Hash)
        .or_else(last_eight)
        .ok_or_else(no_token)
}

/// The hash of a token of any shape that this server may ever have made.
pub(super) fn hashed(presented: &str, format: &TokenFormat) -> Option<TokenHash> {
    let hex = TokenFormat::new("gt", false, true).ok()?;
    format
        .parse(presented)
        .or_else(|| hex.parse(presented))
        .map(|token| token.hash())
}

/// Does not repeat what was typed: it may be a secret.
pub(super) fn no_token() -> Failure {
    Failure::new(
        "that is no token, id, hash or last eight characters; `grantd token list` shows all",
    )
}

fn breadth(filter: &TokenFilter) -> u8 {
    match filter {
        TokenFilter::Id(_) | TokenFilter::Hash(_) => 0,
        TokenFilter::LastEight(_) => 1,
        TokenFilter::User(_) => 2,
        TokenFilter::App(_) => 3,
        TokenFilter::Personal => 4,
        TokenFilter::All => 5,
    }
}

fn fits(filter: &TokenFilter, owned: &OwnedAuthorization) -> bool {
    let token = &owned.authorization;
    match filter {
        TokenFilter::All => true,
        TokenFilter::Personal => token.app.is_none(),
        TokenFilter::User(id) => token.user_id == *id,
        TokenFilter::App(id) => token.app.as_ref().is_some_and(|app| app.id == *id),
        TokenFilter::Id(id) => token.id == *id,
        TokenFilter::LastEight(characters) => token.token_last_eight.0 == *characters,
        TokenFilter::Hash(hash) => token.token_hash == *hash,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_selector_is_known_by_its_shape() {
        let format = TokenFormat::new("gt", false, false).unwrap();
        let guess = |text: &str| super::guess(text, &format);
        assert!(matches!(
            guess("42"),
            Ok(TokenFilter::Id(AuthorizationId(42)))
        ));
        assert!(matches!(guess("e1e48fab"), Ok(TokenFilter::LastEight(_))));
        let token = "eef705f503b4053517ac55a99206feece1e48fab";
        let digest = "f41b865a3aa1ec9af88fcfaee7770f02953eaf1039a8d817fe098312fa1a57eb";
        for text in [token, digest] {
            assert!(
                matches!(guess(text), Ok(TokenFilter::Hash(hash)) if hash.to_string() == digest),
                "{text}"
            );
        }
        assert!(guess("nonsense-that-is-long").is_err());
    }
}
