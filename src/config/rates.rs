//! How much anybody may ask.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use ipnet::IpNet;

/// Settings of the rate limits.
#[derive(Clone, Debug, Args)]
pub struct RatesConfig {
    /// Whether anybody is refused for asking too often; load tests turn it off.
    #[arg(long, env = "FULLHOUSE_RATE_LIMITS", value_enum, default_value_t = RateLimits::On)]
    pub rate_limits: RateLimits,
    /// Requests of one address (of IPv6, of one /64 network), whoever sends them: COUNT/s, /min or /h, and
    /// behind a colon how many may come at once; 0 for as many as there are.
    #[arg(
        long,
        env = "FULLHOUSE_RATE_PER_ADDRESS",
        value_name = "RATE",
        default_value = "100/s:400"
    )]
    pub rate_per_address: RateSetting,
    /// Requests of one address without a token that register, sign in, use a link or ask for mail.
    #[arg(
        long,
        env = "FULLHOUSE_RATE_OF_AUTH",
        value_name = "RATE",
        default_value = "10/min:20"
    )]
    pub rate_of_auth: RateSetting,
    /// Holds and bookings of one buyer.
    #[arg(
        long,
        env = "FULLHOUSE_RATE_OF_HOLDS",
        value_name = "RATE",
        default_value = "10/min:20"
    )]
    pub rate_of_holds: RateSetting,
    /// Whatever else one buyer changes.
    #[arg(
        long,
        env = "FULLHOUSE_RATE_OF_WRITES",
        value_name = "RATE",
        default_value = "100/min"
    )]
    pub rate_of_writes: RateSetting,
    /// Whatever one buyer reads.
    #[arg(
        long,
        env = "FULLHOUSE_RATE_OF_READS",
        value_name = "RATE",
        default_value = "300/min"
    )]
    pub rate_of_reads: RateSetting,
    /// All requests of one of the staff, and of one key of theirs.
    #[arg(
        long,
        env = "FULLHOUSE_RATE_PER_STAFF",
        value_name = "RATE",
        default_value = "100/s:400"
    )]
    pub rate_per_staff: RateSetting,
    /// Networks of your own proxies, separated by commas, whose word on the address of a client is
    /// taken.
    #[arg(long, env = "FULLHOUSE_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<IpNet>,
    /// The header in which your proxies say it. The other one is not read, because they may pass on what a client
    /// wrote there.
    #[arg(long, env = "FULLHOUSE_FORWARDED_HEADER", value_enum,
          default_value_t = ForwardedHeader::XForwardedFor)]
    pub forwarded_header: ForwardedHeader,
}

/// Whether rates are limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RateLimits {
    /// They are.
    On,
    /// Nobody is refused for asking too often, nor for answers that are not taken.
    Off,
}

/// Where proxies write for whom they ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For: 192.0.2.7, 10.0.0.1`
    #[default]
    XForwardedFor,
    /// `Forwarded: for=192.0.2.7, for="[2001:db8::1]:4711"` (RFC 7239)
    Forwarded,
}

/// How many requests may come in the long run, and how many at once; nothing for as many as there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateSetting(pub Option<Rate>);

/// Requests in the long run and at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// So many…
    pub count: NonZeroU32,
    /// …in each of these.
    pub per: Per,
    /// Requests at once.
    pub burst: NonZeroU32,
}

/// The time in which requests are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    Second,
    Minute,
    Hour,
}

impl Per {
    const ALL: [Self; 3] = [Self::Second, Self::Minute, Self::Hour];

    const fn unit(self) -> &'static str {
        match self {
            Self::Second => "s",
            Self::Minute => "min",
            Self::Hour => "h",
        }
    }

    /// As people say it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Second => "a second",
            Self::Minute => "a minute",
            Self::Hour => "an hour",
        }
    }

    const fn duration(self) -> Duration {
        match self {
            Self::Second => Duration::from_secs(1),
            Self::Minute => Duration::from_mins(1),
            Self::Hour => Duration::from_hours(1),
        }
    }
}

impl Rate {
    /// The time after which one more may come.
    pub fn interval(self) -> Duration {
        self.per.duration() / self.count.get()
    }

    /// Whole seconds until so many may come again.
    pub fn seconds_for(self, requests: u32) -> u64 {
        let micros = self.interval().as_micros() * u128::from(requests);
        u64::try_from(micros.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
}

impl FromStr for RateSetting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim() == "0" {
            return Ok(Self(None));
        }
        rate(text).map(|rate| Self(Some(rate))).ok_or_else(|| {
            "write how many requests may come in a time, s, min or h, and behind a colon how many at once, such as 10/min:20; or 0 for as many as there are"
                .to_owned()
        })
    }
}

fn rate(text: &str) -> Option<Rate> {
    let (rate, burst) = match text.split_once(':') {
        Some((rate, burst)) => (rate, Some(burst)),
        None => (text, None),
    };
    let (count, unit) = rate.split_once('/')?;
    let count = count.trim().parse().ok()?;
    let per = Per::ALL.into_iter().find(|per| per.unit() == unit.trim())?;
    let burst = match burst {
        Some(burst) => burst.trim().parse().ok()?,
        None => count,
    };
    Some(Rate { count, per, burst })
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}:{}", self.count, self.per.unit(), self.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read() {
        let read = |text: &str| {
            text.parse::<RateSetting>()
                .map(|it| it.0.map(|it| it.to_string()))
        };
        for (text, rate) in [
            ("10/min:20", "10/min:20"),
            ("300/min", "300/min:300"),
            (" 100 / s : 400 ", "100/s:400"),
            ("5/h", "5/h:5"),
        ] {
            assert_eq!(read(text), Ok(Some(rate.to_owned())), "{text}");
        }
        assert_eq!(read("0"), Ok(None));
        for wrong in [
            "", "10", "10/50", "0/s", "10/s:0", "10/day", "-1/s", "10/min:", "1.5/s",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_rate_says_when_more_may_come() {
        let rate = rate("10/min:20").unwrap();
        assert_eq!(rate.interval(), Duration::from_secs(6));
        assert_eq!(rate.seconds_for(20), 120);
        assert_eq!(rate.seconds_for(0), 0);
        let fast = super::rate("100000/s").unwrap();
        assert_eq!(fast.seconds_for(1), 1);
    }
}
