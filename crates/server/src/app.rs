//! The server as a whole: every request goes through [`App::respond`], whose
//! steps are the order in which GitHub judges a request. Owns that order; each
//! step's rule lives in its own module.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use grantd_core::authority::{Authority, Caller};
use grantd_core::error::{Error, Malformed, Throttle};
use grantd_core::hourly::Bucket;
use grantd_core::login::Address;
use http::{Method, Request, Response, StatusCode, header};
use http_body::Body;
use http_body_util::Full;

use crate::about::{RequestIds, describe};
use crate::access::{Access, AccessLog};
use crate::arrival::Arrival;
use crate::auth::{self, Identity, Presented};
use crate::body;
use crate::context::Context;
use crate::credentials;
use crate::docs::Page;
use crate::error::{self, Failure, Result};
use crate::finish::{About, Finisher, user_agent_required};
use crate::lifecycle;
use crate::metrics::Metrics;
use crate::oauth;
use crate::outage::Outage;
use crate::rate::Rates;
use crate::reply::{JSON, Reply};
use crate::request::{Asked, Door};
use crate::routes::{Matched, Part, Route, Router};
use crate::settings::Settings;
use crate::trace::Tracer;
use crate::usage::PathTokenUsage;
use crate::web::ceremonies::Ceremonies;
use crate::web::refusal;
use crate::wire::Wire;

/// What every request shares.
pub struct App {
    pub(crate) authority: Arc<Authority>,
    pub(crate) settings: Settings,
    pub(crate) wire: Wire,
    pub(crate) rates: Rates,
    pub(crate) path_tokens: PathTokenUsage,
    request_ids: RequestIds,
    pub(crate) outage: Outage,
    pub(crate) ceremonies: Option<Ceremonies>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) tracer: Option<Arc<dyn Tracer>>,
    pub(crate) access_log: Option<Arc<dyn AccessLog>>,
    router: Router,
    finisher: Finisher,
    pub(crate) warned_of_stranger: AtomicBool,
}

/// The boxed error of any request body.
type BodyError = Box<dyn std::error::Error + Send + Sync>;

impl App {
    /// Joins the rules with the surface's settings.
    pub fn new(authority: Arc<Authority>, settings: Settings) -> Self {
        let path_tokens = PathTokenUsage::default();
        Self {
            wire: Wire::new(&settings),
            rates: Rates::new(&settings, Arc::clone(&authority.hourly)),
            outage: Outage::default(),
            ceremonies: Ceremonies::new(&settings),
            router: Router::new(),
            request_ids: RequestIds::new(&*authority.entropy, settings.profile),
            finisher: Finisher::new(&settings),
            warned_of_stranger: AtomicBool::new(false),
            metrics: Arc::new(Metrics::new(&authority, path_tokens.series())),
            path_tokens,
            tracer: None,
            access_log: None,
            authority,
            settings,
        }
    }

    /// Answers one request from `peer`. Never fails and never panics: whatever happens becomes an answer.
    pub async fn respond<B>(
        self: &Arc<Self>,
        request: Request<B>,
        peer: IpAddr,
    ) -> Response<Full<Bytes>>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: Into<BodyError>,
    {
        let (parts, body) = request.into_parts();
        let asked = Asked::new(parts, &self.router, &self.authority.tokens);
        let caller = Caller {
            address: asked.client_address(peer, &self.settings.trusted_proxies),
            request_id: self.request_ids.next(),
        };
        self.warn_of_stranger(&asked, peer);
        let mut about = About {
            request_id: caller.request_id.clone(),
            ..About::default()
        };
        let access = Access::begin(self, &asked, &caller, peer);
        // In one place: it is long, and would be copied at each step from here on.
        let answering = Box::pin(self.answer_as_asked(asked, body, caller, &mut about));
        let response = access.during(answering).await;
        access.end(self, response.status(), &about);
        response
    }

    async fn answer_as_asked<B>(
        self: &Arc<Self>,
        asked: Asked,
        body: B,
        caller: Caller,
        about: &mut About,
    ) -> Response<Full<Bytes>>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: Into<BodyError>,
    {
        // What answers any method answers this one, too: a proxy may ask by it.
        if asked.method == Method::OPTIONS && asked.matched.is_none() {
            body::drain(body).await;
            match asked.door.allowed() {
                Some(allowed) => self.finisher.options(&asked, allowed, about),
                None => self.finisher.preflight(about),
            }
        } else if self.lacks_user_agent(&asked) {
            body::drain(body).await;
            user_agent_required()
        } else {
            self.answer(asked, body, caller, about).await
        }
    }

