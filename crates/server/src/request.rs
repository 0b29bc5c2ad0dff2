//! A request, taken apart before anything is decided. Owns that a token in a
//! path leaves the path here, before any log, trace or error could hold it:
//! the raw URL does not survive this module.

use std::net::IpAddr;
use std::sync::Arc;

use grantd_core::secret::Secret;
use grantd_core::token::{Token, TokenFormat};
use http::request::Parts;
use http::{HeaderMap, Method, header};
use percent_encoding::percent_decode_str;

use crate::media;
use crate::routes::{Matched, Part, Place, Route, Router};
use crate::settings::Network;

/// Requests with more headers, or more bytes of them, are refused.
const MOST_HEADERS: usize = 100;
const MOST_HEADER_BYTES: usize = 32 * 1024;
const LONGEST_URL: usize = 8 * 1024;

/// Which side of the server a request came to: how it is judged and refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Door {
    /// The API, and all that is nowhere.
    Api,
    /// The pages; with what a path may be asked by, if it exists.
    Site {
        /// As in `Allow`.
        allowed: Option<String>,
    },
    /// What stands beside the pages for programs.
    Machine {
        /// As in `Allow`.
        allowed: Option<String>,
    },
    /// The same for resource servers and proxies.
    Resource {
        /// As in `Allow`.
        allowed: Option<String>,
    },
}

/// What is known of a request without deciding anything.
pub struct Asked {
    /// As sent.
    pub method: Method,
    /// The row, if there is one, and the path's parameters without the token.
    pub matched: Option<Matched>,
    /// How it is to be judged.
    pub door: Door,
    /// The token that an app asks about, if it has a token's shape: that of the path, or, once
    /// the body is there, that of the body.
    pub app_token: Option<Token>,
    /// Whether the path is one where apps are expected.
    pub app_path: bool,
    /// The path, outside the API alone: elsewhere it may hold a token.
    pub site_path: String,
    /// The query string.
    pub query: String,
    /// As sent.
    pub headers: Arc<HeaderMap>,
    /// The URL or the headers are over their limits.
    pub too_large: bool,
}

impl Asked {
    /// Takes a request apart.
    pub fn new(parts: Parts, router: &Router, tokens: &TokenFormat) -> Self {
        let Parts {
            method,
            uri,
            headers,
            ..
        } = parts;
        let full = uri.path();
        let below_base = full
            .strip_prefix("/api/v3")
            .filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let path = match below_base {
            Some("") => "/",
            Some(rest) => rest,
            None => full,
        };
        let place = Place {
            below_base: below_base.is_some(),
            html: wants_html(&headers),
        };
        let mut matched = router.find(&method, path, place);
        let door = match &matched {
            Some(matched) => Door::of(matched.route.part, None),
            None if place.below_base => Door::Api,
            None => match router.allowed(path) {
                Some((part, allowed)) => Door::of(part, Some(allowed)),
                // A person who is lost gets a page; whoever presents credentials is a program.
                None if place.html && !headers.contains_key(header::AUTHORIZATION) => {
                    Door::Site { allowed: None }
                }
                None => Door::Api,
            },
        };
        let app_path = path
            .strip_prefix("/applications/")
            .is_some_and(|rest| rest.split('/').next() != Some("grants"));
        let app_token = matched
            .as_mut()
            .and_then(|matched| take_token(matched, tokens));
        let header_bytes: usize = headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum();
        let url_length = full.len() + uri.query().map_or(0, str::len);
        Self {
            too_large: headers.len() > MOST_HEADERS
                || header_bytes > MOST_HEADER_BYTES
                || url_length > LONGEST_URL,
            query: uri.query().unwrap_or_default().to_owned(),
            site_path: match door {
                Door::Api => String::new(),
                _ => full.to_owned(),
            },
            method,
            matched,
            door,
            app_token,
            app_path,
            headers: Arc::new(headers),
        }
    }

    /// A header as text; `""` when it is absent or no text.
    pub fn header(&self, name: header::HeaderName) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// Whether an app that presents credentials asks about a token in the body: then the body is
    /// read first.
    pub fn asks_by_body(&self, route: &Route) -> bool {
        let presents = self.headers.contains_key(header::AUTHORIZATION);
        route.asks_by_body() && presents && !self.too_large
    }

    /// The one-time code.
    pub fn code(&self) -> Option<Secret> {
        let value = self.headers.get("x-github-otp")?.to_str().ok()?;
        Some(Secret::new(value.trim().to_owned()))
    }

    /// Whether the answer goes to a person at a terminal, who gets pretty JSON.
    pub fn is_curl(&self) -> bool {
        self.header(header::USER_AGENT).starts_with("curl/")
    }

