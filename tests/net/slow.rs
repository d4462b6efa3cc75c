//! Slow and many clients, and the end of the server while some are connected.

use crate::binary::Running;
use crate::harness::{Leads, curl};
use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use serde_json::json;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

/// Sends one byte a second; what came back by the time the server cut, and when that was.
fn drip(mut stream: TcpStream, byte: u8) -> (String, Duration) {
    let began = Instant::now();
    stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    let mut answer = Vec::new();
    loop {
        assert!(began.elapsed() < Duration::from_secs(40), "it was never cut");
        let sent = stream.write_all(&[byte]);
        let mut piece = [0; 4096];
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => answer.extend_from_slice(&piece[..length]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                sent.unwrap();
            }
            Err(_) => break,
        }
    }
    (String::from_utf8_lossy(&answer).into_owned(), began.elapsed())
}

#[test]
fn slow_clients_are_cut_within_30_s_while_leads_come_in() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::start(folder.path(), &[]);
    let token = server.set_up();
    let webhook = server.post("/v1/identity/lead-webhooks", &token, &json!({"name": "Form"}));
    let webhook = format!("/webhooks/leads/{}", webhook["apiKey"].as_str().unwrap());
    let address: SocketAddr = server.url.trim_start_matches("http://").parse().unwrap();
    let connect = || TcpStream::connect(address).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..200 {
            scope.spawn(|| drip(connect(), b'G'));
        }
        let ingest = scope.spawn(|| {
            for number in 0..20 {
                let began = Instant::now();
                let lead = json!({"name": format!("Lead {number}")});
                let answer = server.post(&webhook, "", &lead);
                assert!(answer["leadId"].is_string(), "{answer}");
                assert!(began.elapsed() < Duration::from_secs(2), "it took {:?}", began.elapsed());
                std::thread::sleep(Duration::from_millis(500));
            }
        });
        let head = scope.spawn(|| drip(connect(), b'G').1);
        let later_head = scope.spawn(|| {
            let mut stream = connect();
            // A head after an answered request is watched as well.
            stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
            let read = stream.read(&mut [0; 4096]).unwrap();
            assert!(read > 0);
            drip(stream, b'G').1
        });
        let body = scope.spawn(|| {
            let mut stream = connect();
            let head = "POST /v1/identity/auth/login HTTP/1.1\r\nHost: a\r\n\
                Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n";
            stream.write_all(head.as_bytes()).unwrap();
            drip(stream, b' ')
        });
        let silent = scope.spawn(|| {
            let began = Instant::now();
            let mut stream = connect();
            stream.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
            assert_eq!(stream.read(&mut [0]).unwrap(), 0);
            began.elapsed()
        });
        let resting = scope.spawn(|| {
            let mut stream = connect();
            for rest in [Duration::from_secs(25), Duration::ZERO] {
                stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
                let mut answer = [0; 4096];
                let length = stream.read(&mut answer).unwrap();
                assert!(answer[..length].starts_with(b"HTTP/1.1 200"));
                std::thread::sleep(rest);
            }
        });
        ingest.join().unwrap();
        let (answer, took) = body.join().unwrap();
        assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("\"timeout\""), "{answer}");
        for took in [took, head.join().unwrap(), later_head.join().unwrap(), silent.join().unwrap()]
        {
            assert!((15..30).contains(&took.as_secs()), "cut after {took:?}");
        }
        resting.join().expect("a connection may rest between requests");
    });
}

#[test]
fn two_thousand_idle_connections_do_not_stop_a_request() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    let folder = tempfile::tempdir().unwrap();
    // The server raises the usual limit of 1024 files by itself.
    let mut command = Command::new("sh");
    let script = r#"ulimit -Sn 1024; exec "$0" "$@""#;
    command.args(["-c", script, env!("CARGO_BIN_EXE_leads")]);
    let leads = Leads::start_by(command, folder.path(), &[]);
    let idle: Vec<TcpStream> =
        (0..2000).map(|_| TcpStream::connect(leads.address).unwrap()).collect();
    let began = Instant::now();
    assert_eq!(leads.status("/readyz"), 200);
    assert!(began.elapsed() < Duration::from_secs(2), "it took {:?}", began.elapsed());
    drop(idle);
}

#[test]
fn connections_past_the_limit_wait_for_their_turn() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    // 400 files leave room for 144 connections.
    let script = r#"ulimit -n 400; exec "$0" "$@""#;
    command.args(["-c", script, env!("CARGO_BIN_EXE_leads")]);
    let leads = Leads::start_by(command, folder.path(), &[]);
    let idle: Vec<TcpStream> =
        (0..200).map(|_| TcpStream::connect(leads.address).unwrap()).collect();
    let url = format!("http://{}/readyz", leads.address);
    assert_eq!(curl(&["--max-time", "2", &url]).status, 0, "there was no limit");
    drop(idle);
    assert_eq!(curl(&[&url]).status, 200);
}

#[test]
fn a_request_under_way_is_answered_before_the_server_ends() {
    let folder = tempfile::tempdir().unwrap();
    let mut leads = Leads::start(folder.path(), &[]);
    let resting = TcpStream::connect(leads.address).unwrap();
    let mut stream = TcpStream::connect(leads.address).unwrap();
    let body = r#"{"email":"a@example.com","password":"a walk in the park"}"#;
    let head = format!(
        "POST /v1/identity/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{{",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    leads.signal(Signal::TERM);
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(curl(&[&format!("http://{}/healthz", leads.address)]).status, 0, "still listening");
    stream.write_all(&body.as_bytes()[1..]).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    let (status, took) = leads.wait(Duration::from_secs(5));
    assert!(status.success() && took < Duration::from_secs(2), "{status} after {took:?}");
    drop(resting);
}

#[test]
fn a_request_that_never_ends_holds_the_server_for_ten_seconds_at_most() {
    let folder = tempfile::tempdir().unwrap();
    let mut leads = Leads::start(folder.path(), &[]);
    let mut stream = TcpStream::connect(leads.address).unwrap();
    let head = "POST /v1/identity/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\
        Content-Type: application/json\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    leads.signal(Signal::TERM);
    let (status, took) = leads.wait(Duration::from_secs(15));
    assert!(status.success(), "{status}");
    assert!((8..12).contains(&took.as_secs()), "it took {took:?}");
}
