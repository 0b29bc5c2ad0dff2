//! The table of settings as people read it: a commented TOML file and the page
//! `docs/settings.md`. Owns no setting; must not read any source.

use std::fmt::Write;

use super::table::{SETTINGS, Setting};
use super::values::Shape;

const SCOPES_TOML: &str = r#"
# Scopes of your own, beside GitHub's: what they imply, and the words that people see when an
# app asks for them.
# [scopes."deploy:prod"]
# words = "Deploy to production"
# implies = ["repo_deployment"]
"#;

const PAGE_HEAD: &str = "\
# Settings

Every setting can be given in four places. Where several give it, the first of these wins:

1. a flag of `grantd serve`: the name with dashes (`--public-url URL`); a switch may stand alone
   (`--deprecation`). `--data` and `--database` go with every command, before or after it;
2. an environment variable: `GRANTD_` and the name in capitals (`GRANTD_PUBLIC_URL`); an empty one
   counts as not set;
3. the file that `--config FILE` or `GRANTD_CONFIG` names (TOML);
4. the default below.

Lists are arrays in the file and separated by commas elsewhere. A relative path starts at the
folder in which grantd was started. A name that is no setting stops grantd, with the nearest
right one; a variable that looks like one is warned of.

`grantd config print-default` writes a commented file to start from; `grantd config check` says
what is in effect, and who said so.

| Setting | Value | Default | Meaning |
|---|---|---|---|
";

const PAGE_TAIL: &str = r#"
## Scopes of your own

GitHub's scopes are known from the start. The file may add others, or replace one of the same name:

```toml
[scopes."deploy:prod"]
words = "Deploy to production"     # what people read when an app asks for it
implies = ["repo_deployment"]      # scopes that it carries with it
```
"#;

/// Every setting with its default, as a file that means exactly the defaults.
pub(crate) fn toml() -> String {
    let mut out =
        String::from("# Every setting of grantd with its default. See docs/settings.md.\n");
    for setting in SETTINGS {
        out.push('\n');
        for line in setting.doc {
            let _ = writeln!(out, "#{line}");
        }
        let comment = if setting.default.is_empty() { "# " } else { "" };
        let _ = writeln!(out, "{comment}{} = {}", setting.name, literal(setting));
    }
    out.push_str(SCOPES_TOML);
    out
}

/// The page `docs/settings.md`.
pub(crate) fn markdown() -> String {
    let mut out = String::from(PAGE_HEAD);
    for setting in SETTINGS {
        let default = if setting.default.is_empty() {
            "–".into()
        } else {
            format!("`{}`", setting.default)
        };
        let doc: String = setting.doc.concat();
        let kind = setting.kind.replace('|', " or ");
        let kind = match setting.shape {
            Shape::List => format!("list of {kind}"),
            _ => kind,
        };
        let _ = writeln!(
            out,
            "| `{}` | {kind} | {default} | {} |",
            setting.name,
            doc.trim()
        );
    }
    out.push_str(PAGE_TAIL);
    out
}

fn literal(setting: &Setting) -> String {
    let shown = setting.shown();
    match setting.shape {
        Shape::Number | Shape::Switch => shown.to_owned(),
        Shape::Text => format!("{shown:?}"),
        Shape::List => format!("{:?}", shown.split(',').collect::<Vec<_>>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_file_holds_every_setting_once_uncommented_too() {
        let uncommented = |line: &str| match line.strip_prefix("# ") {
            Some(rest) if rest.starts_with('[') || rest.contains(" = ") => rest.to_owned(),
            _ => line.to_owned(),
        };
        let all: String = toml()
            .lines()
            .map(|line| uncommented(line) + "\n")
            .collect();
        let table: toml::Table = all.parse().unwrap();
        let names: Vec<&str> = SETTINGS
            .iter()
            .map(|setting| setting.name)
            .chain(["scopes"])
            .collect();
        let mut written: Vec<&str> = table.keys().map(String::as_str).collect();
        written.sort_by_key(|name| names.iter().position(|known| known == name));
        assert_eq!(written, names);
    }

    #[test]
    fn the_page_in_docs_is_this_table() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/settings.md");
        let written = std::fs::read_to_string(page).unwrap_or_default();
        assert!(
            written == markdown(),
            "docs/settings.md is out of date; write it anew: grantd config print-default --markdown > docs/settings.md"
        );
    }
}
