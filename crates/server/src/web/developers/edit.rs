//! The form of an app: to register one, and to change it.

use askama::Template;
use grantd_core::app::{App, AppEdit, AppSettings};
use grantd_core::developer::AppForm;
use grantd_core::error::{Error, FieldError};
use grantd_core::redirect_uri;
use grantd_core::scope::{Catalogue, Scopes};
use http::StatusCode;

use super::overview::named;
use super::secret;
use super::{PATH, path_of};
use crate::error::Result;
use crate::reply::Reply;
use crate::web::form::{Faults, Form};
use crate::web::notice::Notice;
use crate::web::page::{Page, Section};
use crate::web::scope_tree::{self, ScopeNode};
use crate::web::visit::Visit;
use crate::web::words::Words;

/// What stands in the form.
#[derive(Default)]
struct Typed {
    name: String,
    url: String,
    description: String,
    callbacks: String,
    public: bool,
    device_flow: bool,
    sub_paths: bool,
    expiring: bool,
    /// It may ask only for these.
    limited: bool,
    scopes: Vec<String>,
}

#[derive(Template)]
#[template(path = "developers/form.html")]
struct FormPage {
    page: Page,
    action: String,
    back: String,
    is_new: bool,
    typed: Typed,
    scopes: Vec<ScopeNode>,
}

impl Typed {
    fn of_form(form: &Form) -> Self {
        Self {
            name: form.trimmed("name").to_owned(),
            url: form.trimmed("url").to_owned(),
            description: form.trimmed("description").to_owned(),
            callbacks: form.text("callbacks").to_owned(),
            public: form.has("public"),
            device_flow: form.has("device_flow"),
            sub_paths: form.has("sub_paths"),
            expiring: form.has("expiring"),
            limited: form.has("limited"),
            scopes: form.all("scope").map(str::to_owned).collect(),
        }
    }

    fn of_app(app: &App) -> Self {
        let allowed = app.settings.allowed_scopes.as_ref();
        let scopes = allowed.map(|allowed| {
            let names = allowed.iter().map(|scope| scope.as_str().to_owned());
            names.collect()
        });
        Self {
            name: app.name.clone(),
            url: app.url.clone(),
            description: app.description.clone().unwrap_or_default(),
            callbacks: app.callback_urls.join("\n"),
            public: app.public,
            device_flow: app.settings.device_flow,
            sub_paths: app.settings.sub_path_callbacks,
            expiring: app.settings.expiring_tokens,
            limited: allowed.is_some(),
            scopes: scopes.unwrap_or_default(),
        }
    }

    fn callbacks(&self) -> Vec<String> {
        let lines = self.callbacks.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty());
        lines.map(str::to_owned).collect()
    }

    fn description(&self) -> Option<String> {
        (!self.description.is_empty()).then(|| self.description.clone())
    }

    /// # Errors
    /// `Invalid` for what is no scope.
    fn allowed(&self, catalogue: &Catalogue) -> grantd_core::error::Result<Option<Scopes>> {
        match self.limited {
            true => catalogue.parse(&self.scopes).map(Some),
            false => Ok(None),
        }
    }

    fn app(&self, allowed: Option<Scopes>) -> AppForm {
        AppForm {
            name: self.name.clone(),
            url: self.url.clone(),
            description: self.description(),
            callback_urls: self.callbacks(),
            public: self.public,
            settings: AppSettings {
                device_flow: self.device_flow,
                sub_path_callbacks: self.sub_paths,
                expiring_tokens: self.expiring,
                allowed_scopes: allowed,
                ..AppSettings::default()
            },
        }
    }

    fn edit(&self, allowed: Option<Scopes>) -> AppEdit {
        AppEdit {
            name: Some(self.name.clone()),
            url: Some(self.url.clone()),
            description: Some(self.description()),
            callback_urls: Some(self.callbacks()),
            device_flow: Some(self.device_flow),
            sub_path_callbacks: Some(self.sub_paths),
            expiring_tokens: Some(self.expiring),
            allowed_scopes: Some(allowed),
            ..AppEdit::default()
        }
    }
}

