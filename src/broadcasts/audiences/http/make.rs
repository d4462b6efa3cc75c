//! Making audiences of leads and contacts.

use super::wire::{Detail, Wire, detail, may_see};
use crate::auth::{BroadcastManage, Caller, Can};
use crate::broadcasts::audiences::{
    Asked, AudienceId, FilterBody, Kind, Listed, Source, Whom, build, get, make,
};
use crate::contacts::ContactId;
use crate::leads::LeadId;
use crate::platform::http::{Answer, Json, Once, PathOf};
use crate::platform::{App, Error, Result};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An audience of leads to be made: of `leadIds`, or of those whom `filter` finds.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"name": "Hot leads of spring", "leadIds": ["0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10"]}))]
pub struct NewLeadAudience {
    name: String,
    /// 1 to 100,000 leads.
    lead_ids: Option<Vec<LeadId>>,
    /// The filter of the list of leads, by its parameters' names.
    filter: Option<FilterBody>,
    /// Of a filter: `fixed` (unless said otherwise) keeps whom it finds now, `live` asks it anew each time.
    #[serde(default)]
    kind: Kind,
}

/// An audience to be made: of `leadIds`, `filter` (over leads), `contactIds` or `contactFilter`; of a file, see
/// `from-csv`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"name": "Webhook leads", "filter": {"source": "webhook"}, "kind": "live"}))]
pub struct NewAudience {
    name: String,
    /// 1 to 100,000 leads.
    lead_ids: Option<Vec<LeadId>>,
    /// The filter of the list of leads, by its parameters' names.
    filter: Option<FilterBody>,
    /// 1 to 100,000 contacts.
    contact_ids: Option<Vec<ContactId>>,
    /// The filter of the list of contacts, by its parameters' names.
    contact_filter: Option<FilterBody>,
    /// Of a filter: `fixed` (unless said otherwise) keeps whom it finds now, `live` asks it anew each time.
    #[serde(default)]
    kind: Kind,
}

impl From<NewLeadAudience> for NewAudience {
    fn from(body: NewLeadAudience) -> Self {
        let NewLeadAudience { name, lead_ids, filter, kind } = body;
        Self { name, lead_ids, filter, contact_ids: None, contact_filter: None, kind }
    }
}

impl NewAudience {
    fn into_whom(self, by: &Caller) -> Result<(String, Whom, Kind)> {
        let whom = match (self.lead_ids, self.filter, self.contact_ids, self.contact_filter) {
            (Some(leads), None, None, None) => Whom::Leads(leads),
            (None, Some(filter), None, None) => Whom::Found(Asked::leads(&filter, by)?),
            (None, None, Some(contacts), None) => Whom::Contacts(contacts),
            (None, None, None, Some(filter)) => {
                let asked = Asked::contacts(&filter);
                Whom::Found(asked.map_err(|error| renamed(error, "filter", "contactFilter"))?)
            }
            _ => {
                let message = "Give one of leadIds, filter, contactIds, contactFilter.";
                return Err(Error::invalid("leadIds", "one_of", message));
            }
        };
        if self.kind == Kind::Live && !matches!(whom, Whom::Found(_)) {
            let message = "Only a filter can be asked anew; a selection is fixed.";
            return Err(Error::invalid("kind", "not_a_filter", message));
        }
        let source = match &whom {
            Whom::Leads(_) => Source::Leads,
            Whom::Contacts(_) => Source::Contacts,
            Whom::Found(asked) => asked.source(),
        };
        may_see(by, source)?;
        Ok((self.name, whom, self.kind))
    }
}

/// A refusal that names its fields otherwise.
fn renamed(error: Error, from: &str, to: &str) -> Error {
    let Error::Invalid(mut faults) = error else { return error };
    for fault in &mut faults {
        fault.field = fault.field.replacen(from, to, 1);
    }
    Error::Invalid(faults)
}

