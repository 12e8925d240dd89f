//! x
use persistence::journal::{JournalOptions, PgJournal};
use persistence::pool::{self, PoolSettings};
use seating::ids::{Seq, ShowtimeId};
use seating::journal::Journal;
use tokio::time::Instant;
#[tokio::main]
async fn main() {
    let id: ShowtimeId = std::env::args().nth(1).unwrap().parse().unwrap();
    let page: usize = std::env::args().nth(2).unwrap().parse().unwrap();
    let rounds: usize = std::env::args().nth(3).unwrap().parse().unwrap();
    let url = std::env::var("DATABASE_URL").unwrap();
    let pool = pool::connect(pool::parse_url(&url).unwrap(), &PoolSettings::new(4)).await.unwrap();
    let journal = PgJournal::start(pool.clone(), JournalOptions::default());
    for _ in 0..rounds {
        let began = Instant::now();
        let mut after = Seq::ZERO;
        let mut read = 0;
        loop {
            let page = journal.entries(id, after, page).await.unwrap();
            let Some(last) = page.last() else { break };
            after = last.seq;
            read += page.len();
        }
        println!("{read} in {:.0} ms", began.elapsed().as_secs_f64() * 1e3);
    }
}
