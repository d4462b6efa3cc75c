//! `leads check`: every promise that can be looked at from outside, one line each.

use super::{Failure, say};
use crate::config::DataArgs;
use crate::platform::db::{backup, migrate, open};
use crate::platform::lock;
use clap::Args;
use rusqlite::Connection;
use std::path::Path;

/// Look whether everything is as it must be; fails (exit code 1) when something is not
///
/// Works while the server runs. Reads the whole database once.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    data: DataArgs,
}

/// What was looked at, and how many were not as they must be.
#[derive(Default)]
struct Report {
    faults: u32,
}

impl Report {
    fn line(&mut self, what: &str, outcome: Result<String, String>) {
        match outcome {
            Ok(detail) => say(format_args!("ok    {what}: {detail}")),
            Err(why) => {
                self.faults += 1;
                say(format_args!("FAULT {what}: {why}"));
            }
        }
    }
}

pub(super) fn run(args: &CheckArgs) -> Result<(), Failure> {
    let file = args.data.database();
    let found = migrate::version_of_file(&file)?;
    let Some(found) = found else {
        return Err(Failure::new(format!("{} is not there", file.display())));
    };
    let mut report = Report::default();
    report.line("schema", version(found));
    report.line("file system", local(&args.data.data));
    report.line("private", private(&args.data));
    let db = open::unchanged(&file)?;
    report.line("journal", pragma(&db, "journal_mode", "wal"));
    report.line("soundness", sound(&db));
    report.line("leads in each stage", counts(&db));
    report.line("search index", index(&db));
    report.line("timelines", timelines(&db));
    report.line("messages", messages(&db));
    if report.faults == 0 {
        say("Everything is as it must be.");
        return Ok(());
    }
    Err(Failure::new(format!("{} faults", report.faults)))
}

fn version(found: u32) -> Result<String, String> {
    let known = migrate::known_version();
    if found == known {
        return Ok(format!("{found}, SQLite {}", rusqlite::version()));
    }
    Err(format!("{found}, this version wants {known}; `leads migrate` brings it there"))
}

fn local(folder: &Path) -> Result<String, String> {
    lock::refuse_network(folder).map(|()| "local".into()).map_err(|refusal| refusal.to_string())
}

/// The key and the database are for their owner's eyes only.
fn private(data: &DataArgs) -> Result<String, String> {
    use std::os::unix::fs::PermissionsExt;
    for file in [data.data.clone(), data.key_file()] {
        let Ok(metadata) = std::fs::metadata(&file) else { continue };
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(format!("{} can be read by others (mode {mode:o})", file.display()));
        }
    }
    Ok("data directory and key are for their owner only".into())
}

fn pragma(db: &Connection, name: &str, wanted: &str) -> Result<String, String> {
    let found = open::pragma(db, name).map_err(text)?;
    if found == wanted { Ok(found) } else { Err(format!("{found}, it must be {wanted}")) }
}

fn sound(db: &Connection) -> Result<String, String> {
    backup::verify_connection(db).map(|()| "every page, index and reference".into()).map_err(text)
}

/// One number of a query; nothing but 0 is as it must be.
fn zero(db: &Connection, sql: &str, fault: &str) -> Result<(), String> {
    let found: i64 = db.query_row(sql, [], |row| row.get(0)).map_err(text)?;
    if found == 0 { Ok(()) } else { Err(format!("{found} {fault}")) }
}

fn counts(db: &Connection) -> Result<String, String> {
    zero(
        db,
        "SELECT count(*) FROM lead_pipeline_stages s WHERE s.lead_count <>
            (SELECT count(*) FROM leads l WHERE l.stage_id = s.id AND l.deleted_at IS NULL)",
        "stages count wrong",
    )?;
    Ok("kept counts equal a recount".into())
}

fn index(db: &Connection) -> Result<String, String> {
    zero(
        db,
        "SELECT (SELECT count(*) FROM leads, lead_search_state
                 WHERE seq <= indexed_to AND deleted_at IS NULL)
              - (SELECT count(*) FROM lead_search_docsize)",
        "leads more or fewer than indexed",
    )?;
    let left: i64 = db
        .query_row(
            "SELECT count(*) FROM leads WHERE seq > (SELECT indexed_to FROM lead_search_state)",
            [],
            |row| row.get(0),
        )
        .map_err(text)?;
    Ok(format!("in step, {left} leads still to come"))
}

fn timelines(db: &Connection) -> Result<String, String> {
    zero(
        db,
        "SELECT count(*) FROM leads l WHERE l.merged_into IS NULL AND NOT EXISTS
            (SELECT 1 FROM lead_activities a WHERE a.lead_id = l.id AND a.type = 'lead_created')",
        "leads without their beginning",
    )?;
    Ok("each lead has its beginning".into())
}

fn messages(db: &Connection) -> Result<String, String> {
    zero(
        db,
        "SELECT count(*) FROM messages m WHERE m.state <> 'settled' AND NOT EXISTS
            (SELECT 1 FROM due_jobs j WHERE j.kind = 'message' AND j.subject = m.id)",
        "messages wait for a job that there is not",
    )?;
    zero(
        db,
        "SELECT count(*) FROM due_jobs j WHERE j.kind = 'message' AND NOT EXISTS
            (SELECT 1 FROM messages m WHERE m.id = j.subject)",
        "jobs are for messages that there are not",
    )?;
    zero(
        db,
        "SELECT (SELECT count(*) FROM messages) - (SELECT count(*) FROM message_search_docsize)",
        "messages more or fewer than indexed",
    )?;
    zero(
        db,
        "SELECT count(*) FROM message_templates t WHERE NOT EXISTS
            (SELECT 1 FROM message_template_versions v
             WHERE v.template_id = t.id AND v.version = t.content_version)",
        "templates without their text",
    )?;
    let waiting: i64 = db
        .query_row("SELECT count(*) FROM messages WHERE state <> 'settled'", [], |row| row.get(0))
        .map_err(text)?;
    Ok(format!("each has its outcome or its job, {waiting} still to be sent"))
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
