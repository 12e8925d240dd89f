//! What an account's fields must be, when a refresh token is good, and how guessing is slowed.

mod of_providers;

use std::borrow::Cow;

use seating::text;
use seating::timestamp::Timestamp;

use super::passwords::is_common;

pub(super) use of_providers::name_of_identity;
pub use of_providers::{RETURN_BYTES_MAX, RETURN_PATTERN, return_to};

/// Bytes of an address, as SMTP bounds them (RFC 5321, 4.5.3.1, with RFC 3696's erratum 1690).
pub const EMAIL_BYTES_MAX: usize = 254;
const EMAIL_LOCAL_BYTES_MAX: usize = 64;
pub const NAME_BYTES_MAX: usize = 200;
/// Characters of a password, whatever their bytes.
pub const PASSWORD_CHARS_MIN: usize = 10;
pub const PASSWORD_CHARS_MAX: usize = 128;
/// Digits of a number with its country's (E.164).
pub(super) const PHONE_DIGITS_MIN: usize = 7;
pub(super) const PHONE_DIGITS_MAX: usize = 15;
/// Characters of a refresh token or a link's token, which have about 70.
pub const TOKEN_CHARS_MAX: usize = 200;
/// Characters of a device's own description that are kept.
pub(super) const DEVICE_CHARS_MAX: usize = 200;

/// What an address must be: the dot-atom of RFC 5322 at a domain of at least two labels.
pub const EMAIL_PATTERN: &str = "^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@\
[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$";

/// Digits of a code that is sent to a phone.
pub const CODE_DIGITS: usize = 6;

/// What somebody is called who signs in with a code and does not say.
pub(super) const NAME_UNKNOWN: &str = "Guest";

/// How old a session may be that stands for the password which an account does not have.
pub(super) const RECENT_SECONDS: u64 = 600;

/// What a phone number must be.
pub const PHONE_PATTERN: &str = "^\\+[1-9][0-9]{6,14}$";

/// Checks an address.
///
/// # Errors
///
/// Says what it must be.
pub fn email(value: &str) -> Result<(), String> {
    let said = || "must be an address such as ann@example.com".to_owned();
    if value.len() > EMAIL_BYTES_MAX {
        return Err(format!("has more than {EMAIL_BYTES_MAX} characters"));
    }
    let (local, domain) = value.rsplit_once('@').ok_or_else(said)?;
    let atoms = local.split('.').all(|atom| {
        !atom.is_empty()
            && atom
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&byte))
    });
    let label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let labels = domain.contains('.') && domain.split('.').all(label);
    if atoms && labels && local.len() <= EMAIL_LOCAL_BYTES_MAX {
        Ok(())
    } else {
        Err(said())
    }
}

/// The form in which two addresses of one person are equal: without regard to case.
pub fn email_key(email: &str) -> String {
    email.to_ascii_lowercase()
}

/// Checks what somebody is called.
///
/// # Errors
///
/// Says what it must be.
pub fn name(value: &str) -> Result<(), String> {
    text::check_prose(value, NAME_BYTES_MAX)
}

/// Checks a phone number.
///
/// # Errors
///
/// Says what it must be.
pub fn phone(value: &str) -> Result<(), String> {
    let digits = value.strip_prefix('+').unwrap_or_default();
    let fits = (PHONE_DIGITS_MIN..=PHONE_DIGITS_MAX).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    if fits {
        Ok(())
    } else {
        Err("must be a number with its country's, such as +919876543210".to_owned())
    }
}

/// Checks a code that was sent to a phone.
///
/// # Errors
///
/// Says what it must be.
pub fn code(value: &str) -> Result<(), String> {
    if value.len() == CODE_DIGITS && value.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(())
    } else {
        Err(format!(
            "must be the {CODE_DIGITS} digits of the message and nothing else, no spaces either, such as 042137"
        ))
    }
}

