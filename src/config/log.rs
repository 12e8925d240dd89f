//! What is logged, and how.

use clap::{Args, ValueEnum};

/// Settings of the log, which goes to standard error.
#[derive(Clone, Debug, Args)]
pub struct LogConfig {
    /// What is logged: a level, or directives such as "info,sqlx=debug".
    #[arg(long, env = "FULLHOUSE_LOG", default_value = "info", global = true)]
    pub log: String,
    /// How lines look.
    #[arg(long, env = "FULLHOUSE_LOG_FORMAT", value_enum, default_value_t = LogFormat::Auto, global = true)]
    pub log_format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// Text for people.
    Text,
    /// One JSON object per line.
    Json,
}
