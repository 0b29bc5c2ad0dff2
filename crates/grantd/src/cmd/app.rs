//! `grantd app`: OAuth apps. Owns what an app's URLs may be; nothing else but the commands.

mod settings;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use clap::{ArgGroup, Args, Subcommand};
use grantd_core::accounts::NewRegistration;
use grantd_core::app::{self as apps, AppEdit, AppSettings, ClientId};
use grantd_core::ids::UserId;
use grantd_core::redirect_uri;
use grantd_core::secret::Secret;
use url::Url;

use self::settings::Settings;
use crate::failure::Failure;
use crate::instance::{self, Instance};
use crate::output::{self, AppJson};
use crate::secret_input;

/// Shorter client secrets could be guessed from their hash.
const SHORTEST_GOOD_SECRET: usize = 32;

/// Seconds: a month.
const LONGEST_OVERLAP: i64 = 2_678_400;

/// What can be done with apps.
#[derive(Subcommand)]
pub(crate) enum App {
    /// Register an app; prints its secret, this once
    Create(Create),
    /// All apps
    List,
    /// One app
    Show { client_id: String },
    /// Change what an app is called, where its codes may be sent, or how its flows work
    Edit(Edit),
    /// Hand an app to another user
    SetOwner(SetOwner),
    /// Make a new secret in place of the old one; printed this once
    RotateSecret(RotateSecret),
    /// Refuse the secret before the present one before its time
    EndPreviousSecret { client_id: String },
    /// Refuse an app and its tokens until unsuspended
    Suspend { client_id: String },
    /// Lift a suspension
    Unsuspend { client_id: String },
    /// Delete an app with all its tokens and grants
    Delete { client_id: String },
}

/// `grantd app create`.
#[derive(Args)]
pub(crate) struct Create {
    /// What people see
    #[arg(value_parser = name)]
    name: String,
    /// The login of the user whose app it is
    #[arg(long, value_name = "LOGIN")]
    owner: String,
    /// The homepage
    #[arg(long, value_name = "URL", value_parser = homepage)]
    url: String,
    /// Where codes may be sent; give it several times for several
    #[arg(long = "callback-url", value_name = "URL", required = true, value_parser = callback)]
    callback_urls: Vec<String>,
    /// The client id, if not a generated one
    #[arg(long, value_name = "ID", value_parser = ClientId::parse)]
    client_id: Option<ClientId>,
    /// Read the client secret from standard input, less one newline at its end
    #[arg(long, conflicts_with = "public")]
    client_secret_stdin: bool,
    /// Without a secret: an app on people's own machines
    #[arg(long)]
    public: bool,
    /// What it is for
    #[arg(long, value_name = "TEXT", value_parser = description)]
    description: Option<String>,
    #[command(flatten)]
    settings: Settings,
}

/// `grantd app edit`.
#[derive(Args)]
pub(crate) struct Edit {
    client_id: String,
    /// What people see
    #[arg(long, value_parser = name)]
    name: Option<String>,
    /// The homepage
    #[arg(long, value_name = "URL", value_parser = homepage)]
    url: Option<String>,
    /// Where codes may be sent, in place of all from before; give it several times for several
    #[arg(long = "callback-url", value_name = "URL", value_parser = callback)]
    callback_urls: Vec<String>,
    /// What it is for; an empty text removes it
    #[arg(long, value_name = "TEXT", value_parser = description)]
    description: Option<String>,
    #[command(flatten)]
    settings: Settings,
}

/// `grantd app rotate-secret`.
#[derive(Args)]
pub(crate) struct RotateSecret {
    client_id: String,
    /// The old secret is accepted beside the new one for so long, so that the app can change over
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=LONGEST_OVERLAP))]
    overlap: u32,
}

/// `grantd app set-owner`.
#[derive(Args)]
#[command(group(ArgGroup::new("to").args(["login", "owner"]).required(true)))]
pub(crate) struct SetOwner {
    client_id: String,
    /// The new owner
    login: Option<String>,
    /// The new owner, as a flag
    #[arg(long, value_name = "LOGIN")]
    owner: Option<String>,
}

