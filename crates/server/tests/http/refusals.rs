//! No operation without its refusals: every row of the route table, called by
//! everybody who must not, has its expected answer here. A new row without
//! expectations fails.

use grantd_server::auth::Auth;
use grantd_server::routes::{Part, ROUTES, Route};

use crate::support::{Answer, Client, OAuthApp, TestApp, User};

/// Everybody who may come to the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Anonymous,
    Malformed,
    WrongPassword,
    MissingCode,
    WrongCode,
    Password,
    PasswordAndCode,
    Token,
    AppToken,
    App,
    WrongSecret,
    ForeignApp,
    ForeignUser,
    SiteAdmin,
    AdminToken,
    AdminTokenWithoutScope,
}

const EVERYBODY: [Who; 16] = [
    Who::Anonymous,
    Who::Malformed,
    Who::WrongPassword,
    Who::MissingCode,
    Who::WrongCode,
    Who::Password,
    Who::PasswordAndCode,
    Who::Token,
    Who::AppToken,
    Who::App,
    Who::WrongSecret,
    Who::ForeignApp,
    Who::ForeignUser,
    Who::SiteAdmin,
    Who::AdminToken,
    Who::AdminTokenWithoutScope,
];

/// What they are told; `None` is the operation's own answer.
type Told = Option<(u16, &'static str)>;

const BAD: Told = Some((401, "Bad credentials"));
const CODE: Told = Some((401, "Must specify two-factor authentication OTP code."));
const NONE: Told = Some((401, "Requires authentication"));
const TOKEN: Told = Some((
    403,
    "This API can only be accessed with username and password Basic Auth",
));
const ADMIN: Told = Some((403, "You must be a site administrator to use this API."));
const SCOPE: Told = Some((
    403,
    "This API can only be accessed with a token that has the site_admin scope.",
));
const NOT_FOUND: Told = Some((404, "Not Found"));

fn expected(route: &Route, who: Who) -> Told {
    // Machines that watch are asked for nothing, whatever they present.
    if route.part == Part::Root {
        return None;
    }
    match (who, route.auth) {
        (Who::Malformed | Who::WrongPassword | Who::WrongSecret, _) => BAD,
        (Who::MissingCode | Who::WrongCode, _) => CODE,
        // A client id is no login: away from `/applications/{client_id}` it names nobody.
        (Who::App | Who::ForeignApp, auth) if auth != Auth::App => BAD,
        (Who::Anonymous, Auth::Anyone) => None,
        (Who::Anonymous, _) => NONE,
        (Who::AdminTokenWithoutScope, Auth::SiteAdmin) => SCOPE,
        // Nobody has a key here.
        (Who::SiteAdmin | Who::AdminToken, Auth::SiteAdmin)
            if route.operation == "enterprise-admin/delete-public-key" =>
        {
            NOT_FOUND
        }
        (Who::SiteAdmin | Who::AdminToken, Auth::SiteAdmin) => None,
        (_, Auth::SiteAdmin) => ADMIN,
        (
            Who::Token | Who::AppToken | Who::AdminToken | Who::AdminTokenWithoutScope,
            Auth::Password,
        ) => TOKEN,
        (Who::Password | Who::PasswordAndCode | Who::ForeignUser | Who::SiteAdmin, Auth::Token) => {
            BAD
        }
        (Who::App, Auth::App) => None,
        (_, Auth::App) => NOT_FOUND,
        // Ids in paths are octocat's: another user's request finds nothing.
        (Who::ForeignUser | Who::SiteAdmin, Auth::Password) if names_a_record(route) => NOT_FOUND,
        _ => None,
    }
}

fn names_a_record(route: &Route) -> bool {
    route.path.contains("{authorization_id}") || route.path.contains("{grant_id}")
}

/// What a row answers to those whom it serves. A row that is not here fails the test.
fn success(operation: &str) -> &'static [u16] {
    match operation {
        "oauth-authorizations/create-authorization" => &[201, 422],
        "oauth-authorizations/get-or-create-authorization-for-app"
        | "oauth-authorizations/get-or-create-authorization-for-app-and-fingerprint" => &[200, 201],
        "oauth-authorizations/delete-authorization"
        | "oauth-authorizations/delete-grant"
        | "apps/revoke-authorization-for-application"
        | "apps/revoke-grant-for-application"
        | "enterprise-admin/delete-user"
        | "enterprise-admin/delete-impersonation-o-auth-token"
        | "enterprise-admin/promote-user-to-be-site-administrator"
        | "enterprise-admin/demote-site-administrator"
        | "enterprise-admin/suspend-user"
        | "enterprise-admin/unsuspend-user"
        | "enterprise-admin/delete-personal-access-token"
        | "grantd/delete-application"
        | "apps/delete-token"
        | "apps/delete-authorization" => &[204],
        "enterprise-admin/create-user" | "grantd/create-application" => &[201],
        "enterprise-admin/update-username-for-user" => &[202],
        // There is one already.
        "enterprise-admin/create-impersonation-o-auth-token" => &[200],
        "credentials/revoke" => &[202],
        // An OAuth app has no scoped tokens; without keys nobody's message is taken.
        "apps/scope-token" | "grantd/secret-scanning" => &[404],
        "oauth-authorizations/list-authorizations"
        | "oauth-authorizations/get-authorization"
        | "oauth-authorizations/update-authorization"
        | "grantd/update-authorization-by-post"
        | "oauth-authorizations/list-grants"
        | "oauth-authorizations/get-grant"
        | "apps/check-authorization"
        | "apps/reset-authorization"
        | "apps/check-token"
        | "apps/reset-token"
        | "users/get-authenticated"
        | "users/get-by-username"
        | "users/get-by-id"
        | "enterprise-admin/list-personal-access-tokens"
        | "enterprise-admin/list-public-keys"
        | "grantd/list-applications"
        | "grantd/get-application"
        | "grantd/update-application"
        | "grantd/rotate-application-secret"
        | "meta/root"
        | "meta/get"
        | "graphql/query"
        | "graphql/query-as-on-github-com"
        | "grantd/health"
        | "grantd/ready"
        | "grantd/live" => &[200],
        // Rates are off in P3.
        "rate-limit/get" => &[404],
        other => panic!("{other} has no expectations: say whom it serves and how"),
    }
}

