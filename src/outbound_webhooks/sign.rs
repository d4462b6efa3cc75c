//! Secrets and signatures, after Standard Webhooks (<https://www.standardwebhooks.com>): the HMAC-SHA256 of
//! `id.timestamp.body` under the bytes that a `whsec_…` stands for.

use super::OutboundWebhookId;
use crate::platform::secret::{self, Vault};
use crate::platform::{Result, Time};
use data_encoding::BASE64;

const PREFIX: &str = "whsec_";

/// How long the former secret signs too after a rotation.
pub(super) const OVERLAP_DAYS: i64 = 1;

/// A fresh secret, as people copy it, and sealed for this outbound webhook.
pub(super) fn fresh(vault: &Vault, id: OutboundWebhookId) -> Result<(String, Vec<u8>)> {
    let bytes = secret::random::<32>()?;
    let sealed = vault.seal(&place(id), &bytes)?;
    Ok((format!("{PREFIX}{}", BASE64.encode(&bytes)), sealed))
}

fn place(id: OutboundWebhookId) -> Vec<u8> {
    [b"outbound_webhooks/".as_slice(), id.0.as_bytes()].concat()
}

/// What signs for one outbound webhook: one secret, or two for a day.
pub(super) struct Signer(Vec<Vec<u8>>);

impl Signer {
    /// Opens the secrets; `None` when the data came here without the key that opens the one in force.
    pub(super) fn open(
        vault: &Vault,
        id: OutboundWebhookId,
        sealed: &[u8],
        former: Option<&[u8]>,
    ) -> Option<Self> {
        let mut keys = vec![vault.unseal(&place(id), sealed)?];
        keys.extend(former.and_then(|former| vault.unseal(&place(id), former)));
        Some(Self(keys))
    }

    /// The `webhook-signature` of a body.
    pub(super) fn sign(&self, id: &str, seconds: i64, body: &str) -> String {
        let seconds = seconds.to_string();
        let pieces = [id.as_bytes(), b".", seconds.as_bytes(), b".", body.as_bytes()];
        let one =
            |key: &Vec<u8>| format!("v1,{}", BASE64.encode(&secret::hmac_sha256(key, &pieces)));
        self.0.iter().map(one).collect::<Vec<_>>().join(" ")
    }
}

/// Whole seconds since 1970, as `webhook-timestamp` has them.
pub(super) fn seconds(at: Time) -> i64 {
    at.millis().div_euclid(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_specification() {
        // The example of the specification's own libraries.
        let key = BASE64.decode(b"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signer = Signer(vec![key]);
        let signed =
            signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_opens_for_its_own_outbound_webhook_only() {
        let vault = Vault::new([7; 32]);
        let id = OutboundWebhookId::fresh(Time::from_millis(1));
        let (text, sealed) = fresh(&vault, id).unwrap();
        assert!(text.starts_with("whsec_") && text.len() == 6 + 44);
        assert!(Signer::open(&vault, id, &sealed, None).is_some());
        let other = OutboundWebhookId::fresh(Time::from_millis(2));
        assert!(Signer::open(&vault, other, &sealed, None).is_none());
        let both = Signer::open(&vault, id, &sealed, Some(&sealed)).unwrap();
        let signed = both.sign("msg_1", 1, "{}");
        assert_eq!(signed.split(' ').count(), 2, "{signed}");
    }
}
