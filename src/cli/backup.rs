//! `leads backup` and `leads restore`.

use super::{Failure, say};
use crate::automations;
use crate::broadcasts::campaigns;
use crate::config::DataArgs;
use crate::messaging::messages;
use crate::outbound_webhooks;
use crate::platform::Clock;
use crate::platform::db::backup::{self, Backup, Target};
use crate::platform::db::{Db, migrate};
use crate::platform::events::Events;
use crate::platform::lock::DataDir;
use crate::server;
use clap::Args;
use std::path::{Path, PathBuf};

/// The first schema that has messages.
const WITH_MESSAGES: u32 = 9;

/// Make a verified copy, also while the server runs
///
/// The copy is read from one snapshot, checked page by page, flushed to disk and only then given its name.
/// It is one file. It holds no usable credential: tokens are hashes, and secrets are sealed under the key
/// in secret.key, which stays out unless you say --with-key.
#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    #[command(flatten)]
    data: DataArgs,

    /// A file to write, or a directory to write a file into [default: backups/ in the data directory]
    #[arg(long, value_name = "FILE|DIR")]
    to: Option<PathBuf>,

    /// Delete all but the newest N backups of the directory afterwards
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    keep: Option<u32>,

    /// Put the key into the file: one file to move house with; guard it like a password
    #[arg(long)]
    with_key: bool,
}

/// Put a backup in the place of the data
///
/// Stop the server first. The backup is verified before anything is touched; the data that was there goes
/// aside, beside it. Restored without its key, everything works but stored provider secrets and webhook
/// addresses that were copied earlier keep working while the page cannot show them.
#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    data: DataArgs,

    /// Also when there is data already
    #[arg(long)]
    force: bool,
}

pub(super) fn backup(args: &BackupArgs) -> Result<(), Failure> {
    let target = match &args.to {
        None => Target::Directory(args.data.backups()),
        Some(to) if to.is_dir() || to.to_string_lossy().ends_with('/') => {
            Target::Directory(to.clone())
        }
        Some(to) => Target::File(to.clone()),
    };
    let key = match args.with_key {
        true => Some(std::fs::read_to_string(args.data.key_file())?),
        false => None,
    };
    let made = backup::take(&args.data.database(), &target, key.as_deref(), Clock::System.now())?;
    tell(&made);
    if let (Some(keep), Target::Directory(folder)) = (args.keep, &target) {
        let gone = backup::prune(folder, usize::try_from(keep).unwrap_or(usize::MAX))?;
        say(format_args!("Deleted {gone} older backups, kept {keep}."));
    }
    Ok(())
}

fn tell(made: &Backup) {
    let Backup { file, manifest, size } = made;
    say(format_args!("Backup {} is verified:", file.display()));
    say(format_args!(
        "{} leads, {} workspaces, {} accounts, schema {}, {size} bytes{}",
        manifest.leads,
        manifest.workspaces,
        manifest.users,
        manifest.schema_version,
        if manifest.with_key { ", with the key" } else { "" }
    ));
}

pub(super) fn restore(args: &RestoreArgs) -> Result<(), Failure> {
    let directory = DataDir::take(&args.data.data)?;
    let database = directory.database();
    if database.exists() && !args.force {
        return Err(Failure::new(format!(
            "{} holds data already; say --force to put it aside and restore",
            args.data.data.display()
        )));
    }
    let restored = backup::restore(&args.file, &database, Clock::System.now())?;
    say(format_args!(
        "Restored {} leads, {} workspaces, {} accounts of {}.",
        restored.manifest.leads,
        restored.manifest.workspaces,
        restored.manifest.users,
        restored.manifest.created_at.rfc3339()
    ));
    if let Some(aside) = &restored.aside {
        say(format_args!("What was there before is in {}.", aside.display()));
    }
    hold_messages(&database)?;
    keep_key(args, restored.key.as_deref())
}

/// What waited to be sent in the backup may have been sent since it was made: it is not sent by itself.
fn hold_messages(database: &Path) -> Result<(), Failure> {
    if migrate::version_of_file(database)?.is_none_or(|version| version < WITH_MESSAGES) {
        return Ok(());
    }
    migrate::run(database)?;
    let clock = Clock::System;
    let events = Events::new(clock.now().millis());
    let db = Db::open(database, clock, events, server::extras())?;
    let held = db.write_blocking(messages::hold_restored)?;
    let stopped = db.write_blocking(automations::hold_restored)?;
    let silenced = db.write_blocking(outbound_webhooks::hold_restored)?;
    let paused = db.write_blocking(campaigns::hold_restored)?;
    db.close();
    if silenced > 0 {
        say(format_args!(
            "{silenced} outbound webhooks are switched off: the installation that it was made of may go on sending. \
             Switch them on under Settings > Outbound webhooks where this one takes over."
        ));
    }
    if stopped > 0 {
        say(format_args!(
            "{stopped} automations were about to send something when it was made. It may have been sent since, so \
             they are stopped; the timelines of their leads tell of it."
        ));
    }
    if paused > 0 {
        say(format_args!(
            "{paused} campaigns were under way when it was made, or were to start since. They are paused, and say \
             why under Broadcast > Campaigns."
        ));
    }
    if held > 0 {
        say(format_args!(
            "{held} messages waited to be sent when it was made. They may have been sent since, so they are \
             shown under Broadcast > Messages as of unknown outcome, to be sent again by hand."
        ));
    }
    Ok(())
}

/// The key that came with the backup, where there is none; one that is there stays, and is named.
fn keep_key(args: &RestoreArgs, key: Option<&str>) -> Result<(), Failure> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let file = args.data.key_file();
    let Some(key) = key else {
        if !file.exists() {
            say("The backup came without its key: provider secrets are asked for again.");
        }
        return Ok(());
    };
    if file.exists() {
        let old =
            file.with_extension(format!("key.before-restore-{}", Clock::System.now().millis()));
        if std::fs::read_to_string(&file)?.trim() == key.trim() {
            return Ok(());
        }
        std::fs::rename(&file, &old)?;
        say(format_args!("The key that was there before is in {}.", old.display()));
    }
    let mut handle =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file)?;
    handle.write_all(key.as_bytes())?;
    handle.sync_all()?;
    say("The key came with the backup and is in place.");
    Ok(())
}
