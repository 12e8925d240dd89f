//! Which measurements make which table, and what they mean.
//!
//! The sentences are written by hand and say no figures: they must stay true from run to run. Every
//! column has a bound to its growth, beyond which its sentence is false: when a run exceeds it, the
//! page says so under the sentence, and either the program got worse or the sentence was wrong.

use crate::estimates::Unit;
use crate::table::{Column, Table};

/// What costs the same at every step, on a machine that is not quiet.
const FLAT: f64 = 2.0;
/// The same steps further away in memory.
const CACHES: f64 = 4.0;

const SEATS: &[u32] = &[100, 1_000, 10_000, 50_000, 100_000];
const SHOWTIMES: &[u32] = &[1, 10, 100, 1_000, 10_000];

/// All of them, in the order of the page.
pub(crate) const TABLES: [Table; 13] = [
    Table {
        title: "Decisions, by seats",
        command: "cargo bench --bench seat_map",
        of: "seats",
        steps: SEATS,
        columns: &[
            Column {
                title: "hold",
                bench: "seat_map/hold",
                unit: Unit::Time,
                times_max: CACHES,
            },
            Column {
                title: "confirm a hold",
                bench: "seat_map/confirm_hold",
                unit: Unit::Time,
                times_max: CACHES,
            },
            Column {
                title: "confirm a pin",
                bench: "seat_map/confirm_pin",
                unit: Unit::Time,
                times_max: CACHES,
            },
            Column {
                title: "hold or release",
                bench: "seat_map/hold_and_release",
                unit: Unit::Time,
                times_max: CACHES,
            },
        ],
        meaning: "No decision looks at more of the layout than it names: the steps are the same for every size. \
                  What grows is the way to memory, because the states of a large layout no longer fit the \
                  nearest caches; it levels off, and never follows the number of seats.",
    },
    Table {
        title: "Best available, by seats",
        command: "cargo bench --bench seat_map -- best",
        of: "seats",
        steps: SEATS,
        columns: &[
            Column {
                title: "2 together",
                bench: "seat_map/best_2_half_sold",
                unit: Unit::Time,
                times_max: 160.0,
            },
            Column {
                title: "4 together",
                bench: "seat_map/best_4_half_sold",
                unit: Unit::Time,
                times_max: 160.0,
            },
            Column {
                title: "10 together",
                bench: "seat_map/best_10_half_sold",
                unit: Unit::Time,
                times_max: 1_000.0,
            },
        ],
        meaning: "Half of the seats are sold at random. A small group is found in the front rows, but those \
                  of every section, because each has a middle of its own: so it follows the number of \
                  sections, which a large layout has more of. Ten neighbors are rare in such a layout: \
                  once they are gone, every row has to say so before the group is split over rows, and \
                  that follows the number of rows. Both are bounded by the largest layout the rules allow.",
    },
    Table {
        title: "Ten thousand holds expire at once, by seats",
        command: "cargo bench --bench seat_map -- expiry",
        of: "seats",
        steps: &[50_000, 100_000],
        columns: &[Column {
            title: "one hold",
            bench: "expiry/10000_holds_at_once",
            unit: Unit::Time,
            times_max: FLAT,
        }],
        meaning: "Flat: due holds come off an ordered queue, and nothing else is looked at.",
    },
    Table {
        title: "The way through an owner, by seats",
        command: "cargo bench --bench showtime_actor -- seats",
        of: "seats",
        steps: SEATS,
        columns: &[Column {
            title: "hold or release",
            bench: "showtime_actor/hold_and_release_by_seats",
            unit: Unit::Time,
            times_max: FLAT,
        }],
        meaning: "Flat, and with it the view that everybody sees: of what a view consists of, only the \
                  parts that changed are copied, and lists of parts are shared as well.",
    },
    Table {
        title: "The way through owners, by showtimes",
        command: "cargo bench --bench showtime_actor -- showtimes",
        of: "showtimes",
        steps: SHOWTIMES,
        columns: &[Column {
            title: "hold or release",
            bench: "showtime_actor/hold_and_release_by_showtimes",
            unit: Unit::Time,
            times_max: FLAT,
        }],
        meaning: "Owners share nothing but the directory, which is a map in shards. With a thousand of them \
                  each finds its state in the far caches or none, which may double the cost; from there on it \
                  is flat.",
    },
    Table {
        title: "Durable answers, by showtimes",
        command: "cargo bench --bench group_commit -- showtimes",
        of: "showtimes",
        steps: SHOWTIMES,
        columns: &[Column {
            title: "answers a second",
            bench: "group_commit/showtimes",
            unit: Unit::PerSecond,
            times_max: 5.0,
        }],
        meaning: "512 callers, whose answers share commits whatever showtimes they are of. Not flat: a commit \
                  locks the owner's row and writes the counts of each showtime in it, once per showtime \
                  instead of once per entry. So the cost rises until every entry of a commit is of \
                  another showtime, which 512 callers reach near a thousand, and stays there.",
    },
    Table {
        title: "Durable answers, by how many wait at once",
        command: "cargo bench --bench group_commit -- in_flight",
        of: "in flight",
        steps: &[1, 16, 64, 256, 512, 1_024],
        columns: &[Column {
            title: "answers a second",
            bench: "group_commit/in_flight",
            unit: Unit::PerSecond,
            times_max: 0.1,
        }],
        meaning: "The opposite of growth: one caller pays for a whole commit, many share it. The rate rises until \
                  the cores are full.",
    },
    Table {
        title: "Durable answers, by entries in one commit",
        command: "cargo bench --bench group_commit -- entries_per_commit",
        of: "entries at most",
        steps: &[1, 4, 16, 64, 256],
        columns: &[Column {
            title: "answers a second",
            bench: "group_commit/entries_per_commit_max",
            unit: Unit::PerSecond,
            times_max: 0.2,
        }],
        meaning: "128 callers, with batches cut to a size: this is what group commit is for. Beyond 128 there is \
                  nobody left to share with.",
    },
    Table {
        title: "Durable answers, by writers",
        command: "cargo bench --bench group_commit -- writers",
        of: "writers",
        steps: &[1, 4, 16],
        columns: &[Column {
            title: "answers a second",
            bench: "group_commit/writers",
            unit: Unit::PerSecond,
            times_max: FLAT,
        }],
        meaning: "512 callers over 64 showtimes. Writers divide the same callers, so their commits are smaller and \
                  more; a second one helps only where the disk, and not the processor, is what is waited for.",
    },
    Table {
        title: "Requests over HTTP, by connections",
        command: "cargo bench --features bench --bench http_hold",
        of: "connections",
        steps: &[1, 16, 64, 256],
        columns: &[
            Column {
                title: "parse only, a second",
                bench: "http_hold/parse_only",
                unit: Unit::PerSecond,
                times_max: FLAT,
            },
            Column {
                title: "durable hold, a second",
                bench: "http_hold/hold",
                unit: Unit::PerSecond,
                times_max: 0.5,
            },
        ],
        meaning: "A single connection waits for a commit of its own with every hold; many share one, and holds \
                  come nearer to the route that only parses.",
    },
    Table {
        title: "Rebuilding an owner, by seats",
        command: "cargo bench --bench rehydration -- seats",
        of: "seats",
        steps: SEATS,
        columns: &[Column {
            title: "rebuild",
            bench: "rehydration/seats",
            unit: Unit::Time,
            times_max: 1_000.0,
        }],
        meaning: "Not flat, and cannot be: a new owner reads the layout and every sale in it. It happens once in \
                  an owner's life, and sales of other showtimes go on meanwhile.",
    },
    Table {
        title: "Rebuilding an owner, by entries since its snapshot",
        command: "cargo bench --bench rehydration -- entries; cargo bench --bench seat_map -- replay",
        of: "entries",
        steps: &[0, 100, 1_000, 10_000, 100_000],
        columns: &[
            Column {
                title: "rebuild",
                bench: "rehydration/entries_since_snapshot",
                unit: Unit::Time,
                times_max: 20.0,
            },
            Column {
                title: "replay alone",
                bench: "replay/entries",
                unit: Unit::Time,
                times_max: 20.0,
            },
        ],
        meaning: "A showtime of 50,000 seats, half of them sold. Not flat: every entry is read and applied. It is \
                  bounded, because owners write a snapshot every 20,000 entries or, in a showtime with more \
                  than 80,000 records, for every four records of it.",
    },
    Table {
        title: "Written forms, by seats",
        command: "cargo bench --bench codec -- 'codec_(snapshot|layout)'",
        of: "seats",
        steps: SEATS,
        columns: &[
            Column {
                title: "write snapshot",
                bench: "codec_snapshot/encode",
                unit: Unit::Time,
                times_max: 1_000.0,
            },
            Column {
                title: "read snapshot",
                bench: "codec_snapshot/decode",
                unit: Unit::Time,
                times_max: 1_000.0,
            },
            Column {
                title: "write layout",
                bench: "codec_layout/encode",
                unit: Unit::Time,
                times_max: 1_000.0,
            },
            Column {
                title: "read layout",
                bench: "codec_layout/decode",
                unit: Unit::Time,
                times_max: 1_000.0,
            },
        ],
        meaning: "Not flat: half of the showtime is sold seat by seat, and each sale is written down. A snapshot is \
                  written off the owner's path, a layout once in a showtime's life.",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_called_flat_is_held_to_it() {
        for table in TABLES
            .iter()
            .filter(|table| table.meaning.starts_with("Flat"))
        {
            for column in table.columns {
                assert!(
                    column.times_max <= FLAT,
                    "{}: {}",
                    table.title,
                    column.title
                );
            }
        }
    }
}
