//! Every operation, one row each. The router is made from two tables: [`ROUTES`]
//! is the API, which a test holds against `api/openapi.json` both ways and over
//! which the tests of refusals run; [`SITE`] is what stands outside it, pages
//! and the endpoints of the OAuth flows. What is in neither does not exist.

mod site;

use std::future::Future;
use std::pin::Pin;

use http::Method;

use crate::api::{
    admin, applications, authorizations, grants, graphql, health, leaks, meta, users,
};
use crate::auth::Auth;
use crate::context::Context;
use crate::docs::Page;
use crate::error::Result;
use crate::reply::Reply;

pub use self::site::SITE;

/// What a row calls.
pub type Handler = fn(Context) -> Pin<Box<dyn Future<Output = Result<Reply>> + Send>>;

/// One operation.
pub struct Route {
    /// The operation id of `api/openapi.json`; of the site, a name.
    pub operation: &'static str,
    /// GET rows answer HEAD too, unless the path has a HEAD row of its own.
    pub method: Method,
    /// The path below `/`, and of the API also below `/api/v3`.
    pub path: &'static str,
    /// Who may call.
    pub auth: Auth,
    /// The documentation page of its refusals.
    pub docs: Page,
    /// Which part of the surface it belongs to.
    pub part: Part,
    /// What answers.
    pub handler: Handler,
}

impl Route {
    /// Whether an app asks here about a token that stands in the body.
    pub fn asks_by_body(&self) -> bool {
        self.auth == Auth::App && !self.path.contains("{access_token}")
    }
}

/// A part of the surface that has a switch of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Always on.
    Core,
    /// The OAuth Authorizations API that the contract announces the end of; see [`crate::lifecycle`].
    Authorizations,
    /// Tokens in paths: the setting `path_tokens`.
    PathTokens,
    /// Not under `/api/v3`: for machines that watch this one, or prove themselves by a signature.
    Root,
    /// Not under `/api/v3`, and otherwise like the rest of the API: GraphQL.
    Graph,
    /// A page, outside the API: the `Authorization` header means nothing there, nothing
    /// is counted, refusals are HTML.
    Site,
    /// The same for programs: refusals are in the encoding that they accept.
    Machine,
    /// The same for resource servers: refusals are JSON, as their RFCs say.
    Resource,
    /// What proxies ask about somebody else's request. By any method: some proxies ask by that request's own.
    Verdict,
}

impl Part {
    /// Whether it is one of the parts outside the API: [`SITE`].
    pub fn is_site(self) -> bool {
        matches!(
            self,
            Self::Site | Self::Machine | Self::Resource | Self::Verdict
        )
    }

    /// Whether it is to be found below `/api/v3` too.
    fn is_below_base(self) -> bool {
        !matches!(self, Self::Root | Self::Graph) && !self.is_site()
    }
}

macro_rules! route {
    ($operation:literal, $method:ident $path:literal, $auth:ident, $part:ident, $docs:expr, $handler:path) => {
        Route {
            operation: $operation,
            method: Method::$method,
            path: $path,
            auth: Auth::$auth,
            docs: $docs,
            part: Part::$part,
            handler: |context| Box::pin($handler(context)),
        }
    };
}

const fn administration(anchor: &'static str) -> Page {
    Page::AdminUsers(anchor)
}

const fn heading(anchor: &'static str) -> Page {
    Page::Authorizations(anchor)
}

const fn apps(anchor: &'static str) -> Page {
    Page::Apps(anchor)
}

