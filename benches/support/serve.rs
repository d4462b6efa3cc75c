//! The server under test, in a process of its own: the bench binary runs itself again with `--serve`. So
//! its processor time and memory are its own.

use super::{Outcome, baseline, seed};
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::post;
use leads::auth::sessions;
use leads::platform::ids::{UserId, WorkspaceId};
use leads::platform::{App, Clock};
use leads::{server, webhooks};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// What the server tells its bench when it listens.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ready {
    pub pid: u32,
    pub port: u16,
    /// A session's token.
    pub token: String,
    /// The path of a webhook.
    pub webhook: String,
}

/// A running server; asked to end when dropped.
pub struct Server {
    pub ready: Ready,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    flushes: Option<PathBuf>,
}

impl Server {
    /// The product, on a data directory.
    pub fn product(folder: &Path) -> Outcome<Self> {
        Self::start(itself("product", folder)?, None)
    }

    /// The same, with every flush to disk noted; `None` without strace on this machine.
    pub fn product_counting_flushes(folder: &Path) -> Outcome<Option<Self>> {
        let log = folder.join("flushes");
        let mut command = Command::new("strace");
        command
            .args(["--seccomp-bpf", "-f", "-qq", "-e", "signal=none"])
            .args(["-e", "trace=fsync,fdatasync,sync_file_range,msync", "-o"])
            .arg(&log)
            .arg(std::env::current_exe()?)
            .args(["--serve", "product"])
            .arg(folder);
        match Self::start(command, Some(log)) {
            Err(error) if error.downcast_ref::<std::io::Error>().is_some() => Ok(None),
            other => other.map(Some),
        }
    }

    /// An axum handler that only parses the same JSON.
    pub fn parser() -> Outcome<Self> {
        Self::start(itself("parser", Path::new("."))?, None)
    }

    /// The bare loop that inserts; it is told what to do by [`Self::ask`].
    pub fn inserter(folder: &Path) -> Outcome<Self> {
        Self::start(itself("inserter", folder)?, None)
    }

    fn start(mut command: Command, flushes: Option<PathBuf>) -> Outcome<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().ok_or("no output of the server")?;
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let ready = serde_json::from_str(&line).map_err(|_| "the server did not start")?;
        Ok(Self { ready, child, stdin, stdout, flushes })
    }

    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.ready.port))
    }

    /// How often it has flushed to disk so far.
    pub fn flushes(&self) -> Outcome<u64> {
        let log = self.flushes.as_ref().ok_or("flushes are not noted here")?;
        Ok(std::fs::read_to_string(log)?.lines().filter(|line| line.contains("sync")).count()
            as u64)
    }

    /// Sends the inserter a line, answers its line.
    pub fn ask(&mut self, line: &str) -> Outcome<String> {
        let stdin = self.stdin.as_mut().ok_or("the server has ended")?;
        writeln!(stdin, "{line}")?;
        let mut answer = String::new();
        self.stdout.read_line(&mut answer)?;
        Ok(answer)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The end of its input asks it to stop.
        drop(self.stdin.take());
        let _ = self.child.wait();
    }
}

fn itself(kind: &str, folder: &Path) -> Outcome<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--serve", kind]).arg(folder);
    Ok(command)
}

/// Runs as the server when the arguments say so; false when this process is the bench.
pub fn is_server() -> Outcome<bool> {
    let mut args = std::env::args().skip_while(|arg| arg != "--serve").skip(1);
    let (Some(kind), Some(folder)) = (args.next(), args.next()) else { return Ok(false) };
    if kind == "inserter" {
        baseline::insert_on_demand(Path::new(&folder))?;
        return Ok(true);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if kind == "parser" {
        let router = axum::Router::new().route("/leads", post(parse_only));
        let ready = |port| Ready {
            pid: std::process::id(),
            port,
            token: String::new(),
            webhook: "/leads".into(),
        };
        runtime.block_on(listen(router, ready))?;
        return Ok(true);
    }
    let app = seed::open(Path::new(&folder), Clock::System)?;
    let (token, webhook) = credentials(&app)?;
    let ready = |port| Ready { pid: std::process::id(), port, token, webhook };
    runtime.block_on(listen(server::router(app.clone()), ready))?;
    app.events.close();
    app.db.close();
    Ok(true)
}

async fn listen(router: axum::Router, ready: impl FnOnce(u16) -> Ready) -> Outcome<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", serde_json::to_string(&ready(listener.local_addr()?.port()))?);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, service).into_future();
    let asked = tokio::task::spawn_blocking(|| std::io::stdin().lines().for_each(drop));
    tokio::select! {
        outcome = served => Ok(outcome?),
        _ = asked => Ok(()),
    }
}

/// The first user's session and the path of the workspace's webhook.
pub fn credentials(app: &App) -> Outcome<(String, String)> {
    let found = app.db.read_blocking(|db| {
        let user: UserId =
            db.query_row("SELECT id FROM users ORDER BY email_key LIMIT 1", [], |row| row.get(0))?;
        let workspace: WorkspaceId =
            db.query_row("SELECT id FROM workspaces ORDER BY id LIMIT 1", [], |row| row.get(0))?;
        Ok((user, webhooks::list(db, workspace)?))
    })?;
    let key = found.1.first().and_then(|webhook| webhook.key(&app.vault)).ok_or("no webhook")?;
    let user = found.0;
    let session =
        app.db.write_blocking(move |tx| sessions::begin(tx, user, Some("bench"), "127.0.0.1"))?;
    Ok((session.token, format!("/v1/identity/webhooks/leads/{key}")))
}

/// The answer has the shape of the product's.
async fn parse_only(body: Bytes) -> impl IntoResponse {
    match serde_json::from_slice::<serde_json::Value>(&body) {
        Ok(value) => {
            let name = value.get("name").cloned().unwrap_or_default();
            let answer = serde_json::json!({"success": true, "created": true, "name": name});
            (StatusCode::CREATED, axum::Json(answer)).into_response()
        }
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}
