//! `Idempotency-Key` on any POST: the first answer is kept for 24 hours, in the same transaction as what
//! the request changed, and given again to a repeat. Kept sealed, since an answer may hold a token.

use super::super::db::Tx;
use super::super::error::{Error, Result};
use super::super::{App, Time, secret};
use super::etag;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;
use std::convert::Infallible;

/// The header's name.
pub const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// How long an answer is kept.
const KEPT_MILLIS: i64 = 86_400_000;

/// An answer that is made inside the transaction, so that it can be kept with what it tells.
#[derive(Debug, Clone)]
pub struct Answer {
    status: StatusCode,
    etag: Option<i64>,
    body: Vec<u8>,
    replayed: bool,
}

impl Answer {
    /// Any status with a JSON body.
    pub fn new(status: StatusCode, body: &impl Serialize) -> Result<Self> {
        Ok(Self { status, etag: None, body: serde_json::to_vec(body)?, replayed: false })
    }

    /// 201 with a new resource and its version.
    pub fn created(version: i64, body: &impl Serialize) -> Result<Self> {
        Ok(Self { etag: Some(version), ..Self::new(StatusCode::CREATED, body)? })
    }

    /// 200 with a JSON body.
    pub fn ok(body: &impl Serialize) -> Result<Self> {
        Self::new(StatusCode::OK, body)
    }

    /// 200 with a resource and its version.
    pub fn tagged(version: i64, body: &impl Serialize) -> Result<Self> {
        Ok(Self { etag: Some(version), ..Self::ok(body)? })
    }

    /// 204.
    pub fn empty() -> Self {
        Self { status: StatusCode::NO_CONTENT, etag: None, body: Vec::new(), replayed: false }
    }

    /// A text in the body, by its name.
    pub fn text(&self, name: &str) -> Option<String> {
        let body: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        body[name].as_str().map(str::to_owned)
    }

    /// True when this is the kept answer of an earlier request.
    pub fn is_replayed(&self) -> bool {
        self.replayed
    }

    /// The same answer with another status.
    pub fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.body).into_response();
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_TYPE);
        if self.status != StatusCode::NO_CONTENT {
            let json = HeaderValue::from_static("application/json");
            headers.insert(header::CONTENT_TYPE, json);
        }
        if let Some(version) = self.etag {
            headers.insert(header::ETAG, etag::tag(version));
        }
        if self.replayed {
            headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
        }
        response
    }
}

/// The request's key, if it has one. Put into the extensions by [`super::super::super::server`]'s
/// middleware, which reads the body for its fingerprint.
#[derive(Debug, Clone, Default)]
pub struct Once(Option<Key>);

#[derive(Debug, Clone)]
struct Key {
    /// The hash of who asks, where, and the key: what is looked up.
    scope: secret::Hash,
    /// The hash of the body.
    fingerprint: secret::Hash,
}

impl Once {
    /// From the parts of a request that name it: credential, path, key, body.
    pub fn new(credential: &[u8], path: &str, key: &str, body: &[u8]) -> Result<Self> {
        if key.is_empty() || key.len() > 255 {
            let message = "An Idempotency-Key has 1 to 255 characters.";
            return Err(Error::invalid("Idempotency-Key", "invalid", message));
        }
        use sha2::{Digest, Sha256};
        let mut scope = Sha256::new();
        for part in [credential, path.as_bytes(), key.as_bytes()] {
            scope.update((part.len() as u64).to_le_bytes());
            scope.update(part);
        }
        let fingerprint = Sha256::digest(body).into();
        Ok(Self(Some(Key { scope: scope.finalize().into(), fingerprint })))
    }

    /// Whether the request has a key.
    pub fn has_key(&self) -> bool {
        self.0.is_some()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Once {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

impl App {
    /// What an earlier request with this key was answered. For what [`App::once`] alone finds too late: a
    /// repeat that can no longer prove what the first proved, or work outside the database.
    pub async fn answered(&self, once: &Once) -> Result<Option<Answer>> {
        let Some(key) = once.0.clone() else { return Ok(None) };
        let (vault, now) = (self.vault.clone(), self.clock.now());
        self.db.read(move |db| kept(db, now, &vault, &key)).await
    }

    /// Carries out a POST once: for a repeat of its key, answers what the first was answered.
    pub async fn once<F>(&self, once: Once, operation: F) -> Result<Answer>
    where
        F: FnOnce(&Tx) -> Result<Answer> + Send + 'static,
    {
        let vault = self.vault.clone();
        self.db
            .write(move |tx| {
                let Some(key) = once.0 else { return operation(tx) };
                if let Some(answer) = kept(tx, tx.now(), &vault, &key)? {
                    return Ok(answer);
                }
                let answer = operation(tx)?;
                // The fingerprint is sealed too: by it, a password in the body could be guessed.
                let secret = [key.fingerprint.as_slice(), &answer.body].concat();
                let sealed = vault.seal(&key.scope, &secret)?;
                tx.prepare_cached(
                    "INSERT OR REPLACE INTO idempotency_keys
                        (scope, status, etag, answer, created_at)
                     VALUES (?, ?, ?, ?, ?)",
                )?
                .execute((
                    key.scope,
                    answer.status.as_u16(),
                    answer.etag,
                    sealed,
                    tx.now(),
                ))?;
                Ok(answer)
            })
            .await
    }
}

fn kept(db: &Connection, now: Time, vault: &secret::Vault, key: &Key) -> Result<Option<Answer>> {
    type Row = (u16, Option<i64>, Vec<u8>);
    let row: Option<Row> = db
        .prepare_cached(
            "SELECT status, etag, answer FROM idempotency_keys WHERE scope = ? AND created_at > ?",
        )?
        .query_row((key.scope, now.plus_millis(-KEPT_MILLIS)), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((status, etag, sealed)) = row else { return Ok(None) };
    // Under another vault key (a restored backup) the answer is lost; the request is carried out again.
    let Some(secret) = vault.unseal(&key.scope, &sealed) else { return Ok(None) };
    let Some((fingerprint, body)) = secret.split_first_chunk() else { return Ok(None) };
    if *fingerprint != key.fingerprint {
        let message = "This key was used with another body; use a new key for a new request.";
        return Err(Error::invalid("Idempotency-Key", "key_reused", message));
    }
    let status = StatusCode::from_u16(status).map_err(Error::internal)?;
    Ok(Some(Answer { status, etag, body: body.to_owned(), replayed: true }))
}

/// Forgets answers older than a day; a chore of the writer.
pub fn forget_old(tx: &Tx) -> Result<u64> {
    let before = tx.now().plus_millis(-KEPT_MILLIS);
    let gone = tx
        .prepare_cached(
            "DELETE FROM idempotency_keys WHERE scope IN
                (SELECT scope FROM idempotency_keys WHERE created_at < ? LIMIT 500)",
        )?
        .execute([before])?;
    Ok(u64::from(gone == 500))
}
