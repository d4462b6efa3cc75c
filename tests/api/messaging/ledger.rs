//! The ledger against a provider that misbehaves: what is tried again and when, and what never is.

use super::channels::{at, open, put, twilio, with};
use super::{read, send_due, write};
use crate::harness::{Client, Server};
use leads::messaging::Channel;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the stand-in does with a message.
#[derive(Clone)]
enum Deed {
    /// Answers so, with more lines of the head.
    Answer(u16, &'static str, Value),
    /// Takes it and hangs up.
    Cut,
}

/// Twilio as these tests have it: does one deed after another, the last from then on, counts what was handed
/// over, and tells of it when asked.
#[derive(Clone, Default)]
struct StandIn {
    posted: Arc<Mutex<Vec<String>>>,
    listed: Arc<Mutex<Vec<Value>>>,
}

impl StandIn {
    async fn start(deeds: Vec<Deed>) -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stand_in = Self::default();
        let own = stand_in.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                own.serve(stream, &deeds).await;
            }
        });
        (stand_in, url)
    }

    async fn serve(&self, mut stream: TcpStream, deeds: &[Deed]) {
        let (head, body) = request(&mut stream).await;
        if head.starts_with("GET") {
            let list = json!({"messages": *self.listed.lock().unwrap()});
            return answer(&mut stream, 200, "", &list).await;
        }
        let number = {
            let mut posted = self.posted.lock().unwrap();
            posted.push(body);
            posted.len() - 1
        };
        if let Deed::Answer(status, more, body) = &deeds[number.min(deeds.len() - 1)] {
            answer(&mut stream, *status, more, body).await;
        }
    }

    fn count(&self) -> usize {
        self.posted.lock().unwrap().len()
    }
}

async fn request(stream: &mut TcpStream) -> (String, String) {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
            });
            if body.len() >= length.unwrap_or(0) {
                return (head.to_owned(), body.to_owned());
            }
        }
        let mut piece = [0; 4096];
        let read = stream.read(&mut piece).await.unwrap();
        assert!(read > 0, "the request ended early");
        bytes.extend_from_slice(&piece[..read]);
    }
}

async fn answer(stream: &mut TcpStream, status: u16, more: &str, body: &Value) {
    let body = body.to_string();
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{more}Connection: close\r\n\r\n{body}"
    );
    let _ = stream.write_all(text.as_bytes()).await;
}

fn taken(sid: &str) -> Deed {
    Deed::Answer(201, "", json!({"sid": sid, "status": "queued", "error_code": null}))
}

/// A server whose text messages this stand-in carries.
async fn carried_by(deeds: Vec<Deed>, changes: Value) -> (StandIn, Server, Client) {
    let (stand_in, url) = StandIn::start(deeds).await;
    let (server, client) = open().await;
    let settings = with(with(twilio(), json!({"baseUrl": url})), changes);
    put(&client, "sms", "twilio", settings).await.expect(200);
    assert!(client.get(&at("sms")).await.expect(200)["callbackUrl"].is_string());
    (stand_in, server, client)
}

#[tokio::test]
async fn faults_that_may_pass_are_tried_again_after_growing_pauses() {
    let busy = Deed::Answer(500, "", json!({}));
    let slow = Deed::Answer(429, "Retry-After: 3600\r\n", json!({"code": 20429, "message": "x"}));
    let (stand_in, server, client) = carried_by(vec![busy, slow, taken("SM1")], json!({})).await;
    let id = write(&server, &client, Channel::Sms, "+14155552671", None).await;
    send_due(&server).await;
    let waiting = read(&client, id).await;
    assert_eq!((&waiting["status"], &waiting["tries"]), (&json!("pending"), &json!(1)));
    assert!(waiting["errorCode"].is_string() && waiting["errorMessage"].is_string(), "{waiting}");
    server.clock.advance_millis(23_000);
    send_due(&server).await;
    assert_eq!(stand_in.count(), 1, "before its time");
    server.clock.advance_millis(14_000);
    send_due(&server).await;
    assert_eq!(stand_in.count(), 2);
    // The provider asked for an hour, which is longer than our own pause.
    server.clock.advance_millis(3_500_000);
    send_due(&server).await;
    assert_eq!(stand_in.count(), 2, "before the provider wants it");
    server.clock.advance_millis(101_000);
    send_due(&server).await;
    let sent = read(&client, id).await;
    assert_eq!((&sent["status"], &sent["providerMessageId"]), (&json!("sent"), &json!("SM1")));
    assert_eq!(
        (&sent["tries"], &sent["errorCode"], &sent["provider"]),
        (&json!(3), &Value::Null, &json!("twilio"))
    );
    assert_eq!(stand_in.count(), 3);
    assert!(stand_in.posted.lock().unwrap()[2].contains(&id.to_string()), "no id in the callback");
}

