//! Which answers are sent compressed.

use axum::http::{HeaderMap, header};

/// Whether the client takes compressed answers, and not plain ones rather (RFC 9110, 12.5.3).
pub fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING);
    let codings = values
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|all| all.split(','));
    let (mut gzip, mut identity, mut others) = (None, None, None);
    for (name, weight) in codings.map(weighed) {
        let known = if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") {
            &mut gzip
        } else if name.eq_ignore_ascii_case("identity") {
            &mut identity
        } else if name == "*" {
            &mut others
        } else {
            continue;
        };
        *known = Some(weight);
    }
    let gzip = gzip.or(others).unwrap_or(0);
    // Plain answers are taken when nothing is said of them, but as a last resort.
    gzip > 0 && identity.is_none_or(|identity| gzip >= identity)
}

/// A coding with its weight in thousandths. One that cannot be read is not asked for.
fn weighed(coding: &str) -> (&str, u32) {
    let mut parts = coding.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let weight = parts.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim())
    });
    (
        name,
        weight.map_or(WEIGHT_MAX, |weight| thousandths(weight).unwrap_or(0)),
    )
}

/// Of what is asked for without a weight.
const WEIGHT_MAX: u32 = 1_000;

/// A weight: `0` to `1` with at most three digits behind the point.
fn thousandths(weight: &str) -> Option<u32> {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if fraction.len() > 3 || !digits(fraction) || !matches!(whole, "0" | "1") {
        return None;
    }
    let thousandths = format!("{whole}{fraction:0<3}").parse().ok()?;
    (thousandths <= WEIGHT_MAX).then_some(thousandths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes_gzip(accepted: &[&str]) -> bool {
        let values = accepted.iter().map(|value| value.parse().unwrap());
        accepts_gzip(
            &values
                .map(|value| (header::ACCEPT_ENCODING, value))
                .collect(),
        )
    }

    #[test]
    fn a_weight_of_nothing_is_no_however_it_is_written() {
        let wanted: [&[&str]; 12] = [
            &["gzip"],
            &["GZip"],
            &["x-gzip"],
            &["br, gzip;q=0.001"],
            &["br", "gzip"],
            &["gzip ; Q = 0.5"],
            &["*"],
            &["identity;q=0, *"],
            &["gzip, identity;q=0"],
            &["gzip;q=0.5, identity;q=0.5"],
            &["gzip;level=1;q=1.000"],
            &["gzip;q=0.3, *;q=0"],
        ];
        for accepted in wanted {
            assert!(takes_gzip(accepted), "{accepted:?}");
        }
        let unwanted: [&[&str]; 14] = [
            &[],
            &[""],
            &["br"],
            &["identity"],
            &["gzip;q=0"],
            &["gzip;Q=0"],
            &["gzip; q=0.000"],
            &["gzip;level=1;q=0"],
            &["*;q=0"],
            &["*, gzip;q=0"],
            &["gzip;q=0.4, identity;q=0.5"],
            &["gzip;q=2"],
            &["gzip;q=0.0001"],
            &["identity;q=0"],
        ];
        for accepted in unwanted {
            assert!(!takes_gzip(accepted), "{accepted:?}");
        }
    }
}
