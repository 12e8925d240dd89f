//! A comparison as it is kept: every run, and on what it was made. The page is written from this
//! alone, so that it can be written again without measuring again.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::results::Results;
use crate::run_length::RunLength;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) machine: Machine,
    /// Of what was measured.
    pub(crate) versions: Vec<String>,
    pub(crate) run_length: RunLength,
    pub(crate) results: Results,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("{}: {source}", path.display())]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{} does not say all that the page needs ({source}): measure again", path.display())]
    Incomplete {
        path: PathBuf,
        source: serde_json::Error,
    },
}

impl Record {
    pub(crate) fn save(&self, path: &Path) -> Result<(), RecordError> {
        let write = || {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(path, serde_json::to_vec_pretty(self)?)
        };
        write().map_err(|source| RecordError::File {
            path: path.to_owned(),
            source,
        })
    }

    pub(crate) fn load(path: &Path) -> Result<Self, RecordError> {
        let text = std::fs::read(path).map_err(|source| RecordError::File {
            path: path.to_owned(),
            source,
        })?;
        serde_json::from_slice(&text).map_err(|source| RecordError::Incomplete {
            path: path.to_owned(),
            source,
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use loadtest::report::{Latency, Report};
    use serde_json::Value;

    use super::*;
    use crate::cell::{BEST, Cell, HALF, HOT, SWAPS};
    use crate::measure::Run;
    use crate::page;
    use crate::subject::Subject;

    pub(crate) fn run(round: usize, cell: Cell, subject: Subject, sales_per_second: f64) -> Run {
        let report = Report {
            workload: cell.workload,
            connections: cell.connections,
            rate: None,
            seconds: 0.8,
            sales: 800,
            sales_per_second,
            granted: 800,
            granted_ever: 1_200,
            released: 800,
            confirmed: 0,
            confirmed_ever: 0,
            abandoned: 0,
            refused: [("SEATS_UNAVAILABLE".to_owned(), 3)].into(),
            failed: [].into(),
            failed_without_retry_after: 0,
            broken: [].into(),
            unserved: 0,
            double_sold: 0,
            sale: Latency {
                p99_us: 13_823,
                ..Latency::default()
            },
            grant: Latency::default(),
            refusal: Latency::default(),
            failure: Latency::default(),
        };
        Run {
            round,
            cell,
            subject,
            report,
            server_cpu: Some(0.1),
            store_cpu: None,
            retries: Some(2),
            violations: Vec::new(),
        }
    }

    /// Everybody everywhere, three times.
    pub(crate) fn sample() -> Record {
        let mut results = Results::default();
        let mut sales_per_second = 24_125.0;
        for round in 0..3 {
            for cell in [HOT, HALF, SWAPS, BEST] {
                for subject in Subject::all().into_iter().chain([Subject::ParseOnly]) {
                    sales_per_second /= 1.03;
                    results.add(run(round, cell, subject, sales_per_second));
                }
            }
        }
        let word = |word: &str| word.to_owned();
        Record {
            machine: Machine {
                processor: word("a processor"),
                cores: 2,
                memory_gib: 24,
                system: word("Linux"),
                rust: word("rustc"),
                commit: word("abc"),
                day: word("2026-01-01"),
            },
            versions: vec![word("PostgreSQL"), word("Redis")],
            run_length: RunLength::within(Duration::from_mins(3), 72),
            results,
        }
    }

    #[test]
    fn what_was_kept_makes_the_same_section() {
        let folder = std::env::temp_dir().join(format!("compare-{}", std::process::id()));
        let path = folder.join("results.json");
        let record = sample();
        record.save(&path).unwrap();
        let again = Record::load(&path).unwrap();
        assert_eq!(page::section(&again), page::section(&record));
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_does_not_say_where_it_was_made_is_refused() {
        let folder = std::env::temp_dir().join(format!("compare-lacks-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("results.json");
        let whole = serde_json::to_value(sample()).unwrap();
        for name in ["machine", "versions", "run_length", "results"] {
            let mut lacking = whole.clone();
            lacking.as_object_mut().unwrap().remove(name);
            std::fs::write(&path, lacking.to_string()).unwrap();
            let error = Record::load(&path).unwrap_err().to_string();
            assert!(
                error.contains(&format!("missing field `{name}`")),
                "{error}"
            );
        }
        // Runs alone, as they were kept once.
        let runs: &Value = &whole["results"];
        std::fs::write(&path, runs.to_string()).unwrap();
        let error = Record::load(&path).unwrap_err().to_string();
        assert!(error.contains("does not say all"), "{error}");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
