//! URIs of people who mean harm, and what each must come to.

use super::*;

/// Never the callback of `https://app.example/cb`, with or without what lies below it.
const HOSTILE: &[&str] = include!("corpus/hostile.in");

const CALLBACK: &str = "https://app.example/cb";

fn callbacks(list: &[&str]) -> Vec<String> {
    list.iter().map(|callback| (*callback).to_owned()).collect()
}

fn admits(callback: &str, sub_paths: bool, requested: &str) -> bool {
    choose(&callbacks(&[callback]), sub_paths, Some(requested)).is_ok()
}

#[test]
fn sec_s37_hostile_uris_match_nothing() {
    assert!(HOSTILE.len() >= 200, "{}", HOSTILE.len());
    for uri in HOSTILE {
        for sub_paths in [false, true] {
            assert!(!admits(CALLBACK, sub_paths, uri), "{uri:?} {sub_paths}");
        }
    }
    // Nor does any of them follow from one of the other kinds of callbacks.
    let others = callbacks(&["http://127.0.0.1/x", "http://[::1]/x", "other.app:/x"]);
    for uri in HOSTILE {
        assert!(choose(&others, true, Some(uri)).is_err(), "{uri:?}");
    }
}

#[test]
fn sec_s37_a_callback_matches_itself_byte_for_byte() {
    for callback in [
        CALLBACK,
        "https://app.example/cb?x=1&y=%2e%2e",
        "http://my-github-app.com/callback",
        "https://app.example",
        "https://app.example/a/../b",
        "com.example.app:/cb",
        "app://auth/cb",
        "http://[::1]:8000/cb",
    ] {
        assert!(admits(callback, false, callback), "{callback}");
        assert!(
            !admits(callback, false, &format!("{callback}/")),
            "{callback}"
        );
        assert!(
            !admits(callback, false, &format!("{callback}?")),
            "{callback}"
        );
        assert!(
            !admits(callback, false, &callback.to_uppercase()),
            "{callback}"
        );
    }
    // Below the path nothing is admitted without the setting, nor for a scheme of an app's own at all.
    assert!(!admits(CALLBACK, false, "https://app.example/cb/x"));
    assert!(!admits(CALLBACK, false, "https://app.example/cb?x=1"));
    assert!(!admits(
        "com.example.app:/cb",
        true,
        "com.example.app:/cb/x"
    ));
}

#[test]
fn sec_s37_a_loopback_has_any_port_and_nothing_else_differs() {
    for host in ["127.0.0.1", "[::1]", "localhost"] {
        let callback = format!("http://{host}/cb");
        let with = |port: &str, rest: &str| format!("http://{host}{port}{rest}");
        for port in ["", ":1", ":8080", ":65535"] {
            assert!(admits(&callback, false, &with(port, "/cb")), "{host}{port}");
            let fixed = with(":9000", "/cb");
            assert!(admits(&fixed, false, &with(port, "/cb")), "{host}{port}");
        }
        for port in [
            ":",
            ":0",
            ":080",
            ":65536",
            ":x",
            ":1:2",
            ":1@evil.example",
            ":1\\",
        ] {
            assert!(!admits(&callback, true, &with(port, "/cb")), "{host}{port}");
        }
        for rest in ["", "/", "/other", "/cb/x", "/cb?x=1", "/cb#x", "/CB"] {
            assert!(!admits(&callback, false, &with(":1", rest)), "{host}{rest}");
        }
        assert!(admits(&callback, true, &with(":1", "/cb/x")));
        assert!(!admits(&callback, false, &format!("https://{host}:1/cb")));
    }
    let callback = "http://127.0.0.1/cb";
    for other in [
        "http://localhost:1/cb",
        "http://[::1]:1/cb",
        "http://127.0.0.2:1/cb",
        "http://127.1:1/cb",
        "http://0177.0.0.1:1/cb",
        "http://127.0.0.1.evil.example:1/cb",
        "http://user@127.0.0.1:1/cb",
        "http://LOCALHOST:1/cb",
    ] {
        assert!(!admits(callback, false, other), "{other}");
    }
    // Only http: a port of https is another server's certificate, and elsewhere ports are fixed.
    assert!(!admits(
        "https://localhost/cb",
        false,
        "https://localhost:1/cb"
    ));
    assert!(!admits(
        "http://app.example/cb",
        false,
        "http://app.example:1/cb"
    ));
}

