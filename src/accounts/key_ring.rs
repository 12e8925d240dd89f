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
use tokio::time::{Instant, Interval, MissedTickBehavior, timeout};
use uuid::Uuid;

use super::role::Caller;
use super::tokens::{Bearer, Proof, TokenRefusal};

/// What every key begins with, so that people and scanners of secrets know one when they see it.
pub const KEY_PREFIX: &str = "fh_";

/// What is behind it: the 32 bytes of a secret, as hexadecimal digits.
const KEY_DIGITS: usize = 64;

/// All keys are read again after this time, whether or not somebody told of a change.
const READ_INTERVAL: Duration = Duration::from_millis(500);

/// No question about keys takes longer: the next one is asked then.
const DEADLINE: Duration = Duration::from_millis(400);

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
        let first = ring(keys.all(clock.now()).await?, &Ring::default());
        let (newest, ring) = watch::channel(Arc::new(first));
        tokio::spawn(Follower::of(keys, newest, Arc::clone(&clock)).run());
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
    clock: Arc<dyn Clock>,
    ticks: Interval,
    news: Option<KeyNews>,
    listen_again: Instant,
    noted: Instant,
    failures: u32,
}

impl Follower {
    fn of(keys: KnownKeys, newest: watch::Sender<Arc<Ring>>, clock: Arc<dyn Clock>) -> Self {
        let mut ticks = tokio::time::interval(READ_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let now = Instant::now();
        Self {
            keys,
            newest,
            clock,
            ticks,
            news: None,
            listen_again: now,
            noted: now,
            failures: 0,
        }
    }

    /// Reading comes first, and nothing else that is asked of the database delays it for long.
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
            self.read().await;
            self.listen().await;
        }
    }

    /// Listens if it does not, now and then. What changed before it did is read at the next tick.
    async fn listen(&mut self) {
        if self.news.is_some() || Instant::now() < self.listen_again {
            return;
        }
        self.listen_again = Instant::now() + LISTEN_INTERVAL;
        match timeout(DEADLINE, self.keys.listen()).await {
            Ok(Ok(news)) => self.news = Some(news),
            Ok(Err(error)) => log_deaf(&error),
            Err(_elapsed) => {}
        }
    }

    async fn read(&mut self) {
        let read = timeout(DEADLINE, self.keys.all(self.clock.now())).await;
        let failed = match read {
            Ok(Ok(keys)) => {
                self.failures = 0;
                return self.replace(keys);
            }
            Ok(Err(error)) => Causes(&error).to_string(),
            Err(elapsed) => elapsed.to_string(),
        };
        self.failures = self.failures.saturating_add(1);
        log(&failed, self.failures);
    }

    /// What was used and is gone is noted at once; what is still there, now and then.
    fn replace(&mut self, keys: Vec<KnownKey>) {
        let before = Arc::clone(&self.newest.borrow());
        let newest = Arc::new(ring(keys, &before));
        let mut used = uses(&before, |digest| !newest.contains_key(digest));
        self.newest.send_replace(Arc::clone(&newest));
        if self.noted.elapsed() >= NOTE_INTERVAL {
            self.noted = Instant::now();
            used.extend(uses(&newest, |_| true));
        }
        if used.is_empty() {
            return;
        }
        // In one order everywhere, so that no two servers wait for each other.
        used.sort_unstable();
        let keys = self.keys.clone();
        tokio::spawn(async move {
            if let Err(error) = keys.note_use(&used).await {
                log_unnoted(&error);
            }
        });
    }
}

/// The uses of some keys that are not kept yet; from here on they count as kept, because the next use is
/// kept anyway.
fn uses(ring: &Ring, wanted: impl Fn(&KeyDigest) -> bool) -> Vec<(Uuid, Timestamp)> {
    let keys: Vec<(&KeyDigest, &Arc<Held>)> = ring.iter().collect();
    let used = keys.into_iter().filter_map(|(digest, held)| {
        let at = held.used.load(Ordering::Relaxed);
        let is_new = wanted(digest) && held.noted.swap(at, Ordering::Relaxed) < at;
        is_new.then(|| (held.caller.subject, Timestamp::from_unix_micros(at)))
    });
    used.collect()
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

fn log_unnoted(error: &StoreError) {
    tracing::info!(error = %Causes(error), "it was not kept when API keys were used last");
}

fn log(error: &str, failures: u32) {
    if failures.is_power_of_two() {
        tracing::warn!(
            error,
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
