//! Where settings come from: flags, the environment, the file. Owns the
//! precedence (flags > environment > file > default) and the only reading of
//! the environment; must not know what any value means.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use toml::{Table, Value as Toml};

use super::table::{self, SETTINGS, Setting};
use crate::args::Typed;
use crate::failure::Failure;

/// The variable that names the file.
const FILE_VARIABLE: &str = "GRANTD_CONFIG";
/// The file's table of the operator's own scopes.
pub(super) const SCOPES: &str = "scopes";

/// Who gave a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Origin {
    Flag,
    Environment,
    File,
    Default,
}

/// Every setting's text with its origin, and the file's other parts.
pub(super) struct Sources {
    texts: BTreeMap<&'static str, (String, Origin)>,
    pub(super) scopes: Option<Toml>,
    pub(super) file: Option<PathBuf>,
    pub(super) warnings: Vec<String>,
}

impl Sources {
    /// Reads all sources.
    pub(super) fn gather(typed: &Typed) -> Result<Self, Failure> {
        let file = match &typed.config {
            Some(file) => Some(file.clone()),
            None => variable(FILE_VARIABLE)?.map(PathBuf::from),
        };
        let mut document = match &file {
            Some(file) => read_file(file)?,
            None => Table::new(),
        };
        let scopes = document.remove(SCOPES);
        if let Some(unknown) = document.keys().find(|key| table::find(key).is_none()) {
            return Err(unknown_key(unknown));
        }
        let mut texts = BTreeMap::new();
        for setting in SETTINGS {
            let text = if let Some(text) = typed.settings.get(setting.name) {
                (text.clone(), Origin::Flag)
            } else if let Some(text) = variable(&setting.variable())? {
                (text, Origin::Environment)
            } else if let Some(value) = document.get(setting.name) {
                (text_of(setting, value)?, Origin::File)
            } else {
                (setting.default.to_owned(), Origin::Default)
            };
            texts.insert(setting.name, text);
        }
        Ok(Self {
            texts,
            scopes,
            file,
            warnings: unknown_variables(),
        })
    }

    /// A setting's text.
    pub(super) fn text(&self, name: &str) -> &str {
        self.texts.get(name).map_or("", |(text, _)| text)
    }

    /// Who gave a setting's text.
    pub(super) fn origin(&self, name: &str) -> Origin {
        self.texts
            .get(name)
            .map_or(Origin::Default, |(_, origin)| *origin)
    }

    /// How to speak of a setting to whoever wrote it.
    pub(super) fn place(&self, setting: &Setting) -> String {
        match self.origin(setting.name) {
            Origin::Flag => format!("--{}", setting.flag()),
            Origin::Environment => setting.variable(),
            Origin::File | Origin::Default => match &self.file {
                Some(file) => format!("{} in {}", setting.name, file.display()),
                None => setting.name.to_owned(),
            },
        }
    }
}

/// An environment variable; empty counts as not set.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
fn variable(name: &str) -> Result<Option<String>, Failure> {
    match std::env::var_os(name).map(OsString::into_string) {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(text).filter(|text| !text.is_empty())),
        Some(Err(_)) => Err(Failure::new(format!("{name} is not UTF-8; set it anew"))),
    }
}

/// The user's folder for what programs remember (XDG), as far as it is known.
pub(crate) fn state_folder() -> Option<PathBuf> {
    let absolute = |name: &str| {
        let path = variable(name).ok().flatten().map(PathBuf::from);
        path.filter(|path| path.is_absolute())
    };
    absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))
}

/// Names of variables that look like settings and are none. Others may use the
/// prefix too (an orchestrator's service variables, say), so this is no error.
fn unknown_variables() -> Vec<String> {
    let known = |name: &str| {
        name == FILE_VARIABLE || SETTINGS.iter().any(|setting| setting.variable() == name)
    };
    std::env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(|name| name.starts_with("GRANTD_") && !known(name))
        .filter_map(|name| {
            let near = table::nearest(
                name.strip_prefix("GRANTD_")?,
                SETTINGS.iter().map(|setting| setting.name),
            )?;
            Some(format!(
                "{name} is no setting; did you mean GRANTD_{}?",
                near.to_ascii_uppercase()
            ))
        })
        .collect()
}

fn read_file(file: &Path) -> Result<Table, Failure> {
    let text = std::fs::read_to_string(file).map_err(|why| {
        Failure::new(format!(
            "cannot read the configuration {}: {why}",
            file.display()
        ))
    })?;
    text.parse().map_err(|why: toml::de::Error| {
        let line = why
            .span()
            .map_or(1, |span| text[..span.start].lines().count().max(1));
        Failure::new(format!(
            "{} line {line}: {}",
            file.display(),
            why.message().replace('\n', ", ")
        ))
    })
}

fn unknown_key(key: &str) -> Failure {
    let known = SETTINGS.iter().map(|setting| setting.name).chain([SCOPES]);
    let advice = match table::nearest(key, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`grantd config print-default` lists all".to_owned(),
    };
    Failure::new(format!(
        "unknown setting `{key}` in the configuration file; {advice}"
    ))
}

/// A TOML value as the text that the environment would carry.
fn text_of(setting: &Setting, value: &Toml) -> Result<String, Failure> {
    let scalar = |value: &Toml| match value {
        Toml::String(text) => Some(text.clone()),
        Toml::Integer(number) => Some(number.to_string()),
        Toml::Boolean(switch) => Some(switch.to_string()),
        Toml::Datetime(time) => Some(time.to_string()),
        _ => None,
    };
    let text = match value {
        Toml::Array(items) => items
            .iter()
            .map(scalar)
            .collect::<Option<Vec<_>>>()
            .map(|items| items.join(",")),
        other => scalar(other),
    };
    text.ok_or_else(|| {
        Failure::new(format!(
            "setting `{}` has a value of the wrong type; give one such as {}",
            setting.name,
            setting.shown()
        ))
    })
}
