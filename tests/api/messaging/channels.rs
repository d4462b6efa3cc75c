//! What carries each channel: settings, secrets, and test messages.

use crate::harness::{Answer, Client, Server};
use axum::http::Method;
use leads::messaging::Channel;
use leads::messaging::channels::{self, Provider};
use leads::platform::app::Settings;
use leads::platform::ids::WorkspaceId;
use serde_json::{Value, json};

const CHANNELS: &str = "/v1/messaging/channels";

pub fn at(channel: &str) -> String {
    format!("{CHANNELS}/{channel}")
}

pub async fn put(client: &Client, channel: &str, provider: &str, settings: Value) -> Answer {
    let body = json!({"provider": provider, "settings": settings});
    client.json(Method::PUT, &at(channel), body).await
}

/// A server that may reach this machine.
pub async fn open() -> (Server, Client) {
    let settings = Settings {
        public_url: Some("https://crm.example.com".into()),
        allow_private_hosts: vec!["127.0.0.1".into()],
        ..Settings::default()
    };
    Server::new_with(settings).await
}

pub fn twilio() -> Value {
    json!({"accountSid": "AC00000000000000000000000000000000", "authToken": "hush-1", "from": "+1 (202) 555-0100"})
}

fn meta() -> Value {
    json!({"phoneNumberId": "1122334455667", "businessAccountId": "7766554433221", "accessToken": "hush-2",
        "appSecret": "hush-3", "verifyToken": "hush-4"})
}

fn smtp() -> Value {
    json!({"host": "127.0.0.1", "port": 2525, "security": "none", "username": "leads", "password": "hush-5",
        "fromAddress": "sales@example.com", "fromName": "Acme"})
}

/// With changes: null takes a setting away.
pub fn with(mut settings: Value, changes: Value) -> Value {
    for (key, value) in changes.as_object().unwrap() {
        let settings = settings.as_object_mut().unwrap();
        match value {
            Value::Null => drop(settings.remove(key)),
            value => drop(settings.insert(key.clone(), value.clone())),
        }
    }
    settings
}

async fn workspace(client: &Client) -> WorkspaceId {
    let me = client.get("/v1/identity/auth/me").await.expect(200);
    let id = me["workspaces"][0]["id"].as_str().unwrap().to_owned();
    id.parse().unwrap()
}

/// What the send step would get.
async fn stored(server: &Server, client: &Client, channel: Channel) -> Provider {
    let (vault, workspace) = (server.app.vault.clone(), workspace(client).await);
    let found = server.app.db.read(move |db| channels::settings(db, &vault, workspace, channel));
    found.await.unwrap().provider
}

#[tokio::test]
async fn the_sandbox_carries_what_nothing_else_does() {
    let (_server, client) = open().await;
    let all = client.get(CHANNELS).await.expect(200);
    assert_eq!(all["total"], 3);
    for (index, channel) in ["email", "sms", "whatsapp"].into_iter().enumerate() {
        let usual = json!({"channel": channel, "provider": "sandbox", "settings": {}, "callbackUrl": null,
            "callbacks": {"received": 0, "unknown": 0, "refused": 0, "lastAt": null}, "version": 0, "updatedAt": null});
        assert_eq!(all["data"][index], usual);
        let read = client.get(&at(channel)).await;
        assert_eq!(read.header("etag"), Some("\"0\""));
        assert_eq!(read.expect(200), usual);
        let to = if channel == "email" { "grace@example.com" } else { "(202) 555-0143" };
        let told =
            client.post(&format!("{}/test", at(channel)), json!({"to": to})).await.expect(200);
        assert_eq!((&told["ok"], &told["code"]), (&json!(true), &Value::Null), "{told}");
    }
    client.get(&at("fax")).await.expect(404);
}

