//! What a user does with authorizations: create, get-or-create, list, edit,
//! delete. Owns the rules of the documentation's sections "Create a new
//! authorization" to "Delete an authorization"; every function asks for a
//! [`PasswordIdentity`], so no route can forget that a token will not do.

use crate::app::{App, AppCredentials, ClientId};
use crate::authority::{Authority, Caller};
use crate::authorization::{Authorization, AuthorizationEdit, Issued, NewAuthorization};
use crate::error::{Error, FieldError, Result, Throttle};
use crate::fingerprint::Fingerprint;
use crate::ids::AuthorizationId;
use crate::login::PasswordIdentity;
use crate::note::{Note, NoteUrl};
use crate::scope::{ScopeChange, ScopeKeys, Scopes};
use crate::secret::Secret;
use crate::store::{GotOrCreated, NotCreated, OwnedAuthorization, Page, PageRequest, Taken};
use crate::token::{Token, TokenKind};
use crate::user::User;

/// The body of a creation, types already right.
#[derive(Default)]
pub struct AuthorizationRequest {
    /// `scopes`; null and absent mean none.
    pub scopes: Option<Vec<String>>,
    /// `note`.
    pub note: Option<String>,
    /// `note_url`.
    pub note_url: Option<String>,
    /// `fingerprint`.
    pub fingerprint: Option<String>,
}

/// The body of an edit, types already right.
#[derive(Default)]
pub struct EditRequest {
    /// `scopes`, `add_scopes`, `remove_scopes`.
    pub scopes: ScopeKeys,
    /// `note`; `Some(None)` is null.
    pub note: Option<Option<String>>,
    /// `note_url`; `Some(None)` is null.
    pub note_url: Option<Option<String>>,
    /// `fingerprint`; `Some(None)` is null.
    pub fingerprint: Option<Option<String>>,
}

/// What a get-or-create came to.
pub enum Obtained {
    /// New, with its token.
    Created(Issued<Authorization>),
    /// It was there, returned unchanged, without its token.
    Existing(Authorization),
}

/// `client_id` and `client_secret` longer than these can name no app of GitHub's (its schema's limits).
const CLIENT_ID_LENGTH: usize = 20;
const CLIENT_SECRET_LENGTH: usize = 40;

impl Authority {
    /// Creates an authorization: a personal access token, or with `client`
    /// (client id and secret, either non-empty) one for that app.
    ///
    /// # Errors
    /// `Schema` or `InvalidApp` for the client, then `Invalid` for the rest;
    /// `Throttled(Creations)` where an hourly limit is set.
    pub async fn create_authorization(
        &self,
        user: &PasswordIdentity,
        client: (&str, &Secret),
        request: AuthorizationRequest,
        caller: &Caller,
    ) -> Result<Issued<Authorization>> {
        let app = match client {
            (id, secret) if id.is_empty() && secret.is_empty() => None,
            (id, secret) => Some(self.app_of_request(id, secret).await?),
        };
        let (new, token) = self.prepare(user.user(), app.as_ref(), request)?;
        let stamp = self.stamp(user.actor(), caller);
        match self
            .store
            .create_authorization(new, self.policy.mint_limits, stamp)
            .await?
        {
            Ok(value) => Ok(Issued { value, token }),
            Err(refusal) => Err(not_created(refusal)),
        }
    }

    /// Returns the user's authorization for an app and fingerprint, or creates it.
    ///
    /// # Errors
    /// As [`Authority::create_authorization`].
    pub async fn get_or_create_authorization(
        &self,
        user: &PasswordIdentity,
        client: (&str, &Secret),
        request: AuthorizationRequest,
        caller: &Caller,
    ) -> Result<Obtained> {
        let app = self.app_of_request(client.0, client.1).await?;
        let (new, token) = self.prepare(user.user(), Some(&app), request)?;
        let stamp = self.stamp(user.actor(), caller);
        match self
            .store
            .get_or_create_authorization(new, self.policy.mint_limits, stamp)
            .await?
        {
            Ok(GotOrCreated::Created(value)) => Ok(Obtained::Created(Issued { value, token })),
            Ok(GotOrCreated::Existing(value)) => Ok(Obtained::Existing(value)),
            Err(refusal) => Err(not_created(refusal)),
        }
    }

