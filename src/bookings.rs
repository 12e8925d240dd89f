//! Bookings beside their seats: names and standing.

mod rules;

pub use rules::{booking_number, payment_status, status};
