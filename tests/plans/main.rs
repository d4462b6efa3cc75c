//! Every query that the lists, the board, search and ingest run is answered by an index: no walk over all
//! leads, no sorting of what an index holds in order. The SQL is overheard from SQLite itself while the
//! real router works, so that no query escapes and none is copied here.

mod assignment;
mod audiences;
mod automations;
mod campaigns;
mod contacts;
mod duplicates;
mod imports;
mod messages;
mod outbound_webhooks;
mod privacy;
mod reports;
mod scoring;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use leads::auth::{NewUser, sessions, setup, workspaces};
use leads::platform::app::Settings;
use leads::platform::db::{migrate, open};
use leads::platform::secret::Vault;
use leads::platform::{App, Clock};
use leads::{auth, leads as parts, pipelines, server, webhooks};
use rusqlite::Connection;
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use tower::ServiceExt;

/// What SQLite was asked.
static HEARD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

fn overhear(db: &Connection) {
    db.trace_v2(
        TraceEventCodes::SQLITE_TRACE_STMT,
        Some(|event| {
            if let TraceEvent::Stmt(_, sql) = event {
                let mut heard = HEARD.lock().unwrap_or_else(PoisonError::into_inner);
                heard.insert(sql.to_owned());
            }
        }),
    );
}

/// Plans that hold a scan or a sort and may, with the reason.
const ALLOWED: &[(&str, &str, &str)] = &[
    (
        "FROM outbound_webhooks WHERE is_active",
        "SCAN outbound_webhooks",
        "once, after a restore; there are few",
    ),
    ("FROM message_templates", "TEMP B-TREE FOR LAST TERM", "only templates of the same name"),
    ("FROM lead_pipelines", "TEMP B-TREE", "a workspace has few pipelines"),
    ("FROM memberships m JOIN users u", "TEMP B-TREE", "a workspace has few members"),
    ("FROM workspaces w", "TEMP B-TREE", "a person has few workspaces"),
    (
        "FROM lead_webhooks w",
        "TEMP B-TREE FOR LAST TERM",
        "only webhooks made in the same millisecond",
    ),
];

#[tokio::test]
async fn every_query_is_served_by_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("leads.db");
    migrate::run(&file).unwrap();
    let settings = Settings { data: folder.path().to_owned(), ..Settings::default() };
    let mut extras = server::extras();
    extras.functions.push(|db| {
        overhear(db);
        Ok(())
    });
    let app = App::open(&file, Clock::System, Vault::new([7; 32]), settings, extras).unwrap();
    let vault = app.vault.clone();
    let (token, key, user) = app
        .db
        .write(move |tx| {
            overhear(tx);
            let user = NewUser {
                name: "Ada".into(),
                email: "ada@example.com".into(),
                password_hash: "none".into(),
                is_super_admin: true,
            };
            let new = workspaces::NewWorkspace { name: "Acme".into(), ..Default::default() };
            let (user, workspace) = setup::first_account(tx, &user, &new)?;
            let by = auth::Caller::system(workspace.id, "US");
            pipelines::ensure_default(tx, &by)?;
            let settings = webhooks::Settings::named("Form");
            let webhook = webhooks::create(tx, &by, &vault, settings)?;
            let key = webhook.key(&vault).unwrap();
            Ok((sessions::begin(tx, user, None, "::1")?.token, key, user))
        })
        .await
        .unwrap();
    let client = Client { router: server::router(app.clone()), token };

    // Enough leads that a filter may be broad; then everything is asked while the index is behind, and
    // again when it has caught up.
    many_leads(&app, 12_000).await;
    for number in 0..5 {
        let lead = format!(
            r#"{{"name":"Eva {number}","email":"e{number}@gmail.com","phone":"+1 415 555 00{number}0"}}"#
        );
        let path = format!("/v1/identity/webhooks/leads/{key}");
        client.send("POST", &path, &lead, StatusCode::CREATED).await;
    }
    ask_everything(&client, &user.to_string()).await;
    app.db.write(parts::search::catch_up).await.unwrap();
    ask_everything(&client, &user.to_string()).await;
    keep_a_view(&client).await;
    change_a_lead(&client).await;
    assignment::run(&client, &user.to_string()).await;
    automations::run(&app, &client, &key).await;
    messages::send(&app, &client).await;
    messages::hear_back(&client).await;
    campaigns::run(&app, &client).await;
    scoring::run(&app, &client).await;
    contacts::ask(&app, &client).await;
    duplicates::merge(&client).await;
    imports::run(&app, &client).await;
    privacy::ask(&app, &client).await;
    outbound_webhooks::tell(&app, &client).await;
    audiences::ask(&app, &client).await;
    reports::ask(&client).await;

    let heard = std::mem::take(&mut *HEARD.lock().unwrap());
    app.db.close();
    assert!(heard.len() > 80, "only {} queries were heard", heard.len());
    let db = open::reader(&file).unwrap();
    parts::list_functions(&db).unwrap();
    let faults: Vec<String> = heard.iter().flat_map(|sql| faults(&db, sql)).collect();
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), heard.len(), faults.join("\n\n"));
}

