//! What tokens may never have more than: random sequences beside a model.

use grantd_core::app::{AppEdit, AppSettings};
use grantd_core::authority::BrowserIdentity;
use grantd_core::authorizations::{AuthorizationRequest, EditRequest, Obtained};
use grantd_core::entropy::{self, SeededEntropy};
use grantd_core::flow::Tokens;
use grantd_core::login::PasswordIdentity;
use grantd_core::scope::{ScopeKeys, Scopes};
use grantd_core::store::PageRequest;
use grantd_core::token::Token;

use crate::stage::*;

const NAMES: &[&str] = &[
    "repo",
    "public_repo",
    "user",
    "user:email",
    "gist",
    "read:org",
    "admin:org",
];
const STEPS: usize = 250;
const ALL: PageRequest = PageRequest {
    page: 1,
    per_page: 100,
};

/// Chance that can be had again.
struct Dice(SeededEntropy);

impl Dice {
    fn below(&self, most: usize) -> usize {
        usize::from(entropy::bytes::<1>(&self.0)[0]) % most
    }

    fn names(&self) -> Vec<String> {
        let some = NAMES.iter().filter(|_| self.below(3) == 0);
        some.map(|name| (*name).to_owned()).collect()
    }
}

/// One user, one app, and what the model knows of them.
struct Run {
    stage: Stage,
    who: BrowserIdentity,
    password: PasswordIdentity,
    app: Registered,
    dice: Dice,
    allowed: Option<Scopes>,
    /// What the user has consented to since the grant was made.
    consented: Option<Scopes>,
    last: Option<Tokens>,
}

impl Run {
    fn client(&self) -> (String, grantd_core::secret::Secret) {
        let id = self.app.app.client_id.as_str().to_owned();
        (id, secret(self.app.secret.as_deref().unwrap()))
    }

    fn is_allowed(&self, scopes: &Scopes) -> bool {
        let catalogue = &self.stage.authority.scopes;
        let allowed = self.allowed.as_ref();
        allowed.is_none_or(|allowed| catalogue.covers_all(allowed, scopes))
    }

    /// The user says yes to this.
    fn consent(&mut self, scopes: &Scopes) {
        self.consented = Some(self.consented.take().unwrap_or_default().union(scopes));
    }

    /// Something was minted or widened to this.
    fn mint(&mut self, scopes: &Scopes) {
        assert!(self.is_allowed(scopes), "{scopes:?} of {:?}", self.allowed);
        self.consent(scopes);
    }

    async fn step(&mut self) {
        match self.dice.below(9) {
            0 => self.create().await,
            1 => self.get_or_create().await,
            2 => self.edit().await,
            3 | 4 => self.web().await,
            5 => self.device().await,
            6 => self.refresh().await,
            7 => self.reset().await,
            _ => match self.dice.below(3) {
                0 => self.delete_grant().await,
                _ => self.restrict().await,
            },
        }
        self.compare().await;
    }

    fn body(&self) -> AuthorizationRequest {
        AuthorizationRequest {
            scopes: Some(self.dice.names()),
            ..AuthorizationRequest::default()
        }
    }

    async fn create(&mut self) {
        let (id, secret) = self.client();
        let body = self.body();
        let asked = self
            .stage
            .authority
            .scopes
            .parse(body.scopes.as_ref().unwrap())
            .unwrap();
        let made = self
            .stage
            .authority
            .create_authorization(&self.password, (&id, &secret), body, &caller())
            .await;
        assert_eq!(made.is_ok(), self.is_allowed(&asked));
        if let Ok(made) = made {
            assert_eq!(made.value.scopes, asked);
            self.mint(&made.value.scopes);
        }
    }

    async fn get_or_create(&mut self) {
        let (id, secret) = self.client();
        let body = self.body();
        let got = self
            .stage
            .authority
            .get_or_create_authorization(&self.password, (&id, &secret), body, &caller())
            .await;
        if let Ok(Obtained::Created(made)) = got {
            self.mint(&made.value.scopes);
        }
    }

    async fn edit(&mut self) {
        let list = self
            .stage
            .authority
            .authorizations(&self.password, None, ALL);
        let list = list.await.unwrap().items;
        if list.is_empty() {
            return;
        }
        let before = &list[self.dice.below(list.len())];
        let scopes = match self.dice.below(2) {
            0 => ScopeKeys {
                scopes: Some(Some(self.dice.names())),
                ..ScopeKeys::default()
            },
            _ => ScopeKeys {
                add: Some(self.dice.names()),
                remove: Some(self.dice.names()),
                ..ScopeKeys::default()
            },
        };
        let request = EditRequest {
            scopes,
            ..EditRequest::default()
        };
        let edited = self
            .stage
            .authority
            .edit_authorization(&self.password, before.id, request, &caller())
            .await;
        if let Ok(after) = edited {
            let added = after.scopes.clone().without(&before.scopes);
            assert!(self.is_allowed(&added), "{added:?}");
            self.consent(&after.scopes);
        }
    }

