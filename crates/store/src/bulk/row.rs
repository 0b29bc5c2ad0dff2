//! A row that was made up, of any table. Owns nothing but its cells; whether they
//! fit the table shows when they are read.

use crate::db::{Columns, DbError, DbResult};

/// A cell.
pub(crate) enum Value {
    Null,
    Int(i64),
    Flag(bool),
    Text(String),
    Bytes(Vec<u8>),
}

/// The id of what is number 0 is 1.
pub(crate) fn id(number: u64) -> Value {
    Value::Int(number as i64 + 1)
}

pub(crate) fn int(value: i64) -> Value {
    Value::Int(value)
}

pub(crate) fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

pub(crate) fn bytes(value: &[u8]) -> Value {
    Value::Bytes(value.to_vec())
}

/// Its cells in the order of the table's columns; those that are left out are empty.
pub(crate) struct Row(pub(crate) Vec<Value>);

impl Row {
    fn cell<'r, T>(
        &'r self,
        at: usize,
        read: impl FnOnce(&'r Value) -> Option<T>,
    ) -> DbResult<Option<T>> {
        match self.0.get(at).unwrap_or(&Value::Null) {
            Value::Null => Ok(None),
            value => match read(value) {
                Some(read) => Ok(Some(read)),
                None => Err(DbError::Column(at, "it is of another kind".into())),
            },
        }
    }
}

impl Columns for Row {
    fn int(&self, at: usize) -> DbResult<Option<i64>> {
        self.cell(at, |value| match value {
            Value::Int(value) => Some(*value),
            _ => None,
        })
    }

    fn flag(&self, at: usize) -> DbResult<Option<bool>> {
        self.cell(at, |value| match value {
            Value::Flag(value) => Some(*value),
            _ => None,
        })
    }

    fn text(&self, at: usize) -> DbResult<Option<&str>> {
        self.cell(at, |value| match value {
            Value::Text(value) => Some(value.as_str()),
            _ => None,
        })
    }

    fn bytes(&self, at: usize) -> DbResult<Option<&[u8]>> {
        self.cell(at, |value| match value {
            Value::Bytes(value) => Some(value.as_slice()),
            _ => None,
        })
    }
}