/// What is wrong with a query's plan.
fn faults(db: &Connection, sql: &str) -> Vec<String> {
    let is_planned = ["SELECT", "UPDATE", "DELETE", "INSERT", "WITH"]
        .iter()
        .any(|verb| sql.trim_start().to_uppercase().starts_with(verb));
    // What FTS5 asks of its own tables, by name with quotes, is its own affair.
    if !is_planned
        || sql.contains("'main'")
        || sql.contains("\"main\"")
        || sql.contains("'lead_search")
        || sql.contains("'contact_search")
    {
        return Vec::new();
    }
    let mut statement = match db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")) {
        Ok(statement) => statement,
        Err(error) => return vec![format!("{sql}\n  {error}")],
    };
    let columns = statement.parameter_count();
    let nothing: Vec<Option<i64>> = vec![None; columns];
    let plan: Vec<String> = statement
        .query_map(rusqlite::params_from_iter(nothing), |row| row.get(3))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let tables = [
        "leads",
        "l",
        "lead_activities",
        "lead_sort_keys",
        "k",
        "lead_terms",
        "lead_notes",
        "lead_merges",
        "lead_distinct",
        "lead_shared_addresses",
        "messages",
        "m",
        "suppressions",
        "message_templates",
        "message_template_versions",
        "message_inbound",
        "message_paces",
        "message_series",
        "message_counts",
        "lead_stage_spells",
        "message_callbacks",
        "message_events",
        "message_replies",
        "messaging_channels",
        "due_jobs",
        "lead_automation_runs",
        "r",
        "lead_automation_steps",
        "lead_automation_locks",
        "lead_automation_plans",
        "contacts",
        "c",
        "contact_notes",
        "contact_leads",
        "contact_differences",
        "lead_imports",
        "i",
        "lead_import_changes",
        "lead_import_rejected",
        "outbound_webhooks",
        "outbound_webhook_deliveries",
        "d",
        "lead_views",
        "v",
        "lead_view_preferences",
    ];
    let is_bad = |step: &&String| {
        let walks_all = tables.iter().any(|table| {
            **step == format!("SCAN {table}") || step.starts_with(&format!("SCAN {table} USING"))
        });
        walks_all || step.contains("USE TEMP B-TREE FOR")
    };
    let is_allowed = |step: &&String| {
        ALLOWED.iter().any(|(piece, plan, _)| sql.contains(piece) && step.contains(plan))
    };
    plan.iter()
        .filter(is_bad)
        .filter(|step| !is_allowed(step))
        .map(|step| format!("{sql}\n  {step}"))
        .collect()
}

