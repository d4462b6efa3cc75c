//! `/healthz` (the process answers) and `/readyz` (it can do its work).

use crate::platform::http::Json;
use crate::platform::{App, Result, disk};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How long the writer may take over an answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The routes of health.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(healthz)).routes(routes!(readyz))
}

#[derive(Debug, Serialize, ToSchema)]
struct Health {
    #[schema(example = "ok")]
    status: &'static str,
}

/// Whether the process answers
#[utoipa::path(get, path = "/healthz", tag = "System", security(()), responses((status = 200, body = Health)))]
async fn healthz() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// The same without a description, for a listener of its own.
pub fn plain(app: App) -> axum::Router {
    router().split_for_parts().0.with_state(app)
}

/// Whether each thing that work needs is there.
#[derive(Debug, Serialize, ToSchema)]
struct Readiness {
    /// `ready` or `not_ready`.
    #[schema(example = "ready")]
    status: &'static str,
    checks: Checks,
}

#[derive(Debug, Serialize, ToSchema)]
struct Checks {
    /// The writer answers.
    writer: bool,
    /// What is written stays: the disk is neither full nor read-only.
    disk: bool,
    /// A reader answers.
    reader: bool,
    /// What the executor of jobs is doing; no reason to be not ready, since all else works without it:
    /// `running`, `held` (the clock is behind), `restarting`, or `off`.
    #[schema(example = "running")]
    jobs: &'static str,
}

/// Whether it can do its work
#[utoipa::path(get, path = "/readyz", tag = "System", security(()),
    responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
async fn readyz(State(app): State<App>) -> Result<(StatusCode, Json<Readiness>)> {
    let probe = tokio::time::timeout(PATIENCE, app.db.probe()).await;
    let is_failing = app.db.is_failing();
    let reader = app.db.read(|db| Ok(db.query_row("SELECT 1", [], |_| Ok(()))?)).await;
    let checks = Checks {
        writer: probe.is_ok_and(|answer| answer.is_ok() || is_failing),
        disk: !is_failing && disk::has_room(&app.settings.data),
        reader: reader.is_ok(),
        jobs: app.jobs.state().name(),
    };
    let ready = checks.writer && checks.disk && checks.reader;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = if ready { "ready" } else { "not_ready" };
    Ok((status, Json(Readiness { status: word, checks })))
}
