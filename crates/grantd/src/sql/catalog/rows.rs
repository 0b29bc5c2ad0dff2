//! The table behind the catalog. Owns names and verbs; the rest is read from
//! the API's description.

use super::{Access, Kind};
use Access::{Delete, Exec, Insert, Select};

/// The first part of every name, as the API's own documents have it.
pub(crate) const PROVIDER: &str = "github";

/// The second parts, and what they are about.
pub(crate) const SERVICES: &[(&str, &str)] = &[
    ("oauth_authorizations", "Your authorizations and grants"),
    ("apps", "What an OAuth app does with its users' tokens"),
    ("users", "Users, as anyone sees them"),
    ("enterprise_admin", "Users and tokens, for site admins"),
    ("grantd", "OAuth apps, for site admins; grantd alone has it"),
];

/// One resource.
pub(super) struct Row {
    pub(super) service: &'static str,
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) schema: &'static str,
    /// Fields that the contract has and this server's description of the schema has not.
    pub(super) more: &'static [(&'static str, Kind, &'static str)],
    pub(super) echoes: &'static [(&'static str, &'static str)],
    pub(super) methods: &'static [(&'static str, Access, &'static str)],
}

const OF_AN_APP: (&str, &str) = ("client_id", "/app/client_id");
const INSTALLATION: (&str, Kind, &str) = (
    "installation",
    Kind::Object,
    "The installation of a GitHub App; other servers may send it, grantd has none.",
);

/// The table.
pub(super) const ROWS: &[Row] = &[
    Row {
        service: "oauth_authorizations",
        name: "authorizations",
        about: "Your tokens, personal ones and those of apps",
        schema: "Authorization",
        more: &[("user", Kind::Object, "Simple User"), INSTALLATION],
        echoes: &[("authorization_id", "/id"), OF_AN_APP],
        methods: &[
            (
                "get_authorization",
                Select,
                "oauth-authorizations/get-authorization",
            ),
            (
                "get_or_create_authorization_for_app",
                Select,
                "oauth-authorizations/get-or-create-authorization-for-app",
            ),
            (
                "get_or_create_authorization_for_app_and_fingerprint",
                Select,
                "oauth-authorizations/get-or-create-authorization-for-app-and-fingerprint",
            ),
            (
                "list_authorizations",
                Select,
                "oauth-authorizations/list-authorizations",
            ),
            (
                "create_authorization",
                Insert,
                "oauth-authorizations/create-authorization",
            ),
            (
                "delete_authorization",
                Delete,
                "oauth-authorizations/delete-authorization",
            ),
            (
                "update_authorization",
                Exec,
                "oauth-authorizations/update-authorization",
            ),
        ],
    },
    Row {
        service: "oauth_authorizations",
        name: "grants",
        about: "The apps that you let in, one row each",
        schema: "ApplicationGrant",
        more: &[],
        echoes: &[("grant_id", "/id"), OF_AN_APP],
        methods: &[
            ("get_grant", Select, "oauth-authorizations/get-grant"),
            ("list_grants", Select, "oauth-authorizations/list-grants"),
            ("delete_grant", Delete, "oauth-authorizations/delete-grant"),
        ],
    },
    Row {
        service: "apps",
        name: "tokens",
        about: "One token of an app, presented by the app (--app)",
        schema: "AuthorizationWithUser",
        more: &[INSTALLATION],
        echoes: &[OF_AN_APP],
        methods: &[
            ("check_token", Select, "apps/check-token"),
            ("delete_token", Delete, "apps/delete-token"),
            ("reset_token", Exec, "apps/reset-token"),
        ],
    },
    Row {
        service: "apps",
        name: "grants",
        about: "The grant behind a token, presented by the app (--app)",
        schema: "ApplicationGrant",
        more: &[],
        echoes: &[],
        methods: &[("delete_authorization", Delete, "apps/delete-authorization")],
    },
    Row {
        service: "users",
        name: "users",
        about: "One user: yourself, or by name or number",
        schema: "PrivateUser",
        more: &[],
        echoes: &[("username", "/login"), ("account_id", "/id")],
        methods: &[
            ("get_by_username", Select, "users/get-by-username"),
            ("get_by_id", Select, "users/get-by-id"),
            ("get_authenticated", Select, "users/get-authenticated"),
        ],
    },
    Row {
        service: "enterprise_admin",
        name: "users",
        about: "Users; the API has no list of them, so name one",
        schema: "PublicUser",
        more: &[],
        echoes: &[("username", "/login")],
        methods: &[
            ("get_user", Select, "users/get-by-username"),
            ("create_user", Insert, "enterprise-admin/create-user"),
            ("delete_user", Delete, "enterprise-admin/delete-user"),
            (
                "update_username_for_user",
                Exec,
                "enterprise-admin/update-username-for-user",
            ),
            (
                "promote_user_to_be_site_administrator",
                Exec,
                "enterprise-admin/promote-user-to-be-site-administrator",
            ),
            (
                "demote_site_administrator",
                Exec,
                "enterprise-admin/demote-site-administrator",
            ),
            ("suspend_user", Exec, "enterprise-admin/suspend-user"),
            ("unsuspend_user", Exec, "enterprise-admin/unsuspend-user"),
        ],
    },
    Row {
        service: "enterprise_admin",
        name: "personal_access_tokens",
        about: "The personal access tokens of all users",
        schema: "Authorization",
        more: &[INSTALLATION],
        echoes: &[("token_id", "/id")],
        methods: &[
            (
                "list_personal_access_tokens",
                Select,
                "enterprise-admin/list-personal-access-tokens",
            ),
            (
                "delete_personal_access_token",
                Delete,
                "enterprise-admin/delete-personal-access-token",
            ),
        ],
    },
    Row {
        service: "enterprise_admin",
        name: "impersonation_tokens",
        about: "Tokens by which a site admin acts as a user",
        schema: "Authorization",
        more: &[INSTALLATION],
        echoes: &[],
        methods: &[
            (
                "create_impersonation_o_auth_token",
                Insert,
                "enterprise-admin/create-impersonation-o-auth-token",
            ),
            (
                "delete_impersonation_o_auth_token",
                Delete,
                "enterprise-admin/delete-impersonation-o-auth-token",
            ),
        ],
    },
    Row {
        service: "enterprise_admin",
        name: "public_keys",
        about: "Public keys; grantd has none",
        schema: "PublicKey",
        more: &[],
        echoes: &[],
        methods: &[
            (
                "list_public_keys",
                Select,
                "enterprise-admin/list-public-keys",
            ),
            (
                "delete_public_key",
                Delete,
                "enterprise-admin/delete-public-key",
            ),
        ],
    },
    Row {
        service: "grantd",
        name: "applications",
        about: "The OAuth apps of all users",
        schema: "AdminApplication",
        more: &[],
        echoes: &[],
        methods: &[
            ("get_application", Select, "grantd/get-application"),
            ("list_applications", Select, "grantd/list-applications"),
            ("create_application", Insert, "grantd/create-application"),
            ("delete_application", Delete, "grantd/delete-application"),
            ("update_application", Exec, "grantd/update-application"),
            (
                "rotate_application_secret",
                Exec,
                "grantd/rotate-application-secret",
            ),
        ],
    },
];
