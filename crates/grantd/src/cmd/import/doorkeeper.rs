//! Doorkeeper's tables. Owns what their columns mean; that a table was exported
//! as CSV with its column names is all that is asked of whoever exports it.

use std::collections::HashMap;
use std::path::Path;

use grantd_core::app::AppSettings;
use grantd_core::import::{GivenApp, GivenSecret, GivenToken, Refusal, TokenAs};
use grantd_core::secret::Secret;
use url::Url;

use super::intake::Intake;
use super::table::{self, Cells, Table};
use super::{Doorkeeper, Kept};
use crate::failure::Failure;

const APPLICATIONS: &[&str] = &["id", "name", "uid", "secret", "redirect_uri", "created_at"];
const TOKENS: &[&str] = &[
    "id",
    "resource_owner_id",
    "application_id",
    "token",
    "expires_in",
    "revoked_at",
    "created_at",
    "scopes",
];

/// Takes in the applications, then their tokens.
pub(super) async fn take_in(from: Doorkeeper, intake: &mut Intake<'_>) -> Result<(), Failure> {
    let owners = from.owners.as_deref().map(owners).transpose()?;
    let owners = owners.unwrap_or_default();
    let url = homepage(intake)?;
    let table = Table::open(&from.applications, APPLICATIONS)?;
    let rows = table.rows(|cells| application(cells, &owners, &from, &url));
    intake.apps(&from.applications, rows).await?;
    let Some(file) = &from.tokens else {
        return Ok(());
    };
    let mut uids = HashMap::new();
    let table = Table::open(&from.applications, APPLICATIONS)?;
    let rows = table.rows(|cells| Ok((cells.text("id").to_owned(), cells.text("uid").to_owned())));
    uids.extend(rows.filter_map(|row| row.given.ok()));
    let count = table::count(file)?;
    let table = Table::open(file, TOKENS)?;
    let rows = table.rows(|cells| token(cells, &owners, &uids, from.tokens_kept));
    intake.tokens(file, count, rows).await
}

/// The homepage of applications that cannot be told one: Doorkeeper keeps none.
fn homepage(intake: &Intake<'_>) -> Result<String, Failure> {
    let config = &intake.instance.config;
    let url = config.values.public_url.as_ref();
    Ok(url.map_or("http://localhost/".to_owned(), |url| url.0.to_string()))
}

/// The login behind each number.
pub(super) fn owners(path: &Path) -> Result<HashMap<String, String>, Failure> {
    let table = Table::open(path, &["resource_owner_id", "login"])?;
    let rows = table.rows(|cells| {
        let number = cells.text("resource_owner_id").to_owned();
        Ok((number, cells.text("login").to_owned()))
    });
    rows.map(|row| {
        row.given
            .map_err(|why| Failure::new(format!("{}:{}: {why}", path.display(), row.line)))
    })
    .collect()
}

fn application(
    cells: &Cells<'_>,
    owners: &HashMap<String, String>,
    from: &Doorkeeper,
    homepage: &str,
) -> Result<GivenApp, Refusal> {
    let callback_urls: Vec<String> = cells
        .text("redirect_uri")
        .split_ascii_whitespace()
        .map(str::to_owned)
        .collect();
    let owner = cells.some("owner_id").and_then(|id| owners.get(id));
    // Without the column every application has a secret.
    let public = cells.some("confidential").is_some() && !cells.flag("confidential")?;
    let scopes = words(cells.text("scopes"));
    let created_at = cells.needed_time("created_at")?;
    Ok(GivenApp {
        client_id: cells.text("uid").to_owned(),
        name: cells.text("name").to_owned(),
        url: origin(&callback_urls).unwrap_or_else(|| homepage.to_owned()),
        description: None,
        callback_urls,
        owner: owner.unwrap_or(&from.app_owner).clone(),
        secret: match from.secrets_kept {
            _ if public => GivenSecret::None,
            Kept::Plain => GivenSecret::Clear(Secret::new(cells.text("secret").to_owned())),
            Kept::Sha256 => GivenSecret::Sha256(cells.text("secret").to_owned()),
        },
        allowed_scopes: (!scopes.is_empty()).then_some(scopes),
        settings: AppSettings::default(),
        suspended_at: None,
        created_at,
        updated_at: cells.time("updated_at")?.unwrap_or(created_at),
    })
}

/// The place of the first callback that is a web page.
fn origin(callbacks: &[String]) -> Option<String> {
    let urls = callbacks.iter().filter_map(|text| Url::parse(text).ok());
    let mut pages = urls.filter(|url| ["http", "https"].contains(&url.scheme()));
    Some(pages.next()?.origin().ascii_serialization())
}

fn token(
    cells: &Cells<'_>,
    owners: &HashMap<String, String>,
    uids: &HashMap<String, String>,
    kept: Kept,
) -> Result<GivenToken, Refusal> {
    if cells.some("revoked_at").is_some() {
        return Err(Refusal::Revoked);
    }
    let owner = cells.some("resource_owner_id").ok_or(Refusal::NoOwner)?;
    let unmapped = || Refusal::UnmappedOwner(owner.to_owned());
    let login = owners.get(owner).ok_or_else(unmapped)?;
    let client_id = match cells.some("application_id") {
        None => None,
        Some(id) => {
            let unmapped = || Refusal::UnmappedApp(id.to_owned());
            Some(uids.get(id).ok_or_else(unmapped)?.clone())
        }
    };
    let created_at = cells.needed_time("created_at")?;
    let lives = cells.some("expires_in").map(|text| {
        let malformed = || Refusal::Malformed(format!("`{text}` is no number of seconds"));
        text.parse::<i64>().map_err(|_| malformed())
    });
    let text = cells.text("token").to_owned();
    Ok(GivenToken {
        login: login.clone(),
        note: match client_id {
            Some(_) => None,
            None => Some(format!("Doorkeeper token {}", cells.text("id"))),
        },
        client_id,
        token: match kept {
            Kept::Plain => TokenAs::Clear(Secret::new(text)),
            Kept::Sha256 => TokenAs::Sha256(text),
        },
        last_eight: String::new(),
        note_url: None,
        scopes: words(cells.text("scopes")),
        fingerprint: None,
        created_at,
        updated_at: created_at,
        expires_at: lives.transpose()?.map(|lives| created_at.plus(lives)),
    })
}

fn words(text: &str) -> Vec<String> {
    text.split_ascii_whitespace().map(str::to_owned).collect()
}
