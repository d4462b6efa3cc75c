//! Signatures, checked: the one place of callbacks that computes anything secret.

use ring::hmac;
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RsaParameters,
    UnparsedPublicKey,
};
use rustls::pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm,
    SubjectPublicKeyInfoDer, alg_id,
};
use subtle::ConstantTimeEq;
use webpki::{EndEntityCert, RawPublicKeyEntity};

/// Whether this is the HMAC-SHA1 of the pieces, one after the other.
pub(super) fn is_hmac_sha1<'a>(
    key: &str,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    claimed: &[u8],
) -> bool {
    is_hmac(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key, pieces, claimed)
}

/// Whether this is the HMAC-SHA256 of a body.
pub(super) fn is_hmac_sha256(key: &str, body: &[u8], claimed: &[u8]) -> bool {
    is_hmac(hmac::HMAC_SHA256, key, [body], claimed)
}

fn is_hmac<'a>(
    algorithm: hmac::Algorithm,
    key: &str,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    claimed: &[u8],
) -> bool {
    // Everybody knows the HMAC under an empty key.
    if key.is_empty() {
        return false;
    }
    let mut context = hmac::Context::with_key(&hmac::Key::new(algorithm, key.as_bytes()));
    pieces.into_iter().for_each(|piece| context.update(piece));
    same(context.sign().as_ref(), claimed)
}

/// Whether two texts are the same, in a time that tells nothing of where they differ.
pub(super) fn same(ours: &[u8], claimed: &[u8]) -> bool {
    ours.ct_eq(claimed).into()
}

/// Whether this is an ECDSA signature (P-256, SHA-256, DER) by the owner of a public key (DER).
pub(super) fn is_ecdsa(public_key: &[u8], message: &[u8], claimed: &[u8]) -> bool {
    let key = SubjectPublicKeyInfoDer::from(public_key);
    RawPublicKeyEntity::try_from(&key).is_ok_and(|key| {
        key.verify_signature(webpki::ring::ECDSA_P256_SHA256, message, claimed).is_ok()
    })
}

/// Whether a text is a public key that [`is_ecdsa`] can use.
pub(super) fn is_p256_key(public_key: &[u8]) -> bool {
    let key = SubjectPublicKeyInfoDer::from(public_key);
    RawPublicKeyEntity::try_from(&key).is_ok_and(|key| {
        // A signature that cannot be right, so that only the key is judged.
        matches!(
            key.verify_signature(webpki::ring::ECDSA_P256_SHA256, b"", b""),
            Err(webpki::Error::InvalidSignatureForPublicKey)
        )
    })
}

/// The digest under an RSA signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Digest {
    /// Only because SNS still signs with it by default.
    Sha1,
    Sha256,
}

/// Whether this is an RSA signature (PKCS #1 v1.5) by the owner of a certificate (DER).
pub(super) fn is_rsa(certificate: &[u8], digest: Digest, message: &[u8], claimed: &[u8]) -> bool {
    let algorithm: &dyn SignatureVerificationAlgorithm = match digest {
        Digest::Sha1 => &Rsa(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, alg_id::RSA_ENCRYPTION),
        Digest::Sha256 => &Rsa(&RSA_PKCS1_2048_8192_SHA256, alg_id::RSA_PKCS1_SHA256),
    };
    let certificate = CertificateDer::from(certificate);
    EndEntityCert::try_from(&certificate)
        .is_ok_and(|owner| owner.verify_signature(algorithm, message, claimed).is_ok())
}

/// RSA by ring under a certificate by webpki, which has no SHA-1 of its own.
#[derive(Debug)]
struct Rsa(&'static RsaParameters, AlgorithmIdentifier);

impl SignatureVerificationAlgorithm for Rsa {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        UnparsedPublicKey::new(self.0, public_key)
            .verify(message, signature)
            .map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.1
    }
}
