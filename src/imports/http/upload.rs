//! Taking a file in: to disk as it comes, never whole into memory.

use super::body::{DetailBody, ImportPatch, answer};
use crate::auth::extract::credential;
use crate::auth::{Caller, Can, LeadsManage};
use crate::imports::survey::survey;
use crate::imports::{ImportId, Incoming, NewImport, SIZE_MAX, add, start};
use crate::platform::http::{Answer, Once, json, once};
use crate::platform::{App, Error, Result};
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use tokio_stream::{Stream, StreamExt};

/// What a form may be larger than its file.
const AROUND: u64 = 2 * 1024 * 1024;
/// The longest text of a form.
const TEXT_MAX: usize = 256 * 1024;

/// What a raw body may call itself; browsers name a CSV file after the program that opens it.
const RAW: [&str; 6] = [
    "text/csv",
    "text/plain",
    "text/tab-separated-values",
    "application/csv",
    "application/vnd.ms-excel",
    "application/octet-stream",
];

/// What comes along with a file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Along {
    #[serde(default)]
    start: bool,
    file_name: Option<String>,
    #[serde(flatten)]
    patch: Map<String, Value>,
}

/// Bring a file to import
///
/// CSV in UTF-8, UTF-16 or Windows-1252 with commas, semicolons, tabs or bars; at most 200 MB, 500,000 rows and 500
/// columns. As the body itself (`text/csv`), or as the part `file` of a form. Whatever a later `PATCH` takes may come
/// along at once, as query parameters or as further parts of the form (`mapping` as JSON); with `start=true` the
/// import begins at once, so that a program needs one call. Else the answer is a draft: it tells the encoding, the
/// columns, where each probably goes (by its header, or as the last file with these columns was mapped) and what the
/// first rows would become. A draft waits for 7 days.
#[utoipa::path(post, path = "/v1/identity/leads/import", tag = "Imports",
    params(("start" = Option<bool>, Query, description = "true begins at once"),
        ("fileName" = Option<String>, Query, example = "leads.csv"),
        ("mapping" = Option<String>, Query, description = "JSON, as in {\"E-mail\": \"email\"}; what it leaves out goes where it is guessed to"),
        ("onDuplicate" = Option<String>, Query, description = "skip (if left out), update or create"),
        ("pipelineId" = Option<String>, Query), ("unknownStage" = Option<String>, Query, description = "keep or reject"),
        ("unknownOwner" = Option<String>, Query, description = "keep or reject"),
        ("tags" = Option<String>, Query, description = "For each lead, separated by commas"),
        ("triggerWebhookId" = Option<String>, Query, description = "New leads trigger the automations of this webhook"),
        ("encoding" = Option<String>, Query), ("delimiter" = Option<String>, Query),
        ("hasHeader" = Option<bool>, Query)),
    request_body(content((String = "text/csv"), (Object = "multipart/form-data")), description = "The file"),
    responses((status = 201, body = DetailBody), (status = 409, description = "Too many files wait already")))]
pub(super) async fn import_leads(
    by: Can<LeadsManage>,
    State(app): State<App>,
    request: Request,
) -> Result<Answer> {
    let (parts, body) = request.into_parts();
    let length = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|text| text.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > SIZE_MAX + AROUND) {
        return Err(Error::TooLarge("A file has at most 200 MB; split it.".into()));
    }
    let kind = media_type(&parts.headers);
    let mut taken = Taken {
        incoming: None,
        id: ImportId::fresh(app.clock.now()),
        pairs: form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect(),
        file_name: None,
        digest: Sha256::new(),
    };
    let stream = body.into_data_stream();
    match kind.as_str() {
        "multipart/form-data" => taken.form(&app, &parts.headers, stream).await?,
        kind if RAW.contains(&kind) => taken.raw(&app, stream).await?,
        _ => {
            return Err(Error::MediaType(
                "Send the file as text/csv or as multipart/form-data.".into(),
            ));
        }
    }
    let once = taken.once(&parts.headers, parts.uri.path())?;
    let by = (*by).clone();
    // To its end also when whoever asked has hung up: a file without an import is nothing.
    tokio::spawn(async move { taken.finish(app, by, once).await }).await.map_err(Error::internal)?
}

