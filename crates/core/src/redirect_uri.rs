//! Where an authorization response may go. Owns which URIs can be registered
//! and which requested one matches: byte for byte, but for a loopback's port
//! (RFC 8252 section 7.3) and, where an app wants it, what lies below the
//! registered path. Must not know who asks.
//!
//! A URI is never normalised. What does not look plain is no match, so that
//! no browser can read it otherwise than this module does.

#[cfg(test)]
mod corpus;

use std::net::IpAddr;

use url::form_urlencoded::byte_serialize;

/// Longer URIs are no callbacks.
const LONGEST: usize = 2_000;

/// Schemes that a browser runs, opens on its own or shows as a page: no app's.
const NO_APPS_SCHEMES: &[&str] = &[
    "about",
    "blob",
    "chrome",
    "data",
    "file",
    "filesystem",
    "ftp",
    "intent",
    "jar",
    "javascript",
    "mailto",
    "resource",
    "sms",
    "tel",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// What kind of place a response goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// A web server.
    Web,
    /// A program on the person's machine that listens on a port: any program could.
    Loopback,
    /// A program on the person's machine that has registered a scheme: any program could.
    CustomScheme,
}

/// A place that a response may go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    uri: String,
    kind: TargetKind,
    form_action: String,
}

impl Target {
    /// The URI as it was registered or requested.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// What kind of place it is.
    pub fn kind(&self) -> TargetKind {
        self.kind
    }

    /// Only a web server can be told from an impostor; elsewhere no consent is taken for granted.
    pub fn can_be_impersonated(&self) -> bool {
        self.kind != TargetKind::Web
    }

    /// What the consent page's `form-action` must name, so that the browser follows the redirect:
    /// the origin, or the scheme alone where CSP has no origin for it.
    pub fn form_action(&self) -> &str {
        &self.form_action
    }

    /// The URI with these parameters after those that it has.
    pub fn with_parameters<'a>(
        &self,
        parameters: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> String {
        let mut uri = self.uri.clone();
        for (name, value) in parameters {
            if !uri.contains('?') {
                uri.push('?');
            } else if !uri.ends_with(['?', '&']) {
                uri.push('&');
            }
            uri.push_str(name);
            uri.push('=');
            uri.extend(byte_serialize(value));
        }
        uri
    }
}

/// The requested URI is not one of the app's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// There is nowhere to say so but here.
    Page,
    /// The app has exactly one callback, which is told.
    Tell(Target),
}

/// The place for a request's response.
///
/// # Errors
/// The request names another place than the app has, or none although the app has several.
pub fn choose(
    callbacks: &[String],
    sub_paths: bool,
    requested: Option<&str>,
) -> Result<Target, Mismatch> {
    let only = match callbacks {
        [only] => Uri::parse(only).map(|uri| uri.target()),
        _ => None,
    };
    let Some(requested) = requested.filter(|uri| !uri.is_empty()) else {
        return only.ok_or(Mismatch::Page);
    };
    let matching = Uri::parse(requested).filter(|uri| {
        callbacks
            .iter()
            .filter_map(|callback| Uri::parse(callback))
            .any(|callback| uri.matches(&callback, sub_paths))
    });
    match (matching, only) {
        (Some(uri), _) => Ok(uri.target()),
        (None, Some(only)) => Err(Mismatch::Tell(only)),
        (None, None) => Err(Mismatch::Page),
    }
}

/// The text cannot be registered as a callback.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCallback {
    /// Not an absolute URI in plain characters, or too long.
    #[error(
        "give an absolute URL of at most 2000 plain ASCII characters, such as https://example.com/callback"
    )]
    Shape,
    /// A scheme that is no app's.
    #[error("the scheme `{0}` cannot be a callback")]
    Scheme(String),
    /// It has a fragment.
    #[error("a callback has no fragment (RFC 6749 section 3.1.2)")]
    Fragment,
    /// It has a user name or password.
    #[error("a callback has no user name or password before its host")]
    UserInfo,
}

/// Whether a text can be registered as a callback.
///
/// # Errors
/// Why not.
pub fn check_callback(text: &str) -> Result<(), InvalidCallback> {
    if text.contains('#') {
        return Err(InvalidCallback::Fragment);
    }
    let scheme = text.split(':').next().unwrap_or_default();
    if NO_APPS_SCHEMES.contains(&scheme.to_ascii_lowercase().as_str()) {
        return Err(InvalidCallback::Scheme(scheme.to_owned()));
    }
    if authority_of(text).is_some_and(|authority| authority.contains('@')) {
        return Err(InvalidCallback::UserInfo);
    }
    Uri::parse(text).map(drop).ok_or(InvalidCallback::Shape)
}

fn authority_of(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    rest.split(['/', '?']).next()
}

/// A URI in its parts, each as it was written.
#[derive(Clone, Copy)]
struct Uri<'a> {
    text: &'a str,
    scheme: &'a str,
    /// Of `http` and `https`, where there always is one.
    server: Option<Server<'a>>,
    path: &'a str,
    /// From the question mark on.
    query: &'a str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Server<'a> {
    host: &'a str,
    port: Option<&'a str>,
}

