//! A request taken apart: path, headers, and the token that must leave the path.
#![no_main]

use std::net::{IpAddr, Ipv4Addr};

use grantd_core::token::TokenFormat;
use grantd_server::media;
use grantd_server::request::Asked;
use grantd_server::routes::Router;
use grantd_server::settings::Network;
use libfuzzer_sys::fuzz_target;

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const HEADERS: [&str; 5] = [
    "accept",
    "x-forwarded-for",
    "accept-encoding",
    "x-github-otp",
    "user-agent",
];

thread_local! {
    static ROUTER: Router = Router::new();
}

// Input: a byte for the method, then lines: the URL, then one value per header.
fuzz_target!(|data: &[u8]| {
    let Some((method, rest)) = data.split_first() else {
        return;
    };
    let mut lines = rest.split(|b| *b == b'\n');
    let Ok(uri) = http::Uri::try_from(lines.next().unwrap_or_default()) else {
        return;
    };
    let mut request = http::Request::builder()
        .method(METHODS[usize::from(*method) % METHODS.len()])
        .uri(uri);
    for (name, value) in HEADERS.iter().zip(lines) {
        request = request.header(*name, value);
    }
    let Ok(request) = request.body(()) else {
        return;
    };
    let (parts, ()) = request.into_parts();
    let tokens = TokenFormat::new("gt", false, true).unwrap();
    let asked = ROUTER.with(|router| Asked::new(parts, router, &tokens));

    if let Some(matched) = &asked.matched {
        assert!(
            matched
                .params
                .iter()
                .all(|(name, _)| name != "access_token")
        );
        let braces = matched.route.path.matches('{').count();
        let hidden = usize::from(matched.route.path.contains("{access_token}"));
        assert_eq!(matched.params.len(), braces - hidden);
        assert!(hidden == 1 || asked.app_token.is_none());
    } else {
        assert!(asked.app_token.is_none());
    }
    if let Some(token) = &asked.app_token {
        assert!(tokens.parse(token.expose()).is_some());
        assert!(asked.app_path);
    }
    let proxy = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let trusted = [Network::parse("127.0.0.0/8").unwrap()];
    let _ = asked.client_address(proxy, &trusted);
    assert_eq!(
        asked.client_address(proxy, &[]),
        proxy,
        "a stranger is not believed"
    );
    let _ = (
        asked.is_curl(),
        asked.wants_html(),
        asked.accepts_gzip(),
        asked.code(),
    );
    let _ = asked.token_in_query();
    let told_back = media::github_media_type(asked.header(http::header::ACCEPT));
    assert!(http::HeaderValue::from_str(&told_back).is_ok() && told_back.len() < 400);
});