/// The table.
#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    route!("oauth-authorizations/list-authorizations", GET "/authorizations", Password, Authorizations, heading("list-your-authorizations"), authorizations::list),
    route!("oauth-authorizations/create-authorization", POST "/authorizations", Password, Authorizations, heading("create-a-new-authorization"), authorizations::create),
    route!("oauth-authorizations/get-or-create-authorization-for-app", PUT "/authorizations/clients/{client_id}", Password, Authorizations, heading("get-or-create-an-authorization-for-a-specific-app"), authorizations::get_or_create),
    route!("oauth-authorizations/get-or-create-authorization-for-app-and-fingerprint", PUT "/authorizations/clients/{client_id}/{fingerprint}", Password, Authorizations, heading("get-or-create-an-authorization-for-a-specific-app-and-fingerprint"), authorizations::get_or_create_with_fingerprint),
    route!("oauth-authorizations/get-authorization", GET "/authorizations/{authorization_id}", Password, Authorizations, heading("get-a-single-authorization"), authorizations::get),
    route!("oauth-authorizations/update-authorization", PATCH "/authorizations/{authorization_id}", Password, Authorizations, heading("update-an-existing-authorization"), authorizations::update),
    route!("grantd/update-authorization-by-post", POST "/authorizations/{authorization_id}", Password, Authorizations, heading("update-an-existing-authorization"), authorizations::update),
    route!("oauth-authorizations/delete-authorization", DELETE "/authorizations/{authorization_id}", Password, Authorizations, heading("delete-an-authorization"), authorizations::delete),
    route!("oauth-authorizations/list-grants", GET "/applications/grants", Password, Authorizations, heading("list-your-grants"), grants::list),
    route!("oauth-authorizations/get-grant", GET "/applications/grants/{grant_id}", Password, Authorizations, heading("get-a-single-grant"), grants::get),
    route!("oauth-authorizations/delete-grant", DELETE "/applications/grants/{grant_id}", Password, Authorizations, heading("delete-a-grant"), grants::delete),
    route!("apps/check-authorization", GET "/applications/{client_id}/tokens/{access_token}", App, PathTokens, heading("check-an-authorization"), applications::check),
    route!("apps/reset-authorization", POST "/applications/{client_id}/tokens/{access_token}", App, PathTokens, heading("reset-an-authorization"), applications::reset),
    route!("apps/revoke-authorization-for-application", DELETE "/applications/{client_id}/tokens/{access_token}", App, PathTokens, heading("revoke-an-authorization-for-an-application"), applications::revoke),
    route!("apps/revoke-grant-for-application", DELETE "/applications/{client_id}/grants/{access_token}", App, PathTokens, heading("revoke-a-grant-for-an-application"), applications::revoke_grant),
    route!("apps/check-token", POST "/applications/{client_id}/token", App, Core, apps("check-a-token"), applications::check_by_body),
    route!("apps/reset-token", PATCH "/applications/{client_id}/token", App, Core, apps("reset-a-token"), applications::reset_by_body),
    route!("apps/delete-token", DELETE "/applications/{client_id}/token", App, Core, apps("delete-an-app-token"), applications::revoke_by_body),
    route!("apps/delete-authorization", DELETE "/applications/{client_id}/grant", App, Core, apps("delete-an-app-authorization"), applications::revoke_grant_by_body),
    route!("apps/scope-token", POST "/applications/{client_id}/token/scoped", App, Core, apps("create-a-scoped-access-token"), applications::scope),
    route!("credentials/revoke", POST "/credentials/revoke", Anyone, Core, Page::Rest, leaks::revoke),
    route!("users/get-authenticated", GET "/user", User, Core, Page::Rest, users::authenticated),
    route!("users/get-by-username", GET "/users/{username}", Anyone, Core, Page::Rest, users::by_login),
    route!("users/get-by-id", GET "/user/{account_id}", Anyone, Core, Page::Rest, users::by_id),
    route!("enterprise-admin/create-user", POST "/admin/users", SiteAdmin, Core, administration("create-a-new-user"), admin::users::create),
    route!("enterprise-admin/update-username-for-user", PATCH "/admin/users/{username}", SiteAdmin, Core, administration("rename-an-existing-user"), admin::users::rename),
    route!("enterprise-admin/delete-user", DELETE "/admin/users/{username}", SiteAdmin, Core, administration("delete-a-user"), admin::users::delete),
    route!("enterprise-admin/create-impersonation-o-auth-token", POST "/admin/users/{username}/authorizations", SiteAdmin, Core, administration("create-an-impersonation-oauth-token"), admin::users::impersonate),
    route!("enterprise-admin/delete-impersonation-o-auth-token", DELETE "/admin/users/{username}/authorizations", SiteAdmin, Core, administration("delete-an-impersonation-oauth-token"), admin::users::end_impersonation),
    route!("enterprise-admin/promote-user-to-be-site-administrator", PUT "/users/{username}/site_admin", SiteAdmin, Core, administration("promote-an-ordinary-user-to-a-site-administrator"), admin::users::promote),
    route!("enterprise-admin/demote-site-administrator", DELETE "/users/{username}/site_admin", SiteAdmin, Core, administration("demote-a-site-administrator-to-an-ordinary-user"), admin::users::demote),
    route!("enterprise-admin/suspend-user", PUT "/users/{username}/suspended", SiteAdmin, Core, administration("suspend-a-user"), admin::users::suspend),
    route!("enterprise-admin/unsuspend-user", DELETE "/users/{username}/suspended", SiteAdmin, Core, administration("unsuspend-a-user"), admin::users::unsuspend),
    route!("enterprise-admin/list-personal-access-tokens", GET "/admin/tokens", SiteAdmin, Core, administration("list-personal-access-tokens"), admin::tokens::list),
    route!("enterprise-admin/delete-personal-access-token", DELETE "/admin/tokens/{token_id}", SiteAdmin, Core, administration("delete-a-personal-access-token"), admin::tokens::delete),
    route!("enterprise-admin/list-public-keys", GET "/admin/keys", SiteAdmin, Core, administration("list-all-public-keys"), admin::tokens::list_keys),
    route!("enterprise-admin/delete-public-key", DELETE "/admin/keys/{key_ids}", SiteAdmin, Core, administration("delete-a-public-key"), admin::tokens::delete_keys),
    route!("grantd/list-applications", GET "/admin/applications", SiteAdmin, Core, Page::Rest, admin::apps::list),
    route!("grantd/create-application", POST "/admin/applications", SiteAdmin, Core, Page::Rest, admin::apps::create),
    route!("grantd/get-application", GET "/admin/applications/{client_id}", SiteAdmin, Core, Page::Rest, admin::apps::get),
    route!("grantd/update-application", PATCH "/admin/applications/{client_id}", SiteAdmin, Core, Page::Rest, admin::apps::update),
    route!("grantd/delete-application", DELETE "/admin/applications/{client_id}", SiteAdmin, Core, Page::Rest, admin::apps::delete),
    route!("grantd/rotate-application-secret", POST "/admin/applications/{client_id}/secret", SiteAdmin, Core, Page::Rest, admin::apps::rotate),
    route!("rate-limit/get", GET "/rate_limit", Anyone, Core, Page::RateLimiting, meta::rate_limit),
    route!("meta/root", GET "/", Anyone, Core, Page::Rest, meta::root),
    route!("meta/get", GET "/meta", Anyone, Core, Page::Rest, meta::meta),
    route!("graphql/query", POST "/api/graphql", Token, Graph, Page::GraphQl, graphql::query),
    route!("graphql/query-as-on-github-com", POST "/graphql", Token, Graph, Page::GraphQl, graphql::query),
    route!("grantd/health", GET "/healthz", Anyone, Root, Page::Rest, health::ready),
    route!("grantd/ready", GET "/readyz", Anyone, Root, Page::Rest, health::ready),
    route!("grantd/live", GET "/livez", Anyone, Root, Page::Rest, health::live),
    route!("grantd/secret-scanning", POST "/secret-scanning", Anyone, Root, Page::Rest, leaks::scanned),
];

