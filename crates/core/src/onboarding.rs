//! How accounts begin: the first one by the setup link, others by invitation, or
//! by a link of [`crate::sign_up`]. Owns that each link makes one account; must
//! not know how links travel.

use serde::{Deserialize, Serialize};

use crate::accounts::{AccountError, Operator};
use crate::audit::{Action, Actor};
use crate::authority::{Authority, Caller};
use crate::error::{Error, Result};
use crate::login::hash_pool::Turn;
use crate::login::password;
use crate::own_account::AccountRefusal;
use crate::secret::{InstanceKey, Secret};
use crate::session::{BrowserSession, SignedIn};
use crate::store::{NewTicket, NotJoined, Taken};
use crate::ticket::{self, TicketKind};
use crate::user::{Email, Login, NewUser};

/// An account that waits for its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Its name.
    pub login: Login,
    /// Its address; the inviting operator vouches for it.
    pub email: Option<Email>,
    /// May administer this site.
    pub site_admin: bool,
}

/// The same, as a ticket says it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Said {
    login: String,
    email: Option<String>,
    site_admin: bool,
}

impl From<Invitation> for Said {
    fn from(invitation: Invitation) -> Self {
        Self {
            login: invitation.login.as_str().to_owned(),
            email: invitation.email.map(|email| email.as_str().to_owned()),
            site_admin: invitation.site_admin,
        }
    }
}

/// What the first user chooses.
pub struct FirstUser {
    /// The name.
    pub login: Login,
    /// The address, not verified; mail may not be set up yet.
    pub email: Option<Email>,
    /// The password.
    pub password: Secret,
}

