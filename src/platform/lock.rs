//! One process for one data directory.

use super::{Error, Result};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Why a data directory cannot be used.
#[derive(Debug)]
pub enum Refusal {
    /// Another process has it.
    Held,
    /// It lies on a network file system, where SQLite's locks do not hold.
    Network,
    /// Something went wrong.
    Failed(Error),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Held => {
                f.write_str("Another Leads process uses this data directory; stop it first.")
            }
            Self::Network => f.write_str(
                "The data directory is on a network file system, where a database gets corrupted; \
                 use a local disk.",
            ),
            Self::Failed(error) => write!(f, "The data directory cannot be used: {error}."),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// A data directory, held until this is dropped.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Makes the directory where it is missing (mode 0700) and takes it for this process alone.
    pub fn take(path: &Path) -> Result<Self, Refusal> {
        use std::os::unix::fs::DirBuilderExt;
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        refuse_network(path)?;
        let lock =
            File::options().create(true).truncate(false).write(true).open(path.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(std::fs::TryLockError::WouldBlock) => Err(Refusal::Held),
            Err(std::fs::TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Where the database is.
    pub fn database(&self) -> PathBuf {
        database(&self.path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The database inside a data directory.
pub fn database(directory: &Path) -> PathBuf {
    directory.join("leads.db")
}

/// NFS, SMB, CIFS, 9P, AFS and Ceph by their `statfs` numbers (linux/magic.h).
const NETWORK: &[u64] =
    &[0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42, 0x0102_1997, 0x5346_414f, 0x00c3_6400];

/// Refuses a directory on a network file system.
pub fn refuse_network(path: &Path) -> Result<(), Refusal> {
    let found = rustix::fs::statfs(path).map_err(std::io::Error::from)?;
    let magic = u64::try_from(found.f_type).unwrap_or_default();
    if NETWORK.contains(&magic) { Err(Refusal::Network) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_process_is_refused_until_the_first_lets_go() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataDir::take(folder.path()).unwrap();
        assert!(matches!(DataDir::take(folder.path()), Err(Refusal::Held)));
        drop(first);
        DataDir::take(folder.path()).unwrap();
    }
}
