//! Which method answers for a resource in a query, given what its conditions
//! say. Owns the choice and the words where there is none; must not call.

use std::ops::Range;

use super::bind::{Binding, Found, To};
use super::catalog::{Access, Input, Method, Resource};
use super::text::Text;
use crate::failure::Failure;

/// A method, and what its parameters are.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) method: &'static Method,
    pub(crate) inputs: Vec<(&'static Input, To)>,
}

/// The method that asks for the most of what is given: what stands in the
/// statement first, what other resources have only where there is no other way.
///
/// # Errors
/// No method can be called with what is given.
pub(crate) fn choose(text: &Text, found: &Found) -> Result<Choice, Failure> {
    let given = |method: &Method, keys: bool| {
        method.required().all(|input| {
            let mut bindings = of(&found.bindings, input);
            bindings.any(|binding| match binding.to {
                To::Values(_) => true,
                To::Rows(_) => !method.writes(),
                To::Key { .. } => keys && !method.writes(),
            })
        })
    };
    let best = |keys: bool| {
        let methods = found.resource.by(Access::Select);
        methods
            .filter(|method| given(method, keys))
            .max_by_key(|method| method.required().count())
    };
    let method = best(false)
        .or_else(|| best(true))
        .ok_or_else(|| text.wrong(found.at.clone(), needs(found.resource)))?;
    let mut inputs = Vec::new();
    for input in &method.inputs {
        let mut bindings = of(&found.bindings, input);
        let taken = match bindings.next() {
            Some(binding) if input.required => Some(&binding.to),
            // A query's parameter only spares rows; the engine asks again.
            Some(Binding {
                to: to @ To::Values(values),
                ..
            }) if values.len() == 1 => Some(to),
            _ => None,
        };
        if let (true, Some(second)) = (method.writes(), bindings.next()) {
            let words = format!("{} is given twice; {} writes", input.name, method.name);
            return Err(text.wrong(second.at.clone(), words));
        }
        inputs.extend(taken.map(|to| (input, to.clone())));
    }
    for binding in &found.bindings {
        let taken = inputs.iter().any(|(input, _)| names(input, binding));
        if !taken && !found.resource.answers(&binding.input) {
            return Err(text.wrong(binding.at.clone(), unused(found, binding, method)));
        }
    }
    Ok(Choice { method, inputs })
}

fn names(input: &Input, binding: &Binding) -> bool {
    input.name.eq_ignore_ascii_case(&binding.input)
}

fn of<'b>(bindings: &'b [Binding], input: &Input) -> impl Iterator<Item = &'b Binding> {
    bindings.iter().filter(move |binding| names(input, binding))
}

/// What SELECT asks of a resource.
fn needs(resource: &Resource) -> String {
    let ways: Vec<String> = resource
        .by(Access::Select)
        .map(|method| listed(&mut method.required().map(|input| input.name.as_str())))
        .collect();
    if ways.is_empty() {
        let id = resource.id();
        return format!("{id} cannot be read; SHOW METHODS IN {id} says what can be done");
    }
    let ways = ways.join(", or ");
    format!(
        "{} needs {ways}: say what it is with = or IN",
        resource.id()
    )
}

/// Something is given that the chosen method does not take.
fn unused(found: &Found, binding: &Binding, method: &Method) -> String {
    let takes = found.resource.by(Access::Select).find(|method| {
        method
            .input(&binding.input)
            .is_some_and(|input| input.required)
    });
    let absent = |input: &&Input| of(&found.bindings, input).next().is_none();
    match takes {
        Some(other) if other.required().any(|input| absent(&input)) => {
            let mut missing = other.required().filter(absent).map(|i| i.name.as_str());
            let missing = listed(&mut missing);
            format!(
                "{} is for {}, which also needs {missing}",
                binding.input, other.name
            )
        }
        Some(other) => format!("{} writes, so it takes constants only", other.name),
        None => format!("{} does not take {}", method.name, binding.input),
    }
}

/// `a, b and c`.
pub(super) fn listed(names: &mut dyn Iterator<Item = &str>) -> String {
    let mut names: Vec<&str> = names.collect();
    match (names.pop(), names.is_empty()) {
        (None, _) => "nothing".into(),
        (Some(one), true) => one.into(),
        (Some(last), false) => format!("{} and {last}", names.join(", ")),
    }
}

/// Parameters of a method that were given by name, for EXEC, INSERT and DELETE.
///
/// # Errors
/// One is missing.
pub(super) fn complete(
    text: &Text,
    at: Range<usize>,
    method: &Method,
    given: &dyn Fn(&Input) -> bool,
) -> Result<(), Failure> {
    let missing: Vec<&str> = method
        .required()
        .filter(|input| !given(input))
        .map(|input| input.name.as_str())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let missing = listed(&mut missing.into_iter());
    Err(text.wrong(at, format!("{} needs {missing}", method.name)))
}
