//! The example of all settings says what the program does without them.

use std::collections::BTreeMap;

use clap::{Args, Command};

use super::{Config, LogConfig};

const EXAMPLE: &str = include_str!("../../.env.example");

/// `NAME=value`, behind a `#` or not.
fn example() -> BTreeMap<&'static str, &'static str> {
    let lines = EXAMPLE.lines().map(|line| line.trim_start_matches('#'));
    lines.filter_map(|line| line.split_once('=')).collect()
}

#[test]
fn the_example_has_the_settings_defaults() {
    let example = example();
    let command = LogConfig::augment_args(Config::augment_args(Command::new("fullhouse")));
    let mut compared = 0;
    for argument in command.get_arguments() {
        let (Some(name), [default]) = (argument.get_env(), argument.get_default_values()) else {
            continue;
        };
        let (name, default) = (name.to_string_lossy(), default.to_string_lossy());
        let said = example.get(&*name).copied();
        // Flags are off where nothing turns them on.
        if default != "false" {
            assert_eq!(said, Some(&*default), "{name} in .env.example");
            compared += 1;
        }
    }
    assert!(compared > 25, "{compared} settings were found");
}