fn media_type(headers: &HeaderMap) -> String {
    let kind =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// What arrived.
struct Taken {
    incoming: Option<Incoming>,
    id: ImportId,
    pairs: Vec<(String, String)>,
    file_name: Option<String>,
    /// Of the file and what came along: by it a repeated request is known.
    digest: Sha256,
}

impl Taken {
    async fn raw(
        &mut self,
        app: &App,
        mut stream: impl Stream<Item = Result<Bytes, axum::Error>> + Unpin,
    ) -> Result<()> {
        let mut file = Incoming::begin(&app.settings.data, self.id).await?;
        while let Some(bytes) = stream.next().await {
            let bytes = bytes.map_err(|_| cut_off())?;
            self.digest.update(&bytes);
            file.push(&bytes).await?;
        }
        self.incoming = Some(file);
        Ok(())
    }

    async fn form(
        &mut self,
        app: &App,
        headers: &HeaderMap,
        stream: impl Stream<Item = Result<Bytes, axum::Error>> + Send + 'static,
    ) -> Result<()> {
        let kind = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let no_form = |_| Error::Malformed("The body is no form.".into());
        let boundary = multer::parse_boundary(kind).map_err(no_form)?;
        let mut form = multer::Multipart::new(stream, boundary);
        while let Some(mut part) = form.next_field().await.map_err(no_form)? {
            let name = part.name().unwrap_or_default().to_owned();
            if name == "file" {
                if self.incoming.is_some() {
                    return Err(Error::invalid("file", "several", "Send one file at a time."));
                }
                self.file_name = part.file_name().map(str::to_owned);
                let mut file = Incoming::begin(&app.settings.data, self.id).await?;
                while let Some(bytes) = part.chunk().await.map_err(|_| cut_off())? {
                    self.digest.update(&bytes);
                    file.push(&bytes).await?;
                }
                self.incoming = Some(file);
                continue;
            }
            let mut text = Vec::new();
            while let Some(bytes) = part.chunk().await.map_err(|_| cut_off())? {
                text.extend_from_slice(&bytes);
                if text.len() > TEXT_MAX || self.pairs.len() > 100 {
                    return Err(Error::TooLarge(
                        "What comes along with the file is too much.".into(),
                    ));
                }
            }
            self.pairs.push((name, String::from_utf8_lossy(&text).into_owned()));
        }
        Ok(())
    }

    fn once(&mut self, headers: &HeaderMap, path: &str) -> Result<Once> {
        let Some(key) = headers.get(once::HEADER).and_then(|key| key.to_str().ok()) else {
            return Ok(Once::default());
        };
        for (name, value) in &self.pairs {
            self.digest.update(name);
            self.digest.update([0]);
            self.digest.update(value);
            self.digest.update([0]);
        }
        let who = credential(headers).map(|(token, _)| token).unwrap_or_default();
        Once::new(who.as_bytes(), path, key, &self.digest.clone().finalize())
    }

    /// What came along, checked.
    fn along(&mut self) -> Result<(bool, ImportPatch)> {
        let mut object = Map::new();
        for (name, text) in std::mem::take(&mut self.pairs) {
            object.insert(name.clone(), value(&name, text)?);
        }
        let along: Along = json::read(&serde_json::to_vec(&object)?)?;
        self.file_name = along.file_name.or(self.file_name.take());
        let patch = json::read(&serde_json::to_vec(&along.patch)?)?;
        Ok((along.start, patch))
    }

    async fn finish(mut self, app: App, by: Caller, once: Once) -> Result<Answer> {
        if let Some(answer) = app.answered(&once).await? {
            return Ok(answer);
        }
        let Some(mut incoming) = self.incoming.take() else {
            return Err(Error::invalid(
                "file",
                "required",
                "Send the file as the part “file” of the form.",
            ));
        };
        let (starts, patch) = self.along()?;
        let known = patch.known()?.unwrap_or_default();
        let (path, size_bytes) = incoming.finish().await?;
        let walk = tokio::task::spawn_blocking(move || survey(&path, &known));
        let survey = walk.await.map_err(Error::internal)??;
        let file_name = self.file_name.unwrap_or_default();
        let new = NewImport { id: self.id, file_name, size_bytes, survey };
        let id = self.id;
        let made = app
            .once(once, move |tx| {
                add(tx, &by, new, patch.into_change())?;
                if starts {
                    start(tx, &by, id)?;
                }
                answer(tx, by.workspace, id, StatusCode::CREATED)
            })
            .await?;
        if !made.is_replayed() {
            incoming.keep();
        }
        Ok(made)
    }
}

/// A text of a form or a query as the JSON value that it stands for.
fn value(name: &str, text: String) -> Result<Value> {
    let wrong = |message: &str| Error::invalid(name, "wrong_type", message);
    Ok(match (name, text.as_str()) {
        ("mapping", _) => {
            serde_json::from_str(&text).map_err(|_| wrong("Send the mapping as JSON."))?
        }
        ("start" | "hasHeader", "true" | "1") => Value::Bool(true),
        ("start" | "hasHeader", "false" | "0") => Value::Bool(false),
        ("start" | "hasHeader", _) => return Err(wrong("true or false.")),
        ("pipelineId" | "triggerWebhookId", "") => Value::Null,
        _ => Value::String(text),
    })
}

fn cut_off() -> Error {
    Error::Malformed("The file did not arrive whole.".into())
}
