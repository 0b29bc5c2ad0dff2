//! Steps of people about their own accounts. Owns what else happens with a
//! change of credentials, in the same transaction: sessions, tickets.

use async_trait::async_trait;
use grantd_core::audit::{Action, Stamp};
use grantd_core::authority::BrowserIdentity;
use grantd_core::ids::UserId;
use grantd_core::secret::SecretHash;
use grantd_core::store::{AccountStore, NotJoined, Stored, Taken};
use grantd_core::ticket::TicketKind;
use grantd_core::user::{
    Email, Language, NewUser, PasswordHash, SecondFactor, User, UserCredentials,
};

use super::change::{Change, Subject};
use super::{Engine, StoreOn, row, sessions, sign_in, users};
use crate::db::{Columns, DbResult, Params, Undo};
use crate::sql;

/// The circumstances of what somebody does in a browser.
pub(super) fn acting(who: &BrowserIdentity, stamp: Stamp) -> Stamp {
    Stamp {
        by: who.actor(),
        ..stamp
    }
}

#[async_trait]
impl<E: Engine> AccountStore for StoreOn<E> {
    async fn find_account(&self, id: UserId) -> Stored<Option<UserCredentials>> {
        self.engine
            .read(id, |db, id| {
                Box::pin(async move {
                    db.one(sql::own_accounts::FIND, &[&id.0], row::user_credentials)
                        .await
                })
            })
            .await
    }

    async fn set_own_password(
        &self,
        who: BrowserIdentity,
        hash: PasswordHash,
        stamp: Stamp,
    ) -> Stored<bool> {
        let (user, stamp) = (who.user.id, acting(&who, stamp));
        let of = (user, who.session, hash);
        self.engine
            .change_of(Some(user), stamp, of, |tx, (user, session, hash)| {
                Box::pin(async move {
                    set_password(tx, *user, hash, Action::PasswordChanged).await?;
                    sessions::carry_on(tx, *user, *session).await?;
                    Ok(true)
                })
            })
            .await
    }

    async fn set_own_factor(
        &self,
        who: BrowserIdentity,
        factor: Option<SecondFactor>,
        stamp: Stamp,
    ) -> Stored<bool> {
        let (user, stamp) = (who.user.id, acting(&who, stamp));
        let of = (user, who.session, factor);
        self.engine
            .change_of(Some(user), stamp, of, |tx, (user, session, factor)| {
                Box::pin(async move {
                    let set = sign_in::set_factor(tx, *user, factor.as_ref()).await?;
                    if set {
                        sessions::carry_on(tx, *user, *session).await?;
                    }
                    Ok(set)
                })
            })
            .await
    }

    async fn replace_recovery_codes(
        &self,
        user: UserId,
        codes: Vec<[u8; 32]>,
        stamp: Stamp,
    ) -> Stored<bool> {
        self.engine
            .change_of(Some(user), stamp, (user, codes), |tx, (user, codes)| {
                Box::pin(async move { Ok(replace_codes(tx, *user, codes).await?) })
            })
            .await
    }

    async fn set_verified_email(
        &self,
        user: UserId,
        email: Email,
        stamp: Stamp,
    ) -> Stored<Result<bool, Taken>> {
        self.engine
            .change_of(Some(user), stamp, (user, email), |tx, (user, email)| {
                Box::pin(set_email(tx, *user, email))
            })
            .await
    }

    async fn set_language(
        &self,
        user: UserId,
        language: Option<Language>,
        stamp: Stamp,
    ) -> Stored<bool> {
        let of = (user, language.map(Language::tag));
        self.engine
            .change_of(Some(user), stamp, of, |tx, (user, tag)| {
                Box::pin(async move {
                    let values: Params<'_> = &[tag, &tx.at().0, &user.0];
                    let set = tx.any(sql::own_accounts::SET_LANGUAGE, values).await?;
                    let (action, subject) = (Action::LanguageChanged, Subject::user(*user));
                    Ok(tx.audit_if(set, action, &subject).await?)
                })
            })
            .await
    }

