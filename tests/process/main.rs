//! Drills with the real program: killed, stopped, paused, and run by its README.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod program;
mod scratch;

mod codes;
mod commands;
mod crash;
mod demo_walk;
mod graceful_stop;
mod logs;
mod mail;
mod takeover;
mod users;
