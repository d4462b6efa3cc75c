//! What the tests share: a server over a database of its own, and clients that speak to it.

use crate::shapes;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use leads::platform::app::Settings;
use leads::platform::db::migrate;
use leads::platform::secret::Vault;
use leads::platform::{App, Clock, Time, lock};
use leads::server;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::LazyLock;
use tempfile::TempDir;
use tower::ServiceExt;

/// The setup code of every test server.
pub const CODE: &str = "TEST-CODE-2345";
/// The password of every test account.
pub const PASSWORD: &str = "a walk in the park";

/// A database that was migrated once; each test gets a copy of its bytes.
static TEMPLATE: LazyLock<(TempDir, PathBuf)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let file = lock::database(folder.path());
    migrate::run(&file).unwrap();
    (folder, file)
});

/// A server of a test's own, with a clock that stands still until it is moved.
pub struct Server {
    pub app: App,
    pub clock: Clock,
    pub router: Router,
    pub folder: TempDir,
}

impl Server {
    /// An installation without any account.
    pub fn empty() -> Self {
        Self::with_settings(Settings::default())
    }

    /// The same with settings of the operator's.
    pub fn with_settings(settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = lock::database(folder.path());
        std::fs::copy(&TEMPLATE.1, &file).unwrap();
        let clock = Clock::manual(Time::parse("2026-11-24T09:00:00Z").unwrap());
        let settings =
            Settings { data: folder.path().to_owned(), setup_code: Some(CODE.into()), ..settings };
        let app = App::open(&file, clock.clone(), Vault::new([7; 32]), settings, server::extras())
            .unwrap();
        Self { router: server::router(app.clone()), app, clock, folder }
    }

    /// The program ends and starts again, over the same file and on the same clock.
    pub fn restart(&mut self) {
        self.app.db.close();
        let settings = (*self.app.settings).clone();
        let file = lock::database(self.folder.path());
        let clock = self.clock.clone();
        self.app =
            App::open(&file, clock, Vault::new([7; 32]), settings, server::extras()).unwrap();
    }

    /// After [`Server::restart`]: whoever connects from now on reaches the new process.
    pub fn listen(&mut self) {
        self.router = server::router(self.app.clone());
    }

    /// An installation with one super admin, and a client signed in as that person.
    pub async fn new() -> (Self, Client) {
        Self::new_with(Settings::default()).await
    }

    /// The same with settings of the operator's.
    pub async fn new_with(settings: Settings) -> (Self, Client) {
        let server = Self::with_settings(settings);
        let answer = server
            .anonymous()
            .post(
                "/v1/identity/setup",
                json!({
                    "code": CODE, "name": "Ada Lovelace", "email": "ada@example.com",
                    "password": PASSWORD, "workspaceName": "Acme", "defaultCountry": "US",
                }),
            )
            .await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let client = server.bearer(answer.body["token"].as_str().unwrap());
        (server, client)
    }

    /// A member with a role, signed in.
    pub async fn member(&self, admin: &Client, role: &str) -> Client {
        let email = format!("{role}-{}@example.com", leads::platform::ids::fresh(self.clock.now()));
        let new = json!({"email": email, "name": role, "role": role, "password": PASSWORD});
        admin.post("/v1/identity/users", new).await.expect(201);
        self.sign_in(&email).await
    }

    /// Signs in to an account with the password of every test account.
    pub async fn sign_in(&self, email: &str) -> Client {
        let login = json!({"email": email, "password": PASSWORD});
        let body = self.anonymous().post("/v1/identity/auth/login", login).await.expect(200);
        self.bearer(body["token"].as_str().unwrap())
    }

    /// A client without any token.
    pub fn anonymous(&self) -> Client {
        Client { router: self.router.clone(), headers: HeaderMap::new() }
    }

    /// A client with a bearer token.
    pub fn bearer(&self, token: &str) -> Client {
        self.anonymous().with("authorization", &format!("Bearer {token}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.app.db.close();
    }
}

/// Somebody who sends requests with certain headers.
#[derive(Clone)]
pub struct Client {
    router: Router,
    headers: HeaderMap,
}

/// What came back. `body` is JSON, or a string when it is not.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    /// The body, after a check of the status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The stable code of a refusal, and the fields at fault with theirs.
    pub fn refusal(&self) -> (String, Vec<(String, String)>) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let fields = self.body["errors"].as_array().cloned().unwrap_or_default();
        let fields = fields.iter().map(|e| (text(&e["field"]), text(&e["code"]))).collect();
        (text(&self.body["code"]), fields)
    }
}

impl Client {
    /// The same client with one more header.
    pub fn with(&self, name: &'static str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.insert(name, value.parse().unwrap());
        client
    }

    /// The token that this client sends.
    pub fn token(&self) -> String {
        let text = self.headers[header::AUTHORIZATION].to_str().unwrap();
        text.trim_start_matches("Bearer ").to_owned()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, Bytes::new()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.json(Method::POST, path, body).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.json(Method::PATCH, path, body).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None, Bytes::new()).await
    }

    pub async fn json(&self, method: Method, path: &str, body: Value) -> Answer {
        self.send(method, path, Some("application/json"), body.to_string()).await
    }

    /// Any request.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        content_type: Option<&str>,
        body: impl Into<Bytes>,
    ) -> Answer {
        let mut request = Request::builder().method(&method).uri(path);
        *request.headers_mut().unwrap() = self.headers.clone();
        if let Some(kind) = content_type {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        let mut request = request.body(Body::from(body.into())).unwrap();
        let peer: SocketAddr = "127.0.0.1:50000".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        assert_ne!(parts.status, StatusCode::INTERNAL_SERVER_ERROR, "{path} failed: {body}");
        if parts.headers.get(header::CONTENT_TYPE).is_some_and(is_json) {
            shapes::check(&method, path, parts.status.as_u16(), &body);
        }
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}

fn is_json(kind: &axum::http::HeaderValue) -> bool {
    kind.to_str().is_ok_and(|kind| kind.ends_with("json"))
}
