//! Finding `PostgreSQL`'s own server binaries.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::child;
use super::error::ClusterError;
use super::versions::MAJOR_VERSION_MIN;

/// What must be in a folder for it to count.
const PROGRAMS: [&str; 3] = ["postgres", "initdb", "pg_ctl"];

/// Where packages put the binaries, `*` standing for any one name: Debian and Ubuntu, Red Hat,
/// Homebrew on both kinds of Mac, Postgres.app, and an install from source.
const INSTALL_FOLDERS: [&str; 8] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/usr/local/pgsql/bin",
    "/usr/local/bin",
];

/// A folder with server binaries of one major version.
#[derive(Debug, Clone)]
pub(super) struct Binaries {
    folder: PathBuf,
    version: u32,
}

impl Binaries {
    /// Finds binaries for the cluster whose data folder is `data_folder`.
    ///
    /// A cluster that exists needs exactly the major version that made it; a new one takes the
    /// first good folder: `pg_bin` alone when it is given, else `PATH`, else the newest installed.
    pub(super) async fn find(
        pg_bin: Option<&Path>,
        data_folder: &Path,
    ) -> Result<Self, ClusterError> {
        let found = if let Some(folder) = pg_bin {
            probe_all(vec![folder.to_owned()]).await
        } else {
            let mut found = probe_all(search_path()).await;
            let mut installed = probe_all(install_folders()).await;
            installed.sort_by_key(|binaries| std::cmp::Reverse(binaries.version));
            found.extend(installed);
            found
        };
        choose(found, version_of_cluster(data_folder), data_folder)
    }

    /// The server.
    pub(super) fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    /// The program that creates a cluster.
    pub(super) fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    /// The program that copies a running server, which is where the server itself really is: the
    /// folder may have nothing but links to what the program needs.
    #[cfg(feature = "test-util")]
    pub(super) fn pg_basebackup(&self) -> PathBuf {
        let server = fs::canonicalize(self.postgres());
        let server = server.unwrap_or_else(|_| self.postgres());
        server.with_file_name("pg_basebackup")
    }

    /// The program that stops a server.
    pub(super) fn pg_ctl(&self) -> PathBuf {
        self.folder.join("pg_ctl")
    }
}

fn choose(
    found: Vec<Binaries>,
    cluster: Option<u32>,
    data_folder: &Path,
) -> Result<Binaries, ClusterError> {
    let newest = found
        .iter()
        .max_by_key(|binaries| binaries.version)
        .cloned();
    let Some(newest) = newest else {
        return Err(ClusterError::BinariesMissing);
    };
    if newest.version < MAJOR_VERSION_MIN {
        let Binaries {
            folder,
            version: found,
        } = newest;
        return Err(ClusterError::BinariesTooOld { found, folder });
    }
    if let Some(version) = cluster {
        return found
            .into_iter()
            .find(|binaries| binaries.version == version)
            .ok_or_else(|| ClusterError::BinariesOfAnotherVersion {
                version,
                folder: data_folder.to_owned(),
            });
    }
    let good = found
        .into_iter()
        .find(|binaries| binaries.version >= MAJOR_VERSION_MIN);
    Ok(good.unwrap_or(newest))
}

/// The major version that made the cluster in `data_folder`, if there is one.
fn version_of_cluster(data_folder: &Path) -> Option<u32> {
    fs::read_to_string(data_folder.join("PG_VERSION"))
        .ok()?
        .trim()
        .parse()
        .ok()
}

async fn probe_all(folders: Vec<PathBuf>) -> Vec<Binaries> {
    let mut found = Vec::new();
    for folder in folders {
        if let Some(version) = probe(&folder).await {
            found.push(Binaries { folder, version });
        }
    }
    found
}

/// The major version of the binaries in `folder`, if all of them are there and run.
async fn probe(folder: &Path) -> Option<u32> {
    if !PROGRAMS
        .iter()
        .all(|program| folder.join(program).is_file())
    {
        return None;
    }
    let mut command = Command::new(folder.join("postgres"));
    command.arg("--version");
    let output = child::output(command).await.ok()?;
    parse_version(&String::from_utf8_lossy(&output.stdout))
}

/// Reads the 15 of `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`, and of `16beta1`.
fn parse_version(output: &str) -> Option<u32> {
    let (_, version) = output.split_once("(PostgreSQL) ")?;
    let end = version
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(version.len());
    version.get(..end)?.parse().ok()
}

/// The folders of `PATH`, leaving out relative ones: the server is started from another folder.
fn search_path() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .collect()
}

fn install_folders() -> Vec<PathBuf> {
    INSTALL_FOLDERS.into_iter().flat_map(expand).collect()
}

/// Expands the one `*` a pattern may have.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else {
        return vec![PathBuf::from(pattern)];
    };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path().join(after.trim_start_matches('/')))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binaries(version: u32) -> Binaries {
        Binaries {
            folder: PathBuf::from(format!("/pg/{version}")),
            version,
        }
    }

    #[test]
    fn version_is_read_from_every_packagers_wording() {
        assert_eq!(
            parse_version("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"),
            Some(15)
        );
        assert_eq!(parse_version("postgres (PostgreSQL) 17.2\n"), Some(17));
        assert_eq!(parse_version("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(parse_version("mysqld 8.4"), None);
    }

    #[test]
    fn a_new_cluster_takes_the_first_good_folder() {
        let chosen = choose(
            vec![binaries(13), binaries(16), binaries(17)],
            None,
            Path::new("/d"),
        );
        assert!(matches!(chosen, Ok(Binaries { version: 16, .. })));
    }

    #[test]
    fn an_existing_cluster_keeps_its_version() {
        let chosen = choose(vec![binaries(17), binaries(15)], Some(15), Path::new("/d"));
        assert!(matches!(chosen, Ok(Binaries { version: 15, .. })));
        let refused = choose(vec![binaries(17)], Some(15), Path::new("/d"));
        assert!(matches!(
            refused,
            Err(ClusterError::BinariesOfAnotherVersion { version: 15, .. })
        ));
    }

    #[test]
    fn missing_binaries_and_old_ones_are_different_errors() {
        let none = choose(Vec::new(), None, Path::new("/d"));
        assert!(matches!(none, Err(ClusterError::BinariesMissing)));
        let old = choose(vec![binaries(12), binaries(14)], None, Path::new("/d"));
        assert!(matches!(
            old,
            Err(ClusterError::BinariesTooOld { found: 14, .. })
        ));
    }
}
