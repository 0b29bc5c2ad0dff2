//! Query strings of lists, and the `Link` header that is written from them.
#![no_main]

use grantd_server::page::Query;
use http::{HeaderValue, Uri};
use libfuzzer_sys::fuzz_target;

const URL: &str = "https://example.com/api/v3/authorizations";

fuzz_target!(|data: &[u8]| {
    let Some((total, raw)) = data.split_first_chunk::<4>() else {
        return;
    };
    let total = u64::from(u32::from_be_bytes(*total));
    let Ok(raw) = std::str::from_utf8(raw) else {
        return;
    };
    // Only what the HTTP layer lets through is a query.
    let Ok(uri) = format!("/authorizations?{raw}").parse::<Uri>() else {
        return;
    };
    let raw = uri.query().unwrap_or("");
    let query = Query::new(raw);
    let asked = query.page();
    assert!(asked.page >= 1 && (1..=100).contains(&asked.per_page));
    let _ = query.get("client_id");

    let last = total.div_ceil(u64::from(asked.per_page)).max(1);
    let page = u64::from(asked.page);
    let Some(link) = query.link(URL, total) else {
        return assert!(
            page == 1 && last == 1,
            "page {page} of {last} has neighbours"
        );
    };
    assert!(HeaderValue::from_str(&link).is_ok(), "{link:?}");
    let mut relations = Vec::new();
    for item in link.split(", <") {
        let (target, relation) = item
            .trim_start_matches('<')
            .split_once(">; rel=\"")
            .unwrap_or_else(|| panic!("{link:?}"));
        let relation = relation.trim_end_matches('"');
        let target = target
            .strip_prefix(URL)
            .and_then(|rest| rest.strip_prefix('?'))
            .unwrap_or_else(|| panic!("{link:?}"));
        let follow = Query::new(target);
        let expected = match relation {
            "first" => 1,
            "prev" => (page - 1).min(last),
            "next" => page + 1,
            "last" => last,
            other => panic!("{other}"),
        };
        assert_eq!(
            u64::from(follow.page().page),
            expected,
            "{relation} of {raw:?}: {target:?}"
        );
        assert_eq!(follow.page().per_page, asked.per_page);
        assert_eq!(follow.get("client_id"), query.get("client_id"));
        relations.push(relation.to_owned());
    }
    let has = |relation: &str| relations.iter().any(|found| found == relation);
    assert_eq!((has("first"), has("prev")), (page > 1, page > 1));
    assert_eq!((has("next"), has("last")), (page < last, page < last));
});
