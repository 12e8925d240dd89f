//! What buyers want.

use std::fmt;
use std::str::FromStr;

use rand::RngExt;
use rand::rngs::SmallRng;
use rand_distr::{Distribution, Zipf};
use serde::{Deserialize, Serialize};

use crate::layout::TestLayout;

/// A way of buying. All but the checkout give back what they got, so that a run ends as it began.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
#[clap(rename_all = "snake_case")]
pub enum Workload {
    /// Everybody wants the one seat.
    SameSeat,
    /// Everybody wants one of a hundred.
    HotHundred,
    /// Everybody wants one of 50,000, whichever.
    AllSeats,
    /// The seat of rank r is wanted with a weight of 1/r.
    Zipf,
    /// Everybody wants the two best of 18,000.
    BestAvailable,
    /// Hold two, pay, confirm; some never pay. Buyers are new and want different seats.
    Checkout,
}

impl Workload {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::SameSeat,
        Self::HotHundred,
        Self::AllSeats,
        Self::Zipf,
        Self::BestAvailable,
        Self::Checkout,
    ];

    /// The layout that is sold.
    pub const fn layout(self) -> TestLayout {
        match self {
            Self::BestAvailable => TestLayout::of_seats(18_000),
            Self::SameSeat | Self::HotHundred | Self::AllSeats | Self::Zipf | Self::Checkout => {
                TestLayout::of_seats(50_000)
            }
        }
    }

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SameSeat => "same_seat",
            Self::HotHundred => "hot_hundred",
            Self::AllSeats => "all_seats",
            Self::Zipf => "zipf",
            Self::BestAvailable => "best_available",
            Self::Checkout => "checkout",
        }
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Workload {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|one| one.as_str() == text);
        found.ok_or_else(|| format!("there is no workload {text:?}"))
    }
}

/// Which seat comes next.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pick {
    Uniform { seats: u32 },
    Zipf { ranks: Zipf<f64>, seats: u32 },
}

impl Pick {
    pub(crate) fn of(workload: Workload, layout: TestLayout) -> Self {
        let seats = layout.seats();
        let uniform = |seats| Self::Uniform { seats };
        match workload {
            Workload::SameSeat => uniform(1),
            Workload::HotHundred => uniform(100.min(seats)),
            Workload::AllSeats | Workload::BestAvailable | Workload::Checkout => uniform(seats),
            // A layout without seats or an exponent below 0 is refused, and here is neither.
            Workload::Zipf => Zipf::new(f64::from(seats), 1.0)
                .map_or_else(|_| uniform(seats), |ranks| Self::Zipf { ranks, seats }),
        }
    }

    pub(crate) fn next(&self, random: &mut SmallRng) -> u32 {
        match self {
            Self::Uniform { seats } => random.random_range(0..*seats),
            Self::Zipf { ranks, seats } => {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a rank is a whole number from 1 to the number of seats"
                )]
                let rank = ranks.sample(random) as u32;
                rank.clamp(1, *seats) - 1
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn picks_stay_in_the_layout_and_follow_their_distribution() {
        let mut random = SmallRng::seed_from_u64(1);
        for workload in Workload::ALL {
            let layout = workload.layout();
            let pick = Pick::of(workload, layout);
            let picked: Vec<u32> = (0..10_000).map(|_| pick.next(&mut random)).collect();
            assert!(picked.iter().all(|seat| *seat < layout.seats()));
            let first = picked.iter().filter(|seat| **seat == 0).count();
            match workload {
                Workload::SameSeat => assert_eq!(first, 10_000),
                Workload::HotHundred => assert!((50..200).contains(&first), "{first}"),
                // 1 / H(50,000) is 8.8 %.
                Workload::Zipf => assert!((700..1_100).contains(&first), "{first}"),
                Workload::AllSeats | Workload::BestAvailable | Workload::Checkout => {
                    assert!(first < 10, "{first}");
                }
            }
        }
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for workload in Workload::ALL {
            assert_eq!(workload.to_string().parse(), Ok(workload));
        }
        assert!("everything".parse::<Workload>().is_err());
    }
}
