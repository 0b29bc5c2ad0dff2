//! The catalogues themselves: Fluent files, embedded and parsed once.

use std::borrow::Cow;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

use super::Language;

macro_rules! files {
    ($language:literal) => {
        &[
            include_str!(concat!("../../../i18n/", $language, "/base.ftl")),
            include_str!(concat!("../../../i18n/", $language, "/sign-in.ftl")),
            include_str!(concat!("../../../i18n/", $language, "/settings.ftl")),
            include_str!(concat!("../../../i18n/", $language, "/events.ftl")),
            include_str!(concat!("../../../i18n/", $language, "/mail.ftl")),
            include_str!(concat!("../../../i18n/", $language, "/scopes.ftl")),
            include_str!(concat!("../../../i18n/", $language, "/consent.ftl")),
            include_str!(concat!("../../../i18n/", $language, "/device.ftl")),
            include_str!(concat!("../../../i18n/", $language, "/developers.ftl")),
            include_str!(concat!("../../../i18n/", $language, "/admin.ftl")),
            include_str!(concat!("../../../i18n/", $language, "/reference.ftl")),
        ]
    };
}

pub(super) const ENGLISH: &[&str] = files!("en");
pub(super) const GERMAN: &[&str] = files!("de");
pub(super) const CHINESE: &[&str] = files!("zh");

pub(super) static CATALOGUES: LazyLock<Catalogues> = LazyLock::new(|| Catalogues {
    english: bundle(Language::English, ENGLISH),
    german: bundle(Language::German, GERMAN),
    chinese: bundle(Language::Chinese, CHINESE),
});

/// One bundle per language.
pub(super) struct Catalogues {
    english: FluentBundle<FluentResource>,
    german: FluentBundle<FluentResource>,
    chinese: FluentBundle<FluentResource>,
}

impl Catalogues {
    /// Whether the key exists. All catalogues have the same.
    pub(super) fn has(&self, key: &str) -> bool {
        self.english.has_message(key)
    }

    /// The message, or none if no catalogue has the key.
    pub(super) fn say(
        &self,
        language: Language,
        key: &str,
        args: Option<&FluentArgs<'_>>,
    ) -> Option<Cow<'_, str>> {
        let bundle = match language {
            Language::English | Language::Pseudo => &self.english,
            Language::German => &self.german,
            Language::Chinese => &self.chinese,
        };
        let message = bundle.get_message(key)?;
        let mut errors = Vec::new();
        let said = bundle.format_pattern(message.value()?, args, &mut errors);
        debug_assert!(errors.is_empty(), "{key}: {errors:?}");
        Some(Cow::Owned(said.into_owned()))
    }
}

fn bundle(language: Language, files: &[&str]) -> FluentBundle<FluentResource> {
    let tag = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // What is put in is escaped by the template; marks of direction would only show up in copied text.
    bundle.set_use_isolating(false);
    for file in files {
        // A test parses every file; what parses of a broken one is still worth having.
        let resource = match FluentResource::try_new((*file).to_owned()) {
            Ok(resource) | Err((resource, _)) => resource,
        };
        let _ = bundle.add_resource(resource);
    }
    bundle
}
