//! What proxies write of a request: for whom they ask, and over which protocol they were asked.
//!
//! Of the two headers that say so one is read, as set: a proxy that writes one may pass on the other as its
//! client wrote it.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, header};
use metrics::counter;

use crate::config::ForwardedHeader;
use crate::telemetry::names;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The hops of a request as the proxies on its way wrote them, the nearest first. One that is none ends them: it
/// was not written by a proxy of ours. What a client wrote stands to the left of that, and changes nothing to the
/// right of it: not by a quote that it leaves open either.
pub(super) fn hops(kind: ForwardedHeader, headers: &HeaderMap) -> Vec<IpAddr> {
    let name = match kind {
        ForwardedHeader::XForwardedFor => FORWARDED_FOR,
        ForwardedHeader::Forwarded => header::FORWARDED,
    };
    let mut hops = Vec::new();
    for value in headers.get_all(name).iter().rev() {
        for element in value.as_bytes().rsplit(|byte| *byte == b',') {
            let element = str::from_utf8(element).ok();
            let hop = element.and_then(|element| match kind {
                ForwardedHeader::XForwardedFor => element.trim().parse().ok(),
                ForwardedHeader::Forwarded => node(parameter(element, "for")?),
            });
            let Some(hop) = hop else {
                counter!(names::FORWARDED_UNREADABLE).increment(1);
                return hops;
            };
            hops.push(hop);
        }
    }
    hops
}

/// Whether the client asked over TLS. Of several proxies the first is the one that it speaks to.
pub(super) fn is_over_tls(kind: ForwardedHeader, headers: &HeaderMap) -> bool {
    let name = match kind {
        ForwardedHeader::XForwardedFor => FORWARDED_PROTO,
        ForwardedHeader::Forwarded => header::FORWARDED,
    };
    let first = headers.get(name).and_then(|value| value.to_str().ok());
    let first = first.and_then(|text| text.split(',').next());
    let said = first.and_then(|first| match kind {
        ForwardedHeader::XForwardedFor => Some(first.trim()),
        ForwardedHeader::Forwarded => parameter(first, "proto"),
    });
    said.is_some_and(|said| said.eq_ignore_ascii_case("https"))
}

/// The value of a parameter of one hop (RFC 7239, section 4), without its quotes. None of the parameters that are read
/// here has a comma, a semicolon or a quote in it, so that they need not be looked for between quotes.
fn parameter<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = element
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    match value.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"'),
        None => Some(value),
    }
}

/// The address of a node (section 6): with or without a port, of IPv6 in brackets; none of `unknown` and of what is
/// made up to hide one.
fn node(text: &str) -> Option<IpAddr> {
    if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let fits = port.is_empty() || port.starts_with(':');
        return fits.then(|| address.parse().ok().map(IpAddr::V6)).flatten();
    }
    let address = text
        .split_once(':')
        .map_or(text, |(address, _port)| address);
    address.parse().ok().map(IpAddr::V4)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(name: &'static str, values: &[&str]) -> HeaderMap {
        let name = HeaderName::from_static(name);
        let values = values
            .iter()
            .map(|value| (name.clone(), value.parse().unwrap()));
        values.collect()
    }

    fn forwarded(values: &[&str]) -> Vec<String> {
        let hops = hops(ForwardedHeader::Forwarded, &headers("forwarded", values));
        hops.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn hops_are_read_from_the_nearest_on() {
        // Those of the standard.
        assert_eq!(
            forwarded(&["for=192.0.2.43, for=198.51.100.17"]),
            ["198.51.100.17", "192.0.2.43"]
        );
        assert_eq!(
            forwarded(&["for=192.0.2.43,for=\"[2001:db8:cafe::17]\",for=unknown"]),
            [] as [&str; 0]
        );
        assert_eq!(
            forwarded(&[
                "For=\"[2001:db8:cafe::17]:4711\"",
                "for=192.0.2.60;proto=http; by=203.0.113.43"
            ]),
            ["192.0.2.60", "2001:db8:cafe::17"]
        );
        assert_eq!(forwarded(&["for=\"192.0.2.43:47011\""]), ["192.0.2.43"]);
        // What a client left open ends nothing of what a proxy wrote behind it.
        for forged in [
            "for=203.0.113.9;x=\"",
            "\"",
            "for=\"203.0.113.9",
            "for=203.0.113.9;x=\"\\",
        ] {
            let both = format!("{forged}, for=198.51.100.7");
            assert_eq!(forwarded(&[&both])[0], "198.51.100.7", "{forged}");
        }
        // What is hidden or broken is none.
        for broken in [
            "for=_hidden",
            "for=",
            "by=192.0.2.1",
            "",
            "for=\"192.0.2.1",
            "for=[::1",
            "for=\"[::1]x\"",
            "192.0.2.1",
        ] {
            assert_eq!(
                forwarded(&["for=1.1.1.1", broken]),
                [] as [&str; 0],
                "{broken}"
            );
        }
    }

    #[test]
    fn nothing_that_a_client_writes_hides_what_a_proxy_writes_behind_it() {
        for forged in ["\"", "\"203.0.113.9", "x", "", "203.0.113.9;\""] {
            let both = format!("{forged}, 198.51.100.7");
            let hops = hops(
                ForwardedHeader::XForwardedFor,
                &headers("x-forwarded-for", &[&both]),
            );
            assert_eq!(
                hops[0],
                "198.51.100.7".parse::<IpAddr>().unwrap(),
                "{forged}"
            );
        }
        let bytes = HeaderValue::from_bytes(b"\xff, 198.51.100.7").unwrap();
        let headers = HeaderMap::from_iter([(FORWARDED_FOR, bytes)]);
        let hops = hops(ForwardedHeader::XForwardedFor, &headers);
        assert_eq!(hops, ["198.51.100.7".parse::<IpAddr>().unwrap()]);
    }

    #[test]
    fn one_header_is_read_and_not_the_other() {
        let both = HeaderMap::from_iter([
            (
                header::FORWARDED,
                "for=192.0.2.1;proto=https".parse().unwrap(),
            ),
            (FORWARDED_FOR, "192.0.2.2".parse().unwrap()),
            (FORWARDED_PROTO, "http".parse().unwrap()),
        ]);
        for (kind, hop, is_tls) in [
            (ForwardedHeader::Forwarded, "192.0.2.1", true),
            (ForwardedHeader::XForwardedFor, "192.0.2.2", false),
        ] {
            assert_eq!(hops(kind, &both), [hop.parse::<IpAddr>().unwrap()]);
            assert_eq!(is_over_tls(kind, &both), is_tls);
        }
    }

    #[test]
    fn the_first_proxy_says_what_the_client_speaks() {
        let tls = |values: &[&str]| {
            is_over_tls(
                ForwardedHeader::XForwardedFor,
                &headers("x-forwarded-proto", values),
            )
        };
        assert!(tls(&["HTTPS, http"]));
        assert!(!tls(&["http, https"]));
        assert!(!tls(&[]));
    }
}
