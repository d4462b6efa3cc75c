//! The files themselves: in a folder of the data directory, from the upload until their import is over.

use super::{ImportId, store};
use crate::platform::{App, Error, Result, disk};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// A file without an import that was not written to for so long belongs to an upload that a crash cut off.
const ABANDONED: Duration = Duration::from_secs(60);

fn folder(data: &Path) -> PathBuf {
    data.join("imports")
}

/// Where the file of an import is.
pub fn file(data: &Path, id: ImportId) -> PathBuf {
    folder(data).join(format!("{id}.csv"))
}

/// Deletes the file of an import.
pub(super) fn remove(data: &Path, id: ImportId) {
    // One that is gone already is as good.
    let _ = fs::remove_file(file(data, id));
}

/// A file that is being taken in; deleted when this is dropped, unless it is kept.
pub struct Incoming {
    path: PathBuf,
    file: tokio::fs::File,
    size: u64,
    is_kept: bool,
}

impl Incoming {
    /// Begins a file.
    ///
    /// # Errors
    /// 503 when the disk is full.
    pub async fn begin(data: &Path, id: ImportId) -> Result<Self> {
        use std::os::unix::fs::DirBuilderExt;
        if !disk::has_room(data) {
            return Err(Error::Unavailable(60));
        }
        let path = file(data, id);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder(data))?;
        let file = tokio::fs::File::create_new(&path).await.map_err(full)?;
        Ok(Self { path, file, size: 0, is_kept: false })
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// 413 past the largest size, 503 when the disk is full.
    pub async fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.size += bytes.len() as u64;
        if self.size > super::SIZE_MAX {
            return Err(Error::TooLarge("A file has at most 200 MB; split it.".into()));
        }
        self.file.write_all(bytes).await.map_err(full)
    }

    /// Sees to it that all of it is on disk; answers where, and how large it is.
    ///
    /// # Errors
    /// 503 when the disk is full.
    pub async fn finish(&mut self) -> Result<(PathBuf, u64)> {
        self.file.flush().await.map_err(full)?;
        self.file.sync_all().await.map_err(full)?;
        Ok((self.path.clone(), self.size))
    }

    /// There is an import for it now.
    pub fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// A file that was copied in; deleted when this is dropped, unless it is kept.
pub struct Copied {
    path: PathBuf,
    size: u64,
    is_kept: bool,
}

impl Copied {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// There is an import for it now.
    pub fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Copies a file in, for the command line.
///
/// # Errors
/// 413 past the largest size.
pub fn take(data: &Path, id: ImportId, from: impl std::io::Read) -> Result<Copied> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder(data))?;
    let mut copied = Copied { path: file(data, id), size: 0, is_kept: false };
    let mut out = fs::File::create_new(&copied.path)?;
    copied.size = std::io::copy(&mut from.take(super::SIZE_MAX + 1), &mut out)?;
    if copied.size > super::SIZE_MAX {
        return Err(Error::TooLarge("A file has at most 200 MB; split it.".into()));
    }
    out.sync_all()?;
    Ok(copied)
}

/// What writing a file met; a full disk is no fault of ours.
fn full(error: std::io::Error) -> Error {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    match error.kind() {
        StorageFull | QuotaExceeded => Error::Unavailable(60),
        _ => Error::internal(error),
    }
}

/// Deletes the files that no import needs: of uploads that a crash cut off, of workspaces that are gone.
pub fn sweep(app: &App) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder(&app.settings.data)) else { return Ok(()) };
    for entry in entries.flatten() {
        let path = entry.path();
        let age = entry.metadata().and_then(|about| about.modified()).ok();
        if age.and_then(|at| at.elapsed().ok()).is_none_or(|age| age < ABANDONED) {
            continue;
        }
        let id = path.file_stem().and_then(|stem| stem.to_str()?.parse::<ImportId>().ok());
        let is_needed = match id {
            Some(id) => {
                app.db.read_blocking(|db| store::status(db, id))?.is_some_and(|s| s.needs_file())
            }
            None => false,
        };
        if !is_needed {
            let _ = fs::remove_file(path);
        }
    }
    Ok(())
}
