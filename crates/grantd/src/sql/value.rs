//! Values between JSON and the engine. Owns which type becomes which; must not
//! know where a value is from.

use rusqlite::types::Value as Cell;
use serde_json::Value;

use super::catalog::Kind;

/// A value of the API as a cell: objects and arrays are JSON text.
pub(crate) fn cell(value: Option<&Value>) -> Cell {
    match value {
        None | Some(Value::Null) => Cell::Null,
        Some(Value::Bool(truth)) => Cell::Integer(i64::from(*truth)),
        Some(Value::String(text)) => Cell::Text(text.clone()),
        Some(Value::Number(number)) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Cell::Integer(whole),
            (None, Some(real)) => Cell::Real(real),
            (None, None) => Cell::Text(number.to_string()),
        },
        Some(other) => Cell::Text(other.to_string()),
    }
}

/// A cell as text, as a path or a query carries it; nothing for NULL.
pub(crate) fn words(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Null => None,
        Cell::Integer(number) => Some(number.to_string()),
        Cell::Real(number) => Some(number.to_string()),
        Cell::Text(text) => Some(text.clone()),
        Cell::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
    }
}

/// A cell as a value of a body's key; the error says what it should be.
pub(crate) fn json(cell: &Cell, kind: Kind) -> Result<Value, &'static str> {
    Ok(match (kind, cell) {
        (_, Cell::Null) => Value::Null,
        (Kind::Boolean, Cell::Integer(number @ (0 | 1))) => Value::Bool(*number == 1),
        (Kind::Boolean, _) => return Err("true or false"),
        (Kind::Integer, Cell::Integer(number)) => Value::from(*number),
        (Kind::Integer, _) => return Err("a whole number"),
        (Kind::Text, cell) => words(cell).map_or(Value::Null, Value::String),
        (Kind::Array, Cell::Text(text)) => match serde_json::from_str(text) {
            Ok(value @ Value::Array(_)) => value,
            _ => return Err("a JSON array, like '[\"repo\",\"user\"]'"),
        },
        (Kind::Array, _) => return Err("a JSON array, like '[\"repo\",\"user\"]'"),
        (Kind::Object, Cell::Text(text)) => match serde_json::from_str(text) {
            Ok(value @ Value::Object(_)) => value,
            _ => return Err("a JSON object, like '{\"key\":1}'"),
        },
        (Kind::Object, _) => return Err("a JSON object, like '{\"key\":1}'"),
    })
}

/// A cell of a result as JSON: a field that the API sends as an object, an
/// array or a truth value comes out as such.
pub(crate) fn shown(cell: &Cell, kind: Option<Kind>) -> Value {
    match (cell, kind) {
        (Cell::Null, _) => Value::Null,
        (Cell::Integer(number @ (0 | 1)), Some(Kind::Boolean)) => Value::Bool(*number == 1),
        (Cell::Integer(number), _) => Value::from(*number),
        (Cell::Real(number), _) => Value::from(*number),
        (Cell::Text(text), Some(Kind::Object | Kind::Array)) => match serde_json::from_str(text) {
            Ok(value @ (Value::Object(_) | Value::Array(_))) => value,
            _ => Value::from(text.as_str()),
        },
        (Cell::Text(text), _) => Value::from(text.as_str()),
        (Cell::Blob(_), _) => words(cell).map_or(Value::Null, Value::String),
    }
}
