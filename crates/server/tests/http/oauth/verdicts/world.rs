//! Nodes, people, apps and tokens, what is done with them, and what must be
//! true of them then: the validity predicate once more, in plain words.

use grantd_core::audit::Stamp;
use grantd_core::authorization::{NewAuthorization, NewToken};
use grantd_core::clock::{Clock as _, Timestamp};
use grantd_core::fingerprint::Fingerprint;
use grantd_core::note::Note;
use grantd_core::scope::Scopes;
use grantd_core::store::{MintLimits, PageRequest, TokenFilter};
use grantd_core::token::TokenKind;
use http::Method;

use super::super::{REVOKE, form};
use super::surfaces::{Case, SURFACES, ask, yes_or_no};
use crate::support::{OAuthApp, TestApp, User};

/// What flips a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// The user suspended, or not any more.
    Suspend,
    /// The app suspended, or not any more.
    SuspendApp,
    /// Time passes to the second of its end.
    Expire,
    /// The user deletes it.
    Delete,
    /// The app revokes it by its path.
    Revoke,
    /// The app revokes it by RFC 7009.
    RevokeAsOAuth,
    /// The app gives it another token.
    Reset,
    /// The user deletes the grant.
    DeleteGrant,
    /// The app deletes the grant.
    EndGrant,
}

pub(super) const ACTS: [Act; 9] = [
    Act::Suspend,
    Act::SuspendApp,
    Act::Expire,
    Act::Delete,
    Act::Revoke,
    Act::RevokeAsOAuth,
    Act::Reset,
    Act::DeleteGrant,
    Act::EndGrant,
];

/// Two nodes, people, apps, tokens, and what is known to be true of them.
pub(super) struct World {
    nodes: [TestApp; 2],
    pub(super) gate: OAuthApp,
    pub(super) users: Vec<(User, Suspended)>,
    pub(super) apps: Vec<(OAuthApp, Suspended)>,
    pub(super) tokens: Vec<Held>,
}

type Suspended = bool;

/// A token as the model knows it.
#[derive(Clone)]
pub(super) struct Held {
    token: String,
    user: usize,
    app: Option<usize>,
    expires_at: Option<Timestamp>,
    pub(super) deleted: bool,
}

impl World {
    pub(super) async fn new() -> Self {
        let t = TestApp::new().await;
        let other = t.far_beside().await;
        let gate = t.resource_server("gate").await;
        let users = vec![
            (t.user("octocat").await, false),
            (t.user("monalisa").await, false),
        ];
        let apps = vec![(t.app("one").await, false), (t.app("two").await, false)];
        Self {
            nodes: [t, other],
            gate,
            users,
            apps,
            tokens: Vec::new(),
        }
    }

    fn now(&self) -> Timestamp {
        self.nodes[0].clock.now()
    }

    fn stamp(&self) -> Stamp {
        Stamp::operator(self.now())
    }

    /// A fresh token, made on a node.
    pub(super) async fn mint(
        &mut self,
        on: usize,
        user: usize,
        app: Option<usize>,
        life: Option<i64>,
    ) -> usize {
        let authority = &self.nodes[on].authority;
        let kind = app.map_or(TokenKind::Personal, |_| TokenKind::OAuthApp);
        let token = authority.tokens.generate(kind, &*authority.entropy);
        let NewToken { hash, last_eight } = NewToken {
            hash: token.hash(),
            last_eight: token.last_eight(),
        };
        let expires_at = life.map(|life| self.now().plus(life));
        let new = NewAuthorization {
            user_id: self.users[user].0.id,
            app_id: app.map(|app| self.apps[app].0.id),
            token_hash: hash,
            token_last_eight: last_eight,
            note: Some(Note::from_stored(format!("note {}", self.tokens.len()))),
            note_url: None,
            scopes: Scopes::from_stored("repo"),
            fingerprint: Fingerprint::default(),
            expires_at,
        };
        let many = MintLimits {
            per_scope_set: 1_000,
            per_hour: None,
        };
        let made = authority
            .store
            .create_authorization(new, many, self.stamp());
        made.await.expect("a store").expect("a token");
        self.tokens.push(Held {
            token: token.expose().to_owned(),
            user,
            app,
            expires_at,
            deleted: false,
        });
        self.tokens.len() - 1
    }

    /// The predicate once more, in plain words.
    pub(super) fn is_valid(&self, held: &Held) -> bool {
        self.may_be_valid(held) && self.suspended(held) == (false, false)
    }

    /// The predicate but for suspensions, which can be taken back.
    pub(super) fn may_be_valid(&self, held: &Held) -> bool {
        let unexpired = held.expires_at.is_none_or(|end| end > self.now());
        !held.deleted && unexpired
    }

    /// Its user, its app.
    pub(super) fn suspended(&self, held: &Held) -> (Suspended, Suspended) {
        let app = held.app.is_some_and(|app| self.apps[app].1);
        (self.users[held.user].1, app)
    }

