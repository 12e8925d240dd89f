//! Passwords: hashing them costs memory and time on purpose, so it has threads of its own.
//!
//! A queue of fixed length stands before them. When it is full, whoever comes is told at once to come
//! again; what is asked of the server beside it goes on, because the threads give way to others.

mod common;
mod hash;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::oneshot;

pub(crate) use common::is_common;
use hash::Memory;
pub(crate) use hash::is_importable;
pub use hash::{Cost, MEMORY_KIB_MIN, PASSES_MIN};

/// Hashes and compares passwords.
#[derive(Clone, Debug)]
pub struct Passwords {
    work: Sender<Work>,
    /// What an address without an account is compared with, so that it takes as long as one with.
    nobodys: String,
    threads: u32,
}

/// How a password compares with a hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compared {
    Wrong,
    /// With a better hash, when the one that it was compared with is weaker than hashes are today.
    Right(Option<String>),
}

/// The queue was full, or the threads have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords wait to be looked at")]
pub struct Busy {
    pub retry_after: Duration,
}

#[derive(Debug)]
enum Work {
    Hash(SecretString, oneshot::Sender<String>),
    Compare(SecretString, String, oneshot::Sender<Compared>),
}

/// About what one hash takes, for telling people when to come again.
const USUAL: Duration = Duration::from_millis(60);

impl Passwords {
    /// Starts so many threads, before which at most `waiting_max` wait.
    ///
    /// # Errors
    ///
    /// When a thread cannot be started, or the cost is none that the algorithm knows.
    pub fn start(threads: u32, waiting_max: u32, cost: Cost) -> Result<Self, std::io::Error> {
        let nobodys = cost.hash("nobody has this password", &mut Memory::default());
        let nobodys = nobodys.map_err(std::io::Error::other)?;
        let (work, queue) = crossbeam_channel::bounded(waiting_max as usize);
        for number in 0..threads {
            let queue = queue.clone();
            std::thread::Builder::new()
                .name(format!("passwords-{number}"))
                .spawn(move || run(&queue, cost))?;
        }
        Ok(Self {
            work,
            nobodys,
            threads,
        })
    }

    /// A new hash of a password.
    ///
    /// # Errors
    ///
    /// [`Busy`] when too many wait.
    pub async fn hash(&self, password: SecretString) -> Result<String, Busy> {
        let (answer, answered) = oneshot::channel();
        self.ask(Work::Hash(password, answer))?;
        answered.await.map_err(|_thread_ended| self.busy())
    }

    /// Compares a password with a hash. Without a hash it is wrong, and takes as long.
    ///
    /// # Errors
    ///
    /// [`Busy`] when too many wait.
    pub async fn compare(
        &self,
        password: SecretString,
        hash: Option<&str>,
    ) -> Result<Compared, Busy> {
        let (answer, answered) = oneshot::channel();
        let against = hash.unwrap_or(&self.nobodys).to_owned();
        self.ask(Work::Compare(password, against, answer))?;
        let compared = answered.await.map_err(|_thread_ended| self.busy())?;
        Ok(if hash.is_some() {
            compared
        } else {
            Compared::Wrong
        })
    }

    /// Whether there is room for one more: asked before anything else is done for somebody.
    ///
    /// # Errors
    ///
    /// [`Busy`] when there is none at the moment.
    pub fn have_room(&self) -> Result<(), Busy> {
        if self.work.is_full() {
            Err(self.busy())
        } else {
            Ok(())
        }
    }

    /// Passwords that wait.
    pub fn waiting(&self) -> usize {
        self.work.len()
    }

    fn ask(&self, work: Work) -> Result<(), Busy> {
        match self.work.try_send(work) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(self.busy()),
        }
    }

    /// Half of the queue will be gone by then.
    fn busy(&self) -> Busy {
        let ahead = u32::try_from(self.work.len()).unwrap_or(u32::MAX) / 2;
        let wait = USUAL.saturating_mul(ahead / self.threads.max(1));
        Busy {
            retry_after: wait.max(Duration::from_secs(1)),
        }
    }
}

