//! Likely duplicates.

use super::read::catch_up;
use crate::auth::{Can, LeadsManage, LeadsView};
use crate::leads::LeadId;
use crate::leads::duplicates::{self, By, Distinct, Group, Likely, Typed};
use crate::platform::http::{Answer, Json, Once, Page, Params};
use crate::platform::{App, Result};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// List likely duplicates
///
/// Groups of leads that share an e-mail address, then those that share a phone number, then those with similar names at
/// one company; what one of them tells is not told by the next. Leads of which somebody has said that they are not the
/// same stay away. A page looks at a bounded part of all leads: it may be short, even empty, and there is more as long
/// as `nextCursor` is not null. `total` counts the groups of the page.
#[utoipa::path(get, path = "/v1/identity/leads/duplicates", tag = "Leads",
    params(("by" = Option<By>, Query, description = "email, phone or name: only these"),
        ("limit" = Option<u64>, Query, description = "1 to 200, 50 if left out"),
        ("cursor" = Option<String>, Query, description = "The nextCursor of the page before")),
    responses((status = 200, body = Page<Group>)))]
pub(super) async fn list_duplicates(
    by: Can<LeadsView>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<Page<Group>>> {
    let only = params.parsed::<By>("by", "One of email, phone, name.");
    let paging = params.paging();
    params.finish()?;
    catch_up(&app).await?;
    let page = app.db.read(move |db| duplicates::list(db, by.workspace, only, &paging)).await?;
    Ok(Json(page))
}

/// The leads that are likely the same.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DuplicateCheck {
    data: Vec<Likely>,
}

/// Check whether a lead is there already
///
/// Of what is typed so far, the leads with the same e-mail address or phone number in any format, and those of a
/// similar name at the same company, or of the same name where no company is given; at most 5. Quick enough to be asked
/// while somebody types.
#[utoipa::path(get, path = "/v1/identity/leads/duplicates/check", tag = "Leads",
    params(("email" = Option<String>, Query, example = "grace@example.com"),
        ("phone" = Option<String>, Query, example = "+1 415 555 2671"),
        ("name" = Option<String>, Query, example = "Grace Hopper"),
        ("company" = Option<String>, Query, example = "Navy"),
        ("exceptId" = Option<LeadId>, Query, description = "The lead that is being changed")),
    responses((status = 200, body = DuplicateCheck)))]
pub(super) async fn check_duplicates(
    by: Can<LeadsView>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<DuplicateCheck>> {
    // What is longer than any field can be is nobody's.
    let mut text = |name: &str| params.text(name).filter(|text| text.len() <= 4_000);
    let typed = Typed {
        email: text("email"),
        phone: text("phone"),
        name: text("name"),
        company: text("company"),
        except: params.parsed("exceptId", "The id of a lead."),
    };
    params.finish()?;
    let data = app.db.read(move |db| duplicates::check(db, &by, &typed)).await?;
    Ok(Json(DuplicateCheck { data }))
}

/// Say that leads are no duplicates
///
/// They are not told as such again, unless another lead comes that is like one of them.
#[utoipa::path(post, path = "/v1/identity/leads/duplicates/dismiss", tag = "Leads", request_body = Distinct,
    responses((status = 204)))]
pub(super) async fn dismiss_duplicates(
    by: Can<LeadsManage>,
    State(app): State<App>,
    once: Once,
    Json(body): Json<Distinct>,
) -> Result<Answer> {
    app.once(once, move |tx| {
        duplicates::set_distinct(tx, &by, &body, true)?;
        Ok(Answer::empty())
    })
    .await
}

/// Take back that leads are no duplicates
#[utoipa::path(post, path = "/v1/identity/leads/duplicates/recall", tag = "Leads", request_body = Distinct,
    responses((status = 204)))]
pub(super) async fn recall_duplicates(
    by: Can<LeadsManage>,
    State(app): State<App>,
    once: Once,
    Json(body): Json<Distinct>,
) -> Result<Answer> {
    app.once(once, move |tx| {
        duplicates::set_distinct(tx, &by, &body, false)?;
        Ok(Answer::empty())
    })
    .await
}