#[tokio::test]
async fn settings_are_stored_and_their_secrets_never_shown() {
    let (server, client) = open().await;
    let cases = [
        ("email", "smtp", smtp(), json!({"passwordSet": true, "ratePerSecond": null}), Value::Null),
        (
            "sms",
            "twilio",
            twilio(),
            json!({"authTokenSet": true, "from": "+12025550100"}),
            json!("twilio"),
        ),
        (
            "whatsapp",
            "meta",
            meta(),
            json!({"accessTokenSet": true, "appSecretSet": true, "verifyTokenSet": true}),
            json!("meta"),
        ),
    ];
    for (channel, provider, settings, shown, name) in cases {
        let answer = put(&client, channel, provider, settings).await;
        assert_eq!(answer.header("etag"), Some("\"1\""), "{}", answer.body);
        let body = answer.expect(200);
        for (key, value) in shown.as_object().unwrap() {
            assert_eq!(&body["settings"][key], value, "{key} of {body}");
        }
        match name.as_str() {
            None => assert_eq!(body["callbackUrl"], Value::Null),
            Some(name) => {
                let prefix = format!("https://crm.example.com/webhooks/messaging/{name}/");
                let token = body["callbackUrl"].as_str().unwrap().strip_prefix(&prefix).unwrap();
                assert_eq!(token.len(), 43);
            }
        }
        assert_eq!(client.get(&at(channel)).await.expect(200), body);
    }
    let list = client.get(CHANNELS).await.expect(200).to_string();
    assert!(!list.contains("hush"), "{list}");
    let file = std::fs::read(server.folder.path().join("leads.db")).unwrap();
    let log = std::fs::read(server.folder.path().join("leads.db-wal")).unwrap_or_default();
    for bytes in [file, log] {
        assert!(!bytes.windows(5).any(|five| five == b"hush-"), "a secret lies open in the file");
    }
    let Provider::Meta(meta) = stored(&server, &client, Channel::Whatsapp).await else { panic!() };
    assert_eq!(meta.access_token.unwrap().0, "hush-2");
    assert_eq!(meta.verify_token.unwrap().0, "hush-4");
}

