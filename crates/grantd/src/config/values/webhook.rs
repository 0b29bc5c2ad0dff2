//! Where webhooks go, and what signs them.

use grantd_core::secret::Secret;
use url::Url;

use super::Value;

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
    fn receivers_are_http_urls() {
        for wrong in ["ftp://a", "a", "http://", "mailto:a@b"] {
            assert!(WebhookUrl::parse(wrong).is_err(), "{wrong}");
        }
        assert!(WebhookUrl::parse("https://h/x?y=z").is_ok());
    }
}