/// Finds rows by path and method.
pub struct Router {
    paths: matchit::Router<Vec<&'static Route>>,
}

/// A row, and what stood in the path's braces, still percent-encoded.
pub struct Matched {
    /// The row.
    pub route: &'static Route,
    /// Names and values in order.
    pub params: Vec<(String, String)>,
}

/// Where a path is looked up.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    /// The path stood below `/api/v3`.
    pub below_base: bool,
    /// A browser asks: where the API and the site share a path, it gets the page.
    pub html: bool,
}

impl Router {
    /// # Panics
    /// When two rows of the tables have paths that exclude one another; a test builds it.
    pub fn new() -> Self {
        let mut by_path: Vec<(&'static str, Vec<&'static Route>)> = Vec::new();
        for route in ROUTES.iter().chain(SITE) {
            match by_path.iter_mut().find(|(path, _)| *path == route.path) {
                Some((_, routes)) => routes.push(route),
                None => by_path.push((route.path, vec![route])),
            }
        }
        let mut paths = matchit::Router::new();
        for (path, routes) in by_path {
            paths
                .insert(path, routes)
                .expect("the tables' paths go together");
        }
        Self { paths }
    }

    /// The row for a path without its base; a method without a row is as good as no path.
    pub fn find(&self, method: &Method, path: &str, place: Place) -> Option<Matched> {
        let found = self.paths.at(path).ok()?;
        let rows = |method: &Method| {
            found
                .value
                .iter()
                .filter(|route| route.method == *method || route.part == Part::Verdict)
                .filter(|route| !place.below_base || route.part.is_below_base())
                .min_by_key(|route| route.part.is_site() != place.html)
        };
        let route = match rows(method) {
            None if method == Method::HEAD => rows(&Method::GET),
            found => found,
        }?;
        let params = found
            .params
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Some(Matched { route, params })
    }

