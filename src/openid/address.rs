//! To which addresses secrets may go.

use url::{Host, Url};

/// Why an address of a provider is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongAddress {
    #[error("is no address such as https://accounts.example.com: {0}")]
    Unreadable(String),
    /// Codes, secrets and keys would go over the network for everybody to read or to replace.
    #[error("must begin with https://, or with http:// and a loopback host, for secrets go there")]
    Open,
    /// A part of it that has no place in such an address.
    #[error("must have neither a user nor a fragment (#…)")]
    TooMuch,
}

/// The address that a text is: over TLS, or of this machine.
///
/// # Errors
///
/// [`WrongAddress`] says what it must be.
pub fn address(text: &str) -> Result<Url, WrongAddress> {
    let url = Url::parse(text).map_err(|error| WrongAddress::Unreadable(error.to_string()))?;
    let safe = match url.scheme() {
        "https" => url.host().is_some(),
        "http" => is_loopback(&url),
        _ => false,
    };
    if !safe {
        return Err(WrongAddress::Open);
    }
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    plain.then_some(url).ok_or(WrongAddress::TooMuch)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_over_tls_or_stay_on_this_machine() {
        for good in [
            "https://accounts.google.com",
            "https://login.example.com/tenant/v2.0",
            "http://127.0.0.1:9998",
            "http://localhost:9998/realm",
            "http://[::1]:9998",
        ] {
            assert!(address(good).is_ok(), "{good}");
        }
        for open in [
            "http://accounts.google.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://10.0.0.1",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
        ] {
            assert_eq!(address(open), Err(WrongAddress::Open), "{open}");
        }
        for odd in [
            "https://ann@example.com",
            "https://ann:secret@example.com",
            "https://example.com/#x",
        ] {
            assert_eq!(address(odd), Err(WrongAddress::TooMuch), "{odd}");
        }
        for none in ["", "accounts.google.com", "https://", "https://a b"] {
            let wrong = address(none);
            assert!(matches!(wrong, Err(WrongAddress::Unreadable(_))), "{none}");
        }
    }
}
