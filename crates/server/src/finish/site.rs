//! The header set of everything outside the API: nothing of GitHub's API, no
//! CORS, nothing that may be framed. The reply's own `Content-Security-Policy`
//! replaces the strict one that stands here.

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Response, StatusCode};
use http_body_util::Full;

use super::{About, Finisher, compress, hsts, insert};
use crate::reply::{Cache, Reply};
use crate::request::Asked;
use crate::settings::Settings;

/// For answers that show nothing: error bodies, redirects, JSON.
const NOTHING: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What every answer of the site carries under these settings.
pub(super) fn common(settings: &Settings) -> HeaderMap {
    let mut common = HeaderMap::new();
    for (name, value) in [
        ("server", "grantd"),
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        // Not `no-referrer`: it would make the browser send `Origin: null` with every form.
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        (
            "permissions-policy",
            "camera=(), geolocation=(), microphone=()",
        ),
        ("content-security-policy", NOTHING),
    ] {
        common.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    if let Some(hsts) = hsts(settings) {
        insert(&mut common, "strict-transport-security", &hsts);
    }
    common
}

impl Finisher {
    /// The answer of a page or of a flow's endpoint.
    pub(crate) fn finish_site(
        &self,
        asked: &Asked,
        reply: Reply,
        about: &About,
    ) -> Response<Full<Bytes>> {
        let mut headers = self.site.clone();
        insert(&mut headers, "x-request-id", &about.request_id);
        let control = match reply.cache {
            Cache::Immutable => "public, max-age=31536000, immutable",
            Cache::Public => "public, max-age=60",
            Cache::Private | Cache::Revalidate => "private, no-cache",
            Cache::NoStore | Cache::Unstated => "private, no-store",
        };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(control));
        let mut bytes = reply.body;
        if reply.status != StatusCode::NO_CONTENT {
            let shared = matches!(reply.cache, Cache::Immutable | Cache::Public);
            // Pages hold secrets beside text that somebody else chose: never compressed (BREACH).
            if shared && !bytes.is_empty() {
                headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
                if asked.accepts_gzip() {
                    bytes = compress(&bytes);
                    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                }
            }
            if !bytes.is_empty() {
                let content_type = HeaderValue::from_static(reply.content_type);
                headers.insert(header::CONTENT_TYPE, content_type);
            }
            headers.insert(header::CONTENT_LENGTH, bytes.len().into());
        }
        for (at, (name, value)) in reply.headers.iter().enumerate() {
            let again = reply
                .headers
                .iter()
                .take(at)
                .any(|(found, _)| found == name);
            if again || name == header::VARY {
                headers.append(name.clone(), value.clone());
            } else {
                headers.insert(name.clone(), value.clone());
            }
        }
        if asked.method == Method::HEAD {
            bytes = Vec::new();
        }
        let mut response = Response::new(Full::new(bytes.into()));
        *response.status_mut() = reply.status;
        *response.headers_mut() = headers;
        response
    }

    /// The answer to OPTIONS outside the API: other origins may send nothing.
    pub(crate) fn options(
        &self,
        asked: &Asked,
        allowed: &str,
        about: &About,
    ) -> Response<Full<Bytes>> {
        let reply = Reply::no_content().with(header::ALLOW, allowed);
        self.finish_site(asked, reply, about)
    }
}
