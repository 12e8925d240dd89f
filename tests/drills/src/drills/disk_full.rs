//! PostgreSQL's disk fills up under load; once there is space again everything goes on.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use persistence::local_cluster::ClusterError;
use persistence::test_database::TestCluster;
use tokio::process::Command;
use uuid::Uuid;

use super::{Drill, DrillError};
use crate::options::Options;
use crate::scene::{AFTERWARDS, Scene};
use crate::stage::Stage;
use crate::summary::Summary;

pub(super) const DRILL: Drill = Drill {
    name: "disk_full",
    about: "PostgreSQL's disk fills up under load and is freed again",
    run: |options| Box::pin(play(options)),
};

/// Room for a fresh cluster and the log of a few seconds.
const DISK: &str = "size=320m";
/// How long buyers are at work before the disk fills up.
const LIFE_MS: std::ops::RangeInclusive<u64> = 200..=700;
/// How long the disk stays full.
const FULL_MS: std::ops::RangeInclusive<u64> = 1_000..=2_500;
/// How long a killed server of PostgreSQL's may take to come back by itself.
const RECOVERY: Duration = Duration::from_millis(500);
/// How often it is tried to take the disk away again, and the pauses between.
const UNMOUNT_TRIES_MAX: u32 = 300;
const UNMOUNT_PAUSE: Duration = Duration::from_millis(100);
/// What the disk is filled with, piece by piece.
static PIECE: [u8; 64 * 1024] = [0xA5; 64 * 1024];

async fn play(options: Options) -> Result<Summary, DrillError> {
    let cycles = options.cycles(2, 5);
    let folder = std::env::temp_dir().join(format!("drill-{}", Uuid::new_v4().simple()));
    std::fs::create_dir(&folder)?;
    let Some(disk) = Disk::mount(folder).await? else {
        return Ok(Summary::not_run("cannot mount a small disk"));
    };
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
    let failed = |error: ClusterError| DrillError::Unexpected(format!("no cluster: {error}"));
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

/// A small disk that ends with the drill.
#[derive(Debug)]
struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// `None` when this machine does not permit it.
    async fn mount(folder: PathBuf) -> Result<Option<Self>, DrillError> {
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", DISK, "tmpfs"])
            .arg(&folder);
        let mounted = mount.stderr(Stdio::null()).status().await;
        if mounted.is_ok_and(|status| status.success()) {
            return Ok(Some(Self { folder }));
        }
        std::fs::remove_dir(&folder)?;
        Ok(None)
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
    fn free(&self) -> std::io::Result<()> {
        std::fs::remove_file(self.ballast())
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // PostgreSQL, told by the end of its stage, is about to end on this disk and is to be
        // removed from it. An unmounted disk would hide it from those who end it.
        for _ in 0..UNMOUNT_TRIES_MAX {
            let mut unmount = std::process::Command::new("umount");
            let unmounted = unmount.arg(&self.folder).stderr(Stdio::null()).status();
            if unmounted.is_ok_and(|status| status.success()) {
                drop(std::fs::remove_dir(&self.folder));
                return;
            }
            std::thread::sleep(UNMOUNT_PAUSE);
        }
        crate::tell(&format!("{} is still mounted", self.folder.display()));
    }
}

fn fill(path: &Path) -> std::io::Result<u64> {
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