/// Checks how long a password is, for one that is to be compared: it may be older than today's rules.
///
/// # Errors
///
/// Says what it must be.
pub fn old_password(value: &str) -> Result<(), String> {
    match value.chars().count() {
        0 => Err("must not be empty".to_owned()),
        1..=PASSWORD_CHARS_MAX => Ok(()),
        _ => Err(format!("has more than {PASSWORD_CHARS_MAX} characters")),
    }
}

/// Checks a password that is to be somebody's.
///
/// # Errors
///
/// Says what it must be.
pub fn new_password(value: &str) -> Result<(), String> {
    let count = value.chars().count();
    if !(PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&count) {
        return Err(format!(
            "must have from {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters, not {count}"
        ));
    }
    if is_common(value) {
        return Err("is one of those that everybody tries first: choose another".to_owned());
    }
    Ok(())
}

/// Checks the length of a token of ours.
///
/// # Errors
///
/// Says what it must be.
pub fn token(value: &str) -> Result<(), String> {
    if (1..=TOKEN_CHARS_MAX).contains(&value.chars().count()) {
        Ok(())
    } else {
        Err(format!("must have from 1 to {TOKEN_CHARS_MAX} characters"))
    }
}

/// What a device calls itself, made fit to be shown.
pub(super) fn device(user_agent: &str) -> Cow<'_, str> {
    let plain = |c: char| c == ' ' || c.is_ascii_graphic();
    let text = user_agent.trim();
    if text.is_empty() {
        return Cow::Borrowed("unknown");
    }
    if text.len() <= DEVICE_CHARS_MAX && text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    let shown = text.chars().map(|c| if plain(c) { c } else { '?' });
    Cow::Owned(shown.take(DEVICE_CHARS_MAX).collect())
}

/// What a refresh token is worth, judged by its number and the newest of its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is the newest one, so another change came between: look again.
    Newest,
    /// It was used within moments, and its successor may have been lost on the way: the same again.
    JustUsed,
    /// It was used long ago: somebody else has had it.
    Reused,
    /// The session does not know it, so it is of another history of the database.
    Unknown,
}

/// How long a refresh token that was used still gets the same successor.
pub(super) const SUCCESSOR_SECONDS: u64 = 10;

/// What the refresh token with this number is worth.
pub(super) fn standing(
    presented: u32,
    newest: u32,
    last_used_at: Timestamp,
    now: Timestamp,
) -> Standing {
    if presented == newest {
        return Standing::Newest;
    }
    if presented > newest {
        return Standing::Unknown;
    }
    let age = now.seconds_after(last_used_at);
    if presented + 1 == newest && age <= SUCCESSOR_SECONDS {
        Standing::JustUsed
    } else {
        Standing::Reused
    }
}

/// Whose failures are counted, and how they slow what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slowing {
    /// Failures that cost nothing.
    pub free: u32,
    /// The longest time between two attempts, in seconds.
    pub seconds_max: u32,
}

/// Of one account, by whoever tries it from one address.
pub(super) const OF_ACCOUNT: Slowing = Slowing {
    free: 5,
    seconds_max: 60,
};

/// Of one account, from all addresses together but those from which its owner is signed in: nobody can
/// keep an owner out alone, and many can only slow them where they have never been.
pub(super) const OF_EMAIL: Slowing = Slowing {
    free: 100,
    seconds_max: 60,
};

/// Of one address, which may be that of a whole office.
pub(super) const OF_ADDRESS: Slowing = Slowing {
    free: 20,
    seconds_max: 60,
};

impl Slowing {
    /// Seconds from the last attempt until the next is looked at, after so many failures.
    pub(super) const fn seconds_after(self, failures: u32) -> u32 {
        let Some(beyond) = failures.checked_sub(self.free) else {
            return 0;
        };
        if beyond >= 6 {
            return self.seconds_max;
        }
        let seconds = 1 << beyond;
        if seconds < self.seconds_max {
            seconds
        } else {
            self.seconds_max
        }
    }
}

/// Seconds after which half of the failures are forgotten.
const FADING_SECONDS: u64 = 600;

