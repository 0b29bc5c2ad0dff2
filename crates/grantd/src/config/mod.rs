//! What was typed, set and written down means, checked as a whole. Owns the
//! way from texts to core's and the server's own types; must not open, listen
//! or hash anything.

mod reference;
mod sources;
pub(crate) mod table;
pub(crate) mod values;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use grantd_core::authority::Policy;
use grantd_core::life::{LifePolicy, Lifetimes};
use grantd_core::login::hash_pool::PoolLimits;
use grantd_core::login::password::PasswordCost;
use grantd_core::login::throttle::ThrottlePolicy;
use grantd_core::scope::{Catalogue, ScopeDefinition};
use grantd_core::secret::Secret;
use grantd_core::store::MintLimits;
use grantd_core::token::{InvalidPrefix, TokenFormat};
use grantd_server::serve::TlsFiles;
use grantd_server::settings::{Profile, Settings};
use grantd_store::{DatabaseUrl, without_password};
use toml::Value as Toml;
use url::Url;

use crate::args::Typed;
use crate::failure::Failure;
use crate::mail::SmtpMailer;
pub(crate) use reference::{markdown, toml};
pub(crate) use sources::state_folder;
use sources::{Origin, Sources};
use table::{SETTINGS, Values};
use values::{ArchiveMode, HiddenText};

/// A setting as it is in effect.
#[derive(serde::Serialize)]
pub(crate) struct Effective {
    /// The value as text; without secrets.
    value: String,
    /// Who gave it.
    from: Origin,
}

/// The whole configuration.
pub(crate) struct Config {
    /// Every setting's value.
    pub(crate) values: Values,
    /// GitHub's scopes and the operator's.
    pub(crate) scopes: Catalogue,
    /// What is probably a mistake.
    pub(crate) warnings: Vec<String>,
    /// Every setting by name, for `config check`.
    pub(crate) effective: Vec<(&'static str, Effective)>,
}

impl Config {
    /// Merges all sources and checks the outcome.
    pub(crate) fn load(typed: &Typed) -> Result<Self, Failure> {
        let sources = Sources::gather(typed)?;
        let values = Values::read(|name| sources.text(name)).map_err(|(name, why)| {
            let place =
                table::find(name).map_or_else(|| name.to_owned(), |setting| sources.place(setting));
            let text = sources.text(name);
            let text =
                table::find(name).map_or_else(|| without_password(text), |of| shown(of, text));
            Failure::new(format!("{place}: `{text}` will not do; {why}"))
        })?;
        check_together(&values)?;
        let effective = SETTINGS.iter().map(|setting| {
            let value = shown(setting, sources.text(setting.name));
            (
                setting.name,
                Effective {
                    value,
                    from: sources.origin(setting.name),
                },
            )
        });
        Ok(Self {
            effective: effective.collect(),
            scopes: scopes(sources.scopes)?,
            warnings: sources.warnings,
            values,
        })
    }

    /// Where the database is.
    pub(crate) fn database(&self) -> DatabaseUrl {
        let own = || DatabaseUrl::Sqlite(self.values.data.join("grantd.db"));
        self.values.database.clone().unwrap_or_else(own)
    }

    /// Where the archive of the trail is, if there is to be one.
    pub(crate) fn archive(&self) -> Option<&Path> {
        match self.values.audit_archive {
            ArchiveMode::Off => None,
            ArchiveMode::Sync => self.values.audit_archive_file.as_deref(),
        }
    }

    /// Where the instance key is.
    pub(crate) fn key_file(&self) -> PathBuf {
        self.values
            .instance_key_file
            .clone()
            .unwrap_or_else(|| self.values.data.join("instance.key"))
    }

    /// The certificate, when grantd speaks TLS itself.
    pub(crate) fn tls(&self) -> Option<TlsFiles> {
        let (certificate, key) = (self.values.tls_cert.clone()?, self.values.tls_key.clone()?);
        Some(TlsFiles { certificate, key })
    }

    /// Who sends mail, if anybody does.
    pub(crate) fn mailer(&self) -> Result<Option<SmtpMailer>, Failure> {
        let (Some(url), Some(from)) = (&self.values.smtp_url, &self.values.mail_from) else {
            return Ok(None);
        };
        let cannot = |why| Failure::new(format!("cannot use smtp_url: {why}"));
        SmtpMailer::new(url, from).map(Some).map_err(cannot)
    }

