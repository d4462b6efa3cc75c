//! The program itself, as `leads serve`.

use super::Outcome;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

const PROGRAM: &str = env!("CARGO_BIN_EXE_leads");

/// `leads serve`, ended when dropped.
pub struct Program {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// When it was started.
    pub begun: Instant,
}

impl Program {
    /// Starts it over a data directory and waits until it listens, at a port of its choice.
    pub fn start(folder: &Path) -> Outcome<Self> {
        Self::start_at(folder, "127.0.0.1:0", &[])
    }

    /// The same at an address and with more arguments. A public address must be the one that it listens at.
    pub fn start_at(folder: &Path, address: &str, more: &[&str]) -> Outcome<Self> {
        let begun = Instant::now();
        let mut child = Command::new(PROGRAM)
            .args(["serve", "--addr", address, "--log", "warn", "--data"])
            .arg(folder)
            .args(more)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let address = line.rsplit("//").next().ok_or("no address")?.trim().parse()?;
        Ok(Self { child, address, begun })
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How many bytes the binary has.
    pub fn size() -> Outcome<u64> {
        Ok(std::fs::metadata(PROGRAM)?.len())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.child.wait();
    }
}
