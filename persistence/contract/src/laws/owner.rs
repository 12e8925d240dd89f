//! An owner as the journal sees one: it appends, and it hears the news.
#![expect(
    clippy::disallowed_types,
    reason = "news arrives from any thread and is read by the suite"
)]

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use seating::counts::Counts;
use seating::entry::{Decision, Entry, Held, RequestStamp};
use seating::ids::{BuyerId, Epoch, HoldId, Seq, ShowtimeId};
use seating::places::{AreaQuantity, Places};
use seating::seat_layout::{SeatIndex, SeatLayout, SectionIndex};
use seating::seat_map::Entries;
use seating::timestamp::Timestamp;
use uuid::Uuid;

use crate::backlog::Lane;
use crate::{Append, Claim, Journal, Notice, Reign};

/// One reign, with everything it appended and heard.
#[derive(Debug)]
pub struct Owner {
    journal: Arc<dyn Journal>,
    reign: Arc<Reign>,
    next: Seq,
    appended: Vec<Entry>,
    news: Arc<News>,
}

#[derive(Debug, Default)]
struct News(Mutex<Heard>);

#[derive(Debug, Default)]
struct Heard {
    notices: Vec<Notice>,
    waiting: Option<Waker>,
}

/// Looks at a showtime and claims it.
pub async fn claim(journal: &dyn Journal, showtime: ShowtimeId) -> Claim {
    claim_with_layout(journal, showtime).await.0
}

async fn claim_with_layout(
    journal: &dyn Journal,
    showtime: ShowtimeId,
) -> (Claim, Arc<SeatLayout>) {
    let standing = journal.look(showtime).await.expect("a look");
    let claim = journal.claim(showtime, standing.succession()).await;
    (claim.expect("a claim"), standing.layout)
}

/// When the entry of that number was decided.
pub fn at(seq: Seq) -> Timestamp {
    let seconds = i64::try_from(seq.0).unwrap_or(i64::MAX);
    Timestamp::from_unix_seconds(1_800_000_000).plus_seconds(u32::try_from(seconds).unwrap_or(0))
}

impl Owner {
    /// Begins a reign over a showtime whose last stored entry is `last`.
    pub async fn claim(journal: Arc<dyn Journal>, showtime: ShowtimeId, last: Seq) -> Self {
        let (claim, layout) = claim_with_layout(&*journal, showtime).await;
        let news = Arc::new(News::default());
        let heard = Arc::clone(&news);
        let reign = Arc::new(Reign {
            showtime,
            epoch: claim.epoch,
            layout,
            listener: Box::new(move |notice| heard.hear(notice)),
        });
        Self {
            journal,
            reign,
            next: last.next(),
            appended: Vec::new(),
            news,
        }
    }

    /// Whose owner it is.
    pub fn showtime(&self) -> ShowtimeId {
        self.reign.showtime
    }

    /// The number of its reign.
    pub fn epoch(&self) -> Epoch {
        self.reign.epoch
    }

    /// The journal that it appends to.
    pub fn journal(&self) -> &dyn Journal {
        &*self.journal
    }

    /// Everything appended, durable or not.
    pub fn appended(&self) -> &[Entry] {
        &self.appended
    }

    /// Takes entries of earlier reigns for its own.
    pub fn remember(&mut self, earlier: Vec<Entry>) {
        self.appended = earlier;
    }

    /// Appends so many holds at once.
    pub fn append_holds(&mut self, holds: u32) {
        let append = self.next_holds(holds);
        self.send(append);
    }

    /// Appends so many holds one by one.
    pub fn append_singly(&mut self, holds: u32) {
        for _ in 0..holds {
            self.append_holds(1);
        }
    }

    /// The next append, for the caller to change or to lose.
    pub fn next_holds(&mut self, holds: u32) -> Append {
        let entries = (0..holds).map(|_| {
            let seq = self.next;
            self.next = seq.next();
            hold(seq)
        });
        let entries = entries.map(Arc::new).collect();
        self.wrap(entries)
    }

    /// Appends a decision of any kind.
    pub fn append(&mut self, decision: Decision) {
        let append = self.next_append(decision);
        self.send(append);
    }

    /// The next append, of one decision of any kind.
    pub fn next_append(&mut self, decision: Decision) -> Append {
        let seq = self.next;
        self.next = seq.next();
        let entry = Entry {
            seq,
            at: at(seq),
            request: None,
            by: None,
            decision,
        };
        self.wrap(Entries::from_iter([Arc::new(entry)]))
    }

