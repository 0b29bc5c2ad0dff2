//! `api/openapi.json` as a judge: which answers it knows, and what stands in them.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use grantd_server::routes::{Place, Router};
use http::Method;
use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::Answer;

/// One operation of the document.
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    /// Status → schema (none without a body).
    pub(crate) responses: HashMap<String, Option<Value>>,
}

pub(crate) struct Document {
    pub(crate) operations: Vec<Operation>,
    components: Value,
    router: Router,
    validators: Mutex<HashMap<String, &'static Validator>>,
}

pub(crate) static DOCUMENT: LazyLock<Document> = LazyLock::new(Document::read);

/// Statuses that a request may be answered with before it is known to be for any operation.
const ANYWHERE: [u16; 7] = [400, 401, 403, 404, 429, 431, 503];

impl Document {
    fn read() -> Self {
        let text = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../api/openapi.json"
        ));
        let raw: Value = serde_json::from_str(text).expect("api/openapi.json is JSON");
        let mut operations = Vec::new();
        for (path, item) in raw["paths"].as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("a path item") {
                if method == "parameters" {
                    continue;
                }
                let responses = operation["responses"]
                    .as_object()
                    .expect("responses")
                    .iter()
                    .map(|(status, response)| (status.clone(), schema_of(&raw, response)))
                    .collect();
                operations.push(Operation {
                    id: operation["operationId"].as_str().expect("an id").to_owned(),
                    method: method.to_uppercase(),
                    path: path.clone(),
                    responses,
                });
            }
        }
        let components = json!({ "schemas": modern(&raw["components"]["schemas"]) });
        Self {
            operations,
            components,
            router: Router::new(),
            validators: Mutex::default(),
        }
    }

    pub(crate) fn operation(&self, id: &str) -> &Operation {
        self.operations
            .iter()
            .find(|operation| operation.id == id)
            .unwrap_or_else(|| panic!("the document has no operation {id}"))
    }

    /// Fails the test when the document does not know such an answer.
    #[track_caller]
    pub(crate) fn judge(&self, method: &Method, path: &str, answer: &Answer) {
        let asked = &answer.asked;
        assert_ne!(answer.status, 500, "{asked}: {}", answer.text());
        if method == Method::OPTIONS || answer.header("content-type") == Some("text/html") {
            return;
        }
        let below = path
            .strip_prefix("/api/v3")
            .filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let found = match below {
            Some("") => "/",
            Some(rest) => rest,
            None => path,
        };
        let place = Place {
            below_base: below.is_some(),
            html: false,
        };
        // Another method on a page's address: the site's own refusal.
        if below.is_none() && self.router.allowed(found).is_some() {
            return;
        }
        let Some(matched) = self.router.find(method, found, place) else {
            // Outside the API, where only other methods are served.
            if !place.below_base && self.router.allowed(found).is_some() {
                return;
            }
            assert!(
                ANYWHERE.contains(&answer.status),
                "{asked}: {}",
                answer.status
            );
            self.validate(
                "nowhere",
                &json!({"$ref": "#/components/schemas/BasicError"}),
                answer,
                method,
            );
            return;
        };
        let operation = self.operation(matched.route.operation);
        let status = answer.status.to_string();
        let schema = operation
            .responses
            .get(&status)
            .unwrap_or_else(|| panic!("{asked}: {status} is not documented: {}", answer.text()));
        match schema {
            None => assert!(answer.body.is_empty(), "{asked}: an undocumented body"),
            Some(schema) => {
                self.validate(
                    &format!("{} {status}", operation.id),
                    schema,
                    answer,
                    method,
                );
            }
        }
    }

    #[track_caller]
    fn validate(&self, name: &str, schema: &Value, answer: &Answer, method: &Method) {
        if method == Method::HEAD {
            assert!(answer.body.is_empty(), "{}: HEAD has no body", answer.asked);
            return;
        }
        if answer.header("content-type") == Some("text/html; charset=utf-8") {
            return;
        }
        assert_eq!(
            answer.header("content-type"),
            Some("application/json; charset=utf-8"),
            "{}",
            answer.asked
        );
        let validator = {
            let mut validators = self.validators.lock().expect("no test fails in here");
            *validators.entry(name.to_owned()).or_insert_with(|| {
                let mut root = modern(schema);
                root["components"] = self.components.clone();
                let validator = jsonschema::options()
                    .with_draft(jsonschema::Draft::Draft202012)
                    .should_validate_formats(true)
                    .build(&root)
                    .unwrap_or_else(|error| panic!("{name}: {error}"));
                Box::leak(Box::new(validator))
            })
        };
        let json = answer.json();
        let faults: Vec<String> = validator
            .iter_errors(&json)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(
            faults.is_empty(),
            "{}: not as documented: {faults:?}: {json}",
            answer.asked
        );
    }
}

fn schema_of(raw: &Value, response: &Value) -> Option<Value> {
    let response = match response["$ref"].as_str() {
        Some(reference) => &raw["components"]["responses"][last(reference)],
        None => response,
    };
    response["content"]
        .get("application/json")
        .map(|content| content["schema"].clone())
}

fn last(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap_or(reference)
}

/// OpenAPI 3.0's `nullable` as JSON Schema has it today: one more type.
fn modern(schema: &Value) -> Value {
    match schema {
        Value::Object(map) => {
            let mut out: Map<String, Value> = map
                .iter()
                .map(|(key, value)| (key.clone(), modern(value)))
                .collect();
            if out.get("nullable") == Some(&Value::Bool(true)) {
                out.remove("nullable");
                let kind = out.remove("type").expect("a nullable schema has a type");
                out.insert("type".to_owned(), json!([kind, "null"]));
            }
            Value::Object(out)
        }
        Value::Array(items) => Value::Array(items.iter().map(modern).collect()),
        other => other.clone(),
    }
}