struct Stage {
    t: TestApp,
    octocat: User,
    monalisa: User,
    hubot: User,
    root: User,
    app: OAuthApp,
    foreign: OAuthApp,
    /// Octocat's, for the app.
    token: String,
    authorization: i64,
    grant: i64,
}

impl Stage {
    async fn new() -> Self {
        let t = TestApp::new().await;
        let (octocat, monalisa, hubot) = (
            t.user("octocat").await,
            t.user_with_otp("monalisa").await,
            t.user("hubot").await,
        );
        let (app, foreign) = (t.app("ci").await, t.app("foreign").await);
        let root = t.site_admin("root").await;
        let impersonation = root.post("/admin/users/octocat/authorizations", "").await;
        impersonation.is(201);
        let created = octocat.token_of(&app).await;
        // The first one is the impersonation's.
        let grant = octocat.get("/applications/grants").await.json()[1]["id"]
            .as_i64()
            .unwrap();
        let (token, authorization) = (created.token(), created.id());
        Self {
            t,
            octocat,
            monalisa,
            hubot,
            root,
            app,
            foreign,
            token,
            authorization,
            grant,
        }
    }

    async fn client(&self, who: Who) -> Client {
        let anyone = self.t.anyone();
        match who {
            Who::Anonymous => anyone,
            Who::Malformed => anyone.with("authorization", "Basic !!!"),
            Who::WrongPassword => self.octocat.with_wrong_password(),
            Who::MissingCode => self.monalisa.client.clone(),
            Who::WrongCode => self.monalisa.with_otp(&self.monalisa.wrong_code()),
            Who::Password => self.octocat.client.clone(),
            Who::PasswordAndCode => self.monalisa.with_code(),
            Who::Token => {
                anyone.with_token(&self.octocat.personal_token("for the test").await.token())
            }
            Who::AppToken => anyone.with_token(&self.octocat.token_of(&self.app).await.token()),
            Who::App => self.app.client.clone(),
            Who::WrongSecret => self.app.with_basic(&self.app.client_id, "wrong"),
            Who::ForeignApp => self.foreign.client.clone(),
            Who::ForeignUser => self.hubot.client.clone(),
            Who::SiteAdmin => self.root.client.clone(),
            Who::AdminToken => {
                let token = self.root.scoped_token("admin", &["site_admin"]).await;
                anyone.with_token(&token.token())
            }
            Who::AdminTokenWithoutScope => {
                let token = self.root.scoped_token("else", &["repo"]).await;
                anyone.with_token(&token.token())
            }
        }
    }

