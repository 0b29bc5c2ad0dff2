//! `/settings/applications`: the apps that may act in somebody's name.

use askama::Template;
use grantd_core::clock::Timestamp;
use grantd_core::error::Error;
use grantd_core::ids::GrantId;
use grantd_core::store::{PageRequest, UsedGrant};

use super::super::notice::Notice;
use super::super::page::{Page, Section};
use super::super::pager::{self, Pager};
use super::super::visit::Visit;
use super::ConfirmPage;
use crate::error::Result;
use crate::reply::Reply;

const HOME: &str = "/settings/applications";

#[derive(Template)]
#[template(path = "settings/applications.html")]
struct ApplicationsPage {
    page: Page,
    apps: Vec<Shown>,
    pager: Pager,
}

#[derive(Template)]
#[template(path = "settings/application.html")]
struct ApplicationPage {
    page: Page,
    app: Shown,
}

/// A grant as pages show it.
struct Shown {
    grant_id: GrantId,
    client_id: String,
    name: String,
    owner: String,
    scopes: Vec<ShownScope>,
    since: Timestamp,
    last_used_at: Option<Timestamp>,
    tokens: u64,
}

struct ShownScope {
    name: String,
    words: String,
}

impl Shown {
    fn of(used: UsedGrant, visit: &Visit) -> Self {
        let UsedGrant {
            grant,
            owner,
            tokens,
            last_use,
        } = used;
        let scopes = grant.scopes.iter().map(|scope| ShownScope {
            name: scope.as_str().to_owned(),
            words: visit.scope_words(scope),
        });
        Self {
            scopes: scopes.collect(),
            grant_id: grant.id,
            client_id: grant.app.client_id.as_str().to_owned(),
            name: grant.app.name,
            owner: owner.login.to_string(),
            since: grant.created_at,
            last_used_at: last_use.map(|last| last.at),
            tokens,
        }
    }
}

/// `GET /settings/applications`.
pub(crate) async fn list(visit: Visit) -> Result<Reply> {
    let (who, asked) = (&visit.who()?.identity, pager::asked(&visit));
    let found = visit.authority().own_grants(who, asked).await?;
    let apps = found.items.into_iter();
    let title = visit.words().t("applications-title");
    visit.show(&ApplicationsPage {
        page: visit.page(title).section(Section::Applications),
        apps: apps.map(|used| Shown::of(used, &visit)).collect(),
        pager: Pager::new(HOME, asked, found.total),
    })
}

/// `GET /settings/connections/applications/{client_id}`: where the API says that an app is looked after.
pub(crate) async fn show(visit: Visit) -> Result<Reply> {
    let client_id = visit.context().param("client_id")?;
    let who = &visit.who()?.identity;
    let store = &visit.authority().store;
    let found = store
        .list_grants(who.user.id, Some(&client_id), PageRequest::FIRST)
        .await;
    let grant = found.map_err(Error::from)?.items.pop();
    let id = grant.ok_or(Error::NotFound)?.id;
    let (used, _) = visit.authority().own_grant(who, id).await?;
    let name = used.grant.app.name.as_str();
    let title = visit.words().t1("application-title", "app", name);
    visit.show(&ApplicationPage {
        page: visit.page(title).section(Section::Applications),
        app: Shown::of(used, &visit),
    })
}

/// `GET /settings/applications/{grant_id}/revoke`.
pub(crate) async fn ask_to_revoke(visit: Visit) -> Result<Reply> {
    let id = visit.context().id("grant_id", GrantId::parse)?;
    let (used, _) = visit
        .authority()
        .own_grant(&visit.who()?.identity, id)
        .await?;
    let words = visit.words();
    let title = words.t1("applications-revoke-title", "app", used.grant.app.name);
    visit.show(&ConfirmPage {
        page: visit.page(title).section(Section::Applications),
        sentence: words.t("applications-revoke-confirm"),
        action: format!("{HOME}/{id}/revoke"),
        button: words.t("applications-revoke"),
        back: HOME,
    })
}

/// `POST /settings/applications/{grant_id}/revoke`.
pub(crate) async fn revoke(visit: Visit) -> Result<Reply> {
    let id = visit.context().id("grant_id", GrantId::parse)?;
    let (who, caller) = (&visit.who()?.identity, visit.caller());
    visit.authority().revoke_own_grant(who, id, caller).await?;
    Ok(visit.done(HOME, Notice::ApplicationRevoked))
}

/// `GET /settings/applications/revoke`.
pub(crate) async fn ask_to_revoke_all(visit: Visit) -> Result<Reply> {
    let words = visit.words();
    let page = visit.page(words.t("applications-revoke-all-title"));
    visit.show(&ConfirmPage {
        page: page.section(Section::Applications),
        sentence: words.t("applications-revoke-all-confirm"),
        action: format!("{HOME}/revoke"),
        button: words.t("applications-revoke-all"),
        back: HOME,
    })
}

/// `POST /settings/applications/revoke`.
pub(crate) async fn revoke_all(visit: Visit) -> Result<Reply> {
    let (who, caller) = (&visit.who()?.identity, visit.caller());
    visit.authority().revoke_own_grants(who, caller).await?;
    Ok(visit.done(HOME, Notice::ApplicationsRevoked))
}
