//! What an operator decides about the HTTP surface. Owns the meaning of each
//! setting; where it was written (file, environment, flag) is the binary's business.

use std::net::IpAddr;
use std::time::Duration;

use grantd_core::clock::Timestamp;
use url::Url;

/// Which time of GitHub's is spoken: bodies are the same but for documentation
/// URLs, `expires_at`, the token format and a few headers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// github.com of 2018 to 2020, GitHub Enterprise Server 2.x.
    P2,
    /// GitHub Enterprise Server 3.0 to 3.4.
    #[default]
    P3,
}

/// A time in which the OAuth Authorizations API answers as if it were removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brownout {
    /// The first second.
    pub start: Timestamp,
    /// The first second after it.
    pub end: Timestamp,
}

/// A network in CIDR notation whose forwarded headers are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// Its address.
    pub address: IpAddr,
    /// How many leading bits count.
    pub bits: u8,
}

impl Network {
    /// Reads `192.0.2.0/24`, `2001:db8::/32`, or a single address.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (
                address.parse::<IpAddr>().ok()?,
                Some(bits.parse::<u8>().ok()?),
            ),
            None => (text.parse().ok()?, None),
        };
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        (bits <= most).then_some(Self { address, bits })
    }

    /// Whether `address` lies inside.
    pub fn contains(&self, address: IpAddr) -> bool {
        let shift = |width: u32| width - u32::from(self.bits);
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(ip)) => {
                (u32::from(net) ^ u32::from(ip))
                    .checked_shr(shift(32))
                    .unwrap_or(0)
                    == 0
            }
            (IpAddr::V6(net), IpAddr::V6(ip)) => {
                (u128::from(net) ^ u128::from(ip))
                    .checked_shr(shift(128))
                    .unwrap_or(0)
                    == 0
            }
            _ => false,
        }
    }
}

/// Everything that the HTTP surface is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which time of GitHub's is spoken.
    pub profile: Profile,
    /// Where people and clients reach this server; every absolute URL derives from it.
    pub public_url: Url,
    /// Replaces `{public_url}/api/v3` as the base of API URLs.
    pub api_url: Option<Url>,
    /// `installed_version` of `GET /meta`; the profile's if none.
    pub installed_version: Option<String>,
    /// Whether `/applications/{client_id}/tokens/{access_token}` and `…/grants/{access_token}` exist.
    pub path_tokens: bool,
    /// Refuse API requests without `User-Agent`, as GitHub does.
    pub require_user_agent: bool,
    /// Requests per user and hour (60 for an anonymous address); the profile's if none:
    /// unlimited in P3, 5,000 in P2.
    pub requests_per_hour: Option<u32>,
    /// Requests per app and hour; unlimited if none.
    pub app_requests_per_hour: Option<u32>,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Announce the end of the API with `Deprecation`, `Sunset` and `Link`.
    pub deprecation: bool,
    /// Times in which the API is off for practice.
    pub brownouts: Vec<Brownout>,
    /// From when on the API is gone.
    pub removed_at: Option<Timestamp>,
    /// `includeSubDomains; preload` in `Strict-Transport-Security`.
    pub hsts_subdomains: bool,
    /// One line in the log for each request.
    pub log_requests: bool,
    /// How long a client may take over its headers, and again over its body.
    pub slow_client: Duration,
    /// `Accept-Language: qps` gets pages whose every word of the catalogue stands in
    /// brackets. For tests; no configuration sets it.
    pub pseudo_locale: bool,
}

impl Settings {
    /// Every default, for this public URL.
    pub fn new(public_url: Url) -> Self {
        Self {
            profile: Profile::default(),
            public_url,
            api_url: None,
            installed_version: None,
            path_tokens: true,
            require_user_agent: true,
            requests_per_hour: None,
            app_requests_per_hour: None,
            trusted_proxies: Vec::new(),
            deprecation: false,
            brownouts: Vec::new(),
            removed_at: None,
            hsts_subdomains: false,
            log_requests: true,
            slow_client: Duration::from_secs(15),
            pseudo_locale: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Network;

    #[test]
    fn networks_contain_their_addresses_and_no_others() {
        let inside =
            |net: &str, ip: &str| Network::parse(net).unwrap().contains(ip.parse().unwrap());
        assert!(inside("192.0.2.0/24", "192.0.2.255"));
        assert!(!inside("192.0.2.0/24", "192.0.3.0"));
        assert!(inside("0.0.0.0/0", "203.0.113.9"));
        assert!(inside("::/0", "2001:db8::1"));
        assert!(inside("127.0.0.1", "::ffff:127.0.0.1"));
        assert!(!inside("2001:db8::/32", "2001:db9::1"));
        assert_eq!(Network::parse("192.0.2.0/33"), None);
        assert_eq!(Network::parse("localhost"), None);
    }
}
