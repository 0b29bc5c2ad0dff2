//! The table of settings: name, type, default and meaning of each, once. File
//! keys, `GRANTD_` variables, flags, `config print-default` and
//! `docs/settings.md` all derive from it. Owns no value's meaning beyond its
//! own text (see [`super::values`]); must not read any source.

use std::path::PathBuf;

use grantd_core::clock::Timestamp;
use grantd_core::token::ForeignShape;
use grantd_server::settings::{Brownout, Network, Profile};
use grantd_store::DatabaseUrl;

use super::values::{
    AgeRecipient, ApiUrl, ArchiveMode, CollectorUrl, Days, HiddenText, KeysAt, Lifetime,
    ListenAddress, LogFilter, LogFormat, PublicUrl, Sender, Shape, SiteName, SmtpUrl, TokenPrefix,
    Value, WebhookUrl,
};

/// One row.
pub(crate) struct Setting {
    /// The key in the file.
    pub(crate) name: &'static str,
    /// What it means, one line per line.
    pub(crate) doc: &'static [&'static str],
    /// The default as it would be written; empty when there is none.
    pub(crate) default: &'static str,
    /// A value worth showing where there is no default.
    pub(crate) example: &'static str,
    /// What stands for a value in help and documents.
    pub(crate) kind: &'static str,
    /// How TOML and flags carry it.
    pub(crate) shape: Shape,
    /// Says what is wrong with a text, if anything.
    pub(crate) check: fn(&str) -> Result<(), String>,
}

impl Setting {
    /// The environment variable.
    pub(crate) fn variable(&self) -> String {
        format!("GRANTD_{}", self.name.to_ascii_uppercase())
    }

    /// The flag, without its dashes.
    pub(crate) fn flag(&self) -> String {
        self.name.replace('_', "-")
    }

    /// Whether every command takes the flag, not `serve` alone.
    pub(crate) fn is_global(&self) -> bool {
        ["data", "database"].contains(&self.name)
    }

    /// What stands for this setting in examples.
    pub(crate) fn shown(&self) -> &'static str {
        if self.default.is_empty() {
            self.example
        } else {
            self.default
        }
    }
}

