//! Which resources a query reads, and which of its conditions say what a
//! parameter is. Owns the reading of FROM, JOIN and WHERE; must not choose
//! methods nor call anything.

use std::ops::{ControlFlow, Range};

use rusqlite::types::Value as Cell;
use sqlparser::ast::{
    BinaryOperator, Expr, JoinConstraint, JoinOperator, ObjectName, Query, Select, Spanned,
    TableFactor, TableWithJoins, Visit, Visitor,
};

use super::catalog::{self, Resource};
use super::params::Params;
use super::rewrite::Edits;
use super::terms::{conjuncts, constant, idents, last_part, no_resource, query_at, quoted, table};
use super::text::Text;
use crate::failure::Failure;

/// A resource in FROM.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) resource: &'static Resource,
    /// The name in the statement.
    pub(crate) at: Range<usize>,
    pub(crate) bindings: Vec<Binding>,
}

/// A condition that says what a parameter is.
#[derive(Debug)]
pub(crate) struct Binding {
    /// As it is typed.
    pub(crate) input: String,
    pub(crate) at: Range<usize>,
    pub(crate) to: To,
}

/// What a parameter is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum To {
    /// One of these.
    Values(Vec<Cell>),
    /// One of the rows of a query of its own, which stands there.
    Rows(Range<usize>),
    /// Whatever another resource has in a column.
    Key { source: usize, column: String },
}

/// What a query reads.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) found: Vec<Found>,
    pub(crate) edits: Edits,
}

/// Reads a query, or whatever holds queries.
///
/// # Errors
/// A resource does not exist, or a condition means nothing here.
pub(crate) fn read(text: &Text, params: &Params, tree: &impl Visit) -> Result<Reading, Failure> {
    let mut reader = Reader {
        text,
        params,
        ctes: Vec::new(),
        scopes: Vec::new(),
        reading: Reading::default(),
    };
    match tree.visit(&mut reader) {
        ControlFlow::Break(failure) => Err(failure),
        ControlFlow::Continue(()) => {
            reader.reading.edits.shorten_names(text);
            Ok(reader.reading)
        }
    }
}

/// What a name in FROM stands for.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) name: String,
    /// `None`: a query, a function or a name given by WITH.
    pub(super) source: Option<usize>,
    /// Columns that a USING shows once.
    pub(super) shared: Vec<String>,
}

struct Reader<'a> {
    text: &'a Text,
    params: &'a Params,
    ctes: Vec<String>,
    scopes: Vec<Vec<Named>>,
    reading: Reading,
}

/// A condition, and which part of the FROM it may narrow.
struct Condition<'a> {
    expr: &'a Expr,
    narrows: Range<usize>,
}

impl Visitor for Reader<'_> {
    type Break = Failure;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Failure> {
        let ctes = query.with.iter().flat_map(|with| &with.cte_tables);
        self.ctes
            .extend(ctes.map(|cte| cte.alias.name.value.clone()));
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Failure> {
        match self.select(select) {
            Ok(()) => ControlFlow::Continue(()),
            Err(failure) => ControlFlow::Break(failure),
        }
    }

    fn post_visit_select(&mut self, _: &Select) -> ControlFlow<Failure> {
        self.scopes.pop();
        ControlFlow::Continue(())
    }
}

