//! Codes printed instead of sent, for a server without a provider.

use std::io::Write;

use secrecy::{ExposeSecret, SecretString};

use super::{Carrier, Doing, PhoneError};

/// Prints codes on standard output, with the whole number.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogCodes;

impl Carrier for LogCodes {
    fn send<'a>(&'a self, phone: &'a str, code: &'a SecretString) -> Doing<'a, ()> {
        let printed = print(phone, code);
        Box::pin(async { printed.map_err(|error| PhoneError::Unavailable(error.to_string())) })
    }
}

fn print(phone: &str, code: &SecretString) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    let code = code.expose_secret();
    writeln!(
        output,
        "\n--- code to {phone}\n{code}, good once, for five minutes\n---"
    )?;
    output.flush()
}
