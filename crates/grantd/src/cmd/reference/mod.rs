//! `grantd reference`: the pages of the book that follow from the program
//! itself, as Markdown. Owns their form; what they say is the command line's, the
//! API's and the refusals' own. A test holds each page in `docs/reference` to it.

mod commands;
mod endpoints;
mod errors;

use clap::{Command, ValueEnum};

use crate::failure::Failure;
use crate::output;

/// The pages.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Page {
    /// Every command
    Commands,
    /// Every operation of the API
    Endpoints,
    /// Every refusal
    Errors,
}

/// Prints a page.
pub(crate) fn run(page: Page, command: Command) -> Result<(), Failure> {
    output::bytes(markdown(page, command).as_bytes())
}

fn markdown(page: Page, command: Command) -> String {
    match page {
        Page::Commands => commands::markdown(command),
        Page::Endpoints => endpoints::markdown(),
        Page::Errors => errors::markdown(),
    }
}

/// Text within a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory;

    use super::*;
    use crate::args::Cli;

    #[test]
    fn the_pages_in_docs_are_what_the_program_says() {
        for page in Page::value_variants() {
            let name = page.to_possible_value().unwrap().get_name().to_owned();
            let place = format!(
                "{}/../../docs/reference/{name}.md",
                env!("CARGO_MANIFEST_DIR")
            );
            let written = std::fs::read_to_string(place).unwrap_or_default();
            assert!(
                written == markdown(*page, Cli::command()),
                "docs/reference/{name}.md is out of date; write it anew: grantd reference {name} > docs/reference/{name}.md"
            );
        }
    }

    #[test]
    fn every_command_that_is_shown_has_a_heading() {
        let page = markdown(Page::Commands, Cli::command());
        let headings: BTreeSet<&str> = page
            .lines()
            .filter_map(|line| line.strip_prefix("## "))
            .collect();
        for known in ["grantd serve", "grantd user create", "grantd user totp"] {
            assert!(headings.contains(known), "{known}");
        }
        assert!(!headings.contains("grantd man"), "hidden");
    }
}