/// Works the queue off until nobody can ask any more. Whoever has gone away is passed over.
fn run(queue: &Receiver<Work>, cost: Cost) {
    give_way();
    let mut memory = Memory::default();
    for work in queue {
        let done = catch_unwind(AssertUnwindSafe(|| do_one(work, cost, &mut memory)));
        if done.is_err() {
            // The program's hook has said why; whoever asked is told to come again.
            tracing::error!("a password was not looked at: the library panicked");
        }
    }
}

fn do_one(work: Work, cost: Cost, memory: &mut Memory) {
    match work {
        Work::Hash(_, answer) if answer.is_closed() => {}
        Work::Compare(_, _, answer) if answer.is_closed() => {}
        Work::Hash(password, answer) => match cost.hash(password.expose_secret(), memory) {
            Ok(hash) => drop(answer.send(hash)),
            Err(error) => tracing::error!(error, "a password could not be hashed"),
        },
        Work::Compare(password, against, answer) => {
            let compared = cost.compare(password.expose_secret(), &against, memory);
            drop(answer.send(compared));
        }
    }
}

/// On Linux each thread has a priority of its own: whoever sells comes first.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "a thread for passwords runs at the usual priority");
    }
}

#[cfg(target_os = "linux")]
const NICENESS: i32 = 15;

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: Cost = Cost {
        memory_kib: 64,
        passes: 1,
    };

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[tokio::test]
    async fn a_password_is_right_with_its_own_hash_alone() {
        let passwords = Passwords::start(1, 8, CHEAP).unwrap();
        let hash = passwords.hash(secret("correct horse")).await.unwrap();
        let compare = async |text: &str, hash: Option<&str>| {
            passwords.compare(secret(text), hash).await.unwrap()
        };
        assert_eq!(
            compare("correct horse", Some(&hash)).await,
            Compared::Right(None)
        );
        assert_eq!(compare("correct mouse", Some(&hash)).await, Compared::Wrong);
        // Not even what nobody's hash was made of.
        assert_eq!(
            compare("nobody has this password", None).await,
            Compared::Wrong
        );
        assert_eq!(
            compare("correct horse", Some("no hash")).await,
            Compared::Wrong
        );
    }

    /// The priorities of this process's threads for passwords: the 19th field of what the kernel says of each.
    #[cfg(target_os = "linux")]
    fn priorities() -> Vec<i32> {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        let said = tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("stat")));
        // Others may end meanwhile.
        let of_passwords = said.filter_map(|said| {
            let said = said.ok()?;
            let (name, fields) = said.rsplit_once(") ")?;
            let niceness = fields.split(' ').nth(16)?.parse().ok();
            niceness.filter(|_| name.contains("(passwords-"))
        });
        of_passwords.collect()
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn whoever_hashes_gives_way_to_whoever_sells() {
        let passwords = Passwords::start(1, 8, CHEAP).unwrap();
        passwords.hash(secret("correct horse")).await.unwrap();
        let priorities = priorities();
        assert!(priorities.contains(&NICENESS), "{priorities:?}");
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once_and_those_who_left_cost_nothing() {
        // Nobody works it off.
        let (work, _queue) = crossbeam_channel::bounded(2);
        let passwords = Passwords {
            work,
            nobodys: String::new(),
            threads: 1,
        };
        let queued = [0, 1].map(|_| {
            let passwords = passwords.clone();
            tokio::spawn(async move { passwords.hash(secret("correct horse")).await })
        });
        while passwords.waiting() < 2 {
            tokio::task::yield_now().await;
        }
        let refused = passwords.hash(secret("correct horse")).await.unwrap_err();
        assert!(refused.retry_after >= Duration::from_secs(1));
        for task in queued {
            task.abort();
        }
    }
}
