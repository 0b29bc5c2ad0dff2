//! The table `access_token` of Gitea and Forgejo. Owns what its columns mean.

use std::collections::HashMap;
use std::path::Path;

use grantd_core::import::{GivenToken, Refusal, TokenAs};
use grantd_core::token::SaltedHash;

use super::table::{Cells, Row, Table};
use crate::failure::Failure;

const COLUMNS: &[&str] = &[
    "uid",
    "name",
    "token_hash",
    "token_salt",
    "token_last_eight",
    "created_unix",
];

/// The rows of a file.
pub(super) fn rows(
    path: &Path,
    owners: HashMap<String, String>,
) -> Result<impl Iterator<Item = Row<GivenToken>>, Failure> {
    Ok(Table::open(path, COLUMNS)?.rows(move |cells| token(cells, &owners)))
}

fn token(cells: &Cells<'_>, owners: &HashMap<String, String>) -> Result<GivenToken, Refusal> {
    let uid = cells.some("uid").ok_or(Refusal::NoOwner)?;
    let login = owners.get(uid);
    let login = login.ok_or_else(|| Refusal::UnmappedOwner(uid.to_owned()))?;
    let salted = SaltedHash::new(cells.text("token_salt"), cells.text("token_hash"));
    let scopes = cells.text("scope").split(',').map(str::trim);
    let created_at = cells.needed_time("created_unix")?;
    Ok(GivenToken {
        login: login.clone(),
        client_id: None,
        token: TokenAs::Salted(salted.ok_or(Refusal::NoHash)?),
        last_eight: cells.text("token_last_eight").to_owned(),
        note: cells.some("name").map(str::to_owned),
        note_url: None,
        scopes: scopes
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
        fingerprint: None,
        created_at,
        // There it is the last use, which is no change.
        updated_at: created_at,
        expires_at: None,
    })
}
