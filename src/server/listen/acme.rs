//! Certificates fetched and renewed by ACME (RFC 8555), proved by TLS-ALPN-01 (RFC 8737) on the port that
//! serves HTTPS anyway.

use super::certificate::certificates;
use super::tls::Wanted;
use arc_swap::ArcSwap;
use rustls_acme::caches::DirCache;
use rustls_acme::{AcmeConfig, AcmeState, EventOk, ResolvesServerCertAcme, is_tls_alpn_challenge};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_stream::StreamExt;

/// When to begin afresh, without and with a certificate. The library waits without end for an authority
/// that takes a request and never answers; that must not cost a renewal, due a month before the old one
/// ends. Rarely, since each beginning forgets the growing pauses between attempts.
const AFRESH: [Duration; 2] = [Duration::from_secs(6 * 3600), Duration::from_secs(7 * 24 * 3600)];

type State = AcmeState<io::Error>;

/// The certificate in use, and the one that is being asked for.
#[derive(Debug)]
pub struct Fetched {
    wanted: Wanted,
    client: Option<Arc<ClientConfig>>,
    folder: PathBuf,
    /// Answers the authority's look.
    newest: ArcSwap<ResolvesServerCertAcme>,
    /// Answers everybody else: the newest that has a certificate.
    serving: ArcSwap<ResolvesServerCertAcme>,
}

impl Fetched {
    /// Makes the folder for keys and certificates; answers what to drive with [`Fetched::keep_fresh`].
    pub fn open(
        wanted: Wanted,
        folder: PathBuf,
        provider: Arc<CryptoProvider>,
    ) -> Result<(Arc<Self>, State), String> {
        private_folder(&folder)
            .map_err(|error| format!("the folder {} cannot be used: {error}", folder.display()))?;
        let client = match &wanted.root {
            Some(file) => Some(Arc::new(trusting(file, provider)?)),
            None => None,
        };
        let state = state(&wanted, client.clone(), &folder);
        let newest = ArcSwap::new(state.resolver());
        let serving = ArcSwap::new(state.resolver());
        Ok((Arc::new(Self { wanted, client, folder, newest, serving }), state))
    }

    /// Fetches, keeps and renews, for as long as it is polled.
    pub async fn keep_fresh(self: Arc<Self>, mut state: State) {
        loop {
            let began = Instant::now();
            let mut has_one = false;
            loop {
                let patience = AFRESH[usize::from(has_one)];
                let next = tokio::time::timeout_at(began + patience, state.next()).await;
                match next {
                    Ok(Some(Ok(done))) => {
                        has_one |= self.took(&done);
                    }
                    Ok(Some(Err(error))) => {
                        tracing::warn!(%error, names = ?self.wanted.names, "no certificate yet");
                    }
                    Ok(None) | Err(_) => break,
                }
            }
            state = self::state(&self.wanted, self.client.clone(), &self.folder);
            self.newest.store(state.resolver());
        }
    }

    /// Notes a step; true when there is a certificate now.
    fn took(&self, done: &EventOk) -> bool {
        let is_certificate = matches!(done, EventOk::DeployedCachedCert | EventOk::DeployedNewCert);
        if is_certificate {
            self.serving.store(self.newest.load_full());
        }
        if matches!(done, EventOk::DeployedNewCert) {
            tracing::info!(names = ?self.wanted.names, "a new certificate is in use");
        }
        is_certificate
    }
}

impl ResolvesServerCert for Fetched {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let chosen =
            if is_tls_alpn_challenge(&hello) { self.newest.load() } else { self.serving.load() };
        chosen.resolve(hello)
    }
}

fn state(wanted: &Wanted, client: Option<Arc<ClientConfig>>, folder: &std::path::Path) -> State {
    let config = match client {
        Some(client) => AcmeConfig::new_with_client_config(&wanted.names, client),
        None => AcmeConfig::new(&wanted.names),
    };
    config
        .directory(&wanted.directory)
        .contact(wanted.contact.iter().map(|address| format!("mailto:{address}")))
        .cache(DirCache::new(folder.to_owned()))
        .state()
}

/// Keys lie in it, so it is for this user alone.
fn private_folder(folder: &std::path::Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
}

/// A client that knows only the given authorities.
fn trusting(file: &std::path::Path, provider: Arc<CryptoProvider>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(certificates(file)?);
    if added == 0 {
        return Err(format!("there is no usable root certificate in {}", file.display()));
    }
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
