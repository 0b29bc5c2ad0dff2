//! From a reply to the bytes and headers of the wire: the exact header set,
//! conditions, pretty printing, compression. Owns nothing that an operation
//! decides; every answer goes through here, those outside the API by `finish::site`.

mod site;

use std::borrow::Cow;
use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use grantd_core::clock::Timestamp;
use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;
use sha2::{Digest, Sha256};

use crate::media;
use crate::pretty::pretty;
use crate::rate::Rate;
use crate::reply::{Cache, Modified, Reply};
use crate::request::Asked;
use crate::settings::{Profile, Settings};

/// What an answer says of its caller.
#[derive(Debug, Default)]
pub struct About {
    /// The answer's id.
    pub request_id: String,
    /// Tells callers apart in ETags.
    pub tag: String,
    /// The token's scopes, sorted; only for callers with a token.
    pub scopes: Option<String>,
    /// The scope that the operation asks of a token, if any.
    pub accepted: &'static str,
    /// When the token that was presented ends, if it does by itself.
    pub token_ends: Option<Timestamp>,
    /// The caller's rate, where there is a limit.
    pub rate: Option<Rate>,
}

const EXPOSED: &str = "ETag, Link, Location, Retry-After, X-GitHub-OTP, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-OAuth-Scopes, X-Accepted-OAuth-Scopes, X-Poll-Interval, X-GitHub-Media-Type, Deprecation, Sunset";
const ALLOWED_HEADERS: &str = "Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Match, If-Unmodified-Since, X-GitHub-OTP, X-Requested-With";

/// `GitHub-Authentication-Token-Expiration`, as GitHub sends it since July 2021. It does not expose it to scripts.
const TOKEN_ENDS: &str = "github-authentication-token-expiration";

// Names of nearly every answer: to make one of a text costs a search.
static REQUEST_ID: HeaderName = HeaderName::from_static("x-github-request-id");
static MEDIA_TYPE: HeaderName = HeaderName::from_static("x-github-media-type");
static RATE_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
static RATE_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
static RATE_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
static STATUS: HeaderName = HeaderName::from_static("status");

/// What every answer of the API carries, whatever the settings.
const COMMON: [(&str, &str); 8] = [
    ("server", "grantd"),
    ("access-control-expose-headers", EXPOSED),
    ("access-control-allow-origin", "*"),
    ("x-frame-options", "deny"),
    ("x-content-type-options", "nosniff"),
    ("x-xss-protection", "1; mode=block"),
    (
        "referrer-policy",
        "origin-when-cross-origin, strict-origin-when-cross-origin",
    ),
    ("content-security-policy", "default-src 'none'"),
];

/// Headers that an answer has besides those of all answers, about.
const MOST_ADDED: usize = 24;

/// Header sets that do not depend on the request, made once.
pub struct Finisher {
    common: HeaderMap,
    site: HeaderMap,
    profile: Profile,
}

