//! The form that `grantd export` writes. Owns its columns, and how a text that
//! is not there is told from an empty one.

use std::path::Path;

use grantd_core::app::AppSettings;
use grantd_core::import::{GivenApp, GivenSecret, GivenToken, Refusal, TokenAs};

use super::table::{Cells, Row, Table};
use crate::failure::Failure;

/// The columns of a file of tokens, in the order in which they are written.
pub(in crate::cmd) const TOKENS: &[&str] = &[
    "login",
    "client_id",
    "hashed_token",
    "token_last_eight",
    "note",
    "note_url",
    "scopes",
    "fingerprint",
    "created_at",
    "updated_at",
    "expires_at",
];

/// The columns of a file of apps, in the order in which they are written.
pub(in crate::cmd) const APPS: &[&str] = &[
    "client_id",
    "hashed_secret",
    "name",
    "url",
    "description",
    "callback_urls",
    "owner",
    "device_flow",
    "sub_path_callbacks",
    "expiring_tokens",
    "resource_server",
    "allowed_scopes",
    "suspended_at",
    "created_at",
    "updated_at",
];

/// The rows of a file of tokens.
pub(super) fn tokens(path: &Path) -> Result<impl Iterator<Item = Row<GivenToken>>, Failure> {
    Ok(Table::open(path, TOKENS)?.rows(token))
}

/// The rows of a file of apps.
pub(super) fn apps(path: &Path) -> Result<impl Iterator<Item = Row<GivenApp>>, Failure> {
    Ok(Table::open(path, APPS)?.rows(app))
}

fn token(cells: &Cells<'_>) -> Result<GivenToken, Refusal> {
    Ok(GivenToken {
        login: cells.text("login").to_owned(),
        client_id: cells.some("client_id").map(str::to_owned),
        token: TokenAs::Sha256(cells.text("hashed_token").to_owned()),
        last_eight: cells.text("token_last_eight").to_owned(),
        note: read(cells.text("note")),
        note_url: read(cells.text("note_url")),
        scopes: words(cells.text("scopes")),
        fingerprint: cells.some("fingerprint").map(str::to_owned),
        created_at: cells.needed_time("created_at")?,
        updated_at: cells.needed_time("updated_at")?,
        expires_at: cells.time("expires_at")?,
    })
}

fn app(cells: &Cells<'_>) -> Result<GivenApp, Refusal> {
    Ok(GivenApp {
        client_id: cells.text("client_id").to_owned(),
        name: cells.text("name").to_owned(),
        url: cells.text("url").to_owned(),
        description: read(cells.text("description")),
        callback_urls: words(cells.text("callback_urls")),
        owner: cells.text("owner").to_owned(),
        secret: match cells.some("hashed_secret") {
            Some(hash) => GivenSecret::Sha256(hash.to_owned()),
            None => GivenSecret::None,
        },
        allowed_scopes: read(cells.text("allowed_scopes")).map(|text| words(&text)),
        settings: AppSettings {
            device_flow: cells.flag("device_flow")?,
            sub_path_callbacks: cells.flag("sub_path_callbacks")?,
            expiring_tokens: cells.flag("expiring_tokens")?,
            resource_server: cells.flag("resource_server")?,
            allowed_scopes: None,
        },
        suspended_at: cells.time("suspended_at")?,
        created_at: cells.needed_time("created_at")?,
        updated_at: cells.needed_time("updated_at")?,
    })
}

fn words(text: &str) -> Vec<String> {
    text.split_ascii_whitespace().map(str::to_owned).collect()
}

/// A text that may be absent: absent it is empty, and one that is empty or begins with a backslash
/// has a backslash before it.
pub(in crate::cmd) fn written(text: Option<&str>) -> String {
    match text {
        None => String::new(),
        Some(text) if text.is_empty() || text.starts_with('\\') => format!("\\{text}"),
        Some(text) => text.to_owned(),
    }
}

fn read(cell: &str) -> Option<String> {
    let text = cell.strip_prefix('\\').unwrap_or(cell);
    (!cell.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{read, written};

    #[test]
    fn an_absent_text_is_told_from_an_empty_one() {
        for text in [
            None,
            Some(""),
            Some("a"),
            Some("\\"),
            Some("\\N"),
            Some(" "),
        ] {
            assert_eq!(read(&written(text)).as_deref(), text, "{text:?}");
        }
    }
}
