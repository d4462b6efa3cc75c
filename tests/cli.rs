//! The command line: what each command does, and what it refuses with which exit code.

#![allow(clippy::disallowed_methods, reason = "looks at the database from outside the program")]

mod binary;

use binary::{PASSWORD, Running, leads, leads_with_input, told};
use serde_json::json;
use std::path::Path;

/// Runs a command that must end with a code; answers what it said.
#[track_caller]
fn expect(code: i32, args: &[&str]) -> String {
    let output = leads(args);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", told(&output));
    told(&output)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_backup_of_a_running_installation_comes_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (data, other) = (folder.path().join("data"), folder.path().join("other"));
    let (data, other) = (text(&data), text(&other));
    let server = Running::start(Path::new(data), &[]);
    let token = server.set_up();
    server.post("/v1/identity/leads", &token, &json!({"name": "Grace", "phone": "+14155552671"}));
    let file = folder.path().join("house.db");
    let file = text(&file);
    expect(0, &["backup", "--data", data, "--to", file, "--with-key"]);
    expect(1, &["backup", "--data", data, "--to", file]);
    // A lead that comes later is not in it.
    server.post("/v1/identity/leads", &token, &json!({"name": "Later"}));
    expect(0, &["restore", file, "--data", other]);
    expect(1, &["restore", file, "--data", other]);
    expect(0, &["restore", file, "--data", other, "--force"]);
    expect(0, &["check", "--data", other]);
    let restored = Running::start(Path::new(other), &[]);
    assert_eq!(restored.setup_code, None);
    let page = restored.get("/v1/identity/leads?search=5552671", &token);
    assert_eq!((&page["total"], &page["data"][0]["name"]), (&json!(1), &json!("Grace")));
    let aside = std::fs::read_dir(other)
        .unwrap()
        .filter(|entry| {
            entry.as_ref().unwrap().file_name().to_string_lossy().contains("before-restore")
        })
        .count();
    assert_eq!(aside, 1);
}

/// What waits to be sent when a backup is made may be gone out when it is restored.
#[test]
fn a_restored_backup_sends_nothing_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let (data, other) = (folder.path().join("data"), folder.path().join("other"));
    let server = Running::start(&data, &[]);
    let token = server.set_up();
    let lead = json!({"name": "Grace", "email": "grace@example.com"});
    let lead = server.post("/v1/identity/leads", &token, &lead);
    let relay = json!({"provider": "smtp", "settings": {"host": "nowhere.invalid", "port": 587,
        "security": "starttls", "fromAddress": "crm@example.com"}});
    server.put("/v1/messaging/channels/email", &token, &relay);
    let note =
        json!({"leadIds": [lead["id"]], "channel": "email", "subject": "Hello", "body": "Dear"});
    server.post("/v1/identity/leads/broadcast/quick-send", &token, &note);
    let file = folder.path().join("copy.db");
    expect(0, &["backup", "--data", text(&data), "--to", text(&file)]);
    let told = expect(0, &["restore", text(&file), "--data", text(&other)]);
    assert!(told.contains("1 messages waited"), "{told}");
    expect(0, &["check", "--data", text(&other)]);
    let restored = Running::start(&other, &[]);
    let messages = restored.get("/v1/broadcast/messages", &token);
    let message = &messages["data"][0];
    assert_eq!(
        (&message["status"], &message["errorCode"]),
        (&json!("failed"), &json!("outcome_unknown"))
    );
    let original = server.get("/v1/broadcast/messages", &token);
    assert_eq!(original["data"][0]["status"], "pending");
}

#[test]
fn backups_are_kept_up_to_a_number_and_verified_before_they_are_restored() {
    let folder = tempfile::tempdir().unwrap();
    let (data, backups) = (folder.path().join("data"), folder.path().join("backups/"));
    drop(Running::start(&data, &[]));
    let to = format!("{}/", text(&backups));
    for _ in 0..4 {
        expect(0, &["backup", "--data", text(&data), "--to", &to, "--keep", "2"]);
    }
    let files: Vec<_> = std::fs::read_dir(&backups).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(files.len(), 2);
    let damaged = folder.path().join("damaged.db");
    let mut bytes = std::fs::read(&files[0]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 6000].fill(0xa5);
    std::fs::write(&damaged, bytes).unwrap();
    let fresh = folder.path().join("fresh");
    expect(1, &["restore", text(&damaged), "--data", text(&fresh)]);
    assert!(!fresh.join("leads.db").exists());
}