/// The documentation's own examples, but for subdomains, which are another host here.
#[test]
fn sec_s37_sub_paths_match_segment_by_segment() {
    let callback = "http://example.com/path";
    for good in [
        "http://example.com/path",
        "http://example.com/path/",
        "http://example.com/path/subdir/other",
        "http://example.com/path/x?y=z&w=%20",
        "http://example.com/path?y=z",
        "http://example.com/path/a.b/c..d/e;f",
        "http://example.com/path/%C3%A9",
    ] {
        assert!(admits(callback, true, good), "{good}");
    }
    for bad in [
        "http://example.com/bar",
        "http://example.com/",
        "http://example.com/pathology",
        "http://example.com:8080/path",
        "http://oauth.example.com/path",
        "http://oauth.example.com:8080/path",
        "http://example.org",
    ] {
        assert!(!admits(callback, true, bad), "{bad}");
    }
    let slash = "http://example.com/path/";
    assert!(admits(slash, true, "http://example.com/path/x"));
    assert!(!admits(slash, true, "http://example.com/path"));
    assert!(!admits(slash, true, "http://example.com/path//x"));
    let root = "http://example.com";
    assert!(
        admits(root, true, "http://example.com/") && admits(root, true, "http://example.com/x")
    );
    assert!(!admits(root, true, "http://example.com.evil.example/"));
    assert!(!admits(root, true, "http://example.comx"));
    // What was registered with a query admits only itself.
    assert!(!admits(
        "http://example.com/path?a=1",
        true,
        "http://example.com/path/x?a=1"
    ));
}

#[test]
fn where_a_mismatch_is_told() {
    let one = callbacks(&[CALLBACK]);
    let two = callbacks(&[CALLBACK, "https://app.example/other"]);
    let absent = choose(&one, false, None).unwrap();
    assert_eq!(absent.uri(), CALLBACK);
    assert_eq!(choose(&one, false, Some("")).unwrap(), absent);
    assert_eq!(choose(&two, false, None), Err(Mismatch::Page));
    let second = choose(&two, false, Some("https://app.example/other")).unwrap();
    assert_eq!(second.uri(), "https://app.example/other");
    let evil = Some("https://evil.example/");
    assert_eq!(choose(&one, false, evil), Err(Mismatch::Tell(absent)));
    assert_eq!(choose(&two, false, evil), Err(Mismatch::Page));
    assert_eq!(choose(&[], false, evil), Err(Mismatch::Page));
    let broken = callbacks(&["https://app.example/\"cb\""]);
    assert_eq!(choose(&broken, false, None), Err(Mismatch::Page));
}

#[test]
fn a_page_may_send_its_form_to_the_origin_or_scheme() {
    for (uri, kind, form_action) in [
        (CALLBACK, TargetKind::Web, "https://app.example"),
        (
            "http://a.example:81/x?y",
            TargetKind::Web,
            "http://a.example:81",
        ),
        (
            "http://127.0.0.1:9/cb",
            TargetKind::Loopback,
            "http://127.0.0.1:9",
        ),
        (
            "http://127.8.0.1/cb",
            TargetKind::Loopback,
            "http://127.8.0.1",
        ),
        (
            "https://LocalHost./cb",
            TargetKind::Loopback,
            "https://LocalHost.",
        ),
        ("http://[0:0::1]/cb", TargetKind::Loopback, "http:"),
        (
            "http://localhost/cb",
            TargetKind::Loopback,
            "http://localhost",
        ),
        ("http://[::1]:9/cb", TargetKind::Loopback, "http:"),
        (
            "com.example.app:/cb",
            TargetKind::CustomScheme,
            "com.example.app:",
        ),
    ] {
        let target = choose(&callbacks(&[uri]), false, None).unwrap();
        assert_eq!((target.kind(), target.form_action()), (kind, form_action));
        assert_eq!(target.can_be_impersonated(), kind != TargetKind::Web);
    }
}

#[test]
fn parameters_follow_those_that_are_there() {
    let with = |uri: &str| {
        let target = choose(&callbacks(&[uri]), false, None).unwrap();
        target.with_parameters([("code", &b"1 2"[..]), ("state", b"\xff&=+%")])
    };
    let added = "code=1+2&state=%FF%26%3D%2B%25";
    assert_eq!(with("https://a/cb"), format!("https://a/cb?{added}"));
    assert_eq!(
        with("https://a/cb?x=y"),
        format!("https://a/cb?x=y&{added}")
    );
    assert_eq!(with("https://a/cb?"), format!("https://a/cb?{added}"));
    assert_eq!(with("app:/cb"), format!("app:/cb?{added}"));
}

#[test]
fn what_can_be_registered() {
    for good in [
        "http://my-github-app.com/callback",
        "http://127.0.0.1/cb",
        "http://localhost:8000",
        "com.example.app:/cb",
        "vscode://vscode.github-authentication/did-authenticate",
    ] {
        assert_eq!(check_callback(good), Ok(()), "{good}");
    }
    for (bad, why) in [
        ("", InvalidCallback::Shape),
        ("/callback", InvalidCallback::Shape),
        ("https://", InvalidCallback::Shape),
        ("https://a b/", InvalidCallback::Shape),
        ("https://é.example/", InvalidCallback::Shape),
        ("https://a/\\", InvalidCallback::Shape),
        (
            "javascript:alert(1)",
            InvalidCallback::Scheme("javascript".into()),
        ),
        ("DATA:text/html,x", InvalidCallback::Scheme("DATA".into())),
        ("https://a/#b", InvalidCallback::Fragment),
        ("https://user@a/", InvalidCallback::UserInfo),
        ("app://user@a/", InvalidCallback::UserInfo),
    ] {
        assert_eq!(check_callback(bad), Err(why), "{bad}");
    }
    assert_eq!(
        check_callback(&format!("https://a/{}", "b".repeat(2_000))),
        Err(InvalidCallback::Shape)
    );
}
