//! Fills an empty database with people, apps and tokens: `fill URL USERS APPS TOKENS`.
//! It must have been opened by a grantd before, whose instance key is then its own.

use grantd_store::DatabaseUrl;
use grantd_store::conformance::fill::Fill;

const USAGE: &str = "fill sqlite:FILE|postgres://… USERS APPS TOKENS";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, users, apps, tokens] = arguments.as_slice() else {
        return Err(USAGE.into());
    };
    let fill = Fill {
        users: users.parse()?,
        apps: apps.parse()?,
        tokens: tokens.parse()?,
    };
    fill.run(&DatabaseUrl::parse(url)?).await?;
    Ok(())
}
