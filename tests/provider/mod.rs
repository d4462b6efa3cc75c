//! A provider on this machine: speaks the documented HTTP of Twilio's Messages and Meta's Cloud API, keeps what
//! it was given, and can be told to fall silent at a certain moment of a request.

#![allow(dead_code, reason = "each test binary uses a part of it")]

pub mod place;

use crate::binary::{Running, http};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

/// A moment of a request at which the caller is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The connection is there, nothing was read.
    Connected,
    /// The request was read and taken, there is no answer.
    Read,
    /// Half of the answer is sent.
    Answering,
    /// The answer is sent; whoever asked may not have stored it.
    Answered,
}

impl Moment {
    pub const ALL: [Self; 4] = [Self::Connected, Self::Read, Self::Answering, Self::Answered];
}

/// A message as it was taken.
#[derive(Debug, Clone)]
pub struct Taken {
    /// What tells it from all others: with Meta the sender's own id, with Twilio its recipient and text.
    pub key: String,
    id: String,
    to: String,
    pub text: String,
    date: String,
}

#[derive(Default)]
struct Inner {
    taken: Vec<Taken>,
    /// Fall silent at this moment of the request after so many.
    trap: Option<(Moment, usize)>,
    /// Requests that fell silent; dropped, and so closed, when the next trap is set.
    silent: Vec<TcpStream>,
}

pub struct StandIn {
    pub url: String,
    inner: Arc<Mutex<Inner>>,
    trapped: Receiver<Moment>,
}

impl StandIn {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let inner = Arc::new(Mutex::new(Inner::default()));
        let (tell, trapped) = channel();
        let shared = inner.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (shared, tell) = (shared.clone(), tell.clone());
                // A caller that was killed cuts its connection.
                std::thread::spawn(move || drop(speak(stream.unwrap(), &shared, &tell)));
            }
        });
        Self { url, inner, trapped }
    }

    /// Falls silent at this moment of a message after `skipped` more.
    pub fn trap(&self, moment: Moment, skipped: usize) {
        let mut inner = self.inner.lock().unwrap();
        inner.silent.clear();
        inner.trap = Some((moment, skipped));
        while self.trapped.try_recv().is_ok() {}
    }

    /// Waits until the trap has closed.
    pub fn trapped(&self) -> Moment {
        self.trapped.recv_timeout(std::time::Duration::from_secs(20)).expect("a message was sent")
    }

    /// Everything that was taken, in order.
    pub fn taken(&self) -> Vec<Taken> {
        self.inner.lock().unwrap().taken.clone()
    }
}

/// Whether this request falls into the trap at this moment.
fn falls(inner: &Mutex<Inner>, moment: Moment, stream: &TcpStream, tell: &Sender<Moment>) -> bool {
    let mut inner = inner.lock().unwrap();
    match inner.trap {
        Some((wanted, 0)) if wanted == moment => {
            inner.trap = None;
            inner.silent.push(stream.try_clone().unwrap());
            tell.send(moment).unwrap();
            true
        }
        Some((wanted, skipped)) if wanted == moment => {
            inner.trap = Some((wanted, skipped - 1));
            false
        }
        _ => false,
    }
}

/// Answers the requests of one connection.
fn speak(stream: TcpStream, inner: &Mutex<Inner>, tell: &Sender<Moment>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream.try_clone()?;
    loop {
        // A byte of a request is there, and only peeked at.
        if stream.peek(&mut [0])? == 0 || falls(inner, Moment::Connected, &stream, tell) {
            return Ok(());
        }
        let request = Request::read(&mut reader)?;
        if request.method != "POST" {
            let found = match request.path.contains("message_templates") {
                true => templates(),
                false => look_up(&inner.lock().unwrap(), &request),
            };
            writer.write_all(&answer(200, &found))?;
            continue;
        }
        let answer = take(inner, &request);
        if falls(inner, Moment::Read, &stream, tell) {
            return Ok(());
        }
        writer.write_all(&answer[..answer.len() / 2])?;
        if falls(inner, Moment::Answering, &stream, tell) {
            return Ok(());
        }
        writer.write_all(&answer[answer.len() / 2..])?;
        falls(inner, Moment::Answered, &stream, tell);
    }
}

struct Request {
    method: String,
    path: String,
    body: Vec<u8>,
}

