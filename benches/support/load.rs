//! Posts leads from one thread over so many kept connections, one request in flight on each.

use super::Outcome;
use super::client::head;
use super::stats::Times;
use super::words::{self, Dice};
use rustix::event::epoll;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Leads posted by this process so far; gives each its own name, e-mail and phone.
static POSTED: AtomicU64 = AtomicU64::new(20_000_000);

/// What a load did.
#[derive(Debug, Clone)]
pub struct Done {
    /// Answers after the warm-up.
    pub count: u64,
    /// How long those took.
    pub seconds: f64,
    /// All answers.
    pub total: u64,
    pub times: Times,
}

impl Done {
    pub fn per_second(&self) -> f64 {
        self.count as f64 / self.seconds
    }
}

/// The documentation's example, with a name, an e-mail and a phone number of its own.
pub fn payload(number: u64) -> String {
    let mut dice = Dice::new(number);
    let person = words::person(&mut dice, number);
    format!(
        r#"{{"name":"{}","email":"{}","phone":"{}","company":"{}","job_title":"{}","utm_source":"google","utm_campaign":"spring_sale","form_page":"/pricing","budget":"10k-50k"}}"#,
        person.name,
        person.email,
        person.phone,
        person.company.as_deref().unwrap_or("Acme Inc"),
        person.title.as_deref().unwrap_or("Marketing Director"),
    )
}

struct Lane {
    stream: TcpStream,
    answer: Vec<u8>,
    sent: Instant,
}

impl Lane {
    fn send(&mut self, request: &str) -> Outcome<()> {
        self.answer.clear();
        self.sent = Instant::now();
        // Some 400 bytes always fit into the socket's buffer.
        Ok(self.stream.write_all(request.as_bytes())?)
    }

    /// Reads what is there; true when the answer is whole.
    fn receive(&mut self, piece: &mut [u8]) -> Outcome<bool> {
        match self.stream.read(piece) {
            Ok(0) => return Err("the server hung up".into()),
            Ok(read) => self.answer.extend_from_slice(&piece[..read]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        let Some((head, length)) = head(&self.answer)? else { return Ok(false) };
        if self.answer.len() < head + length {
            return Ok(false);
        }
        if !self.answer.starts_with(b"HTTP/1.1 201") {
            return Err(format!("refused: {}", String::from_utf8_lossy(&self.answer)).into());
        }
        Ok(true)
    }
}

/// How much of the beginning is not counted.
const WARM_UP: Duration = Duration::from_millis(200);

/// Posts leads for so long, or so many times.
pub fn post(
    address: SocketAddr,
    path: &str,
    connections: usize,
    lasting: Duration,
    at_most: u64,
) -> Outcome<Done> {
    let request = || {
        let body = payload(POSTED.fetch_add(1, Ordering::Relaxed));
        let headers = "content-type: application/json\r\n";
        request(address, path, headers, &body)
    };
    post_each(address, request, connections, lasting, at_most)
}

/// A request as it goes over the wire; each header with its line's end.
pub fn request(address: SocketAddr, path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\n{headers}content-length: {length}\r\n\r\n{body}"
    )
}

/// Sends requests that are answered with 201, for so long, or so many times.
pub fn post_each(
    address: SocketAddr,
    request: impl Fn() -> String,
    connections: usize,
    lasting: Duration,
    at_most: u64,
) -> Outcome<Done> {
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let mut lanes = Vec::with_capacity(connections);
    for number in 0..connections {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let data = epoll::EventData::new_u64(number as u64);
        epoll::add(&poll, &stream, data, epoll::EventFlags::IN)?;
        lanes.push(Lane { stream, answer: Vec::with_capacity(4096), sent: Instant::now() });
    }
    for lane in &mut lanes {
        lane.send(&request())?;
    }
    let (begun, mut piece) = (Instant::now(), vec![0_u8; 16_384]);
    let (mut first, mut done) = (None::<(Instant, u64)>, None);
    let (mut total, mut times) = (0_u64, Vec::new());
    let mut events = Vec::with_capacity(connections);
    let mut waiting = connections;
    while waiting > 0 {
        events.clear();
        epoll::wait(&poll, rustix::buffer::spare_capacity(&mut events), None)?;
        let now = Instant::now();
        let is_over = now - begun >= WARM_UP + lasting || total >= at_most;
        if is_over && done.is_none() {
            let (since, before) = first.ok_or("the load ended before it was warm")?;
            done = Some((total - before, (now - since).as_secs_f64()));
        }
        for event in &events {
            let lane = &mut lanes[event.data.u64() as usize];
            if !lane.receive(&mut piece)? {
                continue;
            }
            total += 1;
            if is_over {
                waiting -= 1;
                continue;
            }
            if now - begun >= WARM_UP {
                first.get_or_insert((now, total));
                times.push(u32::try_from(lane.sent.elapsed().as_micros())?);
            }
            lane.send(&request())?;
        }
    }
    let (count, seconds) = done.ok_or("the load had no end")?;
    Ok(Done { count, seconds, total, times: Times(times) })
}
