//! How an owner is started: its turn, its place, its claim, its state, its actor.

use std::sync::Arc;
use std::time::Duration;

use journal::JournalError;
use journal::causes::Causes;
use metrics::gauge;
use ractor::{Actor, ActorCell};
use seating::ids::{Epoch, ShowtimeId};
use seating::seat_layout::SeatLayout;

use super::reigns::Deposed;
use super::slots::OwnerPermit;
use super::{Directory, JOURNAL_RETRY_AFTER};
use crate::directory::RestartVerdict;
use crate::directory::owner_handle::OwnerHandle;
use crate::error::CallError;
use crate::heavy::heavy;
use crate::metrics::{COLD_STARTS_WAITING, Counted};
use crate::owner::admission::OwnerAdmission;
use crate::owner::message::OwnerMessage;
use crate::owner::publisher::Publisher;
use crate::owner::snapshots::Snapshots;
use crate::owner::usage::Usage;
use crate::owner::{Beginning, OwnerActor};
use crate::rehydration::{Rebuilt, damaged, rebuild};

/// A showtime rebuilt under its new reign, with its first view.
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
    ) -> Result<Arc<OwnerHandle>, CallError> {
        if self.reigns.is_deposed(showtime) {
            return Err(CallError::Deposed);
        }
        self.wait_out_failures(showtime).await?;
        // A made-up id is refused before it takes a turn.
        if self.register.epoch(showtime).await?.is_none() {
            return Err(CallError::UnknownShowtime);
        }
        let waiting = Counted::one(gauge!(COLD_STARTS_WAITING, "for" => "selling"));
        let _turn = self.rehydrations.acquire().await;
        drop(waiting);
        let place = self.slots.place().await?;
        if self.is_closing() {
            return Err(CallError::ShuttingDown);
        }
        let (epoch, layout) = self.claim(showtime).await?;
        let opened = self.open(showtime, epoch, layout).await;
        let opened = opened.map_err(|error| self.cannot_start(showtime, &error))?;
        self.begin(showtime, opened, place, supervisor).await
    }

    /// Begins a reign, unless another process has taken the showtime from this one, or this process
    /// is stopping: nobody would keep the promises of a reign begun then.
    async fn claim(&self, showtime: ShowtimeId) -> Result<(Epoch, Arc<SeatLayout>), CallError> {
        let asked = self.timekeeper.now();
        let standing = self.journal.look(showtime).await;
        let standing = standing.map_err(|error| self.cannot_start(showtime, &error))?;
        self.timekeeper.compare(asked, standing.store_time);
        if !self.timekeeper.agrees() {
            return Err(self.wrong_clock());
        }
        if self.is_closing() {
            return Err(CallError::ShuttingDown);
        }
        let succession = self.reigns.succeed(showtime, &standing);
        let succession = succession.map_err(|Deposed| CallError::Deposed)?;
        let claim = self.journal.claim(showtime, succession).await;
        let claim = claim.map_err(|error| self.cannot_start(showtime, &error))?;
        self.reigns.has_begun(showtime);
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
        place: OwnerPermit,
        supervisor: ActorCell,
    ) -> Result<Arc<OwnerHandle>, CallError> {
        let Opened {
            rebuilt,
            publisher,
            epoch,
        } = opened;
        let layout = Arc::clone(rebuilt.map.layout());
        let admission = OwnerAdmission::new(self.options.in_flight_max);
        let usage = Arc::new(Usage::new(self.begun, self.options.passivate_after));
        let views = publisher.views();
        let beginning = Beginning {
            map: rebuilt.map,
            showtime,
            epoch,
            journal: Arc::clone(&self.journal),
            clock: Arc::clone(&self.clock),
            admission: Arc::clone(&admission),
            usage: Arc::clone(&usage),
            metrics: Arc::clone(&self.metrics),
            publisher,
            snapshots: Snapshots::new(self.options.snapshot_every, rebuilt.snapshot_seq),
            passivate_after: self.options.passivate_after,
        };
        let spawned = Actor::spawn_linked(None, OwnerActor, beginning, supervisor).await;
        let (actor, _) = spawned.map_err(|error| {
            tracing::error!(showtime.id = %showtime, error = %error, "the owner of a showtime was not started");
            CallError::OwnerRestarted
        })?;
        self.slots.has_actor(actor.get_id(), showtime, place);
        drop(actor.send_message(OwnerMessage::Begin));
        self.start_failures.clear();
        Ok(Arc::new(OwnerHandle {
            showtime,
            epoch,
            actor,
            admission,
            layout,
            views,
            usage,
        }))
    }

    async fn wait_out_failures(&self, showtime: ShowtimeId) -> Result<(), CallError> {
        let verdict = self.failures.verdict(showtime);
        let now = self.begun.elapsed();
        match verdict {
            Some(RestartVerdict::GiveUpUntil(until)) if until > now => Err(CallError::GaveUp {
                retry_after: until.saturating_sub(now),
            }),
            Some(RestartVerdict::RestartAt(at)) if at > now => {
                self.pause(at.saturating_sub(now)).await
            }
            Some(RestartVerdict::GiveUpUntil(_) | RestartVerdict::RestartAt(_)) | None => Ok(()),
        }
    }

    /// Waits, at most until the directory closes.
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
            // This claim took nothing; the next call starts another one.
            JournalError::Overtaken(_) => return CallError::OwnerRestarted,
            JournalError::Unavailable(_) => CallError::JournalUnavailable {
                retry_after: JOURNAL_RETRY_AFTER,
            },
            JournalError::WrittenByNewer { .. } | JournalError::Damaged { .. } => {
                self.failed(showtime);
                CallError::OwnerRestarted
            }
        };
        if let Some(failures) = self.start_failures.add() {
            let causes = Causes(error);
            tracing::error!(
                showtime.id = %showtime,
                error = %causes,
                db.sqlstate = causes.code(),
                failures,
                "the owner of a showtime was not started"
            );
        }
        answer
    }

    fn wrong_clock(&self) -> CallError {
        let ahead_ms = self.timekeeper.ahead_micros() / 1_000;
        if let Some(failures) = self.start_failures.add() {
            tracing::error!(
                clock.ahead_ms = ahead_ms,
                failures,
                "no owner is started: the clocks of this process and of the database disagree"
            );
        }
        CallError::WrongClock { ahead_ms }
    }
}
