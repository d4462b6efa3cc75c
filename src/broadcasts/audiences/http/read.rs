//! Reading audiences.

use super::wire::{ByChannel, Detail, Reaches, Wire, detail, may_see};
use crate::auth::{BroadcastView, Can};
use crate::broadcasts::audiences::{
    AudienceId, Filter, Kind, MemberRow, Source, Tally, get, list, member_list,
};
use crate::messaging::Channel;
use crate::platform::http::{Json, Page, Params, PathOf, Tagged};
use crate::platform::{App, Result};
use axum::extract::State;

/// List audiences
///
/// Newest first. Live ones are counted up to 10,000 here; one alone tells its exact size.
#[utoipa::path(get, path = "/v1/broadcast/audiences", tag = "Audiences",
    params(("search" = Option<String>, Query, description = "A piece of the name"),
        ("kind" = Option<String>, Query, description = "fixed or live"),
        ("source" = Option<String>, Query, description = "leads, contacts or file"),
        ("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<Wire>)))]
pub async fn list_audiences(
    by: Can<BroadcastView>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<Page<Wire>>> {
    let filter = Filter {
        search: params.text("search").map(|text| text.chars().take(200).collect()),
        kind: params.parsed::<Kind>("kind", "One of fixed, live."),
        source: params.parsed::<Source>("source", "One of leads, contacts, file."),
    };
    let paging = params.paging();
    params.finish()?;
    let page = app.db.read(move |db| list(db, &by, &filter, &paging)).await?;
    Ok(Json(page.map(Wire::from)))
}

/// Get an audience
///
/// With its exact size, and how its members came to it.
#[utoipa::path(get, path = "/v1/broadcast/audiences/{id}", tag = "Audiences", params(("id" = AudienceId, Path)),
    responses((status = 200, body = Detail)))]
pub async fn get_audience(
    by: Can<BroadcastView>,
    State(app): State<App>,
    PathOf(id): PathOf<AudienceId>,
) -> Result<Tagged<Detail>> {
    let detail = app.db.read(move |db| detail(db, &by, get(db, &by, id)?)).await?;
    Ok(Tagged(detail.audience.version, detail))
}

/// Count whom an audience reaches
///
/// By channel, after suppression and duplicates; `channel` asks for one of them. Each member is looked at, so a
/// million of them take a few seconds.
#[utoipa::path(get, path = "/v1/broadcast/audiences/{id}/reach", tag = "Audiences",
    params(("id" = AudienceId, Path), ("channel" = Option<String>, Query, description = "email, sms or whatsapp")),
    responses((status = 200, body = Reaches)))]
pub async fn get_reach(
    by: Can<BroadcastView>,
    State(app): State<App>,
    PathOf(id): PathOf<AudienceId>,
    mut params: Params,
) -> Result<Json<Reaches>> {
    let one = params.parsed::<Channel>("channel", "One of email, sms, whatsapp.");
    params.finish()?;
    let channels = one.map_or_else(|| Channel::ALL.to_vec(), |one| vec![one]);
    let caller = by.clone();
    let mut tally = app.db.read(move |db| Tally::begin(db, &caller, id, &channels)).await?;
    // A reader is borrowed for each piece only: others read in between.
    loop {
        let caller = by.clone();
        let (counted, more) = app
            .db
            .read(move |db| {
                let more = tally.step(db, &caller)?;
                Ok((tally, more))
            })
            .await?;
        tally = counted;
        if !more {
            break;
        }
    }
    let channels =
        tally.end().into_iter().map(|(channel, reach)| ByChannel { channel, reach }).collect();
    Ok(Json(Reaches { channels }))
}

/// List the members of an audience
///
/// In the order in which a campaign walks them, each with why it is in. `search` takes words, each of which must be a
/// piece of name, e-mail, phone or company. Needs `leads:view` for leads, `contacts:view` for contacts.
#[utoipa::path(get, path = "/v1/broadcast/audiences/{id}/members", tag = "Audiences",
    params(("id" = AudienceId, Path), ("search" = Option<String>, Query, example = "grace"),
        ("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<MemberRow>)))]
pub async fn list_members(
    by: Can<BroadcastView>,
    State(app): State<App>,
    PathOf(id): PathOf<AudienceId>,
    mut params: Params,
) -> Result<Json<Page<MemberRow>>> {
    let search = params.text("search").map(|text| text.chars().take(200).collect::<String>());
    let paging = params.paging();
    params.finish()?;
    let page = app
        .db
        .read(move |db| {
            may_see(&by, get(db, &by, id)?.source)?;
            member_list(db, &by, id, search.as_deref(), &paging)
        })
        .await?;
    Ok(Json(page))
}
