//! What one setting's text can mean. Owns the reading of each type, with words
//! that say what would be right; must not know which settings have the type.

mod keys;
mod life;
mod relay;
mod webhook;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use grantd_core::clock::Timestamp;
use grantd_core::token::{ForeignShape, TokenFormat};
use grantd_server::settings::{Brownout, Network, Profile};
use grantd_store::DatabaseUrl;
use tracing_subscriber::EnvFilter;
use url::Url;

pub(crate) use self::keys::KeysAt;
pub(crate) use self::life::Lifetime;
pub(crate) use self::relay::{Sender, SmtpUrl};
pub(crate) use self::webhook::{HiddenText, WebhookUrl};

/// How TOML and flags carry a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A string.
    Text,
    /// An integer.
    Number,
    /// A boolean; as a flag it may stand alone.
    Switch,
    /// An array of strings; separated by commas elsewhere.
    List,
}

/// A type of setting.
pub(crate) trait Value: Sized {
    /// How TOML and flags carry it.
    const SHAPE: Shape = Shape::Text;
    /// What stands for such a value in help and documents.
    const KIND: &'static str;
    /// Reads it; the error says what would be right.
    fn parse(text: &str) -> Result<Self, String>;
}

/// Empty means absent.
impl<T: Value> Value for Option<T> {
    const SHAPE: Shape = T::SHAPE;
    const KIND: &'static str = T::KIND;

    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            Ok(None)
        } else {
            T::parse(text).map(Some)
        }
    }
}

impl<T: Value> Value for Vec<T> {
    const SHAPE: Shape = Shape::List;
    const KIND: &'static str = T::KIND;

    fn parse(text: &str) -> Result<Self, String> {
        text.split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(T::parse)
            .collect()
    }
}

impl Value for bool {
    const SHAPE: Shape = Shape::Switch;
    const KIND: &'static str = "true|false";

    fn parse(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Ok(true),
            "false" | "no" | "off" | "0" => Ok(false),
            _ => Err("say true or false".into()),
        }
    }
}

impl Value for u32 {
    const SHAPE: Shape = Shape::Number;
    const KIND: &'static str = "N";

    fn parse(text: &str) -> Result<Self, String> {
        text.parse()
            .ok()
            .filter(|number| *number >= 1)
            .ok_or_else(|| "give a whole number from 1".into())
    }
}

/// What becomes of the trail outside the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArchiveMode {
    /// Nothing.
    Off,
    /// Every row is durable there before anybody is answered.
    Sync,
}

impl Value for ArchiveMode {
    const KIND: &'static str = "off|sync";

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            "sync" => Ok(Self::Sync),
            _ => Err("say off or sync".into()),
        }
    }
}

/// Who can read what is encrypted for them.
#[derive(Clone)]
pub(crate) struct AgeRecipient(pub(crate) age::x25519::Recipient);

impl Value for AgeRecipient {
    const KIND: &'static str = "AGE1…";

    fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why| format!("give an age recipient, as `age-keygen` prints it ({why})");
        text.trim().parse().map(Self).map_err(wrong)
    }
}

/// A number of days; none at all is a number too.
#[derive(Clone, Copy)]
pub(crate) struct Days(pub(crate) u32);

impl Value for Days {
    const SHAPE: Shape = Shape::Number;
    const KIND: &'static str = "DAYS";

    fn parse(text: &str) -> Result<Self, String> {
        let wrong = |_| "give a whole number of days".to_owned();
        text.parse().map(Self).map_err(wrong)
    }
}

impl Value for String {
    const KIND: &'static str = "TEXT";

    fn parse(text: &str) -> Result<Self, String> {
        let printable = !text.chars().any(char::is_control);
        printable
            .then(|| text.to_owned())
            .ok_or_else(|| "it holds control characters".into())
    }
}

impl Value for PathBuf {
    const KIND: &'static str = "PATH";

    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.contains('\0') {
            return Err("give a path".into());
        }
        Ok(Self::from(text))
    }
}

impl Value for Profile {
    const KIND: &'static str = "p3|p2";

    fn parse(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "p2" => Ok(Self::P2),
            "p3" => Ok(Self::P3),
            _ => Err("say p3 or p2".into()),
        }
    }
}

impl Value for Timestamp {
    const KIND: &'static str = "TIME";

    fn parse(text: &str) -> Result<Self, String> {
        Timestamp::parse(text).ok_or_else(|| "give a time such as 2020-11-13T16:00:00Z".into())
    }
}

impl Value for Brownout {
    const KIND: &'static str = "START/END";

    fn parse(text: &str) -> Result<Self, String> {
        let times = text.split_once('/').and_then(|(start, end)| {
            Some((
                Timestamp::parse(start.trim())?,
                Timestamp::parse(end.trim())?,
            ))
        });
        match times {
            Some((start, end)) if start < end => Ok(Self { start, end }),
            Some(_) => Err(format!("`{text}` ends before it starts")),
            None => Err("give START/END, such as 2020-09-30T07:00:00Z/2020-09-30T10:00:00Z".into()),
        }
    }
}