#[test]
fn what_cannot_be_used_is_refused_with_a_code_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let serve = ["serve", "--addr", "127.0.0.1:0", "--data", text(&data)];
    let running = Running::start(&data, &[]);
    assert!(expect(5, &serve).contains("Another Leads process"));
    expect(5, &["migrate", "--data", text(&data)]);
    expect(0, &["migrate", "--check", "--data", text(&data)]);
    drop(running);
    let file = data.join("leads.db");
    let sql = |statement: &str| {
        let database = rusqlite::Connection::open(&file).unwrap();
        database.execute_batch(statement).unwrap();
    };
    // Killed just after the tables of the first start were made: the next start goes on.
    sql("PRAGMA user_version=0");
    drop(Running::start(&data, &[]));
    // Killed just after a newer version made its tables: they are not ours to use.
    sql("INSERT INTO refinery_schema_history VALUES (9998, 'later', '', '')");
    assert!(expect(3, &serve).contains("9998"));
    sql("DELETE FROM refinery_schema_history WHERE version = 9998; PRAGMA user_version=9999");
    assert!(expect(3, &serve).contains("install a newer version"));
    assert!(expect(3, &["check", "--data", text(&data)]).contains("9999"));
    sql("PRAGMA application_id=1");
    expect(4, &serve);
    std::fs::write(&file, "this is not a database, whatever its name says".repeat(100)).unwrap();
    let _ = std::fs::remove_file(data.join("leads.db-wal"));
    expect(4, &serve);
    expect(2, &["serve", "--addr", "nonsense"]);
    expect(2, &["dance"]);
    expect(1, &["check", "--data", "/nonexistent"]);
}

#[test]
fn a_fault_is_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut server = Running::start(&data, &[]);
    let token = server.set_up();
    server.post("/v1/identity/leads", &token, &json!({"name": "Grace"}));
    assert!(server.stop());
    expect(0, &["check", "--data", text(&data)]);
    let database = rusqlite::Connection::open(data.join("leads.db")).unwrap();
    database
        .execute("UPDATE lead_pipeline_stages SET lead_count = 7 WHERE lead_count = 1", [])
        .unwrap();
    drop(database);
    assert!(expect(1, &["check", "--data", text(&data)]).contains("FAULT leads in each stage"));
}

#[test]
fn a_database_with_data_is_backed_up_before_it_is_migrated() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    drop(Running::start(&data, &[]));
    // As an earlier version would have left it: same tables, an earlier number.
    let database = rusqlite::Connection::open(data.join("leads.db")).unwrap();
    let version: i64 = database.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    database.execute_batch(&format!("PRAGMA user_version={}", version - 1)).unwrap();
    drop(database);
    expect(1, &["migrate", "--check", "--data", text(&data)]);
    assert!(expect(0, &["migrate", "--data", text(&data)]).contains("a backup:"));
    assert_eq!(std::fs::read_dir(data.join("backups")).unwrap().count(), 1);
    expect(0, &["migrate", "--check", "--data", text(&data)]);
}

#[test]
fn the_demonstration_fills_a_new_installation_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut server = Running::start(&data, &["--demo"]);
    assert!(server.stop());
    let output = expect(0, &["check", "--data", text(&data)]);
    assert!(output.contains("Everything is as it must be"), "{output}");
    let database = rusqlite::Connection::open(data.join("leads.db")).unwrap();
    let leads = || -> i64 {
        database.query_row("SELECT count(*) FROM leads", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(leads(), 204);
    let converted =
        "SELECT count(*), count(DISTINCT contact_id) FROM leads WHERE contact_id IS NOT NULL";
    let converted: (i64, i64) =
        database.query_row(converted, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(converted, (24, 23), "each lead that was won, and two of them are one person");
    // One campaign is over, one waits for its day, one is being written.
    let campaigns = "SELECT group_concat(status) FROM (SELECT status FROM campaigns ORDER BY seq)";
    let campaigns: String = database.query_row(campaigns, [], |row| row.get(0)).unwrap();
    assert_eq!(campaigns, "completed,scheduled,draft");
    let done =
        "SELECT total, sent + delivered + read + failed + skipped, skipped, pending, read > 0
        FROM campaign_progress WHERE total IS NOT NULL";
    let done = database.query_row(done, [], |row| {
        Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?])
    });
    let [total, through, skipped, pending, is_read]: [i64; 5] = done.unwrap();
    assert!(total >= 20, "{total} are enough to look at");
    // One asked by phone for no more, and somebody may have unsubscribed before.
    assert!((1..=4).contains(&skipped), "{skipped} were skipped");
    assert_eq!((through, pending, is_read), (total, 0, 1));
    drop(Running::start(&data, &["--demo"]));
    assert_eq!(leads(), 204);
}

