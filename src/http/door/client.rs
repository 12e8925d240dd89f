//! Which address a request comes from.
//!
//! Anybody can write a header that says so, so it is read only where the operator says that a
//! proxy stands, from the right, and up to the first hop that is no proxy of the operator's.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::HeaderMap;
use ipnet::IpNet;

use super::forwarded;
use crate::config::ForwardedHeader;

/// The networks of the operator's own proxies.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    networks: Vec<IpNet>,
    header: ForwardedHeader,
}

/// What a request is charged to: an address, of IPv6 the network of one customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

/// Bits of an IPv6 address that one customer of a network has at the least.
const CUSTOMER_BITS: u32 = 64;

impl Proxies {
    /// In these networks, which write this header.
    pub const fn new(networks: Vec<IpNet>, header: ForwardedHeader) -> Self {
        Self { networks, header }
    }

    /// Whether a proxy of the operator's has this address.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks
            .iter()
            .any(|network| network.contains(&address))
    }

    /// Where a request comes from: the peer, or behind a proxy the rightmost hop that is none.
    pub fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> ClientAddress {
        ClientAddress::of(self.nearest(peer, headers))
    }

    /// The same; `None` when all that is known is the address of a proxy.
    pub fn known_client(&self, peer: SocketAddr, headers: &HeaderMap) -> Option<ClientAddress> {
        let nearest = self.nearest(peer, headers);
        (!self.trusts(nearest)).then(|| ClientAddress::of(nearest))
    }

    /// Whether a proxy says that the client asks it over TLS.
    pub fn say_tls(&self, headers: &HeaderMap) -> bool {
        forwarded::is_over_tls(self.header, headers)
    }

    fn nearest(&self, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.ip().to_canonical();
        if self.networks.is_empty() || !self.trusts(peer) {
            return peer;
        }
        let mut nearest = peer;
        for hop in forwarded::hops(self.header, headers) {
            nearest = hop.to_canonical();
            if !self.trusts(nearest) {
                break;
            }
        }
        nearest
    }
}

/// From where a request comes, for those who ask about accounts.
#[derive(Clone, Copy, Debug)]
pub struct Sender(pub ClientAddress);

impl ClientAddress {
    /// The address; of IPv6 the first one of its network.
    pub const fn ip(self) -> IpAddr {
        self.0
    }

    /// Of a client at that address.
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            v4 @ IpAddr::V4(_) => v4,
            IpAddr::V6(v6) => {
                let network = v6.to_bits() >> CUSTOMER_BITS << CUSTOMER_BITS;
                IpAddr::V6(Ipv6Addr::from_bits(network))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let proxies = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap());
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let peer = SocketAddr::new(peer.parse().unwrap(), 1);
        let proxies = Proxies::new(proxies.to_vec(), ForwardedHeader::XForwardedFor);
        let nearest = proxies.nearest(peer, &headers);
        let known = proxies.known_client(peer, &headers);
        assert_eq!(known.is_none(), proxies.trusts(nearest));
        nearest.to_string()
    }

    #[test]
    fn a_strangers_word_is_not_taken() {
        assert_eq!(client("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
    }

    #[test]
    fn behind_proxies_it_is_the_rightmost_hop_that_is_none() {
        assert_eq!(
            client("10.0.0.1", &["1.1.1.1, 198.51.100.7, 10.0.0.2"]),
            "198.51.100.7"
        );
        assert_eq!(
            client("10.0.0.1", &["1.1.1.1", "198.51.100.7"]),
            "198.51.100.7"
        );
        assert_eq!(client("::ffff:10.0.0.1", &["2001:db8::1"]), "2001:db8::1");
    }

    #[test]
    fn a_broken_header_is_the_nearest_proxys_doing() {
        assert_eq!(client("10.0.0.1", &["unknown"]), "10.0.0.1");
        assert_eq!(
            client("10.0.0.1", &["198.51.100.7, x, 10.0.0.3"]),
            "10.0.0.3"
        );
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }
}