    fn wrap(&self, entries: Entries) -> Append {
        let counts = Counts {
            capacity: 20,
            held: 1,
            ..Counts::default()
        };
        let reservation = self.journal.backlog().reserve(Lane::Urgent);
        Append {
            entries,
            reign: Arc::clone(&self.reign),
            counts: std::iter::once((SectionIndex(0), counts)).collect(),
            reservation: reservation.expect("room in the backlog"),
            request_id: None,
        }
    }

    /// Sends what may have been changed or made elsewhere.
    pub fn send(&mut self, append: Append) {
        let entries = append.entries.iter();
        self.appended
            .extend(entries.map(|entry| Entry::clone(entry)));
        self.journal.append(append).expect("the journal is open");
    }

    /// What is stored of the showtime after its first entry.
    pub async fn stored_after_opening(&self) -> Vec<Entry> {
        let stored = self.journal.entries(self.showtime(), Seq(1), 10_000).await;
        stored.expect("entries load")
    }

    /// Waits until everything appended is durable.
    pub async fn until_durable(&self) {
        let last = self.appended.last().map_or(Seq::ZERO, |entry| entry.seq);
        self.news
            .until(|notices| match notices.last() {
                Some(Notice::Durable(seq)) if *seq >= last => Some(()),
                Some(Notice::Fenced | Notice::Poisoned { .. }) => {
                    unexpected(notices);
                    None
                }
                Some(Notice::Durable(_)) | None => None,
            })
            .await;
    }

    /// Waits for the first watermark beyond this one.
    pub async fn until_durable_beyond(&self, told: Seq) -> Seq {
        self.news
            .until(|notices| watermarks(notices).find(|seq| *seq > told))
            .await
    }

    /// Waits until an append is refused.
    pub async fn until_refused(&self) {
        self.news
            .until(|notices| notices.last().filter(|it| is_refusal(it)).map(|_| ()))
            .await;
    }

    /// Waits until every append has been answered, whatever the answer.
    pub async fn until_answered(&self) {
        let backlog = Arc::clone(self.journal.backlog());
        self.news.until(|_| backlog.is_empty().then_some(())).await;
    }

    /// Everything heard.
    pub fn notices(&self) -> Vec<Notice> {
        self.news.heard().notices.clone()
    }

    /// What was heard last.
    pub fn last_notice(&self) -> Option<Notice> {
        self.news.heard().notices.last().cloned()
    }

    /// Every watermark heard.
    pub fn watermarks(&self) -> Vec<Seq> {
        watermarks(&self.news.heard().notices).collect()
    }
}

fn watermarks(notices: &[Notice]) -> impl Iterator<Item = Seq> {
    notices.iter().filter_map(|notice| match notice {
        Notice::Durable(seq) => Some(*seq),
        Notice::Fenced | Notice::Poisoned { .. } => None,
    })
}

fn is_refusal(notice: &Notice) -> bool {
    match notice {
        Notice::Durable(_) => false,
        Notice::Fenced | Notice::Poisoned { .. } => true,
    }
}

#[expect(
    clippy::panic,
    reason = "waiting any longer would only hide the reason"
)]
fn unexpected(notices: &[Notice]) {
    panic!("an append was refused: {notices:?}");
}

fn hold(seq: Seq) -> Entry {
    let id = Uuid::from_u128(u128::from(seq.0));
    let seat = SeatIndex(u32::try_from(seq.0 % 20).unwrap_or(0));
    let mut places = Places::of_seats([seat]);
    places.areas.push(AreaQuantity {
        section: SectionIndex(1),
        quantity: 2,
    });
    let stamp = RequestStamp {
        key: u128::from(seq.0) << 64,
        fingerprint: u128::MAX - u128::from(seq.0),
    };
    Entry {
        seq,
        at: at(seq),
        request: seq.0.is_multiple_of(2).then_some(stamp),
        by: None,
        decision: Decision::Held(Held {
            hold: HoldId::new(id),
            buyer: BuyerId::new(id),
            places,
            expires_at: at(seq).plus_seconds(600),
            replaced: None,
            began_at: None,
            from_blocked: None,
        }),
    }
}

impl News {
    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self, notice: Notice) {
        let waiting = {
            let mut heard = self.heard();
            heard.notices.push(notice);
            heard.waiting.take()
        };
        if let Some(waker) = waiting {
            waker.wake();
        }
    }

    /// Waits until what was heard says so.
    async fn until<T>(&self, says: impl Fn(&[Notice]) -> Option<T> + Send) -> T {
        std::future::poll_fn(move |context| {
            let mut heard = self.heard();
            if let Some(found) = says(&heard.notices) {
                return Poll::Ready(found);
            }
            heard.waiting = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }
}
