//! Scopes: lists of names and how they change. Owns their order; which names
//! there are, and which imply which, is the [`Catalogue`]'s. Must not know who
//! holds what.

mod catalogue;
mod github;

use std::fmt;

pub use catalogue::{Catalogue, InvalidDefinition, MOST_SCOPES, ScopeDefinition, ScopeKeys};

/// One scope's name, as it is written on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct Scope(String);

impl Scope {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Scopes in the order in which they were asked for, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// What the store wrote: names separated by spaces.
    pub fn from_stored(text: &str) -> Self {
        Self(
            text.split_ascii_whitespace()
                .map(|name| Scope(name.to_owned()))
                .collect(),
        )
    }

    /// The stored form: names separated by spaces, in order.
    pub fn to_stored(&self) -> String {
        self.join(" ")
    }

    /// The scopes in order.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter()
    }

    /// Whether this very scope is listed (implication is [`Catalogue::covers`]).
    pub fn contains(&self, scope: &Scope) -> bool {
        self.0.contains(scope)
    }

    /// Adds what `others` has and this has not, in its order.
    pub fn union(mut self, others: &Self) -> Self {
        for scope in &others.0 {
            if !self.contains(scope) {
                self.0.push(scope.clone());
            }
        }
        self
    }

    /// Takes away what `others` lists; the rest keeps its order.
    pub fn without(mut self, others: &Self) -> Self {
        self.0.retain(|scope| !others.contains(scope));
        self
    }

    /// Keeps what `others` lists too, in its own order.
    pub fn intersection(mut self, others: &Self) -> Self {
        self.0.retain(|scope| others.contains(scope));
        self
    }

    /// The same set in alphabetical order: for `X-OAuth-Scopes`, and to compare sets.
    pub fn sorted(&self) -> Self {
        let mut sorted = self.0.clone();
        sorted.sort();
        Self(sorted)
    }

    /// The names with `separator` between them.
    pub fn join(&self, separator: &str) -> String {
        let names: Vec<&str> = self.0.iter().map(Scope::as_str).collect();
        names.join(separator)
    }
}

/// A change of an authorization's scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ScopeChange {
    /// None asked for.
    #[default]
    Keep,
    /// `scopes`: these instead.
    Replace(Scopes),
    /// `add_scopes` and `remove_scopes`: first add, then remove.
    Edit {
        /// Appended where missing.
        add: Scopes,
        /// Deleted where present.
        remove: Scopes,
    },
}

impl ScopeChange {
    /// The scopes after the change.
    pub fn apply(&self, scopes: &Scopes) -> Scopes {
        match self {
            Self::Keep => scopes.clone(),
            Self::Replace(new) => new.clone(),
            Self::Edit { add, remove } => scopes.clone().union(add).without(remove),
        }
    }
}
