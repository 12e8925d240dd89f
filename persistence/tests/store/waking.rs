//! Whose holds nobody looks after, as far as the sessions of processes tell.

use std::sync::Arc;

use journal::Journal;
use journal::laws::{self, owner::Owner};
use persistence::journal::{JournalOptions, PgJournal};
use seating::counts::Counts;
use seating::ids::{Seq, ShowtimeId};

use crate::support::{Store, create_showtime, in_time, quick_options};

fn process(store: &Store, node: &str) -> Arc<PgJournal> {
    let options = JournalOptions {
        node: node.to_owned(),
        ..quick_options()
    };
    Arc::new(PgJournal::start(store.pool().clone(), options))
}

async fn waking(journal: &PgJournal) -> Vec<ShowtimeId> {
    journal.waking(None, 10).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_of_a_process_that_lives_are_its_own_and_of_one_that_is_gone_anybodys() {
    in_time(async {
        let store = Store::create().await;
        let (one, another) = (process(&store, "one"), process(&store, "another"));
        let showtime = create_showtime(store.pool(), &laws::layout_spec()).await;
        let journal: Arc<PgJournal> = Arc::clone(&one);
        let mut owner = Owner::claim(journal, showtime, Seq(1)).await;
        let mut append = owner.next_holds(1);
        for (_, counts) in &mut append.counts {
            *counts = Counts {
                capacity: 20,
                held: 1,
                ..Counts::default()
            };
        }
        owner.send(append);
        owner.until_durable().await;
        assert_eq!(waking(&one).await, [showtime], "it may have lost its owner");
        assert_eq!(waking(&another).await, [], "it lives");
        drop((owner, one));
        while waking(&another).await.is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(waking(&another).await, [showtime]);
        // Its next incarnation under the same name is not the one that claimed.
        assert_eq!(waking(&process(&store, "one")).await, [showtime]);
    })
    .await;
}
