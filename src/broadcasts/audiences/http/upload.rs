//! Making an audience of a CSV file, as it arrives.

use super::make::whole;
use super::wire::{Uploaded, Wire};
use crate::auth::{BroadcastManage, Caller, Can};
use crate::broadcasts::audiences::make::Filing;
use crate::broadcasts::audiences::{Listed, build};
use crate::platform::http::{Answer, Once, Params};
use crate::platform::{App, Error, Result};
use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::header;
use tokio_stream::StreamExt;

/// Create an audience of a CSV file
///
/// As `text/csv`, with `name` (and `fileName`) in the query, or as `multipart/form-data` with a text part `name` before
/// the part `file`. The first row names the columns: name, email, phone, company and title are known in many
/// spellings, the others become custom fields. Rows that cannot be taken are told by their numbers, and the others are
/// members. At most 64 MiB and a million rows; 5 MiB with an `Idempotency-Key`.
#[utoipa::path(post, path = "/v1/broadcast/audiences/from-csv", tag = "Audiences",
    params(("name" = Option<String>, Query, example = "Visitors of the fair"),
        ("fileName" = Option<String>, Query, example = "fair.csv")),
    request_body(content((String = "text/csv", example = "name,email,phone\nGrace Hopper,grace@example.com,+14155552671\n"),
        (String = "multipart/form-data"))),
    responses((status = 201, body = Uploaded)))]
pub async fn upload_audience(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    once: Once,
    mut params: Params,
    request: Request,
) -> Result<Answer> {
    let (name, file_name) = (params.text("name"), params.text("fileName"));
    params.finish()?;
    if let Some(answer) = app.answered(&once).await? {
        return Ok(answer);
    }
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_lowercase();
    let by = Caller::clone(&by);
    match kind.as_str() {
        "text/csv" | "text/plain" => {
            let name = name.ok_or_else(no_name)?;
            let filing = Filing::begin(&app, &by, name, file_name.map(short)).await?;
            let filing = of_body(filing, request.into_body()).await?;
            done(app, by, once, filing).await
        }
        "multipart/form-data" => {
            let form = Multipart::from_request(request, &()).await.map_err(|_| broken())?;
            let filing = of_form(&app, &by, name, file_name, form).await?;
            done(app, by, once, filing).await
        }
        _ => Err(Error::MediaType("Send the file as text/csv or multipart/form-data.".into())),
    }
}

fn no_name() -> Error {
    Error::invalid("name", "required", "Give the audience a name.")
}

fn broken() -> Error {
    Error::Malformed("The body did not arrive whole.".into())
}

/// A file's name, as far as it is shown.
fn short(name: String) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    name.chars().filter(|c| !c.is_control()).take(120).collect()
}

async fn of_body(mut filing: Filing, body: Body) -> Result<Filing> {
    let mut stream = body.into_data_stream();
    while let Some(bytes) = stream.next().await {
        filing.push(&bytes.map_err(|_| broken())?).await?;
    }
    Ok(filing)
}

async fn of_form(
    app: &App,
    by: &Caller,
    mut name: Option<String>,
    mut file_name: Option<String>,
    mut form: Multipart,
) -> Result<Filing> {
    let mut parts = 0;
    while let Some(mut field) = form.next_field().await.map_err(|_| broken())? {
        parts += 1;
        match field.name() {
            Some("file") => {
                file_name = file_name.or_else(|| field.file_name().map(str::to_owned));
                let name = name.ok_or_else(no_name)?;
                let mut filing = Filing::begin(app, by, name, file_name.map(short)).await?;
                while let Some(bytes) = field.chunk().await.map_err(|_| broken())? {
                    filing.push(&bytes).await?;
                }
                return Ok(filing);
            }
            Some("name") if parts < 10 => {
                let mut text = Vec::new();
                while let Some(bytes) = field.chunk().await.map_err(|_| broken())? {
                    text.extend_from_slice(&bytes);
                    if text.len() > 4_096 {
                        let message = "At most 120 characters.";
                        return Err(Error::invalid("name", "too_long", message));
                    }
                }
                name = Some(String::from_utf8_lossy(&text).into_owned());
            }
            other => {
                let field = other.unwrap_or("body").chars().take(60).collect::<String>();
                let message = "There is no such part here.";
                return Err(Error::invalid(field, "unknown_property", message));
            }
        }
    }
    Err(Error::invalid("file", "required", "Send the file as the part `file`."))
}

/// The whole file has arrived: from here on it goes to its end, also when whoever sent it is gone.
async fn done(app: App, by: Caller, once: Once, filing: Filing) -> Result<Answer> {
    whole(async move {
        let (making, file) = filing.end().await?;
        app.once(once, move |tx| {
            let audience = build::finish(tx, &by, &making)?;
            let size = audience.member_count;
            let audience = Wire::from(Listed { audience, size, size_is_capped: false });
            Answer::created(audience.version, &Uploaded { audience, file })
        })
        .await
    })
    .await
}
