//! The real binary: started, spoken to, killed.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{LazyLock, mpsc};
use std::time::Duration;

/// The password of the account that [`Running::set_up`] makes.
pub const PASSWORD: &str = "a walk in the park";

/// Runs a command of the binary to its end.
pub fn leads(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_leads")).args(args).stdin(Stdio::null()).output().unwrap()
}

/// The same with something on standard input.
pub fn leads_with_input(args: &[&str], input: &str) -> Output {
    use std::io::Write;
    let mut child = Command::new(env!("CARGO_BIN_EXE_leads"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// What a command said, for messages of failed assertions.
pub fn told(output: &Output) -> String {
    format!(
        "{}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A server under way on a port of its own; killed when dropped.
pub struct Running {
    pub child: Child,
    pub url: String,
    pub setup_code: Option<String>,
}

impl Running {
    /// Starts `leads serve` and waits until it listens.
    pub fn start(data: &Path, extra: &[&str]) -> Self {
        Self::start_with(data, extra, &[])
    }

    /// The same with variables of its own.
    pub fn start_with(data: &Path, extra: &[&str], variables: &[(&str, &Path)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_leads"))
            .args(["serve", "--addr", "127.0.0.1:0", "--log", "warn", "--data"])
            .arg(data)
            .args(extra)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let listening = "Leads is listening on ";
        let mut url = String::new();
        while url.is_empty() {
            let line = receiver.recv_timeout(Duration::from_secs(30)).expect("the server starts");
            url = line.strip_prefix(listening).unwrap_or_default().to_owned();
        }
        // The code, if any, follows at once.
        let setup_code = receiver
            .recv_timeout(Duration::from_millis(200))
            .ok()
            .and_then(|line| line.rsplit("setup code ").next().map(str::to_owned));
        Self { child, url, setup_code }
    }

    /// Makes the first account; answers its token.
    pub fn set_up(&self) -> String {
        let body = json!({
            "code": self.setup_code, "name": "Ada", "email": "ada@example.com",
            "password": PASSWORD, "workspaceName": "Acme",
        });
        let answer = self.post("/v1/identity/setup", "", &body);
        answer["token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// Posts JSON and answers JSON.
    pub fn post(&self, path: &str, token: &str, body: &Value) -> Value {
        let client = http();
        let request = client.post(format!("{}{path}", self.url)).bearer_auth(token).json(body);
        request.send().unwrap().json().unwrap()
    }

    /// Puts JSON and answers JSON.
    pub fn put(&self, path: &str, token: &str, body: &Value) -> Value {
        let client = http();
        let request = client.put(format!("{}{path}", self.url)).bearer_auth(token).json(body);
        request.send().unwrap().json().unwrap()
    }

    /// Gets JSON.
    pub fn get(&self, path: &str, token: &str) -> Value {
        let client = http();
        client.get(format!("{}{path}", self.url)).bearer_auth(token).send().unwrap().json().unwrap()
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, as systemd does, and waits; true when it ended well.
    pub fn stop(&mut self) -> bool {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap().success()
    }
}

/// A client over plain HTTP. The program's own reqwest has TLS and leaves the choice of cryptography to
/// whoever makes a client. One for all: it reads the machine's certificates, which takes a while.
pub fn http() -> reqwest::blocking::Client {
    static CLIENT: LazyLock<reqwest::blocking::Client> = LazyLock::new(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::blocking::Client::new()
    });
    CLIENT.clone()
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
