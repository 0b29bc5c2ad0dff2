//! Scopes as a person ticks them: a tree, each below what includes it. Owns the
//! tree's shape; which scope includes which is core's catalogue.

use std::collections::BTreeSet;

use askama::Template;
use askama::filters::HtmlSafe;
use grantd_core::scope::{Catalogue, ScopeDefinition};

use super::words::Words;

/// A scope with a box to tick, and those that it includes.
#[derive(Template)]
#[template(path = "parts/scope.html")]
pub(crate) struct ScopeNode {
    name: String,
    words: String,
    /// Tells boxes apart: a scope may stand in two places.
    number: usize,
    ticked: bool,
    below: Vec<ScopeNode>,
}

// Its template escapes what stands in it.
impl HtmlSafe for ScopeNode {}

/// The trees of all scopes, with these ticked.
pub(crate) fn trees(catalogue: &Catalogue, ticked: &[&str], words: &Words) -> Vec<ScopeNode> {
    let all: Vec<(&str, &ScopeDefinition)> = catalogue.definitions().collect();
    let included: BTreeSet<&str> = all
        .iter()
        .flat_map(|(_, definition)| definition.implies.iter().map(String::as_str))
        .collect();
    let mut planting = Planting {
        all: &all,
        ticked,
        words,
        planted: BTreeSet::new(),
        count: 0,
    };
    let tops = all.iter().filter(|(name, _)| !included.contains(name));
    let mut trees: Vec<ScopeNode> = tops
        .filter_map(|(name, _)| planting.node(name, all.len()))
        .collect();
    // Scopes that include one another in a circle have no top.
    for (name, _) in &all {
        if !planting.planted.contains(name) {
            trees.extend(planting.node(name, 0));
        }
    }
    trees
}

struct Planting<'a> {
    all: &'a [(&'a str, &'a ScopeDefinition)],
    ticked: &'a [&'a str],
    words: &'a Words,
    planted: BTreeSet<&'a str>,
    count: usize,
}

impl Planting<'_> {
    fn node(&mut self, name: &str, depth: usize) -> Option<ScopeNode> {
        let (name, definition) = *self.all.iter().find(|(found, _)| *found == name)?;
        self.planted.insert(name);
        self.count += 1;
        let number = self.count;
        let below = if depth == 0 {
            Vec::new()
        } else {
            definition
                .implies
                .iter()
                .filter_map(|name| self.node(name, depth - 1))
                .collect()
        };
        Some(ScopeNode {
            name: name.to_owned(),
            words: self.words.scope(name, &definition.words),
            number,
            ticked: self.ticked.contains(&name),
            below,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::words::Language;

    fn names(nodes: &[ScopeNode], found: &mut Vec<String>) {
        for node in nodes {
            found.push(node.name.clone());
            names(&node.below, found);
        }
    }

    fn shown(catalogue: &Catalogue) -> Vec<String> {
        let mut found = Vec::new();
        names(
            &trees(catalogue, &[], &Words::new(Language::English)),
            &mut found,
        );
        found.sort();
        found
    }

    #[test]
    fn every_scope_stands_in_the_tree() {
        let catalogue = Catalogue::default();
        let all: Vec<String> = catalogue
            .definitions()
            .map(|(name, _)| name.into())
            .collect();
        assert_eq!(shown(&catalogue), all);
        let define = |implies: &str| ScopeDefinition {
            implies: vec![implies.to_owned()],
            words: "Words".to_owned(),
        };
        let own = [("a", "b"), ("b", "a"), ("c", "repo")];
        let circle = Catalogue::with(own.map(|(name, implies)| (name.to_owned(), define(implies))));
        let shown = shown(&circle.unwrap());
        assert!(
            ["a", "b", "c", "repo"]
                .iter()
                .all(|name| shown.contains(&(*name).to_owned()))
        );
    }

    #[test]
    fn ticked_scopes_are_ticked() {
        let words = Words::new(Language::German);
        let trees = trees(&Catalogue::default(), &["repo:status"], &words);
        let repo = trees.iter().find(|node| node.name == "repo").unwrap();
        assert!(!repo.ticked);
        let html = repo.render().unwrap();
        assert_eq!(html.matches(" checked").count(), 1);
        assert!(html.contains("Status von Commits"), "{html}");
    }
}