    async fn web(&mut self) {
        let request = self.app.request(&self.dice.names().join(","));
        let code = self.stage.approve(&request, &self.who).await;
        let consented = self.find_consented().await.expect("a grant");
        let before = self.consented.clone().unwrap_or_default();
        assert!(self.is_allowed(&consented.clone().without(&before)));
        self.consent(&consented);
        // The owner may restrict the app before it comes with its code.
        if self.dice.below(4) == 0 {
            self.restrict().await;
        }
        let exchanged = self.stage.exchange(self.app.exchange(&code)).await;
        let tokens = exchanged.expect("a token");
        self.mint(&tokens.access.value.scopes);
        self.last = Some(tokens);
    }

    async fn device(&mut self) {
        let device = self
            .stage
            .start(&self.app, &self.dice.names().join(" "))
            .await;
        if self.dice.below(4) == 0 {
            self.restrict().await;
        }
        let code = device.user_code.expose();
        let decided = self
            .stage
            .authority
            .decide_device(code, true, &self.who, &caller())
            .await;
        if decided.is_err() {
            // Fifty in an hour.
            self.stage.clock.advance(3_600);
            return;
        }
        let consented = self.find_consented().await.expect("a grant");
        let before = self.consented.clone().unwrap_or_default();
        assert!(self.is_allowed(&consented.clone().without(&before)));
        self.consent(&consented);
        let polled = self.stage.poll(&self.app, &device).await;
        let tokens = polled.expect("a token");
        self.mint(&tokens.access.value.scopes);
    }

    async fn refresh(&mut self) {
        let Some(last) = self.last.take() else { return };
        let refresh = &last.refresh.as_ref().expect("a refresh token").token;
        if let Ok(tokens) = self.stage.refresh(&self.app, refresh).await {
            self.mint(&tokens.access.value.scopes);
            self.last = Some(tokens);
        }
    }

    async fn reset(&mut self) {
        let Some(last) = self.last.take() else { return };
        let (id, secret) = self.client();
        let token: Token = last.access.token.clone();
        let proved = self
            .stage
            .authority
            .app(&id, &secret, None, &caller())
            .await;
        let (app, _) = proved.unwrap().expect("the app");
        if let Ok(reset) = self
            .stage
            .authority
            .reset_token(&app, &token, &caller())
            .await
        {
            // A reset gives what there was, to the letter.
            let catalogue = &self.stage.authority.scopes;
            let held = self.consented.clone().unwrap_or_default();
            assert!(catalogue.covers_all(&held, &reset.value.authorization.scopes));
        }
    }

    async fn restrict(&mut self) {
        let allowed = (self.dice.below(3) > 0).then(|| {
            let names = self.dice.names();
            self.stage.authority.scopes.parse(&names).unwrap()
        });
        let edit = AppEdit {
            allowed_scopes: Some(allowed.clone()),
            ..AppEdit::default()
        };
        let id = self.app.app.client_id.as_str();
        let edited = self
            .stage
            .authority
            .edit_own_app(&self.who, id, edit, &caller())
            .await;
        assert!(edited.is_ok());
        self.allowed = allowed;
    }

    async fn delete_grant(&mut self) {
        let grants = self.stage.authority.grants(&self.password, None, ALL).await;
        for grant in grants.unwrap().items {
            let deleted = self
                .stage
                .authority
                .delete_grant(&self.password, grant.id, &caller())
                .await;
            assert!(deleted.is_ok());
        }
        self.consented = None;
    }

    async fn find_consented(&self) -> Option<Scopes> {
        let user = Some(self.who.user.id);
        let found = self
            .stage
            .authority
            .store
            .find_consent(&self.app.app.client_id, user);
        Some(found.await.unwrap()?.grant?.1)
    }

    /// The store and the model agree, and no token has more than was consented to.
    async fn compare(&self) {
        let consented = self.find_consented().await;
        let sorted = |scopes: &Option<Scopes>| scopes.as_ref().map(Scopes::sorted);
        assert_eq!(sorted(&consented), sorted(&self.consented));
        let list = self
            .stage
            .authority
            .authorizations(&self.password, None, ALL);
        for token in list.await.unwrap().items {
            let held = consented.as_ref().expect("a token has a grant");
            let catalogue = &self.stage.authority.scopes;
            assert!(
                catalogue.covers_all(held, &token.scopes),
                "{:?}",
                token.scopes
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s22_no_token_has_more_than_the_app_may_and_the_user_consented_to() {
    on_both_engines(async |stage: Stage| {
        for seed in [1, 2] {
            let login = format!("octocat-{seed}");
            let who = stage.user(&login).await;
            let settings = AppSettings {
                expiring_tokens: true,
                ..AppSettings::default()
            };
            let app = stage.app_with(&who, false, settings).await;
            let mut run = Run {
                password: stage.password(&login).await,
                stage: stage.clone(),
                who,
                app,
                dice: Dice(SeededEntropy::new(seed)),
                allowed: None,
                consented: None,
                last: None,
            };
            for _ in 0..STEPS {
                run.step().await;
            }
        }
    })
    .await;
}
