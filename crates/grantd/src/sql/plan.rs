//! What a query needs before the engine can execute it: which resources, by
//! which methods, in which order. Owns the order; must not call anything.

use std::ops::Range;

use sqlparser::ast::Visit;

use super::bind::{self, To};
use super::catalog::Resource;
use super::choice::{self, Choice};
use super::params::Params;
use super::rewrite::{Edited, Edits};
use super::text::Text;
use crate::failure::Failure;

/// A query, ready to be fetched for.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) sources: Vec<Source>,
    /// The sources' numbers, each after those that it needs.
    pub(crate) order: Vec<usize>,
    edits: Edits,
}

/// One resource of a query.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) resource: &'static Resource,
    pub(crate) at: Range<usize>,
    pub(crate) choice: Choice,
}

impl Plan {
    /// Plans a query, or all that stand in a tree.
    ///
    /// # Errors
    /// A resource does not exist, or lacks a parameter.
    pub(crate) fn new(text: &Text, params: &Params, tree: &impl Visit) -> Result<Self, Failure> {
        let reading = bind::read(text, params, tree)?;
        let sources = reading.found.into_iter().map(|found| {
            Ok(Source {
                choice: choice::choose(text, &found)?,
                resource: found.resource,
                at: found.at,
            })
        });
        let mut plan = Self {
            sources: sources.collect::<Result<_, Failure>>()?,
            order: Vec::new(),
            edits: reading.edits,
        };
        while plan.order.len() < plan.sources.len() {
            let ready = |index: &usize| {
                let mut needed = plan.needs(*index).into_iter();
                !plan.order.contains(index) && needed.all(|other| plan.order.contains(&other))
            };
            match (0..plan.sources.len()).find(ready) {
                Some(index) => plan.order.push(index),
                None => {
                    let stuck = (0..plan.sources.len()).find(|index| !plan.order.contains(index));
                    let at = stuck.map_or(0..0, |index| plan.sources[index].at.clone());
                    let words = "each of these needs the other first; say one parameter outright";
                    return Err(text.wrong(at, words));
                }
            }
        }
        Ok(plan)
    }

    /// Plans a query whose rows are at hand: nothing is called for it.
    ///
    /// # Errors
    /// A resource does not exist.
    pub(crate) fn unbound(
        text: &Text,
        params: &Params,
        tree: &impl Visit,
    ) -> Result<Self, Failure> {
        let reading = bind::read(text, params, tree)?;
        let sources = reading.found.into_iter().filter_map(|found| {
            Some(Source {
                choice: Choice {
                    method: found.resource.methods.first()?,
                    inputs: Vec::new(),
                },
                resource: found.resource,
                at: found.at,
            })
        });
        Ok(Self {
            sources: sources.collect(),
            order: Vec::new(),
            edits: reading.edits,
        })
    }

    /// The sources whose rows tell the parameters of this one.
    fn needs(&self, index: usize) -> Vec<usize> {
        let mut needed = Vec::new();
        for (_, to) in &self.sources[index].choice.inputs {
            match to {
                To::Values(_) => {}
                To::Key { source, .. } => needed.push(*source),
                To::Rows(part) => needed.extend((0..self.sources.len()).filter(|other| {
                    let at = &self.sources[*other].at;
                    part.start <= at.start && at.end <= part.end
                })),
            }
        }
        needed
    }

    /// A part of the statement as the engine reads it.
    pub(crate) fn edited(&self, text: &Text, part: Range<usize>) -> Edited {
        self.edits.apply(text, part)
    }

    /// The parts of the statement that are executed on their own first.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &Range<usize>> {
        let inputs = self.sources.iter().flat_map(|source| &source.choice.inputs);
        inputs.filter_map(|(_, to)| match to {
            To::Rows(part) => Some(part),
            _ => None,
        })
    }
}
