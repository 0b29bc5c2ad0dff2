//! A row as another authority wrote it, and its judgement. Owns what a text
//! must be like to come along; must not know which form of file it stood in.

use std::collections::BTreeMap;

use crate::app::{AppSettings, ClientId, PERSONAL_CLIENT_ID};
use crate::clock::Timestamp;
use crate::developer;
use crate::error::{Error, FieldError};
use crate::fingerprint::Fingerprint;
use crate::note::{Note, NoteUrl};
use crate::redirect_uri::check_callback;
use crate::scope::{Catalogue, Scopes};
use crate::secret::{Secret, SecretHash};
use crate::token::{
    ForeignShape, InvalidShape, SaltedHash, Token, TokenFormat, TokenHash, TokenLastEight,
};
use crate::user::Login;

use super::{ImportedApp, ImportedToken, Refusal};

/// Fewer characters than this are no secret that was drawn: 128 bits at six bits each.
const SHORTEST_SECRET: usize = 22;

/// What the judgement of rows rests on.
pub struct Rules<'r> {
    /// Which scopes there are.
    pub scopes: &'r Catalogue,
    /// What the other authority's scopes are called here; a name that becomes nothing is left out.
    pub scope_names: &'r BTreeMap<String, Vec<String>>,
    /// Which strings are looked up.
    pub tokens: &'r TokenFormat,
    /// Now.
    pub now: Timestamp,
}

/// How a row knows its token.
pub enum TokenAs {
    /// The token itself.
    Clear(Secret),
    /// SHA-256, 64 hex digits; or a salted hash in its written form.
    Sha256(String),
    /// A salted hash.
    Salted(SaltedHash),
}

/// How a row knows an app's secret.
pub enum GivenSecret {
    /// The secret itself.
    Clear(Secret),
    /// SHA-256, 64 hex digits.
    Sha256(String),
    /// There is none: a public app.
    None,
}

/// A token as a row has it.
pub struct GivenToken {
    /// The owner's login.
    pub login: String,
    /// The app's client id; none, empty or twenty zeros for a personal access token.
    pub client_id: Option<String>,
    /// How it is found.
    pub token: TokenAs,
    /// Its last eight characters, if they are known; a clear token knows its own.
    pub last_eight: String,
    /// What it is for.
    pub note: Option<String>,
    /// Where to read more.
    pub note_url: Option<String>,
    /// By the other authority's names.
    pub scopes: Vec<String>,
    /// Tells several of one app apart.
    pub fingerprint: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// An app as a row has it.
pub struct GivenApp {
    /// Its public name.
    pub client_id: String,
    /// The name people see.
    pub name: String,
    /// The homepage.
    pub url: String,
    /// What it is for.
    pub description: Option<String>,
    /// Where codes may be sent.
    pub callback_urls: Vec<String>,
    /// The owner's login.
    pub owner: String,
    /// How its secret is known.
    pub secret: GivenSecret,
    /// The only scopes of its tokens, by the other authority's names.
    pub allowed_scopes: Option<Vec<String>>,
    /// How its flows work, but for the scopes.
    pub settings: AppSettings,
    /// Since when it is suspended.
    pub suspended_at: Option<Timestamp>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Rules<'_> {
    /// The token, if nothing but the store can be against it.
    ///
    /// # Errors
    /// Why it cannot come along.
    pub fn token(&self, given: GivenToken) -> Result<ImportedToken, Refusal> {
        if given.expires_at.is_some_and(|end| end <= self.now) {
            return Err(Refusal::Expired);
        }
        let owner = login(&given.login)?;
        let client_id = given.client_id.filter(|id| !id.is_empty());
        let client_id = client_id
            .filter(|id| id != PERSONAL_CLIENT_ID)
            .map(|id| ClientId::parse(&id).map_err(|_| Refusal::InvalidClientId(id)))
            .transpose()?;
        let (token_hash, last_eight, salted) = match read(given.token) {
            TokenAs::Clear(secret) => {
                let token = self.presentable(&secret)?;
                (token.hash(), token.last_eight(), None)
            }
            TokenAs::Sha256(hex) => {
                let hash = sha256(&hex).ok_or(Refusal::NoHash)?;
                (hash, last(given.last_eight)?, None)
            }
            TokenAs::Salted(salted) => {
                let last = self.salted_last(given.last_eight, client_id.is_some())?;
                (salted.stand_in(), last, Some(salted))
            }
        };
        let note = given.note.map(Note::parse).transpose().map_err(worded)?;
        if client_id.is_none() && note.as_ref().is_none_or(Note::is_blank) {
            return Err(Refusal::NoNote);
        }
        Ok(ImportedToken {
            owner: owner.key(),
            client_id,
            token_hash,
            salted,
            token_last_eight: last_eight,
            note,
            note_url: given
                .note_url
                .map(NoteUrl::parse)
                .transpose()
                .map_err(worded)?,
            scopes: self.scopes(given.scopes)?,
            fingerprint: Fingerprint::parse(given.fingerprint).map_err(worded)?,
            created_at: given.created_at,
            updated_at: given.updated_at.max(given.created_at),
            expires_at: given.expires_at,
        })
    }

