//! Secrets: random tokens and their hashes, and the box that keeps what must be read again.
//!
//! Tokens with 256 random bits need no slow hash: SHA-256 of them is what the database keeps. What has to
//! be shown or used again (webhook keys, provider passwords) is sealed with XChaCha20-Poly1305 under a key
//! that is not in the database.

use super::{Error, Result};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ring::hmac;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;

/// The SHA-256 of a token: what is stored and looked up.
pub type Hash = [u8; 32];

/// Random bytes from the operating system.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(bytes)
}

/// A fresh token: a prefix that tells what it is, and 256 random bits in base64url.
pub fn token(prefix: &str) -> Result<String> {
    Ok(format!("{prefix}{}", BASE64URL_NOPAD.encode(&random::<32>()?)))
}

/// What the database keeps of a token.
pub fn hash(token: &str) -> Hash {
    Sha256::digest(token.as_bytes()).into()
}

/// The SHA-256 of some bytes in hexadecimal.
pub fn hex_digest(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

/// The HMAC-SHA256 of the pieces, one after the other.
pub fn hmac_sha256(key: &[u8], pieces: &[&[u8]]) -> Hash {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    pieces.iter().for_each(|piece| context.update(piece));
    let mut sum = [0; 32];
    sum.copy_from_slice(context.sign().as_ref());
    sum
}

/// Seals and opens secrets that must be read again. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    cipher: Arc<XChaCha20Poly1305>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(…)")
    }
}

const NONCE: usize = 24;

impl Vault {
    /// A vault under these 32 bytes.
    pub fn new(key: [u8; 32]) -> Self {
        Self { cipher: Arc::new(XChaCha20Poly1305::new(&Key::from(key))) }
    }

    /// Reads the key file; makes one (mode 0600) where there is none. The file holds 64 hexadecimal digits.
    pub fn open(file: &Path) -> Result<Self> {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => create_key(file)?,
            Err(error) => return Err(error.into()),
        };
        let bytes = HEXLOWER
            .decode(text.trim().as_bytes())
            .ok()
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .ok_or_else(|| Error::internal("the key file must hold 64 hexadecimal digits"))?;
        Ok(Self::new(bytes))
    }

    /// Seals a secret for one place: opened elsewhere (another row or column) it fails.
    pub fn seal(&self, place: &[u8], secret: &[u8]) -> Result<Vec<u8>> {
        let nonce = random::<NONCE>()?;
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), Payload { msg: secret, aad: place })
            .map_err(|_| Error::internal("a secret could not be sealed"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`Vault::seal`] made; `None` under another key (a backup restored without its key).
    pub fn unseal(&self, place: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE>()?;
        self.cipher.decrypt(&XNonce::from(*nonce), Payload { msg: body, aad: place }).ok()
    }
}

fn create_key(file: &Path) -> Result<String> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let text = HEXLOWER.encode(&random::<32>()?);
    let mut handle =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    handle.write_all(text.as_bytes())?;
    handle.sync_all()?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_secret_opens_only_in_its_place_and_under_its_key() {
        let vault = Vault::new([7; 32]);
        let sealed = vault.seal(b"webhook 1", b"key").unwrap();
        assert_eq!(vault.unseal(b"webhook 1", &sealed).as_deref(), Some(b"key".as_slice()));
        assert_eq!(vault.unseal(b"webhook 2", &sealed), None);
        assert_eq!(Vault::new([8; 32]).unseal(b"webhook 1", &sealed), None);
        assert_eq!(vault.unseal(b"webhook 1", b"short"), None);
    }

    #[test]
    fn the_key_file_is_made_once_and_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret.key");
        let sealed = Vault::open(&file).unwrap().seal(b"", b"x").unwrap();
        assert_eq!(Vault::open(&file).unwrap().unseal(b"", &sealed).unwrap(), b"x");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
