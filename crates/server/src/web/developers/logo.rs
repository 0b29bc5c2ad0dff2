//! An app's logo: uploaded by its owner, shown to everybody.

use grantd_core::error::Error;
use grantd_core::logo::{InvalidLogo, Logo};
use http::{HeaderMap, StatusCode};

use super::overview::{self, named};
use super::path_of;
use crate::context::Context;
use crate::error::Result;
use crate::reply::{Cache, Reply};
use crate::web::form::Faults;
use crate::web::notice::Notice;
use crate::web::visit::Visit;

/// `GET /apps/{client_id}/logo`.
pub(crate) async fn show(context: Context) -> Result<Reply> {
    let client_id = context.param("client_id")?;
    let logo = context.authority().app_logo(&client_id).await?;
    // Pages name the time of the logo: another one has another address.
    let cache = match context.query().get("v") {
        Some(_) => Cache::Immutable,
        None => Cache::Public,
    };
    Ok(Reply {
        status: StatusCode::OK,
        content_type: logo.format().media_type(),
        body: logo.bytes().to_vec(),
        headers: HeaderMap::new(),
        cache,
        modified: None,
    })
}

/// `POST /settings/developers/apps/{client_id}/logo`.
pub(crate) async fn upload(visit: Visit) -> Result<Reply> {
    let app = named(&visit).await?;
    let words = visit.words();
    let sentence = match Logo::parse(visit.form().file("logo").to_vec()) {
        Ok(logo) => {
            let (who, client_id) = (&visit.who()?.identity, app.client_id.as_str());
            let set = visit
                .authority()
                .set_own_logo(who, client_id, Some(logo), visit.caller());
            set.await?;
            return Ok(visit.done(&path_of(&app), Notice::AppLogo));
        }
        Err(InvalidLogo::TooLong) => words.t("developers-logo-long"),
        Err(InvalidLogo::Format) => words.t("developers-logo-format"),
    };
    let faults = Faults::one("logo", sentence);
    overview::page(&visit, app, StatusCode::UNPROCESSABLE_ENTITY, faults).await
}

/// `POST /settings/developers/apps/{client_id}/logo/remove`.
pub(crate) async fn remove(visit: Visit) -> Result<Reply> {
    let app = named(&visit).await?;
    let (who, client_id) = (&visit.who()?.identity, app.client_id.as_str());
    let removed = visit
        .authority()
        .set_own_logo(who, client_id, None, visit.caller());
    match removed.await {
        Ok(()) | Err(Error::NotFound) => Ok(visit.done(&path_of(&app), Notice::AppLogo)),
        Err(error) => Err(error.into()),
    }
}
