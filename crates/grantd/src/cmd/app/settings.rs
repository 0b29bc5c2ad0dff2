//! The flags for how an app's flows work. Owns their spelling; what they mean
//! is core's.

use clap::{Args, ValueEnum};
use grantd_core::app::AppEdit;
use grantd_core::scope::{Catalogue, Scopes};

use crate::failure::Failure;

/// What lifts the restriction of scopes. No scope is called so.
const ANY: &str = "any";

/// A setting as it is typed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

/// The same for `app create` and `app edit`.
#[derive(Args)]
pub(crate) struct Settings {
    /// Whether devices without a browser may ask for tokens (on, unless switched off)
    #[arg(long, value_name = "on|off", hide_possible_values = true)]
    device_flow: Option<Switch>,
    /// A callback admits what lies below its path, as at GitHub, not only itself
    #[arg(long, value_name = "on|off", hide_possible_values = true, num_args = 0..=1,
          require_equals = true, default_missing_value = "on")]
    sub_path_callbacks: Option<Switch>,
    /// Tokens from flows end after eight hours and come with a refresh token
    #[arg(long, value_name = "on|off", hide_possible_values = true, num_args = 0..=1,
          require_equals = true, default_missing_value = "on")]
    expiring_tokens: Option<Switch>,
    /// The app's tokens never have more than these, separated by commas; `any` lifts that
    #[arg(long, value_name = "SCOPES")]
    allowed_scopes: Option<String>,
    /// It may introspect every access token, personal ones included: an API or gateway that checks them. Needs a secret
    #[arg(long, value_name = "on|off", hide_possible_values = true, num_args = 0..=1,
          require_equals = true, default_missing_value = "on")]
    resource_server: Option<Switch>,
}

impl Settings {
    /// What was typed, as a change of an app.
    pub(super) fn edit(self, catalogue: &Catalogue) -> Result<AppEdit, Failure> {
        let on = |switch: Option<Switch>| switch.map(|switch| switch == Switch::On);
        let allowed = |text: String| match text.as_str() {
            ANY => Ok(None),
            text => scopes(text, catalogue).map(Some),
        };
        Ok(AppEdit {
            device_flow: on(self.device_flow),
            sub_path_callbacks: on(self.sub_path_callbacks),
            expiring_tokens: on(self.expiring_tokens),
            allowed_scopes: self.allowed_scopes.map(allowed).transpose()?,
            resource_server: on(self.resource_server),
            ..AppEdit::default()
        })
    }
}

fn scopes(text: &str, catalogue: &Catalogue) -> Result<Scopes, Failure> {
    let names = text.split([',', ' ']).filter(|name| !name.is_empty());
    let names: Vec<String> = names.map(str::to_owned).collect();
    let known: Vec<&str> = catalogue.definitions().map(|(name, _)| name).collect();
    match names.iter().find(|name| !known.contains(&name.as_str())) {
        Some(unknown) => Err(Failure::new(format!(
            "there is no scope `{unknown}`; `{ANY}` admits all"
        ))),
        None => catalogue
            .parse(&names)
            .map_err(|why| Failure::new(why.to_string())),
    }
}
