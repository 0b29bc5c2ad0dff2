//! The end of the OAuth Authorizations API: announced, practised, carried out.
//! Owns when it is off; which routes belong to it stands in the route table.

use grantd_core::clock::Timestamp;
use http::{HeaderName, header};

use crate::docs::Page;
use crate::reply::Reply;
use crate::settings::Settings;

/// Whether the API is off at `now`: removed, or browned out.
pub fn is_off(settings: &Settings, now: Timestamp) -> bool {
    settings.removed_at.is_some_and(|end| now >= end)
        || settings
            .brownouts
            .iter()
            .any(|brownout| brownout.start <= now && now < brownout.end)
}

/// When GitHub announced the end, and when it came; the operator's own date replaces the second.
const ANNOUNCED: Timestamp = Timestamp(1_581_638_400);
const REMOVED: Timestamp = Timestamp(1_605_283_200);

/// Adds the announcement to an answer of the API: `Deprecation`, `Sunset`, `Link`.
pub fn announce(reply: Reply, settings: &Settings) -> Reply {
    if !settings.deprecation {
        return reply;
    }
    let date = |at: Timestamp| httpdate::fmt_http_date(at.system_time());
    let page = Page::Deprecation.url(settings.profile);
    let mut reply = reply
        .with(HeaderName::from_static("deprecation"), &date(ANNOUNCED))
        .with(
            HeaderName::from_static("sunset"),
            &date(settings.removed_at.unwrap_or(REMOVED)),
        );
    let item = format!("<{page}>; rel=\"deprecation\"; type=\"text/html\"");
    let link = match reply
        .headers
        .remove(header::LINK)
        .and_then(|link| link.to_str().map(str::to_owned).ok())
    {
        Some(pages) => format!("{pages}, {item}"),
        None => item,
    };
    reply = reply.with(header::LINK, &link);
    reply
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Brownout;

    fn settings() -> Settings {
        Settings::new("http://127.0.0.1:8370".parse().unwrap())
    }

    #[test]
    fn brownouts_end_and_removal_does_not() {
        let mut settings = settings();
        assert!(!is_off(&settings, Timestamp(i64::MAX)));
        settings.brownouts = vec![Brownout {
            start: Timestamp(10),
            end: Timestamp(20),
        }];
        settings.removed_at = Some(Timestamp(30));
        let off: Vec<i64> = (0..40)
            .filter(|at| is_off(&settings, Timestamp(*at)))
            .collect();
        assert_eq!(off, (10..20).chain(30..40).collect::<Vec<_>>());
    }

    #[test]
    fn the_announcement_joins_the_page_links() {
        let mut settings = settings();
        assert!(announce(Reply::no_content(), &settings).headers.is_empty());
        settings.deprecation = true;
        let reply = announce(
            Reply::no_content().with(header::LINK, "<x>; rel=\"next\""),
            &settings,
        );
        assert_eq!(
            reply.headers["deprecation"],
            "Fri, 14 Feb 2020 00:00:00 GMT"
        );
        assert_eq!(reply.headers["sunset"], "Fri, 13 Nov 2020 16:00:00 GMT");
        let link = reply.headers[header::LINK].to_str().unwrap();
        assert_eq!(
            link,
            "<x>; rel=\"next\", <https://developer.github.com/changes/2020-02-14-deprecating-oauth-auth-endpoint/>; rel=\"deprecation\"; type=\"text/html\""
        );
    }
}