impl Request {
    fn read(reader: &mut impl BufRead) -> std::io::Result<Self> {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let mut words = line.split_whitespace().map(str::to_owned);
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut length = 0;
        loop {
            let mut header = String::new();
            if reader.read_line(&mut header)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let header = header.trim().to_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        Ok(Self { method, path, body })
    }

    fn form(&self) -> HashMap<String, String> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    fn query(&self) -> HashMap<String, String> {
        let query = self.path.split_once('?').map_or("", |(_, query)| query);
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }
}

/// Some messages are taken and yet answered by a gateway that waited in vain.
fn is_lost_behind_a_gateway(number: usize) -> bool {
    number % 11 == 5
}

/// Takes a message, as the provider whose address was asked.
fn take(inner: &Mutex<Inner>, request: &Request) -> Vec<u8> {
    let mut inner = inner.lock().unwrap();
    let number = inner.taken.len();
    let date = chrono::Utc::now().to_rfc2822();
    if request.path.contains("/Messages.json") {
        let form = request.form();
        let id = format!("SM{number:032x}");
        let (to, text) = (form["To"].clone(), form["Body"].clone());
        inner.taken.push(Taken { key: format!("{to} {text}"), id, to, text, date });
        if is_lost_behind_a_gateway(number) {
            return answer(502, &json!({}));
        }
        let message = as_twilio(inner.taken.last().unwrap());
        return answer(201, &message);
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let id = format!("wamid.{number:032x}");
    let (to, key) = (text(&body["to"]), text(&body["biz_opaque_callback_data"]));
    let text = text(&body["template"]["name"]);
    inner.taken.push(Taken { key, id: id.clone(), to: to.clone(), text, date });
    if is_lost_behind_a_gateway(number) {
        return answer(504, &json!({}));
    }
    let message = json!({
        "messaging_product": "whatsapp", "contacts": [{"input": to, "wa_id": to}],
        "messages": [{"id": id, "message_status": "accepted"}],
    });
    answer(200, &message)
}

/// A message as Twilio shows it.
fn as_twilio(taken: &Taken) -> Value {
    json!({
        "sid": taken.id, "account_sid": "AC", "api_version": "2010-04-01", "body": taken.text,
        "date_created": taken.date, "date_updated": taken.date,
        "date_sent": null, "direction": "outbound-api", "error_code": null, "error_message": null,
        "from": "+12025550100", "to": taken.to, "messaging_service_sid": null, "num_media": "0",
        "num_segments": "1", "price": null, "price_unit": null, "status": "queued",
    })
}

/// Twilio's list of messages to a number, newest first.
fn look_up(inner: &Inner, request: &Request) -> Value {
    let query = request.query();
    let found = inner.taken.iter().rev().filter(|taken| query.get("To") == Some(&taken.to));
    json!({"messages": found.map(as_twilio).collect::<Vec<_>>(), "next_page_uri": null, "page_size": 1000})
}

/// Meta's list of templates: one, approved, without anything to fill in.
fn templates() -> Value {
    json!({"data": [{"name": "open", "language": "en_US", "status": "APPROVED", "category": "MARKETING",
        "components": [{"type": "BODY", "text": "We are open."}]}], "paging": {}})
}

fn answer(status: u16, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Answer\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

fn put(server: &Running, token: &str, channel: &str, body: &Value) {
    let url = format!("{}/v1/messaging/channels/{channel}", server.url);
    let answer = http().put(url).bearer_auth(token).json(body).send().unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().unwrap());
}

/// Has text messages carried by Twilio as it stands here; answers what a quick send by it begins with.
pub fn twilio(server: &Running, token: &str, url: &str) -> Value {
    let settings = json!({
        "accountSid": format!("AC{:032x}", 1), "authToken": "a secret", "from": "+12025550100",
        "baseUrl": url, "ratePerSecond": 1000,
    });
    put(server, token, "sms", &json!({"provider": "twilio", "settings": settings}));
    json!({"channel": "sms"})
}

/// The same for WhatsApp and Meta, with the one template that it keeps.
pub fn meta(server: &Running, token: &str, url: &str) -> Value {
    let settings = json!({
        "phoneNumberId": "1122334455667", "businessAccountId": "7766554433221",
        "accessToken": "a token", "appSecret": "a secret", "verifyToken": "a word",
        "baseUrl": url, "ratePerSecond": 1000,
    });
    put(server, token, "whatsapp", &json!({"provider": "meta", "settings": settings}));
    let path = "/v1/messaging/channels/whatsapp/sync-templates";
    let synced = server.post(path, token, &json!({}));
    assert_eq!(synced["synced"], 1, "{synced}");
    let templates = server.get("/v1/broadcast/templates?channel=whatsapp", token);
    json!({"channel": "whatsapp", "templateId": templates["data"][0]["id"]})
}
