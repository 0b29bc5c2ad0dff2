//! Carries statements out: plans them, fetches what they read, lets the engine
//! execute them, prints. Owns the order in which that happens: whatever can be
//! found wrong is found before the first call.

use std::ops::Range;

use rusqlite::types::Value as Cell;
use sqlparser::ast::{Statement, Visit};
use sqlparser::parser::Parser;

use super::api::{Api, CallError};
use super::bind::To;
use super::catalog::Input;
use super::engine::{Engine, Table};
use super::params::Params;
use super::plan::Plan;
use super::print::Output;
use super::text::{DIALECT, Text, Unfinished};
use super::{exec, meta, write};
use crate::failure::Failure;
use crate::output;

/// A caller of one API, and how results are shown.
pub(crate) struct Session {
    pub(super) api: Api,
    pub(super) params: Params,
    output: Output,
}

impl Session {
    pub(crate) fn new(api: Api, params: Params, output: Output) -> Self {
        Self {
            api,
            params,
            output,
        }
    }

    /// Carries a script out, a statement after the other, up to the first that fails.
    ///
    /// # Errors
    /// A statement is wrong, or the server refused.
    pub(crate) async fn run(&mut self, script: &str) -> Result<(), Failure> {
        let statements = Text::split(script).map_err(|Unfinished(failure)| failure)?;
        for text in &statements {
            self.statement(text).await?;
        }
        Ok(())
    }

    async fn statement(&mut self, text: &Text) -> Result<(), Failure> {
        if let Some(table) = meta::table(text)? {
            return self.print(&table);
        }
        self.params.check(text)?;
        if exec::is(text) {
            return exec::run(self, text).await;
        }
        let parsed = parse(text)?;
        match &parsed {
            Statement::Query(query) => {
                let table = self.query(text, &(0..text.sql.len()), query).await?;
                self.print(&table)
            }
            Statement::Insert(insert) => write::insert(self, text, insert).await,
            Statement::Delete(delete) => write::delete(self, text, delete).await,
            other => Err(text.wrong(text.token_at(0), other_words(other))),
        }
    }

    pub(super) fn print(&self, table: &Table) -> Result<(), Failure> {
        self.output.print(table)
    }

    /// Executes the query that stands at `part`.
    pub(super) async fn query(
        &mut self,
        text: &Text,
        part: &Range<usize>,
        tree: &impl Visit,
    ) -> Result<Table, Failure> {
        let plan = Plan::new(text, &self.params, tree)?;
        let engine = Engine::new(&plan)?;
        for own in plan.parts().chain([part]) {
            engine.check(text, &plan, own, &self.params)?;
        }
        for index in &plan.order {
            self.fetch(text, &plan, &engine, *index).await?;
        }
        engine.query(text, &plan, part, &self.params)
    }

    /// Calls a resource's method once for each combination of its parameters.
    async fn fetch(
        &mut self,
        text: &Text,
        plan: &Plan,
        engine: &Engine,
        index: usize,
    ) -> Result<(), Failure> {
        let source = &plan.sources[index];
        let method = source.choice.method;
        let mut calls: Vec<Vec<(&Input, Cell)>> = vec![Vec::new()];
        for (input, to) in &source.choice.inputs {
            let mut values = match to {
                To::Values(values) => values.clone(),
                To::Key { source, column } => engine.column(*source, column)?,
                To::Rows(part) => first_column(engine.query(text, plan, part, &self.params)?),
            };
            once(&mut values);
            calls = combined(&calls, input, &values);
        }
        for given in calls {
            match self.api.call(method, &given, None).await {
                Ok(rows) => engine.load(index, source.resource, &rows, &given)?,
                // No such row, by which it was asked for.
                Err(CallError::Missing(words)) if given.iter().any(|(input, _)| input.required) => {
                    output::note(format!("note: {words}; that is no row"));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// Reads a statement.
///
/// # Errors
/// It is none.
pub(super) fn parse(text: &Text) -> Result<Statement, Failure> {
    let parser = Parser::new(&DIALECT).try_with_sql(&text.sql);
    let parsed = parser.and_then(|mut parser| {
        let statement = parser.parse_statement()?;
        match &parser.peek_token().token {
            sqlparser::tokenizer::Token::EOF => Ok(statement),
            _ => parser.expected("end of statement", parser.peek_token()),
        }
    });
    parsed.map_err(|why| text.refused(&why.to_string()))
}

fn other_words(statement: &Statement) -> &'static str {
    match statement {
        Statement::Update(_) => {
            "nothing is changed by UPDATE here; EXEC github.oauth_authorizations.authorizations.update_authorization @authorization_id=…, @@json='…' does it"
        }
        _ => "SELECT, INSERT, DELETE, EXEC, SHOW and DESCRIBE are what there is",
    }
}

/// Every combination so far with each of the values.
pub(super) fn combined<'i>(
    calls: &[Vec<(&'i Input, Cell)>],
    input: &'i Input,
    values: &[Cell],
) -> Vec<Vec<(&'i Input, Cell)>> {
    let with = |call: &Vec<(&'i Input, Cell)>, value: &Cell| {
        let mut call = call.clone();
        call.push((input, value.clone()));
        call
    };
    calls
        .iter()
        .flat_map(|call| values.iter().map(move |value| with(call, value)))
        .collect()
}

/// The values of a query that stands after IN.
pub(super) fn first_column(table: Table) -> Vec<Cell> {
    let rows = table.rows.into_iter();
    rows.filter_map(|row| row.into_iter().next()).collect()
}

/// Leaves out what was there before, and NULL, which nothing equals.
pub(super) fn once(values: &mut Vec<Cell>) {
    let mut seen: Vec<Cell> = Vec::new();
    values.retain(|value| {
        let new = *value != Cell::Null && !seen.contains(value);
        if new {
            seen.push(value.clone());
        }
        new
    });
}
