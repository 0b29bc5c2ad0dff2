//! What a handler is given: the request, taken apart, and its proved caller.
//! Owns the reading of parameters and bodies; must not know any operation.

use std::sync::Arc;

use bytes::Bytes;
use grantd_core::authority::{AppIdentity, Authority, Caller};
use grantd_core::error::{Error, Forbidden};
use grantd_core::login::PasswordIdentity;
use grantd_core::site_admin::SiteAdmin;
use grantd_core::store::OwnedAuthorization;
use grantd_core::token::Token;
use http::{HeaderMap, Method, header};
use percent_encoding::percent_decode_str;
use serde::Serialize;

use crate::app::App;
use crate::auth::Identity;
use crate::body::{self, Schema};
use crate::error::{Failure, Result};
use crate::page::Query;
use crate::reply::{Cache, Reply};
use crate::settings::Profile;
use crate::wire::Wire;

/// A request on its way to its handler.
pub struct Context {
    pub(crate) app: Arc<App>,
    pub(crate) caller: Caller,
    pub(crate) identity: Identity,
    pub(crate) method: Method,
    pub(crate) headers: Arc<HeaderMap>,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) app_token: Option<Token>,
    pub(crate) body: Result<Bytes>,
    pub(crate) wants_html: bool,
}

impl Context {
    /// The rules.
    pub fn authority(&self) -> &Authority {
        &self.app.authority
    }

    /// The wire's shapes.
    pub fn wire(&self) -> &Wire {
        &self.app.wire
    }

    /// The server as a whole.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The server as a whole, for what outlives the request's handler.
    pub(crate) fn shared_app(&self) -> Arc<App> {
        Arc::clone(&self.app)
    }

    /// Address and request id.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Whoever calls.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// How it was asked: on rows that answer HEAD as GET, either.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The request's headers, as sent.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Whether a browser asks for a page.
    pub fn wants_html(&self) -> bool {
        self.wants_html
    }

    /// The query string.
    pub fn query(&self) -> Query<'_> {
        Query::new(&self.query)
    }

    /// One page of the list at `path`, with the way to the others: `total` are in all of them.
    pub(crate) fn listed<T: Serialize>(
        &self,
        path: &str,
        items: &[T],
        total: u64,
        cache: Cache,
    ) -> Reply {
        self.paged(path, Reply::ok(&items, cache), total)
    }

    /// The same of a reply that holds the page.
    pub(crate) fn paged(&self, path: &str, reply: Reply, total: u64) -> Reply {
        match self
            .query()
            .link(&format!("{}{path}", self.wire().api), total)
        {
            Some(link) => reply.with(header::LINK, &link),
            None => reply,
        }
    }

    /// The query as it was sent.
    pub(crate) fn raw_query(&self) -> &str {
        &self.query
    }

    /// The path as it was sent. Only rows of the site have one: elsewhere it may hold a token.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The user who signed in by password. Rows with [`crate::auth::Auth::Password`] have one.
    ///
    /// # Errors
    /// What [`crate::auth::Auth::admit`] says to the others.
    pub fn user(&self) -> Result<&PasswordIdentity> {
        match &self.identity {
            Identity::Password(user) => Ok(user),
            Identity::Token(_) => Err(Error::Forbidden(Forbidden::PasswordOnly).into()),
            Identity::Anonymous => Err(Error::AuthenticationRequired.into()),
            Identity::App(..) => Err(Error::BadCredentials.into()),
        }
    }

    /// The site admin who calls. Rows with [`crate::auth::Auth::SiteAdmin`] have one.
    ///
    /// # Errors
    /// What [`crate::auth::Auth::admit`] says to the others.
    pub fn site_admin(&self) -> Result<SiteAdmin> {
        Ok(self.identity.site_admin()?)
    }

    /// The app that proved its secret. Rows with [`crate::auth::Auth::App`] have one.
    ///
    /// # Errors
    /// `NotFound` for anybody else.
    pub fn app_identity(&self) -> Result<&AppIdentity> {
        match &self.identity {
            Identity::App(app, _) => Ok(app),
            _ => Err(Error::NotFound.into()),
        }
    }

    /// The token that an app asks about.
    ///
    /// # Errors
    /// `NotFound` when it has no token's shape.
    pub fn app_token(&self) -> Result<&Token> {
        self.app_token.as_ref().ok_or(Error::NotFound.into())
    }

    /// Holds a body in which an app asks about a token to the schema. The token itself was read before, and
    /// where there is one, the body was an object that has it.
    ///
    /// # Errors
    /// `Schema`, and those of [`Context::schema`].
    pub fn require_body_token(&mut self) -> Result<()> {
        if self.app_token.is_some() {
            return Ok(());
        }
        let mut schema = self.schema()?;
        schema.require(&["access_token"]);
        schema.text("access_token");
        Ok(schema.finish()?)
    }

    /// The token that an app asks about, with the record that came along with the app's authentication.
    pub fn take_check(&mut self) -> (Option<Token>, Option<Arc<OwnedAuthorization>>) {
        let found = match &mut self.identity {
            Identity::App(_, found) => found.take(),
            _ => None,
        };
        (self.app_token.take(), found)
    }

    /// A part of the path, decoded.
    ///
    /// # Errors
    /// `NotFound` when it is no UTF-8: nothing here is named so.
    pub fn param(&self, name: &str) -> Result<String> {
        let raw = self
            .params
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str());
        let decoded = raw.and_then(|raw| percent_decode_str(raw).decode_utf8().ok());
        decoded
            .map(|text| text.into_owned())
            .ok_or(Error::NotFound.into())
    }

    /// A number in the path.
    ///
    /// # Errors
    /// `NotFound` when it is none.
    pub fn id<T>(&self, name: &str, parse: fn(&str) -> Option<T>) -> Result<T> {
        parse(&self.param(name)?).ok_or(Error::NotFound.into())
    }

    /// The body as it was sent, at most [`body::LONGEST_BODY`]; empty from the second call on.
    ///
    /// # Errors
    /// `BodyTooLarge`, `BodyTooSlow`, `Malformed` when the connection broke.
    pub fn take_body(&mut self) -> Result<Bytes> {
        std::mem::replace(&mut self.body, Ok(Bytes::new()))
    }

    /// The body as an object, ready to be held to a schema.
    ///
    /// # Errors
    /// `Malformed`, `BodyTooLarge`, `BodyTooSlow`.
    pub fn schema(&mut self) -> Result<Schema, Failure> {
        let bytes = self.take_body()?;
        Ok(Schema::new(
            body::object(&bytes)?,
            self.app.settings.profile == Profile::P2,
        ))
    }
}