    /// The app whose credentials a user's request carries.
    async fn app_of_request(&self, client_id: &str, secret: &Secret) -> Result<App> {
        let found = match ClientId::parse(client_id) {
            Ok(client_id) => self.store.find_app(&client_id).await?,
            Err(_) => None,
        };
        let right = AppCredentials::proves(found.as_ref(), &secret.hash(), self.clock.now());
        if let Some(found) = found.filter(|found| right && found.app.suspended_at.is_none()) {
            return Ok(found.app);
        }
        // The contract's lengths bind only values that name no app here: imported ids and secrets may be longer.
        let too_long = |field: &str, length: usize, most: usize| {
            (length > most).then(|| format!("For 'properties/{field}', Only {most} characters are allowed; {length} were supplied."))
        };
        let lines: Vec<String> = [
            too_long("client_id", client_id.chars().count(), CLIENT_ID_LENGTH),
            too_long(
                "client_secret",
                secret.expose().chars().count(),
                CLIENT_SECRET_LENGTH,
            ),
        ]
        .into_iter()
        .flatten()
        .collect();
        Err(if lines.is_empty() {
            Error::InvalidApp
        } else {
            Error::Schema(lines)
        })
    }

    /// Checks a creation's fields, all of them, and mints the token.
    pub(crate) fn prepare(
        &self,
        user: &User,
        app: Option<&App>,
        request: AuthorizationRequest,
    ) -> Result<(NewAuthorization, Token)> {
        let mut errors = Vec::new();
        if self.policy.require_verified_email && !user.email_verified {
            let words =
                "user must have a verified email address in order to authenticate via OAuth";
            errors.push(FieldError::custom("user", words));
        }
        let note = gather(&mut errors, request.note.map(Note::parse).transpose()).flatten();
        if app.is_none()
            && note.as_ref().is_none_or(Note::is_blank)
            && errors.iter().all(|error| error.field != "description")
        {
            errors.push(FieldError::missing("description"));
        }
        let scopes = gather_all(
            &mut errors,
            self.scopes.parse(&request.scopes.unwrap_or_default()),
        );
        if let (Some(app), Some(scopes)) = (app, &scopes) {
            errors.extend(self.beyond_what_is_allowed(app, scopes));
        }
        let note_url = gather(
            &mut errors,
            request.note_url.map(NoteUrl::parse).transpose(),
        )
        .flatten();
        let fingerprint = gather(&mut errors, Fingerprint::parse(request.fingerprint));
        if !errors.is_empty() {
            return Err(Error::Invalid(errors));
        }
        let kind = if app.is_some() {
            TokenKind::OAuthApp
        } else {
            TokenKind::Personal
        };
        let token = self.tokens.generate(kind, &*self.entropy);
        let new = NewAuthorization {
            user_id: user.id,
            app_id: app.map(|app| app.id),
            token_hash: token.hash(),
            token_last_eight: token.last_eight(),
            note,
            note_url,
            scopes: scopes.unwrap_or_default(),
            fingerprint: fingerprint.unwrap_or_default(),
            expires_at: self.policy.lifetimes.unasked(self.clock.now()),
        };
        Ok((new, token))
    }

    /// The user's authorization with this id.
    ///
    /// # Errors
    /// `NotFound`, also for another user's.
    pub async fn authorization(
        &self,
        user: &PasswordIdentity,
        id: AuthorizationId,
    ) -> Result<OwnedAuthorization> {
        self.store
            .find_authorization(user.user().id, id)
            .await?
            .ok_or(Error::NotFound)
    }

    /// A page of the user's authorizations, of one app if asked.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn authorizations(
        &self,
        user: &PasswordIdentity,
        client_id: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<Authorization>> {
        Ok(self
            .store
            .list_authorizations(user.user().id, client_id, page)
            .await?)
    }

