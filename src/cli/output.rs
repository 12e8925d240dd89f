//! What commands say on standard output.

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use super::error::CliError;

/// One line on standard output, where only answers go; logs go to standard error.
pub(super) fn print(line: &str) -> Result<ExitCode, CliError> {
    let mut output = std::io::stdout().lock();
    let written = writeln!(output, "{}", line.trim_end()).and_then(|()| output.flush());
    match written {
        // The reader has closed its end, as `| head` does.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        written => written.map(|()| ExitCode::SUCCESS).map_err(CliError::from),
    }
}