    /// The URL of the listener itself.
    pub(crate) fn listen_url(&self, listening: SocketAddr) -> Url {
        let scheme = if self.tls().is_some() {
            "https"
        } else {
            "http"
        };
        Url::parse(&format!("{scheme}://{listening}")).expect("a socket address makes a URL")
    }

    /// The URL under which clients reach a server that listens there.
    pub(crate) fn public_url(&self, listening: SocketAddr) -> Url {
        match &self.values.public_url {
            Some(url) => url.0.clone(),
            None => self.listen_url(listening),
        }
    }

    /// A page of this site that a secret opens; this is the moment it is shown.
    pub(crate) fn link(&self, page: &str, secret: &Secret) -> String {
        let public_url = self.public_url(self.values.listen.0);
        let base = public_url.as_str().trim_end_matches('/');
        format!("{base}/{page}/{}", secret.expose())
    }

    /// Core's settings.
    pub(crate) fn policy(&self) -> Policy {
        let values = &self.values;
        Policy {
            require_verified_email: values.require_verified_email,
            strict_otp: values.strict_otp,
            basic_auth_api: values.basic_auth_api,
            mint_limits: MintLimits {
                per_hour: values.creations_per_hour,
                ..Policy::default().mint_limits
            },
            revoke_tokens_in_query: values.revoke_tokens_in_query,
            wrong_secrets_per_hour: values.wrong_secrets_per_hour,
            last_used_address_class: values.last_used_address_class,
            leak_reports_per_hour: values.leak_reports_per_hour,
            tickets_per_hour: values.tickets_per_hour,
            mailed_links_per_hour: values.mailed_links_per_hour,
            sign_up: values.sign_up,
            sign_ups_per_hour: values.sign_ups_per_hour,
            sessions_per_user: values.sessions_per_user,
            refresh_family_seconds: i64::from(values.refresh_family_days.0) * 86_400,
            lifetimes: self.lifetimes(),
        }
    }

    /// How long new tokens live.
    pub(crate) fn lifetimes(&self) -> Lifetimes {
        Lifetimes {
            default_days: self.values.token_lifetime_default_days.map(|days| days.0),
            max_days: self.values.token_lifetime_max_days.map(|days| days.0),
        }
    }

    /// What is demanded of tokens that are there.
    pub(crate) fn life_policy(&self) -> LifePolicy {
        LifePolicy {
            max_days: self.values.token_lifetime_max_days.map(|days| days.0),
            idle_days: self.values.token_idle_days.map(|days| days.0),
            grace_days: 0,
        }
    }

    /// The numbers of the throttles.
    pub(crate) fn throttle(&self) -> ThrottlePolicy {
        let values = &self.values;
        ThrottlePolicy {
            failures: values.login_failures,
            lock_seconds: values.login_lock_seconds,
            failures_per_login_and_hour: values.login_failures_per_hour,
            wrong_codes_per_user_and_hour: values.wrong_codes_per_hour,
            missing_codes_per_user_and_hour: values.missing_codes_per_hour,
        }
    }

    /// What a password hash costs.
    pub(crate) fn password_cost(&self) -> PasswordCost {
        PasswordCost {
            memory_kib: self.values.password_memory_kib,
            iterations: self.values.password_iterations,
        }
    }

    /// How many hash at one time on a machine of so many cores.
    pub(crate) fn pool_limits(&self, cores: usize) -> PoolLimits {
        let budget_kib = self.values.password_pool_mib.saturating_mul(1_024);
        PoolLimits::within(cores, budget_kib, self.values.password_memory_kib)
    }

    /// Which strings are tokens; in P2 they are made of 40 hex digits.
    pub(crate) fn token_format(&self) -> Result<TokenFormat, InvalidPrefix> {
        let hex = self.values.profile == Profile::P2;
        let format = TokenFormat::new(
            &self.values.token_prefix.0,
            hex,
            self.values.accept_hex_tokens,
        )?;
        Ok(format.with_foreign(self.values.imported_token_shapes.clone()))
    }