#[tokio::test]
async fn a_secret_left_out_stays_and_null_takes_it_away() {
    let (server, client) = open().await;
    let first = put(&client, "whatsapp", "meta", meta()).await.expect(200);
    let less = json!({"phoneNumberId": "99", "accessToken": "hush-9", "appSecret": null});
    let second = put(&client, "whatsapp", "meta", less).await.expect(200);
    let sets: Vec<_> = ["accessTokenSet", "appSecretSet", "verifyTokenSet"]
        .map(|key| second["settings"][key].as_bool().unwrap())
        .into();
    assert_eq!(sets, [true, false, true]);
    assert_eq!((&second["version"], &second["callbackUrl"]), (&json!(2), &first["callbackUrl"]));
    let Provider::Meta(meta) = stored(&server, &client, Channel::Whatsapp).await else { panic!() };
    assert_eq!(meta.access_token.unwrap().0, "hush-9");
    assert_eq!((meta.app_secret, meta.verify_token.unwrap().0), (None, "hush-4".into()));
    // An answer may be sent back as it came.
    let same = client.json(Method::PUT, &at("whatsapp"), second.clone()).await.expect(200);
    assert_eq!(same["settings"], second["settings"]);
    // Another provider knows nothing of it, and the address for callbacks keeps its token.
    let other = put(&client, "whatsapp", "twilio", twilio()).await.expect(200);
    let token =
        |body: &Value| body["callbackUrl"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    assert_eq!(token(&other), token(&first));
    let refused = put(&client, "whatsapp", "meta", json!({"phoneNumberId": "99"})).await;
    assert_eq!(refused.refusal().1, [("settings.accessToken".into(), "required".into())]);
    let sandbox = put(&client, "whatsapp", "sandbox", json!({})).await.expect(200);
    assert_eq!((&sandbox["settings"], &sandbox["callbackUrl"]), (&json!({}), &Value::Null));
}

#[tokio::test]
async fn a_secret_does_not_follow_to_another_host() {
    let (_server, client) = open().await;
    put(&client, "sms", "twilio", twilio()).await.expect(200);
    let moved = with(twilio(), json!({"authToken": null, "baseUrl": "http://127.0.0.1:9"}));
    let refused = put(&client, "sms", "twilio", moved.clone()).await;
    assert_eq!(refused.refusal().1, [("settings.authToken".into(), "required".into())]);
    put(&client, "sms", "twilio", with(moved.clone(), json!({"authToken": "new"})))
        .await
        .expect(200);
    let same = with(moved, json!({"baseUrl": "http://127.0.0.1:9/"}));
    let kept = put(&client, "sms", "twilio", same).await.expect(200);
    assert_eq!(kept["settings"]["authTokenSet"], true);
    put(&client, "email", "smtp", smtp()).await.expect(200);
    let moved = with(smtp(), json!({"password": null, "port": 2526}));
    let refused = put(&client, "email", "smtp", moved.clone()).await;
    assert_eq!(refused.refusal().1, [("settings.password".into(), "required".into())]);
    let anonymous = put(&client, "email", "smtp", with(moved, json!({"username": null}))).await;
    assert_eq!(anonymous.expect(200)["settings"]["passwordSet"], false);
}

#[tokio::test]
async fn each_setting_at_fault_is_named() {
    let (_server, client) = open().await;
    let cases = [
        ("sms", "smtp", smtp(), vec![("provider", "wrong_channel")]),
        ("email", "twilio", twilio(), vec![("provider", "wrong_channel")]),
        ("email", "fax", json!({}), vec![("provider", "wrong_type")]),
        ("email", "sandbox", json!({"x": 1}), vec![("settings.x", "unknown_property")]),
        ("email", "smtp", json!({}), vec![("settings.host", "required")]),
        (
            "email",
            "smtp",
            with(smtp(), json!({"port": 99999})),
            vec![("settings.port", "wrong_type")],
        ),
        (
            "email",
            "smtp",
            with(smtp(), json!({"hots": 1})),
            vec![("settings.hots", "unknown_property")],
        ),
        (
            "email",
            "smtp",
            with(
                smtp(),
                json!({"host": "a b", "port": 0, "fromAddress": "nobody", "fromName": "a\nb",
            "ratePerSecond": 0, "caCertificate": "x", "password": null, "events": {"source": "sendgrid"}}),
            ),
            vec![
                ("settings.host", "invalid_host"),
                ("settings.port", "out_of_range"),
                ("settings.security", "insecure"),
                ("settings.password", "required"),
                ("settings.fromAddress", "invalid_email"),
                ("settings.fromName", "too_long"),
                ("settings.caCertificate", "invalid_certificate"),
                ("settings.ratePerSecond", "out_of_range"),
                ("settings.events.publicKey", "invalid_key"),
            ],
        ),
        (
            "email",
            "smtp",
            with(smtp(), json!({"host": "8.8.8.8"})),
            vec![("settings.security", "insecure")],
        ),
        (
            "email",
            "smtp",
            with(smtp(), json!({"events": {"source": "ses", "topicArn": "x"}})),
            vec![("settings.events.topicArn", "invalid_arn")],
        ),
        (
            "sms",
            "twilio",
            with(twilio(), json!({"from": null})),
            vec![("settings.from", "required")],
        ),
        (
            "sms",
            "twilio",
            with(twilio(), json!({"from": "12025550100"})),
            vec![("settings.from", "invalid_phone")],
        ),
        (
            "whatsapp",
            "twilio",
            with(twilio(), json!({"from": "ACME"})),
            vec![("settings.from", "invalid_phone")],
        ),
        (
            "sms",
            "twilio",
            with(twilio(), json!({"messagingServiceSid": "MG1"})),
            vec![("settings.messagingServiceSid", "conflict")],
        ),
        (
            "sms",
            "twilio",
            with(twilio(), json!({"accountSid": "x/../y", "authToken": " "})),
            vec![("settings.accountSid", "invalid_sid"), ("settings.authToken", "required")],
        ),
        (
            "whatsapp",
            "meta",
            with(meta(), json!({"phoneNumberId": "1/2", "apiVersion": "26", "accessToken": null})),
            vec![
                ("settings.phoneNumberId", "invalid_id"),
                ("settings.accessToken", "required"),
                ("settings.apiVersion", "invalid_version"),
            ],
        ),
        (
            "whatsapp",
            "meta",
            with(meta(), json!({"accessToken": 7})),
            vec![("settings.accessToken", "wrong_type")],
        ),
    ];
    for (channel, provider, settings, expected) in cases {
        let refused = put(&client, channel, provider, settings.clone()).await;
        let expected: Vec<(String, String)> =
            expected.into_iter().map(|(a, b)| (a.into(), b.into())).collect();
        assert_eq!(refused.refusal().1, expected, "{settings}: {}", refused.body);
        assert!(!refused.body.to_string().contains("hush"), "{}", refused.body);
    }
    for from in ["+12025550100", "12345", "ACME Sales"] {
        put(&client, "sms", "twilio", with(twilio(), json!({"from": from}))).await.expect(200);
    }
    put(&client, "email", "smtp", with(smtp(), json!({"host": "localhost"}))).await.expect(200);
    assert_eq!(
        client.get(&at("whatsapp")).await.expect(200)["version"],
        0,
        "a refusal stores nothing"
    );
}

#[tokio::test]
async fn private_hosts_are_refused_unless_they_are_allowed() {
    let (_server, closed) = Server::new().await;
    let (_other, opened) = open().await;
    let urls = [
        "http://127.0.0.1:9",
        "https://127.0.0.1",
        "http://localhost:9",
        "http://2130706433",
        "http://127.1/x",
    ];
    for url in urls {
        let settings = with(twilio(), json!({"baseUrl": url}));
        let refused = put(&closed, "sms", "twilio", settings.clone()).await;
        assert_eq!(
            refused.refusal().1,
            [("settings.baseUrl".into(), "private_host".into())],
            "{url}"
        );
        let stored = put(&opened, "sms", "twilio", settings).await.expect(200);
        assert!(stored["settings"]["baseUrl"].as_str().unwrap().starts_with("http"), "{stored}");
    }
    for url in ["https://10.0.0.1", "http://169.254.169.254", "http://[::ffff:10.0.0.1]"] {
        let refused = put(&opened, "whatsapp", "meta", with(meta(), json!({"baseUrl": url}))).await;
        assert_eq!(
            refused.refusal().1,
            [("settings.baseUrl".into(), "private_host".into())],
            "{url}"
        );
    }
    for (url, code) in [
        ("http://8.8.8.8", "insecure_url"),
        ("ftp://8.8.8.8", "invalid_url"),
        ("https://u:p@8.8.8.8", "invalid_url"),
        ("https://8.8.8.8/?a", "invalid_url"),
    ] {
        let refused = put(&opened, "sms", "twilio", with(twilio(), json!({"baseUrl": url}))).await;
        assert_eq!(refused.refusal().1, [("settings.baseUrl".into(), code.into())], "{url}");
    }
    let refused = put(&closed, "email", "smtp", smtp()).await;
    assert_eq!(refused.refusal().1, [("settings.host".into(), "private_host".into())]);
    let told = refused.body["errors"][0]["message"].as_str().unwrap();
    assert!(told.contains("--allow-private-host 127.0.0.1"), "{told}");
}

#[tokio::test]
async fn a_stale_change_is_refused_and_another_workspace_sees_nothing() {
    let (server, client) = open().await;
    put(&client, "sms", "twilio", twilio()).await.expect(200);
    let stale = client.with("if-match", "\"0\"");
    let refused = put(&stale, "sms", "sandbox", json!({})).await;
    assert_eq!(refused.body["current"]["provider"], "twilio");
    assert!(!refused.expect(412).to_string().contains("hush"));
    let fresh = client.with("if-match", "\"1\"");
    put(&fresh, "sms", "sandbox", json!({})).await.expect(200);
    put(&client, "sms", "twilio", twilio()).await.expect(200);
    let other = client.post("/v1/identity/workspaces", json!({"name": "Other"})).await.expect(201);
    let there = client.with("x-workspace-id", other["id"].as_str().unwrap());
    assert_eq!(there.get(&at("sms")).await.expect(200)["provider"], "sandbox");
    let marketer = server.member(&client, "marketer").await;
    for answer in [marketer.get(CHANNELS).await, marketer.get(&at("sms")).await] {
        answer.expect(403);
    }
}

#[tokio::test]
async fn a_callback_finds_its_channel_by_the_token_alone() {
    let (server, client) = open().await;
    let body = put(&client, "sms", "twilio", twilio()).await.expect(200);
    let token = body["callbackUrl"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    for (provider, token, is_found) in
        [("twilio", token.as_str(), true), ("meta", &token, false), ("twilio", "nonsense", false)]
    {
        let vault = server.app.vault.clone();
        let (provider, token) = (provider.to_owned(), token.to_owned());
        let found = server.app.db.read(move |db| channels::by_token(db, &vault, &provider, &token));
        let found = found.await.unwrap();
        assert_eq!(found.as_ref().map(|found| found.channel), is_found.then_some(Channel::Sms));
    }
}
