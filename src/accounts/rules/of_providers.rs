//! What comes with somebody whom a provider vouches for.

use seating::text;

use super::NAME_BYTES_MAX;
use crate::wire::composed::composed;

/// What somebody is called whom a provider vouches for, made fit to be a name: what nobody sees is left
/// out, and where nothing is left, their address says it up to its `@`.
pub(in crate::accounts) fn name_of_identity(said: Option<&str>, email: &str) -> String {
    let said = composed(said.unwrap_or_default());
    let seen = |c: &char| *c == ' ' || text::check_prose(c.encode_utf8(&mut [0; 4]), 4).is_ok();
    let mut name: String = said.chars().filter(seen).take(NAME_BYTES_MAX).collect();
    name.truncate(name.floor_char_boundary(NAME_BYTES_MAX));
    let trimmed = name.trim();
    if super::name(trimmed).is_ok() {
        return trimmed.to_owned();
    }
    let local = email.split_once('@').map_or(email, |(local, _)| local);
    local.to_owned()
}

/// Bytes of a path to which somebody returns.
pub const RETURN_BYTES_MAX: usize = 512;

/// Paths of this site: no address of another begins so, however a browser reads it.
pub const RETURN_PATTERN: &str = r"^(/[!-.0-\[\]-~]+)*/?$";

/// Checks a path of this site to which somebody returns.
///
/// # Errors
///
/// Says what it must be.
pub fn return_to(value: &str) -> Result<(), String> {
    if value.len() > RETURN_BYTES_MAX {
        return Err(format!("has more than {RETURN_BYTES_MAX} characters"));
    }
    let plain = value
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if plain && value.starts_with('/') && !value.contains("//") {
        Ok(())
    } else {
        Err("must be a path of this site such as /account: one slash at its beginning, none doubled, nothing but visible ASCII and no backslash".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_providers_are_made_fit() {
        let named = |said: Option<&str>| name_of_identity(said, "ann@example.com");
        assert_eq!(named(Some(" Ann Lee ")), "Ann Lee");
        assert_eq!(named(Some("Ann\r\nBcc: bob\u{202e}")), "AnnBcc: bob");
        assert_eq!(named(Some("Zoe\u{308} 李小龍")), "Zoë 李小龍");
        for none in [
            None,
            Some(""),
            Some("  "),
            Some("\u{200b}\u{0}"),
            Some("\u{2800}"),
        ] {
            assert_eq!(named(none), "ann", "{none:?}");
        }
        let long = named(Some(&"李".repeat(5_000)));
        assert_eq!((long.len(), super::super::name(&long)), (198, Ok(())));
    }

    #[test]
    fn people_return_to_this_site_alone() {
        for good in [
            "/",
            "/account",
            "/account/",
            "/a/b?x=1&y=%2f%2f#part",
            "/@evil.example",
        ] {
            assert_eq!(return_to(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "account",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/a//b",
            "https://evil.example",
            "javascript:alert(1)",
            "/\tevil",
            "/a b",
            "/ä",
            &format!("/{}", "a".repeat(RETURN_BYTES_MAX)),
        ] {
            assert!(return_to(bad).is_err(), "{bad}");
        }
    }
}
