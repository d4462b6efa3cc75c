//! Messages: templates, what carries them, what became of them, and who must not get any.

mod callbacks;
mod channels;
mod ledger;
mod many;
mod messages;
mod suppressions;
mod templates;
mod trial;

use crate::harness::{Client, Server};
use leads::auth::Caller;
use leads::messaging::messages::{HANDLER, NewMessage, Origin, Ticket, create};
use leads::messaging::templates::Rendered;
use leads::messaging::{Channel, MessageId, Recipient};
use leads::platform::ids::WorkspaceId;
use leads::platform::jobs;
use serde_json::{Value, json};

/// The path of messages.
pub const MESSAGES: &str = "/v1/broadcast/messages";

/// The workspace that a client works in.
pub async fn workspace(client: &Client) -> WorkspaceId {
    let me = client.get("/v1/identity/auth/me").await.expect(200);
    me["workspace"]["id"].as_str().unwrap().parse().unwrap()
}

/// A lead whom every channel reaches.
pub async fn lead(client: &Client, name: &str) -> Value {
    let number = name.bytes().map(u32::from).sum::<u32>() % 10_000;
    let new = json!({"name": name, "email": format!("{}@example.com", name.to_lowercase().replace(' ', ".")),
        "phone": format!("+1 415 555 {number:04}")});
    client.post("/v1/identity/leads", new).await.expect(201)
}

/// Writes a message to a lead, or to nobody's address.
pub async fn write(
    server: &Server,
    client: &Client,
    channel: Channel,
    to: &str,
    lead: Option<&Value>,
) -> MessageId {
    let by = Caller::system(workspace(client).await, "US");
    let lead = lead.map(|lead| lead["id"].as_str().unwrap().parse().unwrap());
    let recipient = Recipient {
        lead,
        name: "Grace Hopper".into(),
        email: Some(to.into()),
        phone: Some(to.into()),
        ..Recipient::default()
    };
    let address = recipient.address(channel, "US").unwrap();
    let ticket = Ticket::fresh(server.clock.now()).unwrap();
    let rendered = Rendered { body: "Hello".into(), ..Rendered::default() };
    server
        .app
        .db
        .write(move |tx| {
            let new = NewMessage {
                ticket,
                origin: Origin::QuickSend,
                channel,
                recipient: &recipient,
                address,
                rendered,
                template: None,
                campaign: None,
                due_at: None,
                automation: None,
                run: None,
            };
            create(tx, &by, vec![new])
        })
        .await
        .unwrap()[0]
}

/// Lets everything be sent that is due.
pub async fn send_due(server: &Server) -> usize {
    jobs::run_due(&server.app, &[HANDLER]).await.unwrap()
}

/// A message as the API tells it.
pub async fn read(client: &Client, id: MessageId) -> Value {
    client.get(&format!("{MESSAGES}/{id}")).await.expect(200)
}

/// The types of the newest entries of a lead's timeline.
pub async fn timeline(client: &Client, lead: &Value) -> Vec<Value> {
    let path = format!("/v1/identity/leads/{}", lead["id"].as_str().unwrap());
    client.get(&path).await.expect(200)["activities"].as_array().unwrap().clone()
}