    /// What a path of the site, and of the site alone, may be asked by, as in `Allow`, with its part.
    pub fn allowed(&self, path: &str) -> Option<(Part, String)> {
        let routes = self.paths.at(path).ok()?.value;
        if !routes.iter().all(|route| route.part.is_site()) {
            return None;
        }
        let mut methods: Vec<&str> = routes.iter().map(|route| route.method.as_str()).collect();
        if methods.contains(&"GET") && !methods.contains(&"HEAD") {
            methods.push("HEAD");
        }
        methods.push("OPTIONS");
        Some((routes.first()?.part, methods.join(", ")))
    }
}

impl Default for Router {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(method: Method, path: &str) -> Option<&'static str> {
        let below_base = Place {
            below_base: true,
            html: false,
        };
        Router::new()
            .find(&method, path, below_base)
            .map(|matched| matched.route.operation)
    }

    #[test]
    fn grants_are_not_an_app_called_grants() {
        assert_eq!(
            find(Method::GET, "/applications/grants/1"),
            Some("oauth-authorizations/get-grant")
        );
        assert_eq!(
            find(Method::GET, "/applications/abc/tokens/x"),
            Some("apps/check-authorization")
        );
        assert_eq!(
            find(Method::PUT, "/authorizations/clients/abc"),
            Some("oauth-authorizations/get-or-create-authorization-for-app")
        );
        assert_eq!(
            find(Method::GET, "/authorizations/clients"),
            Some("oauth-authorizations/get-authorization")
        );
    }

    #[test]
    fn other_methods_and_paths_match_nothing() {
        assert_eq!(find(Method::PATCH, "/authorizations"), None);
        assert_eq!(find(Method::GET, "/authorizations/"), None);
        assert_eq!(find(Method::GET, "/healthz"), None, "only at the root");
        assert_eq!(find(Method::HEAD, "/user"), Some("users/get-authenticated"));
    }

    #[test]
    fn the_site_is_only_at_the_root_and_shares_a_path_by_who_asks() {
        let router = Router::new();
        let part = |path, below_base, html| {
            let found = router.find(&Method::GET, path, Place { below_base, html });
            found.map(|matched| matched.route.part)
        };
        assert_eq!(part("/", false, true), Some(Part::Site));
        assert_eq!(part("/", false, false), Some(Part::Core));
        assert_eq!(part("/", true, true), Some(Part::Core));
        assert_eq!(router.allowed("/"), None, "the API stands there, too");
        assert_eq!(router.allowed("/user"), None);
        for route in SITE {
            assert!(route.part.is_site(), "{}", route.operation);
            let by_cookie = matches!(route.auth, Auth::Anyone | Auth::Session | Auth::Sudo);
            assert!(by_cookie, "{}", route.operation);
        }
    }
}