    async fn reset_password(
        &self,
        ticket: SecretHash,
        user: UserId,
        hash: PasswordHash,
        stamp: Stamp,
    ) -> Stored<bool> {
        let of = (ticket, user, hash);
        self.engine
            .change_of(Some(user), stamp, of, |tx, (ticket, user, hash)| {
                Box::pin(async move {
                    let kind = TicketKind::PasswordReset;
                    if !sessions::take_of(tx, kind, *ticket, Some(*user)).await? {
                        return Ok(false);
                    }
                    set_password(tx, *user, hash, Action::PasswordReset).await?;
                    sessions::end_all_but(tx, *user, None).await?;
                    Ok(true)
                })
            })
            .await
    }

    async fn join(
        &self,
        kind: TicketKind,
        ticket: SecretHash,
        new: NewUser,
        stamp: Stamp,
    ) -> Stored<Result<User, NotJoined>> {
        self.engine
            .change(stamp, (kind, ticket, new), |tx, (kind, ticket, new)| {
                Box::pin(join(tx, *kind, *ticket, new))
            })
            .await
    }

    async fn has_users(&self) -> Stored<bool> {
        self.engine
            .read((), |db, ()| {
                Box::pin(db.any(sql::own_accounts::ANY_USER, &[]))
            })
            .await
    }
}

/// Who is asked for is there: the acting user's row is held.
async fn set_password(
    tx: &Change<'_>,
    user: UserId,
    hash: &PasswordHash,
    action: Action,
) -> DbResult<()> {
    let values: Params<'_> = &[&hash.0, &tx.at().0, &user.0];
    let set = tx.any(sql::users::SET_PASSWORD, values).await?;
    tx.audit_if(set, action, &Subject::user(user)).await?;
    Ok(())
}

async fn replace_codes(tx: &Change<'_>, user: UserId, codes: &[[u8; 32]]) -> DbResult<bool> {
    if !tx.any(sql::own_accounts::HAS_FACTOR, &[&user.0]).await? {
        return Ok(false);
    }
    tx.run(sql::sign_in::DELETE_RECOVERY_CODES, &[&user.0])
        .await?;
    sign_in::add_recovery_codes(tx, user, codes).await?;
    tx.audit(Action::RecoveryCodesReplaced, &Subject::user(user))
        .await?;
    Ok(true)
}

type EmailSet = Result<bool, Taken>;

async fn set_email(
    tx: &Change<'_>,
    user: UserId,
    email: &Email,
) -> Result<EmailSet, Undo<EmailSet>> {
    let read = |r: &dyn Columns| r.maybe::<String>(0);
    let keys: Params<'_> = &[&user.0];
    let Some(before) = tx.one(sql::own_accounts::EMAIL_KEY, keys, read).await? else {
        return Ok(Ok(false));
    };
    let key = email.key();
    let values: Params<'_> = &[&email.as_str(), &key.as_str(), &tx.at().0, &user.0];
    match tx.any(sql::own_accounts::SET_EMAIL, values).await {
        Err(error) if error.is_taken_key() => return Err(Undo::answer(Err(Taken::Email))),
        done => done?,
    };
    let subject = Subject::user(user);
    let changed = before.as_deref() != Some(key.as_str());
    tx.audit_if(changed, Action::EmailChanged, &subject).await?;
    tx.audit(Action::EmailVerified, &subject).await?;
    Ok(Ok(true))
}

type Joined = Result<User, NotJoined>;

async fn join(
    tx: &Change<'_>,
    kind: TicketKind,
    ticket: SecretHash,
    new: &NewUser,
) -> Result<Joined, Undo<Joined>> {
    if !sessions::take_of(tx, kind, ticket, None).await? {
        return Ok(Err(NotJoined::Spent));
    }
    let action = match kind {
        TicketKind::Setup => Action::SetupCompleted,
        TicketKind::SignUp => Action::SignedUp,
        _ => Action::InvitationUsed,
    };
    let is_setup = kind == TicketKind::Setup;
    if is_setup && tx.any(sql::own_accounts::ANY_USER, &[]).await? {
        return Err(Undo::answer(Err(NotJoined::NotFirst)));
    }
    let user = match users::insert(tx, new).await? {
        Ok(user) => user,
        Err(taken) => return Err(Undo::answer(Err(NotJoined::Taken(taken)))),
    };
    tx.audit(action, &Subject::user(user.id)).await?;
    Ok(Ok(user))
}
