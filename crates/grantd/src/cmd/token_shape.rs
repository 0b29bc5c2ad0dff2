//! `grantd token example` and `grantd token scanner-rules`: what tokens look
//! like, for documents and for those who search other people's files for
//! secrets. Owns the scanners' file formats; needs no store.

use std::fmt::Write as _;

use clap::{Subcommand, ValueEnum};
use grantd_core::entropy::OsEntropy;
use grantd_core::token::{Pattern, TokenKind};

use crate::config::Config;
use crate::failure::Failure;
use crate::output;

/// What can be asked of the format alone.
#[derive(Subcommand)]
pub(crate) enum Shape {
    /// A token for documents and tests: it looks like one of ours, and no server takes it
    Example {
        /// What it would be for
        #[arg(long, value_enum, default_value_t = Kind::Personal)]
        kind: Kind,
    },
    /// Rules for secret scanners, so that they find tokens with the configured prefix
    ScannerRules {
        /// Which scanner reads them
        #[arg(long, value_enum)]
        format: Scanner,
    },
}

/// What a token is for.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    /// A personal access token
    Personal,
    /// A token of an OAuth app
    App,
    /// A refresh token
    Refresh,
}

impl From<Kind> for TokenKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Personal => Self::Personal,
            Kind::App => Self::OAuthApp,
            Kind::Refresh => Self::Refresh,
        }
    }
}

/// A scanner that takes rules.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Scanner {
    /// A `.gitleaks.toml`
    Gitleaks,
    /// A file for `trufflehog --config`
    Trufflehog,
}

/// Carries a command out.
pub(crate) fn run(command: Shape, config: &Config) -> Result<(), Failure> {
    let wrong = |why: &dyn std::fmt::Display| Failure::new(why.to_string());
    let format = config.token_format().map_err(|why| wrong(&why))?;
    let text = match command {
        Shape::Example { kind } => format!("{}\n", format.example(kind.into(), &OsEntropy)),
        Shape::ScannerRules { format: scanner } => {
            let patterns = format.patterns().map_err(|why| wrong(&why))?;
            match scanner {
                Scanner::Gitleaks => gitleaks(&patterns),
                Scanner::Trufflehog => trufflehog(&patterns),
            }
        }
    };
    output::bytes(text.as_bytes())
}

/// Prefix and expression hold nothing that either format would need to escape.
fn gitleaks(patterns: &[Pattern]) -> String {
    let mut rules = String::from("title = \"grantd tokens\"\n");
    for pattern in patterns {
        let _ = write!(
            rules,
            "\n[[rules]]\nid = \"grantd-{}\"\ndescription = \"A {} of grantd\"\nregex = '''{}'''\nkeywords = [\"{}\"]\n",
            pattern.name,
            pattern.words,
            pattern.expression,
            pattern.prefix.to_ascii_lowercase()
        );
    }
    rules
}

fn trufflehog(patterns: &[Pattern]) -> String {
    let mut rules = String::from("detectors:\n");
    for pattern in patterns {
        let _ = write!(
            rules,
            "  - name: grantd-{}\n    description: \"A {} of grantd\"\n    keywords:\n      - {}\n    regex:\n      token: '{}'\n",
            pattern.name, pattern.words, pattern.prefix, pattern.expression
        );
    }
    rules
}