impl Value for Network {
    const KIND: &'static str = "NETWORK";

    fn parse(text: &str) -> Result<Self, String> {
        Network::parse(text).ok_or_else(|| "give an address or a network such as 10.0.0.0/8".into())
    }
}

/// A socket address; `localhost` stands for 127.0.0.1.
#[derive(Clone, Copy)]
pub(crate) struct ListenAddress(pub(crate) SocketAddr);

impl Value for ListenAddress {
    const KIND: &'static str = "ADDRESS:PORT";

    fn parse(text: &str) -> Result<Self, String> {
        let local = text
            .strip_prefix("localhost:")
            .and_then(|port| port.parse().ok());
        let address = match local {
            Some(port) => Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
            None => text.parse().ok(),
        };
        address.map(Self).ok_or_else(|| {
            "give an IP address and a port, such as 127.0.0.1:8370 or [::1]:8370".into()
        })
    }
}

/// The base of everything that people and clients see; it has no `/` at its end.
#[derive(Clone)]
pub(crate) struct PublicUrl(pub(crate) Url);

impl Value for PublicUrl {
    const KIND: &'static str = "URL";

    fn parse(text: &str) -> Result<Self, String> {
        base_url(text).map(Self)
    }
}

/// The base of API URLs.
#[derive(Clone)]
pub(crate) struct ApiUrl(pub(crate) Url);

impl Value for ApiUrl {
    const KIND: &'static str = "URL";

    fn parse(text: &str) -> Result<Self, String> {
        base_url(text).map(Self)
    }
}

/// Where traces go.
#[derive(Clone)]
pub(crate) struct CollectorUrl(pub(crate) Url);

impl Value for CollectorUrl {
    const KIND: &'static str = "URL";

    fn parse(text: &str) -> Result<Self, String> {
        base_url(text).map(Self)
    }
}

fn base_url(text: &str) -> Result<Url, String> {
    let wrong =
        || "give an http or https URL without query, such as https://github.example.com".to_owned();
    let url = Url::parse(text.trim_end_matches('/')).map_err(|_| wrong())?;
    let plain = url.has_host() && url.query().is_none() && url.fragment().is_none();
    let anonymous = url.username().is_empty() && url.password().is_none();
    if ["http", "https"].contains(&url.scheme()) && plain && anonymous {
        Ok(url)
    } else {
        Err(wrong())
    }
}

impl Value for DatabaseUrl {
    const KIND: &'static str = "URL";

    fn parse(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|why| why.to_string())
    }
}

/// One to ten letters or digits.
#[derive(Clone)]
pub(crate) struct TokenPrefix(pub(crate) String);

impl Value for TokenPrefix {
    const KIND: &'static str = "PREFIX";

    fn parse(text: &str) -> Result<Self, String> {
        TokenFormat::new(text, false, false).map_err(|why| why.to_string())?;
        Ok(Self(text.to_owned()))
    }
}

impl Value for ForeignShape {
    const KIND: &'static str = "SHAPE";

    fn parse(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|why| why.to_string())
    }
}

/// A name that an `otpauth:` URL can carry.
#[derive(Clone)]
pub(crate) struct SiteName(pub(crate) String);

impl Value for SiteName {
    const KIND: &'static str = "NAME";

    fn parse(text: &str) -> Result<Self, String> {
        let fits = !text.trim().is_empty() && !text.contains(|c: char| c == ':' || c.is_control());
        fits.then(|| Self(text.to_owned()))
            .ok_or_else(|| "give a name without a colon".into())
    }
}

/// A filter that `tracing` understands.
#[derive(Clone)]
pub(crate) struct LogFilter(pub(crate) String);

impl Value for LogFilter {
    const KIND: &'static str = "FILTER";

    fn parse(text: &str) -> Result<Self, String> {
        match EnvFilter::try_new(text) {
            Ok(_) if !text.trim().is_empty() => Ok(Self(text.to_owned())),
            _ => Err(
                "give error, warn, info, debug, trace or off, or MODULE=LEVEL with commas between"
                    .into(),
            ),
        }
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl Value for LogFormat {
    const KIND: &'static str = "text|json";

    fn parse(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("say text or json".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_values_are_refused() {
        assert!(bool::parse("maybe").is_err());
        assert!(
            u32::parse("0").is_err() && u32::parse("-1").is_err() && u32::parse("1.5").is_err()
        );
        assert!(ListenAddress::parse("8370").is_err());
        assert!(ListenAddress::parse("localhost:0").is_ok());
        for url in [
            "",
            "github.com",
            "ftp://a",
            "http://",
            "http://u:p@h",
            "http://h?q",
            "http://h/#f",
        ] {
            assert!(PublicUrl::parse(url).is_err(), "{url}");
        }
        assert!(Brownout::parse("2020-09-30T10:00:00Z/2020-09-30T07:00:00Z").is_err());
        assert!(SiteName::parse("a:b").is_err());
        assert!(LogFilter::parse("grantd=loud").is_err());
    }
}