#[test]
fn accounts_and_tokens_need_no_browser() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data = text(&data);
    let add = |email: &str, role: &str, password: &str| {
        let args =
            ["user", "add", "--data", data, "--email", email, "--role", role, "--password-stdin"];
        leads_with_input(&args, password)
    };
    assert_eq!(add("ada@example.com", "marketer", PASSWORD).status.code(), Some(1));
    assert_eq!(add("ada@example.com", "super_admin", "short").status.code(), Some(1));
    let added = add("ada@example.com", "super_admin", PASSWORD);
    assert!(added.status.success(), "{}", told(&added));
    let server = Running::start(Path::new(data), &[]);
    assert_eq!(server.setup_code, None);
    // While the server runs, too.
    assert!(add("grace@example.com", "marketer", &format!("{PASSWORD}\n")).status.success());
    let login = json!({"email": "grace@example.com", "password": PASSWORD});
    let session = server.post("/v1/identity/auth/login", "", &login);
    let grace = session["token"].as_str().unwrap();
    assert_eq!(server.get("/v1/identity/auth/me", grace)["user"]["role"], "marketer");
    assert!(
        expect(0, &["user", "list", "--data", data])
            .contains("grace@example.com\tgrace\tmarketer\tactive")
    );
    expect(0, &["user", "disable", "--data", data, "--email", "grace@example.com"]);
    assert_eq!(server.get("/v1/identity/auth/me", grace)["status"], 401);
    expect(1, &["user", "disable", "--data", data, "--email", "ada@example.com"]);
    expect(2, &["user", "add", "--data", data, "--email", "x@example.com"]);
    let make =
        ["token", "create", "--data", data, "--name", "Zapier", "--permission", "leads:view"];
    let made = String::from_utf8(leads(&make).stdout).unwrap();
    let token = made.trim();
    assert!(token.starts_with("leads_"), "{made}");
    assert_eq!(server.get("/v1/identity/leads", token)["total"], 0);
    let listed = String::from_utf8(leads(&["token", "list", "--data", data]).stdout).unwrap();
    assert!(!listed.contains(token));
    let id = listed.split('\t').next().unwrap();
    expect(0, &["token", "revoke", "--data", data, id]);
    assert_eq!(server.get("/v1/identity/leads", token)["status"], 401);
    expect(1, &["token", "revoke", "--data", data, id]);
}

#[test]
fn the_service_manager_hears_that_it_is_ready_alive_and_stopping() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("notify");
    let manager = std::os::unix::net::UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
    let hear = || {
        let mut message = [0; 256];
        let length = manager.recv(&mut message).unwrap();
        String::from_utf8(message[..length].to_vec()).unwrap()
    };
    let mut server = std::process::Command::new(env!("CARGO_BIN_EXE_leads"))
        .args(["serve", "--addr", "127.0.0.1:0", "--data", text(&folder.path().join("data"))])
        .env("NOTIFY_SOCKET", &socket)
        .env("WATCHDOG_USEC", "2000000")
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    assert_eq!(hear(), "READY=1\n");
    assert_eq!(hear(), "WATCHDOG=1\n");
    assert_eq!(hear(), "WATCHDOG=1\n");
    let id = server.id().to_string();
    assert!(std::process::Command::new("kill").arg(id).status().unwrap().success());
    while hear() != "STOPPING=1\n" {}
    assert!(server.wait().unwrap().success());
}

#[test]
fn every_command_teaches() {
    let commands = [
        "serve",
        "healthcheck",
        "migrate",
        "backup",
        "restore",
        "check",
        "user",
        "token",
        "openapi",
    ];
    for command in commands {
        let help = expect(0, &[command, "--help"]);
        assert!(help.contains("Usage: leads"), "{help}");
    }
    let description = leads(&["openapi"]);
    let description: serde_json::Value = serde_json::from_slice(&description.stdout).unwrap();
    assert!(description["paths"]["/v1/identity/leads"]["get"].is_object());
}
