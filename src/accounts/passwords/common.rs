//! The passwords that everybody tries first.

use std::sync::LazyLock;

/// Where it comes from stands in its first lines.
const COMMON: &str = include_str!("common.txt");

static SORTED: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let lines = COMMON.lines().filter(|line| !line.starts_with("# "));
    lines.collect()
});

/// Whether a password is among the commonest, written large or small, or is one character only.
pub(crate) fn is_common(password: &str) -> bool {
    let lower = password.to_lowercase();
    let mut chars = lower.chars();
    let first = chars.next();
    chars.all(|c| Some(c) == first) || SORTED.binary_search(&lower.as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_tries_is_common() {
        assert!(SORTED.is_sorted() && SORTED.len() > 1_800);
        for password in ["1234567890", "Q1W2E3R4T5", "password123", "aaaaaaaaaaaa"] {
            assert!(is_common(password), "{password}");
        }
        for password in ["correct horse battery", "aaaaaaaaaaab"] {
            assert!(!is_common(password), "{password}");
        }
    }
}