/// What is left of some failures when the last of them was so many seconds ago.
pub(super) fn faded(failures: u32, seconds: u64) -> u32 {
    let halvings = u32::try_from(seconds / FADING_SECONDS).unwrap_or(u32::MAX);
    failures.checked_shr(halvings).unwrap_or(0)
}

/// Failures from which on the owner is written to when they sign in.
pub(super) const FAILURES_TOLD: u32 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_what_is_none() {
        for good in [
            "ann@example.com",
            "a@b.co",
            "Ann.O'Neil+tickets@mail.example.co.uk",
            "x_1@xn--bcher-kva.example",
        ] {
            assert_eq!(email(good), Ok(()), "{good}");
        }
        let long = format!("{}@example.com", "a".repeat(65));
        for bad in [
            "",
            "ann",
            "@example.com",
            "ann@",
            "ann@localhost",
            "a..b@example.com",
            ".a@example.com",
            "a.@example.com",
            "a b@example.com",
            "a@b@example.com",
            "a@-b.com",
            "a@b-.com",
            "a@b..com",
            "ann@example.com\r\nBcc: all@example.com",
            "än@example.com",
            "\"a b\"@example.com",
            &long,
        ] {
            assert!(email(bad).is_err(), "{bad}");
        }
        assert_eq!(email_key("Ann@Example.COM"), "ann@example.com");
    }

    #[test]
    fn passwords_are_counted_in_characters() {
        let fine = |text: &str| new_password(text).is_ok();
        assert!(fine("äöüäöüäöüä") && fine(&"xy".repeat(64)));
        assert!(!fine("ä".repeat(9).as_str()) && !fine(&"x".repeat(129)) && !fine(""));
        assert!(new_password("1234567890").is_err());
        assert!(old_password("x").is_ok() && old_password("").is_err());
    }

    #[test]
    fn phones_are_of_a_country() {
        assert!(phone("+919876543210").is_ok());
        for bad in [
            "",
            "+",
            "919876543210",
            "+0123456789",
            "+91 98765",
            "+1234567890123456",
        ] {
            assert!(phone(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn codes_are_six_digits() {
        assert!(code("042137").is_ok());
        for bad in [
            "",
            "42137",
            "0421370",
            "042 137",
            " 42137",
            "04213a",
            "٠٤٢١٣٧",
        ] {
            assert!(code(bad).is_err(), "{bad}");
        }
        assert!(name(NAME_UNKNOWN).is_ok());
    }

    #[test]
    fn devices_are_fit_to_be_shown() {
        assert_eq!(device(" curl/8.5 "), "curl/8.5");
        assert_eq!(device(""), "unknown");
        assert_eq!(device("a\u{202e}b"), "a?b");
        assert_eq!(device(&"é".repeat(500)).chars().count(), DEVICE_CHARS_MAX);
    }

    #[test]
    fn a_used_token_gets_the_same_successor_for_moments() {
        let at = Timestamp::from_unix_seconds;
        let judge =
            |presented, newest, age: i64| standing(presented, newest, at(100), at(100 + age));
        assert_eq!(judge(3, 3, 1_000), Standing::Newest);
        assert_eq!(judge(2, 3, 0), Standing::JustUsed);
        assert_eq!(judge(2, 3, 10), Standing::JustUsed);
        assert_eq!(judge(2, 3, 11), Standing::Reused);
        assert_eq!(judge(1, 3, 0), Standing::Reused);
        assert_eq!(judge(4, 3, 0), Standing::Unknown);
        assert_eq!(judge(u32::MAX, 3, 0), Standing::Unknown);
    }

    #[test]
    fn failures_fade() {
        assert_eq!(
            [0, 599, 600, 1_200, u64::MAX].map(|it| faded(40, it)),
            [40, 40, 20, 10, 0]
        );
    }

    #[test]
    fn failures_slow_and_never_lock_out() {
        let waits: Vec<u32> = (0..=14).map(|it| OF_ACCOUNT.seconds_after(it)).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
        assert_eq!(OF_ADDRESS.seconds_after(u32::MAX), 60);
    }
}
