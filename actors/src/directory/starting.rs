//! How an owner is started: its turn, its place, its claim, its state, its actor.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use journal::causes::Causes;
use journal::{JournalError, Notice, Reign};
use metrics::gauge;
use ractor::{Actor, ActorCell, ActorRef};
use seating::ids::{Epoch, ShowtimeId};
use seating::seat_layout::SeatLayout;
use tokio::sync::watch;

use super::{Directory, JOURNAL_RETRY_AFTER, Place};
use crate::admission::Admission;
use crate::error::CallError;
use crate::heavy::heavy;
use crate::live::Live;
use crate::metrics::{COLD_STARTS_WAITING, Counted, OWNERS};
use crate::rehydration::{Rebuilt, damaged, rebuild};
use crate::restart_policy::Verdict;
use crate::showtime::message::ShowtimeMessage;
use crate::showtime::publisher::Publisher;
use crate::showtime::snapshots::Snapshots;
use crate::showtime::{Beginning, ShowtimeActor};
use crate::usage::Usage;

/// A showtime rebuilt under its new reign, with its first picture.
struct Opened {
    rebuilt: Rebuilt,
    publisher: Publisher,
    epoch: Epoch,
}

impl Directory {
    pub(super) async fn start(
        &self,
        showtime: ShowtimeId,
        supervisor: ActorCell,
    ) -> Result<Arc<Live>, CallError> {
        if self.deposed.contains(&showtime) {
            return Err(CallError::Deposed);
        }
        self.wait_out_failures(showtime).await?;
        // Made-up ids take nobody's turn.
        if self.register.epoch(showtime).await?.is_none() {
            return Err(CallError::UnknownShowtime);
        }
        let waiting = Counted::one(gauge!(COLD_STARTS_WAITING, "for" => "selling"));
        let _turn = self.rehydrations.acquire().await;
        drop(waiting);
        let place = self.place().await?;
        if self.is_closing() {
            return Err(CallError::ShuttingDown);
        }
        let (epoch, layout) = self.claim(showtime).await?;
        let opened = self.open(showtime, epoch, layout).await;
        let opened = opened.map_err(|error| self.cannot_start(showtime, &error))?;
        self.begin(showtime, opened, place, supervisor).await
    }

    /// Begins a reign, unless the one that stands is another's who has taken the showtime from this
    /// process, or this process is told to stop: nobody would keep the promises of a reign begun then.
    async fn claim(&self, showtime: ShowtimeId) -> Result<(Epoch, Arc<SeatLayout>), CallError> {
        let asked = self.timekeeper.now();
        let standing = self.journal.look(showtime).await;
        let standing = standing.map_err(|error| self.cannot_start(showtime, &error))?;
        self.timekeeper.hear(asked, standing.store_time);
        if !self.timekeeper.agrees() {
            return Err(self.wrong_clock());
        }
        if self.is_closing() {
            return Err(CallError::ShuttingDown);
        }
        let succession = {
            let mut reigns = self.reigns.entry(showtime).or_default();
            if reigns.are_over(standing.epoch) {
                self.deposed.insert(showtime);
                return Err(CallError::Deposed);
            }
            reigns.succeed(&standing)
        };
        let claim = self.journal.claim(showtime, succession).await;
        let claim = claim.map_err(|error| self.cannot_start(showtime, &error))?;
        self.reigns.entry(showtime).or_default().has_begun();
        Ok((claim.epoch, standing.layout))
    }

    async fn open(
        &self,
        showtime: ShowtimeId,
        epoch: Epoch,
        layout: Arc<SeatLayout>,
    ) -> Result<Opened, JournalError> {
        let rebuilt = rebuild(&self.journal, showtime, layout).await?;
        let opened = heavy(move || Opened {
            publisher: Publisher::new(&rebuilt.map, epoch),
            rebuilt,
            epoch,
        });
        opened.await.map_err(|died| damaged(showtime, &died))
    }

