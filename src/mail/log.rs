//! Letters printed instead of sent, for a desk without a mail server.

use std::io::Write;

use super::{Letter, MailError, Mailer, Sending};

/// Prints letters on standard output, whole, with what they let people do.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogMailer;

impl Mailer for LogMailer {
    fn send<'a>(&'a self, letter: &'a Letter) -> Sending<'a> {
        let printed = print(letter);
        Box::pin(async { printed.map_err(|error| MailError::Later(error.to_string())) })
    }
}

fn print(letter: &Letter) -> std::io::Result<()> {
    let Letter {
        to, subject, text, ..
    } = letter;
    let mut output = std::io::stdout().lock();
    writeln!(output, "\n--- mail to {to}: {subject}\n{text}---")?;
    output.flush()
}
