//! The API, operation by operation.

use std::fmt::Write;

use grantd_server::reference::{Caller, Field, Operation, REFERENCE};

use super::cell;

const HEAD: &str = "\
# Endpoints

Every operation of the API, as `api/openapi.json` describes it; `grantd openapi` prints that document, and every server
shows it at `/docs`. The addresses below stand under `/api/v3` and at the root alike, where nothing else is said. Words
with a dollar sign stand for values that you have.
Outside of this document are the pages for people and the endpoints of the OAuth flows: [flows](flows.md).
";

/// The page.
pub(super) fn markdown() -> String {
    let mut out = String::from(HEAD);
    for tag in &REFERENCE.tags {
        // Writing to a string does not fail.
        let _ = writeln!(out, "\n## {}\n\n{}", tag.name, tag.description);
        for operation in &tag.operations {
            write(operation, &mut out);
        }
    }
    out
}

fn write(one: &Operation, out: &mut String) {
    let base = if one.at_root {
        ", at the root only"
    } else {
        ""
    };
    let _ = writeln!(out, "\n### {}\n", one.summary);
    let _ = writeln!(out, "`{} {}`{base} · `{}`", one.method, one.path, one.id);
    if one.deprecated {
        out.push_str("· its end was announced by GitHub, and is yours to set here\n");
    }
    let callers: Vec<&str> = one.callers.iter().map(|caller| words(*caller)).collect();
    let _ = writeln!(
        out,
        "\n{}\n\nCalled by {}.",
        one.description,
        callers.join("; ")
    );
    fields("Parameter", &one.parameters, out);
    fields("Field of the body", &one.fields, out);
    let curl = one.curl("https://tokens.example/api/v3", "https://tokens.example");
    let _ = writeln!(
        out,
        "\n<!-- not run: made from the document -->\n```sh\n{curl}\n```"
    );
    out.push_str("\n| Status | Means |\n|---|---|\n");
    for answer in &one.answers {
        let _ = writeln!(out, "| {} | {} |", answer.status, cell(&answer.description));
    }
    if let Some(example) = &one.example {
        let _ = writeln!(out, "\n```json\n{example}\n```");
    }
}

fn fields(what: &str, fields: &[Field], out: &mut String) {
    if fields.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n| {what} | Type | Meaning |\n|---|---|---|");
    for field in fields {
        let place = match field.place.as_str() {
            "" => String::new(),
            place => format!(", {place}"),
        };
        let needed = if field.required { ", needed" } else { "" };
        let _ = writeln!(
            out,
            "| `{}` | {}{place}{needed} | {} |",
            field.name,
            field.kind,
            cell(&field.description)
        );
    }
}

fn words(caller: Caller) -> &'static str {
    match caller {
        Caller::Anybody => "anybody",
        Caller::Password => {
            "a user with the password, and `X-GitHub-OTP` where two-factor authentication is on"
        }
        Caller::App => "an app with its client id and secret",
        Caller::Token => "a token's holder",
        Caller::SiteAdmin => "a site admin's token with the scope `site_admin`",
    }
}
