//! What can be named in SQL: services, resources, their fields and methods.
//! Owns which operation of the API is reached by which verb; what an operation
//! takes and answers is read from the API's description, so that the two
//! cannot differ.

mod rows;

use std::fmt;
use std::sync::LazyLock;

use serde_json::Value;

pub(crate) use self::rows::{PROVIDER, SERVICES};
use grantd_server::reference::DOCUMENT;

/// The verb by which a method is reached. Every method is also reached by `EXEC`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Select,
    Insert,
    Delete,
    Exec,
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Select => "SELECT",
            Self::Insert => "INSERT",
            Self::Delete => "DELETE",
            Self::Exec => "EXEC",
        })
    }
}

/// The type of a field or parameter, as JSON has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Integer,
    Text,
    Boolean,
    Object,
    Array,
}

impl Kind {
    fn read(schema: &Value) -> Self {
        match schema["type"].as_str() {
            Some("integer") => Self::Integer,
            Some("boolean") => Self::Boolean,
            Some("array") => Self::Array,
            Some("object") => Self::Object,
            _ => Self::Text,
        }
    }

    /// As the documents of the dialect call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Text => "string",
            Self::Boolean => "boolean",
            Self::Object => "object",
            Self::Array => "array",
        }
    }
}

/// A field of a resource.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) about: String,
}

/// Where a parameter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Path,
    Query,
    Body,
}

/// A parameter of a method. Keys of the body are named with `data__` before them.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
}

/// What stands before the name of a body's key.
pub(crate) const DATA: &str = "data__";

impl Input {
    /// The name on the wire.
    pub(crate) fn key(&self) -> &str {
        self.name.strip_prefix(DATA).unwrap_or(&self.name)
    }
}

/// An operation of the API.
#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) name: &'static str,
    pub(crate) access: Access,
    pub(crate) operation: &'static str,
    /// The HTTP method in capitals.
    pub(crate) verb: String,
    pub(crate) path: String,
    pub(crate) inputs: Vec<Input>,
    /// Whether it answers a list, page by page.
    pub(crate) pages: bool,
    pub(crate) about: String,
}

impl Method {
    /// The parameters without which it cannot be called.
    pub(crate) fn required(&self) -> impl Iterator<Item = &Input> {
        self.inputs.iter().filter(|input| input.required)
    }

    pub(crate) fn input(&self, name: &str) -> Option<&Input> {
        self.inputs
            .iter()
            .find(|input| input.name.eq_ignore_ascii_case(name))
    }

    /// Whether calling it changes anything.
    pub(crate) fn writes(&self) -> bool {
        !matches!(self.operation, "apps/check-token") && self.verb != "GET"
    }
}

/// What stands in FROM.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) service: &'static str,
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// The name of its rows' schema in the API's description.
    pub(crate) schema: &'static str,
    pub(crate) columns: Vec<Column>,
    pub(crate) methods: Vec<Method>,
    /// Parameters that a row itself answers, by JSON pointer.
    pub(crate) echoes: &'static [(&'static str, &'static str)],
}

impl Resource {
    /// `github.service.resource`.
    pub(crate) fn id(&self) -> String {
        format!("{PROVIDER}.{}.{}", self.service, self.name)
    }

    pub(crate) fn by(&self, access: Access) -> impl Iterator<Item = &Method> {
        self.methods
            .iter()
            .filter(move |method| method.access == access)
    }

    pub(crate) fn method(&self, name: &str) -> Option<&Method> {
        self.methods
            .iter()
            .find(|method| method.name.eq_ignore_ascii_case(name))
    }

    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns
            .iter()
            .find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// Names that may stand in conditions though `*` does not show them: the
    /// parameters of SELECT that are no fields.
    pub(crate) fn hidden(&self) -> Vec<&Input> {
        let mut hidden: Vec<&Input> = Vec::new();
        for input in self.by(Access::Select).flat_map(|method| &method.inputs) {
            let seen = hidden.iter().any(|other| other.name == input.name);
            if !seen && self.column(&input.name).is_none() {
                hidden.push(input);
            }
        }
        hidden
    }

    /// Whether a row says itself what the parameter was.
    pub(crate) fn answers(&self, input: &str) -> bool {
        self.column(input).is_some()
            || self
                .echoes
                .iter()
                .any(|(name, _)| name.eq_ignore_ascii_case(input))
    }
}