async fn many_leads(app: &App, count: usize) {
    app.db
        .write(move |tx| {
            let workspace = tx.query_row("SELECT id FROM workspaces", [], |row| row.get(0))?;
            let by = auth::Caller::system(workspace, "US");
            for number in 0..count {
                let new = parts::NewLead {
                    name: format!("Eva Mayer {number}"),
                    email: Some(format!("eva{number}@gmail.com")),
                    phone: None,
                    phone_key: None,
                    company: Some("Acme".into()),
                    title: None,
                    tags: vec!["hot".into()],
                    score: 10,
                    custom_fields: serde_json::from_str(r#"{"budget":"5k"}"#)?,
                    source: if number % 2 == 0 {
                        parts::Source::Webhook
                    } else {
                        parts::Source::Api
                    },
                    pipeline: None,
                    stage: None,
                    assigned_to: None,
                    webhook: None,
                    detail: Value::Null,
                };
                parts::create(tx, &by, new)?;
            }
            Ok(())
        })
        .await
        .unwrap();
}

async fn ask_everything(client: &Client, user: &str) {
    let board = client.get("/v1/identity/leads/board?limit=1").await;
    let stage = board["stages"][0]["id"].as_str().unwrap();
    let pipeline = board["pipelineId"].as_str().unwrap();
    let filters = [
        String::new(),
        "search=mayer".into(),
        "search=eva%20mayer%20777".into(),
        "search=nowhere".into(),
        "search=e".into(),
        "search=zq".into(),
        "source=webhook".into(),
        "source=import".into(),
        "assignedTo=none".into(),
        format!("assignedTo={user}"),
        "tag=hot".into(),
        "tag=nothing".into(),
        "customFields.budget=5k".into(),
        format!("stageId={stage}"),
        format!("pipelineId={pipeline}"),
        "search=mayer&tag=hot".into(),
        "customFields.budget=5k&tag=hot&assignedTo=none".into(),
        format!("search=mayer&source=webhook&tag=hot&stageId={stage}"),
        format!("customFields.budget=5k&assignedTo=none&pipelineId={pipeline}"),
    ];
    let sorts = [
        "createdAt",
        "updatedAt",
        "name",
        "email",
        "phone",
        "company",
        "title",
        "source",
        "score",
        "position",
    ];
    for filter in &filters {
        client.get(&format!("/v1/identity/leads/board?limit=2&{filter}")).await;
        for (sort, order) in sorts.iter().flat_map(|sort| [(sort, "asc"), (sort, "desc")]) {
            let path =
                format!("/v1/identity/leads?limit=2&sortBy={sort}&sortOrder={order}&{filter}");
            let page = client.get(&path).await;
            if let Some(cursor) = page["nextCursor"].as_str() {
                client.get(&format!("{path}&cursor={cursor}")).await;
            }
        }
    }
    for query in ["sortBy=name", "sortBy=updatedAt&search=nowhere&format=jsonl"] {
        client.get(&format!("/v1/identity/leads/export?{query}")).await;
    }
    for rest in ["/tags", "/custom-fields"] {
        client.get(&format!("/v1/identity/leads{rest}")).await;
    }
}

async fn keep_a_view(client: &Client) {
    let base = "/v1/identity/lead-views";
    let new = r#"{"name":"Hot","kind":"list"}"#;
    let view = client.send("POST", base, new, StatusCode::CREATED).await;
    let path = format!("{base}/{}", view["id"].as_str().unwrap());
    client.send("PATCH", &path, r#"{"name":"Warm"}"#, StatusCode::OK).await;
    client.get(base).await;
    client.get(&path).await;
    let preferred = format!(r#"{{"defaultViewId":{}}}"#, view["id"]);
    client.send("PATCH", &format!("{base}/preferences"), &preferred, StatusCode::OK).await;
    client.get(&format!("{base}/preferences")).await;
    client.send("DELETE", &path, "", StatusCode::NO_CONTENT).await;
}

async fn change_a_lead(client: &Client) {
    let board = client.get("/v1/identity/leads/board?limit=3").await;
    let (first, second) = (&board["stages"][0], &board["stages"][1]);
    let text = |value: &Value| value["id"].as_str().unwrap().to_owned();
    let (lead, other, stage) = (text(&first["cards"][0]), text(&first["cards"][1]), text(second));
    let base = format!("/v1/identity/leads/{lead}");
    client.send("PATCH", &base, r#"{"name":"Eva Berg","tags":["vip"]}"#, StatusCode::OK).await;
    let here = format!(r#"{{"stageId":"{}","afterId":"{other}"}}"#, text(first));
    client.send("PATCH", &format!("{base}/stage"), &here, StatusCode::OK).await;
    let there = format!(r#"{{"stageId":"{stage}"}}"#);
    client.send("PATCH", &format!("{base}/stage"), &there, StatusCode::OK).await;
    client
        .send("POST", &format!("{base}/notes"), r#"{"value":"A note"}"#, StatusCode::CREATED)
        .await;
    client.get(&base).await;
    client.get(&format!("{base}/activities")).await;
    client.send("DELETE", &base, "", StatusCode::NO_CONTENT).await;
    client.send("POST", &format!("{base}/restore"), "", StatusCode::OK).await;
}

struct Client {
    router: Router,
    token: String,
}

impl Client {
    /// Sets a channel's provider; answers the path of its callbacks.
    async fn connect(&self, channel: &str, settings: &str) -> String {
        let path = format!("/v1/messaging/channels/{channel}");
        let body = self.send("PUT", &path, settings, StatusCode::OK).await;
        body["callbackUrl"].as_str().map_or_else(String::new, |url| {
            let path = url.splitn(4, '/').nth(3).unwrap();
            format!("/{path}")
        })
    }

    async fn signed(&self, path: &str, body: &str, signature: &str) {
        let request = Request::post(path)
            .header("x-hub-signature-256", signature)
            .body(Body::from(body.to_owned()))
            .unwrap();
        let status = self.router.clone().oneshot(request).await.unwrap().status();
        assert_eq!(status, StatusCode::OK, "{path}");
    }

    async fn get(&self, path: &str) -> Value {
        self.send("GET", path, "", StatusCode::OK).await
    }

    async fn send(&self, method: &str, path: &str, body: &str, expected: StatusCode) -> Value {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_owned()))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert_eq!(status, expected, "{path}: {}", String::from_utf8_lossy(&bytes));
        serde_json::from_slice(&bytes).unwrap_or_default()
    }
}
