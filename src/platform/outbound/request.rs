//! HTTP requests. No redirect is followed, no proxy of the environment is used, no answer is read further
//! than [`BODY_LIMIT`].

use super::{Fault, Guard, Kind, Limits, Outbound, Phase, is_about_tls, reason};
use crate::platform::{Error, Result};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::sync::Arc;
use std::time::Duration;

/// The most that is read of an answer.
pub const BODY_LIMIT: usize = 256 * 1024;

/// How long a connection is kept for the next request. Short, since a server that closes it just when it is
/// used again leaves us not knowing whether the request arrived.
const KEPT_IDLE: Duration = Duration::from_secs(10);

/// The client that all requests share.
pub(super) fn client(guard: Arc<Guard>, limits: Limits) -> Result<reqwest::Client> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = rustls::RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Error::internal)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(concat!("Leads/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(limits.connect)
        .timeout(limits.answer)
        .pool_idle_timeout(KEPT_IDLE)
        .dns_resolver(Resolver(guard))
        .build()
        .map_err(Error::internal)
}

/// Gives reqwest the permitted addresses only.
struct Resolver(Arc<Guard>);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0.clone();
        Box::pin(async move {
            let found = guard.resolve(name.as_str(), 0).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// A request under construction.
#[derive(Debug)]
pub struct Request {
    host: String,
    check: std::result::Result<(), Fault>,
    inner: reqwest::RequestBuilder,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After`, as it was sent.
    pub retry_after: Option<String>,
    /// The body, at most [`BODY_LIMIT`] of it.
    pub body: Vec<u8>,
    /// False when the body was longer, or ended too early.
    pub is_whole: bool,
}

impl Answer {
    /// The body as JSON; `None` when it is none, or not whole.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        self.is_whole.then(|| serde_json::from_slice(&self.body).ok()).flatten()
    }
}

impl Outbound {
    /// A GET of this address.
    pub fn get(&self, url: &str) -> Request {
        self.request(reqwest::Method::GET, url)
    }

    /// A POST to this address.
    pub fn post(&self, url: &str) -> Request {
        self.request(reqwest::Method::POST, url)
    }

    fn request(&self, method: reqwest::Method, url: &str) -> Request {
        let parsed = reqwest::Url::parse(url).ok();
        let host = parsed.as_ref().and_then(|url| url.host_str()).unwrap_or_default().to_owned();
        // An address in the URL never comes to the resolver.
        let check = self.guard.check_literal(&host);
        Request { check, host, inner: self.http.request(method, url) }
    }
}

impl Request {
    /// Adds `Authorization: Basic …`.
    pub fn basic(mut self, name: &str, password: &str) -> Self {
        self.inner = self.inner.basic_auth(name, Some(password));
        self
    }

    /// Adds `Authorization: Bearer …`.
    pub fn bearer(mut self, token: &str) -> Self {
        self.inner = self.inner.bearer_auth(token);
        self
    }

    /// Sends fields as a form.
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.inner =
            self.inner.header("Content-Type", "application/x-www-form-urlencoded").body(body);
        self
    }

    /// Sends a JSON value.
    pub fn json(mut self, value: &serde_json::Value) -> Self {
        self.inner = self.inner.header("Content-Type", "application/json").body(value.to_string());
        self
    }

    /// Sends these bytes of JSON, as they are.
    pub fn json_text(mut self, body: String) -> Self {
        self.inner = self.inner.header("Content-Type", "application/json").body(body);
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.inner = self.inner.header(name, value);
        self
    }

    /// Waits so long for the whole answer, instead of the usual time.
    pub fn within(mut self, limit: Duration) -> Self {
        self.inner = self.inner.timeout(limit);
        self
    }

    /// Sends it and reads the answer, whichever status it has.
    ///
    /// # Errors
    /// A fault when no answer came: no connection, a refused address, a time-out, a cut.
    pub async fn send(self) -> std::result::Result<Answer, Fault> {
        self.check?;
        let host = self.host;
        let request = self.inner.header("Accept", "application/json");
        let mut response = request.send().await.map_err(|error| fault(&host, &error))?;
        let retry_after = response.headers().get("retry-after");
        let retry_after = retry_after.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let status = response.status().as_u16();
        let mut body = Vec::new();
        // The status is known by now; a body that does not come whole takes nothing from it.
        let is_whole = loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    let room = BODY_LIMIT - body.len();
                    body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                    if chunk.len() > room {
                        break false;
                    }
                }
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        Ok(Answer { status, retry_after, body, is_whole })
    }
}

/// Says what happened to a request that got no answer.
fn fault(host: &str, error: &reqwest::Error) -> Fault {
    if let Some(refused) = own(error) {
        return refused.clone();
    }
    let before = error.is_connect() || error.is_builder();
    let phase = if before { Phase::BeforeSend } else { Phase::AfterSend };
    let (kind, text) = if error.is_builder() {
        (Kind::Unfit, "The address is not one that a request can be sent to.".to_owned())
    } else if error.is_timeout() && before {
        (Kind::Timeout, format!("{host} could not be connected to in time."))
    } else if error.is_timeout() {
        (Kind::Timeout, format!("{host} did not answer in time."))
    } else if is_about_tls(error) {
        (Kind::Tls, format!("No secure connection to {host}: {}.", reason(error)))
    } else if before {
        (Kind::Connect, format!("No connection to {host}: {}.", reason(error)))
    } else {
        (Kind::Cut, format!("{host} ended the connection before it answered."))
    };
    Fault { phase, kind, text }
}

/// The guard's own refusal, out of what reqwest has wrapped around it.
fn own(error: &reqwest::Error) -> Option<&Fault> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(fault) = error.downcast_ref::<Fault>() {
            return Some(fault);
        }
        next = error.source();
    }
    None
}
