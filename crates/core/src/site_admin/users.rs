//! Accounts: made, renamed, suspended, promoted, impersonated, deleted.

use super::{SiteAdmin, found, of_user};
use crate::authority::{Authority, Caller};
use crate::authorization::{Authorization, Issued};
use crate::authorizations::not_created;
use crate::error::{Error, FieldError, Forbidden, Result};
use crate::store::{NewImpersonation, Taken};
use crate::token::TokenKind;
use crate::user::{Email, Login, LoginKey, NewUser, User};

/// Longer reasons nobody reads.
const LONGEST_REASON: usize = 1_000;

/// A new account as it is asked for.
#[derive(Clone, Debug, Default)]
pub struct AccountWish {
    /// The name; what cannot stand in a login becomes `-`.
    pub login: String,
    /// The address; the admin vouches for it.
    pub email: Option<String>,
}

impl Authority {
    /// Makes an account without a password: nobody signs in to it before a password is set by a mailed link or by an
    /// operator.
    ///
    /// # Errors
    /// `Invalid`: the login or the address is missing, unusable or taken.
    pub async fn create_account(
        &self,
        who: &SiteAdmin,
        wish: AccountWish,
        caller: &Caller,
    ) -> Result<User> {
        let (login, email) = (login(&wish.login), email(wish.email.as_deref()));
        let (login, email) = match (login, email) {
            (Ok(login), Ok(email)) => (login, email),
            (login, email) => {
                let errors = [login.err(), email.err()];
                return Err(Error::Invalid(errors.into_iter().flatten().collect()));
            }
        };
        let new = NewUser {
            login,
            email: Some(email),
            email_verified: true,
            password_hash: self.sign_in.decoy(),
            site_admin: false,
            second_factor: None,
        };
        let stamp = self.done_by(who, caller);
        let made = self.store.create_user(new, stamp).await?;
        made.map_err(|taken| taken_name(taken).into())
    }

    /// Gives a user another login; the one before is free.
    ///
    /// # Errors
    /// `NotFound`; `Invalid`: the login is missing, unusable or taken.
    pub async fn rename_account(
        &self,
        who: &SiteAdmin,
        user: &str,
        to: &str,
        caller: &Caller,
    ) -> Result<User> {
        let user = self.account_of(user).await?;
        let stamp = self.done_by(who, caller);
        let renamed = self.store.rename_user(user.id, login(to)?, stamp).await?;
        let renamed = renamed.ok_or(Error::NotFound)?;
        renamed.map_err(|taken| taken_name(taken).into())
    }

    /// Deletes a user with everything that is theirs, their apps included.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden(Yourself)`.
    pub async fn delete_account(&self, who: &SiteAdmin, user: &str, caller: &Caller) -> Result<()> {
        let user = self.other_account(who, user).await?;
        let stamp = self.done_by(who, caller);
        found(self.store.delete_user(user.id, stamp).await?)
    }

    /// Suspends or unsuspends a user: nothing of a suspended user's is accepted. What is so already stays so. The
    /// reason goes into the audit trail.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden(Yourself)`; `Invalid` for a reason that is too long.
    pub async fn suspend_account(
        &self,
        who: &SiteAdmin,
        user: &str,
        suspended: bool,
        reason: Option<String>,
        caller: &Caller,
    ) -> Result<()> {
        let reason = check_reason(reason)?.unwrap_or_else(|| {
            let done = if suspended {
                "Suspended"
            } else {
                "Unsuspended"
            };
            format!("{done} via API by {}", who.user().login)
        });
        let user = self.other_account(who, user).await?;
        let mut stamp = self.done_by(who, caller);
        stamp.reason = Some(reason);
        self.store
            .set_user_suspended(user.id, suspended, stamp)
            .await?;
        Ok(())
    }

    /// Makes a user a site admin, or no longer; the user's sessions end with a change. What is so already stays so.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden(Yourself)` for one's own demotion.
    pub async fn promote_account(
        &self,
        who: &SiteAdmin,
        user: &str,
        site_admin: bool,
        caller: &Caller,
    ) -> Result<()> {
        let user = match site_admin {
            true => self.account_of(user).await?,
            false => self.other_account(who, user).await?,
        };
        let stamp = self.done_by(who, caller);
        self.store
            .set_site_admin(user.id, site_admin, stamp)
            .await?;
        Ok(())
    }

