//! The two ceremonies of passkeys, as a browser's script goes through them.
//! Owns what is kept between their halves, in tickets; a library verifies what
//! authenticators say, and core keeps what it makes of that.

use std::sync::Arc;

use grantd_core::authority::{Authority, Caller};
use grantd_core::error::Error;
use grantd_core::passkey::{NewPasskey, PasskeyRefusal};
use grantd_core::secret::Secret;
use grantd_core::session::ProvenUser;
use grantd_core::ticket::TicketKind;
use grantd_core::user::User;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyAuthentication, PasskeyRegistration,
    PublicKeyCredential, RegisterPublicKeyCredential,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use crate::settings::Settings;

/// Passkeys of this site. Browsers know them only at a host with a name.
#[derive(Clone)]
pub(crate) struct Ceremonies(Arc<Webauthn>);

/// The first half: what the script is given.
#[derive(Serialize)]
pub(crate) struct Begun {
    ticket: String,
    options: Value,
}

/// The second half: what the script comes back with.
#[derive(Deserialize)]
pub(crate) struct Finish {
    ticket: String,
    /// What the new passkey is to be called.
    #[serde(default)]
    pub(crate) name: String,
    /// Where to go then.
    #[serde(default)]
    pub(crate) return_to: String,
    credential: Value,
}

/// Why a ceremony came to nothing.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The authenticator's answer is not right, too late, or somebody else's.
    Unknown,
    /// Core says no.
    Core(PasskeyRefusal),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Core(error.into())
    }
}

impl From<PasskeyRefusal> for Refused {
    fn from(refusal: PasskeyRefusal) -> Self {
        Self::Core(refusal)
    }
}

/// What a ticket of a registration says.
#[derive(Serialize, Deserialize)]
struct Registering {
    user: i64,
    state: PasskeyRegistration,
}

/// What a ticket of a sign-in says.
#[derive(Serialize, Deserialize)]
enum Signing {
    /// Whoever it is.
    Anybody(DiscoverableAuthentication),
    /// This user.
    One(i64, PasskeyAuthentication),
}

impl Ceremonies {
    /// None where browsers have no passkeys: under a bare address.
    pub(crate) fn new(settings: &Settings) -> Option<Self> {
        let url = &settings.public_url;
        let builder = WebauthnBuilder::new(url.domain()?, url).ok()?;
        let built = builder.rp_name("grantd").build().ok()?;
        Some(Self(Arc::new(built)))
    }

    /// Begins to make a passkey.
    ///
    /// # Errors
    /// `Throttled`, `Unavailable`.
    pub(crate) async fn register(
        &self,
        authority: &Authority,
        user: &User,
        caller: &Caller,
    ) -> Result<Begun, Refused> {
        let known = authority.store.list_passkeys(user.id).await;
        let known = known.map_err(Error::from)?.into_iter();
        let known = known.map(|passkey| passkey.credential_id).collect();
        let login = user.login.as_str();
        let (options, state) = self
            .0
            .start_passkey_registration(handle(authority, user), login, login, Some(known))
            .map_err(|_| Refused::Unknown)?;
        let mut options = json!(options);
        // Where the authenticator has room for it, it signs in without a login typed before.
        options["publicKey"]["authenticatorSelection"]["residentKey"] = json!("preferred");
        let said = Registering {
            user: user.id.0,
            state,
        };
        let kind = TicketKind::PasskeyRegistration;
        begun(authority, kind, user, &said, options, caller).await
    }

    /// What has been made, for core to keep.
    ///
    /// # Errors
    /// `Unknown`; what core says.
    pub(crate) async fn registered(
        &self,
        authority: &Authority,
        user: &User,
        finish: Finish,
    ) -> Result<NewPasskey, Refused> {
        let said: Registering =
            taken(authority, TicketKind::PasskeyRegistration, &finish.ticket).await?;
        if said.user != user.id.0 {
            return Err(Refused::Unknown);
        }
        let answer: RegisterPublicKeyCredential = read(finish.credential)?;
        let made = self
            .0
            .finish_passkey_registration(&answer, &said.state)
            .map_err(|_| Refused::Unknown)?;
        Ok(NewPasskey {
            credential_id: made.cred_id().to_vec(),
            name: finish.name,
            data: written(&made)?,
            counter: 0,
        })
    }

