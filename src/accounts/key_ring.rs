//! Keys of programs, kept in memory so that whoever shows one is known at once.
//!
//! ```text
//!   a key is made or taken away ─ commit ─► notification ─► every server reads all keys again
//!                                           every half second, also without one
//! ```
//!
//! So a key that was taken away is refused everywhere within a second, also where a pooler swallows
//! notifications. While the database is unreachable, what was read last still counts.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use actors::clock::Clock;
use journal::causes::Causes;
use persistence::accounts::{KeyNews, KnownKey, KnownKeys};
use persistence::error::StoreError;
use seating::timestamp::Timestamp;
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior};
use uuid::Uuid;

use super::role::Caller;
use super::tokens::{Bearer, Proof, TokenRefusal};

/// What every key begins with, so that people and scanners of secrets know one when they see it.
pub const KEY_PREFIX: &str = "fh_";

/// What is behind it: the 32 bytes of a secret, as hexadecimal digits.
const KEY_DIGITS: usize = 64;

/// All keys are read again after this time, whether or not somebody told of a change.
const READ_INTERVAL: Duration = Duration::from_millis(500);

/// After this it is kept when keys were used.
const NOTE_INTERVAL: Duration = Duration::from_secs(10);

/// After this it is tried again to hear of changes.
const LISTEN_INTERVAL: Duration = Duration::from_secs(5);

type KeyDigest = [u8; 32];
type Ring = HashMap<KeyDigest, Arc<Held>>;

/// The keys that let programs in.
#[derive(Clone)]
pub struct KeyRing {
    ring: watch::Receiver<Arc<Ring>>,
    clock: Arc<dyn Clock>,
}

/// One of them.
#[derive(Debug)]
struct Held {
    caller: Caller,
    expires_at: Option<Timestamp>,
    /// When it was used last, in microseconds; 0 for never since the server started.
    used: AtomicI64,
    /// The use that is kept.
    noted: AtomicI64,
}

impl KeyRing {
    /// Without any key.
    pub fn empty(clock: Arc<dyn Clock>) -> Self {
        let ring = watch::channel(Arc::default()).1;
        Self { ring, clock }
    }

    /// Reads all keys now and goes on reading, for as long as somebody has what this returns.
    ///
    /// # Errors
    ///
    /// When the keys cannot be read the first time; later failures are logged.
    pub async fn follow(keys: KnownKeys, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let first = ring(keys.all().await?, &Ring::default());
        let (newest, ring) = watch::channel(Arc::new(first));
        tokio::spawn(Follower::of(keys, newest).run());
        Ok(Self { ring, clock })
    }

    /// Whose key this is.
    ///
    /// # Errors
    ///
    /// [`TokenRefusal`] says why it lets nobody in.
    pub fn verify(&self, key: &str) -> Result<Bearer, TokenRefusal> {
        let digits = key.strip_prefix(KEY_PREFIX).unwrap_or_default();
        let whole = digits.len() == KEY_DIGITS && digits.bytes().all(|it| it.is_ascii_hexdigit());
        if !whole {
            return Err(TokenRefusal::CutKey);
        }
        let now = self.clock.now();
        let ring = self.ring.borrow();
        let held = ring.get(&digest(key)).ok_or(TokenRefusal::UnknownKey)?;
        if held.expires_at.is_some_and(|at| at <= now) {
            return Err(TokenRefusal::ExpiredKey);
        }
        held.used.fetch_max(now.unix_micros(), Ordering::Relaxed);
        Ok(Bearer {
            caller: held.caller,
            proof: Proof::ApiKey,
            email_verified: true,
        })
    }
}

/// What is kept of a key.
pub(super) fn digest(key: &str) -> KeyDigest {
    Sha256::digest(key.as_bytes()).into()
}

/// A key as its program sends it.
pub(super) fn spelled(secret: [u8; 32]) -> String {
    let mut key = String::with_capacity(KEY_PREFIX.len() + KEY_DIGITS);
    key.push_str(KEY_PREFIX);
    for byte in secret {
        for digit in [byte >> 4, byte & 15] {
            key.extend(char::from_digit(u32::from(digit), 16));
        }
    }
    key
}

/// Keeps a ring as the database has it.
struct Follower {
    keys: KnownKeys,
    newest: watch::Sender<Arc<Ring>>,
    ticks: Interval,
    news: Option<KeyNews>,
    listen_again: Instant,
    noted: Instant,
    failures: u32,
}

