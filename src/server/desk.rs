//! The desk of accounts, put together, and the worker that carries its mail.

use std::sync::Arc;

use actors::clock::Clock;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::StartError;
use super::database::Store;
use crate::accounts::{
    Allowance, CodeDesk, Desk, DeskParts, Guard, Letters, Passwords, Postage, Tokens, Turns,
};
use crate::config::{AccountsConfig, CodesConfig, Config};
use crate::jobs::{Bell, Worker};

/// The desk, and what works off the jobs that it leaves.
pub(super) fn open(
    config: &Config,
    store: &Store,
    (tokens, clock): (&Arc<Tokens>, &Arc<dyn Clock>),
) -> Result<(Desk, Worker), StartError> {
    let accounts = &config.accounts;
    let passwords = Passwords::start(
        accounts.password_threads(),
        accounts.passwords_waiting_max,
        accounts.cost(),
    );
    let seals = Arc::new(config.secrets.seals()?);
    let bell = Bell::default();
    let desk = Desk::new(DeskParts {
        accounts: store.accounts.clone(),
        tokens: Arc::clone(tokens),
        seals: Arc::clone(&seals),
        passwords: passwords.map_err(StartError::Passwords)?,
        lifetimes: accounts.lifetimes(),
        clock: Arc::clone(clock),
        bell: bell.clone(),
        guard: Guard::default(),
        postage: Postage::default(),
        turns: Turns::default(),
        code_desk: code_desk(&accounts.codes)?,
    });
    if !config.demo {
        warn_of_what_is_printed(accounts)?;
    }
    let letters = Letters {
        accounts: store.accounts.clone(),
        seals,
        mailer: accounts.mailer()?,
        clock: Arc::clone(clock),
        public_url: accounts.public_url.clone(),
    };
    let worker = Worker::new(
        store.jobs.clone(),
        Arc::new(letters),
        Arc::clone(clock),
        bell,
    );
    Ok((desk, worker))
}

/// A demonstration prints what others send.
fn warn_of_what_is_printed(accounts: &AccountsConfig) -> Result<(), StartError> {
    let mails = ("FULLHOUSE_SMTP_URL", accounts.smtp_url.get()?.is_some());
    let codes = ("FULLHOUSE_TWILIO_ACCOUNT_SID", accounts.codes.are_sent()?);
    for (setting, is_set) in [mails, codes] {
        if !is_set {
            tracing::warn!(
                setting,
                "a setting is missing, so mails or codes are printed and reach nobody"
            );
        }
    }
    Ok(())
}

/// What sends codes to phones, and how many.
fn code_desk(config: &CodesConfig) -> Result<CodeDesk, StartError> {
    Ok(CodeDesk {
        codes: config.codes()?,
        per_day: config.codes_per_day,
        allowance: Allowance::new(config.codes_per_address),
        countries: config.countries(),
    })
}

/// Works until it is told to stop.
pub(super) fn work(worker: Worker, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(worker.run(stop))
}
