//! `/`, `/meta`, `/rate_limit`: what this server says of itself.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::docs::Page;
use crate::error::Result;
use crate::reply::{Cache, Reply};
use crate::settings::Profile;

/// The API root: where things are.
pub(crate) async fn root(context: Context) -> Result<Reply> {
    let (api, html) = (&context.wire().api, &context.wire().html);
    let urls: Map<String, Value> = ROOT
        .iter()
        .map(|(key, path)| {
            let base = if *key == "current_user_authorizations_html_url" {
                html
            } else {
                api
            };
            ((*key).to_owned(), Value::from(format!("{base}{path}")))
        })
        .collect();
    Ok(Reply::ok(&urls, Cache::Public))
}

/// GitHub's root document, every key: clients look places up in it. Places that this server does not serve answer 404.
const ROOT: &[(&str, &str)] = &[
    ("current_user_url", "/user"),
    (
        "current_user_authorizations_html_url",
        "/settings/connections/applications{/client_id}",
    ),
    ("authorizations_url", "/authorizations"),
    (
        "code_search_url",
        "/search/code?q={query}{&page,per_page,sort,order}",
    ),
    (
        "commit_search_url",
        "/search/commits?q={query}{&page,per_page,sort,order}",
    ),
    ("emails_url", "/user/emails"),
    ("emojis_url", "/emojis"),
    ("events_url", "/events"),
    ("feeds_url", "/feeds"),
    ("followers_url", "/user/followers"),
    ("following_url", "/user/following{/target}"),
    ("gists_url", "/gists{/gist_id}"),
    ("hub_url", "/hub"),
    (
        "issue_search_url",
        "/search/issues?q={query}{&page,per_page,sort,order}",
    ),
    ("issues_url", "/issues"),
    ("keys_url", "/user/keys"),
    (
        "label_search_url",
        "/search/labels?q={query}&repository_id={repository_id}{&page,per_page}",
    ),
    ("notifications_url", "/notifications"),
    ("organization_url", "/orgs/{org}"),
    (
        "organization_repositories_url",
        "/orgs/{org}/repos{?type,page,per_page,sort}",
    ),
    ("organization_teams_url", "/orgs/{org}/teams"),
    ("public_gists_url", "/gists/public"),
    ("rate_limit_url", "/rate_limit"),
    ("repository_url", "/repos/{owner}/{repo}"),
    (
        "repository_search_url",
        "/search/repositories?q={query}{&page,per_page,sort,order}",
    ),
    (
        "current_user_repositories_url",
        "/user/repos{?type,page,per_page,sort}",
    ),
    ("starred_url", "/user/starred{/owner}{/repo}"),
    ("starred_gists_url", "/gists/starred"),
    (
        "topic_search_url",
        "/search/topics?q={query}{&page,per_page}",
    ),
    ("user_url", "/users/{user}"),
    ("user_organizations_url", "/user/orgs"),
    (
        "user_repositories_url",
        "/users/{user}/repos{?type,page,per_page,sort}",
    ),
    (
        "user_search_url",
        "/search/users?q={query}{&page,per_page,sort,order}",
    ),
];

/// What GitHub Enterprise Server says of itself; clients choose their sign-in by it.
pub(crate) async fn meta(context: Context) -> Result<Reply> {
    let app = context.app();
    let version = app
        .settings
        .installed_version
        .as_deref()
        .unwrap_or(match app.settings.profile {
            Profile::P2 => "2.21.0",
            Profile::P3 => "3.4.0",
        });
    let meta = json!({
        "verifiable_password_authentication": context.authority().policy.basic_auth_api,
        "installed_version": version,
    });
    Ok(Reply::ok(&meta, Cache::Public))
}

/// The caller's rate; asking costs nothing. Where nothing is limited, 404 in GitHub's words.
pub(crate) async fn rate_limit(context: Context) -> Result<Reply> {
    let app = context.app();
    let rate = app.rates.enabled().then(|| {
        app.rates.look(
            app.bucket(context.identity(), context.caller()),
            app.authority.clock.now(),
        )
    });
    let Some(rate) = rate.flatten() else {
        let body = json!({
            "message": "Rate limiting is not enabled.",
            "documentation_url": Page::RateLimiting.url(app.settings.profile),
        });
        return Ok(Reply::json(StatusCode::NOT_FOUND, &body, Cache::Unstated));
    };
    let core = json!({ "limit": rate.limit, "remaining": rate.remaining, "reset": rate.reset.0 });
    // There is nothing to search here; clients read GitHub's number all the same.
    let search =
        json!({ "limit": 30, "remaining": 30, "reset": app.authority.clock.now().plus(60).0 });
    Ok(Reply::ok(
        &json!({ "resources": { "core": core, "search": search }, "rate": core }),
        Cache::Revalidate,
    ))
}
