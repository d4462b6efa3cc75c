//! `/v1/identity/score-rules`.

use super::{
    NewRule, Progress, Rule, RuleId, RulePatch, create, delete, get, list, progress, update,
};
use crate::auth::{Can, LeadsView, SettingsManage};
use crate::platform::http::{Answer, IfMatch, Json, Once, Page, Params, PathOf, Problem, Tagged};
use crate::platform::{App, Result};
use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of score rules.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_score_rules, create_score_rule))
        .routes(routes!(get_scoring_progress))
        .routes(routes!(get_score_rule, update_score_rule, delete_score_rule))
}

/// List score rules
///
/// A lead's score is its base score plus the points of each active rule that holds of it, from 0 to 100.
#[utoipa::path(get, path = "/v1/identity/score-rules", tag = "Score rules",
    params(("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<Rule>)))]
async fn list_score_rules(
    by: Can<LeadsView>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<Page<Rule>>> {
    let paging = params.paging();
    params.finish()?;
    let all = app.db.read(move |db| list(db, by.workspace)).await?;
    Page::of_whole(all, &paging).map(Json)
}

/// Make a score rule
///
/// All leads are scored anew, in the background.
#[utoipa::path(post, path = "/v1/identity/score-rules", tag = "Score rules", request_body = NewRule,
    responses((status = 201, body = Rule), (status = 409, description = "There are 100 already", body = Problem)))]
async fn create_score_rule(
    by: Can<SettingsManage>,
    State(app): State<App>,
    once: Once,
    Json(new): Json<NewRule>,
) -> Result<Answer> {
    app.once(once, move |tx| {
        let rule = create(tx, &by, new)?;
        Answer::created(rule.version, &rule)
    })
    .await
}

/// Get a score rule
#[utoipa::path(get, path = "/v1/identity/score-rules/{id}", tag = "Score rules", params(("id" = RuleId, Path)),
    responses((status = 200, body = Rule)))]
async fn get_score_rule(
    by: Can<LeadsView>,
    State(app): State<App>,
    PathOf(id): PathOf<RuleId>,
) -> Result<Tagged<Rule>> {
    let rule = app.db.read(move |db| get(db, by.workspace, id)).await?;
    Ok(Tagged(rule.version, rule))
}

/// Update a score rule
///
/// All leads are scored anew, in the background.
#[utoipa::path(patch, path = "/v1/identity/score-rules/{id}", tag = "Score rules", params(("id" = RuleId, Path)),
    request_body = RulePatch, responses((status = 200, body = Rule)))]
async fn update_score_rule(
    by: Can<SettingsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<RuleId>,
    if_match: IfMatch,
    Json(patch): Json<RulePatch>,
) -> Result<Tagged<Rule>> {
    let rule = app.db.write(move |tx| update(tx, &by, id, &if_match, patch)).await?;
    Ok(Tagged(rule.version, rule))
}

/// Delete a score rule
///
/// Its points go from each lead, in the background.
#[utoipa::path(delete, path = "/v1/identity/score-rules/{id}", tag = "Score rules", params(("id" = RuleId, Path)),
    responses((status = 204)))]
async fn delete_score_rule(
    by: Can<SettingsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<RuleId>,
    if_match: IfMatch,
) -> Result<StatusCode> {
    app.db.write(move |tx| delete(tx, &by, id, &if_match)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How many leads are yet to be scored
///
/// After a change of the rules all leads are scored anew, the newest first.
#[utoipa::path(get, path = "/v1/identity/score-rules/progress", tag = "Score rules",
    responses((status = 200, body = Progress)))]
async fn get_scoring_progress(
    by: Can<LeadsView>,
    State(app): State<App>,
) -> Result<Json<Progress>> {
    app.db.read(move |db| progress(db, by.workspace)).await.map(Json)
}
