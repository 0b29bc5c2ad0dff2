//! INSERT and DELETE. Owns what they take; every value goes into a request as
//! a value, and what was made is printed even where a later row fails.

use std::ops::Range;

use rusqlite::types::Value as Cell;
use sqlparser::ast::BinaryOperator;
use sqlparser::ast::{
    Delete, Expr, FromTable, Insert, ObjectName, Query, Spanned, TableFactor, TableObject,
};

use super::api::Row;
use super::catalog::{self, Access, Input, Method, Resource};
use super::choice;
use super::engine::{Engine, Table};
use super::plan::Plan;
use super::session::{self, Session};
use super::terms;
use super::text::{Text, Unfinished};
use super::value;
use crate::failure::Failure;
use crate::output;

/// `INSERT INTO resource (data__…) SELECT … | VALUES … [RETURNING …]`.
pub(super) async fn insert(
    session: &mut Session,
    text: &Text,
    insert: &Insert,
) -> Result<(), Failure> {
    let TableObject::TableName(name) = &insert.table else {
        return Err(text.wrong(text.token_at(0), "INSERT INTO is followed by a resource"));
    };
    let (resource, at) = resource(text, name)?;
    let method = the_method(text, &at, resource, Access::Insert)?;
    let inputs = columns(text, method, &insert.columns)?;
    let given = |input: &Input| inputs.iter().any(|(other, _)| other.name == input.name);
    choice::complete(text, at, method, &given)?;
    let query = plain_source(text, insert)?;
    let part = source_part(text, query);
    let returning = Returning::read(session, text, resource, &part)?;
    let table = session.query(text, &part, query).await?;
    if let Some(row) = table.rows.first()
        && row.len() != inputs.len()
    {
        let words = format!(
            "{} columns are named and {} values given",
            inputs.len(),
            row.len()
        );
        return Err(text.wrong(part, words));
    }
    for row in &table.rows {
        for ((input, at), cell) in inputs.iter().zip(row) {
            value::json(cell, input.kind)
                .map_err(|should| text.wrong(at.clone(), format!("{} is {should}", input.name)))?;
        }
    }
    let mut made: Vec<Row> = Vec::new();
    let mut failed = None;
    for row in table.rows {
        let given: Vec<(&Input, Cell)> = inputs.iter().map(|(input, _)| *input).zip(row).collect();
        match session.api.call(method, &given, None).await {
            Ok(rows) => made.extend(rows),
            Err(error) => {
                failed = Some(Failure::from(error));
                break;
            }
        }
    }
    if !made.is_empty() || failed.is_none() {
        session.print(&returning.of(session, &made)?)?;
    }
    match failed {
        Some(failure) if !made.is_empty() => Err(Failure::new(format!(
            "{failure}; {} were made before",
            made.len()
        ))),
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

/// What an INSERT shows of the rows it made.
struct Returning {
    text: Text,
    plan: Plan,
    resource: &'static Resource,
}

impl Returning {
    fn read(
        session: &Session,
        text: &Text,
        resource: &'static Resource,
        part: &Range<usize>,
    ) -> Result<Self, Failure> {
        let keyword = text
            .pieces
            .iter()
            .find(|piece| piece.at.start >= part.end && piece.is("RETURNING"));
        let items = keyword
            .and_then(|piece| text.sql.get(piece.at.end..))
            .unwrap_or("*");
        // A list: one row of this resource and nothing to be called.
        let sql = format!("SELECT {items} FROM {}", resource.id());
        let texts = Text::split(&sql).map_err(|Unfinished(failure)| failure)?;
        let returned = texts
            .into_iter()
            .next()
            .ok_or_else(|| text.wrong(0..0, "RETURNING what?"))?;
        let sqlparser::ast::Statement::Query(query) = session::parse(&returned)? else {
            return Err(text.wrong(0..0, "RETURNING what?"));
        };
        let plan = Plan::unbound(&returned, &session.params, &query)?;
        let engine = Engine::new(&plan)?;
        let all = 0..returned.sql.len();
        engine.check(&returned, &plan, &all, &session.params)?;
        Ok(Self {
            text: returned,
            plan,
            resource,
        })
    }

    fn of(&self, session: &Session, made: &[Row]) -> Result<Table, Failure> {
        let engine = Engine::new(&self.plan)?;
        engine.load(0, self.resource, made, &[])?;
        engine.query(
            &self.text,
            &self.plan,
            &(0..self.text.sql.len()),
            &session.params,
        )
    }
}

fn columns(
    text: &Text,
    method: &'static Method,
    names: &[ObjectName],
) -> Result<Vec<(&'static Input, Range<usize>)>, Failure> {
    let mut inputs: Vec<(&'static Input, Range<usize>)> = Vec::new();
    for name in names {
        let at = text.at(name.span());
        let typed = terms::idents(name)
            .last()
            .map_or("", |ident| ident.value.as_str());
        let Some(input) = method.input(typed) else {
            return Err(text.wrong(at, no_input(method, typed)));
        };
        if inputs.iter().any(|(other, _)| other.name == input.name) {
            return Err(text.wrong(at, format!("{} is named twice", input.name)));
        }
        inputs.push((input, at));
    }
    Ok(inputs)
}

/// A method does not take a name.
pub(super) fn no_input(method: &Method, typed: &str) -> String {
    let distance = |input: &&Input| {
        let whole = strsim::damerau_levenshtein(&input.name, &typed.to_ascii_lowercase());
        let key = strsim::damerau_levenshtein(input.key(), &typed.to_ascii_lowercase());
        whole.min(key)
    };
    let close = method
        .inputs
        .iter()
        .min_by_key(distance)
        .filter(|input| distance(input) <= 2);
    match close {
        Some(input) => format!(
            "{} takes no {typed}; did you mean {}?",
            method.name, input.name
        ),
        None => {
            let all = choice::listed(&mut method.inputs.iter().map(|input| input.name.as_str()));
            format!("{} takes no {typed}; it takes {all}", method.name)
        }
    }
}

fn plain_source<'q>(text: &Text, insert: &'q Insert) -> Result<&'q Query, Failure> {
    let odd = insert.or.is_some()
        || insert.on.is_some()
        || insert.replace_into
        || insert.table_alias.is_some()
        || !insert.assignments.is_empty();
    match &insert.source {
        Some(query) if !odd && !insert.columns.is_empty() => Ok(query),
        _ => Err(text.wrong(
            text.token_at(0),
            "write INSERT INTO resource (data__…, data__…) SELECT … or VALUES (…)",
        )),
    }
}

/// From the query's first token to RETURNING, or to the end.
fn source_part(text: &Text, query: &Query) -> Range<usize> {
    let start = text.at(query.span()).start;
    // VALUES has no place of its own for the parser.
    let keyword = |piece: &&super::text::Piece| {
        piece.at.start <= start
            && ["VALUES", "SELECT", "WITH"]
                .iter()
                .any(|word| piece.is(word))
    };
    let start = text
        .pieces
        .iter()
        .rfind(keyword)
        .map_or(start, |piece| piece.at.start);
    let returning = text
        .pieces
        .iter()
        .find(|piece| piece.at.start > start && piece.is("RETURNING"));
    start..returning.map_or(text.sql.len(), |piece| piece.at.start)
}

/// `DELETE FROM resource WHERE parameter = … [AND …]`.
pub(super) async fn delete(
    session: &mut Session,
    text: &Text,
    delete: &Delete,
) -> Result<(), Failure> {
    let (FromTable::WithFromKeyword(tables) | FromTable::WithoutKeyword(tables)) = &delete.from;
    let name = match tables.as_slice() {
        [table] if table.joins.is_empty() => match &table.relation {
            TableFactor::Table {
                name, args: None, ..
            } => Some(name),
            _ => None,
        },
        _ => None,
    };
    let plain = delete.using.is_none() && delete.returning.is_none() && delete.limit.is_none();
    let Some(name) = name.filter(|_| plain) else {
        let words = "write DELETE FROM resource WHERE parameter = …";
        return Err(text.wrong(text.token_at(0), words));
    };
    let (resource, at) = resource(text, name)?;
    let method = the_method(text, &at, resource, Access::Delete)?;
    let conditions = delete.selection.iter().flat_map(terms::conjuncts);
    let mut bindings: Vec<(&'static Input, Vec<Cell>)> = Vec::new();
    let mut queries = Vec::new();
    for condition in conditions {
        let (input, which) = chosen(session, text, method, condition)?;
        if bindings.iter().any(|(other, _)| other.name == input.name) {
            return Err(text.wrong(
                text.at(condition.span()),
                format!("{} is given twice", input.name),
            ));
        }
        let values = match which {
            Which::These(values) => values,
            Which::Of(query, part) => {
                queries.push((bindings.len(), query, part));
                Vec::new()
            }
        };
        bindings.push((input, values));
    }
    let given = |input: &Input| bindings.iter().any(|(other, _)| other.name == input.name);
    choice::complete(text, at, method, &given)?;
    for (index, query, part) in queries {
        bindings[index].1 = session::first_column(session.query(text, &part, query).await?);
    }
    let mut calls: Vec<Vec<(&Input, Cell)>> = vec![Vec::new()];
    for (input, values) in &mut bindings {
        session::once(values);
        calls = session::combined(&calls, input, values);
    }
    let mut done = 0_usize;
    for given in calls {
        if let Err(error) = session.api.call(method, &given, None).await {
            let failure = Failure::from(error);
            return Err(match done {
                0 => failure,
                done => Failure::new(format!("{failure}; {done} were deleted before")),
            });
        }
        done += 1;
    }
    output::note(format!("{done} deleted"));
    Ok(())
}

/// Which rows a condition of DELETE means.
enum Which<'q> {
    These(Vec<Cell>),
    Of(&'q Query, Range<usize>),
}

fn chosen<'q>(
    session: &Session,
    text: &Text,
    method: &'static Method,
    condition: &'q Expr,
) -> Result<(&'static Input, Which<'q>), Failure> {
    let input = |side: &Expr| {
        let name = match side {
            Expr::Identifier(ident) => Some(ident),
            Expr::CompoundIdentifier(parts) => parts.last(),
            _ => None,
        };
        name.and_then(|name| method.input(&name.value))
    };
    let constant = |side: &Expr| terms::constant(side, &session.params);
    let found = match condition {
        Expr::BinaryOp {
            left,
            op: BinaryOperator::Eq,
            right,
        } => {
            let sides = input(left)
                .zip(constant(right))
                .or_else(|| input(right).zip(constant(left)));
            sides.map(|(input, value)| (input, Which::These(vec![value])))
        }
        Expr::InList {
            expr,
            list,
            negated: false,
        } => {
            let values: Option<Vec<Cell>> = list.iter().map(constant).collect();
            input(expr).zip(values.map(Which::These))
        }
        Expr::InSubquery {
            expr,
            subquery,
            negated: false,
        } => {
            let part = terms::query_at(text, subquery);
            input(expr).zip(part.map(|part| Which::Of(subquery, part)))
        }
        _ => None,
    };
    found.ok_or_else(|| {
        let id = method.required().next().map_or("…", |input| input.name.as_str());
        let words = format!(
            "DELETE takes {id} = … or {id} IN (…); to choose by other fields, {id} IN (SELECT … WHERE …)"
        );
        text.wrong(text.at(condition.span()), words)
    })
}

fn resource(text: &Text, name: &ObjectName) -> Result<(&'static Resource, Range<usize>), Failure> {
    let parts: Vec<&str> = terms::idents(name)
        .map(|ident| ident.value.as_str())
        .collect();
    let at = text.at(name.span());
    match catalog::find(&parts) {
        Some(resource) => Ok((resource, at)),
        None => Err(text.wrong(at, terms::no_resource(&parts))),
    }
}

fn the_method(
    text: &Text,
    at: &Range<usize>,
    resource: &'static Resource,
    access: Access,
) -> Result<&'static Method, Failure> {
    resource.by(access).next().ok_or_else(|| {
        let id = resource.id();
        let words = format!("{id} knows no {access}; SHOW METHODS IN {id} says what it knows");
        text.wrong(at.clone(), words)
    })
}
