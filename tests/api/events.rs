//! Live events: what a change tells, in order, and what a listener that was away hears.

use crate::harness::{Client, Server};
use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use serde_json::{Value, json};
use std::time::Duration;
use tokio_stream::StreamExt;
use tower::ServiceExt;

const PATH: &str = "/v1/identity/events";

/// An open stream of events.
struct Stream {
    body: BodyDataStream,
    text: String,
}

/// One event as it was sent.
#[derive(Debug)]
struct Heard {
    id: String,
    name: String,
    data: Value,
}

impl Stream {
    async fn open(server: &Server, client: &Client, last: Option<&str>) -> Self {
        let mut request =
            Request::get(PATH).header("authorization", format!("Bearer {}", client.token()));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = server.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body().into_data_stream(), text: String::new() }
    }

    /// The next event; fails when none comes within two seconds.
    async fn next(&mut self) -> Heard {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let event = self.text[..end].to_owned();
                self.text.drain(..end + 2);
                let field = |name: &str| {
                    event
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .unwrap_or_default()
                        .to_owned()
                };
                let data = serde_json::from_str(&field("data: ")).unwrap_or_default();
                return Heard { id: field("id: "), name: field("event: "), data };
            }
            let next = tokio::time::timeout(Duration::from_secs(2), self.body.next());
            let bytes = next.await.expect("an event within two seconds").unwrap().unwrap();
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }
}

async fn make(client: &Client, name: &str) -> Value {
    client.post("/v1/identity/leads", json!({"name": name})).await.expect(201)
}

#[tokio::test]
async fn a_change_reaches_who_listens_in_order() {
    let (server, client) = Server::new().await;
    client.post("/v1/identity/lead-pipelines/ensure-default", json!({})).await.expect(201);
    let mut stream = Stream::open(&server, &client, None).await;
    assert_eq!(stream.next().await.name, "hello");
    let lead = make(&client, "Ada").await;
    let heard = stream.next().await;
    assert_eq!(heard.name, "lead.created");
    assert_eq!(heard.data["lead"]["name"], "Ada");
    assert_eq!(heard.data["by"]["name"], "Ada Lovelace");
    assert!(heard.data["lead"].get("customFields").is_none());
    let board = client.get("/v1/identity/leads/board").await.expect(200);
    let path = format!("/v1/identity/leads/{}", lead["id"].as_str().unwrap());
    let to = json!({"stageId": board["stages"][1]["id"]});
    client.patch(&format!("{path}/stage"), to).await.expect(200);
    let heard = stream.next().await;
    assert_eq!(
        (heard.name.as_str(), &heard.data["from"]["stageId"]),
        ("lead.moved", &lead["stageId"])
    );
    client.delete(&path).await.expect(204);
    assert_eq!(stream.next().await.name, "lead.deleted");
    // What is refused tells nothing.
    client.patch(&path, json!({"name": "X"})).await.expect(404);
    make(&client, "Bob").await;
    assert_eq!(stream.next().await.data["lead"]["name"], "Bob");
}

#[tokio::test]
async fn a_listener_that_was_away_hears_what_it_missed_or_that_it_is_gone() {
    let (server, client) = Server::new().await;
    client.post("/v1/identity/lead-pipelines/ensure-default", json!({})).await.expect(201);
    let mut stream = Stream::open(&server, &client, None).await;
    let place = stream.next().await.id;
    drop(stream);
    make(&client, "Ada").await;
    make(&client, "Bob").await;
    let mut stream = Stream::open(&server, &client, Some(&place)).await;
    assert_eq!(stream.next().await.data["lead"]["name"], "Ada");
    let place = stream.next().await.id;
    let mut stream = Stream::open(&server, &client, Some(&place)).await;
    make(&client, "Eve").await;
    assert_eq!(stream.next().await.data["lead"]["name"], "Eve");
    let mut stream = Stream::open(&server, &client, Some("1-99")).await;
    assert_eq!(stream.next().await.name, "reset");
}

#[tokio::test]
async fn the_stream_ends_when_the_server_stops() {
    let (server, client) = Server::new().await;
    let mut stream = Stream::open(&server, &client, None).await;
    stream.next().await;
    server.app.events.close();
    let end = tokio::time::timeout(Duration::from_secs(2), stream.body.next()).await;
    assert!(end.expect("the stream ends").is_none());
}

#[tokio::test]
async fn everybody_hears_of_what_they_may_see() {
    let (server, client) = Server::new().await;
    // Agents see contacts and no leads.
    let agent = server.member(&client, "agent").await;
    client.post("/v1/identity/lead-pipelines/ensure-default", json!({})).await.expect(201);
    let mut all = Stream::open(&server, &client, None).await;
    let mut contacts = Stream::open(&server, &agent, None).await;
    assert_eq!(
        (all.next().await.name, contacts.next().await.name),
        ("hello".into(), "hello".into())
    );
    make(&client, "Ada").await;
    client.post("/v1/identity/contacts", json!({"name": "Grace"})).await.expect(201);
    assert_eq!(all.next().await.name, "lead.created");
    assert_eq!(all.next().await.name, "contact.created");
    let heard = contacts.next().await;
    assert_eq!(heard.name, "contact.created");
    // What was missed is filtered alike.
    make(&client, "Bob").await;
    client.post("/v1/identity/contacts", json!({"name": "Hedy"})).await.expect(201);
    let mut again = Stream::open(&server, &agent, Some(&heard.id)).await;
    assert_eq!(again.next().await.name, "contact.created");
}
