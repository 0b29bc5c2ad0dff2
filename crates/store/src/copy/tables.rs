//! What a copy consists of. Owns which tables there are, their columns and
//! their order: a table comes after those that it refers to. A test holds this
//! list to the real schema of both engines.

use self::Kind::{Bytes, Flag, Int, Text};

/// What a column holds, on either engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Int,
    /// A number on SQLite.
    Flag,
    Text,
    Bytes,
}

/// A table.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// So many columns, the first ones, are its primary key.
    pub(crate) key: usize,
    /// Whether its first column is an id that is never given out again.
    pub(crate) ids: bool,
    pub(crate) columns: &'static [(&'static str, Kind)],
}

impl Table {
    /// Its columns, separated by commas.
    pub(crate) fn names(&self) -> String {
        list(self.columns)
    }

    /// The columns of its key, separated by commas.
    pub(crate) fn key_names(&self) -> String {
        list(&self.columns[..self.key])
    }
}

fn list(columns: &[(&str, Kind)]) -> String {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

/// The store's notes to itself: what a copy takes over key by key, and a backup as it is.
pub(crate) const META: Table = Table {
    name: "meta",
    key: 1,
    ids: false,
    columns: &[("key", Text), ("value", Text)],
};

/// Every table that is copied, row by row.
pub(crate) const TABLES: &[Table] = &[
    Table {
        name: "users",
        key: 1,
        ids: true,
        columns: &[
            ("id", Int),
            ("login", Text),
            ("login_key", Text),
            ("email", Text),
            ("email_key", Text),
            ("email_verified", Flag),
            ("password_hash", Text),
            ("totp_seed", Bytes),
            ("site_admin", Flag),
            ("suspended_at", Int),
            ("auth_generation", Int),
            ("created_at", Int),
            ("updated_at", Int),
            ("language", Text),
        ],
    },
    Table {
        name: "recovery_codes",
        key: 2,
        ids: false,
        columns: &[("user_id", Int), ("code_hash", Bytes), ("used_at", Int)],
    },
    // A code that was spent must stay so.
    Table {
        name: "otp_steps",
        key: 2,
        ids: false,
        columns: &[
            ("user_id", Int),
            ("step", Int),
            ("address", Text),
            ("exclusive", Int),
        ],
    },
    Table {
        name: "known_addresses",
        key: 2,
        ids: false,
        columns: &[("user_id", Int), ("address", Text), ("last_seen_at", Int)],
    },
    Table {
        name: "sessions",
        key: 1,
        ids: true,
        columns: &[
            ("id", Int),
            ("secret_hash", Bytes),
            ("user_id", Int),
            ("auth_generation", Int),
            ("created_at", Int),
            ("seen_at", Int),
            ("expires_at", Int),
            ("sudo_until", Int),
            ("address", Text),
            ("user_agent", Text),
        ],
    },
    // Links that were sent must go on working.
    Table {
        name: "tickets",
        key: 1,
        ids: false,
        columns: &[
            ("secret_hash", Bytes),
            ("kind", Text),
            ("user_id", Int),
            ("payload", Bytes),
            ("expires_at", Int),
            ("only_one", Text),
        ],
    },
    Table {
        name: "apps",
        key: 1,
        ids: true,
        columns: &[
            ("id", Int),
            ("client_id", Text),
            ("name", Text),
            ("url", Text),
            ("callback_urls", Text),
            ("owner_id", Int),
            ("secret_hash", Bytes),
            ("suspended_at", Int),
            ("auth_generation", Int),
            ("created_at", Int),
            ("updated_at", Int),
            ("description", Text),
            ("device_flow_off", Flag),
            ("sub_path_callbacks", Flag),
            ("expiring_tokens", Flag),
            ("allowed_scopes", Text),
            ("logo_at", Int),
            ("previous_secret_hash", Bytes),
            ("previous_secret_until", Int),
            ("resource_server", Flag),
        ],
    },
    Table {
        name: "app_logos",
        key: 1,
        ids: false,
        columns: &[("app_id", Int), ("bytes", Bytes)],
    },
    Table {
        name: "grants",
        key: 1,
        ids: true,
        columns: &[
            ("id", Int),
            ("user_id", Int),
            ("app_id", Int),
            ("consented", Text),
            ("scopes", Text),
            ("created_at", Int),
            ("updated_at", Int),
        ],
    },
    Table {
        name: "authorizations",
        key: 1,
        ids: true,
        columns: &[
            ("id", Int),
            ("user_id", Int),
            ("app_id", Int),
            ("grant_id", Int),
            ("hash_prefix", Int),
            ("token_hash", Bytes),
            ("token_last_eight", Text),
            ("note", Text),
            ("note_url", Text),
            ("scopes", Text),
            ("scope_set", Text),
            ("fingerprint", Text),
            ("created_at", Int),
            ("updated_at", Int),
            ("expires_at", Int),
            ("issued_at", Int),
        ],
    },
    // Its trigger looks at changes of tokens, of which a copy makes none.
    Table {
        name: "salted_hashes",
        key: 1,
        ids: false,
        columns: &[
            ("authorization_id", Int),
            ("token_last_eight", Text),
            ("kept", Text),
        ],
    },
    Table {
        name: "refresh_tokens",
        key: 1,
        ids: false,
        columns: &[
            ("token_hash", Bytes),
            ("family", Int),
            ("parent", Bytes),
            ("app_id", Int),
            ("user_id", Int),
            ("grant_id", Int),
            ("authorization_id", Int),
            ("scopes", Text),
            ("expires_at", Int),
            ("superseded_at", Int),
            ("family_began_at", Int),
        ],
    },
    Table {
        name: "last_used",
        key: 1,
        ids: false,
        columns: &[
            ("authorization_id", Int),
            ("at", Int),
            ("address_class", Text),
        ],
    },
    // Nobody is told twice.
    Table {
        name: "expiry_notices",
        key: 4,
        ids: false,
        columns: &[
            ("authorization_id", Int),
            ("expires_at", Int),
            ("days", Int),
            ("channel", Text),
            ("lease_until", Int),
            ("told_at", Int),
        ],
    },
    Table {
        name: "passkeys",
        key: 1,
        ids: true,
        columns: &[
            ("id", Int),
            ("user_id", Int),
            ("credential_id", Bytes),
            ("name", Text),
            ("data", Bytes),
            ("counter", Int),
            ("created_at", Int),
            ("last_used_at", Int),
        ],
    },
    Table {
        name: "audit",
        key: 1,
        ids: true,
        columns: &[
            ("id", Int),
            ("at", Int),
            ("action", Text),
            ("actor_kind", Text),
            ("actor_id", Int),
            ("user_id", Int),
            ("app_id", Int),
            ("authorization_id", Int),
            ("grant_id", Int),
            ("token_hash", Bytes),
            ("token_last_eight", Text),
            ("address", Text),
            ("request_id", Text),
            ("details", Text),
        ],
    },
    // After the trail: each takes its row off the list of those that wait.
    Table {
        name: "audit_seal",
        key: 1,
        ids: false,
        columns: &[("seq", Int), ("audit_id", Int), ("chain", Bytes)],
    },
    Table {
        name: "audit_checkpoint",
        key: 1,
        ids: false,
        columns: &[
            ("seq", Int),
            ("previous", Int),
            ("at", Int),
            ("key_id", Text),
            ("signature", Bytes),
        ],
    },
    Table {
        name: "restores",
        key: 1,
        ids: false,
        columns: &[
            ("at", Int),
            ("backup_at", Int),
            ("covered_until", Int),
            ("lifted_at", Int),
            ("lifted_by", Text),
            ("report", Text),
        ],
    },
    // How far the stream of the trail is.
    Table {
        name: "leases",
        key: 1,
        ids: false,
        columns: &[
            ("name", Text),
            ("holder", Text),
            ("expires_at", Int),
            ("position", Int),
        ],
    },
];

/// The other tables, and why.
#[cfg(test)]
pub(super) const NOT_COPIED: &[(&str, &str)] = &[
    (
        "audit_unsealed",
        "follows from the trail and its seals, by triggers",
    ),
    ("codes", "over within ten minutes"),
    ("device_codes", "over within a quarter of an hour"),
    ("hourly_counts", "over within an hour"),
    ("meters", "over within an hour"),
    (
        "meta",
        "copied last, key by key: it says that the copy is whole",
    ),
    ("schema_migrations", "the target has its own"),
];