/// `GET /settings/developers/new`.
pub(crate) async fn new(visit: Visit) -> Result<Reply> {
    let typed = Typed {
        device_flow: true,
        ..Typed::default()
    };
    form(&visit, None, typed, Faults::default())
}

/// `POST /settings/developers/new`.
pub(crate) async fn create(visit: Visit) -> Result<Reply> {
    let typed = Typed::of_form(visit.form());
    let (authority, who) = (visit.authority(), &visit.who()?.identity);
    let registered = match typed.allowed(&authority.scopes) {
        Ok(allowed) => {
            let registered = authority.register_app(who, typed.app(allowed), visit.caller());
            registered.await
        }
        Err(error) => Err(error),
    };
    match registered {
        Ok((app, Some(secret))) => secret::shown(&visit, &app, &secret),
        Ok((app, None)) => Ok(visit.done(&path_of(&app), Notice::AppSaved)),
        Err(Error::Invalid(errors)) => {
            let faults = faults(visit.words(), &typed, &errors);
            form(&visit, None, typed, faults)
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /settings/developers/apps/{client_id}/edit`.
pub(crate) async fn edit(visit: Visit) -> Result<Reply> {
    let app = named(&visit).await?;
    let typed = Typed::of_app(&app);
    form(&visit, Some(&app), typed, Faults::default())
}

/// `POST /settings/developers/apps/{client_id}/edit`.
pub(crate) async fn save(visit: Visit) -> Result<Reply> {
    let app = named(&visit).await?;
    let typed = Typed::of_form(visit.form());
    let (authority, who) = (visit.authority(), &visit.who()?.identity);
    let saved = match typed.allowed(&authority.scopes) {
        Ok(allowed) => {
            let (id, edit) = (app.client_id.as_str(), typed.edit(allowed));
            authority.edit_own_app(who, id, edit, visit.caller()).await
        }
        Err(error) => Err(error),
    };
    match saved {
        Ok(app) => Ok(visit.done(&path_of(&app), Notice::AppSaved)),
        Err(Error::Invalid(errors)) => {
            let faults = faults(visit.words(), &typed, &errors);
            form(&visit, Some(&app), typed, faults)
        }
        Err(error) => Err(error.into()),
    }
}

fn form(visit: &Visit, app: Option<&App>, typed: Typed, faults: Faults) -> Result<Reply> {
    let words = visit.words();
    let title = match app {
        None => words.t("developers-new"),
        Some(app) => words.t1("developers-edit-title", "app", app.name.as_str()),
    };
    let status = match faults.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let ticked: Vec<&str> = typed.scopes.iter().map(String::as_str).collect();
    let back = app.map_or_else(|| PATH.to_owned(), path_of);
    let page = FormPage {
        page: visit
            .page(title)
            .section(Section::Developers)
            .faults(faults),
        action: match app {
            None => format!("{PATH}/new"),
            Some(_) => format!("{back}/edit"),
        },
        back,
        is_new: app.is_none(),
        scopes: scope_tree::trees(&visit.authority().scopes, &ticked, words),
        typed,
    };
    visit.write(status, &page, "")
}

/// What core found wrong, in the person's language.
fn faults(words: &Words, typed: &Typed, errors: &[FieldError]) -> Faults {
    let mut faults = Faults::default();
    for error in errors {
        match error.field {
            "name" => faults.add("name", words.t("developers-bad-name")),
            "url" => faults.add("url", words.t("developers-bad-url")),
            "description" => faults.add("description", words.t("developers-bad-description")),
            "scopes" => faults.add("scope", words.t("developers-bad-scope")),
            _ => faults.add("callbacks", about_callbacks(words, typed)),
        }
    }
    faults
}

/// Which line is no callback; without one, there are none or too many.
fn about_callbacks(words: &Words, typed: &Typed) -> String {
    let callbacks = typed.callbacks();
    let bad = callbacks
        .iter()
        .find(|line| redirect_uri::check_callback(line).is_err());
    match bad {
        Some(line) => words.t1("developers-bad-callback", "line", line.as_str()),
        None => words.t("developers-bad-callbacks"),
    }
}