    /// Edits the user's authorization.
    ///
    /// # Errors
    /// `NotFound`, or `Invalid`: a blank note on a personal access token, scope
    /// keys that exclude one another, unknown scopes, a value that is taken.
    pub async fn edit_authorization(
        &self,
        user: &PasswordIdentity,
        id: AuthorizationId,
        request: EditRequest,
        caller: &Caller,
    ) -> Result<Authorization> {
        let before = self.authorization(user, id).await?.authorization;
        let edit = self.check_edit(&before, request)?;
        if let (Some(app), true) = (&before.app, edit.scopes != ScopeChange::Keep) {
            let found = self.store.find_app(&app.client_id).await?;
            let app = found.ok_or(Error::NotFound)?.app;
            let added = edit.scopes.apply(&before.scopes).without(&before.scopes);
            if let Some(error) = self.beyond_what_is_allowed(&app, &added) {
                return Err(error.into());
            }
        }
        let stamp = self.stamp(user.actor(), caller);
        match self
            .store
            .edit_authorization(user.user().id, id, edit, stamp)
            .await?
        {
            Some(Ok(after)) => Ok(after),
            Some(Err(taken)) => Err(already_exists(taken).into()),
            None => Err(Error::NotFound),
        }
    }

    /// What an app's token would have beyond [`allowed_scopes`](crate::app::AppSettings::allowed_scopes).
    fn beyond_what_is_allowed(&self, app: &App, scopes: &Scopes) -> Option<FieldError> {
        let allowed = app.settings.allowed_scopes.as_ref()?;
        let beyond = scopes.clone().without(&self.scopes.within(scopes, allowed));
        let names = beyond.join(",");
        let words = || format!("scopes are not allowed for this application: {names}");
        (!names.is_empty()).then(|| FieldError::custom("scopes", words()))
    }

    pub(crate) fn check_edit(
        &self,
        before: &Authorization,
        request: EditRequest,
    ) -> Result<AuthorizationEdit> {
        let mut errors = Vec::new();
        let note = gather(
            &mut errors,
            request
                .note
                .map(|note| note.map(Note::parse).transpose())
                .transpose(),
        )
        .flatten();
        let personal = before.app.is_none();
        if personal
            && note
                .as_ref()
                .is_some_and(|note| note.as_ref().is_none_or(Note::is_blank))
        {
            errors.push(FieldError::missing("description"));
        }
        let scopes: Option<ScopeChange> =
            gather_all(&mut errors, self.scopes.change(request.scopes));
        let note_url = gather(
            &mut errors,
            request
                .note_url
                .map(|url| url.map(NoteUrl::parse).transpose())
                .transpose(),
        )
        .flatten();
        let fingerprint = gather(
            &mut errors,
            request.fingerprint.map(Fingerprint::parse).transpose(),
        )
        .flatten();
        if !errors.is_empty() {
            return Err(Error::Invalid(errors));
        }
        Ok(AuthorizationEdit {
            note,
            note_url,
            scopes: scopes.unwrap_or_default(),
            fingerprint,
        })
    }

    /// Deletes the user's authorization; its token is dead at once.
    ///
    /// # Errors
    /// `NotFound`, also for another user's.
    pub async fn delete_authorization(
        &self,
        user: &PasswordIdentity,
        id: AuthorizationId,
        caller: &Caller,
    ) -> Result<()> {
        let deleted = self
            .store
            .delete_authorization(user.user().id, id, self.stamp(user.actor(), caller))
            .await?;
        if deleted {
            Ok(())
        } else {
            Err(Error::NotFound)
        }
    }
}

/// The value, or its error put with the others.
fn gather<T>(errors: &mut Vec<FieldError>, result: Result<T, FieldError>) -> Option<T> {
    result.map_err(|error| errors.push(error)).ok()
}

/// As [`gather`], for rules that may have several errors. These rules fail with `Invalid` only.
fn gather_all<T>(errors: &mut Vec<FieldError>, result: Result<T>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(Error::Invalid(more)) => {
            errors.extend(more);
            None
        }
        Err(other) => {
            errors.push(FieldError::custom("scopes", other.to_string()));
            None
        }
    }
}

pub(crate) fn already_exists(taken: Taken) -> FieldError {
    FieldError::already_exists(match taken {
        Taken::Fingerprint => "fingerprint",
        // A note's inner name is `description`, and so it stands in GitHub's errors.
        _ => "description",
    })
}

pub(crate) fn not_created(refusal: NotCreated) -> Error {
    match refusal {
        NotCreated::Taken(taken) => already_exists(taken).into(),
        NotCreated::TooMany => Error::Throttled {
            kind: Throttle::Creations,
            retry_after: 3_600,
        },
        NotCreated::NoApp => Error::InvalidApp,
    }
}
