//! The refusals, one by one.

use std::fmt::Write;

use grantd_server::reference::{Refusal, flow_refusals, refusals};

use super::cell;

const HEAD: &str = "\
# Errors

## Of the API

Every refusal is JSON with `message` and `documentation_url`; a refused validation also has `errors`. A browser that
asks for a page gets the same as a page. The cause is what `grantd_refusals_total` calls it ([metrics](metrics.md)),
and nothing that is sent.

| Status | Message | What it means | Cause |
|---|---|---|---|
";

const FLOWS: &str = "
## Of the OAuth flows

`POST /login/oauth/access_token` and `POST /login/device/code` answer with `error`, `error_description` and
`error_uri`, with status 200 as GitHub does, in the encoding that was asked for ([flows](flows.md)).

| `error` | `error_description` | What it means |
|---|---|---|
";

const TAIL: &str = "
What the program itself says when a command fails stands on standard error, says what is wrong and what to do
next, and ends it with exit code 1; a table of the common ones is in
[operations.md](../operations.md#when-something-is-wrong).
";

/// The page.
pub(super) fn markdown() -> String {
    let mut out = String::from(HEAD);
    for refusal in refusals() {
        let Refusal {
            cause,
            message,
            advice,
            ..
        } = &refusal;
        let status = refusal
            .status
            .map(|status| status.to_string())
            .unwrap_or_default();
        // Writing to a string does not fail.
        let _ = writeln!(
            out,
            "| {status} | {} | {} | `{cause}` |",
            cell(message),
            cell(advice)
        );
    }
    out.push_str(FLOWS);
    for Refusal {
        cause,
        message,
        advice,
        ..
    } in flow_refusals()
    {
        let _ = writeln!(out, "| `{cause}` | {} | {} |", cell(&message), cell(advice));
    }
    out.push_str(TAIL);
    out
}
