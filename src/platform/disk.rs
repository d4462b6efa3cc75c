//! The room on the disk under the data directory.

use std::path::Path;

/// With less than this left, the next few changes would fail.
const LEAST: u64 = 1024 * 1024;

/// False when the file system is full or read-only. What cannot be asked is no fault of the disk's.
pub fn has_room(directory: &Path) -> bool {
    let Ok(about) = rustix::fs::statvfs(directory) else { return true };
    let is_read_only = about.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY);
    let free = about.f_bavail.saturating_mul(about.f_frsize);
    !is_read_only && free >= LEAST
}
