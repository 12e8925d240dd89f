//! On what the figures were made: a figure without this is a rumor.

use std::process::Command;

use persistence::pool::{PoolSettings, connect};
use test_database::TestCluster;

/// The machine, the versions and the commit.
#[derive(Debug)]
pub(crate) struct Facts {
    processor: String,
    cores: usize,
    memory_gib: u64,
    rust: String,
    postgres: String,
    commit: String,
    changed: bool,
}

/// Something cannot be found out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FactsError {
    #[error("{what}: {source}")]
    Io {
        what: &'static str,
        source: std::io::Error,
    },
    #[error("{0} failed")]
    Program(&'static str),
    #[error("PostgreSQL does not say its version: {0}")]
    Postgres(#[from] sqlx::Error),
}

impl Facts {
    /// Asks the machine.
    pub(crate) async fn gather() -> Result<Self, FactsError> {
        let processors = read("/proc/cpuinfo")?;
        let memory = read("/proc/meminfo")?;
        let memory_kib: u64 = value(&memory, "MemTotal")
            .and_then(|text| text.trim_end_matches(" kB").parse().ok())
            .unwrap_or_default();
        let cores = std::thread::available_parallelism();
        let cores = cores.map_err(|source| FactsError::Io {
            what: "the number of cores",
            source,
        })?;
        // The page is what is being written.
        let changes = ["status", "--porcelain", "--", ".", ":!docs/BENCHMARKS.md"];
        Ok(Self {
            processor: value(&processors, "model name")
                .unwrap_or("unknown")
                .to_owned(),
            cores: cores.get(),
            memory_gib: (memory_kib + (1 << 19)) >> 20,
            rust: said("rustc", &["--version"])?,
            postgres: postgres_version().await?,
            commit: said("git", &["rev-parse", "--short=12", "HEAD"])?,
            changed: !said("git", &changes)?.is_empty(),
        })
    }

    /// As the first words of the section.
    pub(crate) fn paragraph(&self) -> String {
        let changed = if self.changed {
            " with changes that are not committed"
        } else {
            ""
        };
        format!(
            "Measured on {} cores of {} with {} GiB, shared by callers, server and database; \
             {}; PostgreSQL {} with fsync on; commit `{}`{changed}. Figures are medians, each with \
             half of its 95 % confidence interval.\n",
            self.cores, self.processor, self.memory_gib, self.rust, self.postgres, self.commit,
        )
    }
}

fn read(path: &'static str) -> Result<String, FactsError> {
    std::fs::read_to_string(path).map_err(|source| FactsError::Io { what: path, source })
}

/// The value of the first line `name: value`.
fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    let mut named = pairs.filter(|(key, _)| key.trim() == name);
    named.next().map(|(_, value)| value.trim())
}

/// What a program prints.
fn said(program: &'static str, arguments: &[&str]) -> Result<String, FactsError> {
    let output = Command::new(program).args(arguments).output();
    let output = output.map_err(|source| FactsError::Io {
        what: program,
        source,
    })?;
    if !output.status.success() {
        return Err(FactsError::Program(program));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Of the server that the benches start too.
async fn postgres_version() -> Result<String, FactsError> {
    let cluster = TestCluster::create_with(true).await;
    let pool = connect(cluster.connect_options(), &PoolSettings::new(1)).await?;
    let version = sqlx::query_scalar("select current_setting('server_version')");
    Ok(version.fetch_one(&pool).await?)
}
