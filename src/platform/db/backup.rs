//! Backups: one file each, verified before it counts, and restored only after it was verified again.
//!
//! A backup is made beside a running server (`VACUUM INTO` reads one snapshot while the writer goes on). It
//! is an ordinary SQLite file with one table more, `backup_manifest`, which says what it holds. Tokens in it
//! are hashes, what must be read again is sealed under a key that is not in it, unless asked for.

use super::migrate::{self, Refusal};
use super::open;
use crate::platform::Time;
use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// When it was made.
    pub created_at: Time,
    /// The version of Leads that made it.
    #[schema(example = "0.1.0")]
    pub program: String,
    /// The schema of its database.
    #[schema(example = 6)]
    pub schema_version: u32,
    /// How many leads it holds, deleted ones too.
    #[schema(example = 1200)]
    pub leads: u64,
    /// How many workspaces.
    #[schema(example = 1)]
    pub workspaces: u64,
    /// How many accounts.
    #[schema(example = 3)]
    pub users: u64,
    /// Whether the key is in it that opens its sealed secrets.
    pub with_key: bool,
}

/// A backup on disk.
#[derive(Debug, Clone)]
pub struct Backup {
    /// The file.
    pub file: PathBuf,
    /// What it holds.
    pub manifest: Manifest,
    /// Its size in bytes.
    pub size: u64,
}

/// Where a backup goes.
#[derive(Debug, Clone)]
pub enum Target {
    /// A file of this name; refused when there is one.
    File(PathBuf),
    /// A directory, under a name of the time.
    Directory(PathBuf),
}

/// Makes a verified backup of a database that may be in use. `key` puts the key's text into it.
pub fn take(
    database: &Path,
    target: &Target,
    key: Option<&str>,
    now: Time,
) -> Result<Backup, Refusal> {
    let file = target_file(target, now)?;
    let folder = folder_of(&file);
    fs::create_dir_all(&folder).map_err(failed)?;
    let draft = folder.join(format!(".leads-backup-{}.tmp", std::process::id()));
    // What a crash left behind is of no use.
    remove_if_there(&draft)?;
    let outcome = write_draft(database, &draft, key, now).and_then(|manifest| {
        sync(&draft)?;
        fs::rename(&draft, &file).map_err(failed)?;
        sync(&folder)?;
        let size = fs::metadata(&file).map_err(failed)?.len();
        Ok(Backup { file, manifest, size })
    });
    if outcome.is_err() {
        remove_if_there(&draft)?;
    }
    outcome
}

fn target_file(target: &Target, now: Time) -> Result<PathBuf, Refusal> {
    match target {
        Target::File(file) if file.exists() => {
            Err(Refusal::Failed(format!("{} is there already", file.display())))
        }
        Target::File(file) => Ok(file.clone()),
        Target::Directory(folder) => {
            let stamp: String =
                now.rfc3339().chars().filter(|c| c.is_ascii_alphanumeric()).collect();
            let name =
                |extra: &str| folder.join(format!("leads-{}{extra}.db", stamp.to_lowercase()));
            let free = |file: &PathBuf| !file.exists();
            let numbered = (2..).map(|number| name(&format!("-{number}")));
            let first = std::iter::once(name("")).chain(numbered).find(free);
            first.ok_or_else(|| Refusal::Failed("no name is free".into()))
        }
    }
}

fn write_draft(
    database: &Path,
    draft: &Path,
    key: Option<&str>,
    now: Time,
) -> Result<Manifest, Refusal> {
    migrate::version_of_file(database)?
        .ok_or_else(|| Refusal::Failed(format!("{} is not there", database.display())))?;
    let source = open::unchanged(database).map_err(other)?;
    let name = draft.to_string_lossy();
    source.execute("VACUUM INTO ?", [&*name])?;
    fs::set_permissions(draft, fs::Permissions::from_mode(0o600)).map_err(failed)?;
    let copy = open::unchanged(draft).map_err(other)?;
    // Kept answers of yesterday's requests are of no use in a restored installation.
    copy.execute("DELETE FROM idempotency_keys", [])?;
    let manifest = describe(&copy, key.is_some(), now)?;
    copy.execute_batch(
        "CREATE TABLE backup_manifest (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    )?;
    let text = serde_json::to_string(&manifest).map_err(failed)?;
    let put = "INSERT INTO backup_manifest VALUES (?, ?)";
    copy.execute(put, ("manifest", text))?;
    if let Some(key) = key {
        copy.execute(put, ("key", key))?;
    }
    verify_connection(&copy)?;
    Ok(manifest)
}

fn describe(db: &Connection, with_key: bool, now: Time) -> Result<Manifest, Refusal> {
    let count = |table: &str| -> rusqlite::Result<u64> {
        db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
    };
    Ok(Manifest {
        created_at: now,
        program: env!("CARGO_PKG_VERSION").into(),
        schema_version: migrate::version(db)?,
        leads: count("leads")?,
        workspaces: count("workspaces")?,
        users: count("users")?,
        with_key,
    })
}

/// Verifies a backup file whole: ours, not newer than us, sound, and what its manifest says.
pub fn verify(file: &Path) -> Result<Manifest, Refusal> {
    if !file.exists() {
        return Err(Refusal::Failed(format!("{} is not there", file.display())));
    }
    let db = open::unchanged(file).map_err(other)?;
    let manifest = read_manifest(&db)?;
    verify_connection(&db)?;
    let found = describe(&db, manifest.with_key, manifest.created_at)?;
    if (found.leads, found.users, found.workspaces, found.schema_version)
        != (manifest.leads, manifest.users, manifest.workspaces, manifest.schema_version)
    {
        return Err(Refusal::Failed("it does not hold what its manifest says".into()));
    }
    Ok(manifest)
}

fn read_manifest(db: &Connection) -> Result<Manifest, Refusal> {
    migrate::version(db)?;
    let missing = || Refusal::Foreign("it has no manifest, so it is not a backup".into());
    let exists: bool =
        db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'backup_manifest'")?.exists([])?;
    let text = exists.then(|| manifest_value(db, "manifest")).transpose()?.flatten();
    let value: serde_json::Value =
        serde_json::from_str(&text.ok_or_else(missing)?).map_err(failed)?;
    let number = |name: &str| value[name].as_u64().ok_or_else(missing);
    Ok(Manifest {
        created_at: value["createdAt"].as_str().and_then(Time::parse).ok_or_else(missing)?,
        program: value["program"].as_str().unwrap_or_default().to_owned(),
        schema_version: u32::try_from(number("schemaVersion")?).map_err(failed)?,
        leads: number("leads")?,
        workspaces: number("workspaces")?,
        users: number("users")?,
        with_key: value["withKey"].as_bool().unwrap_or_default(),
    })
}

fn manifest_value(db: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    db.query_row("SELECT value FROM backup_manifest WHERE name = ?", [name], |row| row.get(0))
        .optional()
}

/// SQLite's own checks: every page and index, and every reference.
pub fn verify_connection(db: &Connection) -> Result<(), Refusal> {
    let verdict: String = db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(Refusal::Failed(format!("it is damaged: {verdict}")));
    }
    if db.prepare("PRAGMA foreign_key_check")?.exists([])? {
        return Err(Refusal::Failed("it holds references to what is not there".into()));
    }
    Ok(())
}

