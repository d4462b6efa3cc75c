//! Converting leads to contacts.

use crate::auth::{Can, LeadsManage};
use crate::leads::{Conversion, ConvertBody, LeadId, Unconversion, convert, unconvert};
use crate::platform::http::{Answer, Json, Once, PathOf};
use crate::platform::{App, Result};
use axum::extract::State;

/// Convert a lead to a contact
///
/// A contact that has the lead's e-mail address, else its phone number, in whatever spelling, is linked instead
/// of doubled: what it lacks is filled in, and what the lead says otherwise is kept among its `differences`. A
/// lead that was converted before answers its contact. Name, e-mail, phone, company, title, custom fields and
/// notes are carried over.
#[utoipa::path(post, path = "/v1/identity/leads/{id}/convert", tag = "Leads", params(("id" = LeadId, Path)),
    request_body = ConvertBody, responses((status = 200, body = Conversion)))]
pub(super) async fn convert_lead(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<LeadId>,
    once: Once,
    body: Option<Json<ConvertBody>>,
) -> Result<Answer> {
    let body = body.map(|Json(body)| body).unwrap_or_default();
    app.once(once, move |tx| Answer::ok(&convert(tx, &by, id, body)?)).await
}

/// Take a conversion back
///
/// A contact that the conversion made is deleted, and one that it linked is as it was before, if nobody changed
/// it since; otherwise only the link is taken back. `outcome` and `text` say which.
#[utoipa::path(post, path = "/v1/identity/leads/{id}/unconvert", tag = "Leads", params(("id" = LeadId, Path)),
    responses((status = 200, body = Unconversion), (status = 409, description = "The lead is not converted")))]
pub(super) async fn unconvert_lead(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<LeadId>,
    once: Once,
) -> Result<Answer> {
    app.once(once, move |tx| Answer::ok(&unconvert(tx, &by, id)?)).await
}
