//! What no setting may be. Owns nothing.

use super::*;

#[test]
fn wrong_values_are_refused() {
    assert!(bool::parse("maybe").is_err());
    assert!(u32::parse("0").is_err() && u32::parse("-1").is_err() && u32::parse("1.5").is_err());
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
    assert!(SiteName::parse("a:b").is_err());
    assert!(LogFilter::parse("grantd=loud").is_err());
}