macro_rules! settings {
    ($( $(#[doc = $doc:literal])+ $name:ident: $kind:ty = $default:literal $(, for example $example:literal)?; )+) => {
        /// Every setting, in the order in which they are documented.
        pub(crate) const SETTINGS: &[Setting] = &[$(Setting {
            name: stringify!($name),
            doc: &[$($doc),+],
            default: $default,
            example: concat!($($example)?),
            kind: <$kind as Value>::KIND,
            shape: <$kind as Value>::SHAPE,
            check: |text| <$kind as Value>::parse(text).map(drop),
        }),+];

        /// Every setting's value.
        pub(crate) struct Values {
            $( $(#[doc = $doc])+ pub(crate) $name: $kind, )+
        }

        impl Values {
            /// Reads each from its text; `Err` names the first that cannot be read, and why.
            pub(crate) fn read<'a>(text_of: impl Fn(&'static str) -> &'a str) -> Result<Self, (&'static str, String)> {
                Ok(Self {
                    $( $name: Value::parse(text_of(stringify!($name))).map_err(|why| (stringify!($name), why))?, )+
                })
            }
        }
    };
}

settings! {
    /// Where to listen: an IP address (or `localhost`) and a port; port 0 takes a free one.
    listen: ListenAddress = "127.0.0.1:8370";
    /// Where clients reach this server, when that is not the listen address: behind a proxy,
    /// say. Every URL in answers derives from it.
    public_url: Option<PublicUrl> = "", for example "https://github.example.com";
    /// The folder for the database and the instance key; made on first need, for its owner only.
    data: PathBuf = "./grantd-data";
    /// The database: `sqlite:FILE`, or `postgres://USER@HOST/DATABASE` for several nodes (more
    /// hosts by commas, `sslmode` and `sslrootcert` as parameters). Without it, `grantd.db` in the
    /// data folder. With a password in it, give it by the environment or the file: others can read
    /// a command line.
    database: Option<DatabaseUrl> = "", for example "sqlite:/var/lib/grantd/grantd.db";
    /// The file with the instance key, if it is not `instance.key` in the data folder. The key
    /// seals the secrets in the database: keep a copy of it, but not beside the database's.
    instance_key_file: Option<PathBuf> = "", for example "/run/secrets/grantd-instance-key";
    /// A PEM file with the certificate chain; with `tls_key`, grantd speaks TLS itself. Read
    /// again on SIGHUP.
    tls_cert: Option<PathBuf> = "", for example "/etc/grantd/cert.pem";
    /// A PEM file with the certificate's private key.
    tls_key: Option<PathBuf> = "", for example "/etc/grantd/key.pem";
    /// Networks of proxies whose `X-Forwarded-For` is believed.
    trusted_proxies: Vec<Network> = "", for example "127.0.0.1,10.0.0.0/8";
    /// Seconds that a client may take over its headers, and again over its body.
    slow_client_seconds: u32 = "15";
    /// `includeSubDomains; preload` in `Strict-Transport-Security`.
    hsts_subdomains: bool = "false";
    /// Which time of GitHub's is spoken: `p3` (Enterprise Server 3.0 to 3.4) or `p2` (github.com
    /// of 2018 to 2020; tokens are then 40 hex digits).
    profile: Profile = "p3";
    /// The base of API URLs in answers, if not `/api/v3` of the public URL.
    api_url: Option<ApiUrl> = "", for example "https://api.github.com";
    /// `installed_version` of `GET /meta`; without it, the profile's.
    installed_version: Option<String> = "", for example "3.4.0";
    /// What new tokens begin with, before the letter of their kind: `gt` makes `gtp_…`. `gh` is
    /// GitHub's own.
    token_prefix: TokenPrefix = "gt";
    /// Look up tokens of 40 hex digits too (always so in `p2`).
    accept_hex_tokens: bool = "false";
    /// Shapes of tokens that were imported from another authority and are looked up, too: `hex:`, `base62:` or
    /// `base64url:` and their length. Of what has a shape of this server's own nothing need be said; shapes under
    /// 128 bits are refused.
    imported_token_shapes: Vec<ForeignShape> = "", for example "base64url:43,hex:64";
    /// Serve the endpoints that carry a token in their path.
    path_tokens: bool = "true";
    /// Let users sign in to the API with their password.
    basic_auth_api: bool = "true";
    /// Refuse API requests without `User-Agent`, as GitHub does.
    require_user_agent: bool = "true";
    /// Accept a one-time code for one call only; GitHub's clients use one for several.
    strict_otp: bool = "false";
    /// Let only users with a verified e-mail address create authorizations.
    require_verified_email: bool = "false";
    /// Delete a valid token that comes as a query parameter, where logs and histories keep it.
    revoke_tokens_in_query: bool = "true";
    /// So many creations per user, app and hour; without it, no limit.
    creations_per_hour: Option<u32> = "", for example "10";
    /// Days that a token lives whose maker does not say; without it, `token_lifetime_max_days`, and without that
    /// tokens never end by themselves.
    token_lifetime_default_days: Option<Lifetime> = "", for example "90";
    /// Days that a new token lives at most; without it, no limit. Tokens that are there stay as they are until
    /// `grantd policy apply`.
    token_lifetime_max_days: Option<Lifetime> = "", for example "365";
    /// Days after which a token is deleted that nobody used, made or renewed meanwhile; without it, none is.
    token_idle_days: Option<Lifetime> = "", for example "90";
    /// So many days before a token ends, its owner is told by mail and the receiver of `notice_webhook_url`; each once.
    notice_days: Vec<Lifetime> = "30,7,1";
    /// Who is told by webhook of tokens that end soon.
    notice_webhook_url: Option<WebhookUrl> = "", for example "https://hooks.example.com/grantd";
    /// What signs those webhooks, as GitHub signs its own (`X-Hub-Signature-256`). Give it by the environment or
    /// the file: others can read a command line.
    notice_webhook_secret: Option<HiddenText> = "", for example "a-long-random-text";
    /// Days for which an expired token stays in lists, so that people see what has ended; then it
    /// is deleted. 0 keeps none.
    expired_token_retention_days: Days = "30";
    /// So many requests per user and hour; without it, the profile's (none in `p3`, 5000 in `p2`).
    requests_per_hour: Option<u32> = "", for example "5000";
    /// So many requests per app and hour; without it, no limit.
    app_requests_per_hour: Option<u32> = "", for example "50000";
    /// So many failures for one login from one address lock that pair.
    login_failures: u32 = "10";
    /// Seconds in which those failures count, and for which the pair is then locked.
    login_lock_seconds: u32 = "300";
    /// So many wrong passwords for one login in an hour, from everywhere, close it to addresses
    /// that it never signed in from.
    login_failures_per_hour: u32 = "100";
    /// So many wrong one-time codes of one user in an hour, from everywhere, close the account.
    wrong_codes_per_hour: u32 = "20";
    /// So many missing one-time codes of one user in an hour are worth an audit row.
    missing_codes_per_hour: u32 = "60";
    /// So many wrong secrets for one app from one address in an hour; more are told to slow down.
    wrong_secrets_per_hour: u32 = "1000";
    /// So many reports of leaked credentials (`POST /credentials/revoke`) are taken from one address in an hour.
    leak_reports_per_hour: u32 = "60";
    /// The keys by which secret scanners sign what they found in public (`POST /secret-scanning`): an https
    /// address, for GitHub's `https://api.github.com/meta/public_keys/secret_scanning`, or a file with such a
    /// document, read at the start. Without it no such message is taken.
    secret_scanning_keys: Option<KeysAt> = "", for example "https://api.github.com/meta/public_keys/secret_scanning";
    /// Memory of one password hash (argon2id) in KiB. When it rises, hashes are renewed at sign-in.
    password_memory_kib: u32 = "19456";
    /// Passes of one password hash over that memory.
    password_iterations: u32 = "2";
    /// Memory for all password hashes at one time, in MiB.
    password_pool_mib: u32 = "128";
    /// Append every row of the audit trail to `audit_archive_file`, durable before anybody is answered: `sync`,
    /// or `off`. With it no token that was revoked before a crash is valid after a restore.
    audit_archive: ArchiveMode = "off";
    /// The file of the archive; goes with `audit_archive`. It belongs on another disk than the
    /// database's. Opened anew on SIGHUP; each node has its own.
    audit_archive_file: Option<PathBuf> = "", for example "/var/backups/grantd/audit.jsonl";
    /// Who can read backups: age recipients (`age1…`). Without any, `grantd backup` writes clear text.
    backup_age_recipients: Vec<AgeRecipient> = "", for example "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
    /// The site's name in authenticator apps.
    site_name: SiteName = "grantd";
    /// With the last use of a token, keep what kind of address it came from: this machine, a private
    /// network or the internet. Never the address itself.
    last_used_address_class: bool = "false";
    /// The relay for mail: `smtps://USER:PASSWORD@HOST`, `smtp://USER:PASSWORD@HOST?tls=required`, or
    /// `smtp://HOST` without TLS. Without it no mail is sent: nobody can get a forgotten password back by
    /// mail, nor verify an address. Give it by the environment or the file: others can read a command line.
    smtp_url: Option<SmtpUrl> = "", for example "smtps://grantd:PASSWORD@mail.example.com";
    /// Whom mail is from; goes with `smtp_url`.
    mail_from: Option<Sender> = "", for example "grantd <no-reply@example.com>";
    /// Where the audit trail is sent, sealed and in order, as it grows. Each batch is a JSON array of
    /// the lines of `grantd audit export`, repeated until it is answered by 2xx.
    audit_webhook_url: Option<WebhookUrl> = "", for example "https://siem.example.com/grantd";
    /// What proves to that receiver that a batch is from here: `X-Hub-Signature-256` is made with it.
    /// Give it by the environment or the file: others can read a command line.
    audit_webhook_secret: Option<HiddenText> = "", for example "a-long-random-text";
    /// Let people make accounts for themselves. With `smtp_url` each needs an address and opens a link
    /// that is mailed to it; without, accounts have no address.
    sign_up: bool = "false";
    /// So many wishes for an account are taken from one address in an hour.
    sign_ups_per_hour: u32 = "10";
    /// So many links are mailed to one user, or to one address that wants an account, in an hour.
    mailed_links_per_hour: u32 = "5";
    /// So many forms and links are kept for one address in an hour: detours by the sign-in page,
    /// second steps, passkeys.
    tickets_per_hour: u32 = "600";
    /// So many browsers may be signed in for one user; the next one signs out the one used longest ago.
    sessions_per_user: u32 = "50";
    /// Days after which an app with expiring tokens must ask its user again, however often it has
    /// refreshed them.
    refresh_family_days: Days = "365";
    /// Let changes that wait share a commit, and checks on PostgreSQL a round trip. Without it each has
    /// its own, which is slower: to measure what the sharing saves.
    batching: bool = "true";
    /// Announce the end of the API in headers, as GitHub did.
    deprecation: bool = "false";
    /// Times in which the API answers as if it were removed: `START/END`, RFC 3339.
    brownouts: Vec<Brownout> = "", for example "2020-09-30T07:00:00Z/2020-09-30T10:00:00Z";
    /// From when on the API is gone, RFC 3339.
    removed_at: Option<Timestamp> = "", for example "2020-11-13T16:00:00Z";
    /// What is logged: a level, or levels by module (`info,grantd_store=debug`).
    log: LogFilter = "info";
    /// How it is logged: `text` or `json`.
    log_format: LogFormat = "text";
    /// One line in the log for each request (level info, target `grantd::access`).
    log_requests: bool = "true";
    /// Where Prometheus may read metrics: a listener of its own, plain HTTP, with nothing but `/metrics`.
    /// Without it they are read nowhere. Let only the monitoring system reach it.
    metrics_listen: Option<ListenAddress> = "", for example "127.0.0.1:9370";
    /// The OpenTelemetry collector that gets traces, by OTLP over HTTP; without it none are made. `/v1/traces`
    /// is added.
    otlp_endpoint: Option<CollectorUrl> = "", for example "http://127.0.0.1:4318";
}

/// The row of this name.
pub(crate) fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

/// The name among `known` that somebody who typed `name` most likely meant.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let spelled = name.to_ascii_lowercase().replace('-', "_");
    known
        .into_iter()
        .map(|candidate| {
            (
                strsim::normalized_damerau_levenshtein(&spelled, candidate),
                candidate,
            )
        })
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .filter(|(likeness, _)| *likeness >= 0.5)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_and_example_can_be_read() {
        for setting in SETTINGS {
            assert_eq!((setting.check)(setting.default), Ok(()), "{}", setting.name);
            assert_eq!((setting.check)(setting.shown()), Ok(()), "{}", setting.name);
            assert!(
                !setting.shown().is_empty() && !setting.doc.is_empty(),
                "{}",
                setting.name
            );
        }
    }

    #[test]
    fn the_nearest_name_forgives_dashes_and_slips() {
        let near = |name| nearest(name, SETTINGS.iter().map(|setting| setting.name));
        assert_eq!(near("public-url"), Some("public_url"));
        assert_eq!(near("path_token"), Some("path_tokens"));
        assert_eq!(near("Lisen"), Some("listen"));
        assert_eq!(near("xyzzy"), None);
    }
}
