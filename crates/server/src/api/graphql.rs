//! `POST /api/graphql`: who the token's owner is, asked in GraphQL, and nothing
//! else. GitHub's command line asks so when somebody signs in. Any other query
//! gets a GraphQL error. The values are those of `GET /user`.

use std::sync::LazyLock;

use async_graphql::{
    EmptyMutation, EmptySubscription, ID, Object, Request, Response, Schema, ServerError,
};
use grantd_core::error::{Error, Malformed};
use serde_json::Value;

use crate::auth::Identity;
use crate::body;
use crate::context::Context;
use crate::error::Result;
use crate::reply::{Cache, Reply};

/// Brackets in one another; deeper queries are not parsed, because the parser recurses.
const DEEPEST: usize = 32;
/// In bytes; longer queries are about other things.
const LONGEST_QUERY: usize = 4 * 1024;
/// Fragments; with more of them, each of which names two more, validation takes for ever.
const MOST_SPREADS: usize = 12;

type Graph = Schema<Query, EmptyMutation, EmptySubscription>;

static GRAPH: LazyLock<Graph> = LazyLock::new(|| {
    Schema::build(Query, EmptyMutation, EmptySubscription)
        .limit_depth(16)
        .limit_complexity(500)
        .limit_recursive_depth(DEEPEST)
        .limit_directives(8)
        .finish()
});

struct Query;

#[Object]
impl Query {
    /// The user whose token asks.
    async fn viewer<'a>(
        &self,
        context: &'a async_graphql::Context<'_>,
    ) -> async_graphql::Result<&'a User> {
        context.data::<User>()
    }
}

/// A profile, as `GET /user` shows it.
struct User(Value);

impl User {
    fn text(&self, key: &str) -> Option<&str> {
        self.0[key].as_str()
    }
}

/// A user is an individual's account.
#[Object]
impl User {
    /// The username used to log in.
    async fn login(&self) -> &str {
        self.text("login").unwrap_or_default()
    }

    /// The node id of the user.
    async fn id(&self) -> ID {
        ID(self.text("node_id").unwrap_or_default().to_owned())
    }

    /// The number by which the REST API knows the user.
    async fn database_id(&self) -> Option<i64> {
        self.0["id"].as_i64()
    }

    /// The user's name.
    async fn name(&self) -> Option<&str> {
        self.text("name")
    }

    /// The user's e-mail address; empty if none is known.
    async fn email(&self) -> &str {
        self.text("email").unwrap_or_default()
    }

    /// The address of the user's page.
    async fn url(&self) -> &str {
        self.text("html_url").unwrap_or_default()
    }

    /// The address of the user's picture.
    async fn avatar_url(&self) -> &str {
        self.text("avatar_url").unwrap_or_default()
    }

    /// When the account was made.
    async fn created_at(&self) -> &str {
        self.text("created_at").unwrap_or_default()
    }
}

/// Answers 200 to whatever can be read as a request, as GraphQL has it.
pub(crate) async fn query(mut context: Context) -> Result<Reply> {
    let object = body::object(&context.take_body()?)?;
    let response = match object.get("query").and_then(Value::as_str) {
        None => refused("A query attribute must be specified and must be a string."),
        Some(query) if query.len() > LONGEST_QUERY => refused("The query is too long."),
        Some(query) if nesting(query) > DEEPEST => refused("The query is nested too deeply."),
        Some(query) if query.matches("...").count() > MOST_SPREADS => {
            refused("The query has too many fragments.")
        }
        Some(_) => {
            let Identity::Token(token) = context.identity() else {
                return Err(Error::AuthenticationRequired.into());
            };
            let viewer = User(context.wire().private_user(&token.token().user));
            let request: Request = serde_json::from_value(Value::Object(object))
                .map_err(|_| Error::Malformed(Malformed::Json))?;
            GRAPH.execute(request.data(viewer)).await
        }
    };
    Ok(Reply::ok(&response, Cache::NoStore))
}

fn refused(message: &str) -> Response {
    Response::from_errors(vec![ServerError::new(message, None)])
}

/// How deep brackets stand in one another; those in strings count, too.
fn nesting(query: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    for byte in query.bytes() {
        match byte {
            b'{' | b'[' | b'(' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
