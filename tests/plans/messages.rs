//! What is asked of messages, and what comes back of them.

use super::Client;
use axum::http::StatusCode;
use leads::platform::{App, jobs};
use serde_json::Value;

/// Sends a few messages, and asks for them in every way.
pub async fn send(app: &App, client: &Client) {
    let leads = client.get("/v1/identity/leads?limit=3").await;
    let ids: Vec<&Value> =
        leads["data"].as_array().unwrap().iter().map(|lead| &lead["id"]).collect();
    let send = serde_json::json!({"leadIds": ids, "channel": "email", "subject": "Hi", "body": "{{ name }}"});
    let path = "/v1/identity/leads/broadcast/quick-send";
    let sent = client.send("POST", path, &send.to_string(), StatusCode::ACCEPTED).await;
    jobs::run_due(app, leads::worker::HANDLERS).await.unwrap();
    let base = "/v1/broadcast/messages";
    let id = sent["messageIds"][0].as_str().unwrap();
    let failed = r#"{"status":"failed"}"#;
    client.send("POST", &format!("{base}/{id}/simulate"), failed, StatusCode::OK).await;
    client.send("POST", &format!("{base}/{id}/retry"), "{}", StatusCode::OK).await;
    client.get(&format!("{base}/{id}")).await;
    let lead = ids[0].as_str().unwrap();
    let filters = [
        String::new(),
        "status=sent".into(),
        "channel=email&origin=quick_send".into(),
        "status=failed&channel=email&origin=quick_send".into(),
        format!("leadId={lead}"),
        format!("leadId={lead}&status=sent"),
        format!("campaignId={lead}"),
        "search=eva".into(),
        "search=gmail%20eva&channel=email".into(),
        format!("search=eva&leadId={lead}"),
        "search=e".into(),
        "search=zq%20e".into(),
        "search=e&status=failed".into(),
        format!("search=e&leadId={lead}"),
        "provider=sandbox".into(),
        "provider=sandbox&status=failed".into(),
        "provider=twilio&search=eva".into(),
        format!("contactId={lead}"),
        format!("contactId={lead}&provider=sandbox"),
        format!("contactId={lead}&search=eva"),
    ];
    for filter in filters {
        let page = client.get(&format!("{base}?limit=1&{filter}")).await;
        if let Some(cursor) = page["nextCursor"].as_str() {
            client.get(&format!("{base}?limit=1&{filter}&cursor={cursor}")).await;
        }
    }
    client.get("/v1/broadcast/analytics?channel=email").await;
    client.get(&format!("/v1/broadcast/analytics?automationId={lead}")).await;
    client.get("/v1/identity/reports/leads").await;
    let address = r#"{"channel":"email","address":"eva@example.com"}"#;
    client.send("POST", "/v1/broadcast/suppressions", address, StatusCode::CREATED).await;
    client.get("/v1/broadcast/suppressions?channel=email&search=eva").await;
    client.get("/v1/broadcast/templates").await;
    let template = r#"{"channel":"sms","name":"Hello","body":"Hi {{ name }}","status":"approved"}"#;
    let made = client.send("POST", "/v1/broadcast/templates", template, StatusCode::CREATED).await;
    let template = format!("/v1/broadcast/templates/{}", made["id"].as_str().unwrap());
    client.send("PATCH", &template, r#"{"body":"Hello {{ name }}"}"#, StatusCode::OK).await;
    client.get(&format!("{template}/versions")).await;
    client.get(&format!("{template}/versions/1")).await;
    client.send("DELETE", &template, "", StatusCode::NO_CONTENT).await;
    client.get("/v1/system/jobs").await;
    client.send("DELETE", &format!("/v1/identity/leads/{lead}"), "", StatusCode::NO_CONTENT).await;
}

/// Connects providers, and lets them report and people answer.
pub async fn hear_back(client: &Client) {
    let smtp = r#"{"provider":"smtp","settings":{"host":"smtp.example.com","port":587,"security":"starttls",
        "fromAddress":"crm@example.com","events":{"source":"postmark"}}}"#;
    let twilio = format!(
        r#"{{"provider":"twilio","settings":{{"accountSid":"AC{}","authToken":"secret","from":"+14155550100"}}}}"#,
        "0".repeat(32)
    );
    let meta = r#"{"provider":"meta","settings":{"phoneNumberId":"1122334455667","businessAccountId":
        "7766554433221","accessToken":"a","appSecret":"secret","verifyToken":"v"}}"#;
    let mail = client.connect("email", smtp).await;
    client.connect("sms", &twilio).await;
    let whatsapp = client.connect("whatsapp", meta).await;
    let sent = client.get("/v1/broadcast/messages?channel=email&limit=1").await;
    let message = sent["data"][0]["id"].as_str().unwrap();
    for kind in ["Delivery", "Open", "Click", "SpamComplaint"] {
        let event = format!(
            r#"{{"RecordType":"{kind}","MessageID":"x","Metadata":{{"message":"{message}"}}}}"#
        );
        client.send("POST", &mail, &event, StatusCode::OK).await;
    }
    for text in ["Hello", "STOP", "START"] {
        let body = format!(
            r#"{{"entry":[{{"changes":[{{"field":"messages","value":{{"messages":[{{"from":"14155550010",
                "id":"wamid.{text}","timestamp":"1763883600","type":"text","text":{{"body":"{text}"}}}}]}}}}]}}]}}"#
        );
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"secret");
        let signature = ring::hmac::sign(&key, body.as_bytes());
        let signature = format!("sha256={}", data_encoding::HEXLOWER.encode(signature.as_ref()));
        client.signed(&whatsapp, &body, &signature).await;
    }
    client.get("/v1/messaging/channels").await;
    client.get(&format!("/v1/broadcast/messages/{message}")).await;
    // Free text by WhatsApp depends on who wrote last.
    let leads = client.get("/v1/identity/leads?search=eva").await;
    let ids: Vec<&Value> =
        leads["data"].as_array().unwrap().iter().map(|lead| &lead["id"]).collect();
    let text = serde_json::json!({"leadIds": ids, "channel": "whatsapp", "body": "Hi"});
    let path = "/v1/identity/leads/broadcast/quick-send/preview";
    client.send("POST", path, &text.to_string(), StatusCode::OK).await;
}