    /// The HTTP surface's settings, for this public URL.
    pub(crate) fn surface(&self, public_url: Url) -> Settings {
        let values = &self.values;
        Settings {
            profile: values.profile,
            public_url,
            api_url: values.api_url.as_ref().map(|url| url.0.clone()),
            installed_version: values.installed_version.clone(),
            path_tokens: values.path_tokens,
            require_user_agent: values.require_user_agent,
            requests_per_hour: values.requests_per_hour,
            app_requests_per_hour: values.app_requests_per_hour,
            trusted_proxies: values.trusted_proxies.clone(),
            deprecation: values.deprecation,
            brownouts: values.brownouts.clone(),
            removed_at: values.removed_at,
            hsts_subdomains: values.hsts_subdomains,
            log_requests: values.log_requests,
            slow_client: Duration::from_secs(values.slow_client_seconds.into()),
            pseudo_locale: false,
        }
    }
}

/// A setting's text without secrets.
fn shown(setting: &table::Setting, text: &str) -> String {
    if setting.kind == HiddenText::HIDDEN && !text.is_empty() {
        return "***".to_owned();
    }
    without_password(text)
}

/// Rules between settings.
fn check_together(values: &Values) -> Result<(), Failure> {
    if values.tls_cert.is_some() != values.tls_key.is_some() {
        return Err(Failure::new(
            "tls_cert and tls_key go together; set both or neither",
        ));
    }
    if values.smtp_url.is_some() != values.mail_from.is_some() {
        return Err(Failure::new(
            "smtp_url and mail_from go together; set both or neither",
        ));
    }
    if (values.audit_archive == ArchiveMode::Sync) != values.audit_archive_file.is_some() {
        return Err(Failure::new(
            "audit_archive = \"sync\" and audit_archive_file go together; set both or neither",
        ));
    }
    if values.audit_webhook_secret.is_some() && values.audit_webhook_url.is_none() {
        return Err(Failure::new(
            "audit_webhook_secret signs what goes to audit_webhook_url; set that, too",
        ));
    }
    if values.notice_webhook_secret.is_some() && values.notice_webhook_url.is_none() {
        return Err(Failure::new(
            "notice_webhook_secret signs what goes to notice_webhook_url; set that, too",
        ));
    }
    let longest = values.token_lifetime_max_days.map(|days| days.0);
    let usual = values.token_lifetime_default_days.map(|days| days.0);
    if let (Some(longest), Some(usual)) = (longest, usual)
        && usual > longest
    {
        return Err(Failure::new(format!(
            "token_lifetime_default_days ({usual}) is more than token_lifetime_max_days ({longest})"
        )));
    }
    let budget_kib = values.password_pool_mib.saturating_mul(1_024);
    if values.password_memory_kib < 8 || values.password_memory_kib > budget_kib {
        return Err(Failure::new(format!(
            "password_memory_kib lies between 8 and what password_pool_mib holds ({budget_kib} KiB)"
        )));
    }
    Ok(())
}

/// The operator's own scopes: `[scopes."deploy:prod"] words = "…" implies = ["repo"]`.
fn scopes(written: Option<Toml>) -> Result<Catalogue, Failure> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Written {
        #[serde(default)]
        words: String,
        #[serde(default)]
        implies: Vec<String>,
    }
    let own = match written {
        None => Vec::new(),
        Some(Toml::Table(table)) => table.into_iter().collect(),
        Some(_) => {
            return Err(Failure::new(
                "`scopes` is a table: [scopes.\"NAME\"] with words and implies",
            ));
        }
    };
    let definitions = own
        .into_iter()
        .map(|(name, value)| match value.try_into() {
            Ok(Written { words, implies }) => Ok((name, ScopeDefinition { implies, words })),
            Err(why) => Err(Failure::new(format!(
                "scopes.\"{name}\": {}",
                why.message().replace('\n', ", ")
            ))),
        })
        .collect::<Result<Vec<_>, _>>()?;
    Catalogue::with(definitions).map_err(|why| Failure::new(why.to_string()))
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;

    #[test]
    fn the_defaults_are_those_of_core_and_server() {
        let values = Values::read(|name| table::find(name).unwrap().default)
            .ok()
            .unwrap();
        let config = Config {
            values,
            scopes: Catalogue::default(),
            warnings: Vec::new(),
            effective: Vec::new(),
        };
        let same = |ours: &dyn Debug, theirs: &dyn Debug| {
            assert_eq!(format!("{ours:?}"), format!("{theirs:?}"))
        };
        same(&config.policy(), &Policy::default());
        same(&config.throttle(), &ThrottlePolicy::default());
        same(&config.password_cost(), &PasswordCost::default());
        let url = config.public_url(config.values.listen.0);
        assert_eq!(url.as_str(), "http://127.0.0.1:8370/");
        same(&config.surface(url.clone()), &Settings::new(url));
    }
}
