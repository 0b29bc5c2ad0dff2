//! `grantd user`: accounts. Owns nothing but the commands.

use clap::{Args, Subcommand};
use grantd_core::accounts::NewAccount;
use grantd_core::login::password::SHORTEST_GOOD_PASSWORD;
use grantd_core::onboarding::Invitation;
use grantd_core::secret::Secret;
use grantd_core::ticket::TicketKind;
use grantd_core::user::{self as people, Email, Login};

use crate::failure::Failure;
use crate::instance::{self, Instance};
use crate::output::{self, InvitationJson, UserJson};
use crate::secret_input;

/// What can be done with users.
#[derive(Subcommand)]
pub(crate) enum User {
    /// Make a user; the password is asked for, or comes by standard input
    Create(Create),
    /// Invite somebody; prints a link under which they choose a password, once, within a week
    Invite(Invite),
    /// All users
    List,
    /// One user
    Show { login: String },
    /// Give a user another password
    SetPassword {
        login: String,
        #[command(flatten)]
        password: PasswordSource,
    },
    /// Refuse everything of a user's until unsuspended
    Suspend { login: String },
    /// Lift a suspension
    Unsuspend { login: String },
    /// A user's second factor
    #[command(subcommand)]
    Totp(Totp),
    /// Delete a user with everything that is theirs: tokens, grants, apps
    Delete { login: String },
}

/// `grantd user totp`.
#[derive(Subcommand)]
pub(crate) enum Totp {
    /// Enrol a fresh second factor, in place of any other; prints its secret and recovery codes, this once
    Enable { login: String },
    /// Take the second factor away
    Disable { login: String },
}

/// `grantd user create`.
#[derive(Args)]
pub(crate) struct Create {
    /// 1 to 39 letters, digits, `-` or `_`
    #[arg(value_parser = Login::parse)]
    login: Login,
    #[command(flatten)]
    password: PasswordSource,
    /// The address; you vouch for it
    #[arg(long, value_parser = Email::parse)]
    email: Option<Email>,
    /// May administer the site
    #[arg(long)]
    site_admin: bool,
    /// Enrol a second factor too; its secret and recovery codes are printed this once
    #[arg(long)]
    totp: bool,
}

/// `grantd user invite`.
#[derive(Args)]
pub(crate) struct Invite {
    /// 1 to 39 letters, digits, `-` or `_`
    #[arg(value_parser = Login::parse)]
    login: Login,
    /// The address; you vouch for it
    #[arg(long, value_parser = Email::parse)]
    email: Option<Email>,
    /// May administer the site
    #[arg(long)]
    site_admin: bool,
}

/// Where a password comes from.
#[derive(Args)]
pub(crate) struct PasswordSource {
    /// Read the password from standard input: all of it, less one newline at its end
    #[arg(long)]
    password_stdin: bool,
}

impl PasswordSource {
    fn read(&self) -> Result<Secret, Failure> {
        let password = match self.password_stdin {
            true => secret_input::from_stdin("password")?,
            false => secret_input::typed_password()?,
        };
        if password.expose().chars().count() < SHORTEST_GOOD_PASSWORD {
            output::note(format!(
                "warning: the password is weak; {SHORTEST_GOOD_PASSWORD} characters and more are good"
            ));
        }
        Ok(password)
    }
}

/// Carries a command out.
pub(crate) async fn run(command: User, instance: &Instance) -> Result<(), Failure> {
    match command {
        User::Create(create) => self::create(create, instance).await,
        User::Invite(invite) => self::invite(invite, instance).await,
        User::List => list(instance).await,
        User::Show { login } => show(&login, instance).await,
        User::SetPassword { login, password } => set_password(&login, &password, instance).await,
        User::Suspend { login } => set_suspended(&login, true, instance).await,
        User::Unsuspend { login } => set_suspended(&login, false, instance).await,
        User::Totp(Totp::Enable { login }) => enable_totp(&login, instance).await,
        User::Totp(Totp::Disable { login }) => disable_totp(&login, instance).await,
        User::Delete { login } => delete(&login, instance).await,
    }
}

async fn create(create: Create, instance: &Instance) -> Result<(), Failure> {
    let account = NewAccount {
        password: create.password.read()?,
        login: create.login,
        email: create.email,
        site_admin: create.site_admin,
    };
    let totp = create
        .totp
        .then(|| (instance.config.values.site_name.0.as_str(), &*instance.key));
    let (user, enrolment) = instance.operator().create_user(account, totp).await?;
    output::json(&UserJson::new(&user, enrolment.as_ref()))
}

async fn invite(invite: Invite, instance: &Instance) -> Result<(), Failure> {
    let invitation = Invitation {
        login: invite.login,
        email: invite.email,
        site_admin: invite.site_admin,
    };
    let login = invitation.login.clone();
    let operator = instance.operator();
    let secret = operator.invite(invitation, &instance.key).await?;
    let lives = TicketKind::Invitation.lifetime();
    output::json(&InvitationJson {
        login: login.as_str(),
        url: &instance.config.link("invitations", &secret),
        expires_at: instance.clock.now().plus(lives),
    })
}

async fn list(instance: &Instance) -> Result<(), Failure> {
    let users = instance::every(async |page| instance.store.list_users(page).await).await?;
    output::json(
        &users
            .iter()
            .map(|user| UserJson::new(user, None))
            .collect::<Vec<_>>(),
    )
}

async fn show(login: &str, instance: &Instance) -> Result<(), Failure> {
    output::json(&UserJson::new(&instance.user(login).await?, None))
}

async fn set_password(
    login: &str,
    source: &PasswordSource,
    instance: &Instance,
) -> Result<(), Failure> {
    let user = instance.user(login).await?;
    let password = source.read()?;
    let done = instance.operator().set_password(user.id, &password).await?;
    still_there(done, &user)?;
    show(login, instance).await
}

async fn set_suspended(login: &str, suspended: bool, instance: &Instance) -> Result<(), Failure> {
    let user = instance.user(login).await?;
    let stamp = instance.operator().stamp();
    // False when nothing changed, too: saying it twice is no mistake.
    instance
        .store
        .set_user_suspended(user.id, suspended, stamp)
        .await?;
    show(login, instance).await
}

async fn enable_totp(login: &str, instance: &Instance) -> Result<(), Failure> {
    let user = instance.user(login).await?;
    let issuer = &instance.config.values.site_name.0;
    let enrolment = instance
        .operator()
        .enrol(&user, issuer, &instance.key)
        .await?;
    still_there(enrolment.is_some(), &user)?;
    output::json(&UserJson::new(
        &instance.user(login).await?,
        enrolment.as_ref(),
    ))
}

async fn disable_totp(login: &str, instance: &Instance) -> Result<(), Failure> {
    let user = instance.user(login).await?;
    let stamp = instance.operator().stamp();
    if user.two_factor {
        still_there(
            instance
                .store
                .set_second_factor(user.id, None, stamp)
                .await?,
            &user,
        )?;
    }
    show(login, instance).await
}

async fn delete(login: &str, instance: &Instance) -> Result<(), Failure> {
    let user = instance.user(login).await?;
    let deleted = instance
        .store
        .delete_user(user.id, instance.operator().stamp())
        .await?;
    still_there(deleted, &user)?;
    output::json(&UserJson::new(&user, None))
}

/// Somebody else may delete the user between two steps.
fn still_there(done: bool, user: &people::User) -> Result<(), Failure> {
    done.then_some(())
        .ok_or_else(|| Failure::new(format!("user `{}` was deleted meanwhile", user.login)))
}
