//! Scopes: names, implication, and how a request may change them. Owns the
//! catalogue (GitHub's and the operator's own); must not know who holds what.

use std::collections::BTreeMap;
use std::fmt;

use crate::error::{Error, FieldError};

/// More scopes than this in one request are refused.
pub const MOST_SCOPES: usize = 100;

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

/// The three scope keys of a request to edit an authorization, as sent.
#[derive(Clone, Debug, Default)]
pub struct ScopeKeys {
    /// `scopes`; `Some(None)` is null, which means none.
    pub scopes: Option<Option<Vec<String>>>,
    /// `add_scopes`.
    pub add: Option<Vec<String>>,
    /// `remove_scopes`.
    pub remove: Option<Vec<String>>,
}

/// What is known of one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeDefinition {
    /// Scopes that it carries with it, directly.
    pub implies: Vec<String>,
    /// What it allows, in words for the consent page.
    pub words: String,
}

/// A scope that the operator defines is not usable.
#[derive(Debug, thiserror::Error)]
pub enum InvalidDefinition {
    /// The name has other characters than letters, digits, `:`, `_`, `-`, `.` and `/`.
    #[error("scope name `{0}` may hold only ASCII letters, digits and : _ - . /")]
    Name(String),
    /// It implies a scope that nobody defined.
    #[error("scope `{scope}` implies `{implied}`, which is not defined")]
    Unknown {
        /// The defined scope.
        scope: String,
        /// The missing one.
        implied: String,
    },
}

/// Every scope that this server knows.
#[derive(Clone, Debug)]
pub struct Catalogue(BTreeMap<String, ScopeDefinition>);

/// GitHub's scopes of both profiles: name, what it implies, its words.
const GITHUB: &[(&str, &[&str], &str)] = &[
    ("admin:business", &[], "Full control of enterprises"),
    (
        "admin:enterprise",
        &[
            "manage_runners:enterprise",
            "manage_billing:enterprise",
            "read:enterprise",
        ],
        "Full control of enterprises",
    ),
    (
        "admin:gpg_key",
        &["write:gpg_key"],
        "Full control of your GPG keys",
    ),
    (
        "admin:org",
        &["write:org"],
        "Full control of organizations and teams",
    ),
    ("admin:org_hook", &[], "Full control of organization hooks"),
    (
        "admin:pre_receive_hook",
        &[],
        "Full control of pre-receive hooks",
    ),
    (
        "admin:public_key",
        &["write:public_key"],
        "Full control of your public keys",
    ),
    (
        "admin:repo_hook",
        &["write:repo_hook"],
        "Full control of repository hooks",
    ),
    ("codespace", &[], "Create and manage codespaces"),
    ("delete:packages", &[], "Delete packages"),
    ("delete_repo", &[], "Delete repositories"),
    ("gist", &[], "Create gists"),
    (
        "manage_billing:enterprise",
        &[],
        "Read and write enterprise billing",
    ),
    (
        "manage_runners:enterprise",
        &[],
        "Manage enterprise runners",
    ),
    ("notifications", &[], "Read your notifications"),
    ("public_repo", &[], "Read and write public repositories"),
    ("read:discussion", &[], "Read team discussions"),
    ("read:enterprise", &[], "Read enterprise profiles"),
    ("read:gpg_key", &[], "Read your GPG keys"),
    ("read:org", &[], "Read organizations and teams"),
    ("read:packages", &[], "Download packages"),
    ("read:public_key", &[], "Read your public keys"),
    ("read:repo_hook", &[], "Read repository hooks"),
    ("read:user", &[], "Read your profile"),
    (
        "repo",
        &[
            "repo:status",
            "repo_deployment",
            "public_repo",
            "repo:invite",
            "security_events",
        ],
        "Full control of repositories",
    ),
    ("repo:invite", &[], "Accept repository invitations"),
    ("repo:status", &[], "Read and write commit statuses"),
    ("repo_deployment", &[], "Read and write deployment statuses"),
    ("security_events", &[], "Read and write security events"),
    ("site_admin", &[], "Administer this site"),
    (
        "user",
        &["read:user", "user:email", "user:follow"],
        "Read and write your profile",
    ),
    ("user:email", &[], "Read your e-mail addresses"),
    ("user:follow", &[], "Follow and unfollow users"),
    ("workflow", &[], "Update workflow files"),
    (
        "write:discussion",
        &["read:discussion"],
        "Read and write team discussions",
    ),
    ("write:gpg_key", &["read:gpg_key"], "Write your GPG keys"),
    (
        "write:org",
        &["read:org"],
        "Read and write organizations and teams",
    ),
    ("write:packages", &["read:packages"], "Upload packages"),
    (
        "write:public_key",
        &["read:public_key"],
        "Write your public keys",
    ),
    (
        "write:repo_hook",
        &["read:repo_hook"],
        "Write repository hooks",
    ),
];

