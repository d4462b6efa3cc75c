//! The least that a durable insert can cost: one thread, one table with the columns and indexes of
//! `leads`, a flush for each group. No HTTP, no mapping, no activity, no search index.

use super::words::{self, Dice};
use super::{Outcome, seed};
use rusqlite::{Connection, params};
use std::io::BufRead;
use std::path::Path;
use std::time::{Duration, Instant};

/// For each line `<group> <milliseconds>` on the input, inserts for so long and answers
/// `<inserted> <seconds>`.
pub fn insert_on_demand(folder: &Path) -> Outcome<()> {
    let connection = table_like_leads(folder)?;
    println!(
        "{}",
        serde_json::json!({"pid": std::process::id(), "port": 0, "token": "", "webhook": ""})
    );
    let mut number = 0;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (group, millis) = line.split_once(' ').ok_or("two numbers")?;
        let (group, limit) = (group.parse::<u64>()?, Duration::from_millis(millis.parse()?));
        let (begun, first) = (Instant::now(), number);
        while begun.elapsed() < limit {
            connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
            for _ in 0..group {
                insert(&connection, number)?;
                number += 1;
            }
            connection.prepare_cached("COMMIT")?.execute([])?;
        }
        println!("{} {}", number - first, begun.elapsed().as_secs_f64());
    }
    Ok(())
}

/// An empty table made by the product's own schema, on a connection set as its writer is.
fn table_like_leads(folder: &Path) -> Outcome<Connection> {
    std::fs::create_dir_all(folder)?;
    let seed = seed::prepared(0)?.join("leads.db");
    let schema = leads::platform::db::open::reader(&seed)?;
    let connection = leads::platform::db::open::writer(&folder.join("bare.db"))?;
    connection.pragma_update(None, "foreign_keys", false)?;
    let mut statement = schema.prepare(
        "SELECT sql FROM sqlite_schema WHERE tbl_name = 'leads' AND type IN ('table', 'index') AND sql IS NOT NULL
            ORDER BY type DESC",
    )?;
    let made = statement.query_map([], |row| row.get::<_, String>(0))?;
    for sql in made {
        connection.execute_batch(&sql?)?;
    }
    Ok(connection)
}

fn insert(connection: &Connection, number: u64) -> Outcome<()> {
    let person = words::person(&mut Dice::new(number + 1), number);
    let mut id = [0_u8; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    let now = 1_763_883_600_000 + number as i64;
    connection
        .prepare_cached(
            "INSERT INTO leads (id, workspace_id, pipeline_id, stage_id, position, name, email, phone,
                company, title, email_key, phone_key, source, tags, custom_fields, created_at, updated_at)
             VALUES (?1, ?2, ?2, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?5, ?6, 'webhook', '[]', ?9, ?10, ?10)",
        )?
        .execute(params![
            id,
            [1_u8; 16],
            -(number as i64) * 1024,
            person.name,
            person.email,
            person.phone,
            person.company,
            person.title,
            FIELDS,
            now,
        ])?;
    Ok(())
}

const FIELDS: &str = r#"{"jobTitle":"Engineer","utmSource":"google","utmCampaign":"spring","formPage":"/pricing","budget":"10k","_displayNames":{"jobTitle":"job_title","utmSource":"utm_source","utmCampaign":"utm_campaign","formPage":"form_page","budget":"budget"}}"#;
