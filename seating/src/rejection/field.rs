//! Which value of a command is outside its bounds.

/// A value of a command or of a sale's terms that has bounds. What a client calls it is the business of
/// whoever speaks with clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// [`SaleTerms::max_per_buyer`](crate::sale_terms::SaleTerms::max_per_buyer).
    MaxPerBuyer,
    /// [`SaleTerms::hold_ttl_seconds`](crate::sale_terms::SaleTerms::hold_ttl_seconds).
    HoldTtlSeconds,
    /// [`SaleTerms::hold_ttl_max_seconds`](crate::sale_terms::SaleTerms::hold_ttl_max_seconds).
    HoldTtlMaxSeconds,
    /// [`SaleTerms::on_sale_from`](crate::sale_terms::SaleTerms::on_sale_from).
    OnSaleFrom,
    /// [`SaleTerms::on_sale_until`](crate::sale_terms::SaleTerms::on_sale_until).
    OnSaleUntil,
    /// Seats named one by one.
    Seats,
    /// Areas with how many places of each.
    Areas,
    /// A wish for the best places, as a whole.
    BestAvailable,
    /// How many places such a wish is for.
    BestQuantity,
    /// The sections it may choose from.
    BestSections,
    /// The price tiers it may choose from.
    BestTiers,
    /// How long a hold is to last.
    HoldSeconds,
    /// The hold that a new one takes the place of.
    ReplacedHold,
    /// Whether a hold may take blocked places.
    IncludeBlocked,
    /// By how much a hold is extended, or how long its payment may take.
    Seconds,
    /// Which tickets of a booking are cancelled.
    Tickets,
    /// Why places are blocked.
    Reason,
    /// What the payment is called where it was made.
    PaymentReference,
}