impl<'a> Server<'a> {
    fn parse(authority: &'a str) -> Option<Self> {
        let (host, port) = match authority.rsplit_once(':') {
            // A colon within brackets is the address's own.
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (authority, None),
        };
        let name = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
        let is_name = host.starts_with(|c: char| c.is_ascii_alphanumeric())
            && host.bytes().all(name)
            && !host.contains("..");
        let is_address = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok());
        let is_port = |port: &str| {
            port.bytes().all(|b| b.is_ascii_digit())
                && !port.starts_with('0')
                && port.parse::<u16>().is_ok()
        };
        ((is_name || is_address) && port.is_none_or(is_port)).then_some(Self { host, port })
    }

    /// The three spellings that native apps use, whose port is free.
    fn has_free_port(&self) -> bool {
        ["127.0.0.1", "[::1]", "localhost"].contains(&self.host)
    }

    /// The person's own machine, however it is spelled.
    fn is_loopback(&self) -> bool {
        let host = self.host.to_ascii_lowercase();
        let host = host.trim_matches(['[', ']', '.']);
        let address = host.parse::<IpAddr>().map(|ip| ip.to_canonical());
        let named = host == "localhost" || host.ends_with(".localhost");
        named || address.is_ok_and(|ip| ip.is_loopback() || ip.is_unspecified())
    }
}

impl<'a> Uri<'a> {
    /// Takes a plain absolute URI apart; anything unusual is none.
    fn parse(text: &'a str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_graphic() && !b"\"#<>\\^`{|}".contains(&b);
        if text.len() > LONGEST || !text.bytes().all(plain) || !has_whole_escapes(text) {
            return None;
        }
        let (scheme, rest) = text.split_once(':')?;
        let fits = scheme.starts_with(|c: char| c.is_ascii_lowercase())
            && scheme
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b));
        if !fits || NO_APPS_SCHEMES.contains(&scheme) {
            return None;
        }
        let (before_query, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
        let (server, path) = match scheme {
            "http" | "https" => {
                let rest = before_query.strip_prefix("//")?;
                let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                (Some(Server::parse(authority)?), path)
            }
            _ if authority_of(text).is_some_and(|authority| authority.contains('@')) => {
                return None;
            }
            _ => (None, before_query),
        };
        Some(Self {
            text,
            scheme,
            server,
            path,
            query,
        })
    }

    fn kind(&self) -> TargetKind {
        match self.server {
            None => TargetKind::CustomScheme,
            Some(server) if server.is_loopback() => TargetKind::Loopback,
            Some(_) => TargetKind::Web,
        }
    }

    fn target(&self) -> Target {
        let scheme = self.scheme;
        let form_action = match self.server {
            // CSP's grammar has no IPv6 addresses.
            Some(Server { host, .. }) if host.starts_with('[') => format!("{scheme}:"),
            Some(Server { host, port: None }) => format!("{scheme}://{host}"),
            Some(Server {
                host,
                port: Some(port),
            }) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}:"),
        };
        Target {
            uri: self.text.to_owned(),
            kind: self.kind(),
            form_action,
        }
    }

    fn matches(&self, callback: &Uri<'_>, sub_paths: bool) -> bool {
        if self.text == callback.text {
            return true;
        }
        self.scheme == callback.scheme
            && self.is_same_place(callback)
            && (self.path == callback.path && self.query == callback.query
                || sub_paths && self.is_below(callback))
    }

    /// The same server; on a loopback of `http`, on any port.
    fn is_same_place(&self, callback: &Uri<'_>) -> bool {
        match (self.server, callback.server) {
            (Some(server), Some(registered)) => {
                let any_port = registered.has_free_port() && self.scheme == "http";
                server.host == registered.host && (any_port || server.port == registered.port)
            }
            _ => false,
        }
    }

    /// The registered path or below it, segment by segment, with whatever query.
    fn is_below(&self, callback: &Uri<'_>) -> bool {
        let registered = callback.path.strip_suffix('/').unwrap_or(callback.path);
        let below = self
            .path
            .strip_prefix(registered)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        // What is registered with its slash does not admit the path without it.
        let slash = !callback.path.ends_with('/') || self.path.len() >= callback.path.len();
        callback.query.is_empty() && below && slash && has_plain_segments(self.path)
    }
}

/// Every `%` begins two hexadecimal digits.
fn has_whole_escapes(text: &str) -> bool {
    text.split('%').skip(1).all(|rest| {
        rest.as_bytes()
            .get(..2)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// No segment is empty but the last, none climbs or stays (`..`, `.`, with parameters or not), and
/// none hides a character that somebody might read as a separator once it is decoded.
fn has_plain_segments(path: &str) -> bool {
    let hides = path.split('%').skip(1).any(|rest| {
        let code = rest
            .get(..2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        code.is_none_or(|code| code.is_ascii_control() || b"%./\\;".contains(&code))
    });
    let mut segments = path.split('/').skip(1).peekable();
    let mut plain = !hides;
    while let Some(segment) = segments.next() {
        let name = segment.split(';').next().unwrap_or_default();
        let last = segments.peek().is_none();
        plain &= (last || !name.is_empty()) && name != "." && name != "..";
    }
    plain
}
