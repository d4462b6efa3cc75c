//! Starts the executable.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

/// An address of this machine where nothing listens yet, with a port below those that the system hands out.
pub fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() * 16 % 20_000).unwrap();
    loop {
        let port = 11_000 + (first + NEXT.fetch_add(1, Ordering::Relaxed)) % 20_000;
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
            return listener.local_addr().unwrap();
        }
    }
}

/// A running server.
pub struct Leads {
    pub address: SocketAddr,
    /// What it said before it listened.
    pub said: String,
    child: Child,
    _output: BufReader<ChildStdout>,
}

impl Leads {
    /// On a data directory, with more arguments.
    pub fn start(data: &Path, args: &[&str]) -> Self {
        Self::start_by(Command::new(env!("CARGO_BIN_EXE_leads")), data, args)
    }

    /// By a command that the arguments are appended to.
    pub fn start_by(command: Command, data: &Path, args: &[&str]) -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut leads = Self::start_at(command, any, data, args);
        leads.address = leads.said.trim().rsplit('/').next().unwrap().parse().unwrap();
        leads
    }

    /// At a certain address.
    pub fn start_at(mut command: Command, address: SocketAddr, data: &Path, args: &[&str]) -> Self {
        command
            .env("LEADS_LOG", "warn")
            .arg("serve")
            .arg("--data")
            .arg(data)
            .args(["--addr", &address.to_string()]);
        let mut child = command.args(args).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains("Leads is listening on ") {
            let length = output.read_line(&mut said).unwrap();
            assert!(length > 0, "it did not start: {said}");
        }
        Self { address, said, child, _output: output }
    }

    /// `leads healthcheck` of it: whether it exits with 0.
    pub fn is_healthy(&self) -> bool {
        healthcheck(self.address)
    }
}

impl Drop for Leads {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Whether `leads healthcheck` exits with 0.
pub fn healthcheck(address: SocketAddr) -> bool {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leads"));
    let status = command.args(["healthcheck", "--addr", &address.to_string()]).status().unwrap();
    assert!(status.code().is_some_and(|code| code < 2), "{status}");
    status.success()
}
