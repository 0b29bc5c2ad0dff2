//! What all pages share: the frame around them, and the parts that forms are
//! made of. Owns what every template may call; must not know any one page.

use askama::Template;
use askama::filters::HtmlSafe;
use fluent_bundle::FluentValue;
use grantd_core::clock::Timestamp;

use super::assets;
use super::form::Faults;
use super::words::Words;

/// The sections of the settings, in the order of their list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Profile,
    Password,
    TwoFactor,
    Passkeys,
    Sessions,
    Tokens,
    Applications,
    SecurityLog,
    Developers,
}

/// The sections with the key of their names and their addresses.
const SECTIONS: [(Section, &str, &str); 9] = [
    (Section::Profile, "section-profile", "/settings"),
    (Section::Password, "section-password", "/settings/password"),
    (
        Section::TwoFactor,
        "section-two-factor",
        "/settings/two-factor",
    ),
    (Section::Passkeys, "section-passkeys", "/settings/passkeys"),
    (Section::Sessions, "section-sessions", "/settings/sessions"),
    (Section::Tokens, "section-tokens", "/settings/tokens"),
    (
        Section::Applications,
        "section-applications",
        "/settings/applications",
    ),
    (
        Section::SecurityLog,
        "section-security-log",
        "/settings/security-log",
    ),
    (
        Section::Developers,
        "section-developers",
        "/settings/developers",
    ),
];

/// The frame of one page. Every template has one as its field `page`.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) words: Words,
    /// In the window's title and as the heading.
    pub(crate) title: String,
    /// Whoever is signed in.
    pub(crate) login: Option<String>,
    /// Who administers this site.
    pub(crate) is_admin: bool,
    /// For the hidden field of every form.
    pub(crate) csrf: String,
    /// What the last form came to.
    pub(crate) notice: Option<String>,
    /// Which section of the settings this is.
    pub(crate) section: Option<Section>,
    /// What is wrong with the form on it.
    pub(crate) faults: Faults,
}

/// A section as the list shows it.
pub(crate) struct SectionLink {
    pub(crate) name: String,
    pub(crate) path: &'static str,
    pub(crate) current: bool,
}

impl Page {
    /// The same as a page of the settings.
    pub(crate) fn section(mut self, section: Section) -> Self {
        self.section = Some(section);
        self
    }

    /// The same with what is wrong with its form.
    pub(crate) fn faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    // What templates call.

    pub(crate) fn t(&self, key: &str) -> String {
        self.words.t(key)
    }

    pub(crate) fn t1<'a>(
        &self,
        key: &str,
        name: &'a str,
        value: impl Into<FluentValue<'a>>,
    ) -> String {
        self.words.t1(key, name, value)
    }

    pub(crate) fn lang(&self) -> &'static str {
        self.words.language.tag()
    }

    pub(crate) fn date(&self, at: &Timestamp) -> String {
        self.words.date(*at)
    }

    pub(crate) fn date_time(&self, at: &Timestamp) -> String {
        self.words.date_time(*at)
    }

    pub(crate) fn style(&self) -> &'static str {
        &assets::STYLE.path
    }

    pub(crate) fn script(&self) -> &'static str {
        &assets::SCRIPT.path
    }

    pub(crate) fn logo(&self) -> &'static str {
        &assets::LOGO.path
    }

    pub(crate) fn sections(&self) -> Vec<SectionLink> {
        SECTIONS
            .iter()
            .map(|(section, key, path)| SectionLink {
                name: self.words.t(key),
                path,
                current: self.section == Some(*section),
            })
            .collect()
    }

    /// One line of text to type into.
    pub(crate) fn field(&self, name: &'static str, label: &str) -> Field {
        Field {
            name,
            label: label.to_owned(),
            kind: "text",
            value: String::new(),
            hint: None,
            error: self.faults.of(name).map(str::to_owned),
            autocomplete: "off",
            inputmode: None,
            class: "",
            longest: None,
            required: true,
            focus: false,
        }
    }
}

/// A labelled input with its hint and what is wrong with it.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/field.html")]
pub(crate) struct Field {
    name: &'static str,
    label: String,
    kind: &'static str,
    value: String,
    hint: Option<String>,
    error: Option<String>,
    autocomplete: &'static str,
    inputmode: Option<&'static str>,
    class: &'static str,
    longest: Option<usize>,
    required: bool,
    focus: bool,
}

// Its template escapes what stands in it.
impl HtmlSafe for Field {}

impl Field {
    /// What was typed before. Never for secrets.
    pub(crate) fn value(mut self, value: &str) -> Self {
        self.value = value.to_owned();
        self
    }

    /// A sentence above it.
    pub(crate) fn hint(mut self, hint: String) -> Self {
        self.hint = Some(hint);
        self
    }

    /// What browsers and password managers may fill in.
    pub(crate) fn autocomplete(mut self, what: &'static str) -> Self {
        self.autocomplete = what;
        self
    }

    /// For a password: never shown, never sent back.
    pub(crate) fn password(mut self, autocomplete: &'static str) -> Self {
        self.kind = "password";
        self.autocomplete(autocomplete)
    }

    /// For an e-mail address.
    pub(crate) fn email(mut self) -> Self {
        self.kind = "email";
        self.autocomplete("email")
    }

    /// For a code of digits or letters.
    pub(crate) fn code(mut self, autocomplete: &'static str) -> Self {
        self.class = "code";
        self.autocomplete(autocomplete)
    }

    /// Which keyboard a phone shows.
    pub(crate) fn digits(mut self) -> Self {
        self.inputmode = Some("numeric");
        self
    }

    /// For a day.
    pub(crate) fn day(mut self) -> Self {
        self.kind = "date";
        self
    }

    /// How many characters fit.
    pub(crate) fn longest(mut self, characters: usize) -> Self {
        self.longest = Some(characters);
        self
    }

    /// May be left empty.
    pub(crate) fn optional(mut self) -> Self {
        self.required = false;
        self
    }

    /// Where typing begins.
    pub(crate) fn focus(mut self) -> Self {
        self.focus = true;
        self
    }
}
