//! A secret as the environment gives it.

use secrecy::{ExposeSecret, SecretString};

use super::error::ConfigError;

/// A secret from a variable, or from a file which that variable's sibling with `_FILE` names. Never
/// from a flag: whoever may list processes can read those.
#[derive(Clone, Debug)]
pub struct Secret {
    setting: &'static str,
    value: Result<Option<SecretString>, String>,
}

impl Secret {
    /// What the environment says about a setting; an empty variable is as good as none.
    pub fn of_environment(setting: &'static str) -> Self {
        let said = |name: &str| {
            let text = std::env::var(name).ok();
            text.filter(|text| !text.trim().is_empty())
        };
        let file = format!("{setting}_FILE");
        let value = match (said(setting), said(&file)) {
            (None, None) => Ok(None),
            (Some(text), None) => Ok(Some(text.into())),
            (None, Some(path)) => read(&file, &path),
            (Some(_), Some(_)) => Err(format!("is set, and so is {file}; set one of them")),
        };
        Self { setting, value }
    }

    /// One given by a program that embeds the server.
    pub fn given(setting: &'static str, text: &str) -> Self {
        let value = Ok(Some(text.to_owned().into()));
        Self { setting, value }
    }

    /// The secret, if there is one.
    ///
    /// # Errors
    ///
    /// When it is given both directly and in a file, or the file cannot be read or is empty.
    pub fn get(&self) -> Result<Option<&SecretString>, ConfigError> {
        match &self.value {
            Ok(value) => Ok(value.as_ref()),
            Err(reason) => Err(self.wrong(reason)),
        }
    }

    /// The text of one that has to be there.
    ///
    /// # Errors
    ///
    /// As [`Self::get`], and when it is not set.
    pub fn required(&self) -> Result<&str, ConfigError> {
        let secret = self.get()?.ok_or_else(|| self.wrong("is not set"))?;
        Ok(secret.expose_secret())
    }

    /// What is wrong with it.
    pub(super) fn wrong(&self, reason: &str) -> ConfigError {
        ConfigError {
            setting: self.setting,
            reason: reason.to_owned(),
        }
    }
}

fn read(variable: &str, path: &str) -> Result<Option<SecretString>, String> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| format!("cannot be read from {variable} = {path}: {error}"))?;
    let text = text.trim_end();
    if text.is_empty() {
        return Err(format!("is empty in {variable} = {path}"));
    }
    Ok(Some(text.to_owned().into()))
}