/// Makes an audience, whatever its size; goes on when whoever asked leaves.
async fn made(app: App, by: Caller, once: Once, body: NewAudience) -> Result<Answer> {
    if let Some(answer) = app.answered(&once).await? {
        return Ok(answer);
    }
    let (name, whom, kind) = body.into_whom(&by)?;
    if let (Kind::Live, Whom::Found(asked)) = (kind, &whom) {
        let (caller, asked, counted) = (by.clone(), asked.clone(), asked.clone());
        // Counted by a reader: it may take a while, and the writer shall not.
        let size = app.db.read(move |db| counted.count(db, &caller)).await?;
        return app
            .once(once, move |tx| {
                let audience = build::create_live(tx, &by, &name, &asked)?;
                let wire = Wire::from(Listed { audience, size, size_is_capped: false });
                Answer::created(wire.version, &wire)
            })
            .await;
    }
    let making = make::of_people(&app, &by, name, whom).await?;
    app.once(once, move |tx| {
        let audience = build::finish(tx, &by, &making)?;
        let size = audience.member_count;
        let wire = Wire::from(Listed { audience, size, size_is_capped: false });
        Answer::created(wire.version, &wire)
    })
    .await
}

/// Create an audience of leads
///
/// Of a selection, or of whom a filter finds: fixed, as they are now, or live. It is there as a whole or not at all.
/// Needs `leads:view` too.
#[utoipa::path(post, path = "/v1/identity/leads/broadcast/create-audience", tag = "Audiences",
    request_body = NewLeadAudience, responses((status = 201, body = Wire)))]
pub async fn create_lead_audience(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    once: Once,
    Json(body): Json<NewLeadAudience>,
) -> Result<Answer> {
    whole(made(app, Caller::clone(&by), once, body.into())).await
}

/// Create an audience
///
/// Of leads or contacts: of a selection, or of whom a filter finds, fixed or live. It is there as a whole or not at
/// all. Needs `leads:view` or `contacts:view` too.
#[utoipa::path(post, path = "/v1/broadcast/audiences", tag = "Audiences", request_body = NewAudience,
    responses((status = 201, body = Wire)))]
pub async fn create_audience(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    once: Once,
    Json(body): Json<NewAudience>,
) -> Result<Answer> {
    whole(made(app, Caller::clone(&by), once, body)).await
}

/// Carries something out to its end, also when whoever asked is gone.
pub async fn whole(work: impl Future<Output = Result<Answer>> + Send + 'static) -> Result<Answer> {
    tokio::spawn(work).await.map_err(Error::internal)?
}

/// Members to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"leadIds": ["0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10"]}))]
pub struct MoreMembers {
    /// 1 to 100,000 leads, for an audience of leads.
    lead_ids: Option<Vec<LeadId>>,
    /// 1 to 100,000 contacts, for an audience of contacts.
    contact_ids: Option<Vec<ContactId>>,
}

/// An audience with more members.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GrownAudience)]
pub struct Grown {
    /// How many were no members before.
    #[schema(example = 12)]
    added: u64,
    audience: Detail,
}

/// Add members to a fixed audience
///
/// Leads to one of leads, contacts to one of contacts; who is a member already is left out. 409 `audience_is_live` for
/// a live one.
#[utoipa::path(post, path = "/v1/broadcast/audiences/{id}/members", tag = "Audiences",
    params(("id" = AudienceId, Path)), request_body = MoreMembers,
    responses((status = 200, body = Grown), (status = 409, description = "The audience is live")))]
pub async fn add_members(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    PathOf(id): PathOf<AudienceId>,
    once: Once,
    Json(body): Json<MoreMembers>,
) -> Result<Answer> {
    let by = Caller::clone(&by);
    whole(async move {
        if let Some(answer) = app.answered(&once).await? {
            return Ok(answer);
        }
        let caller = by.clone();
        let source = app.db.read(move |db| get(db, &caller, id)).await?.source;
        may_see(&by, source)?;
        let whom = match (body.lead_ids, body.contact_ids, source) {
            (Some(leads), None, Source::Leads) => Whom::Leads(leads),
            (None, Some(contacts), Source::Contacts) => Whom::Contacts(contacts),
            (_, _, Source::Contacts) => {
                let message = "This audience holds contacts; name contactIds.";
                return Err(Error::invalid("contactIds", "other_kind", message));
            }
            (_, _, Source::Leads) => {
                let message = "This audience holds leads; name leadIds.";
                return Err(Error::invalid("leadIds", "other_kind", message));
            }
            (_, _, Source::File) => {
                let message = "The members of this audience are the rows of its file.";
                return Err(Error::invalid("leadIds", "other_kind", message));
            }
        };
        let added = make::more_people(&app, &by, id, whom).await?;
        app.once(once, move |tx| {
            let audience = detail(tx, &by, get(tx, &by, id)?)?;
            Answer::new(StatusCode::OK, &Grown { added, audience })
        })
        .await
    })
    .await
}
