//! What criterion keeps of one measurement, and how it is written in a table.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The time of one element, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Estimate {
    median: f64,
    /// The interval in which the median lies with 95 % confidence.
    lower: f64,
    upper: f64,
}

/// How figures of a column are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Time of one element.
    Time,
    /// Elements in a second.
    PerSecond,
}

/// A measurement that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}; has this bench been run?", path.display())]
pub(crate) struct EstimateError {
    path: PathBuf,
    source: std::io::Error,
}

#[derive(Deserialize)]
struct Estimates {
    median: Median,
}

#[derive(Deserialize)]
struct Median {
    confidence_interval: Interval,
    point_estimate: f64,
}

#[derive(Deserialize)]
struct Interval {
    lower_bound: f64,
    upper_bound: f64,
}

#[derive(Deserialize)]
struct Benchmark {
    throughput: Option<Throughput>,
}

#[derive(Deserialize)]
struct Throughput {
    #[serde(rename = "Elements")]
    elements: u32,
}

impl Estimate {
    /// Reads the latest measurement of a bench.
    pub(crate) fn read(bench: &Path) -> Result<Self, EstimateError> {
        let latest = bench.join("new");
        let Estimates { median } = read_json(&latest.join("estimates.json"))?;
        let benchmark: Benchmark = read_json(&latest.join("benchmark.json"))?;
        // Without a throughput one iteration is one element.
        let elements = f64::from(benchmark.throughput.map_or(1, |it| it.elements.max(1)));
        let interval = median.confidence_interval;
        Ok(Self {
            median: median.point_estimate / elements,
            lower: interval.lower_bound / elements,
            upper: interval.upper_bound / elements,
        })
    }

    /// The figure with its uncertainty, for a cell of a table.
    pub(crate) fn show(self, unit: Unit) -> String {
        let uncertain = 100.0 * (self.upper - self.lower) / 2.0 / self.median;
        let figure = match unit {
            Unit::Time => time(self.median),
            Unit::PerSecond => thousands(1e9 / self.median),
        };
        format!("{figure} ± {uncertain:.0} %")
    }

    /// How many times this costs what `other` costs.
    pub(crate) fn ratio(self, other: Self) -> f64 {
        self.median / other.median
    }

    /// The least of it that both intervals allow.
    pub(crate) fn ratio_at_least(self, other: Self) -> f64 {
        self.lower / other.upper
    }

    #[cfg(test)]
    pub(crate) fn between(lower: f64, median: f64, upper: f64) -> Self {
        Self {
            median,
            lower,
            upper,
        }
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, EstimateError> {
    let text = std::fs::read_to_string(path);
    let value = text.and_then(|text| Ok(serde_json::from_str(&text)?));
    value.map_err(|source| EstimateError {
        path: path.to_owned(),
        source,
    })
}

fn time(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        ns if ns < 1e3 => (ns, "ns"),
        ns if ns < 1e6 => (ns / 1e3, "µs"),
        ns if ns < 1e9 => (ns / 1e6, "ms"),
        ns => (ns / 1e9, "s"),
    };
    format!("{} {unit}", three_digits(value))
}

/// Three digits are more than a noisy machine can promise.
pub(crate) fn three_digits(value: f64) -> String {
    let decimals = match value {
        value if value < 9.995 => 2,
        value if value < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

fn thousands(value: f64) -> String {
    let step = 10_f64.powf((value.log10().floor() - 2.0).max(0.0));
    let digits = format!("{:.0}", (value / step).round() * step);
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits_and_their_unit() {
        assert_eq!(time(1.234), "1.23 ns");
        assert_eq!(time(17_340.0), "17.3 µs");
        assert_eq!(time(250e6), "250 ms");
        assert_eq!(time(2e9), "2.00 s");
        assert_eq!(thousands(162_437.0), "162,000");
        assert_eq!(thousands(2_204.0), "2,200");
        assert_eq!(thousands(87.4), "87");
    }

    #[test]
    fn a_figure_is_of_one_element() {
        let folder = std::env::temp_dir().join(format!("growth-{}", std::process::id()));
        let latest = folder.join("new");
        std::fs::create_dir_all(&latest).unwrap();
        let estimates = r#"{"median": {"point_estimate": 4000.0,
            "confidence_interval": {"lower_bound": 3900.0, "upper_bound": 4100.0}}}"#;
        std::fs::write(latest.join("estimates.json"), estimates).unwrap();
        let benchmark = r#"{"throughput": {"Elements": 4}}"#;
        std::fs::write(latest.join("benchmark.json"), benchmark).unwrap();
        let estimate = Estimate::read(&folder).unwrap();
        assert_eq!(estimate.show(Unit::Time), "1.00 µs ± 2 %");
        assert_eq!(estimate.show(Unit::PerSecond), "1,000,000 ± 2 %");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
