//! Where an attempt comes from, as throttles count it: one IPv4 address, or
//! one IPv6 network of 64 bits (whoever has one address there has all).

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// An address block that one party is taken to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address(IpAddr);

impl From<IpAddr> for Address {
    fn from(ip: IpAddr) -> Self {
        Self(match ip.to_canonical() {
            IpAddr::V4(ip) => IpAddr::V4(ip),
            IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from(u128::from(ip) & (u128::MAX << 64))),
        })
    }
}

impl Address {
    /// The networks that it is part of, the wider first: those that one provider, and those that one customer
    /// of it, is likely to hold.
    pub fn networks(self) -> [Self; 2] {
        match self.0 {
            IpAddr::V4(ip) => {
                let block = |bits: u32| IpAddr::V4((u32::from(ip) & (u32::MAX << bits)).into());
                [Self(block(16)), Self(block(8))]
            }
            IpAddr::V6(ip) => {
                let block = |bits: u32| IpAddr::V6((u128::from(ip) & (u128::MAX << bits)).into());
                [Self(block(96)), Self(block(80))]
            }
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_is_one_party_and_mapped_ipv4_is_ipv4() {
        let block = |text: &str| Address::from(text.parse::<IpAddr>().unwrap()).to_string();
        assert_eq!(block("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(block("2001:db8:1:2::1"), "2001:db8:1:2::");
        assert_eq!(block("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(block("192.0.2.1"), "192.0.2.1");
    }

    #[test]
    fn networks_are_wider_and_wider() {
        let networks = |text: &str| {
            let address = Address::from(text.parse::<IpAddr>().unwrap());
            address.networks().map(|block| block.to_string())
        };
        assert_eq!(networks("203.0.113.7"), ["203.0.0.0", "203.0.113.0"]);
        assert_eq!(networks("2001:db8:1:2::1"), ["2001:db8::", "2001:db8:1::"]);
    }
}
