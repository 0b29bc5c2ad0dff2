//! From the seed's words to records. Owns that everything in the file is held
//! to the rules that the API and the command line hold it to, and what is
//! shown of it afterwards, secrets and all.

use data_encoding::BASE32_NOPAD;
use grantd_core::Authority;
use grantd_core::accounts::{NewAccount, NewRegistration};
use grantd_core::app::{App, AppSettings, ClientId};
use grantd_core::authorization::NewAuthorization;
use grantd_core::clock::Timestamp;
use grantd_core::fingerprint::Fingerprint;
use grantd_core::login::otp;
use grantd_core::note::{Note, NoteUrl};
use grantd_core::redirect_uri;
use grantd_core::scope::Scopes;
use grantd_core::secret::Secret;
use grantd_core::store::PageRequest;
use grantd_core::token::{Token, TokenKind};
use grantd_core::user::{Email, Login, User};
use serde::Serialize;

use super::seed::{Seed, SeedApp, SeedToken, SeedUser};
use crate::failure::Failure;
use crate::instance::Instance;

/// What is there, in clear text: tests and people are told all of it.
#[derive(Default, Serialize)]
pub(super) struct Planted {
    pub(super) users: Vec<PlantedUser>,
    pub(super) apps: Vec<PlantedApp>,
    pub(super) tokens: Vec<PlantedToken>,
}

/// A user.
#[derive(Serialize)]
pub(super) struct PlantedUser {
    pub(super) login: String,
    pub(super) id: i64,
    pub(super) password: String,
    pub(super) email: String,
    pub(super) site_admin: bool,
    pub(super) otp_secret: Option<String>,
    pub(super) otpauth_url: Option<String>,
    pub(super) recovery_codes: Vec<String>,
    /// The code of the moment; filled in when it is asked for.
    pub(super) otp_code: Option<String>,
}

/// An app.
#[derive(Serialize)]
pub(super) struct PlantedApp {
    pub(super) name: String,
    pub(super) client_id: String,
    pub(super) client_secret: Option<String>,
    pub(super) owner: String,
    pub(super) callback_urls: Vec<String>,
}

/// A token.
#[derive(Serialize)]
pub(super) struct PlantedToken {
    pub(super) id: i64,
    pub(super) user: String,
    pub(super) app: Option<String>,
    pub(super) token: String,
    pub(super) scopes: Vec<String>,
    pub(super) note: Option<String>,
    pub(super) fingerprint: Option<String>,
    /// The grant to which an app's token belongs.
    pub(super) grant_id: Option<i64>,
}

impl PlantedUser {
    /// The one-time code of this moment.
    pub(super) fn code(&self, now: Timestamp) -> Option<String> {
        let seed = BASE32_NOPAD
            .decode(self.otp_secret.as_ref()?.as_bytes())
            .ok()?;
        Some(otp::code_at(&seed, now))
    }
}

/// Makes everything that the seed names.
///
/// # Errors
/// A value will not do, or is there twice; the message says whose.
pub(super) async fn plant(
    seed: &Seed,
    instance: &Instance,
    authority: &Authority,
) -> Result<Planted, Failure> {
    let mut bed = Bed {
        instance,
        authority,
        users: Vec::new(),
        apps: Vec::new(),
        planted: Planted::default(),
    };
    for user in &seed.users {
        let whose = format!("user `{}`", user.login);
        bed.user(user).await.map_err(|why| of(&whose, &why))?;
    }
    for app in &seed.apps {
        let whose = format!("app `{}`", app.name);
        bed.app(app).await.map_err(|why| of(&whose, &why))?;
    }
    if !are_tokens(&seed.next_tokens) {
        return Err(wrong(
            "the seed's next_tokens will not do: a token has 1 to 255 letters, digits and signs",
        ));
    }
    for (at, token) in seed.tokens.iter().enumerate() {
        let whose = format!("token {} (of `{}`)", at + 1, token.user);
        bed.token(token).await.map_err(|why| of(&whose, &why))?;
    }
    Ok(bed.planted)
}