impl Default for Catalogue {
    fn default() -> Self {
        let github = GITHUB.iter().map(|(name, implies, words)| {
            let implies = implies.iter().map(|name| (*name).to_owned()).collect();
            (
                (*name).to_owned(),
                ScopeDefinition {
                    implies,
                    words: (*words).to_owned(),
                },
            )
        });
        Self(github.collect())
    }
}

impl Catalogue {
    /// GitHub's scopes and the operator's own; an own one of the same name replaces GitHub's.
    ///
    /// # Errors
    /// A name has other characters, or an implied scope is not defined.
    pub fn with(
        own: impl IntoIterator<Item = (String, ScopeDefinition)>,
    ) -> Result<Self, InvalidDefinition> {
        let mut all = Self::default();
        for (name, definition) in own {
            let fits = !name.is_empty()
                && name.len() <= 100
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b":_-./".contains(&b));
            if !fits {
                return Err(InvalidDefinition::Name(name));
            }
            all.0.insert(name, definition);
        }
        for (scope, definition) in &all.0 {
            if let Some(implied) = definition
                .implies
                .iter()
                .find(|implied| !all.0.contains_key(*implied))
            {
                return Err(InvalidDefinition::Unknown {
                    scope: scope.clone(),
                    implied: implied.clone(),
                });
            }
        }
        Ok(all)
    }

    /// All definitions by name.
    pub fn definitions(&self) -> impl Iterator<Item = (&str, &ScopeDefinition)> {
        self.0
            .iter()
            .map(|(name, definition)| (name.as_str(), definition))
    }

    /// The scopes of these names, order kept, later repetitions dropped.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the unknown ones, as GitHub words it, or too many of them.
    pub fn parse(&self, names: &[String]) -> Result<Scopes, Error> {
        not_too_many(names)?;
        let unknown: Vec<&str> = names
            .iter()
            .map(String::as_str)
            .filter(|name| !self.0.contains_key(*name))
            .collect();
        if !unknown.is_empty() {
            return Err(invalid(format!(
                "scopes are invalid: {}",
                unknown.join(",")
            )));
        }
        Ok(Scopes::default().union(&Scopes(names.iter().cloned().map(Scope).collect())))
    }

    /// The change that the three keys of an edit ask for.
    ///
    /// `add_scopes` and `remove_scopes` may come together (the contract's own
    /// example sends both); `scopes` may not come with either.
    ///
    /// # Errors
    /// Keys that exclude one another, or unknown scopes in `scopes` or `add_scopes`.
    pub fn change(&self, keys: ScopeKeys) -> Result<ScopeChange, Error> {
        match keys {
            ScopeKeys {
                scopes: None,
                add: None,
                remove: None,
            } => Ok(ScopeChange::Keep),
            ScopeKeys {
                scopes: Some(scopes),
                add: None,
                remove: None,
            } => Ok(ScopeChange::Replace(
                self.parse(&scopes.unwrap_or_default())?,
            )),
            ScopeKeys {
                scopes: None,
                add,
                remove,
            } => {
                let remove = remove.unwrap_or_default();
                not_too_many(&remove)?;
                Ok(ScopeChange::Edit {
                    add: self.parse(&add.unwrap_or_default())?,
                    // Unknown names are taken: a scope that the operator no longer defines can still be removed.
                    remove: Scopes(remove.into_iter().map(Scope).collect()),
                })
            }
            ScopeKeys {
                scopes: Some(_), ..
            } => Err(invalid(
                "scopes, add_scopes and remove_scopes are mutually exclusive".into(),
            )),
        }
    }

    /// Whether `held` allows what `wanted` allows, by itself or by implication.
    pub fn covers(&self, held: &Scopes, wanted: &str) -> bool {
        held.iter()
            .any(|scope| self.reaches(scope.as_str(), wanted, self.0.len()))
    }

    fn reaches(&self, from: &str, wanted: &str, steps: usize) -> bool {
        from == wanted
            || steps > 0
                && self.0.get(from).is_some_and(|d| {
                    d.implies
                        .iter()
                        .any(|next| self.reaches(next, wanted, steps - 1))
                })
    }
}