    async fn answer<B>(
        self: &Arc<Self>,
        mut asked: Asked,
        body: B,
        caller: Caller,
        about: &mut About,
    ) -> Response<Full<Bytes>>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: Into<BodyError>,
    {
        let matched = asked.matched.take();
        let route = matched.as_ref().map(|matched| matched.route);
        let params = matched.map(|matched| matched.params).unwrap_or_default();
        let (mut body, patience) = (Arrival::Waiting(body), self.settings.slow_client);
        if route.is_some_and(|route| asked.asks_by_body(route)) {
            asked.app_token = body.app_token(patience, &self.authority.tokens).await;
        }
        let bucket = Bucket::Anonymous(Address::from(caller.address));
        let (outcome, bucket) = match self.admit(&asked, route, &params, &caller, about).await {
            Ok((identity, route)) => {
                let bucket = self.bucket(&identity, &caller);
                let known = !matches!(identity, Identity::Anonymous);
                let body = match route.part {
                    // A proxy may tell of a body that it does not send along.
                    Part::Verdict => Ok(Bytes::new()),
                    _ => body.read(patience).await,
                };
                let outcome = match body {
                    // A body over the limits refuses every operation that could take one.
                    Err(failure) if !asked.method.is_safe() => Err(failure),
                    body => {
                        self.call(route, &mut asked, identity, params, body, caller)
                            .await
                    }
                };
                // Whoever is known was looked up.
                if known && outcome.is_ok() {
                    self.outage.tell_served(self.authority.clock.now());
                }
                (outcome, bucket)
            }
            Err(failure) => {
                if asked.header(header::EXPECT).is_empty() {
                    body.drain().await;
                }
                (Err(failure), bucket)
            }
        };
        let page = route.map_or(Page::Rest, |route| route.docs);
        let mut reply = outcome
            .unwrap_or_else(|failure| self.render(&failure, page, &asked, &about.request_id));
        if asked.door != Door::Api {
            return self.finisher.finish_site(&asked, reply, about);
        }
        // Refusals announce it too: whoever is told "gone" shall read why.
        if route.is_some_and(|route| matches!(route.part, Part::Authorizations | Part::PathTokens))
        {
            reply = lifecycle::announce(reply, &self.settings);
        }
        let response = self
            .finisher
            .finish(&asked, reply, about, self.authority.clock.now());
        if response.status() == StatusCode::NOT_MODIFIED {
            self.rates.give_back(bucket);
        }
        response
    }

    /// The order of judgement: size → outside the API all else is the handler's → token in the query → credentials → rate → route → switch → right caller.
    async fn admit(
        &self,
        asked: &Asked,
        route: Option<&'static Route>,
        params: &[(String, String)],
        caller: &Caller,
        about: &mut About,
    ) -> Result<(Identity, &'static Route)> {
        if asked.too_large {
            return Err(Failure::HeadersTooLarge);
        }
        if asked.door != Door::Api || route.is_some_and(|route| route.part == Part::Root) {
            let route = route.ok_or_else(|| match asked.door.allowed() {
                Some(allowed) => Failure::Method(allowed.to_owned()),
                None => Error::NotFound.into(),
            })?;
            "-".clone_into(&mut about.tag);
            return Ok((Identity::Anonymous, route));
        }
        self.refuse_token_in_query(asked, caller).await?;
        let identity = match self.identify(asked, caller).await {
            Ok(identity) => identity,
            Err(error) => {
                let bucket = Bucket::Anonymous(Address::from(caller.address));
                "-".clone_into(&mut about.tag);
                self.count(bucket, caller, about)?;
                return Err(error.into());
            }
        };
        describe(&identity, about);
        let asks_rate = route.is_some_and(|route| route.operation == "rate-limit/get");
        let bucket = self.bucket(&identity, caller);
        if asks_rate {
            about.rate = self.rates.look(bucket, self.authority.clock.now());
        } else {
            self.count(bucket, caller, about)?;
        }
        let route = route.ok_or(Error::NotFound)?;
        self.refuse_if_off(route)?;
        let client_id = params
            .iter()
            .find(|(name, _)| name == "client_id")
            .map(|(_, value)| value.as_str());
        about.accepted = route.auth.scope();
        route.auth.admit(&identity, client_id)?;
        self.note_path_token(route, &identity);
        Ok((identity, route))
    }

    async fn identify(&self, asked: &Asked, caller: &Caller) -> Result<Identity, Error> {
        let header = asked
            .headers
            .get(header::AUTHORIZATION)
            .map(|value| value.as_bytes());
        let presented = Presented {
            credentials: credentials::read(header),
            code: asked.code(),
            app_token: asked.app_token.as_ref(),
            app_path: asked.app_path,
        };
        auth::identify(&self.authority, presented, caller).await
    }

