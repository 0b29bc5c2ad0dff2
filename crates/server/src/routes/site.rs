//! Every operation outside the API: pages ([`Part::Site`]), the endpoints that
//! programs call in OAuth flows ([`Part::Machine`]), and what resource servers
//! and proxies ask ([`Part::Resource`], [`Part::Verdict`]). No document describes
//! them. Who may see a page stands in its row ([`Auth::Anyone`], [`Auth::Session`],
//! [`Auth::Sudo`]); who may call an endpoint is its handler's to judge.

use http::Method;

use super::{Part, Route};
use crate::auth::Auth;
use crate::docs::Page;
use crate::oauth::{access_token, device_code, forward_auth, metadata, tokens};
use crate::web::{
    admin, assets, consent, developers, device, front, login, reference, settings, visit,
};

/// A page: its handler takes a [`visit::Visit`].
macro_rules! page {
    ($operation:literal, $auth:ident $method:ident $path:literal, $handler:path) => {
        Route {
            operation: $operation,
            method: Method::$method,
            path: $path,
            auth: Auth::$auth,
            docs: Page::Rest,
            part: Part::Site,
            handler: |context| Box::pin(visit::answer(context, Auth::$auth, $handler)),
        }
    };
}

/// Anything else outside the API: its handler takes the request as it is.
macro_rules! site {
    ($operation:literal, $part:ident $method:ident $path:literal, $handler:path) => {
        Route {
            operation: $operation,
            method: Method::$method,
            path: $path,
            auth: Auth::Anyone,
            docs: Page::Rest,
            part: Part::$part,
            handler: |context| Box::pin($handler(context)),
        }
    };
}

