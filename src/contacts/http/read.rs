//! Reading contacts.

use crate::auth::{Can, ContactsView};
use crate::contacts::export::Export;
use crate::contacts::{
    Contact, ContactDetail, ContactId, Filter, Platform, Sort, SortBy, detail, list, store,
};
use crate::platform::http::{Json, Page, Params, PathOf, Tagged, stream};
use crate::platform::{App, Result};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Reads the filter's parameters.
fn filter(params: &mut Params) -> Filter {
    let platform = match params.text("platform").as_deref() {
        None => None,
        Some("none") => Some(None),
        Some(name) => match name.parse::<Platform>() {
            Ok(platform) => Some(Some(platform)),
            Err(()) => {
                params.refuse("platform", "invalid", "One of email, sms, whatsapp, none.");
                None
            }
        },
    };
    Filter {
        search: params.text("search").map(|text| text.chars().take(200).collect()),
        platform,
        has_email: params.parsed("hasEmail", "true or false."),
        has_phone: params.parsed("hasPhone", "true or false."),
    }
}

/// Reads a filter that is kept as names and values, with the names of the list's parameters.
///
/// # Errors
/// 422 with each name at fault.
pub fn filter_of(pairs: Vec<(String, String)>) -> Result<Filter> {
    let mut params = Params::of(pairs);
    let filter = filter(&mut params);
    params.finish()?;
    Ok(filter)
}

/// Reads `sortBy` and `sortOrder`; times come greatest first unless asked otherwise.
fn sort(params: &mut Params) -> Sort {
    let wanted = "One of createdAt, updatedAt, name, email, company.";
    let by = params.parsed("sortBy", wanted).unwrap_or(SortBy::CreatedAt);
    let descending = match params.text("sortOrder").as_deref() {
        Some("asc") => false,
        Some("desc") => true,
        None => matches!(by, SortBy::CreatedAt | SortBy::UpdatedAt),
        Some(_) => {
            params.refuse("sortOrder", "invalid", "One of asc, desc.");
            false
        }
    };
    Sort { by, descending }
}

/// List contacts
///
/// `search` takes words, each of which must be a piece of name, e-mail, phone (in any format) or company.
/// Totals are exact up to 10,000.
#[utoipa::path(get, path = "/v1/identity/contacts", tag = "Contacts",
    params(("search" = Option<String>, Query, example = "grace"),
        ("platform" = Option<String>, Query, description = "email, sms, whatsapp or none"),
        ("hasEmail" = Option<bool>, Query), ("hasPhone" = Option<bool>, Query),
        ("page" = Option<u64>, Query, description = "From 1"),
        ("limit" = Option<u64>, Query, description = "1 to 200, 50 if left out"),
        ("cursor" = Option<String>, Query, description = "The nextCursor of the page before; costs the same at any depth"),
        ("sortBy" = Option<String>, Query, description = "createdAt (newest first), updatedAt, name, email or company"),
        ("sortOrder" = Option<String>, Query, description = "asc or desc")),
    responses((status = 200, body = Page<Contact>)))]
pub(super) async fn list_contacts(
    by: Can<ContactsView>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<Page<Contact>>> {
    let filter = filter(&mut params);
    let sort = sort(&mut params);
    let paging = params.paging();
    params.finish()?;
    let page = app.db.read(move |db| list(db, by.workspace, &filter, sort, &paging)).await?;
    Ok(Json(page))
}

/// Get a contact with its notes and differences
#[utoipa::path(get, path = "/v1/identity/contacts/{id}", tag = "Contacts", params(("id" = ContactId, Path)),
    responses((status = 200, body = ContactDetail)))]
pub(super) async fn get_contact(
    by: Can<ContactsView>,
    State(app): State<App>,
    PathOf(id): PathOf<ContactId>,
) -> Result<Tagged<ContactDetail>> {
    let detail = app.db.read(move |db| detail(db, by.workspace, id)).await?;
    Ok(Tagged(detail.contact.version, detail))
}

/// A custom field that contacts of the workspace have.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContactField {
    #[schema(example = "annualRevenue")]
    key: String,
    #[schema(example = "Annual Revenue")]
    display_name: String,
}

/// List the custom fields that contacts have
#[utoipa::path(get, path = "/v1/identity/contacts/custom-fields", tag = "Contacts",
    params(("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<ContactField>)))]
pub(super) async fn list_contact_fields(
    by: Can<ContactsView>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<Page<ContactField>>> {
    let paging = params.paging();
    params.finish()?;
    let known = app.db.read(move |db| store::known_fields(db, by.workspace)).await?;
    let fields = known.into_iter().map(|(key, display_name)| ContactField { key, display_name });
    Page::of_whole(fields.collect(), &paging).map(Json)
}

/// Export contacts as CSV
///
/// All that the filter leaves, newest first, for spreadsheets: UTF-8 with a column for each custom field. A cell
/// that a spreadsheet would take for a formula begins with an apostrophe.
#[utoipa::path(get, path = "/v1/identity/contacts/export", tag = "Contacts",
    params(("search" = Option<String>, Query, example = "grace"),
        ("platform" = Option<String>, Query, description = "email, sms, whatsapp or none"),
        ("hasEmail" = Option<bool>, Query), ("hasPhone" = Option<bool>, Query)),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub(super) async fn export_contacts(
    by: Can<ContactsView>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Response> {
    let filter = filter(&mut params);
    params.finish()?;
    let (first, export) = Export::begin(&app, by.workspace, filter).await?;
    let body = stream::pieces(first, (app, export), |(app, mut export)| async {
        let piece = export.next(&app).await?;
        Ok(piece.map(|piece| (piece, (app, export))))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"contacts.csv\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, body).into_response())
}