fn not_too_many(names: &[String]) -> Result<(), Error> {
    if names.len() > MOST_SCOPES {
        return Err(invalid(format!(
            "scopes are limited to {MOST_SCOPES}; {} were supplied",
            names.len()
        )));
    }
    Ok(())
}

fn invalid(message: String) -> Error {
    FieldError::custom("scopes", message).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|name| (*name).to_owned()).collect()
    }

    fn message(error: Error) -> String {
        match error {
            Error::Invalid(errors) => errors[0].message.clone().unwrap_or_default(),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn order_and_redundancy_stay_and_repetitions_go() {
        let asked = [
            "repo",
            "gist",
            "write:packages",
            "read:packages",
            "delete:packages",
            "user",
            "delete_repo",
        ];
        let scopes = Catalogue::default().parse(&names(&asked)).unwrap();
        assert_eq!(scopes.join(","), asked.join(","));
        assert_eq!(
            Catalogue::default()
                .parse(&names(&["gist", "repo", "gist"]))
                .unwrap()
                .join(" "),
            "gist repo"
        );
    }

    #[test]
    fn unknown_scopes_are_named_in_the_order_they_came() {
        let error = Catalogue::default()
            .parse(&names(&["nope", "repo", "never"]))
            .unwrap_err();
        assert_eq!(message(error), "scopes are invalid: nope,never");
    }

    #[test]
    fn add_comes_before_remove_and_absent_removals_do_nothing() {
        let catalogue = Catalogue::default();
        let start = Scopes::from_stored("gist user");
        let edit = ScopeKeys {
            add: Some(names(&["repo", "gist"])),
            remove: Some(names(&["user", "workflow"])),
            ..Default::default()
        };
        assert_eq!(
            catalogue.change(edit).unwrap().apply(&start).to_stored(),
            "gist repo"
        );
        let all = ScopeKeys {
            remove: Some(names(&["gist", "user"])),
            ..Default::default()
        };
        assert_eq!(
            catalogue.change(all).unwrap().apply(&start),
            Scopes::default()
        );
    }

    #[test]
    fn scopes_excludes_the_other_two_keys() {
        for keys in [
            ScopeKeys {
                scopes: Some(None),
                add: Some(vec![]),
                remove: None,
            },
            ScopeKeys {
                scopes: Some(Some(vec![])),
                add: None,
                remove: Some(vec![]),
            },
        ] {
            let error = Catalogue::default().change(keys).unwrap_err();
            assert_eq!(
                message(error),
                "scopes, add_scopes and remove_scopes are mutually exclusive"
            );
        }
    }

    #[test]
    fn null_scopes_mean_none() {
        let keys = ScopeKeys {
            scopes: Some(None),
            ..Default::default()
        };
        assert_eq!(
            Catalogue::default().change(keys).unwrap(),
            ScopeChange::Replace(Scopes::default())
        );
    }

    #[test]
    fn a_parent_covers_its_children_all_the_way_down() {
        let catalogue = Catalogue::default();
        let held = Scopes::from_stored("admin:org");
        assert!(catalogue.covers(&held, "admin:org"));
        assert!(catalogue.covers(&held, "read:org"));
        assert!(!catalogue.covers(&held, "repo"));
        assert!(!catalogue.covers(&Scopes::from_stored("read:org"), "admin:org"));
    }

    #[test]
    fn an_operator_adds_scopes_and_is_told_of_loose_ends() {
        let define = |implies: &[&str]| ScopeDefinition {
            implies: names(implies),
            words: "Deploy".into(),
        };
        let own = Catalogue::with([("deploy:prod".to_owned(), define(&["repo"]))]).unwrap();
        assert!(own.covers(&Scopes::from_stored("deploy:prod"), "public_repo"));
        assert!(matches!(
            Catalogue::with([("a".to_owned(), define(&["b"]))]),
            Err(InvalidDefinition::Unknown { .. })
        ));
        assert!(matches!(
            Catalogue::with([("a b".to_owned(), define(&[]))]),
            Err(InvalidDefinition::Name(_))
        ));
        let circle = Catalogue::with([
            ("a".to_owned(), define(&["b"])),
            ("b".to_owned(), define(&["a"])),
        ])
        .unwrap();
        assert!(!circle.covers(&Scopes::from_stored("a"), "repo"));
    }
}