impl Reader<'_> {
    fn select(&mut self, select: &Select) -> Result<(), Failure> {
        let mut conditions = Vec::new();
        self.scopes.push(Vec::new());
        for table in &select.from {
            self.tables(table, &mut conditions)?;
        }
        let names = self.scopes.last().cloned().unwrap_or_default();
        let is_source = |index: &usize| names.iter().any(|named| named.source == Some(*index));
        self.reading
            .edits
            .spread_wildcards(self.text, select, &names, &self.reading.found)?;
        let everything = 0..self.reading.found.len();
        conditions.extend(select.selection.iter().map(|expr| Condition {
            expr,
            narrows: everything.clone(),
        }));
        for Condition { expr, narrows } in conditions {
            for part in conjuncts(expr) {
                for (index, binding) in self.bindings(part) {
                    if narrows.contains(&index) && is_source(&index) {
                        self.reading.found[index].bindings.push(binding);
                    }
                }
            }
        }
        Ok(())
    }

    fn tables<'q>(
        &mut self,
        table: &'q TableWithJoins,
        conditions: &mut Vec<Condition<'q>>,
    ) -> Result<(), Failure> {
        let left = self.reading.found.len();
        self.factor(&table.relation, &[], conditions)?;
        for join in &table.joins {
            let right = self.reading.found.len();
            let constraint = constraint(&join.join_operator);
            let shared = match constraint {
                Some(JoinConstraint::Using(columns)) => columns.iter().map(last_part).collect(),
                Some(JoinConstraint::Natural) => {
                    let at = self.text.at(join.relation.span());
                    return Err(self.text.wrong(
                        at,
                        "NATURAL would join by every field; name the fields with USING or ON",
                    ));
                }
                _ => Vec::new(),
            };
            self.factor(&join.relation, &shared, conditions)?;
            let end = self.reading.found.len();
            // What an outer join keeps in any case, its condition does not narrow.
            let narrows = match join.join_operator {
                JoinOperator::Join(_) | JoinOperator::Inner(_) | JoinOperator::CrossJoin(_) => {
                    0..end
                }
                JoinOperator::Left(_) | JoinOperator::LeftOuter(_) => right..end,
                JoinOperator::Right(_) | JoinOperator::RightOuter(_) => left..right,
                _ => 0..0,
            };
            if let Some(JoinConstraint::On(expr)) = constraint {
                conditions.push(Condition { expr, narrows });
            }
        }
        Ok(())
    }

    fn factor<'q>(
        &mut self,
        factor: &'q TableFactor,
        shared: &[String],
        conditions: &mut Vec<Condition<'q>>,
    ) -> Result<(), Failure> {
        let (alias, source) = match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                ..
            } => {
                let source = self.resource(name, alias.is_some())?;
                let own = last_part(name);
                (
                    Some(alias.as_ref().map_or(own, |alias| alias.name.value.clone())),
                    source,
                )
            }
            TableFactor::NestedJoin {
                table_with_joins, ..
            } => {
                return self.tables(table_with_joins, conditions);
            }
            TableFactor::Table { name, alias, .. } => {
                let own = last_part(name);
                (
                    Some(alias.as_ref().map_or(own, |alias| alias.name.value.clone())),
                    None,
                )
            }
            TableFactor::Derived { alias, .. } | TableFactor::Function { alias, .. } => {
                (alias.as_ref().map(|alias| alias.name.value.clone()), None)
            }
            other => {
                let at = self.text.at(other.span());
                return Err(self.text.wrong(at, "that cannot stand in FROM here"));
            }
        };
        if let Some(scope) = self.scopes.last_mut() {
            scope.push(Named {
                name: alias.unwrap_or_default(),
                source,
                shared: shared.to_vec(),
            });
        }
        Ok(())
    }

    /// The resource of a name in FROM; nothing for a name given by WITH.
    fn resource(&mut self, name: &ObjectName, has_alias: bool) -> Result<Option<usize>, Failure> {
        let parts: Vec<&str> = idents(name).map(|ident| ident.value.as_str()).collect();
        let of_with = |part: &str| self.ctes.iter().any(|cte| cte.eq_ignore_ascii_case(part));
        if matches!(parts.as_slice(), [one] if of_with(one)) {
            return Ok(None);
        }
        let at = self.text.at(name.span());
        let Some(resource) = catalog::find(&parts) else {
            return Err(self.text.wrong(at, no_resource(&parts)));
        };
        let index = self.reading.found.len();
        let alias = if has_alias {
            String::new()
        } else {
            format!(" AS {}", quoted(resource.name))
        };
        let table = quoted(&table(index));
        self.reading
            .edits
            .push(at.clone(), format!("{table}{alias}"));
        self.reading.found.push(Found {
            resource,
            at,
            bindings: Vec::new(),
        });
        Ok(Some(index))
    }

    /// The parameters that a condition gives, with the resource of each.
    fn bindings(&self, condition: &Expr) -> Vec<(usize, Binding)> {
        let bound = |side: &Expr, to: Option<To>| {
            let (index, column) = self.column(side, true)?;
            let at = self.text.at(side.span());
            let source = self.reading.found[index].resource;
            source
                .by(catalog::Access::Select)
                .find_map(|method| method.input(&column))?;
            let binding = Binding {
                input: column,
                at,
                to: to?,
            };
            Some((index, binding))
        };
        let found = match condition {
            Expr::BinaryOp {
                left,
                op: BinaryOperator::Eq,
                right,
            } => {
                vec![bound(left, self.one(right)), bound(right, self.one(left))]
            }
            Expr::InList {
                expr,
                list,
                negated: false,
            } => {
                let values: Option<Vec<Cell>> = list
                    .iter()
                    .map(|item| constant(item, self.params))
                    .collect();
                vec![bound(expr, values.map(To::Values))]
            }
            Expr::InSubquery {
                expr,
                subquery,
                negated: false,
            } => {
                vec![bound(expr, query_at(self.text, subquery).map(To::Rows))]
            }
            _ => Vec::new(),
        };
        found.into_iter().flatten().collect()
    }

    /// What the other side of an equation says.
    fn one(&self, expr: &Expr) -> Option<To> {
        if let Some(value) = constant(expr, self.params) {
            // Nothing equals NULL.
            let values = if value == Cell::Null {
                vec![]
            } else {
                vec![value]
            };
            return Some(To::Values(values));
        }
        let (source, column) = self.column(expr, false)?;
        Some(To::Key { source, column })
    }

    /// Which resource's column is meant: of this FROM, or also of those around it.
    fn column(&self, expr: &Expr, here: bool) -> Option<(usize, String)> {
        let (qualifier, column) = match expr {
            Expr::Nested(inner) => return self.column(inner, here),
            Expr::Identifier(ident) => (None, ident),
            Expr::CompoundIdentifier(parts) => {
                let (column, rest) = parts.split_last()?;
                (rest.last(), column)
            }
            _ => return None,
        };
        let has = |named: &&Named| match (qualifier, named.source) {
            (Some(qualifier), _) => named.name.eq_ignore_ascii_case(&qualifier.value),
            (None, Some(index)) => {
                let resource = self.reading.found[index].resource;
                let hidden = resource.hidden();
                resource.column(&column.value).is_some()
                    || hidden
                        .iter()
                        .any(|input| input.name.eq_ignore_ascii_case(&column.value))
            }
            (None, None) => false,
        };
        let scopes = self
            .scopes
            .iter()
            .rev()
            .take(if here { 1 } else { usize::MAX });
        for scope in scopes {
            let fitting: Vec<&Named> = scope.iter().filter(has).collect();
            match fitting.as_slice() {
                [] => {}
                [one] => return Some((one.source?, column.value.clone())),
                _ => return None,
            }
        }
        None
    }
}

fn constraint(operator: &JoinOperator) -> Option<&JoinConstraint> {
    use JoinOperator as O;
    match operator {
        O::Join(constraint)
        | O::Inner(constraint)
        | O::CrossJoin(constraint)
        | O::Left(constraint)
        | O::LeftOuter(constraint)
        | O::Right(constraint)
        | O::RightOuter(constraint)
        | O::FullOuter(constraint) => Some(constraint),
        _ => None,
    }
}
