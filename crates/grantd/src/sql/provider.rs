//! The catalog as the documents that StackQL loads: `provider.yaml` and an
//! OpenAPI document per service with `x-stackQL-resources`. Owns that format;
//! operations and schemas are those of the API's own description. The text is
//! JSON, which is YAML.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Map, Value, json};
use url::Url;

use super::catalog::{Access, Kind, Method, PROVIDER, RESOURCES, Resource, SERVICES};
use crate::failure::Failure;
use grantd_server::reference::DOCUMENT;

/// The version that StackQL's registry gives documents under development.
pub(crate) const VERSION: &str = "v00.00.00000";

/// The documents with their places below a registry's folder.
///
/// # Errors
/// The API's description cannot be read.
pub(crate) fn documents(api: &Url) -> Result<Vec<(PathBuf, Value)>, Failure> {
    let openapi: Value = serde_json::from_str(DOCUMENT)
        .map_err(|why| Failure::new(format!("the API's description cannot be read: {why}")))?;
    let folder = PathBuf::from(format!("src/{PROVIDER}/{VERSION}"));
    let mut documents = vec![(folder.join("provider.yaml"), provider(&openapi))];
    for (name, title) in SERVICES {
        let place = folder.join(format!("services/{name}.yaml"));
        documents.push((place, service(&openapi, name, title, api)));
    }
    Ok(documents)
}

fn provider(openapi: &Value) -> Value {
    let services: Map<String, Value> = SERVICES
        .iter()
        .map(|(name, title)| {
            let service = json!({
                "id": format!("{name}:{VERSION}"),
                "name": name,
                "preferred": true,
                "service": { "$ref": format!("{PROVIDER}/{VERSION}/services/{name}.yaml") },
                "title": title,
                "version": VERSION,
                "description": title,
            });
            ((*name).to_owned(), service)
        })
        .collect();
    json!({
        "id": PROVIDER,
        "name": PROVIDER,
        "version": VERSION,
        "title": "GitHub's OAuth Authorizations API, as grantd serves it",
        "description": openapi["info"]["description"],
        "openapi": openapi["openapi"],
        "providerServices": services,
        "config": { "auth": {
            "type": "basic",
            "username_var": "STACKQL_GITHUB_USERNAME",
            "password_var": "STACKQL_GITHUB_PASSWORD",
        } },
    })
}

fn service(openapi: &Value, name: &str, title: &str, api: &Url) -> Value {
    let resources = || RESOURCES.iter().filter(|resource| resource.service == name);
    let mut paths = Map::new();
    for method in resources().flat_map(|resource| &resource.methods) {
        let verb = method.verb.to_ascii_lowercase();
        let operation = openapi["paths"][&method.path][&verb].clone();
        let path = paths
            .entry(method.path.clone())
            .or_insert_with(|| json!({}));
        path[verb] = operation;
    }
    let mut document = json!({
        "openapi": openapi["openapi"],
        "info": {
            "title": format!("{name} API"),
            "description": title,
            "version": openapi["info"]["version"],
        },
        "servers": [{ "url": api.as_str().trim_end_matches('/') }],
        "paths": paths,
        "components": {},
        // Pages are turned by the address in the Link header.
        "x-stackQL-config": { "pagination": {
            "requestToken": { "key": "", "location": "request" },
            "responseToken": { "key": "Link", "location": "header" },
        } },
    });
    document["components"] = needed(openapi, &document["paths"]);
    for resource in resources() {
        widen(
            &mut document["components"]["schemas"][resource.schema],
            resource,
        );
    }
    let listed =
        resources().map(|resource| (resource.name.to_owned(), described(openapi, resource)));
    document["components"]["x-stackQL-resources"] = Value::Object(listed.collect());
    document
}

/// The components that something names, and those that they name.
fn needed(openapi: &Value, paths: &Value) -> Value {
    let mut open = references(paths);
    let mut seen = BTreeSet::new();
    let mut components = json!({});
    while let Some(reference) = open.pop() {
        if !seen.insert(reference.clone()) {
            continue;
        }
        let pointer = reference.trim_start_matches('#');
        let mut parts = reference.trim_start_matches("#/components/").splitn(2, '/');
        if let (Some(found), Some(kind), Some(name)) =
            (openapi.pointer(pointer), parts.next(), parts.next())
        {
            components[kind][name] = found.clone();
            open.extend(references(found));
        }
    }
    components["securitySchemes"] = openapi["components"]["securitySchemes"].clone();
    components
}

fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(keys) => {
            let own = keys.get("$ref").and_then(Value::as_str).map(str::to_owned);
            own.into_iter()
                .chain(keys.values().flat_map(references))
                .collect()
        }
        Value::Array(values) => values.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// A schema has every field of its resource.
fn widen(schema: &mut Value, resource: &Resource) {
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    for column in &resource.columns {
        if !properties.contains_key(&column.name) && column.kind == Kind::Object {
            let property =
                json!({ "type": "object", "nullable": true, "description": column.about });
            properties.insert(column.name.clone(), property);
        }
    }
}

fn described(openapi: &Value, resource: &Resource) -> Value {
    let methods: Map<String, Value> = resource
        .methods
        .iter()
        .map(|method| (method.name.to_owned(), called(openapi, method)))
        .collect();
    let verb = |access: Access| {
        let mut methods: Vec<&Method> = resource.by(access).collect();
        // The first whose parameters are all given is taken.
        methods.sort_by_key(|method| std::cmp::Reverse(method.required().count()));
        let name = |method: &Method| {
            let at = format!(
                "#/components/x-stackQL-resources/{}/methods/{}",
                resource.name, method.name
            );
            json!({ "$ref": at })
        };
        methods.into_iter().map(name).collect::<Vec<_>>()
    };
    json!({
        "id": resource.id(),
        "name": resource.name,
        "title": resource.about,
        "methods": methods,
        "sqlVerbs": {
            "select": verb(Access::Select),
            "insert": verb(Access::Insert),
            "update": [],
            "delete": verb(Access::Delete),
            "replace": [],
        },
    })
}