    fn path(&self, route: &Route) -> String {
        route
            .path
            .replace("{authorization_id}", &self.authorization.to_string())
            .replace("{grant_id}", &self.grant.to_string())
            .replace("{client_id}", &self.app.client_id)
            .replace("{access_token}", &self.token)
            .replace("{fingerprint}", "fp")
            .replace("{username}", "octocat")
            .replace("{account_id}", &self.octocat.id.to_string())
            .replace("{token_id}", &self.authorization.to_string())
            .replace("{key_ids}", "1,2")
    }

    async fn call(&self, route: &Route, who: Who) -> Answer {
        let client = self.client(who).await;
        let body = match route.path {
            "/admin/users" => r#"{"login":"newcomer","email":"newcomer@example.com"}"#.to_owned(),
            "/admin/users/{username}" => r#"{"login":"renamed"}"#.to_owned(),
            "/admin/applications" => {
                r#"{"name":"a","url":"https://a.example","callback_urls":["https://a.example/cb"]}"#
                    .to_owned()
            }
            "/authorizations" => r#"{"note":"n"}"#.to_owned(),
            "/credentials/revoke" => r#"{"credentials":["nothing"]}"#.to_owned(),
            _ if route.asks_by_body() => format!(r#"{{"access_token":"{}"}}"#, self.token),
            path if path.starts_with("/authorizations/clients") => {
                format!(r#"{{"client_secret":"{}"}}"#, self.app.secret)
            }
            _ => String::new(),
        };
        client
            .send(route.method.clone(), &self.path(route), body.as_str())
            .await
    }
}

#[tokio::test]
async fn sec_s01_every_route_answers_everybody_as_expected() {
    for route in ROUTES {
        let mut stage = Stage::new().await;
        for who in EVERYBODY {
            let told = expected(route, who);
            if route.operation.starts_with("enterprise-admin/") && told.is_none() {
                stage = Stage::new().await;
            }
            let answer = stage.call(route, who).await;
            let case = format!(
                "{} as {who:?}: {} {}",
                route.operation,
                answer.status,
                answer.text()
            );
            // Octocat's record is not monalisa's either.
            if who == Who::PasswordAndCode && names_a_record(route) && told.is_none() {
                assert_eq!(answer.status, 404, "{case}");
                continue;
            }
            match told {
                None => assert!(success(route.operation).contains(&answer.status), "{case}"),
                Some((status, message)) => {
                    assert_eq!(answer.status, status, "{case}");
                    assert_eq!(answer.json()["message"], message, "{case}");
                }
            }
            assert_eq!(
                answer.header("x-github-otp").is_some(),
                told == CODE,
                "{case}"
            );
            if told.is_none() && route.method != http::Method::GET {
                stage = Stage::new().await;
            } else {
                stage.app.check(&stage.token).await.is(200);
                let shown = format!("/authorizations/{}", stage.authorization);
                stage.octocat.get(&shown).await.is(200);
            }
        }
    }
}

#[tokio::test]
async fn sec_s10_no_token_makes_or_changes_tokens() {
    let stage = Stage::new().await;
    for token in [
        stage.token.clone(),
        stage.octocat.personal_token("all powerful").await.token(),
    ] {
        let clients = [
            stage.t.anyone().with_token(&token),
            stage.t.anyone().with_basic("octocat", &token),
            stage.t.anyone().with_basic(&token, "x-oauth-basic"),
            // A code makes no password of a token.
            stage.t.anyone().with_token(&token).with_otp("123456"),
        ];
        for client in clients {
            for route in ROUTES.iter().filter(|route| route.auth == Auth::Password) {
                let answer = client
                    .send(route.method.clone(), &stage.path(route), "{}")
                    .await;
                answer.refuses(403, TOKEN.unwrap().1);
            }
        }
    }
}

#[tokio::test]
async fn unreadable_credentials_are_bad_credentials_everywhere() {
    let stage = Stage::new().await;
    for header in [
        "Basic",
        "Basic !!!",
        "Basic b2N0b2NhdA==",
        "Digest x",
        "token",
        "Bearer ",
        "x",
        "Basic /w==",
    ] {
        for path in [
            "/authorizations",
            "/user",
            "/nowhere",
            "/",
            &stage.app.path(&stage.token),
        ] {
            let answer = stage
                .t
                .anyone()
                .with("authorization", header)
                .get(path)
                .await;
            answer.refuses(401, "Bad credentials");
        }
    }
    let answer = stage
        .t
        .anyone()
        .with_bytes("authorization", b"Basic \xff\xfe")
        .get("/user")
        .await;
    answer.refuses(401, "Bad credentials");
}