/// Every resource.
pub(crate) static RESOURCES: LazyLock<Vec<Resource>> = LazyLock::new(|| {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap_or_default();
    rows::ROWS
        .iter()
        .map(|row| row.read(&Document(&document)))
        .collect()
});

/// The resource of a name in three parts.
pub(crate) fn find(parts: &[&str]) -> Option<&'static Resource> {
    let [provider, service, name] = parts else {
        return None;
    };
    RESOURCES.iter().find(|resource| {
        provider.eq_ignore_ascii_case(PROVIDER)
            && service.eq_ignore_ascii_case(resource.service)
            && name.eq_ignore_ascii_case(resource.name)
    })
}

/// How many methods the table has for a resource.
#[cfg(test)]
pub(crate) fn row_methods(resource: &Resource) -> usize {
    let of = |row: &&rows::Row| (row.service, row.name) == (resource.service, resource.name);
    rows::ROWS
        .iter()
        .find(of)
        .map_or(0, |row| row.methods.len())
}

/// The API's description, with its references followed.
struct Document<'a>(&'a Value);

impl<'a> Document<'a> {
    fn follow(&self, value: &'a Value) -> &'a Value {
        let target = value["$ref"]
            .as_str()
            .and_then(|text| text.strip_prefix('#'));
        match target.and_then(|pointer| self.0.pointer(pointer)) {
            Some(found) => self.follow(found),
            None => value,
        }
    }

    /// The path, the verb and the operation itself.
    fn operation(&self, id: &str) -> Option<(&'a str, &'a str, &'a Value)> {
        let paths = self.0["paths"].as_object()?;
        let verbs = paths.iter().flat_map(|(path, item)| {
            let verbs = item.as_object().into_iter().flatten();
            verbs.map(move |(verb, operation)| (path.as_str(), verb.as_str(), operation))
        });
        verbs
            .into_iter()
            .find(|(_, _, operation)| operation["operationId"] == id)
    }

    fn columns(&self, schema: &str) -> Vec<Column> {
        let properties = &self.0["components"]["schemas"][schema]["properties"];
        let properties = properties.as_object().into_iter().flatten();
        properties
            .map(|(name, property)| {
                let property = self.follow(property);
                Column {
                    name: name.clone(),
                    kind: Kind::read(property),
                    about: text(&property["description"]),
                }
            })
            .collect()
    }

    fn pages(&self, operation: &'a Value) -> bool {
        let mut parameters = operation["parameters"].as_array().into_iter().flatten();
        parameters.any(|parameter| self.follow(parameter)["name"] == "page")
    }

    fn inputs(&self, operation: &'a Value) -> Vec<Input> {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let mut inputs: Vec<Input> = parameters
            .map(|parameter| self.follow(parameter))
            // Pages are turned for the caller.
            .filter(|parameter| !matches!(parameter["name"].as_str(), Some("page" | "per_page")))
            .map(|parameter| Input {
                name: text(&parameter["name"]),
                place: if parameter["in"] == "path" {
                    Place::Path
                } else {
                    Place::Query
                },
                kind: Kind::read(&parameter["schema"]),
                required: parameter["required"] == true,
            })
            .collect();
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        let body = self.follow(body);
        let required = |name: &str| {
            let mut required = body["required"].as_array().into_iter().flatten();
            required.any(|required| required == name)
        };
        for (name, property) in body["properties"].as_object().into_iter().flatten() {
            inputs.push(Input {
                name: format!("{DATA}{name}"),
                place: Place::Body,
                kind: Kind::read(self.follow(property)),
                required: required(name),
            });
        }
        inputs
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

impl rows::Row {
    fn read(&self, document: &Document<'_>) -> Resource {
        let mut columns = document.columns(self.schema);
        columns.extend(self.more.iter().map(|(name, kind, about)| Column {
            name: (*name).to_owned(),
            kind: *kind,
            about: (*about).to_owned(),
        }));
        let methods = self.methods.iter().filter_map(|(name, access, operation)| {
            let (path, verb, described) = document.operation(operation)?;
            Some(Method {
                name,
                access: *access,
                operation,
                verb: verb.to_ascii_uppercase(),
                path: path.to_owned(),
                inputs: document.inputs(described),
                pages: document.pages(described),
                about: text(&described["summary"]),
            })
        });
        Resource {
            service: self.service,
            name: self.name,
            about: self.about,
            schema: self.schema,
            columns,
            methods: methods.collect(),
            echoes: self.echoes,
        }
    }
}
