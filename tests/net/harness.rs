//! Starts the executable, and asks it by curl.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair};
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The name under which the tests' servers speak HTTPS.
pub const NAME: &str = "leads.test";

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

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Limits the size of the files that it writes from now on.
    pub fn limit_files(&self, most: Option<u64>) {
        let limit = Rlimit { current: most, maximum: None };
        prlimit(Some(Pid::from_child(&self.child)), Resource::Fsize, limit).unwrap();
    }

    /// Waits for the end, at most so long; how it ended and how long that took.
    pub fn wait(&mut self, patience: Duration) -> (ExitStatus, Duration) {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, began.elapsed());
            }
            assert!(began.elapsed() < patience, "the server did not stop");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// `leads healthcheck` of it: whether it exits with 0.
    pub fn is_healthy(&self) -> bool {
        healthcheck(self.address)
    }

    /// The status of a plain GET.
    pub fn status(&self, path: &str) -> u16 {
        curl(&[&format!("http://{}{path}", self.address)]).status
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

/// What curl got. The status is 0 when there was no answer.
#[derive(Debug)]
pub struct Got {
    pub status: u16,
    pub version: String,
    /// The heads of all answers, and the body.
    pub text: String,
}

/// Runs curl; it gives up after 60 s.
pub fn curl(args: &[&str]) -> Got {
    let write = "\n%{http_version} %{http_code}";
    let mut command = Command::new("curl");
    command.args(["-s", "-i", "--max-time", "60", "-w", write]).args(args);
    let output = command.env_remove("http_proxy").env_remove("https_proxy").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (text, numbers) = text.rsplit_once('\n').unwrap();
    let (version, status) = numbers.split_once(' ').unwrap();
    Got { status: status.parse().unwrap(), version: version.into(), text: text.to_lowercase() }
}

/// Runs curl against [`NAME`] at an address, believing one certificate authority only.
pub fn curl_tls(address: SocketAddr, root: &Path, path: &str, args: &[&str]) -> Got {
    let resolve = format!("{NAME}:{}:{}", address.port(), address.ip());
    let url = format!("https://{NAME}:{}{path}", address.port());
    let root = root.to_str().unwrap();
    let mut all = vec!["--resolve", &resolve, "--cacert", root, &url];
    all.extend(args);
    curl(&all)
}

/// Asks until it is as wanted, at most so long.
pub fn until(patience: Duration, what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < patience, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A certificate authority with its files in a folder.
pub struct Authority {
    pub certificate: rcgen::Certificate,
    pub key: KeyPair,
    folder: TempDir,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("root.pem"), certificate.pem()).unwrap();
        Self { certificate, key, folder }
    }

    /// Its own certificate.
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }

    /// A chain and a key for a name, as PEM.
    pub fn issue(&self, name: &str) -> (String, String) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        // Without a name of its own it would look like its own issuer.
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &self.certificate, &self.key).unwrap();
        (leaf.pem() + &self.certificate.pem(), key.serialize_pem())
    }

    /// The same in files.
    pub fn issue_to(&self, name: &str, chain: &Path, key: &Path) {
        let (chain_pem, key_pem) = self.issue(name);
        std::fs::write(chain, chain_pem).unwrap();
        std::fs::write(key, key_pem).unwrap();
    }
}