fn name(text: &str) -> Result<String, String> {
    let fits = !text.trim().is_empty() && text.len() <= 255 && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
        .ok_or_else(|| "a name has 1 to 255 bytes and no control characters".into())
}

fn description(text: &str) -> Result<String, String> {
    let fits = text.len() <= 1_000 && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
        .ok_or_else(|| "a description has at most 1000 bytes and no control characters".into())
}

/// The URL as it was typed: the wire shows it so.
fn homepage(text: &str) -> Result<String, String> {
    let fits = Url::parse(text)
        .is_ok_and(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
    fits.then(|| text.to_owned())
        .ok_or_else(|| "give an http or https URL".into())
}

/// A callback may have a scheme of its own (RFC 8252 section 7.1), but none that a browser runs.
fn callback(text: &str) -> Result<String, String> {
    redirect_uri::check_callback(text).map_err(|why| why.to_string())?;
    Ok(text.to_owned())
}

/// Carries a command out.
pub(crate) async fn run(command: App, instance: &Instance) -> Result<(), Failure> {
    match command {
        App::Create(create) => self::create(create, instance).await,
        App::List => list(instance).await,
        App::Show { client_id } => show(&client_id, None, instance).await,
        App::Edit(change) => edit(change, instance).await,
        App::SetOwner(change) => set_owner(change, instance).await,
        App::RotateSecret(rotation) => rotate_secret(&rotation, instance).await,
        App::EndPreviousSecret { client_id } => end_previous_secret(&client_id, instance).await,
        App::Suspend { client_id } => set_suspended(&client_id, true, instance).await,
        App::Unsuspend { client_id } => set_suspended(&client_id, false, instance).await,
        App::Delete { client_id } => delete(&client_id, instance).await,
    }
}

async fn create(create: Create, instance: &Instance) -> Result<(), Failure> {
    let owner = instance.user(&create.owner).await?;
    let client_secret = match create.client_secret_stdin {
        true => Some(given_secret()?),
        false => None,
    };
    let edit = create.settings.edit(&instance.config.scopes)?;
    proves_itself(create.public, &edit)?;
    let registration = NewRegistration {
        settings: edit.settings(AppSettings::default()),
        description: create.description.filter(|text| !text.is_empty()),
        name: create.name,
        owner_id: owner.id,
        url: create.url,
        callback_urls: create.callback_urls,
        client_id: create.client_id,
        client_secret,
        public: create.public,
    };
    let (app, secret) = instance.operator().create_app(registration).await?;
    output::json(&AppJson::new(&app, owner.login.as_str(), secret.as_ref()))
}

fn given_secret() -> Result<Secret, Failure> {
    let secret = secret_input::from_stdin("client secret")?;
    if secret.is_empty() {
        return Err(Failure::new(
            "the client secret on standard input is empty; without --client-secret-stdin one is made",
        ));
    }
    if secret.expose().len() < SHORTEST_GOOD_SECRET {
        output::note("warning: the client secret is short; made ones have 40 hex digits");
    }
    Ok(secret)
}

async fn list(instance: &Instance) -> Result<(), Failure> {
    let apps = instance::every(async |page| instance.store.list_apps(page).await).await?;
    let mut owners: HashMap<UserId, String> = HashMap::new();
    for app in &apps {
        if let Entry::Vacant(owner) = owners.entry(app.owner_id) {
            owner.insert(owner_of(app, instance).await?);
        }
    }
    output::json(
        &apps
            .iter()
            .map(|app| AppJson::new(app, &owners[&app.owner_id], None))
            .collect::<Vec<_>>(),
    )
}

async fn show(
    client_id: &str,
    secret: Option<&Secret>,
    instance: &Instance,
) -> Result<(), Failure> {
    let app = instance.app(client_id).await?;
    output::json(&AppJson::new(
        &app,
        &owner_of(&app, instance).await?,
        secret,
    ))
}

async fn set_owner(change: SetOwner, instance: &Instance) -> Result<(), Failure> {
    let app = instance.app(&change.client_id).await?;
    let owner = instance
        .user(&change.login.or(change.owner).unwrap_or_default())
        .await?;
    let done = instance
        .store
        .set_app_owner(app.id, owner.id, instance.operator().stamp())
        .await?;
    still_there(done, &app)?;
    show(&change.client_id, None, instance).await
}

async fn edit(change: Edit, instance: &Instance) -> Result<(), Failure> {
    let app = instance.app(&change.client_id).await?;
    let callback_urls = Some(change.callback_urls).filter(|urls| !urls.is_empty());
    let description = change.description;
    let edit = AppEdit {
        name: change.name,
        url: change.url,
        description: description.map(|text| Some(text).filter(|text| !text.is_empty())),
        callback_urls,
        ..change.settings.edit(&instance.config.scopes)?
    };
    proves_itself(app.public, &edit)?;
    let stamp = instance.operator().stamp();
    let edited = instance.store.edit_app(app.id, edit, stamp).await?;
    still_there(edited.is_some(), &app)?;
    show(&change.client_id, None, instance).await
}

/// Who asks about tokens must prove who asks.
fn proves_itself(public: bool, edit: &AppEdit) -> Result<(), Failure> {
    match public && edit.resource_server == Some(true) {
        true => Err(Failure::new(
            "a public app has no secret to prove itself by: it cannot be a resource server",
        )),
        false => Ok(()),
    }
}

async fn rotate_secret(rotation: &RotateSecret, instance: &Instance) -> Result<(), Failure> {
    let client_id = &rotation.client_id;
    let app = instance.app(client_id).await?;
    if app.public {
        return Err(Failure::new(format!(
            "app `{client_id}` is public: it has no secret to replace"
        )));
    }
    let secret = instance
        .operator()
        .rotate_secret(&app, rotation.overlap)
        .await?;
    still_there(secret.is_some(), &app)?;
    show(client_id, secret.as_ref(), instance).await
}

async fn end_previous_secret(client_id: &str, instance: &Instance) -> Result<(), Failure> {
    let app = instance.app(client_id).await?;
    let stamp = instance.operator().stamp();
    // False when there is none, too: saying it twice is no mistake.
    instance.store.end_previous_secret(app.id, stamp).await?;
    show(client_id, None, instance).await
}

async fn set_suspended(
    client_id: &str,
    suspended: bool,
    instance: &Instance,
) -> Result<(), Failure> {
    let app = instance.app(client_id).await?;
    let stamp = instance.operator().stamp();
    // False when nothing changed, too: saying it twice is no mistake.
    instance
        .store
        .set_app_suspended(app.id, suspended, stamp)
        .await?;
    show(client_id, None, instance).await
}

async fn delete(client_id: &str, instance: &Instance) -> Result<(), Failure> {
    let app = instance.app(client_id).await?;
    let owner = owner_of(&app, instance).await?;
    still_there(
        instance
            .store
            .delete_app(app.id, instance.operator().stamp())
            .await?,
        &app,
    )?;
    output::json(&AppJson::new(&app, &owner, None))
}

async fn owner_of(app: &apps::App, instance: &Instance) -> Result<String, Failure> {
    let owner = instance.store.find_user_by_id(app.owner_id).await?;
    Ok(owner
        .map(|owner| owner.login.to_string())
        .unwrap_or_default())
}

/// Somebody else may delete the app between two steps.
fn still_there(done: bool, app: &apps::App) -> Result<(), Failure> {
    done.then_some(())
        .ok_or_else(|| Failure::new(format!("app `{}` was deleted meanwhile", app.client_id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callbacks_are_absolute_and_harmless() {
        for good in [
            "http://my-github-app.com/callback",
            "http://127.0.0.1/cb",
            "com.example.app:/cb",
        ] {
            assert!(callback(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "/callback",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://a/#b",
        ] {
            assert!(callback(bad).is_err(), "{bad}");
        }
    }
}
