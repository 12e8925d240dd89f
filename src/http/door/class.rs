//! What kind of request one is, for what its sender may ask of that kind.

use axum::http::Method;

/// Kinds of requests that are counted apart for whoever signs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Holding and booking.
    Holds,
    /// Whatever else changes something.
    Writes,
    /// Whatever changes nothing.
    Reads,
}

/// The routes that take places, and those that make bookings.
const HOLDS: [&str; 2] = [
    "/api/v1/showtimes/{id}/holds",
    "/api/v1/showtimes/{id}/holds/{hold_id}/confirm",
];

impl Class {
    /// Of a request to a route, as its template.
    pub fn of(method: &Method, route: &str) -> Self {
        if method.is_safe() {
            Self::Reads
        } else if HOLDS.contains(&route) {
            Self::Holds
        } else {
            Self::Writes
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_of_a_class() {
        let holds = "/api/v1/showtimes/{id}/holds";
        for (method, route, class) in [
            (Method::POST, holds, Class::Holds),
            (Method::GET, holds, Class::Reads),
            (Method::HEAD, "/api/v1/showtimes", Class::Reads),
            (Method::PATCH, "/api/v1/users/me", Class::Writes),
            (Method::POST, "", Class::Writes),
        ] {
            assert_eq!(Class::of(&method, route), class, "{method} {route}");
        }
    }
}