    /// Holds every surface of every node to the model.
    pub(super) async fn holds(&self, index: usize, after: &str) {
        let held = &self.tokens[index];
        let valid = self.is_valid(held);
        for (number, node) in self.nodes.iter().enumerate() {
            let case = Case {
                world: self,
                node,
                app: &self.apps[held.app.unwrap_or(0)].0,
                token: &held.token,
            };
            for surface in SURFACES {
                let expected = valid && (surface.personal || held.app.is_some());
                assert_eq!(
                    (surface.judge)(&case).await,
                    expected,
                    "{} on node {number}, after {after}",
                    surface.name
                );
            }
        }
    }

    /// Does `act` about a token, on a node; the model follows.
    pub(super) async fn act(&mut self, on: usize, act: Act, index: usize) {
        let held = self.tokens[index].clone();
        let node = self.nodes[on].clone();
        let valid = self.is_valid(&held);
        let (user, user_suspended) = &self.users[held.user];
        let user_client = user.client.at(&node);
        let store = &node.authority.store;
        match act {
            Act::Suspend => {
                let to = !user_suspended;
                let set = store.set_user_suspended(user.id, to, self.stamp());
                assert!(set.await.expect("a store"));
                self.users[held.user].1 = to;
            }
            Act::SuspendApp => {
                let Some(at) = held.app else { return };
                let to = !self.apps[at].1;
                let set = store.set_app_suspended(self.apps[at].0.id, to, self.stamp());
                assert!(set.await.expect("a store"));
                self.apps[at].1 = to;
            }
            Act::Expire => {
                if let Some(end) = held.expires_at.filter(|end| *end > self.now()) {
                    node.clock.advance(end.since(self.now()));
                }
            }
            Act::Delete => {
                let hash = node
                    .authority
                    .tokens
                    .parse(&held.token)
                    .expect("a token")
                    .hash();
                let page = PageRequest {
                    page: 1,
                    per_page: 1,
                };
                let found = store.list_tokens(TokenFilter::Hash(hash), page);
                let found = found.await.expect("a store").items;
                assert_eq!(found.is_empty(), held.deleted);
                let Some(found) = found.first() else { return };
                let path = format!("/authorizations/{}", found.authorization.id);
                let answer = ask(&user_client, Method::DELETE, &path, "").await;
                if yes_or_no(&answer, 204, &[403]) {
                    assert!(!user_suspended);
                    self.tokens[index].deleted = true;
                }
            }
            Act::Revoke | Act::RevokeAsOAuth | Act::Reset | Act::EndGrant => {
                let Some(at) = held.app else { return };
                self.act_as_app(&node, act, index, at, valid).await;
            }
            Act::DeleteGrant => {
                let Some(at) = held.app else { return };
                let grants = ask(&user_client, Method::GET, "/applications/grants", "").await;
                if !yes_or_no(&grants, 200, &[403]) {
                    return;
                }
                let client_id = &self.apps[at].0.client_id;
                let grants = grants.json();
                let mut own = grants.as_array().expect("grants").iter();
                if let Some(grant) = own.find(|one| one["app"]["client_id"] == client_id.as_str()) {
                    let path = format!("/applications/grants/{}", grant["id"]);
                    ask(&user_client, Method::DELETE, &path, "").await.is(204);
                    self.grant_is_gone(held.user, at);
                }
            }
        }
    }

    async fn act_as_app(&mut self, node: &TestApp, act: Act, index: usize, at: usize, valid: bool) {
        let held = self.tokens[index].clone();
        let (app, app_suspended) = (self.apps[at].0.clone(), self.apps[at].1);
        let client = app.at(node);
        match act {
            Act::RevokeAsOAuth => {
                let body = form(&[("token", &held.token)]);
                let answer = ask(&client, Method::POST, REVOKE, &body).await;
                assert_eq!(yes_or_no(&answer, 200, &[401]), !app_suspended);
                // Expired, or of a suspended user: it is ended for good.
                self.tokens[index].deleted |= !app_suspended;
            }
            Act::Reset => {
                let answer = ask(&client, Method::POST, &app.path(&held.token), "").await;
                if yes_or_no(&answer, 200, &[401, 404]) {
                    assert!(valid);
                    let token = answer.token();
                    self.tokens[index].deleted = true;
                    self.tokens.push(Held { token, ..held });
                }
            }
            Act::EndGrant => {
                let path = app.path(&held.token).replace("/tokens/", "/grants/");
                let answer = ask(&client, Method::DELETE, &path, "").await;
                if yes_or_no(&answer, 204, &[401, 404]) {
                    assert!(valid);
                    self.grant_is_gone(held.user, at);
                }
            }
            _ => {
                let answer = ask(&client, Method::DELETE, &app.path(&held.token), "").await;
                assert_eq!(yes_or_no(&answer, 204, &[401, 404]), valid);
                self.tokens[index].deleted |= valid;
            }
        }
    }

    fn grant_is_gone(&mut self, user: usize, app: usize) {
        for held in &mut self.tokens {
            held.deleted |= held.user == user && held.app == Some(app);
        }
    }
}
