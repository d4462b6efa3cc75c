//! `leads migrate`, and the backup before it.

use super::{Failure, say};
use crate::config::DataArgs;
use crate::platform::Clock;
use crate::platform::db::backup::{self, Target};
use crate::platform::db::migrate;
use crate::platform::lock::DataDir;
use clap::Args;

/// Bring the database to this version's schema, after a backup
///
/// `leads serve` does the same by itself when it starts.
#[derive(Debug, Args)]
pub(super) struct MigrateArgs {
    #[command(flatten)]
    data: DataArgs,

    /// Only say whether there is something to do; fails (exit code 1) when there is
    #[arg(long)]
    check: bool,
}

pub(super) fn run(args: &MigrateArgs) -> Result<(), Failure> {
    if args.check {
        return check(&args.data);
    }
    let directory = DataDir::take(&args.data.data)?;
    let (before, after) = up(&directory, &args.data)?;
    if before == after {
        say(format_args!("The database has schema {after} already."));
    } else {
        say(format_args!("Migrated from schema {before} to {after}."));
    }
    Ok(())
}

fn check(data: &DataArgs) -> Result<(), Failure> {
    let known = migrate::known_version();
    match migrate::version_of_file(&data.database())? {
        Some(found) if found == known => {
            say(format_args!("The database has schema {found}, as this version wants."));
            Ok(())
        }
        found => {
            let found = found.unwrap_or_default();
            Err(Failure::new(format!(
                "the database has schema {found}, this version wants {known}"
            )))
        }
    }
}

/// Migrates; a database that holds data is backed up first. Answers the versions before and after.
pub(super) fn up(directory: &DataDir, data: &DataArgs) -> Result<(u32, u32), Failure> {
    let file = directory.database();
    let found = migrate::version_of_file(&file)?.unwrap_or_default();
    if found > 0 && found < migrate::known_version() {
        let target = Target::Directory(data.backups());
        let made = backup::take(&file, &target, None, Clock::System.now())?;
        say(format_args!("Before the migration, a backup: {}", made.file.display()));
    }
    Ok(migrate::run(&file)?)
}
