//! Live events: what a change tells every open page, in order, with replay after a lost connection.

use super::ids::WorkspaceId;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{broadcast, watch};

/// How many events are kept for replay.
const KEPT: usize = 2048;

/// Something that happened in a workspace.
#[derive(Debug, Clone)]
pub struct Event {
    /// Who may hear it.
    pub workspace: WorkspaceId,
    /// Its name on the wire, as in `lead.moved`.
    pub name: &'static str,
    /// JSON.
    pub data: String,
}

impl Event {
    /// An event for those who may see what it is about (`server/events.rs`). Data that cannot be written is sent as `null`.
    pub fn new(workspace: WorkspaceId, name: &'static str, data: &impl Serialize) -> Self {
        let data = serde_json::to_string(data).unwrap_or_else(|_| "null".into());
        Self { workspace, name, data }
    }
}

/// An event with its place in the order.
#[derive(Debug)]
pub struct Numbered {
    /// Grows by one for each event of this process.
    pub number: u64,
    /// What happened.
    pub event: Event,
}

/// The hub: the writer publishes, each open page listens.
#[derive(Clone)]
pub struct Events {
    epoch: i64,
    sender: broadcast::Sender<Arc<Numbered>>,
    history: Arc<Mutex<VecDeque<Arc<Numbered>>>>,
    closing: watch::Sender<bool>,
}

/// What a listener gets first: the events it missed, or the word that they are gone.
pub enum Replay {
    /// Nothing was missed, or these were.
    Missed(Vec<Arc<Numbered>>),
    /// The place named is unknown or too old: read everything again.
    Reset,
}

impl Events {
    /// A hub; `epoch` (the start of this process, in ms) tells its numbers from an earlier process's.
    pub fn new(epoch: i64) -> Self {
        let (sender, _) = broadcast::channel(1024);
        Self { epoch, sender, history: Arc::default(), closing: watch::channel(false).0 }
    }

    /// Ends all streams: the server stops, and waits for nobody who only listens.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Waits for [`Events::close`].
    pub async fn closed(&self) {
        // The sender lives as long as we do, so this ends only when the value turns true.
        let _ = self.closing.subscribe().wait_for(|closing| *closing).await;
    }

    /// Publishes events in order. Called by the writer after the commit.
    pub fn publish(&self, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        let mut history = self.history();
        for event in events {
            let number = history.back().map_or(1, |last| last.number + 1);
            let numbered = Arc::new(Numbered { number, event });
            if history.len() == KEPT {
                history.pop_front();
            }
            history.push_back(numbered.clone());
            // No listener is no fault.
            let _ = self.sender.send(numbered);
        }
    }

    /// Listens from now on, after what was missed since `last` (an id as [`Events::id`] writes it).
    pub fn listen(&self, last: Option<&str>) -> (Replay, broadcast::Receiver<Arc<Numbered>>) {
        // Subscribing under the lock: no event falls between the replay and the stream.
        let history = self.history();
        let receiver = self.sender.subscribe();
        let replay = match last {
            None => Replay::Missed(Vec::new()),
            Some(id) => self.missed(&history, id),
        };
        (replay, receiver)
    }

    /// An event's id on the wire.
    pub fn id(&self, number: u64) -> String {
        format!("{}-{number}", self.epoch)
    }

    /// The id of the newest event: where a page that reads everything now stands.
    pub fn latest(&self) -> String {
        self.id(self.history().back().map_or(0, |last| last.number))
    }

    fn missed(&self, history: &VecDeque<Arc<Numbered>>, id: &str) -> Replay {
        let place = id
            .split_once('-')
            .filter(|(epoch, _)| *epoch == self.epoch.to_string())
            .and_then(|(_, number)| number.parse::<u64>().ok());
        let newest = history.back().map_or(0, |last| last.number);
        let oldest = history.front().map_or(1, |first| first.number);
        match place {
            Some(place) if place <= newest && place + 1 >= oldest => {
                Replay::Missed(history.iter().filter(|e| e.number > place).cloned().collect())
            }
            _ => Replay::Reset,
        }
    }

    fn history(&self) -> MutexGuard<'_, VecDeque<Arc<Numbered>>> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &'static str) -> Event {
        Event::new(WorkspaceId(uuid::Uuid::nil()), name, &())
    }

    #[test]
    fn a_listener_that_comes_back_hears_what_it_missed() {
        let events = Events::new(7);
        events.publish(vec![event("a"), event("b"), event("c")]);
        let (Replay::Missed(missed), _) = events.listen(Some("7-1")) else { panic!("reset") };
        let names: Vec<_> = missed.iter().map(|numbered| numbered.event.name).collect();
        assert_eq!(names, ["b", "c"]);
    }

    #[test]
    fn an_unknown_or_forgotten_place_is_a_reset() {
        let events = Events::new(7);
        events.publish((0..=KEPT).map(|_| event("a")).collect());
        for id in ["6-1", "7-0", "7-99999", "nonsense", ""] {
            assert!(matches!(events.listen(Some(id)).0, Replay::Reset), "{id}");
        }
        assert!(
            matches!(events.listen(Some(&events.latest())).0, Replay::Missed(m) if m.is_empty())
        );
    }
}