    /// The app, if nothing but the store can be against it, and the callbacks that were left out
    /// because no app here could have them.
    ///
    /// # Errors
    /// Why it cannot come along.
    pub fn app(&self, given: GivenApp) -> Result<(ImportedApp, Vec<String>), Refusal> {
        let client_id = ClientId::parse(&given.client_id)
            .map_err(|_| Refusal::InvalidClientId(given.client_id))?;
        let owner = login(&given.owner)?;
        let secret_hash = match given.secret {
            GivenSecret::None => None,
            GivenSecret::Clear(secret) if secret.expose().len() < SHORTEST_SECRET => {
                return Err(Refusal::WeakSecret);
            }
            GivenSecret::Clear(secret) => Some(secret.hash()),
            GivenSecret::Sha256(hex) => {
                let hash = sha256(&hex).ok_or(Refusal::UnknownSecretScheme)?;
                Some(SecretHash(hash.0))
            }
        };
        let (kept, dropped): (Vec<_>, Vec<_>) = given
            .callback_urls
            .into_iter()
            .partition(|callback| check_callback(callback).is_ok());
        let description = given.description.as_deref();
        let mut errors = developer::check(Some(&given.name), Some(&given.url), description, None);
        if let Some(error) = errors.pop() {
            return Err(worded(error));
        }
        let allowed = given.allowed_scopes.map(|names| self.scopes(names));
        let app = ImportedApp {
            client_id,
            name: given.name,
            url: given.url,
            description: given.description,
            callback_urls: kept,
            owner: owner.key(),
            secret_hash,
            settings: AppSettings {
                allowed_scopes: allowed.transpose()?,
                ..given.settings
            },
            suspended_at: given.suspended_at,
            created_at: given.created_at,
            updated_at: given.updated_at.max(given.created_at),
        };
        Ok((app, dropped))
    }

    /// A token that will be looked up when somebody presents it.
    fn presentable(&self, secret: &Secret) -> Result<Token, Refusal> {
        let text = secret.expose();
        if let Some(token) = self.tokens.parse(text) {
            return Ok(token);
        }
        Err(match ForeignShape::of(text) {
            _ if text.is_empty() => Refusal::NoHash,
            Some(Err(InvalidShape::Weak(_))) => Refusal::WeakToken,
            Some(Ok(shape)) => Refusal::UndeclaredShape(shape),
            _ => Refusal::ForeignShape,
        })
    }

    /// A salted hash is found by the end of its token, where tokens of that shape are looked up.
    fn salted_last(&self, text: String, of_app: bool) -> Result<TokenLastEight, Refusal> {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if of_app || text.len() != 8 || !text.bytes().all(hex) {
            return Err(Refusal::NoHash);
        }
        match self.tokens.parse(&"0".repeat(40)) {
            Some(_) => last(text),
            None => Err(Refusal::HexNotAccepted),
        }
    }

    fn scopes(&self, names: Vec<String>) -> Result<Scopes, Refusal> {
        let mut ours = Vec::with_capacity(names.len());
        for name in names {
            match self.scope_names.get(&name) {
                Some(mapped) => ours.extend(mapped.iter().cloned()),
                None => ours.push(name),
            }
        }
        let unknown = self.scopes.unknown(&ours);
        if !unknown.is_empty() {
            return Err(Refusal::UnknownScopes(unknown.join(",")));
        }
        self.scopes.parse(&ours).map_err(|error| match error {
            Error::Invalid(mut errors) if !errors.is_empty() => worded(errors.remove(0)),
            other => Refusal::Text(other.to_string()),
        })
    }
}

/// A salted hash may stand where a hash stands.
fn read(token: TokenAs) -> TokenAs {
    match &token {
        TokenAs::Sha256(text) => SaltedHash::parse(text).map_or(token, TokenAs::Salted),
        _ => token,
    }
}

fn login(text: &str) -> Result<Login, Refusal> {
    if text.is_empty() {
        return Err(Refusal::NoOwner);
    }
    Login::parse(text).map_err(|_| Refusal::InvalidLogin(text.to_owned()))
}

/// SHA-256 as it is written; the hash of nothing at all is none.
fn sha256(hex: &str) -> Option<TokenHash> {
    TokenHash::parse(hex).filter(|hash| !hash.is_stand_in())
}

fn last(text: String) -> Result<TokenLastEight, Refusal> {
    let good = text.len() <= 8 && text.bytes().all(|byte| byte.is_ascii_graphic());
    match good {
        true => Ok(TokenLastEight(text)),
        false => Err(Refusal::Text(
            "token_last_eight has at most eight plain characters".to_owned(),
        )),
    }
}

fn worded(error: FieldError) -> Refusal {
    let words = error.message;
    Refusal::Text(words.unwrap_or_else(|| format!("{} is not usable", error.field)))
}
