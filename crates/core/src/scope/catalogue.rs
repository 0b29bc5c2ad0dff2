//! Which scopes there are, GitHub's and the operator's own, and what a request
//! may do with them. Owns implication and the words of scope errors.

use std::collections::BTreeMap;

use super::{Scope, ScopeChange, Scopes, github};
use crate::error::{Error, FieldError};

/// More scopes than this in one request are refused.
pub const MOST_SCOPES: usize = 100;

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

impl Default for Catalogue {
    fn default() -> Self {
        let github = github::SCOPES.iter().map(|(name, implies, words)| {
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
        let unknown = self.unknown(names);
        if !unknown.is_empty() {
            return Err(invalid(format!(
                "scopes are invalid: {}",
                unknown.join(",")
            )));
        }
        Ok(Scopes::default().union(&Scopes(names.iter().cloned().map(Scope).collect())))
    }

    /// Those of the names that are no scope's.
    pub(crate) fn unknown<'n>(&self, names: &'n [String]) -> Vec<&'n str> {
        let names = names.iter().map(String::as_str);
        names.filter(|name| !self.0.contains_key(*name)).collect()
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

    /// Whether `held` allows what each of `wanted` allows.
    pub fn covers_all(&self, held: &Scopes, wanted: &Scopes) -> bool {
        wanted.iter().all(|scope| self.covers(held, scope.as_str()))
    }

    /// The scopes of a `scope` parameter, separated by spaces or commas: unknown names are dropped,
    /// as the flows do, and so are those that another one implies.
    pub fn requested(&self, text: &str) -> Scopes {
        let names = text.split(|c: char| c == ',' || c.is_ascii_whitespace());
        let known = names.filter(|name| self.0.contains_key(*name));
        let scopes = known.fold(Scopes::default(), |scopes, name| {
            scopes.union(&Scopes(vec![Scope(name.to_owned())]))
        });
        self.normalised(&scopes)
    }

    /// Without the scopes that another one of them implies. Of several that imply one another the first stays.
    pub fn normalised(&self, scopes: &Scopes) -> Scopes {
        let implied = |(at, scope): &(usize, &Scope)| {
            scopes.iter().enumerate().any(|(other_at, other)| {
                other_at != *at
                    && self.reaches(other.as_str(), scope.as_str(), self.0.len())
                    && (other_at < *at
                        || !self.reaches(scope.as_str(), other.as_str(), self.0.len()))
            })
        };
        let kept = scopes.iter().enumerate().filter(|one| !implied(one));
        Scopes(kept.map(|(_, scope)| scope.clone()).collect())
    }

    /// Those of `scopes` that `allowed` covers.
    pub fn within(&self, scopes: &Scopes, allowed: &Scopes) -> Scopes {
        let kept = scopes
            .iter()
            .filter(|scope| self.covers(allowed, scope.as_str()));
        Scopes(kept.cloned().collect())
    }

    /// Everything that `scopes` allow, by name: themselves and what they imply.
    pub fn reach(&self, scopes: &Scopes) -> Scopes {
        let implied = self.0.keys().filter(|name| self.covers(scopes, name));
        let implied = Scopes(implied.map(|name| Scope(name.clone())).collect());
        scopes.clone().union(&implied)
    }

    /// What a scope allows, in words.
    pub fn words(&self, scope: &Scope) -> Option<&str> {
        self.0.get(scope.as_str()).map(|one| one.words.as_str())
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
