//! Cookies: how they are named, read and written. Owns their attributes; what
//! stands in them is others' business.

use http::header::{self, HeaderMap};

use crate::settings::Settings;

/// A cookie of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// The session of somebody who is signed in.
    Session,
    /// Tells browsers apart before anybody signs in, so that forms can be bound to one.
    Visit,
    /// Who has proved the password and is to prove a second factor.
    Pending,
    /// What the next page is to say.
    Notice,
}

impl Cookie {
    /// Under https no other host and no plain connection can set it (`__Host-`).
    fn name(self, secure: bool) -> String {
        let name = match self {
            Self::Session => "grantd_session",
            Self::Visit => "grantd_visit",
            Self::Pending => "grantd_pending",
            Self::Notice => "grantd_notice",
        };
        let prefix = if secure { "__Host-" } else { "" };
        format!("{prefix}{name}")
    }
}

/// Writes and reads the site's cookies under one public URL.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Jar {
    secure: bool,
}

impl Jar {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            secure: settings.public_url.scheme() == "https",
        }
    }

    /// The value that the browser sent; none when it sent two: one of them is somebody else's.
    pub(crate) fn read(self, headers: &HeaderMap, cookie: Cookie) -> Option<String> {
        let name = cookie.name(self.secure);
        let mut found = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(found, _)| *found == name)
            .map(|(_, value)| value.to_owned());
        let value = found.next()?;
        found.next().is_none().then_some(value)
    }

    /// The header that sets it, for so many seconds or until the browser is closed.
    pub(crate) fn set(self, cookie: Cookie, value: &str, seconds: Option<i64>) -> String {
        let name = cookie.name(self.secure);
        let secure = if self.secure { "; Secure" } else { "" };
        let age = seconds.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
        format!("{name}={value}; Path=/{age}{secure}; HttpOnly; SameSite=Lax")
    }

    /// The header that removes it.
    pub(crate) fn clear(self, cookie: Cookie) -> String {
        self.set(cookie, "", Some(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jar(url: &str) -> Jar {
        Jar::new(&Settings::new(url.parse().unwrap()))
    }

    #[test]
    fn sec_s11_cookies_are_bound_to_the_host_under_https() {
        assert_eq!(
            jar("https://a.example").set(Cookie::Session, "x", Some(60)),
            "__Host-grantd_session=x; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax"
        );
        assert_eq!(
            jar("http://a.example").set(Cookie::Session, "x", None),
            "grantd_session=x; Path=/; HttpOnly; SameSite=Lax"
        );
    }

    #[test]
    fn a_cookie_that_comes_twice_is_none() {
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, value.parse().unwrap());
            jar("http://a.example").read(&headers, Cookie::Session)
        };
        assert_eq!(read("a=b; grantd_session=x;c=d"), Some("x".to_owned()));
        assert_eq!(read("grantd_session=x; grantd_session=y"), None);
        assert_eq!(read("__Host-grantd_session=x"), None);
        assert_eq!(read("grantd_sessions=x"), None);
    }
}
