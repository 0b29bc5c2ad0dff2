//! `grantd serve --demo`: who and what is in the throw-away server, and the
//! commands of the documentation with its values, as a shell script. Owns the
//! demo's well-known secrets; they exist nowhere else.

use std::net::{IpAddr, Ipv4Addr};

use grantd_core::Authority;
use grantd_core::accounts::{NewAccount, NewRegistration};
use grantd_core::app::{AppSettings, ClientId};
use grantd_core::authority::Caller;
use grantd_core::authorization::{Authorization, Issued};
use grantd_core::authorizations::AuthorizationRequest;
use grantd_core::clock::Clock;
use grantd_core::login::otp::{self, Enrolment};
use grantd_core::login::{Attempt, PasswordIdentity};
use grantd_core::secret::Secret;
use grantd_core::store::{OtpUse, PageRequest};
use grantd_core::user::{Email, Login, User};
use url::Url;

use crate::failure::Failure;
use crate::instance::Instance;

/// The password of both users.
const PASSWORD: &str = "correct horse battery staple";
/// The app of the documentation's examples.
const CLIENT_ID: &str = "abcde12345fghij67890";
const CLIENT_SECRET: &str = "3ef4ad510c59ad37bac6bb4f80047fb3aee3cc7f";

/// What is printed; the names between `@` stand for values.
const SCRIPT: &str = include_str!("demo.sh");

/// Fills a fresh instance and returns the commands to try on it.
pub(super) async fn prepare(
    instance: &Instance,
    authority: &Authority,
    url: &Url,
) -> Result<String, Failure> {
    let demo = Demo {
        instance,
        authority,
    };
    let octocat = demo.user("octocat").await?;
    let monalisa = demo.user("monalisa").await?;
    demo.app(&octocat).await?;
    let octocat = demo.sign_in("octocat").await?;
    let hers = demo.sign_in("monalisa").await?;
    let seen = Values {
        personal: demo.token(&octocat, None, "demo token", "user").await?,
        checked: demo
            .token(&octocat, Some("check"), "to check", "repo")
            .await?,
        reset: demo
            .token(&octocat, Some("reset"), "to reset", "repo")
            .await?,
        revoked: demo
            .token(&octocat, Some("revoke"), "to revoke", "repo")
            .await?,
        granted: demo
            .token(&hers, Some("grant"), "to revoke the grant of", "user")
            .await?,
        grant_id: demo.grant_id(&octocat).await?,
    };
    let factor = demo.enrol(&monalisa).await?;
    demo.script(url, &seen, &factor)
}

/// What the commands name.
struct Values {
    personal: Issued<Authorization>,
    checked: Issued<Authorization>,
    reset: Issued<Authorization>,
    revoked: Issued<Authorization>,
    granted: Issued<Authorization>,
    grant_id: i64,
}

struct Demo<'a> {
    instance: &'a Instance,
    authority: &'a Authority,
}

impl Demo<'_> {
    async fn user(&self, login: &str) -> Result<User, Failure> {
        let account = NewAccount {
            login: Login::parse(login).map_err(unexpected)?,
            password: Secret::new(PASSWORD.into()),
            email: Some(Email::parse(&format!("{login}@example.com")).map_err(unexpected)?),
            site_admin: false,
        };
        Ok(self.instance.operator().create_user(account, None).await?.0)
    }

    async fn app(&self, owner: &User) -> Result<(), Failure> {
        let registration = NewRegistration {
            name: "my github app".into(),
            owner_id: owner.id,
            url: "http://my-github-app.com".into(),
            callback_urls: vec!["http://my-github-app.com/callback".into()],
            client_id: Some(ClientId::parse(CLIENT_ID).map_err(unexpected)?),
            client_secret: Some(Secret::new(CLIENT_SECRET.into())),
            public: false,
            description: None,
            settings: AppSettings::default(),
        };
        self.instance.operator().create_app(registration).await?;
        Ok(())
    }

    async fn sign_in(&self, login: &str) -> Result<PasswordIdentity, Failure> {
        let attempt = Attempt {
            login: Login::parse(login).map_err(unexpected)?.key(),
            password: Secret::new(PASSWORD.into()),
            code: None,
            address: caller().address,
            request_id: caller().request_id,
            otp_use: OtpUse::ReusableFromSameAddress,
        };
        self.authority
            .sign_in
            .sign_in(attempt)
            .await
            .map_err(unexpected)
    }

    /// A personal access token, or with a fingerprint one of the app.
    async fn token(
        &self,
        user: &PasswordIdentity,
        fingerprint: Option<&str>,
        note: &str,
        scope: &str,
    ) -> Result<Issued<Authorization>, Failure> {
        let (id, secret) = if fingerprint.is_some() {
            (CLIENT_ID, CLIENT_SECRET)
        } else {
            ("", "")
        };
        let request = AuthorizationRequest {
            scopes: Some(vec![scope.to_owned()]),
            note: Some(note.to_owned()),
            note_url: None,
            fingerprint: fingerprint.map(str::to_owned),
        };
        let client = (id, &Secret::new(secret.to_owned()));
        self.authority
            .create_authorization(user, client, request, &caller())
            .await
            .map_err(unexpected)
    }

    async fn grant_id(&self, user: &PasswordIdentity) -> Result<i64, Failure> {
        let page = PageRequest {
            page: 1,
            per_page: 1,
        };
        let grants = self
            .authority
            .grants(user, None, page)
            .await
            .map_err(unexpected)?;
        Ok(grants.items.first().map_or(0, |grant| grant.id.0))
    }

    async fn enrol(&self, user: &User) -> Result<Enrolment, Failure> {
        let issuer = &self.instance.config.values.site_name.0;
        let enrolment = self
            .instance
            .operator()
            .enrol(user, issuer, &self.instance.key)
            .await?;
        enrolment.ok_or_else(|| unexpected("the user is gone"))
    }

    fn script(&self, url: &Url, seen: &Values, factor: &Enrolment) -> Result<String, Failure> {
        let sealed = &factor.factor.totp_seed;
        let seed = otp::open_seed(&self.instance.key, sealed).map_err(unexpected)?;
        let code = otp::code_at(&seed, self.instance.clock.now());
        let api = format!("{}/api/v3", url.as_str().trim_end_matches('/'));
        let values = [
            ("@API@", api.as_str()),
            ("@PASSWORD@", PASSWORD),
            ("@CLIENT_ID@", CLIENT_ID),
            ("@CLIENT_SECRET@", CLIENT_SECRET),
            ("@TOTP_SECRET@", &factor.totp_secret),
            ("@OTPAUTH_URL@", &factor.otpauth_url),
            ("@CODE@", &code),
            ("@ID@", &seen.personal.value.id.to_string()),
            ("@GRANT_ID@", &seen.grant_id.to_string()),
            ("@TOKEN@", seen.personal.token.expose()),
            ("@CHECKED@", seen.checked.token.expose()),
            ("@RESET@", seen.reset.token.expose()),
            ("@REVOKED@", seen.revoked.token.expose()),
            ("@GRANTED@", seen.granted.token.expose()),
        ];
        let fill = |script: String, (name, value): (&str, &str)| script.replace(name, value);
        Ok(values.into_iter().fold(SCRIPT.to_owned(), fill))
    }
}

/// Where the demo's own tokens come from, in its audit trail.
fn caller() -> Caller {
    Caller {
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        request_id: "demo".into(),
    }
}

fn unexpected(why: impl std::fmt::Display) -> Failure {
    Failure::new(format!("cannot prepare the demo: {why}"))
}
