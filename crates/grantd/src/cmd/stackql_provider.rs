//! `grantd stackql-provider`: the documents that StackQL loads, for this
//! server's address. Owns where they are written; their format is
//! [`crate::sql::provider`]'s.

use std::path::PathBuf;

use clap::Args;
use url::Url;

use crate::args::Typed;
use crate::config::Config;
use crate::failure::Failure;
use crate::output;
use crate::sql::{api, provider};

/// `grantd stackql-provider`.
#[derive(Args)]
pub(crate) struct StackqlProvider {
    /// The folder; StackQL takes it as its registry (--registry)
    folder: PathBuf,
    /// The API's address; without it, the one that the settings give this server
    #[arg(long, value_name = "API_URL", value_parser = api::base)]
    url: Option<Url>,
}

/// Writes the documents.
pub(crate) fn run(command: &StackqlProvider, typed: &Typed) -> Result<(), Failure> {
    let api = match &command.url {
        Some(url) => url.clone(),
        None => own(&Config::load(typed)?)?,
    };
    for (place, document) in provider::documents(&api)? {
        let file = command.folder.join(place);
        let text =
            serde_json::to_string_pretty(&document).map_err(|why| Failure::new(why.to_string()))?;
        let folder = file.parent().map_or(Ok(()), std::fs::create_dir_all);
        folder
            .and_then(|()| std::fs::write(&file, text + "\n"))
            .map_err(|why| Failure::new(format!("cannot write {}: {why}", file.display())))?;
        output::bytes(format!("{}\n", file.display()).as_bytes())?;
    }
    Ok(())
}

/// The address of this server's API.
fn own(config: &Config) -> Result<Url, Failure> {
    if let Some(url) = &config.values.api_url {
        return Ok(url.0.clone());
    }
    let public = config.public_url(config.values.listen.0);
    let api = format!("{}/api/v3", public.as_str().trim_end_matches('/'));
    Url::parse(&api).map_err(|why| Failure::new(format!("{api} is no address: {why}")))
}
