//! What every id, label, name and reason must satisfy.
//!
//! Texts are printed on tickets, read out at the door and compared by machines. A character that
//! nobody sees would make two of what looks like one.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Checks a text by which something is found: an id, a code, a label.
///
/// # Errors
///
/// Says what is wrong: it is empty or blank, longer than `bytes_max` bytes, or contains a
/// character that is not seen, which is named.
pub fn check(value: &str, bytes_max: usize) -> Result<(), String> {
    check_but(value, bytes_max, |_| false)
}

/// Checks a text that people read: a name, a title, a reason. It may contain the joiners (U+200C
/// and U+200D) and the selectors of variants (U+FE00 to U+FE0F) without which some languages and
/// pictures are not written.
///
/// # Errors
///
/// As [`check`].
pub fn check_prose(value: &str, bytes_max: usize) -> Result<(), String> {
    check_but(value, bytes_max, |c| {
        matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
    })
}

fn check_but(value: &str, bytes_max: usize, allowed: fn(char) -> bool) -> Result<(), String> {
    if value.is_empty() {
        return Err("must not be empty".to_owned());
    }
    if value.len() > bytes_max {
        return Err(format!("has more than {bytes_max} bytes"));
    }
    // Nearly every text is plain, and of those there are hundreds of thousands in a layout.
    if value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    if let Some(found) = value.chars().find(|c| is_unseen(*c) && !allowed(*c)) {
        return Err(format!("must not contain {}", named(found)));
    }
    if value.chars().all(|c| is_blank(c) || is_unseen(c)) {
        return Err("must not be blank".to_owned());
    }
    Ok(())
}

/// Control characters cannot be printed, and `PostgreSQL` stores no NUL; format characters, the
/// zero-width ones and those that turn the direction of writing among them, are not seen; the
/// others mean nothing that everybody agrees on, or break lines.
fn is_unseen(c: char) -> bool {
    matches!(
        c.general_category(),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::Surrogate
            | GeneralCategory::PrivateUse
            | GeneralCategory::Unassigned
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    ) || is_ignorable(c)
}

/// Marks and letters that are not shown unless something is made of them and what is before them:
/// the property `Default_Ignorable_Code_Point` of Unicode, but for what the categories of
/// [`is_unseen`] have already.
const fn is_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{34f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

/// White space, and the pattern of Braille that has no dots.
const fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{2800}'
}

/// A character by its code point, so that people can look it up.
fn named(c: char) -> String {
    let code = u32::from(c);
    match unicode_names2::name(c) {
        Some(name) => format!("U+{code:04X} {name}"),
        None if c.is_control() => format!("U+{code:04X}, a control character"),
        None => format!("U+{code:04X}, which is not a character"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each of these would make two of what looks like one.
    #[test]
    fn characters_that_nobody_sees_are_refused_by_name() {
        for unseen in [
            '\u{34f}',
            '\u{180b}',
            '\u{17b4}',
            '\u{200b}',
            '\u{202e}',
            '\u{3164}',
            '\u{e0100}',
        ] {
            for check in [check, check_prose] {
                let refused = check(&format!("A1{unseen}"), 100).unwrap_err();
                let code = format!("U+{:04X}", u32::from(unseen));
                assert!(refused.contains(&code), "{refused}");
            }
        }
        assert!(check("A1\u{fe0f}", 100).is_err());
        // A heart that is drawn as a picture.
        assert_eq!(check_prose("\u{2764}\u{fe0f}", 100), Ok(()));
        assert!(check_prose("\u{fe0f} \u{2800}", 100).is_err());
    }
}
