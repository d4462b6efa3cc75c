//! `leads serve`: from an empty or existing data directory to a running server, and down again.

use super::{Failure, migrate, say, supervisor};
use crate::auth::{has_account, setup};
use crate::config::ServeArgs;
use crate::demo;
use crate::platform::app::Settings;
use crate::platform::lock::DataDir;
use crate::platform::secret::Vault;
use crate::platform::{App, Clock, telemetry};
use crate::server::listen::{self, Speaks};
use crate::{server, worker};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

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
        public_url: args.public_url(),
        serves_tls: args.tls.is_on(),
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
    let most = listen::most_connections();
    let listener = bind(&args.addresses()).await?;
    let address = listener.local_addr()?;
    let asked_to_stop = asked_to_stop()?;
    let config = tls(args, &app)?;
    let redirect = listen::redirect(app.clone(), args.tls.tls_domain.clone(), address.port());
    let speaks = match config {
        Some(config) => Speaks::Tls(config, server::router(app.clone()), redirect.clone()),
        None => Speaks::Plain(server::router(app.clone())),
    };
    let (asked, stop) = tokio::sync::watch::channel(false);
    let mut servers = JoinSet::new();
    if let Some(listener) = bind_redirect(args).await {
        servers.spawn(listen::serve(listener, Speaks::Plain(redirect), most / 8, stop.clone()));
    }
    servers.spawn(listen::serve(listener, speaks, most, stop));
    greet(&app, address, args.demo);
    let jobs = worker::start(&app);
    supervisor::ready(app.db.clone());
    asked_to_stop.await;
    supervisor::stopping();
    app.events.close();
    asked.send_replace(true);
    let served = async {
        if tokio::time::timeout(GRACE, servers.join_all()).await.is_err() {
            tracing::warn!("some requests were cut off");
        }
    };
    tokio::join!(served, jobs.stop(GRACE));
    Ok(())
}

/// Listens on the first address that there is.
async fn bind(addresses: &[SocketAddr]) -> Result<TcpListener, Failure> {
    TcpListener::bind(addresses).await.map_err(|error| {
        let is_denied = error.kind() == std::io::ErrorKind::PermissionDenied;
        let hint = if is_denied && addresses.iter().any(|address| address.port() < 1024) {
            "; ports below 1024 need root or the capability CAP_NET_BIND_SERVICE"
        } else {
            ""
        };
        let all: Vec<String> = addresses.iter().map(SocketAddr::to_string).collect();
        Failure::new(format!("cannot listen on {}: {error}{hint}", all.join(" or ")))
    })
}

/// The plain listener beside HTTPS. Without it, HTTPS works all the same.
async fn bind_redirect(args: &ServeArgs) -> Option<TcpListener> {
    let addresses = args.tls.redirect_addresses();
    if addresses.is_empty() {
        return None;
    }
    match TcpListener::bind(addresses.as_slice()).await {
        Ok(listener) => Some(listener),
        Err(error) => {
            tracing::warn!(%error, ?addresses, "plain HTTP is not redirected");
            None
        }
    }
}

/// What to speak TLS with, if at all.
fn tls(args: &ServeArgs, app: &App) -> Result<Option<Arc<listen::tls::Config>>, Failure> {
    let own = args.tls.tls_cert.as_ref().zip(args.tls.tls_key.as_ref());
    let config = if let Some((chain, key)) = own {
        listen::tls::own(chain, key)
    } else if !args.tls.tls_domain.is_empty() {
        let wanted = listen::tls::Wanted {
            names: args.tls.tls_domain.clone(),
            directory: args.tls.tls_acme_directory.clone(),
            root: args.tls.tls_acme_root.clone(),
            contact: args.tls.tls_contact.clone(),
        };
        listen::tls::fetched(wanted, app.settings.data.join("tls"))
    } else {
        return Ok(None);
    };
    config.map(Some).map_err(Failure::new)
}

/// What the person at the terminal needs to know. The first line is also read by programs.
fn greet(app: &App, address: SocketAddr, demo: bool) {
    let scheme = if app.settings.serves_tls { "https" } else { "http" };
    let url = app.settings.public_url.clone().unwrap_or_else(|| format!("{scheme}://{address}"));
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
