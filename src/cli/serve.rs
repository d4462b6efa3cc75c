//! `leads serve`: from an empty or existing data directory to a running server, and down again.

use super::{Failure, migrate, say, supervisor};
use crate::auth::{has_account, setup};
use crate::config::ServeArgs;
use crate::demo;
use crate::platform::app::Settings;
use crate::platform::lock::DataDir;
use crate::platform::secret::Vault;
use crate::platform::{App, Clock, telemetry};
use crate::server;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;

/// How long requests under way may take once the server is asked to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Runs until it is told to stop (SIGTERM, SIGINT).
pub fn run(args: ServeArgs) -> Result<(), Failure> {
    telemetry::start(&args.log);
    let directory = DataDir::take(&args.data.data)?;
    let file = directory.database();
    migrate::up(&directory, &args.data)?;
    let app = open(&args, &file)?;
    if args.demo {
        demonstrate(&app)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(listen(&args, app.clone()));
    app.db.close();
    drop(directory);
    outcome
}

fn open(args: &ServeArgs, file: &std::path::Path) -> Result<App, Failure> {
    let vault = Vault::open(&args.data.key_file())?;
    let mut settings = Settings {
        data: args.data.data.clone(),
        public_url: args.public_url.clone(),
        setup_code: None,
        ingest_per_address: args.ingest_per_address,
        ingest_per_key: args.ingest_per_key,
        allow_private_hosts: args.allow_private_hosts.clone(),
    };
    let probe = crate::platform::db::open::reader(file)?;
    if !has_account(&probe)? {
        settings.setup_code = Some(setup::fresh_code()?);
    }
    drop(probe);
    Ok(App::open(file, Clock::System, vault, settings, server::extras())?)
}

/// Fills a new installation, and says how to enter and how to be rid of it.
fn demonstrate(app: &App) -> Result<(), Failure> {
    if app.settings.setup_code.is_none() {
        say("There is an account already, so --demo adds nothing.");
        return Ok(());
    }
    let login = demo::fill(app)?;
    say("The demonstration workspace is ready.");
    say(format_args!("Sign in with {} and the password {}", login.email, login.password));
    say(
        "To be rid of it: make a workspace of your own under Settings and delete “Demo”, or stop Leads",
    );
    say(format_args!("and delete {}.", app.settings.data.display()));
    Ok(())
}

async fn listen(args: &ServeArgs, app: App) -> Result<(), Failure> {
    let listener = TcpListener::bind(args.addr)
        .await
        .map_err(|error| Failure::new(format!("cannot listen on {}: {error}", args.addr)))?;
    let address = listener.local_addr()?;
    let asked_to_stop = asked_to_stop()?;
    greet(&app, address, args.demo);
    supervisor::ready(app.db.clone());
    let events = app.events.clone();
    let service = server::router(app).into_make_service_with_connect_info::<SocketAddr>();
    let (stopping, mut asked) = tokio::sync::watch::channel(false);
    let stop = async move {
        asked_to_stop.await;
        supervisor::stopping();
        events.close();
        stopping.send_replace(true);
    };
    let server = axum::serve(listener, service).with_graceful_shutdown(stop).into_future();
    let grace = async move {
        let _ = asked.wait_for(|asked| *asked).await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        outcome = server => Ok(outcome?),
        () = grace => Ok(()),
    }
}

/// What the person at the terminal needs to know. The first line is also read by programs.
fn greet(app: &App, address: SocketAddr, demo: bool) {
    let url = app.settings.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    say(format_args!("Leads is listening on {url}"));
    if let Some(code) = app.settings.setup_code.as_ref().filter(|_| !demo) {
        say(format_args!(
            "There is no account yet. Open {url}/setup and enter the setup code {code}"
        ));
    }
}

/// Listens to the signals from now on; the answer is there once one came.
fn asked_to_stop() -> Result<impl Future<Output = ()>, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
    })
}