    /// Begins to sign in: whoever it is, or one user.
    ///
    /// # Errors
    /// `Unknown` when the user has no passkeys; `Throttled`, `Unavailable`.
    pub(crate) async fn sign_in(
        &self,
        authority: &Authority,
        user: Option<&User>,
        caller: &Caller,
    ) -> Result<Begun, Refused> {
        let kind = TicketKind::PasskeySignIn;
        let Some(user) = user else {
            let (options, state) = self
                .0
                .start_discoverable_authentication()
                .map_err(|_| Refused::Unknown)?;
            let said = written(&Signing::Anybody(state))?;
            let ticket = authority.issue_ticket(kind, None, &said, caller).await?;
            return Ok(Begun {
                ticket: ticket.expose().to_owned(),
                options: json!(options),
            });
        };
        let known = authority.store.list_passkeys(user.id).await;
        let known: Vec<Passkey> = known
            .map_err(Error::from)?
            .iter()
            .filter_map(|passkey| serde_json::from_slice(&passkey.data).ok())
            .collect();
        // Nobody's would mean anybody's.
        if known.is_empty() {
            return Err(Refused::Unknown);
        }
        let (options, state) = self
            .0
            .start_passkey_authentication(&known)
            .map_err(|_| Refused::Unknown)?;
        let said = Signing::One(user.id.0, state);
        begun(authority, kind, user, &said, json!(options), caller).await
    }

    /// Who signed, proved by the passkey and by the person's finger, face or number.
    ///
    /// # Errors
    /// `Unknown`; what core says.
    pub(crate) async fn signed(
        &self,
        authority: &Authority,
        finish: Finish,
    ) -> Result<ProvenUser, Refused> {
        let said: Signing = taken(authority, TicketKind::PasskeySignIn, &finish.ticket).await?;
        let answer: PublicKeyCredential = read(finish.credential)?;
        let owned = authority.passkey(answer.get_credential_id()).await?;
        let owned = owned.ok_or(Refused::Unknown)?;
        let mut passkey: Passkey =
            serde_json::from_slice(&owned.passkey.data).map_err(|_| Refused::Unknown)?;
        let verified = match said {
            Signing::Anybody(state) => {
                let (named, _) = self
                    .0
                    .identify_discoverable_authentication(&answer)
                    .map_err(|_| Refused::Unknown)?;
                if named != handle(authority, &owned.user) {
                    return Err(Refused::Unknown);
                }
                self.0
                    .finish_discoverable_authentication_v2(&answer, state, &passkey)
            }
            Signing::One(user, state) if user == owned.user.id.0 => {
                self.0.finish_passkey_authentication(&answer, &state)
            }
            Signing::One(..) => return Err(Refused::Unknown),
        };
        let verified = verified.map_err(|_| Refused::Unknown)?;
        if !verified.user_verified() {
            return Err(Refused::Unknown);
        }
        passkey.update_credential(&verified);
        let (data, counter) = (written(&passkey)?, verified.counter());
        Ok(authority.passkey_used(&owned, data, counter).await?)
    }
}

/// What authenticators know a user by. It says nothing to anybody else.
fn handle(authority: &Authority, user: &User) -> Uuid {
    let hash = authority
        .key
        .keyed_hash("passkey user handle", &user.id.0.to_be_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    Uuid::from_bytes(bytes)
}

/// Keeps the state of one user's ceremony.
async fn begun(
    authority: &Authority,
    kind: TicketKind,
    user: &User,
    said: &impl Serialize,
    options: Value,
    caller: &Caller,
) -> Result<Begun, Refused> {
    let said = written(said)?;
    let ticket = authority
        .issue_ticket(kind, Some(user.id), &said, caller)
        .await?;
    Ok(Begun {
        ticket: ticket.expose().to_owned(),
        options,
    })
}

/// What a ticket says, once.
async fn taken<T: DeserializeOwned>(
    authority: &Authority,
    kind: TicketKind,
    ticket: &str,
) -> Result<T, Refused> {
    let ticket = Secret::new(ticket.to_owned());
    let said = authority.take_ticket(kind, &ticket).await?;
    said.and_then(|said| serde_json::from_slice(&said).ok())
        .ok_or(Refused::Unknown)
}

fn written(value: &impl Serialize) -> Result<Vec<u8>, Refused> {
    serde_json::to_vec(value).map_err(|_| Refused::Unknown)
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, Refused> {
    serde_json::from_value(value).map_err(|_| Refused::Unknown)
}
