//! The relay for mail and whom mail is from. Owns that a password goes to a relay
//! only where nobody can read along; must not connect.

use std::net::IpAddr;

use lettre::message::Mailbox;
use url::Url;

use super::Value;

/// A mail relay, with its password if it has one; kept from every log and error.
#[derive(Clone)]
pub(crate) struct SmtpUrl(String);

impl SmtpUrl {
    /// All of it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Host and port, and whether what is sent there can be read along the way.
    pub(crate) fn place(&self) -> (String, bool) {
        let Ok(url) = Url::parse(&self.0) else {
            return (String::new(), true);
        };
        let host = url.host_str().unwrap_or_default();
        let place = url
            .port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        (place, !is_private(&url))
    }
}

/// Under TLS, or to this machine.
fn is_private(url: &Url) -> bool {
    let required = url
        .query_pairs()
        .any(|(key, value)| key == "tls" && value == "required");
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let loopback = host == "localhost" || address.is_ok_and(|ip| ip.is_loopback());
    url.scheme() == "smtps" || required || loopback
}

impl Value for SmtpUrl {
    const KIND: &'static str = "URL";

    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            "give smtps://USER:PASSWORD@HOST, smtp://USER:PASSWORD@HOST?tls=required, or smtp://HOST for a relay \
             on this machine"
                .to_owned()
        };
        let url = Url::parse(text).map_err(|_| wrong())?;
        let tls = |value: &str| ["required", "opportunistic"].contains(&value);
        let known = url
            .query_pairs()
            .all(|(key, value)| key == "tls" && tls(&value));
        if !["smtp", "smtps"].contains(&url.scheme()) || !url.has_host() || !known {
            return Err(wrong());
        }
        if url.password().is_some() && !is_private(&url) {
            return Err("with a password it is smtps, or smtp with ?tls=required".into());
        }
        Ok(Self(text.to_owned()))
    }
}

/// Whom mail is from.
#[derive(Clone)]
pub(crate) struct Sender(pub(crate) Mailbox);

impl Value for Sender {
    const KIND: &'static str = "ADDRESS";

    fn parse(text: &str) -> Result<Self, String> {
        let mailbox = text.parse().map(Self);
        mailbox.map_err(|_| "give an address, such as `grantd <no-reply@example.com>`".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_goes_under_tls_or_to_this_machine() {
        for url in [
            "",
            "mail.example.com",
            "https://mail.example.com",
            "smtp://",
            "smtp://u:p@mail.example.com",
            "smtp://u:p@mail.example.com?tls=opportunistic",
            "smtp://mail.example.com?tls=no",
            "smtps://mail.example.com?password=p",
        ] {
            assert!(SmtpUrl::parse(url).is_err(), "{url}");
        }
        for url in [
            "smtp://localhost",
            "smtp://u:p@127.0.0.1:25",
            "smtp://mail.example.com",
            "smtp://u:p@mail.example.com?tls=required",
            "smtps://u:p%40@mail.example.com:4650",
        ] {
            assert!(SmtpUrl::parse(url).is_ok(), "{url}");
        }
        assert!(Sender::parse("nobody").is_err() && Sender::parse("a <b@c.example>").is_ok());
    }
}
