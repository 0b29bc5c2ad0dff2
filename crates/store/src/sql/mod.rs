//! Every statement, once, as SQLite and PostgreSQL both take it. Owns the
//! wording and the order of columns; must not know a driver.
//!
//! - Parameters are `$1`, `$2`, … **numbered in order of first use**: SQLite
//!   takes `$1` for a name and counts names as it meets them.
//! - A conflict target repeats its partial index's predicate literally.
//! - No functions of one engine, no `NULL`-typed tricks, no time: the caller
//!   passes what [`grantd_core::clock::Clock`] said.
//! - Within a transaction rows are touched in the order user → app → grant →
//!   authorizations. What decides under a grant's lock is a statement of its
//!   own *after* the one that takes the lock.

/// Declares constants, and lists them so that a test can prepare each one.
macro_rules! statements {
    ($( $(#[$doc:meta])* $name:ident = $sql:expr; )*) => {
        $( $(#[$doc])* pub(crate) const $name: &str = $sql; )*
        #[cfg(test)]
        pub(crate) const ALL: &[(&str, &str)] = &[$( (stringify!($name), $name) ),*];
    };
}

/// Ten columns of a user `u`.
macro_rules! user_columns {
    () => {
        "u.id, u.login, u.email, u.email_verified, u.site_admin, u.totp_seed IS NOT NULL, \
         u.suspended_at, u.created_at, u.updated_at, u.language"
    };
}

/// Twenty columns of an app `p`.
macro_rules! app_columns {
    () => {
        "p.id, p.client_id, p.name, p.url, p.callback_urls, p.owner_id, p.secret_hash, \
         p.suspended_at, p.created_at, p.updated_at, p.auth_generation, p.description, \
         p.device_flow_off, p.sub_path_callbacks, p.expiring_tokens, p.allowed_scopes, \
         p.logo_at, p.previous_secret_hash, p.previous_secret_until, p.resource_server"
    };
}

/// Five columns of the app `p` as a token or grant shows it.
macro_rules! app_summary_columns {
    () => {
        "p.id, p.client_id, p.name, p.url, p.updated_at"
    };
}

/// Eleven columns of an authorization `a`.
macro_rules! authorization_columns {
    () => {
        "a.id, a.user_id, a.token_hash, a.token_last_eight, a.note, a.note_url, a.scopes, \
         a.fingerprint, a.created_at, a.updated_at, a.expires_at"
    };
}

/// What is left of a deleted authorization for the audit trail.
macro_rules! remains {
    () => {
        "id, user_id, app_id, grant_id, token_hash, token_last_eight"
    };
}

/// Fourteen columns of a row of the trail.
macro_rules! audit_row {
    () => {
        "id, at, action, actor_kind, actor_id, user_id, app_id, authorization_id, grant_id, \
         token_hash, token_last_eight, address, request_id, details"
    };
}

/// A term of the validity predicate: the record `a` has not ended by itself.
macro_rules! unexpired {
    ($now:literal) => {
        concat!("(a.expires_at IS NULL OR a.expires_at > ", $now, ")")
    };
}

/// All terms of the validity predicate but the owner's, over an authorization
/// `a` with its app `p` and grant `g`, outer joined.
macro_rules! valid_but_for_the_owner {
    ($now:literal) => {
        concat!(
            unexpired!($now),
            " AND (a.app_id IS NULL OR (p.suspended_at IS NULL AND g.id IS NOT NULL))"
        )
    };
}

/// **The** validity predicate. That the row is there says the rest: the token
/// was neither deleted nor replaced.
macro_rules! valid {
    ($now:literal) => {
        concat!(
            valid_but_for_the_owner!($now),
            " AND u.suspended_at IS NULL"
        )
    };
}

/// The validity predicate of a refresh token `r`, over its user `u`, app `p` and grant `g` and,
/// outer joined, the authorization `a` that it came with. That it is not used up it says itself.
macro_rules! refresh_token_valid {
    ($now:literal) => {
        concat!(
            "r.superseded_at IS NULL AND r.expires_at > ",
            $now,
            " AND (r.authorization_id IS NULL OR a.id IS NOT NULL) \
             AND p.suspended_at IS NULL AND g.id IS NOT NULL AND u.suspended_at IS NULL"
        )
    };
}

pub(crate) mod apps;
pub(crate) mod audit;
pub(crate) mod authorizations;
pub(crate) mod chain;
pub(crate) mod counters;
pub(crate) mod flows;
pub(crate) mod grants;
pub(crate) mod import;
pub(crate) mod last_used;
pub(crate) mod life;
pub(crate) mod own_accounts;
pub(crate) mod passkeys;
pub(crate) mod postgres;
pub(crate) mod restore;
pub(crate) mod sessions;
pub(crate) mod sign_in;
pub(crate) mod users;
pub(crate) mod watch;

/// Every statement there is: module, name, text.
#[cfg(test)]
pub(crate) fn all() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    [
        ("apps", apps::ALL),
        ("audit", audit::ALL),
        ("authorizations", authorizations::ALL),
        ("chain", chain::ALL),
        ("counters", counters::ALL),
        ("flows", flows::ALL),
        ("grants", grants::ALL),
        ("import", import::ALL),
        ("last_used", last_used::ALL),
        ("life", life::ALL),
        ("own_accounts", own_accounts::ALL),
        ("passkeys", passkeys::ALL),
        ("restore", restore::ALL),
        ("sessions", sessions::ALL),
        ("sign_in", sign_in::ALL),
        ("users", users::ALL),
        ("watch", watch::ALL),
    ]
    .into_iter()
    .flat_map(|(module, statements)| {
        statements
            .iter()
            .map(move |(name, sql)| (module, *name, *sql))
    })
}
