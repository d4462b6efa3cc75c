//! What a listener needs to speak TLS: a certificate from somewhere, kept fresh.

pub use tokio_rustls::rustls::ServerConfig as Config;

use super::acme::Fetched;
use super::certificate::OwnCertificate;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::server::ResolvesServerCert;

/// The names of protocols inside TLS.
pub(super) const HTTP2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";
/// Spoken by a certificate authority that looks whether we hold the name.
pub(super) const CHALLENGE: &[u8] = b"acme-tls/1";

/// The certificate to fetch.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The names that it is for.
    pub names: Vec<String>,
    /// The authority's directory.
    pub directory: String,
    /// The authority's own root certificates, when it is a private one.
    pub root: Option<PathBuf>,
    /// An e-mail address for the authority.
    pub contact: Option<String>,
}

/// TLS with a certificate from the operator's files. Call it inside the runtime, which then watches them.
pub fn own(chain: &Path, key: &Path) -> Result<Arc<Config>, String> {
    let provider = Arc::new(ring::default_provider());
    let certificate = OwnCertificate::open(chain, key, provider.clone())?;
    tokio::spawn(certificate.clone().keep_fresh());
    config(provider, certificate, &[HTTP2, HTTP1])
}

/// TLS with a certificate by ACME, kept in `folder`. Call it inside the runtime, which then fetches it.
pub fn fetched(wanted: Wanted, folder: PathBuf) -> Result<Arc<Config>, String> {
    let provider = Arc::new(ring::default_provider());
    let (certificate, state) = Fetched::open(wanted, folder, provider.clone())?;
    tokio::spawn(certificate.clone().keep_fresh(state));
    config(provider, certificate, &[HTTP2, HTTP1, CHALLENGE])
}

fn config(
    provider: Arc<CryptoProvider>,
    certificate: Arc<dyn ResolvesServerCert>,
    protocols: &[&[u8]],
) -> Result<Arc<Config>, String> {
    let mut config = Config::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_cert_resolver(certificate);
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Ok(Arc::new(config))
}