    /// A token in the user's name for the admin, shown this once; the one before it is over. Whether there was one.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for scopes that nobody knows.
    pub async fn impersonate(
        &self,
        who: &SiteAdmin,
        user: &str,
        scopes: &[String],
        caller: &Caller,
    ) -> Result<(Issued<Authorization>, bool)> {
        let scopes = self.scopes.parse(scopes)?;
        let user = self.account_of(user).await?;
        let token = self.tokens.generate(TokenKind::OAuthApp, &*self.entropy);
        let new = NewImpersonation {
            user_id: user.id,
            token_hash: token.hash(),
            token_last_eight: token.last_eight(),
            scopes,
            expires_at: self.policy.lifetimes.unasked(self.clock.now()),
        };
        let stamp = self.done_by(who, caller);
        let made = self.store.impersonate(new, stamp).await?;
        let made = made.ok_or(Error::NotFound)?.map_err(not_created)?;
        let value = made.authorization;
        Ok((Issued { value, token }, made.replaced))
    }

    /// Ends the impersonation of a user.
    ///
    /// # Errors
    /// `NotFound`, also when there is none.
    pub async fn end_impersonation(
        &self,
        who: &SiteAdmin,
        user: &str,
        caller: &Caller,
    ) -> Result<()> {
        let user = self.account_of(user).await?;
        let stamp = self.done_by(who, caller);
        found(self.store.end_impersonation(user.id, stamp).await?)
    }

    pub(super) async fn account_of(&self, login: &str) -> Result<User> {
        let found = self.store.find_user(&LoginKey::of(login)).await?;
        found.ok_or(Error::NotFound)
    }

    async fn other_account(&self, who: &SiteAdmin, login: &str) -> Result<User> {
        let user = self.account_of(login).await?;
        match user.id == who.user().id {
            true => Err(Error::Forbidden(Forbidden::Yourself)),
            false => Ok(user),
        }
    }
}

/// A login as GitHub Enterprise Server makes it of what is asked for.
fn login(text: &str) -> Result<Login, FieldError> {
    if text.is_empty() {
        return Err(of_user(FieldError::missing("login")));
    }
    let normal: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    Login::parse(&normal).map_err(|_| of_user(FieldError::custom("login", LOGIN_WORDS)))
}

const LOGIN_WORDS: &str = "login may only contain alphanumeric characters or hyphens, cannot begin or end with a hyphen, and has at most 39 characters";

fn email(text: Option<&str>) -> Result<Email, FieldError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Err(of_user(FieldError::missing("email")));
    };
    Email::parse(text).map_err(|why| of_user(FieldError::custom("email", why.to_string())))
}

fn taken_name(taken: Taken) -> FieldError {
    of_user(FieldError::already_exists(match taken {
        Taken::Email => "email",
        _ => "login",
    }))
}

fn check_reason(reason: Option<String>) -> Result<Option<String>, FieldError> {
    let reason = reason.filter(|reason| !reason.trim().is_empty());
    let fits = |reason: &String| {
        reason.len() <= LONGEST_REASON && !reason.chars().any(|c| c.is_control() && c != '\n')
    };
    match reason {
        Some(reason) if !fits(&reason) => {
            let words = "reason has at most 1000 bytes and no control characters";
            Err(of_user(FieldError::custom("reason", words)))
        }
        reason => Ok(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_normalised_as_documented() {
        for (asked, made) in [
            ("octocat", "octocat"),
            ("Octo_Cat", "Octo-Cat"),
            ("octo.cat@example", "octo-cat-example"),
        ] {
            assert_eq!(login(asked).unwrap().as_str(), made);
        }
        assert_eq!(login("").unwrap_err().code, "missing_field");
        for bad in ["_octocat", "octocat.", "é", &"a".repeat(40)] {
            let error = login(bad).unwrap_err();
            assert_eq!((error.resource, error.code), ("User", "custom"), "{bad}");
        }
    }

    #[test]
    fn reasons_are_plain_and_short() {
        assert_eq!(check_reason(None).unwrap(), None);
        assert_eq!(check_reason(Some(" ".to_owned())).unwrap(), None);
        let good = Some("left\nlast week".to_owned());
        assert_eq!(check_reason(good.clone()).unwrap(), good);
        for bad in ["a\0b".to_owned(), "a".repeat(1_001)] {
            assert_eq!(check_reason(Some(bad)).unwrap_err().field, "reason");
        }
    }
}