    /// Whether the answer may be compressed.
    pub fn accepts_gzip(&self) -> bool {
        let accepted = |coding: &str| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
            let refused = weight
                .trim()
                .strip_prefix("q=")
                .is_some_and(|q| q.trim().parse::<f32>() == Ok(0.0));
            name.trim().eq_ignore_ascii_case("gzip") && !refused
        };
        self.header(header::ACCEPT_ENCODING)
            .split(',')
            .any(accepted)
    }

    /// Whether a browser asks for a page.
    pub fn wants_html(&self) -> bool {
        wants_html(&self.headers)
    }

    /// What stands for this request in logs: never its own text.
    pub fn template(&self) -> &'static str {
        self.matched
            .as_ref()
            .map_or("-", |matched| matched.route.path)
    }

    /// The client's address: the peer's, or behind trusted proxies the last
    /// one in `X-Forwarded-For` that is not itself trusted.
    pub fn client_address(&self, peer: IpAddr, trusted: &[Network]) -> IpAddr {
        let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
        if !is_trusted(peer) {
            return peer.to_canonical();
        }
        let forwarded: Vec<&str> = self
            .headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .collect();
        let mut client = peer;
        for hop in forwarded.iter().rev() {
            let Ok(address) = hop.trim().parse::<IpAddr>() else {
                break;
            };
            client = address;
            if !is_trusted(address) {
                break;
            }
        }
        client.to_canonical()
    }

    /// Whether somebody who is not a trusted proxy speaks as one.
    pub fn is_forwarded_by_stranger(&self, peer: IpAddr, trusted: &[Network]) -> bool {
        let claims =
            self.headers.contains_key("x-forwarded-for") || self.headers.contains_key("forwarded");
        claims && !trusted.iter().any(|network| network.contains(peer))
    }

    /// A token among the query's parameters, where none belongs.
    pub fn token_in_query(&self) -> Option<Secret> {
        url::form_urlencoded::parse(self.query.as_bytes())
            .find(|(key, _)| key == "access_token")
            .map(|(_, value)| Secret::new(value.into_owned()))
    }
}

impl Door {
    fn of(part: Part, allowed: Option<String>) -> Self {
        match part {
            Part::Site => Self::Site { allowed },
            Part::Machine => Self::Machine { allowed },
            Part::Resource | Part::Verdict => Self::Resource { allowed },
            Part::Core | Part::Graph | Part::Authorizations | Part::PathTokens | Part::Root => {
                Self::Api
            }
        }
    }

    /// What a path outside the API may be asked by, where it was asked by something else.
    pub fn allowed(&self) -> Option<&str> {
        match self {
            Self::Api => None,
            Self::Site { allowed } | Self::Machine { allowed } | Self::Resource { allowed } => {
                allowed.as_deref()
            }
        }
    }
}

fn wants_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(media::prefers_html)
}

/// Moves the token out of the path's parameters.
fn take_token(matched: &mut Matched, tokens: &TokenFormat) -> Option<Token> {
    let at = matched
        .params
        .iter()
        .position(|(name, _)| name == "access_token")?;
    let (_, raw) = matched.params.remove(at);
    let raw = Secret::new(raw);
    let decoded = Secret::new(
        percent_decode_str(raw.expose())
            .decode_utf8()
            .ok()?
            .into_owned(),
    );
    tokens.parse(decoded.expose())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(uri: &str, headers: &[(&'static str, &str)]) -> Asked {
        let mut request = http::Request::get(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        Asked::new(
            parts,
            &Router::new(),
            &TokenFormat::new("gt", false, false).unwrap(),
        )
    }

    const TOKEN: &str = "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";

    #[test]
    fn sec_s32_a_path_token_leaves_the_path() {
        for base in ["", "/api/v3"] {
            let asked = asked(&format!("{base}/applications/abc/tokens/{TOKEN}"), &[]);
            assert!(asked.app_token.is_some());
            assert!(asked.app_path);
            let matched = asked.matched.unwrap();
            assert_eq!(matched.params, [("client_id".to_owned(), "abc".to_owned())]);
        }
        let encoded = asked(
            &format!("/applications/abc/tokens/%67hp_{}", &TOKEN[4..]),
            &[],
        );
        assert_eq!(encoded.app_token.unwrap().expose(), TOKEN);
        assert!(
            asked("/applications/abc/tokens/nonsense", &[])
                .app_token
                .is_none()
        );
    }

    #[test]
    fn grants_belong_to_users() {
        assert!(!asked("/applications/grants/1", &[]).app_path);
        assert!(!asked("/applications/grants", &[]).app_path);
        assert!(asked("/applications/abc/nowhere", &[]).app_path);
    }

    #[test]
    fn sec_s45_forwarded_addresses_are_believed_from_listed_peers_only() {
        let trusted = [Network::parse("10.0.0.0/8").unwrap()];
        let forwarded = asked(
            "/user",
            &[("x-forwarded-for", "198.51.100.7, 203.0.113.9, 10.0.0.2")],
        );
        let address = |peer: &str| {
            forwarded
                .client_address(peer.parse().unwrap(), &trusted)
                .to_string()
        };
        assert_eq!(address("10.0.0.1"), "203.0.113.9");
        assert_eq!(address("192.0.2.1"), "192.0.2.1");
        assert!(forwarded.is_forwarded_by_stranger("192.0.2.1".parse().unwrap(), &trusted));
        let nonsense = asked("/user", &[("x-forwarded-for", "evil, 10.0.0.2")]);
        assert_eq!(
            nonsense
                .client_address("10.0.0.1".parse().unwrap(), &trusted)
                .to_string(),
            "10.0.0.2"
        );
    }

    #[test]
    fn gzip_is_used_only_where_accepted() {
        assert!(asked("/user", &[("accept-encoding", "br, gzip;q=0.5")]).accepts_gzip());
        assert!(!asked("/user", &[("accept-encoding", "gzip;q=0, br")]).accepts_gzip());
        assert!(!asked("/user", &[]).accepts_gzip());
    }

    #[test]
    fn sec_s28_header_floods_are_noticed() {
        let many: Vec<(&'static str, &str)> = (0..101).map(|_| ("x-a", "b")).collect();
        assert!(asked("/user", &many).too_large);
        assert!(asked("/user", &[("x-a", &"b".repeat(33_000))]).too_large);
        assert!(asked(&format!("/user?{}", "a".repeat(9_000)), &[]).too_large);
        assert!(!asked("/user", &[("x-a", "b")]).too_large);
    }
}