    async fn refuse_token_in_query(&self, asked: &Asked, caller: &Caller) -> Result<()> {
        let Some(text) = asked.token_in_query() else {
            return Ok(());
        };
        if let Some(token) = self.authority.tokens.parse(text.expose()) {
            Box::pin(self.authority.token_leaked_in_query(&token, caller)).await?;
        }
        Err(Error::Malformed(Malformed::TokenInQuery).into())
    }

    /// Counts a request, and refuses it when the hour's are spent; the answer tells the rate either way.
    fn count(&self, bucket: Bucket, caller: &Caller, about: &mut About) -> Result<()> {
        let now = self.authority.clock.now();
        about.rate = self.rates.count(bucket, now);
        let Some(rate) = about.rate.filter(|rate| rate.exceeded) else {
            return Ok(());
        };
        let address = matches!(bucket, Bucket::Anonymous(_)).then(|| caller.address.to_string());
        let retry_after = u32::try_from(rate.reset.since(now).max(1)).unwrap_or(u32::MAX);
        Err(Error::Throttled {
            kind: Throttle::Requests {
                reset: rate.reset,
                address,
            },
            retry_after,
        }
        .into())
    }

    fn refuse_if_off(&self, route: &Route) -> Result<()> {
        let off = match route.part {
            Part::Authorizations => lifecycle::is_off(&self.settings, self.authority.clock.now()),
            Part::PathTokens => !self.settings.path_tokens,
            _ => false,
        };
        match route.operation {
            _ if !off => Ok(()),
            // The documentation lists 410 for this operation alone.
            "oauth-authorizations/create-authorization" => Err(Error::Gone.into()),
            _ => Err(Error::NotFound.into()),
        }
    }

    async fn call(
        self: &Arc<Self>,
        route: &'static Route,
        asked: &mut Asked,
        identity: Identity,
        params: Vec<(String, String)>,
        body: Result<Bytes>,
        caller: Caller,
    ) -> Result<Reply> {
        let context = Context {
            app: Arc::clone(self),
            caller,
            identity,
            method: asked.method.clone(),
            headers: Arc::clone(&asked.headers),
            params,
            path: std::mem::take(&mut asked.site_path),
            query: asked.query.clone(),
            app_token: asked.app_token.take(),
            body,
            wants_html: asked.wants_html(),
        };
        let outcome = AssertUnwindSafe(async move { (route.handler)(context).await })
            .catch_unwind()
            .await;
        outcome.unwrap_or(Err(Failure::Panic))
    }

    fn render(&self, failure: &Failure, page: Page, asked: &Asked, request_id: &str) -> Reply {
        self.metrics.refused(failure);
        match failure {
            Failure::Rule(Error::Unavailable(source)) => {
                self.outage.tell_refused(source, self.authority.clock.now())
            }
            Failure::Panic => tracing::error!("a handler panicked"),
            _ => {}
        }
        match asked.door {
            Door::Site { .. } => refusal::page(failure, &asked.headers, &self.settings, request_id),
            Door::Machine { .. } => {
                let accept = asked.header(header::ACCEPT);
                oauth::refusal::failure(failure, accept, self.settings.profile)
            }
            Door::Resource { .. } => oauth::refusal::failure(failure, JSON, self.settings.profile),
            Door::Api => error::render(failure, page, self.settings.profile),
        }
    }

    /// How long a connection may be idle or a client take over its headers.
    pub(crate) fn header_patience(&self) -> Duration {
        self.settings.slow_client * 4
    }

    /// The page that refusals of unreadable requests point to.
    pub(crate) fn documentation_url(&self) -> String {
        Page::Rest.url(self.settings.profile)
    }

    /// The table of paths.
    pub(crate) fn router(&self) -> &Router {
        &self.router
    }

    /// Whose window a request counts in.
    pub(crate) fn bucket(&self, identity: &Identity, caller: &Caller) -> Bucket {
        match identity {
            Identity::Anonymous => Bucket::Anonymous(Address::from(caller.address)),
            Identity::Password(user) => Bucket::User(user.user().id),
            Identity::Token(token) => Bucket::User(token.token().user.id),
            Identity::App(app, _) => Bucket::App(app.app().id),
        }
    }

    fn lacks_user_agent(&self, asked: &Asked) -> bool {
        let is_root = |matched: &Matched| matched.route.part == Part::Root;
        let outside_api = asked.door != Door::Api || asked.matched.as_ref().is_some_and(is_root);
        self.settings.require_user_agent
            && !outside_api
            && asked.header(header::USER_AGENT).trim().is_empty()
    }
}
