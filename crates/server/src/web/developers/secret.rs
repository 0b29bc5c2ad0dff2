//! An app's secret: shown once, replaced with an overlap, ended.

use askama::Template;
use grantd_core::app::App;
use grantd_core::error::Error;
use grantd_core::secret::Secret;

use super::overview::named;
use super::path_of;
use crate::error::Result;
use crate::reply::Reply;
use crate::web::notice::Notice;
use crate::web::page::{Page, Section};
use crate::web::visit::Visit;

/// How long the old secret may stay, in seconds.
const OVERLAPS: [u32; 4] = [0, 3_600, 86_400, 604_800];

#[derive(Template)]
#[template(path = "developers/rotate.html")]
struct RotatePage {
    page: Page,
    path: String,
}

/// `GET /settings/developers/apps/{client_id}/secret`.
pub(crate) async fn ask(visit: Visit) -> Result<Reply> {
    let app = confidential(&visit).await?;
    let title = visit
        .words()
        .t1("developers-rotate-title", "app", app.name.as_str());
    visit.show(&RotatePage {
        page: visit.page(title).section(Section::Developers),
        path: path_of(&app),
    })
}

/// `POST /settings/developers/apps/{client_id}/secret`.
pub(crate) async fn rotate(visit: Visit) -> Result<Reply> {
    let app = confidential(&visit).await?;
    let overlap = visit.form().text("overlap").parse().ok();
    // What the page does not offer ends the old secret at once: the safe side.
    let overlap = overlap.filter(|overlap| OVERLAPS.contains(overlap));
    let (who, client_id) = (&visit.who()?.identity, app.client_id.as_str());
    let rotated =
        visit
            .authority()
            .rotate_own_secret(who, client_id, overlap.unwrap_or(0), visit.caller());
    let (app, secret) = rotated.await?;
    shown(&visit, &app, &secret)
}

/// `POST /settings/developers/apps/{client_id}/secret/end`.
pub(crate) async fn end_previous(visit: Visit) -> Result<Reply> {
    let app = named(&visit).await?;
    let (who, client_id) = (&visit.who()?.identity, app.client_id.as_str());
    let ended = visit
        .authority()
        .end_own_previous_secret(who, client_id, visit.caller());
    match ended.await {
        // It ended by itself meanwhile: what was wanted is so.
        Ok(()) | Err(Error::NotFound) => Ok(visit.done(&path_of(&app), Notice::AppSecretEnded)),
        Err(error) => Err(error.into()),
    }
}

/// The app in the path, if it has secrets at all.
async fn confidential(visit: &Visit) -> Result<App> {
    let app = named(visit).await?;
    match app.public {
        true => Err(Error::NotFound.into()),
        false => Ok(app),
    }
}

#[derive(Template)]
#[template(path = "developers/secret.html")]
struct SecretPage<'a> {
    page: Page,
    path: String,
    client_id: &'a str,
    secret: &'a str,
    previous: Option<String>,
}

/// The page that shows a new secret, this once.
pub(super) fn shown(visit: &Visit, app: &App, secret: &Secret) -> Result<Reply> {
    let words = visit.words();
    let title = words.t1("developers-secret-title", "app", app.name.as_str());
    visit.show(&SecretPage {
        page: visit.page(title).section(Section::Developers),
        path: path_of(app),
        client_id: app.client_id.as_str(),
        secret: secret.expose(),
        previous: app.previous_secret_until.map(|at| words.date_time(at)),
    })
}
