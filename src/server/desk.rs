//! The desk of accounts, put together, and the worker that carries its mail.

use std::sync::Arc;

use actors::clock::Clock;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::StartError;
use super::database::Store;
use crate::accounts::{Desk, DeskParts, Guard, Letters, Passwords, Postage, Tokens, Turns};
use crate::config::Config;
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
    });
    if !config.demo && accounts.smtp_url.get()?.is_none() {
        tracing::warn!("FULLHOUSE_SMTP_URL is not set: mails are printed and reach nobody");
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

/// Works until it is told to stop.
pub(super) fn work(worker: Worker, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(worker.run(stop))
}
