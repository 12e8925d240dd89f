//! What kind of request one is, for what its sender may ask of that kind.

use axum::http::Method;

/// Kinds of requests that are counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Registering, signing in, using a link, asking for mail: by somebody without a token.
    Auth,
    /// Holding and booking.
    Holds,
    /// Whatever else changes something.
    Writes,
    /// Whatever changes nothing.
    Reads,
}

/// Sells.
const HOLDS: [&str; 1] = ["/api/v1/showtimes/{id}/holds"];

/// Lets people in. A refresh is none of these: it asks for little, its token cannot be guessed, and behind one
/// address of a carrier are thousands who refresh.
const REFRESH: &str = "/api/v1/auth/refresh";

impl Class {
    /// Of a request to a route, whose sender has shown a good token or not. Without a token reading costs its
    /// address alone, because whole towns share one.
    pub fn of(method: &Method, route: &str, is_known: bool) -> Option<Self> {
        if !is_known {
            let asks = route.starts_with("/api/v1/auth/") && route != REFRESH;
            let presses = route.starts_with("/account/") && !method.is_safe();
            return (asks || presses).then_some(Self::Auth);
        }
        Some(if method.is_safe() {
            Self::Reads
        } else if HOLDS.contains(&route) {
            Self::Holds
        } else {
            Self::Writes
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_of_a_class() {
        let holds = "/api/v1/showtimes/{id}/holds";
        for (method, route, is_known, class) in [
            (Method::POST, holds, true, Some(Class::Holds)),
            (Method::GET, holds, true, Some(Class::Reads)),
            (Method::HEAD, "/api/v1/showtimes", true, Some(Class::Reads)),
            (Method::PATCH, "/api/v1/users/me", true, Some(Class::Writes)),
            (Method::POST, "/api/v1/auth/logout", true, Some(Class::Writes)),
            (Method::POST, "/api/v1/auth/login", false, Some(Class::Auth)),
            (Method::GET, "/api/v1/auth/google", false, Some(Class::Auth)),
            (Method::POST, "/account/verify", false, Some(Class::Auth)),
            (Method::GET, "/account/verify", false, None),
            (Method::POST, REFRESH, false, None),
            (Method::GET, "/api/v1/showtimes", false, None),
            (Method::POST, holds, false, None),
        ] {
            assert_eq!(Class::of(&method, route, is_known), class, "{method} {route}");
        }
    }
}
