//! How long tokens live, and who is told of their end.

use grantd_core::secret::Secret;
use url::Url;

use super::{Shape, Value};

/// A hundred years: longer is for ever.
const MOST_DAYS: u32 = 36_500;

/// Whole days, at least one.
#[derive(Clone, Copy)]
pub(crate) struct Lifetime(pub(crate) u32);

impl Value for Lifetime {
    const SHAPE: Shape = Shape::Number;
    const KIND: &'static str = "DAYS";

    fn parse(text: &str) -> Result<Self, String> {
        let days = text.parse().ok();
        days.filter(|days| (1..=MOST_DAYS).contains(days))
            .map(Self)
            .ok_or_else(|| format!("give a whole number of days from 1 to {MOST_DAYS}"))
    }
}

/// Where webhooks go.
#[derive(Clone)]
pub(crate) struct WebhookUrl(pub(crate) Url);

impl Value for WebhookUrl {
    const KIND: &'static str = "URL";

    fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).ok();
        url.filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host())
            .map(Self)
            .ok_or_else(|| "give an http or https URL".into())
    }
}

/// A secret that two sides know. Never printed again.
pub(crate) struct HiddenText(pub(crate) Secret);

impl HiddenText {
    /// The kind by which settings are known that are not printed.
    pub(crate) const HIDDEN: &'static str = "SECRET";
}

impl Value for HiddenText {
    const KIND: &'static str = Self::HIDDEN;

    fn parse(text: &str) -> Result<Self, String> {
        let printable = !text.chars().any(char::is_control);
        printable
            .then(|| Self(Secret::new(text.to_owned())))
            .ok_or_else(|| "it holds control characters".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_and_receivers_are_what_they_say() {
        for wrong in ["0", "-1", "1.5", "36501", "a week"] {
            assert!(Lifetime::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Lifetime::parse("36500").is_ok());
        for wrong in ["ftp://a", "a", "http://", "mailto:a@b"] {
            assert!(WebhookUrl::parse(wrong).is_err(), "{wrong}");
        }
        assert!(WebhookUrl::parse("https://h/x?y=z").is_ok());
    }
}