#[tokio::test]
async fn a_fault_that_does_not_pass_fails_at_last() {
    let (stand_in, server, client) =
        carried_by(vec![Deed::Answer(503, "", json!({}))], json!({})).await;
    let id = write(&server, &client, Channel::Sms, "+14155552671", None).await;
    for _ in 0..8 {
        send_due(&server).await;
        server.clock.advance_millis(40 * 60_000);
    }
    let failed = read(&client, id).await;
    assert_eq!((&failed["status"], &failed["tries"]), (&json!("failed"), &json!(5)));
    assert_eq!(stand_in.count(), 5);
}

#[tokio::test]
async fn a_refusal_is_final_and_may_suppress() {
    let invalid =
        Deed::Answer(400, "", json!({"code": 21211, "message": "Not valid.", "status": 400}));
    let stopped =
        Deed::Answer(400, "", json!({"code": 21610, "message": "Opted out.", "status": 400}));
    let (stand_in, server, client) = carried_by(vec![invalid, stopped], json!({})).await;
    let first = write(&server, &client, Channel::Sms, "+14155552671", None).await;
    send_due(&server).await;
    server.clock.advance_millis(2_000);
    let second = write(&server, &client, Channel::Sms, "+14155552672", None).await;
    send_due(&server).await;
    let refused = read(&client, first).await;
    assert_eq!((&refused["status"], &refused["errorCode"]), (&json!("failed"), &json!("21211")));
    assert_eq!(read(&client, second).await["errorCode"], "21610");
    server.clock.advance_millis(3_600_000);
    assert_eq!(send_due(&server).await, 0);
    assert_eq!(stand_in.count(), 2);
    let list = client.get("/v1/broadcast/suppressions").await.expect(200);
    assert_eq!((&list["total"], &list["data"][0]["reason"]), (&json!(1), &json!("stop")));
}

/// No answer, or one of a gateway that got none, says nothing of whether the message was taken.
#[tokio::test]
async fn a_hand_over_without_an_answer_is_looked_up_and_never_repeated() {
    for deed in [Deed::Cut, Deed::Answer(502, "", json!({})), Deed::Answer(504, "", json!("slow"))]
    {
        looked_up_and_never_repeated(deed).await;
    }
}

async fn looked_up_and_never_repeated(deed: Deed) {
    let (stand_in, server, client) = carried_by(vec![deed], json!({})).await;
    let created = |body: &str| {
        json!({"sid": "SM7", "body": body, "status": "sent", "to": "+14155552671",
            "date_created": "Tue, 24 Nov 2026 09:00:01 +0000"})
    };
    stand_in.listed.lock().unwrap().push(created("Hello"));
    let known = write(&server, &client, Channel::Sms, "+14155552671", None).await;
    send_due(&server).await;
    let found = read(&client, known).await;
    assert_eq!((&found["status"], &found["providerMessageId"]), (&json!("sent"), &json!("SM7")));
    stand_in.listed.lock().unwrap().clear();
    server.clock.advance_millis(2_000);
    let unknown = write(&server, &client, Channel::Sms, "+14155552672", None).await;
    send_due(&server).await;
    let lost = read(&client, unknown).await;
    assert_eq!(
        (&lost["status"], &lost["errorCode"]),
        (&json!("failed"), &json!("outcome_unknown"))
    );
    server.clock.advance_millis(3_600_000);
    assert_eq!(send_due(&server).await, 0);
    assert_eq!(stand_in.count(), 2, "each was handed over once");
}

#[tokio::test]
async fn a_channel_keeps_the_pace_of_its_provider() {
    let (stand_in, server, client) =
        carried_by(vec![taken("SM1"), taken("SM2"), taken("SM3")], json!({"ratePerSecond": 2}))
            .await;
    for _ in 0..4 {
        write(&server, &client, Channel::Sms, "+14155552671", None).await;
    }
    for seconds in [1, 2, 3, 4] {
        send_due(&server).await;
        assert_eq!(stand_in.count(), seconds, "in half a second each");
        server.clock.advance_millis(500);
    }
    let page = client.get("/v1/broadcast/messages?status=sent").await.expect(200);
    let tries: Vec<_> =
        page["data"].as_array().unwrap().iter().map(|m| m["tries"].clone()).collect();
    assert_eq!(tries, [1, 1, 1, 1].map(|n| json!(n)), "waiting is no try");
    // An id that the provider has given away already is not believed.
    assert_eq!(page["data"][0]["providerMessageId"], Value::Null);
}
