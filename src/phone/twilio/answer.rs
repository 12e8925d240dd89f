//! What Twilio Verify says, read.

use reqwest::StatusCode;
use serde::Deserialize;

/// Codes of errors that say something of a number or a code; all others are faults of ours or of Twilio's.
mod code {
    /// A parameter is not what it must be: the number is none, or the code is not as long as theirs.
    pub(super) const INVALID_PARAMETER: u32 = 60_200;
    /// Five checks of one verification.
    pub(super) const MAX_CHECKS: u32 = 60_202;
    /// Five codes of one verification.
    pub(super) const MAX_SENDS: u32 = 60_203;
    /// A landline takes no messages.
    pub(super) const LANDLINE: u32 = 60_205;
    /// Numbers that begin so are kept out, for others pump them.
    pub(super) const BLOCKED_PREFIX: u32 = 60_410;
    /// The country is not switched on.
    pub(super) const COUNTRY_OFF: u32 = 60_605;
    /// More requests at once than the account may send, or a rate of the service's.
    pub(super) const TOO_MANY_REQUESTS: u32 = 20_429;
    /// There is no such verification, or none any more.
    pub(super) const NOT_FOUND: u32 = 20_404;
}

/// What an answer comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// A code is on its way; of a check, it was not this one.
    Pending,
    Approved,
    /// The verification is not there, or over.
    Over,
    /// As many codes or checks as may be.
    TooMany,
    /// It was not looked at, and may be asked again.
    Later,
    /// Nothing can be sent to the number.
    Unreachable,
}

/// An answer as it is written.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    #[serde(default)]
    code: Option<u32>,
    /// A word of a verification; of an error a number.
    status: Word,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Word {
    Text(String),
    Number(u16),
}

impl Answer {
    /// What an answer with this status says.
    ///
    /// # Errors
    ///
    /// What it is instead of an answer.
    pub(super) fn read(status: StatusCode, bytes: &[u8]) -> Result<Said, String> {
        if status.is_server_error() {
            return Err(format!("status {status}"));
        }
        let answer: Self = serde_json::from_slice(bytes)
            .map_err(|_other| format!("status {status} with what is not an answer"))?;
        match (&answer.status, answer.code) {
            (Word::Text(word), None) if status.is_success() => {
                of_word(word).ok_or_else(|| "a verification of an unknown status".to_owned())
            }
            (Word::Number(number), Some(code)) if *number == status.as_u16() => {
                of_error(code).ok_or_else(|| format!("status {status} with error {code}"))
            }
            (Word::Text(_) | Word::Number(_), _) => {
                Err(format!("status {status} with what does not fit it"))
            }
        }
    }
}

fn of_word(word: &str) -> Option<Said> {
    match word {
        "pending" => Some(Said::Pending),
        "approved" => Some(Said::Approved),
        "max_attempts_reached" => Some(Said::TooMany),
        "canceled" | "deleted" | "failed" | "expired" => Some(Said::Over),
        _ => None,
    }
}

const fn of_error(code: u32) -> Option<Said> {
    match code {
        code::NOT_FOUND => Some(Said::Over),
        code::MAX_CHECKS | code::MAX_SENDS => Some(Said::TooMany),
        code::TOO_MANY_REQUESTS => Some(Said::Later),
        code::INVALID_PARAMETER | code::LANDLINE | code::BLOCKED_PREFIX | code::COUNTRY_OFF => {
            Some(Said::Unreachable)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> Result<Said, String> {
        Answer::read(StatusCode::from_u16(status).unwrap(), body.as_bytes())
    }

    #[test]
    fn answers_are_told_apart() {
        let said = [
            (
                201,
                r#"{"sid": "VE1", "status": "pending", "valid": false}"#,
                Said::Pending,
            ),
            (
                200,
                r#"{"sid": "VE1", "status": "approved", "valid": true}"#,
                Said::Approved,
            ),
            (200, r#"{"status": "max_attempts_reached"}"#, Said::TooMany),
            (200, r#"{"status": "expired"}"#, Said::Over),
            (
                404,
                r#"{"code": 20404, "message": "…", "status": 404}"#,
                Said::Over,
            ),
            (
                429,
                r#"{"code": 60203, "message": "…", "status": 429}"#,
                Said::TooMany,
            ),
            (
                429,
                r#"{"code": 20429, "message": "…", "status": 429}"#,
                Said::Later,
            ),
            (
                429,
                r#"{"code": 60202, "message": "…", "status": 429}"#,
                Said::TooMany,
            ),
            (
                400,
                r#"{"code": 60200, "message": "…", "status": 400}"#,
                Said::Unreachable,
            ),
        ];
        for (status, body, expected) in said {
            assert_eq!(read(status, body), Ok(expected), "{status} {body}");
        }
    }

    /// Nobody is let in by what only looks like an approval.
    #[test]
    fn whatever_is_no_answer_is_a_failure() {
        for (status, body) in [
            (500, r#"{"status": "approved"}"#),
            (503, ""),
            (200, ""),
            (200, "<html>approved</html>"),
            (200, r#"{"status": "granted"}"#),
            (200, r#"{"valid": true}"#),
            (200, r#"{"status": "approved", "code": 60200}"#),
            (302, r#"{"status": "approved"}"#),
            (
                401,
                r#"{"code": 20003, "message": "Authenticate", "status": 401}"#,
            ),
            (429, r#"{"code": 60203, "message": "…", "status": 400}"#),
            (404, r#"{"status": "pending"}"#),
        ] {
            let failed = read(status, body);
            assert!(failed.is_err(), "{status} {body}: {failed:?}");
        }
    }
}
