//! A certificate of the operator's own, read again when its files change.

use arc_swap::ArcSwap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::signal::unix::{SignalKind, signal};
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(5);

/// The two files, and what they held when they last fitted together.
#[derive(Debug)]
pub struct OwnCertificate {
    chain: PathBuf,
    key: PathBuf,
    provider: Arc<CryptoProvider>,
    current: ArcSwap<CertifiedKey>,
}

impl OwnCertificate {
    /// Reads the files; a sentence when they are no good.
    pub fn open(
        chain: &Path,
        key: &Path,
        provider: Arc<CryptoProvider>,
    ) -> Result<Arc<Self>, String> {
        let current = ArcSwap::from_pointee(read(chain, key, &provider)?);
        Ok(Arc::new(Self { chain: chain.to_owned(), key: key.to_owned(), provider, current }))
    }

    /// Looks at the files every few seconds, and at once on SIGHUP. While they do not fit together (one is
    /// already new, the other not yet) the old certificate stays.
    pub async fn keep_fresh(self: Arc<Self>) {
        let Ok(mut hangup) = signal(SignalKind::hangup()) else { return };
        let mut seen = self.stamp();
        loop {
            let asked = tokio::time::timeout(LOOK, hangup.recv()).await.is_ok();
            let now = self.stamp();
            if !asked && now == seen {
                continue;
            }
            match read(&self.chain, &self.key, &self.provider) {
                Ok(certificate) => {
                    self.current.store(Arc::new(certificate));
                    seen = now;
                    tracing::info!("the certificate was read again");
                }
                Err(error) => tracing::warn!(%error, "the certificate in use stays"),
            }
        }
    }

    /// When each file last changed.
    fn stamp(&self) -> [Option<(SystemTime, u64)>; 2] {
        [&self.chain, &self.key].map(|file| {
            let about = std::fs::metadata(file).ok()?;
            Some((about.modified().ok()?, about.len()))
        })
    }
}

impl ResolvesServerCert for OwnCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

fn read(chain: &Path, key: &Path, provider: &CryptoProvider) -> Result<CertifiedKey, String> {
    let bad = |file: &Path, error: &dyn std::fmt::Display| {
        format!("the file {} cannot be used: {error}", file.display())
    };
    let certificates = certificates(chain)?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| bad(key, &error))?;
    // Also checks that the two belong together.
    CertifiedKey::from_der(certificates, secret, provider).map_err(|error| bad(chain, &error))
}

/// The certificates in a PEM file, at least one.
pub fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    match all {
        Ok(all) if all.is_empty() => Err(format!("there is no certificate in {}", file.display())),
        Ok(all) => Ok(all),
        Err(error) => Err(format!("the file {} cannot be used: {error}", file.display())),
    }
}
