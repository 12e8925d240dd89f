//! What every id, label, name and reason must satisfy.
//!
//! Texts are printed on tickets, read out at the door and compared by machines. A character that
//! nobody sees would make two of what looks like one.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Checks a text by which something is found: an id, a code, a label.
///
/// # Errors
///
/// Says what is wrong: it is empty or blank, longer than `bytes_max` bytes, or contains a control
/// or format character, which is named.
pub fn check(value: &str, bytes_max: usize) -> Result<(), String> {
    check_but(value, bytes_max, &[])
}

/// Checks a text that people read: a name, a title, a reason. It may contain the joiners (U+200C and
/// U+200D) without which some languages and pictures are not written.
///
/// # Errors
///
/// As [`check`].
pub fn check_prose(value: &str, bytes_max: usize) -> Result<(), String> {
    check_but(value, bytes_max, &['\u{200c}', '\u{200d}'])
}

fn check_but(value: &str, bytes_max: usize, allowed: &[char]) -> Result<(), String> {
    if value.is_empty() {
        return Err("must not be empty".to_owned());
    }
    if value.len() > bytes_max {
        return Err(format!("has more than {bytes_max} bytes"));
    }
    // Nearly every text is plain, and of those there are hundreds of thousands in a house.
    if value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    if let Some(found) = value
        .chars()
        .find(|c| is_unseen(*c) && !allowed.contains(c))
    {
        return Err(format!("must not contain {}", named(found)));
    }
    if value.chars().all(|c| is_blank(c) || is_unseen(c)) {
        return Err("must not be blank".to_owned());
    }
    Ok(())
}

/// Control characters cannot be printed, and `PostgreSQL` stores no NUL; format characters, the
/// zero-width ones and those that turn the direction of writing among them, are not seen; the others
/// mean nothing that everybody agrees on, or break lines.
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
    )
}

/// White space, and letters that are drawn as nothing.
fn is_blank(c: char) -> bool {
    const BLANK_LETTERS: [char; 5] = ['\u{115f}', '\u{1160}', '\u{2800}', '\u{3164}', '\u{ffa0}'];
    c.is_whitespace() || BLANK_LETTERS.contains(&c)
}

/// A character as people can look it up.
fn named(c: char) -> String {
    let code = u32::from(c);
    match unicode_names2::name(c) {
        Some(name) => format!("U+{code:04X} {name}"),
        None if c.is_control() => format!("U+{code:04X}, a control character"),
        None => format!("U+{code:04X}, which is not a character"),
    }
}
