//! An HTTP server for tests that writes down what it is asked and behaves as told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What to do with a request.
#[derive(Clone)]
pub(crate) enum Act {
    /// Answer these bytes and close.
    Raw(Vec<u8>),
    /// Read it and never answer.
    Hang,
    /// Read nothing and never answer.
    HangUnread,
    /// Read it and close.
    Cut,
}

impl Act {
    /// An answer with a status and a JSON body.
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::with_headers(status, "Content-Type: application/json\r\n", body)
    }

    /// The same with header lines of one's own.
    pub(crate) fn with_headers(status: u16, headers: &str, body: &str) -> Self {
        let length = body.len();
        let text = format!(
            "HTTP/1.1 {status} X\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        Self::Raw(text.into_bytes())
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Method and path with its query.
    pub(crate) line: String,
    /// Header lines.
    pub(crate) head: String,
    /// The body.
    pub(crate) body: String,
}

impl Seen {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    /// The body's fields, read as a form.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }
}

/// The server.
pub(crate) struct StandIn {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl StandIn {
    /// Starts one that does these things in turn, and the last of them from then on.
    pub(crate) async fn start(acts: impl Into<Vec<Act>>) -> Self {
        let acts: Vec<Act> = acts.into();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = seen.clone();
        tokio::spawn(async move {
            for number in 0.. {
                let Ok((stream, _)) = listener.accept().await else { return };
                let act = acts[number.min(acts.len() - 1)].clone();
                tokio::spawn(serve(stream, act, log.clone()));
            }
        });
        Self { address, seen }
    }

    /// Its address as a URL without a slash at the end.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was asked so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The only thing that it was asked.
    #[track_caller]
    pub(crate) fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen[0].clone()
    }
}

async fn serve(mut stream: TcpStream, act: Act, log: Arc<Mutex<Vec<Seen>>>) {
    if matches!(act, Act::HangUnread) {
        return std::future::pending().await;
    }
    let Some(seen) = read(&mut stream).await else { return };
    log.lock().unwrap().push(seen);
    match act {
        Act::Raw(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Act::Hang => std::future::pending().await,
        Act::HangUnread | Act::Cut => {}
    }
}

async fn read(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let (line, head) = head.split_once("\r\n")?;
    let line = line.trim_end_matches(" HTTP/1.1").to_owned();
    let mut seen = Seen { line, head: head.to_owned(), body: String::new() };
    let length = seen.header("content-length").map_or(0, |length| length.parse().unwrap());
    while bytes.len() < end + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    seen.body = String::from_utf8_lossy(&bytes[end..]).into_owned();
    Some(seen)
}
