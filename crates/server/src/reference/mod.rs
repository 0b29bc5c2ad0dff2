//! What `api/openapi.json` says, in the form in which people read it: tags,
//! operations, fields, examples. Owns the reading of that document; must not
//! know who shows it (`web` does, and the book in `docs/`).

mod curl;
mod read;
mod refusals;

use std::sync::LazyLock;

pub use self::refusals::{Refusal, flow_refusals, refusals};

/// The document, as it stands in the repository.
pub const DOCUMENT: &str = include_str!("../../../../api/openapi.json");

/// The document, read. A test reads it, so that a broken one is never shipped.
pub static REFERENCE: LazyLock<Reference> =
    LazyLock::new(|| read::reference(DOCUMENT).unwrap_or_default());

/// All operations of the API.
#[derive(Debug, Default)]
pub struct Reference {
    /// Groups of operations, in the document's order.
    pub tags: Vec<Tag>,
}

impl Reference {
    /// The operation `TAG/NAME`.
    pub fn find(&self, id: &str) -> Option<&Operation> {
        let mut all = self.tags.iter().flat_map(|tag| &tag.operations);
        all.find(|operation| operation.id == id)
    }
}

/// A group of operations.
#[derive(Debug)]
pub struct Tag {
    /// What it is called.
    pub name: String,
    /// A sentence about it.
    pub description: String,
    /// Its operations, in the document's order.
    pub operations: Vec<Operation>,
}

/// One operation.
#[derive(Debug)]
pub struct Operation {
    /// `TAG/NAME`, as in the route table.
    pub id: String,
    /// The method, in capitals.
    pub method: String,
    /// The path below the base, with names in braces.
    pub path: String,
    /// It is served at the root alone, and not below `/api/v3`.
    pub at_root: bool,
    /// Its heading.
    pub summary: String,
    /// What it does; code stands in backticks.
    pub description: String,
    /// GitHub has announced its end.
    pub deprecated: bool,
    /// Who may call; any of them.
    pub callers: Vec<Caller>,
    /// What stands in the path, the query and the headers.
    pub parameters: Vec<Field>,
    /// The body's fields; none where there is no body, or where it is no object.
    pub fields: Vec<Field>,
    /// A body that works, as indented JSON.
    pub body: Option<String>,
    /// Statuses and what they mean.
    pub answers: Vec<Answer>,
    /// The fields of the answer when all goes well.
    pub answer_fields: Vec<Field>,
    /// Such an answer, as indented JSON.
    pub example: Option<String>,
}

/// Who may call an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Without credentials.
    Anybody,
    /// A user by password, and by code where two-factor authentication is on.
    Password,
    /// An app by its client id and secret.
    App,
    /// A token's holder.
    Token,
    /// A site admin by a token with the scope `site_admin`.
    SiteAdmin,
}

/// A parameter, or a field of a body.
#[derive(Debug)]
pub struct Field {
    /// What it is called.
    pub name: String,
    /// `path`, `query` or `header`; empty for a field of a body.
    pub place: String,
    /// Its type, in words.
    pub kind: String,
    /// It must be given, or is always there.
    pub required: bool,
    /// What it means; code stands in backticks.
    pub description: String,
}

/// An answer that an operation gives.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: String,
    /// What it means.
    pub description: String,
}

/// A piece of a description.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The text, without its backticks.
    pub text: &'a str,
    /// It stood in backticks.
    pub is_code: bool,
}

/// A description, taken apart at its backticks.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    text.split('`')
        .enumerate()
        .map(|(number, text)| Piece {
            text,
            is_code: number % 2 == 1,
        })
        .filter(|piece| !piece.text.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::{Part, ROUTES, SITE};

    #[test]
    fn every_operation_of_the_table_is_read_with_its_method_and_path() {
        assert!(read::reference(DOCUMENT).is_some());
        for route in ROUTES {
            let found = REFERENCE
                .find(route.operation)
                .unwrap_or_else(|| panic!("{}", route.operation));
            assert_eq!(found.method, route.method.as_str(), "{}", found.id);
            assert_eq!(found.path, route.path, "{}", found.id);
            assert!(!found.callers.is_empty(), "{}", found.id);
            assert!(!found.answers.is_empty(), "{}", found.id);
            assert!(!found.summary.is_empty() && !found.description.is_empty());
            let in_path = found
                .parameters
                .iter()
                .filter(|field| field.place == "path")
                .count();
            assert_eq!(in_path, found.path.matches('{').count(), "{}", found.id);
        }
        let read: usize = REFERENCE.tags.iter().map(|tag| tag.operations.len()).sum();
        assert_eq!(read, ROUTES.len());
    }

    #[test]
    fn what_one_operation_says_is_read_whole() {
        let update = REFERENCE
            .find("oauth-authorizations/update-authorization")
            .unwrap();
        assert_eq!(update.callers, [Caller::Password]);
        assert!(update.deprecated && !update.at_root);
        let scopes = update
            .fields
            .iter()
            .find(|field| field.name == "scopes")
            .unwrap();
        assert_eq!(
            (scopes.kind.as_str(), scopes.required),
            ("array of string, or null", false)
        );
        assert!(
            update
                .answer_fields
                .iter()
                .any(|field| field.name == "hashed_token")
        );
        assert!(update.example.as_ref().unwrap().contains("\"scopes\""));
        let check = REFERENCE.find("apps/check-token").unwrap();
        assert_eq!(check.callers, [Caller::App]);
        let health = REFERENCE.find("grantd/health").unwrap();
        assert!(health.at_root);
        assert_eq!(health.callers, [Caller::Anybody]);
    }

    #[test]
    fn every_endpoint_for_programs_outside_the_document_stands_in_the_book() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/flows.md");
        let page = std::fs::read_to_string(page).unwrap();
        for route in SITE.iter().filter(|route| route.part != Part::Site) {
            assert!(page.contains(&format!("{}`", route.path)), "{}", route.path);
        }
    }

    #[test]
    fn descriptions_come_apart_at_backticks() {
        let piece = |text, is_code| Piece { text, is_code };
        assert_eq!(
            pieces("a `b` c"),
            [piece("a ", false), piece("b", true), piece(" c", false)]
        );
        assert_eq!(pieces("`b`"), [piece("b", true)]);
        assert_eq!(pieces(""), []);
    }
}