fn are_tokens(texts: &[String]) -> bool {
    texts.iter().all(|text| {
        (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    })
}

fn of(whose: &str, why: &Failure) -> Failure {
    Failure::new(format!("the seed's {whose} will not do: {why}"))
}

/// A secret as an authenticator reads it. Made by hand: it may be shorter than ours ever are.
fn otpauth_url(issuer: &str, user: &User, secret: &str) -> String {
    let escaped = |text: &str| {
        let escaped: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        escaped.replace('+', "%20")
    };
    let (issuer, login) = (escaped(issuer), escaped(user.login.as_str()));
    format!("otpauth://totp/{issuer}:{login}?secret={secret}&issuer={issuer}")
}

fn wrong(why: impl std::fmt::Display) -> Failure {
    Failure::new(why.to_string())
}

struct Bed<'a> {
    instance: &'a Instance,
    authority: &'a Authority,
    users: Vec<User>,
    apps: Vec<App>,
    planted: Planted,
}

impl Bed<'_> {
    async fn user(&mut self, wish: &SeedUser) -> Result<(), Failure> {
        let email = match &wish.email {
            Some(email) => email.clone(),
            None => format!("{}@example.com", wish.login),
        };
        let account = NewAccount {
            login: Login::parse(&wish.login).map_err(wrong)?,
            password: Secret::new(wish.password.clone()),
            email: Some(Email::parse(&email).map_err(wrong)?),
            site_admin: wish.site_admin,
        };
        let (user, _) = self.instance.operator().create_user(account, None).await?;
        let mut planted = PlantedUser {
            login: user.login.as_str().to_owned(),
            id: user.id.0,
            password: wish.password.clone(),
            email,
            site_admin: wish.site_admin,
            otp_secret: None,
            otpauth_url: None,
            recovery_codes: Vec::new(),
            otp_code: None,
        };
        if wish.two_factor || wish.otp_secret.is_some() {
            self.enrol(&user, wish, &mut planted).await?;
        }
        self.users.push(user);
        self.planted.users.push(planted);
        Ok(())
    }

    async fn enrol(
        &self,
        user: &User,
        wish: &SeedUser,
        planted: &mut PlantedUser,
    ) -> Result<(), Failure> {
        let (instance, entropy) = (self.instance, &*self.instance.entropy);
        let issuer = &instance.config.values.site_name.0;
        let mut enrolment =
            otp::enrol(&user.login, issuer, &instance.key, entropy).map_err(wrong)?;
        if let Some(text) = &wish.otp_secret {
            let letters = text.to_ascii_uppercase().replace([' ', '-', '='], "");
            let seed = BASE32_NOPAD
                .decode(letters.as_bytes())
                .ok()
                .filter(|seed| seed.len() >= 10)
                .ok_or_else(|| wrong("otp_secret is base 32 of 10 bytes or more"))?;
            enrolment.factor.totp_seed = otp::seal_seed(&instance.key, &seed, entropy);
            enrolment.totp_secret = BASE32_NOPAD.encode(&seed).into();
            enrolment.otpauth_url = otpauth_url(issuer, user, &enrolment.totp_secret).into();
        }
        let stamp = instance.operator().stamp();
        let factor = Some(enrolment.factor.clone());
        let store = &instance.store;
        store.set_second_factor(user.id, factor, stamp).await?;
        planted.otp_secret = Some(enrolment.totp_secret.to_string());
        planted.otpauth_url = Some(enrolment.otpauth_url.to_string());
        let codes = enrolment.recovery_codes.iter();
        planted.recovery_codes = codes.map(|code| code.to_string()).collect();
        Ok(())
    }

    async fn app(&mut self, wish: &SeedApp) -> Result<(), Failure> {
        let owner = match &wish.owner {
            Some(login) => self.find_user(login)?,
            None => self
                .users
                .first()
                .ok_or_else(|| wrong("an app belongs to a user, and there is none"))?,
        };
        let (owner_id, owner) = (owner.id, owner.login.as_str().to_owned());
        for callback in &wish.callback_urls {
            redirect_uri::check_callback(callback)
                .map_err(|why| wrong(format!("callback `{callback}`: {why}")))?;
        }
        let allowed = wish.allowed_scopes.as_deref();
        let registration = NewRegistration {
            name: wish.name.clone(),
            owner_id,
            url: wish.url.clone(),
            callback_urls: wish.callback_urls.clone(),
            client_id: wish
                .client_id
                .as_deref()
                .map(ClientId::parse)
                .transpose()
                .map_err(wrong)?,
            client_secret: wish.client_secret.clone().map(Secret::new),
            public: wish.public,
            description: None,
            settings: AppSettings {
                device_flow: wish.device_flow.unwrap_or(true),
                sub_path_callbacks: wish.sub_path_callbacks,
                expiring_tokens: wish.expiring_tokens,
                resource_server: wish.resource_server,
                allowed_scopes: allowed.map(|names| self.scopes(names)).transpose()?,
            },
        };
        let (app, secret) = self.instance.operator().create_app(registration).await?;
        self.planted.apps.push(PlantedApp {
            name: app.name.clone(),
            client_id: app.client_id.as_str().to_owned(),
            client_secret: secret.map(|secret| secret.expose().to_owned()),
            owner,
            callback_urls: app.callback_urls.clone(),
        });
        self.apps.push(app);
        Ok(())
    }

    async fn token(&mut self, wish: &SeedToken) -> Result<(), Failure> {
        let user = self.find_user(&wish.user)?;
        let app = match &wish.app {
            None => None,
            Some(named) => {
                let is_it = |app: &&App| app.client_id.as_str() == named || app.name == *named;
                let found = self.apps.iter().find(is_it);
                Some(found.ok_or_else(|| wrong(format!("there is no app `{named}`")))?)
            }
        };
        let note = wish.note.clone().map(Note::parse).transpose();
        let note = note.map_err(|why| wrong(why.field))?;
        if app.is_none() && note.as_ref().is_none_or(Note::is_blank) {
            return Err(wrong("a personal access token has a note"));
        }
        let note_url = wish.note_url.clone().map(NoteUrl::parse).transpose();
        let fingerprint = Fingerprint::parse(wish.fingerprint.clone());
        let token = self.text(wish.token.as_deref(), app.is_some())?;
        let new = NewAuthorization {
            user_id: user.id,
            app_id: app.map(|app| app.id),
            token_hash: token.hash(),
            token_last_eight: token.last_eight(),
            note,
            note_url: note_url.map_err(|why| wrong(why.field))?,
            scopes: self.scopes(&wish.scopes)?,
            fingerprint: fingerprint.map_err(|why| wrong(why.field))?,
            expires_at: self.expiry(wish)?,
        };
        let stamp = self.instance.operator().stamp();
        let limits = self.authority.policy.mint_limits;
        let created = self.instance.store.create_authorization(new, limits, stamp);
        let created = created.await?.map_err(|_| {
            wrong("another one of the same user and app has this note, fingerprint or token")
        })?;
        let planted = PlantedToken {
            id: created.id.0,
            user: user.login.as_str().to_owned(),
            app: app.map(|app| app.client_id.as_str().to_owned()),
            token: token.expose().to_owned(),
            scopes: wish.scopes.clone(),
            note: wish.note.clone(),
            fingerprint: wish.fingerprint.clone(),
            grant_id: self.grant(user, app).await?,
        };
        self.planted.tokens.push(planted);
        Ok(())
    }

    async fn grant(&self, user: &User, app: Option<&App>) -> Result<Option<i64>, Failure> {
        let Some(app) = app else {
            return Ok(None);
        };
        let store = &self.instance.store;
        let id = Some(app.client_id.as_str());
        let grants = store.list_grants(user.id, id, PageRequest::FIRST).await?;
        Ok(grants.items.first().map(|grant| grant.id.0))
    }

    fn text(&self, wish: Option<&str>, of_app: bool) -> Result<Token, Failure> {
        let kind = match of_app {
            true => TokenKind::OAuthApp,
            false => TokenKind::Personal,
        };
        let tokens = &self.authority.tokens;
        match wish {
            None => Ok(tokens.generate(kind, &*self.instance.entropy)),
            // The seed's own are tokens, whatever their shape.
            Some(text) => tokens
                .parse(text)
                .filter(|token| are_tokens(&[token.expose().to_owned()]))
                .ok_or_else(|| wrong("a token has 1 to 255 letters, digits and signs")),
        }
    }

    fn expiry(&self, wish: &SeedToken) -> Result<Option<Timestamp>, Failure> {
        match &wish.expires_at {
            None => {
                let now = self.instance.clock.now();
                Ok(self.authority.policy.lifetimes.unasked(now))
            }
            Some(text) => Timestamp::parse(text)
                .map(Some)
                .ok_or_else(|| wrong("expires_at is a time such as 2026-01-01T00:00:00Z")),
        }
    }

    fn scopes(&self, names: &[String]) -> Result<Scopes, Failure> {
        self.authority.scopes.parse(names).map_err(wrong)
    }

    fn find_user(&self, login: &str) -> Result<&User, Failure> {
        let key = grantd_core::user::LoginKey::of(login);
        let found = self.users.iter().find(|user| user.login.key() == key);
        found.ok_or_else(|| wrong(format!("there is no user `{login}`")))
    }
}
