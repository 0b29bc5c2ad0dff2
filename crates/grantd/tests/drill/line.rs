//! What can be asked of a node, and what its answers mean. Every request that
//! is sent goes into the record.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::Method;

use super::client::{Client, request};
use super::history::{Event, Grant, Node, Outcome, Token, What};
use super::world::{Known, World, as_app, as_user, client_id};

/// One client's connection to one node.
pub(crate) struct Line {
    pub(crate) node: Node,
    pub(crate) world: Arc<World>,
    client: Client,
}

/// What a status means for this operation; anything below 500 that is not here is a surprise.
type Meanings<'m> = &'m [(u16, Outcome)];

const WRITE: Meanings<'_> = &[(204, Outcome::Done), (404, Outcome::Refused)];

impl Line {
    pub(crate) fn new(world: &Arc<World>, node: Node, patience: Duration) -> Self {
        Self {
            node,
            world: Arc::clone(world),
            client: Client::to(world.nodes[node.0], patience),
        }
    }

    /// One to every node.
    pub(crate) fn to_all(world: &Arc<World>, patience: Duration) -> Vec<Self> {
        let nodes = world.all_nodes();
        nodes.map(|node| Self::new(world, node, patience)).collect()
    }

    pub(crate) async fn create(&mut self, grant: Grant) -> Option<Token> {
        let asked = self.world.new_authorization(grant.app).to_string();
        let request = request(Method::POST, "/authorizations", &as_user(grant.user), asked);
        let meanings = [
            (201, Outcome::Done),
            // Suspended, or suspended meanwhile.
            (401, Outcome::Refused),
            (403, Outcome::Refused),
        ];
        let mut made = None;
        self.ask(request, &meanings, |world, outcome, body| {
            made = world.made(grant, outcome, body);
            What::Create { grant, made }
        })
        .await;
        made
    }

    pub(crate) async fn reset(&mut self, old: Token) -> (Outcome, Option<Token>) {
        let Known { secret, grant, .. } = self.world.known(old);
        let path = of_app("tokens", grant.app, &secret);
        let request = request(Method::POST, &path, &as_app(grant.app), String::new());
        let meanings = [(200, Outcome::Done), (404, Outcome::Refused)];
        let mut made = None;
        let outcome = self.ask(request, &meanings, |world, outcome, body| {
            made = world.made(grant, outcome, body);
            What::Reset { old, made }
        });
        (outcome.await, made)
    }

    pub(crate) async fn check(&mut self, token: Token) -> Outcome {
        let Known { secret, grant, .. } = self.world.known(token);
        let path = of_app("tokens", grant.app, &secret);
        let request = request(Method::GET, &path, &as_app(grant.app), String::new());
        let meanings = [(200, Outcome::Valid), (404, Outcome::Invalid)];
        self.ask(request, &meanings, |_, _, _| What::Check { token })
            .await
    }

    /// The same, by using it.
    pub(crate) async fn use_it(&mut self, token: Token) -> Outcome {
        let authorization = format!("token {}", self.world.known(token).secret);
        let request = request(Method::GET, "/user", &authorization, String::new());
        let meanings = [
            (200, Outcome::Valid),
            (401, Outcome::Invalid),
            // Its user is suspended.
            (403, Outcome::Invalid),
        ];
        self.ask(request, &meanings, |_, _, _| What::Check { token })
            .await
    }

    pub(crate) async fn revoke(&mut self, token: Token) -> Outcome {
        let Known { secret, grant, .. } = self.world.known(token);
        let path = of_app("tokens", grant.app, &secret);
        let request = request(Method::DELETE, &path, &as_app(grant.app), String::new());
        self.ask(request, WRITE, |_, _, _| What::Revoke { token })
            .await
    }

    /// The whole grant that the token belongs to.
    pub(crate) async fn delete_grant(&mut self, token: Token) -> Outcome {
        let Known { secret, grant, .. } = self.world.known(token);
        let path = of_app("grants", grant.app, &secret);
        let request = request(Method::DELETE, &path, &as_app(grant.app), String::new());
        self.ask(request, WRITE, |_, _, _| What::DeleteGrant { grant })
            .await
    }

    async fn ask(
        &mut self,
        request: hyper::Request<http_body_util::Full<Bytes>>,
        meanings: Meanings<'_>,
        what: impl FnOnce(&World, Outcome, &Bytes) -> What,
    ) -> Outcome {
        let method = request.method().clone();
        let Some(sent) = self.client.send(&self.world.record, request).await else {
            return Outcome::Unknown;
        };
        let (outcome, body) = match sent.answer {
            None => (Outcome::Unknown, Bytes::new()),
            Some(answer) => {
                let meaning = meanings.iter().find(|(status, _)| *status == answer.status);
                if meaning.is_none() && answer.status < 500 {
                    let body = String::from_utf8_lossy(&answer.body).into_owned();
                    let what = format!("{method}: {} {body}", answer.status);
                    self.world.record.surprise(what);
                }
                let outcome = meaning.map_or(Outcome::Unknown, |(_, outcome)| *outcome);
                (outcome, answer.body)
            }
        };
        let what = what(&self.world, outcome, &body);
        self.world.record.add(Event {
            node: self.node,
            what,
            invoked: sent.invoked,
            completed: sent.completed,
            outcome,
        });
        outcome
    }
}

impl World {
    fn made(&self, grant: Grant, outcome: Outcome, body: &Bytes) -> Option<Token> {
        let made: serde_json::Value = (outcome == Outcome::Done)
            .then(|| serde_json::from_slice(body).expect("an authorization in JSON"))?;
        let text = |name: &str| made[name].as_str().expect("a text").to_owned();
        Some(self.learn(Known {
            secret: text("token"),
            hash: text("hashed_token"),
            grant,
        }))
    }
}

fn of_app(what: &str, app: usize, secret: &str) -> String {
    format!("/applications/{}/{what}/{secret}", client_id(app))
}
