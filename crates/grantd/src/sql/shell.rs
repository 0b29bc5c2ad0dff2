//! The interactive shell: history, completion, statements over several lines.
//! Owns what is kept of what was typed: nothing that may hold a secret.

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper};

use super::catalog::{PROVIDER, RESOURCES, SERVICES};
use super::session::Session;
use super::text::Text;
use crate::config;
use crate::failure::Failure;
use crate::output;

const PROMPT: &str = "grantd> ";
const REMEMBERED: usize = 1_000;

/// Reads statements and carries them out until its end.
///
/// # Errors
/// The terminal cannot be read. A statement's failure is printed, and the next one read.
pub(crate) async fn run(session: &mut Session) -> Result<(), Failure> {
    let unusable = |why: ReadlineError| Failure::new(format!("cannot use the terminal: {why}"));
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .max_history_size(REMEMBERED)
        .and_then(|config| config.history_ignore_dups(true))
        .map_err(unusable)?
        .build();
    let mut editor: Editor<Help, DefaultHistory> = Editor::with_config(config).map_err(unusable)?;
    editor.set_helper(Some(Help));
    let mut history = history_file();
    if let Some(file) = &history {
        // The first time there is none.
        let _ = editor.load_history(file);
    }
    output::note(
        "Statements end with a semicolon. SHOW SERVICES; to begin, Tab completes, Ctrl-D ends.",
    );
    loop {
        match editor.readline(PROMPT) {
            Ok(typed) => {
                if ends(&typed) {
                    break;
                }
                if keepable(&typed) {
                    let _ = editor.add_history_entry(typed.trim());
                    // Before it is carried out: Ctrl-C ends the program meanwhile.
                    history = history.filter(|file| kept(&mut editor, file));
                }
                if let Err(failure) = session.run(&typed).await {
                    output::note(format!("error: {failure}"));
                }
            }
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => break,
            Err(why) => return Err(unusable(why)),
        }
    }
    Ok(())
}

/// Writes what is new into the file. What cannot be is said once.
fn kept(editor: &mut Editor<Help, DefaultHistory>, file: &Path) -> bool {
    let kept = keep(editor, file);
    if let Err(why) = &kept {
        output::note(format!("the history is not kept: {why}"));
    }
    kept.is_ok()
}

fn keep(editor: &mut Editor<Help, DefaultHistory>, file: &Path) -> rustyline::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    // The library writes it for its owner alone (0600), and adds to what other shells wrote meanwhile.
    editor.append_history(file)
}

fn history_file() -> Option<PathBuf> {
    Some(config::state_folder()?.join("grantd").join("sql_history"))
}

fn ends(typed: &str) -> bool {
    let word = typed.trim().trim_end_matches(';').trim_end();
    ["exit", "quit", "\\q"]
        .iter()
        .any(|end| word.eq_ignore_ascii_case(end))
}

/// Whether a line may be kept: not if it names what is secret, not if it cannot be read.
pub(super) fn keepable(typed: &str) -> bool {
    let statements = Text::split(typed);
    statements.is_ok_and(|statements| !statements.iter().any(Text::holds_secrets))
}

/// Whether a statement ends here.
pub(super) fn whole(typed: &str) -> bool {
    let typed = typed.trim();
    typed.is_empty() || ends(typed) || Text::split(typed).is_ok() && last_is_semicolon(typed)
}

fn last_is_semicolon(typed: &str) -> bool {
    // A semicolon in a comment or a string ends nothing: with one more word
    // after a true end there is one statement more.
    let (now, more) = (Text::split(typed), Text::split(&format!("{typed}\nx")));
    matches!((now, more), (Ok(now), Ok(more)) if more.len() == now.len() + 1)
}

/// The words that go on from a beginning.
pub(super) fn completions(beginning: &str) -> Vec<String> {
    const KEYWORDS: &[&str] = &[
        "AND",
        "AS",
        "BY",
        "COUNT",
        "DELETE",
        "DESC",
        "DESCRIBE",
        "DISTINCT",
        "EXEC",
        "EXTENDED",
        "FROM",
        "GROUP",
        "HAVING",
        "IN",
        "INSERT",
        "INTO",
        "IS",
        "JOIN",
        "LEFT",
        "LIKE",
        "LIMIT",
        "METHODS",
        "NOT",
        "NULL",
        "ON",
        "OR",
        "ORDER",
        "PROVIDERS",
        "RESOURCES",
        "RETURNING",
        "SELECT",
        "SERVICES",
        "SHOW",
        "UNION",
        "VALUES",
        "WHERE",
        "WITH",
    ];
    let mut words: Vec<String> = KEYWORDS.iter().map(|word| (*word).to_owned()).collect();
    words.extend(
        SERVICES
            .iter()
            .map(|(service, _)| format!("{PROVIDER}.{service}")),
    );
    for resource in RESOURCES.iter() {
        words.push(resource.id());
        words.extend(resource.columns.iter().map(|column| column.name.clone()));
        for method in &resource.methods {
            words.push(format!("{}.{}", resource.id(), method.name));
            words.extend(method.inputs.iter().map(|input| input.name.clone()));
        }
    }
    let starts = |word: &String| {
        let start = word.get(..beginning.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(beginning))
    };
    words.retain(starts);
    words.sort_unstable();
    words.dedup();
    words
}

struct Help;

impl Completer for Help {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let typed = line.get(..at).unwrap_or_default();
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let start = typed.trim_end_matches(is_part).len();
        let beginning = &typed[start..];
        let found = if beginning.is_empty() {
            Vec::new()
        } else {
            completions(beginning)
        };
        Ok((start, found))
    }
}

impl Validator for Help {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(if whole(context.input()) {
            ValidationResult::Valid(None)
        } else {
            ValidationResult::Incomplete
        })
    }
}

impl Hinter for Help {
    type Hint = String;
}
impl Highlighter for Help {}
impl Helper for Help {}
