//! The statement as the engine reads it: names of resources become names of
//! tables, `*` becomes the fields. Owns the edits, and the way back from a
//! place in the edited text to the same place in what was typed.

use std::ops::Range;

use sqlparser::ast::{Select, SelectItem, SelectItemQualifiedWildcardKind, Spanned};
use sqlparser::tokenizer::Token;

use super::bind::{Found, Named};
use super::catalog;
use super::terms::{idents, quoted};
use super::text::Text;
use crate::failure::Failure;

/// Parts of a statement, and what stands there instead.
#[derive(Debug, Default)]
pub(crate) struct Edits(Vec<(Range<usize>, String)>);

/// An edited part of a statement.
#[derive(Debug)]
pub(crate) struct Edited {
    pub(crate) sql: String,
    /// Where each stretch began, in what was typed and here.
    stretches: Vec<(usize, usize)>,
}

impl Edited {
    /// The place in what was typed.
    pub(crate) fn back(&self, offset: usize) -> usize {
        let before = self
            .stretches
            .iter()
            .take_while(|(_, here)| *here <= offset);
        let (typed, here) = before.last().copied().unwrap_or_default();
        typed + (offset - here)
    }
}

impl Edits {
    pub(crate) fn push(&mut self, at: Range<usize>, text: String) {
        let overlaps = self
            .0
            .iter()
            .any(|(other, _)| other.start < at.end && at.start < other.end);
        if !overlaps {
            self.0.push((at, text));
        }
    }

    /// A part of the statement with its edits.
    pub(crate) fn apply(&self, text: &Text, part: Range<usize>) -> Edited {
        let within = |at: &Range<usize>| part.start <= at.start && at.end <= part.end;
        let mut edits: Vec<_> = self.0.iter().filter(|(at, _)| within(at)).collect();
        edits.sort_by_key(|(at, _)| at.start);
        let mut edited = Edited {
            sql: String::new(),
            stretches: vec![(part.start, 0)],
        };
        let mut typed = part.start;
        for (at, replacement) in edits {
            edited
                .sql
                .push_str(text.sql.get(typed..at.start).unwrap_or_default());
            edited.stretches.push((at.start, edited.sql.len()));
            edited.sql.push_str(replacement);
            typed = at.end;
            edited.stretches.push((typed, edited.sql.len()));
        }
        edited
            .sql
            .push_str(text.sql.get(typed..part.end).unwrap_or_default());
        edited
    }

    /// `github.service.resource.field` is `resource.field` to the engine.
    pub(super) fn shorten_names(&mut self, text: &Text) {
        for window in text.pieces.windows(6) {
            let [provider, dot, service, second, resource, third] = window else {
                continue;
            };
            let dots = [dot, second, third].map(|piece| piece.token == Token::Period);
            let names = [provider, service, resource].map(|piece| piece.name().unwrap_or_default());
            if dots == [true; 3] && catalog::find(&names).is_some() {
                self.push(provider.at.start..resource.at.start, String::new());
            }
        }
    }

    /// `*` shows the fields of a resource, not the parameters that its table has beside them.
    pub(super) fn spread_wildcards(
        &mut self,
        text: &Text,
        select: &Select,
        names: &[Named],
        found: &[Found],
    ) -> Result<(), Failure> {
        for item in &select.projection {
            match item {
                SelectItem::Wildcard(options) => {
                    let at = text.at(options.wildcard_token.0.span);
                    if names.iter().all(|named| named.source.is_none()) {
                        continue;
                    }
                    if names.iter().any(|named| named.name.is_empty()) {
                        let words = "give the query in FROM a name (AS …), or name the fields";
                        return Err(text.wrong(at, words));
                    }
                    let fields = names.iter().flat_map(|named| fields(named, found));
                    self.push(at, fields.collect::<Vec<_>>().join(", "));
                }
                SelectItem::QualifiedWildcard(
                    SelectItemQualifiedWildcardKind::ObjectName(name),
                    _,
                ) => {
                    let start = text.at(name.span()).start;
                    let last = idents(name).last();
                    let called = |named: &&Named| {
                        last.is_some_and(|last| named.name.eq_ignore_ascii_case(&last.value))
                    };
                    let star = text
                        .pieces
                        .iter()
                        .find(|piece| piece.at.start > start && piece.token == Token::Mul);
                    if let (Some(named), Some(star)) = (names.iter().find(called), star)
                        && named.source.is_some()
                    {
                        let all = Named {
                            shared: Vec::new(),
                            ..named.clone()
                        };
                        self.push(start..star.at.end, fields(&all, found).join(", "));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// What a name in FROM has to show.
fn fields(named: &Named, found: &[Found]) -> Vec<String> {
    let name = quoted(&named.name);
    let Some(found) = named.source.and_then(|index| found.get(index)) else {
        return vec![format!("{name}.*")];
    };
    let shared = |column: &str| {
        named
            .shared
            .iter()
            .any(|other| other.eq_ignore_ascii_case(column))
    };
    let columns = found
        .resource
        .columns
        .iter()
        .filter(|column| !shared(&column.name));
    columns
        .map(|column| format!("{name}.{}", quoted(&column.name)))
        .collect()
}
