//! Texts by which something is found, in one form: Unicode's composed one (NFC).
//!
//! An accent may be part of its letter or stand behind it, and nobody sees which. Whatever comes in
//! is brought into one form before it is kept or looked up.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// A text in the composed form; borrowed if it is in that form already, as nearly all are.
pub fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
}
