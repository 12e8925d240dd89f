//! The closed list of kinds of problems.

use axum::http::StatusCode;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:ident, $code:literal, $slug:literal, $title:literal, $about:literal;)*) => {
        /// A kind of problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $about] $name,)*
        }

        impl Code {
            /// Every kind there is.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The HTTP status it is answered with.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// Its name for programs.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The last part of its type's address.
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug,)* }
            }

            /// Its name for people.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// What it means and what to do.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$name => $about,)* }
            }
        }
    };
}

codes! {
    MalformedRequest = BAD_REQUEST, "MALFORMED_REQUEST", "malformed-request", "Malformed request",
        "The request could not be read: the body is not JSON, not UTF-8 or empty, or a header is broken. Send well-formed JSON.";
    SignInFailed = BAD_REQUEST, "SIGN_IN_FAILED", "sign-in-failed", "Sign-in did not come to its end",
        "Signing in by a provider has to be begun again: it took longer than ten minutes, was begun in another browser, has signed somebody in already, was declined, or the provider did not vouch for anybody. Nothing was changed.";
    IdempotencyKeyRequired = BAD_REQUEST, "IDEMPOTENCY_KEY_REQUIRED", "idempotency-key-required", "Idempotency key required",
        "Nothing sends this yet. This request moves money or places and must carry an Idempotency-Key header, so that it can be repeated safely.";
    Unauthenticated = UNAUTHORIZED, "UNAUTHENTICATED", "unauthenticated", "Not signed in",
        "The request needs a valid bearer token: it is missing, expired, or not signed by this server.";
    InvalidCredentials = UNAUTHORIZED, "INVALID_CREDENTIALS", "invalid-credentials", "Email or password not right",
        "There is no account with this address and this password. Which of the two is wrong is not said.";
    SessionEnded = UNAUTHORIZED, "SESSION_ENDED", "session-ended", "Session over",
        "The refresh token is good no longer: it was used before, is too old, or its session has ended. Sign in again.";
    PhoneCodeRefused = UNAUTHORIZED, "INVALID_CODE", "invalid-code", "Code not right",
        "The code is not the newest one that this number was sent, was used or guessed at too often, or is older than five minutes. Which, is not said. Ask for another.";
    SignInAgain = FORBIDDEN, "SIGN_IN_AGAIN", "sign-in-again", "Sign in again first",
        "This needs somebody who has signed in within the last ten minutes, or the account's password if it has one. Sign in again, and send it then.";
    AccountBlocked = FORBIDDEN, "ACCOUNT_BLOCKED", "account-blocked", "Account blocked",
        "The account exists and is blocked. Ask whoever runs this server.";
    EmailNotVerified = FORBIDDEN, "EMAIL_NOT_VERIFIED", "email-not-verified", "Email not confirmed",
        "Places are held here by those alone who have confirmed their email address: open the link that was mailed, or ask for another, then refresh the tokens. Whoever signs in by a provider must have an address there for which it vouches.";
    Forbidden = FORBIDDEN, "FORBIDDEN", "forbidden", "Not allowed",
        "The token is valid, but its role may not do this.";
    NotFound = NOT_FOUND, "NOT_FOUND", "not-found", "Not found",
        "There is nothing at this address, or it is not yours to see.";
    HoldNotFound = NOT_FOUND, "HOLD_NOT_FOUND", "hold-not-found", "No such hold",
        "There is no such hold in this showtime, or it is somebody else's.";
    BookingNotFound = NOT_FOUND, "BOOKING_NOT_FOUND", "booking-not-found", "No such booking",
        "There is no such booking, or it is somebody else's.";
    MethodNotAllowed = METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "method-not-allowed", "Method not allowed",
        "The address exists, but not with this method. The Allow header names those that work.";
    RequestTimeout = REQUEST_TIMEOUT, "REQUEST_TIMEOUT", "request-timeout", "Request timed out",
        "The request was not received in time. Send it again.";
    PayloadTooLarge = PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", "payload-too-large", "Body too large",
        "The body is larger than this address accepts.";
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", "unsupported-media-type", "Not plain JSON",
        "The body must be JSON and say so, Content-Type: application/json, and come as it is, without a Content-Encoding. The headers Accept and Accept-Encoding say what is taken.";
    HeadersTooLarge = REQUEST_HEADER_FIELDS_TOO_LARGE, "HEADERS_TOO_LARGE", "headers-too-large", "Headers too large",
        "The request has more than 64 headers, or more than 32 KiB of path, query and headers together. Send fewer and shorter ones.";
    ValidationFailed = UNPROCESSABLE_ENTITY, "VALIDATION_FAILED", "validation-failed", "Invalid request",
        "The request is well-formed, but a field is missing, unknown or outside its bounds. The member errors names each one.";
    IdempotencyKeyReused = UNPROCESSABLE_ENTITY, "IDEMPOTENCY_KEY_REUSED", "idempotency-key-reused", "Idempotency key reused",
        "This Idempotency-Key was used for another request before. Use a new key for a new request.";
    SeatsUnavailable = CONFLICT, "SEATS_UNAVAILABLE", "seats-unavailable", "Seats no longer available",
        "Somebody else has some of these places. The member conflicts names every one with its status; nothing was held.";
    NotBlocked = CONFLICT, "NOT_BLOCKED", "not-blocked", "Not blocked",
        "Some of these places are not blocked, so they cannot be unblocked. The member conflicts names every one with its status; leave those out. Nothing was changed.";
    NotForSale = CONFLICT, "NOT_FOR_SALE", "not-for-sale", "Not for sale",
        "Some of these places have no price, so they cannot be held, sold or put on sale. The member conflicts names every one; leave those out. Nothing was changed.";
    SoldOut = CONFLICT, "SOLD_OUT", "sold-out", "Sold out",
        "Nothing that could satisfy the request is left on sale.";
    NoBlock = CONFLICT, "NO_BLOCK", "no-block", "No block of that size",
        "Places are left, but not as many together as asked. Ask for fewer, or allow a split.";
    StrandedSeat = CONFLICT, "STRANDED_SEAT", "stranded-seat", "A single seat would be left",
        "The choice would leave a free seat with no free seat beside it. The member conflicts names every such seat; choose others. Nothing was changed.";
    TicketLimitReached = CONFLICT, "TICKET_LIMIT_REACHED", "ticket-limit-reached", "Ticket limit reached",
        "A buyer may have only so many places of this showtime, live holds and bookings together.";
    ShowtimeNotOnSale = CONFLICT, "SHOWTIME_NOT_ON_SALE", "showtime-not-on-sale", "Not on sale",
        "The showtime is not on sale: not yet, not any more, paused or cancelled.";
    ShowtimeState = CONFLICT, "SHOWTIME_STATE", "showtime-state", "Showtime cannot become this",
        "What the showtime is now does not allow this: a draft is published or cancelled, a sale is paused and resumed, and what is cancelled stays so.";
    EmailTaken = CONFLICT, "EMAIL_TAKEN", "email-taken", "Address has an account",
        "There is an account with this address already. Sign in with it, or ask for a new password. Nothing was changed.";
    PhoneTaken = CONFLICT, "PHONE_TAKEN", "phone-taken", "Number has an account",
        "Another account has proved this number. Sign in to that one with a code, or prove another number. Nothing was changed.";
    ApiKeyLimitReached = CONFLICT, "API_KEY_LIMIT_REACHED", "api-key-limit-reached", "API key limit reached",
        "There are as many API keys as may be. Revoke those that nobody uses any more. Nothing was changed.";
    HoldExpired = CONFLICT, "HOLD_EXPIRED", "hold-expired", "Hold expired",
        "The hold's deadline has passed and its places went back on sale. Hold again.";
    HoldEnded = CONFLICT, "HOLD_ENDED", "hold-ended", "Hold already over",
        "The hold has already been released or sold.";
    HoldPinned = CONFLICT, "HOLD_PINNED", "hold-pinned", "Payment has begun",
        "The payment of the hold has begun, so it can no longer be changed or released.";
    CannotExtend = CONFLICT, "CANNOT_EXTEND", "cannot-extend", "Cannot be extended",
        "The hold is as old as a hold may become.";
    BookingState = CONFLICT, "BOOKING_STATE", "booking-state", "Booking cannot do this now",
        "What the booking is now does not allow this.";
    IdInUse = CONFLICT, "ID_IN_USE", "id-in-use", "Id already in use",
        "An id made for this request exists already. Send the request again.";
    RequestInProgress = CONFLICT, "REQUEST_IN_PROGRESS", "request-in-progress", "Still running",
        "Nothing sends this yet. The same request is still being worked on. Send it again with the same key.";
    PaymentFailed = PAYMENT_REQUIRED, "PAYMENT_FAILED", "payment-failed", "Payment failed",
        "Nothing sends this yet. The payment provider did not take the money.";
    SignatureInvalid = BAD_REQUEST, "SIGNATURE_INVALID", "signature-invalid", "Signature invalid",
        "Nothing sends this yet. The signature does not belong to this message.";
    RateLimited = TOO_MANY_REQUESTS, "RATE_LIMITED", "rate-limited", "Too many requests",
        "This client has sent too many requests. Wait as long as Retry-After says.";
    InternalError = INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "internal-error", "Server error",
        "The server failed. Nothing you sent is wrong; quote its id when you report it.";
    Overloaded = SERVICE_UNAVAILABLE, "OVERLOADED", "overloaded", "Too busy right now",
        "More requests are waiting than can be promised an answer. Wait as long as Retry-After says, then send the same request with the same key.";
    JournalUnavailable = SERVICE_UNAVAILABLE, "JOURNAL_UNAVAILABLE", "journal-unavailable", "Nothing can be promised right now",
        "The database cannot be reached, so nothing new is promised. Send the same request with the same Idempotency-Key later: it is done at most once.";
    OwnerRestarted = SERVICE_UNAVAILABLE, "OWNER_RESTARTED", "owner-restarted", "Showtime restarted",
        "The showtime's owner was restarted while it worked on this. Send the same request with the same Idempotency-Key: it is done at most once.";
    ShowtimeUnavailable = SERVICE_UNAVAILABLE, "SHOWTIME_UNAVAILABLE", "showtime-unavailable", "Showtime unavailable",
        "The showtime cannot be served at the moment. Send the request again when Retry-After says.";
    ShowtimeStarting = SERVICE_UNAVAILABLE, "SHOWTIME_STARTING", "showtime-starting", "Showtime is starting",
        "Nobody had asked for this showtime for a while, and it is still being read from the journal. Nothing was done; wait as long as Retry-After says.";
    TooManyShowtimes = SERVICE_UNAVAILABLE, "TOO_MANY_SHOWTIMES", "too-many-showtimes", "Too many showtimes at once",
        "As many showtimes as the server keeps in memory are being bought at this moment. Nothing was done; wait as long as Retry-After says.";
    TimedOut = SERVICE_UNAVAILABLE, "TIMED_OUT", "timed-out", "No answer in time",
        "The answer took too long. It may still be carried out: send the same request with the same Idempotency-Key to learn how it ended.";
    ProviderUnavailable = SERVICE_UNAVAILABLE, "PROVIDER_UNAVAILABLE", "provider-unavailable", "Provider unavailable",
        "Somebody else's service that is needed for this, one that vouches for people or sends codes to them, cannot be reached, or answers what cannot be used. Nothing was changed. Begin again when Retry-After says, or sign in otherwise.";
    ShuttingDown = SERVICE_UNAVAILABLE, "SHUTTING_DOWN", "shutting-down", "Server is stopping",
        "The server is stopping and takes nothing new. Send the request again in a moment.";
}

impl Code {
    /// The kind whose type's address ends so.
    pub fn of_slug(slug: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.slug() == slug)
    }

    /// The kind for an answer that some library gave with a bare status.
    pub fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::Unauthenticated,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::REQUEST_TIMEOUT => Self::RequestTimeout,
            StatusCode::PAYLOAD_TOO_LARGE => Self::PayloadTooLarge,
            // Both are bounded together.
            StatusCode::URI_TOO_LONG | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
                Self::HeadersTooLarge
            }
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            StatusCode::UNPROCESSABLE_ENTITY => Self::ValidationFailed,
            StatusCode::CONFLICT => Self::RequestInProgress,
            StatusCode::TOO_MANY_REQUESTS => Self::RateLimited,
            StatusCode::SERVICE_UNAVAILABLE => Self::Overloaded,
            other if other.is_server_error() => Self::InternalError,
            _ => Self::MalformedRequest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn every_code_has_an_address_of_its_own() {
        for &code in Code::ALL {
            assert_eq!(Code::of_slug(code.slug()), Some(code));
            assert_eq!(code.as_str().replace('_', "-").to_lowercase(), code.slug());
        }
    }
}
