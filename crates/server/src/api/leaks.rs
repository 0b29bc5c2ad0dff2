//! Where leaked credentials are reported: by anybody, and by secret scanners.
//! Owns the shapes of reports; must not say what was found to be a token.

use std::sync::Arc;

use grantd_core::cost::Bill;
use grantd_core::error::{Error, Malformed};
use grantd_core::leaks::{Finder, MOST_REPORTED};
use grantd_core::secret_scanning::NotBelieved;
use grantd_core::store::Leaked;
use grantd_core::user::User;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use tracing::Instrument as _;

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::reply::{Cache, Reply};
use crate::web::letters;

/// One finding of a scanner, of which only this matters here.
#[derive(Deserialize)]
struct Finding {
    token: String,
}

/// "Revoke a list of credentials".
pub(crate) async fn revoke(mut context: Context) -> Result<Reply> {
    context.authority().count_leak_report(context.caller())?;
    let mut schema = context.schema()?;
    schema.require(&["credentials"]);
    let credentials = schema.list("credentials").flatten().unwrap_or_default();
    schema.finish()?;
    is_a_report(credentials.len())?;
    carry_out(&context, credentials, Finder::Anybody).await?;
    Ok(accepted(StatusCode::ACCEPTED))
}

/// The message of GitHub's secret scanning to its partners.
pub(crate) async fn scanned(mut context: Context) -> Result<Reply> {
    let body = context.take_body()?;
    let authority = context.authority();
    let keys = authority.scanners.as_ref().ok_or(Error::NotFound)?;
    let header = |name: &str| {
        let value = context.headers().get(name)?.to_str().ok()?;
        Some(value.trim())
    };
    let (Some(identifier), Some(signature)) = (
        header("github-public-key-identifier"),
        header("github-public-key-signature"),
    ) else {
        return Err(not_believed(&context, NotBelieved::Unsigned));
    };
    let verified = keys.verify(identifier, signature, &body, authority.clock.now());
    if let Err(why) = verified.await {
        return Err(not_believed(&context, why));
    }
    let found: Vec<Finding> =
        serde_json::from_slice(&body).map_err(|_| Error::Malformed(Malformed::Json))?;
    let tokens = found.into_iter().map(|one| one.token).collect();
    carry_out(&context, tokens, Finder::Scanner).await?;
    Ok(accepted(StatusCode::OK))
}

/// Scanners are never slowed down; an address that only pretends to be one is, as any other finder.
fn not_believed(context: &Context, why: NotBelieved) -> Failure {
    match why {
        NotBelieved::NoKeys(_) => why.into(),
        why => match context.authority().count_leak_report(context.caller()) {
            Ok(()) => why.into(),
            Err(throttled) => throttled.into(),
        },
    }
}

/// GitHub's schema, in its words.
fn is_a_report(credentials: usize) -> Result<(), Error> {
    let wrong = match credentials {
        0 => "At least 1 item is required; only 0 were supplied.".to_owned(),
        many if many > MOST_REPORTED => {
            format!("No more than {MOST_REPORTED} items are allowed; {many} were supplied.")
        }
        _ => return Ok(()),
    };
    Err(Error::Schema(vec![format!(
        "For 'properties/credentials', {wrong}"
    )]))
}

/// Revokes and tells the owners. A report that was read is carried out whether or not its sender
/// waits for the answer, and mails go out after it.
async fn carry_out(context: &Context, found: Vec<String>, finder: Finder) -> Result<()> {
    let (app, caller) = (context.shared_app(), context.caller().clone());
    let revoking = async move {
        let public_url = app.settings.public_url.clone();
        let letter =
            |owner: &User, leaked: &[Leaked]| letters::leaked(&public_url, owner, leaked, finder);
        let authority = Arc::clone(&app.authority);
        let findings = authority
            .revoke_leaked(&found, finder, &letter, &caller)
            .await;
        for mail in findings.mails {
            letters::send_later(mail);
        }
        findings.outcome
    };
    // A task of its own, and yet the request's: it pays, and its span tells of it.
    let bill = Bill::current().unwrap_or_default();
    let paid = async move { bill.pays_for(revoking).await };
    match tokio::spawn(paid.in_current_span()).await {
        Ok(outcome) => Ok(outcome?),
        Err(_) => Err(Failure::Panic),
    }
}

/// The same whatever was found.
fn accepted(status: StatusCode) -> Reply {
    Reply::json(status, &json!({}), Cache::NoStore)
}
