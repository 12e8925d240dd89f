//! Codes that are sent to phones.

use clap::Args;

use crate::accounts::{CODES_PER_ADDRESS, CODES_PER_DAY};
use crate::config::error::ConfigError;
use crate::config::secret::Secret;
use crate::phone::{Codes, LogCodes, TwilioAccount, TwilioError, TwilioVerify};

/// Settings of codes.
#[derive(Clone, Debug, Args)]
pub struct CodesConfig {
    /// Codes that one number is sent within a day.
    #[arg(long, env = "FULLHOUSE_CODES_PER_DAY", default_value_t = CODES_PER_DAY,
          value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub codes_per_day: u32,
    /// Codes that are sent within a day because one address asks, to whichever numbers.
    #[arg(long, env = "FULLHOUSE_CODES_PER_ADDRESS", default_value_t = CODES_PER_ADDRESS,
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub codes_per_address: u32,
    /// What numbers begin with to which codes are sent, separated by commas, such as +91,+44. All are sent some
    /// when it is left out.
    #[arg(long, env = "FULLHOUSE_CODE_COUNTRIES", value_delimiter = ',', value_parser = country)]
    pub code_countries: Vec<String>,
    /// Twilio's account, or the SID of an API key of it. With the two below codes are sent by Twilio Verify; without
    /// them they are printed on standard output.
    #[arg(long, env = "FULLHOUSE_TWILIO_ACCOUNT_SID")]
    pub twilio_account_sid: Option<String>,
    /// Its secret, from `FULLHOUSE_TWILIO_AUTH_TOKEN` or the file of `FULLHOUSE_TWILIO_AUTH_TOKEN_FILE`.
    #[arg(skip = Secret::of_environment("FULLHOUSE_TWILIO_AUTH_TOKEN"))]
    pub twilio_auth_token: Secret,
    /// The Verify service that sends the codes.
    #[arg(long, env = "FULLHOUSE_TWILIO_VERIFY_SERVICE_SID")]
    pub twilio_verify_service_sid: Option<String>,
    /// Where Twilio Verify is.
    #[arg(
        long,
        env = "FULLHOUSE_TWILIO_URL",
        default_value = "https://verify.twilio.com"
    )]
    pub twilio_url: String,
}

impl CodesConfig {
    /// What numbers begin with to which codes are sent; none for all.
    pub fn countries(&self) -> Vec<String> {
        let all = self.code_countries.iter();
        all.filter(|text| !text.is_empty()).cloned().collect()
    }

    /// What makes codes and carries them.
    ///
    /// # Errors
    ///
    /// When some settings of Twilio's are missing beside others, or wrong.
    pub fn codes(&self) -> Result<Codes, ConfigError> {
        let Some(account) = self.account()? else {
            return Ok(Codes::Ours(Box::new(LogCodes)));
        };
        let verify = TwilioVerify::new(account).map_err(|error: TwilioError| ConfigError {
            setting: error.setting(),
            reason: error.to_string(),
        })?;
        Ok(Codes::Theirs(Box::new(verify)))
    }

    /// Whether codes reach a phone.
    ///
    /// # Errors
    ///
    /// As [`Self::codes`].
    pub fn are_sent(&self) -> Result<bool, ConfigError> {
        Ok(self.account()?.is_some())
    }

    fn account(&self) -> Result<Option<TwilioAccount>, ConfigError> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let sid = given(&self.twilio_account_sid);
        let service_sid = given(&self.twilio_verify_service_sid);
        let auth_token = self.twilio_auth_token.get()?;
        if let (Some(sid), Some(auth_token), Some(service_sid)) = (&sid, auth_token, &service_sid) {
            return Ok(Some(TwilioAccount {
                url: self.twilio_url.clone(),
                sid: sid.clone(),
                auth_token: auth_token.clone(),
                service_sid: service_sid.clone(),
            }));
        }
        let settings = [
            ("FULLHOUSE_TWILIO_ACCOUNT_SID", sid.is_some()),
            ("FULLHOUSE_TWILIO_AUTH_TOKEN", auth_token.is_some()),
            ("FULLHOUSE_TWILIO_VERIFY_SERVICE_SID", service_sid.is_some()),
        ];
        let missing = settings.iter().find(|(_, is_set)| !is_set);
        match missing {
            Some((setting, _)) if settings.iter().any(|(_, is_set)| *is_set) => Err(ConfigError {
                setting,
                reason: "is not set, and others of Twilio's are: set all three, or none".to_owned(),
            }),
            Some(_) | None => Ok(None),
        }
    }
}

/// What the numbers of a country begin with.
fn country(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix('+').unwrap_or_default();
    let fits = (1..=14).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    // As an empty variable has it.
    if fits || text.is_empty() {
        Ok(text.to_owned())
    } else {
        Err("must be what numbers begin with, such as +91".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        codes: CodesConfig,
    }

    fn parsed(flags: &[&str]) -> Result<CodesConfig, clap::Error> {
        let line = ["serve"].iter().chain(flags);
        Line::try_parse_from(line).map(|line| line.codes)
    }

    #[test]
    fn twilio_is_set_whole_or_not_at_all() {
        let none = parsed(&[]).unwrap();
        assert!(matches!(none.codes(), Ok(Codes::Ours(_))));
        let flags = ["--twilio-account-sid", "AC1"];
        let mut some = parsed(&flags).unwrap();
        let wrong = some.codes().unwrap_err();
        assert_eq!(wrong.setting, "FULLHOUSE_TWILIO_AUTH_TOKEN");
        some.twilio_auth_token = Secret::given("FULLHOUSE_TWILIO_AUTH_TOKEN", "secret");
        let wrong = some.codes().unwrap_err();
        assert_eq!(wrong.setting, "FULLHOUSE_TWILIO_VERIFY_SERVICE_SID");
        some.twilio_verify_service_sid = Some("VA1".to_owned());
        assert!(matches!(some.codes(), Ok(Codes::Theirs(_))));
        some.twilio_url = "http://verify.twilio.com".to_owned();
        assert_eq!(some.codes().unwrap_err().setting, "FULLHOUSE_TWILIO_URL");
    }

    #[test]
    fn countries_are_beginnings_of_numbers() {
        let two = parsed(&["--code-countries", "+91,+44"]).unwrap();
        assert_eq!(two.countries(), ["+91", "+44"]);
        let all = parsed(&["--code-countries", ""]).unwrap();
        assert!(all.countries().is_empty());
        for wrong in ["91", "+", "+0", "+91 ", "IN", "+91;+44"] {
            assert!(parsed(&["--code-countries", wrong]).is_err(), "{wrong}");
        }
    }
}
