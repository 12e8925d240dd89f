//! What proxies write of a request: for whom they ask, and over which protocol they were asked.
//!
//! Of the two headers that say so one is read, as set: a proxy that writes one may pass on the other as its
//! client wrote it.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, header};

use crate::config::ForwardedHeader;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The hops of a request as the proxies on its way wrote them, the nearest first. One that is none ends them: it
/// was not written by a proxy of ours.
pub(super) fn hops(kind: ForwardedHeader, headers: &HeaderMap) -> Vec<IpAddr> {
    let name = match kind {
        ForwardedHeader::XForwardedFor => FORWARDED_FOR,
        ForwardedHeader::Forwarded => header::FORWARDED,
    };
    let mut hops = Vec::new();
    for value in headers.get_all(name).iter().rev() {
        let Ok(text) = value.to_str() else {
            return hops;
        };
        for element in split(text, ',').into_iter().rev() {
            let hop = match kind {
                ForwardedHeader::XForwardedFor => element.trim().parse().ok(),
                ForwardedHeader::Forwarded => parameter(element, "for").and_then(|it| node(&it)),
            };
            let Some(hop) = hop else {
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
    let Some(&first) = first
        .map(|text| split(text, ','))
        .as_deref()
        .and_then(<[_]>::first)
    else {
        return false;
    };
    match kind {
        ForwardedHeader::XForwardedFor => first.trim().eq_ignore_ascii_case("https"),
        ForwardedHeader::Forwarded => {
            parameter(first, "proto").is_some_and(|it| it.eq_ignore_ascii_case("https"))
        }
    }
}

/// A text at each of these that is not quoted.
fn split(text: &str, at: char) -> Vec<&str> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (index, char) in text.char_indices() {
        if is_escaped {
            is_escaped = false;
        } else if is_quoted && char == '\\' {
            is_escaped = true;
        } else if char == '"' {
            is_quoted = !is_quoted;
        } else if char == at && !is_quoted {
            parts.push(&text[start..index]);
            start = index + at.len_utf8();
        }
    }
    parts.push(&text[start..]);
    parts
}

/// The value of a parameter of one hop (RFC 7239, section 4), without its quotes.
fn parameter(element: &str, name: &str) -> Option<String> {
    let pairs = split(element, ';').into_iter();
    let mut pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    let Some(quoted) = value.strip_prefix('"') else {
        return Some(value.to_owned());
    };
    let quoted = quoted.strip_suffix('"')?;
    Some(quoted.replace('\\', ""))
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
        // What is quoted ends nothing, and what is hidden or broken is none.
        assert_eq!(
            forwarded(&["for=9.9.9.9;host=\"a,b;for=1.1.1.1\\\"\", for=192.0.2.1"]),
            ["192.0.2.1", "9.9.9.9"]
        );
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