impl Follower {
    fn of(keys: KnownKeys, newest: watch::Sender<Arc<Ring>>) -> Self {
        let mut ticks = tokio::time::interval(READ_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let now = Instant::now();
        Self {
            keys,
            newest,
            ticks,
            news: None,
            listen_again: now,
            noted: now,
            failures: 0,
        }
    }

    async fn run(mut self) {
        loop {
            let heard = tokio::select! {
                () = self.newest.closed() => return,
                _ = self.ticks.tick() => Ok(()),
                heard = changed(&mut self.news) => heard,
            };
            if let Err(error) = heard {
                self.news = None;
                log_deaf(&error);
            }
            self.listen().await;
            let read = self.read().await;
            self.count(read);
        }
    }

    fn count(&mut self, read: Result<(), StoreError>) {
        match read {
            Ok(()) => self.failures = 0,
            Err(error) => {
                self.failures += 1;
                log(&error, self.failures);
            }
        }
    }

    /// Listens if it does not, now and then.
    async fn listen(&mut self) {
        if self.news.is_some() || Instant::now() < self.listen_again {
            return;
        }
        self.listen_again = Instant::now() + LISTEN_INTERVAL;
        match self.keys.listen().await {
            Ok(news) => self.news = Some(news),
            Err(error) => log_deaf(&error),
        }
    }

    async fn read(&mut self) -> Result<(), StoreError> {
        let before = Arc::clone(&self.newest.borrow());
        let newest = ring(self.keys.all().await?, &before);
        self.newest.send_replace(Arc::new(newest));
        if self.noted.elapsed() >= NOTE_INTERVAL {
            self.noted = Instant::now();
            // Also of those that were taken away since.
            self.note(&before).await?;
        }
        Ok(())
    }

    async fn note(&self, ring: &Ring) -> Result<(), StoreError> {
        let mut used: Vec<(&Held, i64)> = Vec::new();
        let all: Vec<&Held> = ring.values().map(Arc::as_ref).collect();
        for held in all {
            let at = held.used.load(Ordering::Relaxed);
            if at > held.noted.load(Ordering::Relaxed) {
                used.push((held, at));
            }
        }
        if used.is_empty() {
            return Ok(());
        }
        let rows: Vec<(Uuid, Timestamp)> = used
            .iter()
            .map(|(held, at)| (held.caller.subject, Timestamp::from_unix_micros(*at)))
            .collect();
        self.keys.note_use(&rows).await?;
        for (held, at) in used {
            held.noted.store(at, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Waits for news; for ever when nobody tells any.
async fn changed(news: &mut Option<KeyNews>) -> Result<(), StoreError> {
    match news {
        Some(news) => news.changed().await,
        None => std::future::pending().await,
    }
}

/// The keys as they are now. Those that are as before stay the same, with when they were used.
fn ring(keys: Vec<KnownKey>, before: &Ring) -> Ring {
    let held = keys.into_iter().filter_map(|key| {
        let digest: KeyDigest = key.digest.try_into().ok()?;
        let role = key.role.parse().ok()?;
        let caller = Caller {
            subject: key.id,
            role,
        };
        let known = before.get(&digest);
        let known = known.filter(|it| it.caller == caller && it.expires_at == key.expires_at);
        let held = known.map_or_else(
            || {
                Arc::new(Held {
                    caller,
                    expires_at: key.expires_at,
                    used: AtomicI64::new(0),
                    noted: AtomicI64::new(0),
                })
            },
            Arc::clone,
        );
        Some((digest, held))
    });
    held.collect()
}

fn log_deaf(error: &StoreError) {
    tracing::info!(
        error = %Causes(error),
        "changes of API keys are not heard, and looked for alone"
    );
}

fn log(error: &StoreError, failures: u32) {
    if failures.is_power_of_two() {
        tracing::warn!(
            error = %Causes(error),
            db.sqlstate = error.sqlstate(),
            failures,
            "API keys were not read: those read last still count"
        );
    }
}

/// Digests are no secrets, but of no use to whoever reads a log.
impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing({} keys)", self.ring.borrow().len())
    }
}

#[cfg(test)]
mod tests {
    use actors::clock::ManualClock;

    use super::*;
    use crate::accounts::role::Role;

    const SECRET: [u8; 32] = [0xa7; 32];

    fn known(expires_at: Option<i64>) -> KnownKey {
        KnownKey {
            id: Uuid::from_u128(5),
            role: "EDITOR".to_owned(),
            digest: digest(&spelled(SECRET)).to_vec(),
            expires_at: expires_at.map(Timestamp::from_unix_seconds),
        }
    }

    fn ring_at(seconds: i64, keys: Vec<KnownKey>) -> KeyRing {
        let ring = Arc::new(ring(keys, &Ring::default()));
        let clock = ManualClock::new(Timestamp::from_unix_seconds(seconds));
        KeyRing {
            ring: watch::channel(ring).1,
            clock: Arc::new(clock),
        }
    }

    #[test]
    fn a_key_is_known_and_others_are_not() {
        let ring = ring_at(100, vec![known(None)]);
        let key = spelled(SECRET);
        assert_eq!(key.len(), 67);
        let bearer = ring.verify(&key).unwrap();
        assert_eq!(bearer.caller.subject, Uuid::from_u128(5));
        assert_eq!(bearer.caller.role, Role::Editor);
        assert_eq!(bearer.proof, Proof::ApiKey);
        let other = spelled([0xa8; 32]);
        assert_eq!(ring.verify(&other), Err(TokenRefusal::UnknownKey));
        let upper = format!("fh_{}", &key[3..].to_uppercase());
        assert_eq!(ring.verify(&upper), Err(TokenRefusal::UnknownKey));
        for cut in ["", "fh_", &key[..66], &key[3..], &format!("{key}0"), "fh_ü"] {
            assert_eq!(ring.verify(cut), Err(TokenRefusal::CutKey), "{cut}");
        }
    }

    #[test]
    fn a_key_expires_to_the_moment() {
        let key = spelled(SECRET);
        assert!(ring_at(99, vec![known(Some(100))]).verify(&key).is_ok());
        let over = ring_at(100, vec![known(Some(100))]).verify(&key);
        assert_eq!(over, Err(TokenRefusal::ExpiredKey));
    }

    #[test]
    fn use_is_remembered_while_keys_are_read_again() {
        let ring_then = ring_at(100, vec![known(None)]);
        ring_then.verify(&spelled(SECRET)).unwrap();
        let before = Arc::clone(&ring_then.ring.borrow());
        let after = ring(vec![known(None)], &before);
        let used = |ring: &Ring| ring.values().next().unwrap().used.load(Ordering::Relaxed);
        assert_eq!(used(&after), 100_000_000);
        // What has changed of a key counts at once.
        let changed = ring(vec![known(Some(1))], &before);
        assert_eq!(
            changed.values().next().unwrap().expires_at,
            Some(Timestamp::from_unix_seconds(1))
        );
    }
}
