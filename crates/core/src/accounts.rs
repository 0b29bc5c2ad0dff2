//! Accounts and apps as an operator makes them. Owns how a new user, a new
//! app and a fresh second factor come to be; must not know whether the
//! operator types, clicks or calls.

use crate::app::{App, AppSettings, ClientId, NewApp};
use crate::audit::Stamp;
use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::ids::UserId;
use crate::login::otp::{self, Enrolment, UnusableIssuer};
use crate::login::password::{self, PasswordCost, UnusablePassword};
use crate::secret::{InstanceKey, Secret};
use crate::store::{SharedStore, StoreError, Taken};
use crate::user::{Email, Login, NewUser, User};

/// Why an operator's wish was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The value belongs to another record.
    #[error("this {} is taken", match .0 { Taken::Login => "login", Taken::Email => "e-mail address", _ => "client id" })]
    Taken(Taken),
    /// The password cannot be set.
    #[error(transparent)]
    Password(#[from] UnusablePassword),
    /// The site's name cannot stand in an enrolment.
    #[error(transparent)]
    Issuer(#[from] UnusableIssuer),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What operating needs: the store, and the three things that are passed in.
pub struct Operator<'a> {
    /// Where it goes.
    pub store: &'a SharedStore,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Chance.
    pub entropy: &'a dyn Entropy,
    /// What a password hash costs.
    pub cost: PasswordCost,
}

/// A new user as the operator describes it.
pub struct NewAccount {
    /// The name.
    pub login: Login,
    /// The password.
    pub password: Secret,
    /// The address; the operator vouches for it.
    pub email: Option<Email>,
    /// May administer the site.
    pub site_admin: bool,
}

/// A new app as the operator describes it.
pub struct NewRegistration {
    /// The name people see.
    pub name: String,
    /// Whose it is.
    pub owner_id: UserId,
    /// The homepage.
    pub url: String,
    /// Where codes may be sent.
    pub callback_urls: Vec<String>,
    /// The client id, if not a generated one.
    pub client_id: Option<ClientId>,
    /// The secret, if not a generated one.
    pub client_secret: Option<Secret>,
    /// Without a secret.
    pub public: bool,
    /// What it is for.
    pub description: Option<String>,
    /// How its flows work.
    pub settings: AppSettings,
}

impl Operator<'_> {
    /// Creates a user; with `totp` (issuer and instance key) a second factor too.
    ///
    /// # Errors
    /// The password is unusable, or the login or address taken.
    pub async fn create_user(
        &self,
        account: NewAccount,
        totp: Option<(&str, &InstanceKey)>,
    ) -> Result<(User, Option<Enrolment>), AccountError> {
        password::usable(&account.password)?;
        let enrolment = totp
            .map(|(issuer, key)| otp::enrol(&account.login, issuer, key, self.entropy))
            .transpose()?;
        let new = NewUser {
            password_hash: self.cost.hash(&account.password, self.entropy),
            email_verified: account.email.is_some(),
            second_factor: enrolment.as_ref().map(|enrolment| enrolment.factor.clone()),
            login: account.login,
            email: account.email,
            site_admin: account.site_admin,
        };
        let user = self
            .store
            .create_user(new, self.stamp())
            .await?
            .map_err(AccountError::Taken)?;
        Ok((user, enrolment))
    }

    /// Sets a user's password. False when there is no such user.
    ///
    /// # Errors
    /// The password is unusable.
    pub async fn set_password(
        &self,
        user: UserId,
        password: &Secret,
    ) -> Result<bool, AccountError> {
        password::usable(password)?;
        Ok(self
            .store
            .set_password(user, self.cost.hash(password, self.entropy), self.stamp())
            .await?)
    }

    /// Enrols a fresh second factor in place of any other. `None` when there is no such user.
    ///
    /// # Errors
    /// The store failed.
    pub async fn enrol(
        &self,
        user: &User,
        issuer: &str,
        key: &InstanceKey,
    ) -> Result<Option<Enrolment>, AccountError> {
        let enrolment = otp::enrol(&user.login, issuer, key, self.entropy)?;
        let done = self
            .store
            .set_second_factor(user.id, Some(enrolment.factor.clone()), self.stamp())
            .await?;
        Ok(done.then_some(enrolment))
    }

    /// Registers an app; the secret in clear text is returned this once (none for a public app).
    ///
    /// # Errors
    /// The client id is taken.
    pub async fn create_app(
        &self,
        registration: NewRegistration,
    ) -> Result<(App, Option<Secret>), AccountError> {
        let secret = (!registration.public).then(|| {
            registration
                .client_secret
                .unwrap_or_else(|| Secret::generate_client_secret(self.entropy))
        });
        let new = NewApp {
            client_id: registration
                .client_id
                .unwrap_or_else(|| ClientId::generate(self.entropy)),
            name: registration.name,
            url: registration.url,
            callback_urls: registration.callback_urls,
            owner_id: registration.owner_id,
            secret_hash: secret.as_ref().map(Secret::hash),
            description: registration.description,
            settings: registration.settings,
        };
        let app = self
            .store
            .create_app(new, self.stamp())
            .await?
            .map_err(AccountError::Taken)?;
        Ok((app, secret))
    }

    /// Replaces an app's secret; the new one in clear text, this once. The old one is accepted for
    /// `overlap` seconds more. `None` for a public or unknown app.
    ///
    /// # Errors
    /// The store failed.
    pub async fn rotate_secret(
        &self,
        app: &App,
        overlap: u32,
    ) -> Result<Option<Secret>, AccountError> {
        let secret = Secret::generate_client_secret(self.entropy);
        let until = (overlap > 0).then(|| self.clock.now().plus(overlap.into()));
        Ok(self
            .store
            .rotate_app_secret(app.id, secret.hash(), until, self.stamp())
            .await?
            .then_some(secret))
    }

    /// The circumstances of this operator's writes.
    pub fn stamp(&self) -> Stamp {
        Stamp::operator(self.clock.now())
    }
}
