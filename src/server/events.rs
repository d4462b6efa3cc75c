//! `GET /v1/identity/events`: what changes, as it changes, by server-sent events.

use crate::auth::{Caller, Can, Member, Permission};
use crate::platform::App;
use crate::platform::events::{Events, Numbered, Replay};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A stream is closed after so long, and the browser comes back by itself: so a person whose session has
/// ended or who lost a permission hears nothing for longer than this.
const LONGEST: Duration = Duration::from_secs(120);

/// The route of live events.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(events))
}

/// Follow what changes
///
/// Server-sent events of the workspace: `lead.created`, `lead.updated`, `lead.moved`, `lead.deleted`,
/// `lead.restored`, `leads.changed` (many at once: read again), `import.changed`, `contact.created`,
/// `contact.updated`, `contact.deleted`, `contact.restored`, `pipeline.changed`, `webhook.changed`,
/// `webhook.delivery`, `leadview.changed`, `message.created`, `message.updated`, `messages.changed` (many at once),
/// `template.changed`, `suppression.changed`, `settings.changed`. `Last-Event-ID` replays what was missed; `reset` says that it
/// cannot be, and that everything is to be read again. The first event is `hello`. Everybody hears what they may
/// see: events of contacts need `contacts:view`, those of messages `leads:view` or `broadcast:view`, those of
/// templates and suppressions `broadcast:view`, and those of leads, pipelines and webhooks `leads:view`.
#[utoipa::path(get, path = "/v1/identity/events", tag = "Live events",
    params(("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was seen")),
    responses((status = 200, description = "A stream of events", content_type = "text/event-stream", body = String)))]
async fn events(by: Can<Member>, State(app): State<App>, headers: HeaderMap) -> Response {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let (replay, receiver) = app.events.listen(last);
    let mut first = match replay {
        Replay::Reset => vec![named("reset", &app.events)],
        Replay::Missed(missed) => {
            missed.iter().filter_map(|event| wire(event, &by, &app.events)).collect()
        }
    };
    if last.is_none() {
        first.insert(0, named("hello", &app.events));
    }
    let (sender, stream) = mpsc::channel(64);
    tokio::spawn(follow(app.events.clone(), (*by).clone(), first, receiver, sender));
    let stream = ReceiverStream::new(stream).map(Ok::<_, Infallible>);
    let sse = Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)));
    // Keeps nginx from holding events back.
    ([(HeaderName::from_static("x-accel-buffering"), "no")], sse).into_response()
}

/// Passes events on until the listener leaves, the server stops, or it is time to prove again who asks.
async fn follow(
    hub: Events,
    by: Caller,
    first: Vec<Event>,
    mut receiver: broadcast::Receiver<Arc<Numbered>>,
    sender: mpsc::Sender<Event>,
) {
    for event in first {
        if sender.send(event).await.is_err() {
            return;
        }
    }
    let end = tokio::time::sleep(LONGEST);
    tokio::pin!(end);
    loop {
        let event = tokio::select! {
            () = &mut end => return,
            () = hub.closed() => return,
            () = sender.closed() => return,
            event = receiver.recv() => event,
        };
        let event = match event {
            Ok(event) => wire(&event, &by, &hub),
            // Too slow for this burst: read everything again rather than hear half of it.
            Err(RecvError::Lagged(_)) => {
                receiver = receiver.resubscribe();
                Some(named("reset", &hub))
            }
            Err(RecvError::Closed) => return,
        };
        if let Some(event) = event
            && sender.send(event).await.is_err()
        {
            return;
        }
    }
}

/// An event as somebody gets it; `None` when it is another workspace's, or not for them.
fn wire(numbered: &Numbered, by: &Caller, hub: &Events) -> Option<Event> {
    let event = &numbered.event;
    (event.workspace == by.workspace && may_hear(by, event.name))
        .then(|| Event::default().id(hub.id(numbered.number)).event(event.name).data(&event.data))
}

/// Whether somebody may hear of what an event is about: its first word.
fn may_hear(by: &Caller, name: &str) -> bool {
    let may = |permission| by.must(permission).is_ok();
    match name.split('.').next().unwrap_or(name) {
        "settings" => true,
        "contact" | "contacts" => may(Permission::ContactsView),
        "message" | "messages" => may(Permission::LeadsView) || may(Permission::BroadcastView),
        "template" | "suppression" | "audience" | "campaign" => may(Permission::BroadcastView),
        _ => may(Permission::LeadsView),
    }
}

/// An event about the stream itself, at its newest place.
fn named(name: &str, hub: &Events) -> Event {
    Event::default().id(hub.latest()).event(name).data("{}")
}
