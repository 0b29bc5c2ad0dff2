//! Which page of GitHub's documentation an answer points to. Owns the
//! addresses of both profiles; must not know why an answer is what it is.

use crate::settings::Profile;

/// A page, or a place on one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The front page of the REST documentation.
    Rest,
    /// A heading of the OAuth Authorizations page.
    Authorizations(&'static str),
    /// A heading of the page about apps and their tokens.
    Apps(&'static str),
    /// The OAuth Authorizations page as a whole.
    AuthorizationsTop,
    /// A heading of the page about users, for administrators of Enterprise Server.
    AdminUsers(&'static str),
    /// The GraphQL API.
    GraphQl,
    /// One-time codes.
    TwoFactor,
    /// Rate limits.
    RateLimiting,
    /// The announcement of the API's end.
    Deprecation,
}

impl Page {
    /// The address.
    pub fn url(self, profile: Profile) -> String {
        const DEPRECATION: &str =
            "https://developer.github.com/changes/2020-02-14-deprecating-oauth-auth-endpoint/";
        const P2: &str = "https://developer.github.com/v3";
        const P3: &str = "https://docs.github.com/enterprise-server@3.4/rest";
        match (profile, self) {
            (_, Self::Deprecation) => DEPRECATION.to_owned(),
            (Profile::P2, Self::Rest) => P2.to_owned(),
            (Profile::P2, Self::Authorizations(anchor)) => {
                format!("{P2}/oauth_authorizations/#{anchor}")
            }
            (Profile::P2, Self::Apps(anchor)) => format!("{P2}/apps/oauth_applications/#{anchor}"),
            (Profile::P3, Self::Apps(anchor)) => format!("{P3}/reference/apps#{anchor}"),
            (Profile::P2, Self::AuthorizationsTop) => format!("{P2}/oauth_authorizations/"),
            (Profile::P2, Self::AdminUsers(anchor)) => format!(
                "https://developer.github.com/enterprise/2.21/v3/enterprise-admin/users/#{anchor}"
            ),
            (Profile::P3, Self::AdminUsers(anchor)) => {
                format!("{P3}/reference/enterprise-admin#{anchor}")
            }
            (Profile::P2, Self::GraphQl) => "https://developer.github.com/v4".to_owned(),
            (Profile::P3, Self::GraphQl) => {
                "https://docs.github.com/enterprise-server@3.4/graphql".to_owned()
            }
            (Profile::P2, Self::TwoFactor) => {
                format!("{P2}/auth#working-with-two-factor-authentication")
            }
            (Profile::P2, Self::RateLimiting) => format!("{P2}/#rate-limiting"),
            (Profile::P3, Self::Rest) => P3.to_owned(),
            (Profile::P3, Self::Authorizations(anchor)) => {
                format!("{P3}/reference/oauth-authorizations#{anchor}")
            }
            (Profile::P3, Self::AuthorizationsTop) => {
                format!("{P3}/reference/oauth-authorizations")
            }
            (Profile::P3, Self::TwoFactor) => {
                format!(
                    "{P3}/overview/other-authentication-methods#working-with-two-factor-authentication"
                )
            }
            (Profile::P3, Self::RateLimiting) => {
                format!("{P3}/overview/resources-in-the-rest-api#rate-limiting")
            }
        }
    }
}