impl Finisher {
    /// The headers that every answer carries under these settings.
    pub fn new(settings: &Settings) -> Self {
        let mut common = HeaderMap::new();
        for (name, value) in COMMON {
            // Texts of the program are not counted by whoever holds them: ten headers would be counted up
            // and down with each answer.
            common.insert(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        if let Some(hsts) = hsts(settings) {
            insert(&mut common, "strict-transport-security", &hsts);
        }
        if settings.profile == Profile::P3 {
            const VERSION: &str = "x-github-enterprise-version";
            match settings.installed_version.as_deref() {
                Some(version) => insert(&mut common, VERSION, version),
                None => {
                    let value = HeaderValue::from_static("3.4.0");
                    common.insert(HeaderName::from_static(VERSION), value);
                }
            }
        }
        // Room for all that an answer adds: clones have as much.
        common.reserve(MOST_ADDED);
        Self {
            common,
            site: site::common(settings),
            profile: settings.profile,
        }
    }

    /// The answer to `asked`.
    pub fn finish(
        &self,
        asked: &Asked,
        mut reply: Reply,
        about: &About,
        now: Timestamp,
    ) -> Response<Full<Bytes>> {
        if asked.app_path {
            reply.cache = Cache::NoStore;
        }
        let media_type = media::github_media_type(asked.header(header::ACCEPT));
        let mut headers = self.common.clone();
        match &media_type {
            Cow::Borrowed(known) => {
                headers.insert(&MEDIA_TYPE, HeaderValue::from_static(known));
            }
            Cow::Owned(other) => insert(&mut headers, "x-github-media-type", other),
        }
        if let Ok(id) = HeaderValue::from_str(&about.request_id) {
            headers.insert(&REQUEST_ID, id);
        }
        if let Some(scopes) = &about.scopes {
            insert(&mut headers, "x-oauth-scopes", scopes);
            headers.insert(
                "x-accepted-oauth-scopes",
                HeaderValue::from_static(about.accepted),
            );
        }
        if let (Some(end), Profile::P3) = (about.token_ends, self.profile) {
            insert(&mut headers, TOKEN_ENDS, &token_end(end));
        }
        if let Some(rate) = &about.rate {
            headers.insert(&RATE_LIMIT, rate.limit.into());
            headers.insert(&RATE_REMAINING, rate.remaining.into());
            headers.insert(&RATE_RESET, rate.reset.0.into());
        }
        if asked.app_path {
            headers.insert(
                header::REFERRER_POLICY,
                HeaderValue::from_static("no-referrer"),
            );
        }
        let etag = etag(&reply, &media_type, &about.tag);
        let safe = asked.method == Method::GET || asked.method == Method::HEAD;
        if safe
            && reply.status == StatusCode::OK
            && is_unchanged(&asked.headers, etag.as_deref(), reply.modified, now)
        {
            reply.status = StatusCode::NOT_MODIFIED;
        }
        self.write(asked, reply, etag, headers)
    }

    fn write(
        &self,
        asked: &Asked,
        reply: Reply,
        etag: Option<String>,
        mut headers: HeaderMap,
    ) -> Response<Full<Bytes>> {
        let Reply {
            status,
            body,
            content_type,
            headers: own,
            cache,
            modified,
        } = reply;
        self.write_caching(&mut headers, status, cache);
        if let Some(modified) =
            modified.filter(|_| status == StatusCode::OK || status == StatusCode::NOT_MODIFIED)
        {
            insert(
                &mut headers,
                "last-modified",
                &httpdate::fmt_http_date(modified.record.system_time()),
            );
        }
        let without_body = status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED;
        // A secret beside text that somebody else chose is never compressed (BREACH).
        let gzip = asked.accepts_gzip() && !body.is_empty() && cache != Cache::NoStore;
        if let Some(etag) = etag {
            let weak = if gzip { "W/" } else { "" };
            insert(&mut headers, "etag", &format!("{weak}\"{etag}\""));
        }
        let mut bytes = Vec::new();
        if !without_body {
            bytes = if asked.is_curl() && content_type == crate::reply::JSON {
                pretty(&body, self.profile == Profile::P2)
            } else {
                body
            };
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
            if gzip {
                bytes = compress(&bytes);
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            headers.insert(header::CONTENT_LENGTH, bytes.len().into());
        }
        headers.insert(&STATUS, status_line(status));
        for (name, value) in &own {
            headers.append(name.clone(), value.clone());
        }
        let body = if asked.method == Method::HEAD {
            Bytes::new()
        } else {
            Bytes::from(bytes)
        };
        let mut response = Response::new(Full::new(body));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }

    /// `Cache-Control` and the two `Vary` lines.
    fn write_caching(&self, headers: &mut HeaderMap, status: StatusCode, cache: Cache) {
        let shared = self.profile == Profile::P2;
        let own = "Accept, Authorization, Cookie, X-GitHub-OTP";
        let (control, vary) = match cache {
            Cache::Private if shared => ("private, max-age=60, s-maxage=60", own),
            Cache::Private => ("private, max-age=60", own),
            Cache::Revalidate => ("private, no-cache", own),
            Cache::Public if shared => ("public, max-age=60, s-maxage=60", "Accept"),
            Cache::Public => ("public, max-age=60", "Accept"),
            Cache::Immutable => ("public, max-age=31536000, immutable", ""),
            Cache::NoStore => ("private, no-store", "Accept, Authorization"),
            Cache::Unstated => ("", ""),
        };
        if !control.is_empty() {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(control));
        }
        if status == StatusCode::NO_CONTENT {
            return;
        }
        if !vary.is_empty() && status.as_u16() < 400 {
            headers.append(header::VARY, HeaderValue::from_static(vary));
        }
        headers.append(
            header::VARY,
            HeaderValue::from_static("Accept-Encoding, Accept, X-Requested-With"),
        );
    }

    /// The answer to OPTIONS on any path: what browsers may send.
    pub fn preflight(&self, about: &About) -> Response<Full<Bytes>> {
        let mut headers = self.common.clone();
        headers.insert(
            "access-control-allow-headers",
            HeaderValue::from_static(ALLOWED_HEADERS),
        );
        headers.insert(
            "access-control-allow-methods",
            HeaderValue::from_static("GET, POST, PATCH, PUT, DELETE"),
        );
        headers.insert("access-control-max-age", HeaderValue::from_static("86400"));
        insert(&mut headers, "x-github-request-id", &about.request_id);
        headers.insert("status", status_line(StatusCode::NO_CONTENT));
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::NO_CONTENT;
        *response.headers_mut() = headers;
        response
    }
}

/// `Strict-Transport-Security`, where people come by https.
fn hsts(settings: &Settings) -> Option<String> {
    let wide = if settings.hsts_subdomains {
        "; includeSubdomains; preload"
    } else {
        ""
    };
    (settings.public_url.scheme() == "https").then(|| format!("max-age=31536000{wide}"))
}

/// What a front proxy of GitHub's says to a request without `User-Agent`: no JSON, no headers of the API.
pub fn user_agent_required() -> Response<Full<Bytes>> {
    const BODY: &str = "\r\nRequest forbidden by administrative rules. Please make sure your request has a User-Agent header (http://developer.github.com/v3/#user-agent-required). Check https://developer.github.com for other possible causes.\n";
    let mut response = Response::new(Full::new(Bytes::from_static(BODY.as_bytes())));
    *response.status_mut() = StatusCode::FORBIDDEN;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// `2021-10-07 19:07:53 UTC`: not the form that timestamps have in bodies.
fn token_end(end: Timestamp) -> String {
    let text = end.to_string();
    format!("{} UTC", text.trim_end_matches('Z').replace('T', " "))
}

fn status_line(status: StatusCode) -> HeaderValue {
    match status {
        StatusCode::OK => return HeaderValue::from_static("200 OK"),
        StatusCode::NO_CONTENT => return HeaderValue::from_static("204 No Content"),
        StatusCode::NOT_FOUND => return HeaderValue::from_static("404 Not Found"),
        _ => {}
    }
    let reason = status.canonical_reason().unwrap_or("Unknown");
    let line = HeaderValue::from_str(&format!("{} {reason}", status.as_u16()));
    line.unwrap_or(HeaderValue::from_static("Unknown"))
}

/// A tag of body, media type and caller; none for answers that nobody may keep.
fn etag(reply: &Reply, media_type: &str, tag: &str) -> Option<String> {
    let kept = matches!(
        reply.cache,
        Cache::Private | Cache::Revalidate | Cache::Public
    );
    if !kept || reply.status != StatusCode::OK {
        return None;
    }
    let digest = Sha256::new()
        .chain_update(&reply.body)
        .chain_update([0])
        .chain_update(media_type)
        .chain_update([0])
        .chain_update(tag)
        .finalize();
    Some(data_encoding::HEXLOWER.encode(&digest[..16]))
}

/// RFC 9110 section 13.2.2 for GET and HEAD: `If-None-Match`, compared weakly,
/// and only without it `If-Modified-Since`. By date, nothing shown may have
/// changed since, and the record must be two seconds old: dates are whole
/// seconds, and a change within the same one must not be missed.
fn is_unchanged(
    headers: &HeaderMap,
    etag: Option<&str>,
    modified: Option<Modified>,
    now: Timestamp,
) -> bool {
    let mut tags = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .peekable();
    if tags.peek().is_some() {
        let Some(etag) = etag else { return false };
        return tags
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .any(|tag| {
                tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"') == etag
            });
    }
    let since = headers
        .get(header::IF_MODIFIED_SINCE)
        .and_then(|value| httpdate::parse_http_date(value.to_str().ok()?).ok());
    let (Some(since), Some(modified)) = (since, modified) else {
        return false;
    };
    let latest = modified.record.max(modified.related);
    latest.system_time() <= since && now.since(latest) >= 2
}

fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 2), Compression::fast());
    // Writing to memory does not fail; if it did, an empty body would not match its length and be noticed.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}