/// The table.
#[rustfmt::skip]
pub static SITE: &[Route] = &[
    site!("site/asset", Site GET "/assets/{name}", assets::show),
    page!("site/front", Anyone GET "/", front::show),
    page!("site/docs", Anyone GET "/docs", reference::index),
    page!("site/docs-operation", Anyone GET "/docs/{tag}/{operation}", reference::operation),
    page!("site/consent", Anyone GET "/login/oauth/authorize", consent::show),
    site!("site/consent-head", Site HEAD "/login/oauth/authorize", consent::head),
    page!("site/consent-decide", Anyone POST "/login/oauth/authorize", consent::decide),
    page!("site/device", Session GET "/login/device", device::show),
    page!("site/device-code", Session POST "/login/device", device::look_up),
    page!("site/device-done", Session GET "/login/device/done", device::done),
    page!("site/device-decide", Session POST "/login/device/decision", device::decide),
    site!("site/app-logo", Site GET "/apps/{client_id}/logo", developers::show_logo),
    page!("site/developers", Session GET "/settings/developers", developers::list),
    page!("site/developers-new", Sudo GET "/settings/developers/new", developers::new),
    page!("site/developers-create", Sudo POST "/settings/developers/new", developers::create),
    page!("site/developers-app", Session GET "/settings/developers/apps/{client_id}", developers::show),
    page!("site/developers-edit", Sudo GET "/settings/developers/apps/{client_id}/edit", developers::edit),
    page!("site/developers-save", Sudo POST "/settings/developers/apps/{client_id}/edit", developers::save),
    page!("site/developers-logo", Session POST "/settings/developers/apps/{client_id}/logo", developers::upload),
    page!("site/developers-logo-remove", Session POST "/settings/developers/apps/{client_id}/logo/remove", developers::remove_logo),
    page!("site/developers-secret", Sudo GET "/settings/developers/apps/{client_id}/secret", developers::ask_rotation),
    page!("site/developers-rotate", Sudo POST "/settings/developers/apps/{client_id}/secret", developers::rotate),
    page!("site/developers-secret-end", Sudo POST "/settings/developers/apps/{client_id}/secret/end", developers::end_previous),
    page!("site/developers-ask-deletion", Sudo GET "/settings/developers/apps/{client_id}/delete", developers::ask_deletion),
    page!("site/developers-delete", Sudo POST "/settings/developers/apps/{client_id}/delete", developers::delete),
    page!("site/login", Anyone GET "/login", login::show),
    page!("site/sign-in", Anyone POST "/login", login::submit),
    page!("site/second-step", Anyone GET "/login/two-factor", login::two_factor::show),
    page!("site/finish-sign-in", Anyone POST "/login/two-factor", login::two_factor::submit),
    page!("site/start-passkey-sign-in", Anyone POST "/login/passkey/start", login::passkey::start),
    page!("site/finish-passkey-sign-in", Anyone POST "/login/passkey/finish", login::passkey::enter),
    page!("site/start-passkey-second", Anyone POST "/login/two-factor/passkey/start", login::passkey::start_second),
    page!("site/finish-passkey-second", Anyone POST "/login/two-factor/passkey/finish", login::passkey::enter_second),
    page!("site/start-passkey-sudo", Session POST "/sudo/passkey/start", login::passkey::start_sudo),
    page!("site/finish-passkey-sudo", Session POST "/sudo/passkey/finish", login::passkey::enter_sudo),
    page!("site/signed-in", Session GET "/login/done", login::done::show),
    page!("site/sign-out", Anyone POST "/logout", login::sign_out),
    page!("site/sudo", Session GET "/sudo", login::sudo::show),
    page!("site/enter-sudo", Session POST "/sudo", login::sudo::submit),
    page!("site/forgot-password", Anyone GET "/password-reset", login::forgot::show),
    page!("site/send-reset-link", Anyone POST "/password-reset", login::forgot::submit),
    page!("site/reset-link-sent", Anyone GET "/password-reset/sent", login::forgot::sent),
    page!("site/reset-link", Anyone GET "/password-reset/{link}", login::forgot::open),
    page!("site/reset-password", Anyone POST "/password-reset/{link}", login::forgot::set),
    page!("site/verification-link", Anyone GET "/email-verification/{link}", login::verify::open),
    page!("site/verify-email", Anyone POST "/email-verification/{link}", login::verify::submit),
    page!("site/setup-link", Anyone GET "/setup/{link}", login::join::setup),
    page!("site/set-up", Anyone POST "/setup/{link}", login::join::set_up),
    page!("site/invitation", Anyone GET "/invitations/{link}", login::join::invitation),
    page!("site/accept-invitation", Anyone POST "/invitations/{link}", login::join::accept),
    page!("site/join", Anyone GET "/join", login::sign_up::show),
    page!("site/sign-up", Anyone POST "/join", login::sign_up::submit),
    page!("site/join-link-sent", Anyone GET "/join/sent", login::sign_up::sent),
    page!("site/join-link", Anyone GET "/join/{link}", login::sign_up::open),
    page!("site/finish-sign-up", Anyone POST "/join/{link}", login::sign_up::finish),
    page!("site/profile", Session GET "/settings", settings::profile::show),
    page!("site/email", Sudo GET "/settings/email", settings::profile::email),
    page!("site/change-email", Sudo POST "/settings/email", settings::profile::set_email),
    page!("site/change-language", Session POST "/settings/language", settings::profile::set_language),
    page!("site/password", Sudo GET "/settings/password", settings::password::show),
    page!("site/change-password", Sudo POST "/settings/password", settings::password::set),
    page!("site/two-factor", Session GET "/settings/two-factor", settings::two_factor::show),
    page!("site/enrolment", Sudo GET "/settings/two-factor/enrol", settings::two_factor::enrol),
    page!("site/enrol", Sudo POST "/settings/two-factor/enrol", settings::two_factor::confirm),
    page!("site/new-recovery-codes", Sudo GET "/settings/two-factor/codes", settings::two_factor::ask_for_codes),
    page!("site/replace-recovery-codes", Sudo POST "/settings/two-factor/codes", settings::two_factor::replace_codes),
    page!("site/two-factor-off", Sudo GET "/settings/two-factor/disable", settings::two_factor::ask_to_disable),
    page!("site/disable-two-factor", Sudo POST "/settings/two-factor/disable", settings::two_factor::disable),
    page!("site/sessions", Session GET "/settings/sessions", settings::sessions::list),
    page!("site/end-session", Session POST "/settings/sessions/{session_id}/end", settings::sessions::end),
    page!("site/end-other-sessions", Session POST "/settings/sessions/end", settings::sessions::end_others),
    site!("oauth/access-token", Machine POST "/login/oauth/access_token", access_token::exchange),
    site!("oauth/device-code", Machine POST "/login/device/code", device_code::start),
    site!("oauth/introspect", Resource POST "/login/oauth/introspect", tokens::introspect),
    site!("oauth/revoke", Resource POST "/login/oauth/revoke", tokens::revoke),
    site!("oauth/forward-auth", Verdict GET "/forward-auth", forward_auth::judge),
    site!("oauth/metadata", Machine GET "/.well-known/oauth-authorization-server", metadata::show),
    page!("site/tokens", Session GET "/settings/tokens", settings::tokens::list),
    page!("site/new-token", Sudo GET "/settings/tokens/new", settings::tokens::new),
    page!("site/create-token", Sudo POST "/settings/tokens", settings::tokens::create),
    page!("site/token", Session GET "/settings/tokens/{id}", settings::tokens::edit),
    page!("site/rename-token", Session POST "/settings/tokens/{id}", settings::tokens::rename),
    page!("site/token-to-regenerate", Sudo GET "/settings/tokens/{id}/regenerate", settings::tokens::ask_to_regenerate),
    page!("site/regenerate-token", Sudo POST "/settings/tokens/{id}/regenerate", settings::tokens::regenerate),
    page!("site/token-to-delete", Session GET "/settings/tokens/{id}/delete", settings::tokens::ask_to_delete),
    page!("site/delete-token", Session POST "/settings/tokens/{id}/delete", settings::tokens::delete),
    page!("site/applications", Session GET "/settings/applications", settings::applications::list),
    page!("site/application", Session GET "/settings/connections/applications/{client_id}", settings::applications::show),
    page!("site/application-to-revoke", Session GET "/settings/applications/{grant_id}/revoke", settings::applications::ask_to_revoke),
    page!("site/revoke-application", Session POST "/settings/applications/{grant_id}/revoke", settings::applications::revoke),
    page!("site/applications-to-revoke", Session GET "/settings/applications/revoke", settings::applications::ask_to_revoke_all),
    page!("site/revoke-applications", Session POST "/settings/applications/revoke", settings::applications::revoke_all),
    page!("site/passkeys", Session GET "/settings/passkeys", settings::passkeys::list),
    page!("site/new-passkey", Sudo GET "/settings/passkeys/new", settings::passkeys::new),
    page!("site/start-passkey", Sudo POST "/settings/passkeys/start", settings::passkeys::start),
    page!("site/add-passkey", Sudo POST "/settings/passkeys/finish", settings::passkeys::add),
    page!("site/passkey", Session GET "/settings/passkeys/{id}", settings::passkeys::edit),
    page!("site/rename-passkey", Session POST "/settings/passkeys/{id}", settings::passkeys::rename),
    page!("site/passkey-to-remove", Sudo GET "/settings/passkeys/{id}/remove", settings::passkeys::ask_to_remove),
    page!("site/remove-passkey", Sudo POST "/settings/passkeys/{id}/remove", settings::passkeys::remove),
    page!("site/security-log", Session GET "/settings/security-log", settings::security_log::list),
    page!("site/admin-users", Session GET "/site-admin", admin::users::list),
    page!("site/admin-user", Session GET "/site-admin/users/{login}", admin::users::show),
    page!("site/admin-act-on-user", Session POST "/site-admin/users/{login}", admin::users::act),
    page!("site/admin-invitation", Session GET "/site-admin/invitations", admin::invite::show),
    page!("site/admin-invite", Session POST "/site-admin/invitations", admin::invite::create),
    page!("site/admin-apps", Session GET "/site-admin/apps", admin::apps::list),
    page!("site/admin-app", Session GET "/site-admin/apps/{client_id}", admin::apps::show),
    page!("site/admin-act-on-app", Session POST "/site-admin/apps/{client_id}", admin::apps::act),
    page!("site/admin-tokens", Session GET "/site-admin/tokens", admin::tokens::show),
    page!("site/admin-search-tokens", Session POST "/site-admin/tokens", admin::tokens::search),
    page!("site/admin-delete-token", Session POST "/site-admin/tokens/{authorization_id}/delete", admin::tokens::delete),
    page!("site/admin-audit", Session GET "/site-admin/audit", admin::audit::show),
];