/// What a restore did.
#[derive(Debug)]
pub struct Restored {
    /// What is there now.
    pub manifest: Manifest,
    /// Where the data before it went, if there was any.
    pub aside: Option<PathBuf>,
    /// The key that came with it.
    pub key: Option<String>,
}

/// Puts a verified backup in a database's place, at once; what was there goes aside. The caller holds the
/// data directory. Fails before anything is touched when the backup is not sound.
pub fn restore(file: &Path, database: &Path, now: Time) -> Result<Restored, Refusal> {
    let manifest = verify(file)?;
    let draft = database.with_extension("db.restoring");
    remove_if_there(&draft)?;
    fs::copy(file, &draft).map_err(failed)?;
    fs::set_permissions(&draft, fs::Permissions::from_mode(0o600)).map_err(failed)?;
    let key = {
        let db = open::unchanged(&draft).map_err(other)?;
        let key = manifest_value(&db, "key")?;
        db.execute_batch("DROP TABLE backup_manifest; PRAGMA journal_mode=WAL")?;
        key
    };
    sync(&draft)?;
    let aside = swap(&draft, database, now)?;
    sync(&folder_of(database))?;
    Ok(Restored { manifest, aside, key })
}

/// Exchanges the new file for the old in one step of the file system, so that a crash leaves one or the
/// other.
fn swap(draft: &Path, database: &Path, now: Time) -> Result<Option<PathBuf>, Refusal> {
    if !database.exists() {
        fs::rename(draft, database).map_err(failed)?;
        return Ok(None);
    }
    // Folds the old WAL in, so that it is not taken for the new file's. A database too damaged for that
    // keeps its WAL beside it, aside.
    drop(open::writer(database));
    let stamp = now.millis();
    let aside = database.with_file_name(format!("leads.db.before-restore-{stamp}"));
    for ending in ["-wal", "-shm"] {
        let beside = |file: &Path| PathBuf::from(format!("{}{ending}", file.display()));
        if beside(database).exists() {
            fs::rename(beside(database), beside(&aside)).map_err(failed)?;
        }
    }
    let here = rustix::fs::CWD;
    let exchange = rustix::fs::RenameFlags::EXCHANGE;
    rustix::fs::renameat_with(here, draft, here, database, exchange).map_err(failed)?;
    fs::rename(draft, &aside).map_err(failed)?;
    Ok(Some(aside))
}

/// The backups in a directory that [`take`] named, newest first. What cannot be read is passed over.
pub fn list(folder: &Path) -> Vec<Backup> {
    let mut backups: Vec<Backup> = files(folder)
        .into_iter()
        .filter_map(|file| {
            let db = open::unchanged(&file).ok()?;
            let manifest = read_manifest(&db).ok()?;
            let size = fs::metadata(&file).ok()?.len();
            Some(Backup { file, manifest, size })
        })
        .collect();
    backups.sort_by_key(|backup| std::cmp::Reverse(backup.manifest.created_at));
    backups
}

/// Deletes all but the newest `keep` backups of a directory; answers how many went.
pub fn prune(folder: &Path, keep: usize) -> Result<usize, Refusal> {
    let old: Vec<Backup> = list(folder).into_iter().skip(keep).collect();
    for backup in &old {
        fs::remove_file(&backup.file).map_err(failed)?;
    }
    Ok(old.len())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let is_backup = |file: &PathBuf| {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
        name.is_some_and(|name| name.starts_with("leads-") && name.ends_with(".db"))
    };
    entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_backup).collect()
}

fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn sync(path: &Path) -> Result<(), Refusal> {
    File::open(path).and_then(|file| file.sync_all()).map_err(failed)
}

fn remove_if_there(file: &Path) -> Result<(), Refusal> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error)),
        _ => Ok(()),
    }
}

fn failed(error: impl std::fmt::Display) -> Refusal {
    Refusal::Failed(error.to_string())
}

fn other(error: crate::platform::Error) -> Refusal {
    let text = error.to_string();
    if text.contains("not a database") {
        return Refusal::Foreign("it is not an SQLite file".into());
    }
    Refusal::Failed(text)
}
