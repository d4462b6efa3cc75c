//! Outbound webhooks: what is sent to others, when, how often, and what they can rely on.

mod events;
mod settings;
mod tries;

use crate::harness::{Client, Server};
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use leads::outbound_webhooks::HANDLER;
use leads::platform::app::Settings;
use leads::platform::jobs;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

pub const HOOKS: &str = "/v1/identity/outbound-webhooks";
pub const LEADS: &str = "/v1/identity/leads";

/// One request that a receiver got.
#[derive(Debug, Clone)]
pub struct Got {
    pub headers: HeaderMap,
    pub raw: String,
    pub body: Value,
}

impl Got {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub fn kind(&self) -> &str {
        self.body["type"].as_str().unwrap()
    }
}

#[derive(Default)]
struct Inner {
    got: Vec<Got>,
    answers: VecDeque<(u16, Vec<(&'static str, String)>)>,
    always: Option<u16>,
}

/// A receiver on this machine: keeps what it gets, answers 200 unless it is told otherwise.
#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    inner: Arc<Mutex<Inner>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let inner = Arc::new(Mutex::new(Inner::default()));
        let shared = inner.clone();
        let take = move |headers: HeaderMap, body: Bytes| {
            let mut inner = shared.lock().unwrap();
            let raw = String::from_utf8(body.to_vec()).unwrap();
            let body = serde_json::from_str(&raw).unwrap();
            inner.got.push(Got { headers, raw, body });
            let always = inner.always.map(|status| (status, Vec::new()));
            let (status, extra) = inner.answers.pop_front().or(always).unwrap_or_default();
            let status = if status == 0 { 200 } else { status };
            let mut headers = HeaderMap::new();
            for (name, value) in extra {
                headers.insert(name, value.parse().unwrap());
            }
            async move { (StatusCode::from_u16(status).unwrap(), headers, "thanks") }
        };
        let router = Router::new().fallback(take);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, inner }
    }

    /// Everything it got since it was asked last.
    pub fn got(&self) -> Vec<Got> {
        std::mem::take(&mut self.inner.lock().unwrap().got)
    }

    /// Answers the next requests so.
    pub fn answer(&self, statuses: &[u16]) {
        let answers = statuses.iter().map(|status| (*status, Vec::new()));
        self.inner.lock().unwrap().answers.extend(answers);
    }

    /// Answers the next request so, with a header.
    pub fn answer_with(&self, status: u16, name: &'static str, value: &str) {
        let answer = (status, vec![(name, value.to_owned())]);
        self.inner.lock().unwrap().answers.push_back(answer);
    }

    /// Answers all requests so, until it is told otherwise.
    pub fn always(&self, status: Option<u16>) {
        self.inner.lock().unwrap().always = status;
    }
}

/// A server that may reach this machine.
pub async fn open() -> (Server, Client) {
    let settings =
        Settings { allow_private_hosts: vec!["127.0.0.1".into()], ..Settings::default() };
    Server::new_with(settings).await
}

/// An outbound webhook for these events, with its secret.
pub async fn hook(client: &Client, to: &Receiver, events: &[&str]) -> Value {
    let new = json!({"name": "n8n", "url": to.url, "events": events});
    client.post(HOOKS, new).await.expect(201)
}

/// The path of one.
pub fn at(hook: &Value) -> String {
    format!("{HOOKS}/{}", hook["id"].as_str().unwrap())
}

/// Sends what is due; answers how many turns that took.
pub async fn send_due(server: &Server) -> usize {
    jobs::run_due(&server.app, &[HANDLER]).await.unwrap()
}

pub async fn lead(client: &Client, name: &str) -> String {
    let lead = client.post(LEADS, json!({"name": name})).await.expect(201);
    lead["id"].as_str().unwrap().to_owned()
}

/// The log of one, newest first.
pub async fn log(client: &Client, hook: &Value, query: &str) -> Vec<Value> {
    let page = client.get(&format!("{}/deliveries{query}", at(hook))).await.expect(200);
    page["data"].as_array().unwrap().clone()
}
