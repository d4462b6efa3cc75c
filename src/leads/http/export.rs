//! Leads as a file.

use super::read::{filter, sort};
use crate::auth::{Can, LeadsView};
use crate::leads::columns::TableColumn;
use crate::leads::export::{Export, Format, Wanted};
use crate::platform::http::{Params, stream};
use crate::platform::{App, Result};
use axum::body::Body;
use axum::extract::State;
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};

/// The most columns of a file.
const COLUMNS_MAX: usize = 1000;

/// Reads `columns`: names with commas between them.
fn columns(params: &mut Params) -> Vec<TableColumn> {
    let text = params.text("columns").unwrap_or_default();
    let names: Vec<&str> = text.split(',').filter(|name| !name.is_empty()).collect();
    if names.len() > COLUMNS_MAX {
        params.refuse("columns", "too_many", "At most 1,000 columns.");
        return Vec::new();
    }
    let mut columns = Vec::with_capacity(names.len());
    for name in names {
        match name.parse::<TableColumn>() {
            // A column that is named twice stands where it was named first.
            Ok(column) if columns.contains(&column) => {}
            Ok(column) => columns.push(column),
            Err(()) => {
                let message = format!("There is no column “{}”.", name.escape_debug());
                params.refuse("columns", "unknown_column", &message);
            }
        }
    }
    columns
}

/// Export leads
///
/// All that the filter leaves, in the order wanted, as a table for spreadsheets (`csv`: UTF-8, a cell that a
/// spreadsheet would take for a formula begins with an apostrophe; an import takes it again) or as an object on
/// each line (`jsonl`). The file grows while it is sent: what changes meanwhile is in it once, as it was before or
/// after, and what arrives meanwhile is not.
#[utoipa::path(get, path = "/v1/identity/leads/export", tag = "Leads",
    params(("format" = Option<String>, Query, description = "csv, or jsonl for JSON lines", example = "csv"),
        ("columns" = Option<String>, Query, example = "name,email,stage,customFields.budget",
            description = "With commas between them, in the order wanted: name, email, phone, company, title, tags, source, score, pipeline, stage, assignedTo (an e-mail address), createdAt, updatedAt, id, customFields.<key>; all if left out"),
        ("search" = Option<String>, Query, example = "grace"), ("stageId" = Option<String>, Query),
        ("pipelineId" = Option<String>, Query),
        ("source" = Option<String>, Query, description = "manual, webhook, import or api"),
        ("assignedTo" = Option<String>, Query, description = "A user's id, `me` or `none`"),
        ("tag" = Option<String>, Query, example = "hot"),
        ("customFields.<key>" = Option<String>, Query, description = "The value of a custom field"),
        ("sortBy" = Option<String>, Query, description = "As for the list: createdAt (newest first) if left out"),
        ("sortOrder" = Option<String>, Query, description = "asc or desc")),
    responses((status = 200, content((String = "text/csv"), (String = "application/jsonl")))))]
pub(super) async fn export_leads(
    by: Can<LeadsView>,
    State(app): State<App>,
    method: Method,
    mut params: Params,
) -> Result<Response> {
    let filter = filter(&mut params, &by);
    let sort = sort(&mut params);
    let format = params.parsed("format", "csv or jsonl.").unwrap_or(Format::Csv);
    let columns = columns(&mut params);
    params.finish()?;
    let (kind, ending) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::JsonLines => ("application/jsonl", "jsonl"),
    };
    let today: String = app.clock.now().rfc3339().chars().take(10).collect();
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"leads-{today}.{ending}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    if method == Method::HEAD {
        return Ok((headers, Body::empty()).into_response());
    }
    let export = Export::begin(app, &by, Wanted { filter, sort, columns, format }).await?;
    let body = stream::pieces(export.head(), export, |mut export| async {
        let piece = export.next().await?;
        Ok(piece.map(|piece| (piece, export)))
    });
    Ok((headers, body).into_response())
}