fn called(openapi: &Value, method: &Method) -> Value {
    let (path, verb) = (
        method.path.replace('/', "~1"),
        method.verb.to_ascii_lowercase(),
    );
    let answers = openapi["paths"][&method.path][&verb]["responses"].as_object();
    let answers = answers.into_iter().flat_map(Map::keys);
    let success = answers.filter(|status| status.starts_with('2')).max();
    json!({
        "operation": { "$ref": format!("#/paths/{path}/{verb}") },
        "response": { "mediaType": "application/json", "openAPIDocKey": success },
    })
}

#[cfg(test)]
mod tests {
    use grantd_server::routes::ROUTES;

    use super::*;

    /// Rows of the API that are no rows of a table.
    const ELSEWHERE: [&str; 16] = [
        "grantd/update-authorization-by-post",
        "apps/check-authorization",
        "apps/reset-authorization",
        "apps/revoke-authorization-for-application",
        "apps/revoke-grant-for-application",
        "apps/scope-token",
        "credentials/revoke",
        "rate-limit/get",
        "meta/root",
        "meta/get",
        "graphql/query",
        "graphql/query-as-on-github-com",
        "grantd/health",
        "grantd/ready",
        "grantd/live",
        "grantd/secret-scanning",
    ];

    fn all() -> Vec<(PathBuf, Value)> {
        documents(&Url::parse("https://example.com/api/v3/").unwrap()).unwrap()
    }

    #[test]
    fn operations_are_those_of_the_route_table() {
        let mut named = BTreeSet::new();
        for (place, document) in all().iter().skip(1) {
            let resources = document["components"]["x-stackQL-resources"]
                .as_object()
                .unwrap();
            for (name, method) in resources
                .values()
                .flat_map(|r| r["methods"].as_object().unwrap())
            {
                let reference = method["operation"]["$ref"].as_str().unwrap();
                let operation = document.pointer(reference.trim_start_matches('#'));
                let operation =
                    operation.unwrap_or_else(|| panic!("{}: {reference}", place.display()));
                let id = operation["operationId"].as_str().unwrap();
                let route = ROUTES.iter().find(|route| route.operation == id).unwrap();
                let path = route.path.replace('/', "~1");
                let verb = route.method.as_str().to_ascii_lowercase();
                assert_eq!(reference, format!("#/paths/{path}/{verb}"), "{name}");
                let status = method["response"]["openAPIDocKey"].as_str().unwrap();
                assert!(
                    operation["responses"][status].is_object(),
                    "{name}: {status}"
                );
                named.insert(id.to_owned());
            }
        }
        for route in ROUTES {
            let elsewhere = ELSEWHERE.contains(&route.operation);
            assert_ne!(
                named.contains(route.operation),
                elsewhere,
                "{}",
                route.operation
            );
        }
    }

    #[test]
    fn the_documents_have_what_the_format_asks_for() {
        let documents = all();
        let provider = &documents[0].1;
        for key in ["id", "name", "title", "version", "providerServices"] {
            assert!(!provider[key].is_null(), "{key}");
        }
        let services = provider["providerServices"].as_object().unwrap();
        assert_eq!(services.len() + 1, documents.len());
        for (name, service) in services {
            let reference = service["service"]["$ref"].as_str().unwrap();
            let place = PathBuf::from("src").join(reference);
            let (_, document) = documents.iter().find(|(other, _)| *other == place).unwrap();
            assert_eq!(
                document["servers"],
                json!([{ "url": "https://example.com/api/v3" }])
            );
            for reference in references(document) {
                let found = document.pointer(reference.trim_start_matches('#'));
                assert!(found.is_some(), "{name}: {reference}");
            }
            let resources = document["components"]["x-stackQL-resources"]
                .as_object()
                .unwrap();
            assert!(!resources.is_empty());
            for (key, resource) in resources {
                assert_eq!(resource["id"], format!("github.{name}.{key}"));
                assert_eq!(resource["name"], *key);
                let verbs: Vec<&String> =
                    resource["sqlVerbs"].as_object().unwrap().keys().collect();
                assert_eq!(verbs, ["select", "insert", "update", "delete", "replace"]);
            }
        }
    }

    #[test]
    fn the_resource_of_the_contract_is_there_with_its_verbs_and_fields() {
        let documents = all();
        let at = |end: &str| {
            &documents
                .iter()
                .find(|(place, _)| place.ends_with(end))
                .unwrap()
                .1
        };
        let document = at("oauth_authorizations.yaml");
        let resource = &document["components"]["x-stackQL-resources"]["authorizations"];
        let select: Vec<&str> = resource["sqlVerbs"]["select"]
            .as_array()
            .unwrap()
            .iter()
            .map(|method| method["$ref"].as_str().unwrap().rsplit('/').next().unwrap())
            .collect();
        assert_eq!(
            select,
            [
                "get_or_create_authorization_for_app_and_fingerprint",
                "get_or_create_authorization_for_app",
                "get_authorization",
                "list_authorizations"
            ]
        );
        let properties = &document["components"]["schemas"]["Authorization"]["properties"];
        assert_eq!(properties.as_object().unwrap().len(), 15);
    }
}
