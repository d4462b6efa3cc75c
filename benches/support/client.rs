//! One connection that is kept, one request at a time.

use super::Outcome;
use super::stats::Times;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

pub struct Client {
    stream: TcpStream,
    token: String,
    buffer: Vec<u8>,
}

/// What came back: its status, its body, and after how many microseconds.
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    pub micros: u32,
}

impl Client {
    pub fn new(address: SocketAddr, token: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, token: token.to_owned(), buffer: Vec::with_capacity(256 * 1024) })
    }

    /// Asks once.
    pub fn get(&mut self, path: &str) -> Outcome<Answer> {
        self.ask("GET", path, "")
    }

    /// Sends JSON, expects a status of success, gives the JSON of the answer.
    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        body: &serde_json::Value,
    ) -> Outcome<serde_json::Value> {
        let body = body.to_string();
        let length = body.len();
        let rest =
            format!("content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}");
        let answer = self.ask(method, path, &rest)?;
        if !(200..300).contains(&answer.status) {
            return Err(format!("{path}: {}", String::from_utf8_lossy(&answer.body)).into());
        }
        Ok(serde_json::from_slice(&answer.body)?)
    }

    /// Sends a CSV file, expects a status of success, gives the JSON of the answer.
    pub fn send_file(&mut self, path: &str, file: &str) -> Outcome<serde_json::Value> {
        let length = file.len();
        let rest = format!("content-type: text/csv\r\ncontent-length: {length}\r\n\r\n{file}");
        let answer = self.ask("POST", path, &rest)?;
        if !(200..300).contains(&answer.status) {
            return Err(format!("{path}: {}", String::from_utf8_lossy(&answer.body)).into());
        }
        Ok(serde_json::from_slice(&answer.body)?)
    }

    /// `rest` is what follows the token's header: further headers, an empty line and a body, or nothing.
    fn ask(&mut self, method: &str, path: &str, rest: &str) -> Outcome<Answer> {
        let begun = Instant::now();
        let rest = if rest.is_empty() { "\r\n" } else { rest };
        write!(
            Sink(&mut self.stream),
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {}\r\n{rest}",
            self.token
        )?;
        self.buffer.clear();
        let (head, length) = loop {
            self.more()?;
            if let Some(found) = head(&self.buffer)? {
                break found;
            }
        };
        while self.buffer.len() < head + length {
            self.more()?;
        }
        let micros = u32::try_from(begun.elapsed().as_micros())?;
        let status = std::str::from_utf8(&self.buffer[9..12])?.parse()?;
        Ok(Answer { status, body: self.buffer[head..].to_vec(), micros })
    }

    /// Asks, expects 200, gives the JSON.
    pub fn json(&mut self, path: &str) -> Outcome<serde_json::Value> {
        let answer = self.get(path)?;
        if answer.status != 200 {
            return Err(format!("{path}: {}", String::from_utf8_lossy(&answer.body)).into());
        }
        Ok(serde_json::from_slice(&answer.body)?)
    }

    /// Asks so often, after a few times to warm up.
    pub fn time(&mut self, path: &str, times: usize) -> Outcome<Times> {
        self.time_each(&[path.to_owned()], times)
    }

    /// Asks for each of several in turn, so often in all.
    pub fn time_each(&mut self, paths: &[String], times: usize) -> Outcome<Times> {
        let mut taken = Vec::with_capacity(times);
        for number in 0..times + 2 {
            let path = &paths[number % paths.len()];
            let answer = self.get(path)?;
            if answer.status != 200 {
                return Err(format!("{path}: {}", String::from_utf8_lossy(&answer.body)).into());
            }
            if number >= 2 {
                taken.push(answer.micros);
            }
        }
        Ok(Times(taken))
    }

    fn more(&mut self) -> Outcome<()> {
        let mut piece = [0_u8; 65_536];
        let read = self.stream.read(&mut piece)?;
        if read == 0 {
            return Err("the server hung up".into());
        }
        self.buffer.extend_from_slice(&piece[..read]);
        Ok(())
    }
}

/// The length of an answer's head, and of the body that it announces; `None` while the head is not whole.
pub fn head(answer: &[u8]) -> Outcome<Option<(usize, usize)>> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&answer[..end])?;
    let length = head
        .split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .ok_or("an answer without content-length")?;
    Ok(Some((end + 4, length.1.trim().parse()?)))
}

/// Collects a request and sends it in one piece.
struct Sink<'a>(&'a mut TcpStream);

impl Sink<'_> {
    fn write_fmt(&mut self, text: std::fmt::Arguments<'_>) -> std::io::Result<()> {
        self.0.write_all(text.to_string().as_bytes())
    }
}
