//! How much anybody may ask.

use std::num::NonZeroU32;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use ipnet::IpNet;

/// Settings of the rate limits.
#[derive(Clone, Debug, Args)]
pub struct RatesConfig {
    /// Whether anybody is refused for asking too often; load tests turn it off.
    #[arg(long, env = "FULLHOUSE_RATE_LIMITS", value_enum, default_value_t = RateLimits::On)]
    pub rate_limits: RateLimits,
    /// Requests per second and at once of one address (of IPv6, of one /64 network).
    #[arg(
        long,
        env = "FULLHOUSE_RATE_PER_ADDRESS",
        value_name = "RATE/BURST",
        default_value = "100/400"
    )]
    pub rate_per_address: RateSetting,
    /// Requests per second and at once of one buyer's token.
    #[arg(
        long,
        env = "FULLHOUSE_RATE_PER_BUYER",
        value_name = "RATE/BURST",
        default_value = "10/50"
    )]
    pub rate_per_buyer: RateSetting,
    /// Requests per second and at once of one token of staff.
    #[arg(
        long,
        env = "FULLHOUSE_RATE_PER_STAFF",
        value_name = "RATE/BURST",
        default_value = "100/400"
    )]
    pub rate_per_staff: RateSetting,
    /// Requests per second and at once of one address that register, sign in, refresh or ask for mail.
    #[arg(
        long,
        env = "FULLHOUSE_RATE_OF_IDENTITY",
        value_name = "RATE/BURST",
        default_value = "1/20"
    )]
    pub rate_of_identity: RateSetting,
    /// Networks of your own proxies, separated by commas, whose word on the address of a client is
    /// taken (`X-Forwarded-For`).
    #[arg(long, env = "FULLHOUSE_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<IpNet>,
}

/// Whether rates are limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RateLimits {
    /// They are.
    On,
    /// Nobody is refused for asking too often, nor for answers that are not taken.
    Off,
}

/// `RATE/BURST`: requests per second in the long run, and how many may come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateSetting {
    /// Requests per second.
    pub per_second: NonZeroU32,
    /// Requests at once.
    pub burst: NonZeroU32,
}

impl FromStr for RateSetting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(rate, burst)| {
            Some(Self {
                per_second: rate.trim().parse().ok()?,
                burst: burst.trim().parse().ok()?,
            })
        });
        parsed.ok_or_else(|| {
            "write requests per second and at once, each at least 1, such as 10/50".to_owned()
        })
    }
}
