//! An SMTP server for tests that writes down what it is told and misbehaves where it is asked to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};

/// What to do instead of the usual.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    /// Say this.
    Say(&'static str),
    /// Close the connection.
    Cut,
    /// Never answer.
    Hang,
}

/// What happened.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// Connections so far.
    pub(crate) connections: usize,
    /// Each command line.
    pub(crate) commands: Vec<String>,
    /// Each message that came whole, dots undone.
    pub(crate) messages: Vec<String>,
}

/// The server.
pub(crate) struct StandIn {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

impl StandIn {
    /// Starts one that does something of its own at these places: a command's first word, `greeting`, `body`
    /// (in the middle of a message), `.` (after its last dot) or `afterwards` (when it is accepted).
    pub(crate) async fn start(acts: &[(&'static str, Act)]) -> Self {
        let acts = acts.to_vec();
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(16 * 1024).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(64).unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let log = seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                log.lock().unwrap().connections += 1;
                let (acts, log) = (acts.clone(), log.clone());
                tokio::spawn(async move { converse(stream, &acts, &log).await });
            }
        });
        Self { address, seen }
    }

    /// What happened so far.
    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }
}

async fn converse(stream: TcpStream, acts: &[(&str, Act)], log: &Mutex<Seen>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    answer(&mut stream, acts, "greeting", "220 stand-in.test").await?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_owned();
        log.lock().unwrap().commands.push(line.clone());
        let word = line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        let usual = match word.as_str() {
            "EHLO" => "250-stand-in.test\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN",
            "AUTH" => "235 2.7.0 welcome",
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "250 2.0.0 fine",
        };
        answer(&mut stream, acts, &word, usual).await?;
        let refused = acts.iter().any(|(place, _)| *place == "DATA");
        if word == "DATA" && !refused {
            let message = message(&mut stream, acts).await?;
            log.lock().unwrap().messages.push(message);
            answer(&mut stream, acts, ".", "250 2.0.0 queued as TEST1").await?;
            if acts.iter().any(|(place, _)| *place == "afterwards") {
                return None;
            }
        }
    }
}

/// Reads a message to its last dot.
async fn message(stream: &mut BufReader<TcpStream>, acts: &[(&str, Act)]) -> Option<String> {
    if acts.iter().any(|(place, _)| *place == "body") {
        let mut some = [0; 64];
        let _ = stream.read(&mut some).await;
        return None;
    }
    let mut message = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        assert!(line.ends_with("\r\n") && line.len() <= 1000, "{line:?}");
        if line == ".\r\n" {
            return Some(message);
        }
        message.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

async fn answer(
    stream: &mut BufReader<TcpStream>,
    acts: &[(&str, Act)],
    place: &str,
    usual: &str,
) -> Option<()> {
    let text = match acts.iter().find(|(at, _)| *at == place) {
        Some((_, Act::Cut)) => return None,
        Some((_, Act::Hang)) => std::future::pending().await,
        Some((_, Act::Say(text))) => text,
        None => usual,
    };
    stream.get_mut().write_all(format!("{text}\r\n").as_bytes()).await.ok()
}
