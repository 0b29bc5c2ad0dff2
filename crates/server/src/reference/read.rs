//! From the document's JSON to [`super::Reference`]. Owns how references within
//! the document are followed and how types are put in words.

use serde_json::{Map, Value};

use super::{Answer, Caller, Field, Operation, Reference, Tag};

/// The document, or none if it is not one.
pub(super) fn reference(text: &str) -> Option<Reference> {
    let root: Value = serde_json::from_str(text).ok()?;
    let document = Document { root: &root };
    let mut tags: Vec<Tag> = root["tags"]
        .as_array()?
        .iter()
        .map(|tag| Tag {
            name: said(&tag["name"]),
            description: said(&tag["description"]),
            operations: Vec::new(),
        })
        .collect();
    for (path, methods) in root["paths"].as_object()? {
        for (method, operation) in methods.as_object()? {
            let tag = said(&operation["tags"][0]);
            let tag = tags.iter_mut().find(|one| one.name == tag)?;
            tag.operations
                .push(document.operation(method, path, operation));
        }
    }
    Some(Reference { tags })
}

struct Document<'a> {
    root: &'a Value,
}

fn said(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn pairs(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

impl<'a> Document<'a> {
    /// What a value means: itself, or what it refers to.
    fn resolve(&self, value: &'a Value) -> &'a Value {
        let pointer = value["$ref"].as_str().and_then(|to| to.strip_prefix('#'));
        pointer
            .and_then(|pointer| self.root.pointer(pointer))
            .unwrap_or(value)
    }

    fn operation(&self, method: &str, path: &str, operation: &'a Value) -> Operation {
        let body = &operation["requestBody"]["content"]["application/json"];
        let answers = &operation["responses"];
        let good = pairs(answers).find(|(status, _)| status.starts_with('2'));
        let content = good.map(|(_, answer)| &self.resolve(answer)["content"]["application/json"]);
        Operation {
            id: said(&operation["operationId"]),
            method: method.to_uppercase(),
            path: path.to_owned(),
            at_root: operation.get("servers").is_some(),
            summary: said(&operation["summary"]),
            description: said(&operation["description"]),
            deprecated: operation["deprecated"] == true,
            callers: callers(&operation["security"]),
            parameters: list(&operation["parameters"])
                .map(|parameter| self.parameter(self.resolve(parameter)))
                .collect(),
            fields: self.fields(&body["schema"]),
            body: self.example(body).map(|value| format!("{value:#}")),
            answers: pairs(answers)
                .map(|(status, answer)| Answer {
                    status: status.clone(),
                    description: said(&self.resolve(answer)["description"]),
                })
                .collect(),
            answer_fields: content.map_or_else(Vec::new, |content| self.fields(&content["schema"])),
            example: content
                .and_then(|content| self.example(content))
                .map(|value| format!("{value:#}")),
        }
    }

    fn parameter(&self, parameter: &'a Value) -> Field {
        Field {
            name: said(&parameter["name"]),
            place: said(&parameter["in"]),
            kind: self.kind(&parameter["schema"]),
            required: parameter["required"] == true,
            description: said(&parameter["description"]),
        }
    }

    /// The properties of an object, or of the objects of a list.
    fn fields(&self, schema: &'a Value) -> Vec<Field> {
        let schema = self.resolve(schema);
        if schema.get("items").is_some() {
            return self.fields(&schema["items"]);
        }
        let required: Vec<&str> = list(&schema["required"])
            .filter_map(Value::as_str)
            .collect();
        pairs(&schema["properties"])
            .map(|(name, property)| Field {
                name: name.clone(),
                place: String::new(),
                kind: self.kind(property),
                required: required.contains(&name.as_str()),
                description: said(&self.resolve(property)["description"]),
            })
            .collect()
    }

    fn kind(&self, schema: &'a Value) -> String {
        let schema = self.resolve(schema);
        let mut kind = match schema["type"].as_str() {
            Some("array") => format!("array of {}", self.kind(&schema["items"])),
            Some(kind) => kind.to_owned(),
            None => "any".to_owned(),
        };
        if schema["nullable"] == true {
            kind.push_str(", or null");
        }
        kind
    }

    /// The first example of a content, or its only one.
    fn example(&self, content: &'a Value) -> Option<&'a Value> {
        let named = pairs(&content["examples"]).next();
        named
            .and_then(|(_, example)| self.resolve(example).get("value"))
            .or_else(|| content.get("example"))
    }
}

fn callers(security: &Value) -> Vec<Caller> {
    let mut callers: Vec<Caller> = list(security)
        .filter_map(|schemes| {
            let has = |name| schemes.get(name).is_some();
            if has("otp") {
                return None; // beside the password, whose row stands before
            }
            Some(if has("password") {
                Caller::Password
            } else if has("app") {
                Caller::App
            } else if has("token") {
                Caller::Token
            } else if has("admin") {
                Caller::SiteAdmin
            } else {
                Caller::Anybody
            })
        })
        .collect();
    if callers.is_empty() {
        callers.push(Caller::Anybody);
    }
    callers
}
