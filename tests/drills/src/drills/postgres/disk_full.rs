//! PostgreSQL's disk fills up under load; once there is space again everything goes on.

use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::statvfs;
use test_database::{SetupError, TestCluster};

use crate::drills::Drill;
use crate::error::DrillError;
use crate::options::Options;
use crate::scene::{AFTERWARDS, Scene};
use crate::stage::Stage;
use crate::summary::Summary;

pub(crate) const DRILL: Drill = Drill {
    name: "disk_full",
    about: "PostgreSQL's disk fills up under load and is freed again",
    run: |options| Box::pin(play(options)),
};

/// Nobody's home is filled by mistake.
const DISK_BYTES_MAX: u64 = 1 << 30;
/// How long buyers are at work before the disk fills up.
const LIFE_MS: std::ops::RangeInclusive<u64> = 200..=700;
/// How long the disk stays full.
const FULL_MS: std::ops::RangeInclusive<u64> = 1_000..=2_500;
/// How long a killed server of PostgreSQL's may take to come back by itself.
const RECOVERY: Duration = Duration::from_millis(500);
/// What the disk is filled with, piece by piece.
static PIECE: [u8; 64 * 1024] = [0xA5; 64 * 1024];

async fn play(options: Options) -> Result<Summary, DrillError> {
    let cycles = options.cycles(2, 5);
    let Some(folder) = options.small_disk() else {
        let why = "cannot mount a small disk, and there is no --small-disk";
        return Ok(Summary::not_run(why));
    };
    let disk = Disk::at(folder)?;
    let mut scene = open(&disk, &options).await?;
    for _ in 0..cycles {
        fill_up(&mut scene, &disk).await?;
        if !scene.summary.is_clean() {
            break;
        }
    }
    scene.close().await
}

async fn open(disk: &Disk, options: &Options) -> Result<Scene, DrillError> {
    let cluster = Box::pin(TestCluster::try_create_in(disk.folder.join("cluster"))).await;
    let failed = |error: SetupError| DrillError::Unexpected(format!("no cluster: {error}"));
    let stage = Stage::build_on(cluster.map_err(failed)?)?;
    Scene::open_on(DRILL.name, options, stage).await
}

async fn fill_up(scene: &mut Scene, disk: &Disk) -> Result<(), DrillError> {
    let trial = scene.begin(AFTERWARDS * 2).await?;
    scene.pause(LIFE_MS).await;
    let filled = disk.fill().await?;
    scene.summary.count("bytes filled", filled);
    scene.pause(FULL_MS).await;
    let grows = scene.stage.cluster.sql().can_grow().await;
    disk.free()?;
    scene.summary.demand(!grows, || {
        "PostgreSQL still found space, so nothing was proved".to_owned()
    });
    tokio::time::sleep(RECOVERY).await;
    // PostgreSQL ends when its log cannot be written; starting it again is the operator's.
    if !scene.stage.cluster.is_up().await {
        scene.summary.count("PostgreSQL started again", 1);
        scene.stage.cluster.kill9().await;
        scene.stage.cluster.start().await;
    }
    scene.summary.count("cycles", 1);
    scene.finish_after_outage(trial).await
}

/// A disk that may be filled.
#[derive(Debug)]
struct Disk {
    folder: PathBuf,
}

impl Disk {
    fn at(folder: PathBuf) -> Result<Self, DrillError> {
        let disk = statvfs(&folder).map_err(io::Error::from)?;
        let bytes = disk.f_blocks.saturating_mul(disk.f_frsize);
        if bytes > DISK_BYTES_MAX {
            let what = format!("{} is on no small disk: {bytes} bytes", folder.display());
            return Err(DrillError::Unexpected(what));
        }
        Ok(Self { folder })
    }

    /// Fills it to the last byte; how many there were.
    async fn fill(&self) -> Result<u64, DrillError> {
        let path = self.ballast();
        let filled = tokio::task::spawn_blocking(move || fill(&path)).await;
        filled
            .map_err(|error| DrillError::Unexpected(error.to_string()))?
            .map_err(DrillError::Io)
    }

    /// Makes room again.
    fn free(&self) -> io::Result<()> {
        std::fs::remove_file(self.ballast())
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Usually it is gone already.
        drop(self.free());
    }
}

fn fill(path: &Path) -> io::Result<u64> {
    let mut file = std::fs::File::create(path)?;
    let mut filled = 0;
    let mut piece = PIECE.as_slice();
    while !piece.is_empty() {
        match file.write(piece) {
            Ok(written) => filled += written as u64,
            // Down to the last byte, in ever smaller pieces.
            Err(error) if error.kind() == ErrorKind::StorageFull => {
                piece = &piece[..piece.len() / 2];
            }
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