    /// Gives an open showtime its owner.
    async fn begin(
        &self,
        showtime: ShowtimeId,
        opened: Opened,
        place: Place,
        supervisor: ActorCell,
    ) -> Result<Arc<Live>, CallError> {
        let Opened {
            rebuilt,
            publisher,
            epoch,
        } = opened;
        let layout = Arc::clone(rebuilt.map.layout());
        let admission = Admission::new(self.options.in_flight_max);
        let usage = Arc::new(Usage::new(self.begun, self.options.passivate_after));
        let views = publisher.views();
        let (told, ears) = watch::channel(None);
        let reign = Arc::new(Reign {
            showtime,
            epoch,
            layout: Arc::clone(&layout),
            listener: listener(ears),
        });
        let beginning = Beginning {
            map: rebuilt.map,
            reign,
            journal: Arc::clone(&self.journal),
            clock: Arc::clone(&self.clock),
            admission: Arc::clone(&admission),
            usage: Arc::clone(&usage),
            metrics: Arc::clone(&self.metrics),
            publisher,
            snapshots: Snapshots::new(self.options.snapshot_every, rebuilt.snapshot_seq),
            passivate_after: self.options.passivate_after,
        };
        let spawned = Actor::spawn_linked(None, ShowtimeActor, beginning, supervisor).await;
        let (owner, _) = spawned.map_err(|error| {
            tracing::error!(showtime.id = %showtime, error = %error, "owner not started");
            CallError::OwnerRestarted
        })?;
        told.send_replace(Some(owner.clone()));
        self.by_actor.insert(owner.get_id(), (showtime, place));
        gauge!(OWNERS, "state" => "live").increment(1.0);
        drop(owner.send_message(ShowtimeMessage::Begin));
        self.failures.store(0, Ordering::Relaxed);
        Ok(Arc::new(Live {
            showtime,
            epoch,
            owner,
            admission,
            layout,
            views,
            usage,
        }))
    }

    async fn wait_out_failures(&self, showtime: ShowtimeId) -> Result<(), CallError> {
        let verdict = self
            .histories
            .get(&showtime)
            .and_then(|history| history.verdict());
        let now = self.begun.elapsed();
        match verdict {
            Some(Verdict::GiveUpUntil(until)) if until > now => Err(CallError::GaveUp {
                retry_after: until.saturating_sub(now),
            }),
            Some(Verdict::RestartAt(at)) if at > now => self.pause(at.saturating_sub(now)).await,
            Some(Verdict::GiveUpUntil(_) | Verdict::RestartAt(_)) | None => Ok(()),
        }
    }

    /// Waits, but not beyond the end.
    pub(super) async fn pause(&self, pause: Duration) -> Result<(), CallError> {
        let mut closing = self.closing.subscribe();
        tokio::select! {
            biased;
            _closing = closing.wait_for(|closing| *closing) => Err(CallError::ShuttingDown),
            () = tokio::time::sleep(pause) => Ok(()),
        }
    }

    fn cannot_start(&self, showtime: ShowtimeId, error: &JournalError) -> CallError {
        let answer = match error {
            JournalError::UnknownShowtime(_) => return CallError::UnknownShowtime,
            // It takes nothing now; whoever asks again has it looked at anew.
            JournalError::Overtaken(_) => return CallError::OwnerRestarted,
            JournalError::Unavailable(_) => CallError::JournalUnavailable {
                retry_after: JOURNAL_RETRY_AFTER,
            },
            JournalError::WrittenByNewer { .. } | JournalError::Damaged { .. } => {
                self.failed(showtime);
                CallError::OwnerRestarted
            }
        };
        let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        // Everybody may ask for any showtime while the store is away: they must not fill the log.
        if failures.is_power_of_two() {
            let causes = Causes(error);
            tracing::error!(
                showtime.id = %showtime,
                error = %causes,
                db.sqlstate = causes.code(),
                failures,
                "owner not started"
            );
        }
        answer
    }

    fn wrong_clock(&self) -> CallError {
        let ahead_ms = self.timekeeper.ahead_micros() / 1_000;
        let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        if failures.is_power_of_two() {
            tracing::error!(
                clock.ahead_ms = ahead_ms,
                failures,
                "no owner starts by a wrong clock"
            );
        }
        CallError::WrongClock { ahead_ms }
    }
}

/// Passes the journal's news on to the owner, whose actor is told to `ears` once it is there.
fn listener(
    ears: watch::Receiver<Option<ActorRef<ShowtimeMessage>>>,
) -> Box<dyn Fn(Notice) + Send + Sync> {
    Box::new(move |notice| {
        if let Some(owner) = &*ears.borrow() {
            // A dead owner's news is nobody's: the next one reads the journal.
            drop(owner.send_message(ShowtimeMessage::Journal(notice)));
        }
    })
}