impl Authority {
    /// The secret of the setup link while there is no user: the same on every node, for a week.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn setup_link(&self) -> Result<Option<Secret>> {
        if self.store.has_users().await? {
            return Ok(None);
        }
        let kind = TicketKind::Setup;
        let secret = ticket::fresh_secret(&*self.entropy);
        let now = self.clock.now();
        let new = NewTicket {
            hash: secret.hash(),
            kind,
            user: None,
            payload: self.seal(kind, secret.expose().as_bytes()),
            expires_at: now.plus(kind.lifetime()),
        };
        let stamp = crate::audit::Stamp::system(now);
        let kept = self.store.claim_ticket(new, stamp).await?;
        let said = self.open(kind, Some(kept))?;
        Ok(said.and_then(|said| {
            let text = std::str::from_utf8(&said).ok()?;
            Some(Secret::new(text.to_owned()))
        }))
    }

    /// Whether a setup link is good.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn setup_is_open(&self, link: &Secret) -> Result<bool> {
        let said = self.look_at_ticket(TicketKind::Setup, link).await?;
        Ok(said.is_some() && !self.store.has_users().await?)
    }

    /// Makes the first user, a site admin, and signs them in.
    ///
    /// # Errors
    /// `Spent`, `NotFirst`, `Password`.
    pub async fn set_up(
        &self,
        link: &Secret,
        first: FirstUser,
        user_agent: &str,
        caller: &Caller,
    ) -> Result<SignedIn, AccountRefusal> {
        if !self.setup_is_open(link).await? {
            return Err(AccountRefusal::Spent);
        }
        let invitation = Invitation {
            login: first.login,
            email: first.email,
            site_admin: true,
        };
        let join = Join {
            kind: TicketKind::Setup,
            link,
            invitation,
            email_verified: false,
            password: &first.password,
        };
        self.join(join, user_agent, caller).await
    }

    /// A site admin invites somebody; the secret of the link, this once.
    ///
    /// # Errors
    /// `FreshProofNeeded`, `Taken(Login)`, `Other(NotFound)` for everybody but a site admin.
    pub async fn invite(
        &self,
        who: &BrowserSession,
        invitation: Invitation,
        caller: &Caller,
    ) -> Result<Secret, AccountRefusal> {
        if !who.user().site_admin {
            return Err(Error::NotFound.into());
        }
        let by = who.fresh()?.actor();
        let taken = self.store.find_user(&invitation.login.key()).await;
        if taken.map_err(Error::from)?.is_some() {
            return Err(AccountRefusal::Taken(Taken::Login));
        }
        let said = ticket::written(&Said::from(invitation));
        let (kind, announced) = (TicketKind::Invitation, Some(Action::InvitationMade));
        let stamp = self.stamp(by, caller);
        let made = self.issue_as(kind, None, &said, announced, stamp, caller);
        Ok(made.await?)
    }

    /// What an invitation is for, while it is good.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn invitation(&self, link: &Secret) -> Result<Option<Invitation>> {
        self.invited(TicketKind::Invitation, link).await
    }

    /// The same for a link of another kind that says as much.
    pub(crate) async fn invited(
        &self,
        kind: TicketKind,
        link: &Secret,
    ) -> Result<Option<Invitation>> {
        let said: Option<Said> = self.read_ticket(kind, link).await?;
        Ok(said.map(|said| Invitation {
            login: Login::from_stored(said.login),
            email: said.email.map(Email::from_stored),
            site_admin: said.site_admin,
        }))
    }

    /// Makes the account that an invitation is for, and signs its owner in.
    ///
    /// # Errors
    /// `Spent`, `Password`, `Taken` when somebody else has the name or address meanwhile.
    pub async fn accept_invitation(
        &self,
        link: &Secret,
        password: &Secret,
        user_agent: &str,
        caller: &Caller,
    ) -> Result<SignedIn, AccountRefusal> {
        self.join_by(TicketKind::Invitation, link, password, user_agent, caller)
            .await
    }

    /// Makes the account that a link of this kind is for.
    pub(crate) async fn join_by(
        &self,
        kind: TicketKind,
        link: &Secret,
        password: &Secret,
        user_agent: &str,
        caller: &Caller,
    ) -> Result<SignedIn, AccountRefusal> {
        let invitation = self.invited(kind, link).await?;
        let invitation = invitation.ok_or(AccountRefusal::Spent)?;
        let join = Join {
            kind,
            link,
            email_verified: invitation.email.is_some(),
            invitation,
            password,
        };
        self.join(join, user_agent, caller).await
    }

    async fn join(
        &self,
        join: Join<'_>,
        user_agent: &str,
        caller: &Caller,
    ) -> Result<SignedIn, AccountRefusal> {
        let invitation = join.invitation;
        password::judge(join.password, invitation.login.as_str(), false)?;
        let turn = Turn::of(caller.address.into(), invitation.login.key());
        let password_hash = self.sign_in.hash(join.password, turn).await?;
        let new = NewUser {
            login: invitation.login,
            email_verified: join.email_verified,
            email: invitation.email,
            password_hash,
            site_admin: invitation.site_admin,
            second_factor: None,
        };
        let stamp = self.stamp(Actor::System, caller);
        let joined = self
            .store
            .join(join.kind, join.link.hash(), new, stamp)
            .await?;
        let user = joined.map_err(|refusal| match refusal {
            NotJoined::Spent => AccountRefusal::Spent,
            NotJoined::Taken(taken) => AccountRefusal::Taken(taken),
            NotJoined::NotFirst => AccountRefusal::NotFirst,
        })?;
        let found = self.store.find_account(user.id).await?;
        let found = found.ok_or(AccountRefusal::Spent)?;
        Ok(self
            .begin_session(found.user, found.auth_generation, user_agent, caller)
            .await?)
    }
}

/// An account to make by a link.
struct Join<'j> {
    kind: TicketKind,
    link: &'j Secret,
    invitation: Invitation,
    email_verified: bool,
    password: &'j Secret,
}

impl Operator<'_> {
    /// Invites somebody; the secret of the link, this once.
    ///
    /// # Errors
    /// The login or address is taken.
    pub async fn invite(
        &self,
        invitation: Invitation,
        key: &InstanceKey,
    ) -> Result<Secret, AccountError> {
        if self
            .store
            .find_user(&invitation.login.key())
            .await?
            .is_some()
        {
            return Err(AccountError::Taken(Taken::Login));
        }
        let kind = TicketKind::Invitation;
        let said = ticket::written(&Said::from(invitation));
        let secret = ticket::fresh_secret(self.entropy);
        let stamp = self.stamp();
        let new = NewTicket {
            hash: secret.hash(),
            kind,
            user: None,
            payload: ticket::sealed(key, kind, &said, self.entropy),
            expires_at: stamp.at.plus(kind.lifetime()),
        };
        self.store
            .add_ticket(new, Some(Action::InvitationMade), stamp)
            .await?;
        Ok(secret)
    }
}
