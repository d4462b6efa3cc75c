//! A provider that takes messages as Twilio does, one thread for all connections, and answers at once: so that
//! what is measured is Leads. It tells messages apart by the id in their `StatusCallback`.

use super::Outcome;
use super::client::head;
use super::words::Dice;
use rustix::event::epoll;
use std::collections::{HashMap, HashSet};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What was taken since [`StandIn::forget`].
#[derive(Debug, Default)]
struct Taken {
    messages: HashSet<String>,
    /// How many came though they had come before.
    again: u64,
    /// When the first one came.
    first: Option<Instant>,
    /// When the last one came.
    last: Option<Instant>,
    /// Connections that were opened.
    connections: u64,
}

/// What came of waiting for messages.
#[derive(Debug, Clone, Copy)]
pub struct Arrived {
    /// When the first one came.
    pub first: Instant,
    /// When the last one came.
    pub last: Instant,
    /// Connections that they came over.
    pub connections: u64,
}

/// A stand-in for Twilio; it listens until the process ends.
pub struct StandIn {
    pub address: SocketAddr,
    taken: Arc<Mutex<Taken>>,
}

impl StandIn {
    pub fn start() -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let (address, taken) = (listener.local_addr()?, Arc::<Mutex<Taken>>::default());
        let shared = taken.clone();
        std::thread::spawn(move || {
            if let Err(error) = listen(&listener, &shared) {
                eprintln!("the stand-in ended: {error}");
            }
        });
        Ok(Self { address, taken })
    }

    /// Begins to count anew.
    pub fn forget(&self) {
        *lock(&self.taken) = Taken::default();
    }

    /// Waits until so many different messages have come; an error when they do not come in time, or one came
    /// twice.
    pub fn wait_for(&self, count: usize, longest: Duration) -> Outcome<Arrived> {
        let begun = Instant::now();
        loop {
            let taken = lock(&self.taken);
            let (come, connections) = (taken.messages.len(), taken.connections);
            if taken.again > 0 {
                return Err(format!("{} messages came twice", taken.again).into());
            }
            if let (Some(first), Some(last)) = (taken.first, taken.last)
                && come >= count
            {
                return Ok(Arrived { first, last, connections });
            }
            drop(taken);
            if begun.elapsed() > longest {
                return Err(format!("only {come} of {count} messages came in time").into());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn lock(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Stands for the listener among the numbers of connections.
const LISTENER: u64 = 0;

fn listen(listener: &TcpListener, taken: &Mutex<Taken>) -> Outcome<()> {
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let number = epoll::EventData::new_u64;
    epoll::add(&poll, listener, number(LISTENER), epoll::EventFlags::IN)?;
    let (mut lanes, mut opened) = (HashMap::<u64, Lane>::new(), LISTENER);
    let (mut events, mut piece) = (Vec::with_capacity(64), vec![0_u8; 16_384]);
    // Answers as Twilio's: each message has an id in no order.
    let mut dice = Dice::new(0x5eed);
    loop {
        events.clear();
        epoll::wait(&poll, rustix::buffer::spare_capacity(&mut events), None)?;
        for event in &events {
            let of = event.data.u64();
            if of == LISTENER {
                let (stream, _) = listener.accept()?;
                stream.set_nodelay(true)?;
                stream.set_nonblocking(true)?;
                opened += 1;
                epoll::add(&poll, &stream, number(opened), epoll::EventFlags::IN)?;
                lanes.insert(opened, Lane { stream, request: Vec::with_capacity(4096) });
                lock(taken).connections += 1;
            } else if let Some(lane) = lanes.get_mut(&of)
                && !lane.turn(&mut piece, taken, &mut dice).unwrap_or(false)
            {
                // Whoever asked has hung up.
                lanes.remove(&of);
            }
        }
    }
}

struct Lane {
    stream: TcpStream,
    request: Vec<u8>,
}

impl Lane {
    /// Reads what is there and answers what is whole; false at the end of the connection.
    fn turn(&mut self, piece: &mut [u8], taken: &Mutex<Taken>, dice: &mut Dice) -> Outcome<bool> {
        match self.stream.read(piece) {
            Ok(0) => return Ok(false),
            Ok(read) => self.request.extend_from_slice(&piece[..read]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
            Err(error) => return Err(error.into()),
        }
        while let Some((head, length)) = head(&self.request)?
            && self.request.len() >= head + length
        {
            let answer = take(&self.request[head..head + length], taken, dice)?;
            self.request.drain(..head + length);
            // So few bytes always fit into the socket's buffer.
            self.stream.write_all(answer.as_bytes())?;
        }
        Ok(true)
    }
}

/// Notes a message and answers as Twilio does.
fn take(form: &[u8], taken: &Mutex<Taken>, dice: &mut Dice) -> Outcome<String> {
    let (mut id, mut to, mut text) = (None, String::new(), String::new());
    for (name, value) in form_urlencoded::parse(form) {
        match &*name {
            "StatusCallback" => id = value.rsplit_once('=').map(|(_, id)| id.to_owned()),
            "To" => to = value.into_owned(),
            "Body" => text = value.into_owned(),
            _ => {}
        }
    }
    let mut taken = lock(taken);
    if !taken.messages.insert(id.ok_or("a message without an id")?) {
        taken.again += 1;
    }
    let now = Instant::now();
    taken.first = taken.first.or(Some(now));
    taken.last = Some(now);
    drop(taken);
    let sid: String = (0..8).map(|_| format!("{:04x}", dice.below(0x1_0000))).collect();
    let body = serde_json::json!({
        "sid": format!("SM{sid}"), "account_sid": "AC", "api_version": "2010-04-01", "body": text,
        "date_created": "Tue, 24 Nov 2026 20:00:00 +0000", "date_sent": null, "direction": "outbound-api",
        "error_code": null, "error_message": null, "from": "+12025550100", "to": to,
        "messaging_service_sid": null, "num_media": "0", "num_segments": "1", "price": null,
        "price_unit": null, "status": "queued",
    })
    .to_string();
    let length = body.len();
    Ok(format!(
        "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    ))
}
