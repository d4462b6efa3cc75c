//! `/v1/system`: version, backups and background work.

use crate::auth::{Can, Member, WorkspacesManage};
use crate::platform::db::backup::{self, Backup, Manifest, Target};
use crate::platform::db::migrate;
use crate::platform::http::{Answer, Json, Once, Page, Params};
use crate::platform::{App, Error, Result, Time, jobs, lock};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use std::path::PathBuf;
use tokio::sync::Mutex;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of the system.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(version))
        .routes(routes!(list_backups, back_up))
        .routes(routes!(background_work))
}

/// What runs here.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct VersionBody {
    #[schema(example = "0.1.0")]
    version: &'static str,
    /// The version of SQLite inside.
    #[schema(example = "3.51.3")]
    sqlite: &'static str,
    #[schema(example = 6)]
    schema_version: u32,
}

/// Get the version
#[utoipa::path(get, path = "/v1/system/version", tag = "System", responses((status = 200, body = VersionBody)))]
async fn version(_by: Can<Member>) -> Json<VersionBody> {
    Json(VersionBody {
        version: env!("CARGO_PKG_VERSION"),
        sqlite: migrate::sqlite_version(),
        schema_version: migrate::known_version(),
    })
}

/// A backup in the data directory.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BackupBody {
    /// The file's name in `backups/`.
    #[schema(example = "leads-20261124t090000000z.db")]
    name: String,
    #[schema(example = 819_200)]
    size_bytes: u64,
    #[serde(flatten)]
    manifest: Manifest,
}

impl From<Backup> for BackupBody {
    fn from(backup: Backup) -> Self {
        let name = backup.file.file_name().map(|name| name.to_string_lossy().into_owned());
        Self { name: name.unwrap_or_default(), size_bytes: backup.size, manifest: backup.manifest }
    }
}

fn folder(app: &App) -> PathBuf {
    app.settings.data.join("backups")
}

/// List backups
///
/// Those in the data directory, newest first. Each was verified when it was made.
#[utoipa::path(get, path = "/v1/system/backups", tag = "System",
    params(("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<BackupBody>)))]
async fn list_backups(
    _by: Can<WorkspacesManage>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<Page<BackupBody>>> {
    let paging = params.paging();
    params.finish()?;
    let found = tokio::task::spawn_blocking(move || backup::list(&folder(&app)))
        .await
        .map_err(Error::internal)?;
    Page::of_whole(found.into_iter().map(BackupBody::from).collect(), &paging).map(Json)
}

/// Back up now
///
/// Makes a verified copy of the whole installation in the data directory, while work goes on.
#[utoipa::path(post, path = "/v1/system/backups", tag = "System", responses((status = 201, body = BackupBody)))]
async fn back_up(_by: Can<WorkspacesManage>, State(app): State<App>, once: Once) -> Result<Answer> {
    // In a task of its own: who hangs up and asks again with the same key is answered with this backup.
    tokio::spawn(back_up_once(app, once)).await.map_err(Error::internal)?
}

/// Backups are made one after the other, so that of two with the same key the second finds the first.
static TURN: Mutex<()> = Mutex::const_new(());

async fn back_up_once(app: App, once: Once) -> Result<Answer> {
    let _turn = TURN.lock().await;
    if let Some(answer) = app.answered(&once).await? {
        return Ok(answer);
    }
    let (data, now) = (app.settings.data.clone(), app.clock.now());
    let target = Target::Directory(folder(&app));
    let made = tokio::task::spawn_blocking(move || {
        backup::take(&lock::database(&data), &target, None, now)
    })
    .await
    .map_err(Error::internal)?
    .map_err(Error::internal)?;
    let body = BackupBody::from(made);
    app.once(once, move |_| Answer::new(StatusCode::CREATED, &body)).await
}

/// What is done in the background.
#[derive(Debug, Serialize, ToSchema)]
struct JobsBody {
    /// `running`; `held` while the clock is behind; `restarting` after a failure; `off`.
    #[schema(example = "running")]
    state: &'static str,
    /// How often the executor was rebuilt after a failure since the program started.
    #[schema(example = 0)]
    restarts: u64,
    queues: Vec<QueueBody>,
}

/// What there is to do in a queue.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct QueueBody {
    #[schema(example = "email")]
    queue: &'static str,
    /// Jobs for later.
    #[schema(example = 120)]
    waiting: u64,
    /// Jobs that are due and not begun.
    #[schema(example = 3)]
    due: u64,
    /// Jobs that are being worked on, or about to be.
    #[schema(example = 2)]
    in_flight: u64,
    /// Since when the oldest that is not done is due.
    oldest_due_at: Option<Time>,
}

impl From<jobs::Backlog> for QueueBody {
    fn from(backlog: jobs::Backlog) -> Self {
        let jobs::Backlog { queue, waiting, due, in_flight, oldest_due_at } = backlog;
        Self { queue: queue.name(), waiting, due, in_flight, oldest_due_at }
    }
}

/// See the background work
///
/// What waits, what is due and what is under way in each queue, over all workspaces.
#[utoipa::path(get, path = "/v1/system/jobs", tag = "System", responses((status = 200, body = JobsBody)))]
async fn background_work(
    _by: Can<WorkspacesManage>,
    State(app): State<App>,
) -> Result<Json<JobsBody>> {
    let now = app.clock.now();
    let queues = app.db.read(move |db| jobs::backlog(db, now)).await?;
    Ok(Json(JobsBody {
        state: app.jobs.state().name(),
        restarts: app.jobs.restarts(),
        queues: queues.into_iter().map(QueueBody::from).collect(),
    }))
}
