//! A disk that is full, and one that has room again.

use crate::harness::{Leads, curl, until};
use crate::systemd::Manager;
use leads::platform::disk::has_room;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// A small file system.
struct Small {
    folder: TempDir,
}

impl Small {
    /// `None` for whoever may not mount one.
    fn new(options: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder.path());
        let is_mounted = mount.output().is_ok_and(|output| output.status.success());
        is_mounted.then(|| Self { folder })
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(self.folder.path()).status().ok();
    }
}

/// Writes until nothing more fits.
fn fill(file: &Path) {
    let mut file = std::fs::File::create(file).unwrap();
    for size in [64 * 1024, 1024, 1] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
}

/// Tries a change: the failure of a password is noted. Its status.
fn change(leads: &Leads) -> u16 {
    let body = r#"{"email":"a@example.com","password":"a walk in the park"}"#;
    let url = format!("http://{}/v1/identity/auth/login", leads.address);
    curl(&[&url, "-H", "content-type: application/json", "-d", body]).status
}

/// Not ready and not changing anything, but alive: a restart would not help.
fn assert_disk_is_seen(leads: &Leads, manager: &Manager) {
    assert_eq!(change(leads), 503);
    let got = curl(&[&format!("http://{}/readyz", leads.address)]);
    assert_eq!(got.status, 503, "{got:?}");
    assert!(got.text.contains(r#""writer":true,"disk":false,"reader":true"#), "{got:?}");
    assert_eq!(leads.status("/healthz"), 200);
    assert!(!leads.is_healthy());
    assert!(manager.signs_of_life(Duration::from_secs(1)) > 2, "it would be restarted");
}

/// All is well again, without a restart.
fn assert_healed(leads: &Leads) {
    until(Duration::from_secs(5), "room again", || leads.status("/readyz") == 200);
    assert!(leads.is_healthy());
    assert_eq!(change(leads), 401);
}

#[test]
fn a_full_disk_is_not_ready_not_restarted_and_heals() {
    let Some(small) = Small::new("size=16m") else { return };
    let elsewhere = tempfile::tempdir().unwrap();
    let (manager, leads) = Manager::start(elsewhere.path(), &small.data(), 2);
    assert_healed(&leads);
    let ballast = small.folder.path().join("ballast");
    fill(&ballast);
    assert_disk_is_seen(&leads, &manager);
    std::fs::remove_file(&ballast).unwrap();
    assert_healed(&leads);
}

/// What everybody can try who is not root: no file may grow, which SQLite meets as it meets a broken disk,
/// while the disk itself has room.
#[test]
fn a_database_that_may_not_grow_is_not_ready() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    let script = r#"trap '' XFSZ; exec "$0" "$@""#;
    command.args(["-c", script, env!("CARGO_BIN_EXE_leads")]);
    let (manager, leads) =
        Manager::start_by(command, &folder.path().join("notify"), folder.path(), 2);
    assert_healed(&leads);
    leads.limit_files(Some(0));
    assert_disk_is_seen(&leads, &manager);
    leads.limit_files(None);
    assert_healed(&leads);
}

#[test]
fn a_read_only_disk_has_no_room() {
    let Some(small) = Small::new("size=16m") else { return };
    assert!(has_room(small.folder.path()));
    let Some(small) = Small::new("size=16m,ro") else { return };
    assert!(!has_room(small.folder.path()));
    let Some(small) = Small::new("size=512k") else { return };
    assert!(!has_room(small.folder.path()));
}
