//! Every word that a person reads on a page, in the person's language. Owns the
//! catalogues (`crates/server/i18n`), which language is spoken, and how dates
//! are written. Must not know any page.

mod catalogue;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use fluent_bundle::{FluentArgs, FluentValue};
use grantd_core::clock::Timestamp;

use self::catalogue::CATALOGUES;

/// A language that pages speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    German,
    Chinese,
    /// English in brackets, for a test that looks for words outside the catalogue.
    Pseudo,
}

impl Language {
    /// Those that people may choose, in the order of the choice.
    pub(crate) const ALL: [Self; 3] = [Self::English, Self::German, Self::Chinese];

    /// The tag of RFC 5646, for `lang` attributes and settings.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::Chinese => "zh",
            Self::Pseudo => "qps",
        }
    }

    /// What its speakers call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
            Self::Chinese => "中文",
            Self::Pseudo => "⟦English⟧",
        }
    }

    /// The language that a setting names.
    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// The first language of an `Accept-Language` header that is spoken here; English if none is.
    pub(crate) fn accepted(header: &str, pseudo: bool) -> Self {
        if pseudo && header.starts_with("qps") {
            return Self::Pseudo;
        }
        let mut ranges: Vec<(f32, &str)> = header
            .split(',')
            .take(50)
            .map(|range| {
                let (tag, weight) = range.split_once(';').unwrap_or((range, ""));
                let weight = weight.trim().strip_prefix("q=").map_or(1.0, |weight| {
                    weight
                        .trim()
                        .parse()
                        .ok()
                        .filter(|q: &f32| q.is_finite())
                        .unwrap_or(0.0)
                });
                (weight, tag.trim())
            })
            .filter(|(weight, _)| *weight > 0.0)
            .collect();
        // Stable: equal weights keep their order.
        ranges.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        let tags: Vec<&str> = ranges.into_iter().map(|(_, tag)| tag).collect();
        let wanted = fluent_langneg::convert_vec_str_to_langids_lossy(tags);
        let ours = fluent_langneg::convert_vec_str_to_langids_lossy(Self::ALL.map(Self::tag));
        let found = fluent_langneg::negotiate_languages(
            &wanted,
            &ours,
            None,
            fluent_langneg::NegotiationStrategy::Filtering,
        );
        found
            .first()
            .and_then(|found| Self::of_tag(found.language.as_str()))
            .unwrap_or(Self::English)
    }
}

impl From<grantd_core::user::Language> for Language {
    fn from(chosen: grantd_core::user::Language) -> Self {
        use grantd_core::user::Language as Chosen;
        match chosen {
            Chosen::English => Self::English,
            Chosen::German => Self::German,
            Chosen::Chinese => Self::Chinese,
        }
    }
}

/// The catalogue of one language.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    pub(crate) language: Language,
}

impl Words {
    pub(crate) fn new(language: Language) -> Self {
        Self { language }
    }

    /// The message of this key.
    pub(crate) fn t(&self, key: &str) -> String {
        self.say(key, None)
    }

    /// The message of this key with one value put in.
    pub(crate) fn t1<'a>(
        &self,
        key: &str,
        name: &'a str,
        value: impl Into<FluentValue<'a>>,
    ) -> String {
        let mut args = FluentArgs::with_capacity(1);
        args.set(name, value);
        self.say(key, Some(&args))
    }

    /// The message of this key with two values put in.
    pub(crate) fn t2<'a>(
        &self,
        key: &str,
        (name, value): (&'a str, impl Into<FluentValue<'a>>),
        (other_name, other): (&'a str, impl Into<FluentValue<'a>>),
    ) -> String {
        let mut args = FluentArgs::with_capacity(2);
        args.set(name, value);
        args.set(other_name, other);
        self.say(key, Some(&args))
    }

    /// The message of this key with values put in.
    pub(crate) fn filled(&self, key: &str, values: &[(&str, &str)]) -> String {
        let mut args = FluentArgs::with_capacity(values.len());
        for (name, value) in values {
            args.set(*name, *value);
        }
        self.say(key, Some(&args))
    }

    /// The message of a key that follows from data, if there is one.
    pub(crate) fn find(&self, key: &str) -> Option<String> {
        CATALOGUES.has(key).then(|| self.t(key))
    }

    /// A day, in UTC.
    pub(crate) fn date(&self, at: Timestamp) -> String {
        self.when("date", at)
    }

    /// A day and the time of the day, in UTC.
    pub(crate) fn date_time(&self, at: Timestamp) -> String {
        self.when("date-time", at)
    }

    fn when(&self, key: &str, at: Timestamp) -> String {
        // 2018-09-30T19:47:18Z, the one form that timestamps have.
        let text = at.to_string();
        let number = |range: std::ops::Range<usize>| -> i64 {
            text.get(range)
                .and_then(|part| part.parse().ok())
                .unwrap_or(0)
        };
        let mut args = FluentArgs::with_capacity(4);
        args.set("year", number(0..4).to_string());
        args.set("month", number(5..7));
        args.set("day", number(8..10));
        args.set("time", text.get(11..16).unwrap_or_default().to_owned());
        self.say(key, Some(&args))
    }

    /// What a scope allows: translated where the words are the shipped ones, the operator's own otherwise.
    pub(crate) fn scope(&self, name: &str, words: &str) -> String {
        let key = format!("scope-{}", name.replace([':', '/', '.'], "-"));
        let shipped = CATALOGUES.has(&key) && Self::new(Language::English).t(&key) == words;
        if shipped {
            self.t(&key)
        } else {
            words.to_owned()
        }
    }

    fn say(&self, key: &str, args: Option<&FluentArgs<'_>>) -> String {
        let said = CATALOGUES.say(self.language, key, args);
        // A test holds every key to the catalogues; a page with a key in it is better than none.
        let said = said.unwrap_or(Cow::Borrowed(key));
        match self.language {
            Language::Pseudo => format!("⟦{said}⟧"),
            _ => said.into_owned(),
        }
    }
}
