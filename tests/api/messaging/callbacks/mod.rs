//! What comes back from providers, through the real router: each callback is signed as its provider does.

mod fates;
mod mail;
mod overtaking;
mod refusals;
mod replies;
mod ses;
mod templates;

use crate::harness::{Answer, Client, Server};
use axum::http::Method;
use data_encoding::{BASE64, HEXLOWER};
use leads::platform::app::Settings;
use ring::hmac;
use serde_json::{Value, json};

const PUBLIC: &str = "https://leads.example.com";
const AUTH_TOKEN: &str = "0123456789abcdef0123456789abcdef";
const APP_SECRET: &str = "a very secret app";
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// A server that is reached under a public address, and its first account.
async fn server() -> (Server, Client) {
    let settings = Settings { public_url: Some(PUBLIC.into()), ..Settings::default() };
    Server::new_with(settings).await
}

fn twilio() -> Value {
    json!({"provider": "twilio", "settings": {"accountSid": format!("AC{}", "0".repeat(32)),
        "authToken": AUTH_TOKEN, "from": "+14155550100"}})
}

fn meta() -> Value {
    json!({"provider": "meta", "settings": {"phoneNumberId": "1122334455667", "businessAccountId": "7766554433221",
        "accessToken": "EAAB", "appSecret": APP_SECRET, "verifyToken": "mine"}})
}

fn smtp(events: Value) -> Value {
    json!({"provider": "smtp", "settings": {"host": "smtp.example.com", "port": 587, "security": "starttls",
        "username": "u", "password": "p", "fromAddress": "crm@example.com", "events": events}})
}

/// Sets a channel's provider; answers the path of its callbacks.
async fn set_up(root: &Client, channel: &str, settings: Value) -> String {
    let path = format!("/v1/messaging/channels/{channel}");
    let body = root.json(Method::PUT, &path, settings).await.expect(200);
    let url = body["callbackUrl"].as_str().unwrap();
    url.strip_prefix(PUBLIC).unwrap_or_else(|| panic!("{url}")).to_owned()
}

/// What a channel tells of its callbacks.
async fn figures(root: &Client, channel: &str) -> Value {
    root.get(&format!("/v1/messaging/channels/{channel}")).await.expect(200)["callbacks"].clone()
}

fn encode(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// A form's signature by Twilio's rules, written apart from the product's.
fn by_twilio(token: &str, url: &str, fields: &[(&str, &str)]) -> String {
    let mut fields = fields.to_vec();
    fields.sort_unstable();
    fields.dedup();
    let text = fields.iter().fold(url.to_owned(), |text, (name, value)| text + name + value);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
    BASE64.encode(hmac::sign(&key, text.as_bytes()).as_ref())
}

/// Posts a form as Twilio does.
async fn from_twilio(server: &Server, path: &str, fields: &[(&str, &str)]) -> Answer {
    let signature = by_twilio(AUTH_TOKEN, &format!("{PUBLIC}{path}"), fields);
    let twilio = server.anonymous().with("x-twilio-signature", &signature);
    twilio.send(Method::POST, path, Some(FORM), encode(fields)).await
}

fn by_meta(secret: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", HEXLOWER.encode(hmac::sign(&key, body.as_bytes()).as_ref()))
}

/// Posts JSON as Meta does.
async fn from_meta(server: &Server, path: &str, body: &str) -> Answer {
    let meta = server.anonymous().with("x-hub-signature-256", &by_meta(APP_SECRET, body));
    meta.send(Method::POST, path, Some(JSON), body.to_owned()).await
}

/// A change of Meta's field `messages`.
fn change(value: Value) -> String {
    let change = json!({"field": "messages", "value": value});
    json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]})
        .to_string()
}

/// A message as it stands.
async fn stands(root: &Client, id: &str) -> Value {
    root.get(&format!("/v1/broadcast/messages/{id}")).await.expect(200)
}

/// Everything that is in the database, one line a row; but for what the search index catches up with by itself.
async fn dump(server: &Server) -> Vec<String> {
    let dump = server.app.db.read(|db| {
        let mut names = db.prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%search%'
                AND name NOT IN ('lead_terms', 'lead_sort_keys') ORDER BY name",
        )?;
        let names: Vec<String> =
            names.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        assert!(names.len() > 20, "{names:?}");
        let mut lines = Vec::new();
        for name in names {
            let mut all = db.prepare(&format!("SELECT * FROM \"{name}\""))?;
            let width = all.column_count();
            let mut rows = all.query([])?;
            while let Some(row) = rows.next()? {
                let mut line = name.clone();
                for column in 0..width {
                    line.push_str(&format!("|{:?}", row.get_ref(column)?));
                }
                lines.push(line);
            }
        }
        Ok(lines)
    });
    dump.await.unwrap()
}

/// Fails with the rows that came, went or changed since `before`.
async fn assert_unchanged(server: &Server, before: &[String]) {
    let after = dump(server).await;
    let news: Vec<_> = after.iter().filter(|row| !before.contains(row)).collect();
    let gone: Vec<_> = before.iter().filter(|row| !after.contains(row)).collect();
    assert!(news.is_empty() && gone.is_empty(), "new: {news:#?}, gone: {gone:#?}");
}
