//! `leads healthcheck`: asks a server on this machine whether it is ready, for containers that have no curl.

use super::Failure;
use crate::config::HealthcheckArgs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long the server may take over each step.
const PATIENCE: Duration = Duration::from_secs(5);

/// Fails unless the server says that it is ready. Where it speaks HTTPS, it answers this on plain HTTP too.
pub fn run(args: &HealthcheckArgs) -> Result<(), Failure> {
    let address = args.address();
    let status =
        ask(address).map_err(|error| Failure::new(format!("no answer from {address}: {error}")))?;
    if status == "200" {
        return Ok(());
    }
    Err(Failure::new(format!("the server at {address} is not ready (it answered {status})")))
}

/// The status of `GET /readyz`.
fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut head = [0; 12];
    stream.read_exact(&mut head)?;
    let head = String::from_utf8_lossy(&head);
    Ok(head.rsplit(' ').next().unwrap_or_default().to_owned())
}
