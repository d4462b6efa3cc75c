//! Amazon SNS, by which SES tells its news: an envelope in JSON, signed by RSA over some of its members,
//! with a certificate that is named by its address.

use super::news::text;
use super::signed::{Digest, is_rsa};
use data_encoding::BASE64;
use serde_json::Value;

/// An envelope that has all it needs to be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Envelope {
    /// What it is for.
    pub kind: Kind,
    /// The topic it belongs to.
    pub topic: String,
    /// What it carries.
    pub message: String,
    /// Where the certificate is.
    pub certificate_url: String,
    /// What confirms a subscription.
    pub subscribe_url: Option<String>,
    signed: String,
    digest: Digest,
    signature: Vec<u8>,
}

/// What an envelope is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It carries news.
    Notification,
    /// It asks whether we want news of the topic.
    SubscriptionConfirmation,
    /// It says that we get no more.
    UnsubscribeConfirmation,
}

/// The members that a notification's signature covers, in their order; those of the other kinds.
const OF_NOTIFICATION: [&str; 6] =
    ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"];
const OF_CONFIRMATION: [&str; 7] =
    ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];

impl Envelope {
    /// Reads an envelope; `None` for what is none.
    pub(super) fn read(body: &Value) -> Option<Self> {
        let (kind, members) = match text(body, "Type")? {
            "Notification" => (Kind::Notification, OF_NOTIFICATION.as_slice()),
            "SubscriptionConfirmation" => {
                (Kind::SubscriptionConfirmation, OF_CONFIRMATION.as_slice())
            }
            "UnsubscribeConfirmation" => {
                (Kind::UnsubscribeConfirmation, OF_CONFIRMATION.as_slice())
            }
            _ => return None,
        };
        let digest = match text(body, "SignatureVersion")? {
            "1" => Digest::Sha1,
            "2" => Digest::Sha256,
            _ => return None,
        };
        let mut signed = String::new();
        for name in members {
            // A notification without a subject is signed without one.
            let Some(value) = body.get(*name).and_then(Value::as_str) else { continue };
            for line in [name, value] {
                signed.push_str(line);
                signed.push('\n');
            }
        }
        let certificate = text(body, "SigningCertURL").or_else(|| text(body, "SigningCertUrl"))?;
        Some(Self {
            kind,
            topic: text(body, "TopicArn")?.to_owned(),
            message: text(body, "Message")?.to_owned(),
            certificate_url: certificate.to_owned(),
            subscribe_url: text(body, "SubscribeURL").map(str::to_owned),
            signed,
            digest,
            signature: BASE64.decode(text(body, "Signature")?.as_bytes()).ok()?,
        })
    }

    /// Whether the owner of this certificate signed it.
    pub(super) fn is_signed_by(&self, certificate: &[u8]) -> bool {
        is_rsa(certificate, self.digest, self.signed.as_bytes(), &self.signature)
    }
}

/// The certificate in a PEM file, as DER.
pub(super) fn certificate(pem: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once("-----BEGIN CERTIFICATE-----")?;
    let (base64, _) = rest.split_once("-----END CERTIFICATE-----")?;
    let base64: String = base64.chars().filter(|c| !c.is_whitespace()).collect();
    BASE64.decode(base64.as_bytes()).ok()
}

/// Whether an address belongs to SNS: `https://sns.<region>.amazonaws.com`, or the same in China, on the
/// standard port; or it lies under the base address that the settings name in its place.
pub(super) fn is_of_sns(url: &str, base: Option<&str>) -> bool {
    if url.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return false;
    }
    if let Some(base) = base {
        let rest = url.strip_prefix(base.trim_end_matches('/'));
        return rest.is_some_and(|rest| rest.starts_with('/') || rest.starts_with('?'));
    }
    let Some(rest) = url.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.strip_suffix(":443").unwrap_or(host).to_ascii_lowercase();
    let region = host.strip_prefix("sns.").and_then(|rest| {
        rest.strip_suffix(".amazonaws.com").or_else(|| rest.strip_suffix(".amazonaws.com.cn"))
    });
    region.is_some_and(|region| {
        !region.is_empty() && region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    })
}

/// Whether an address is that of a certificate of SNS.
pub(super) fn is_certificate_url(url: &str, base: Option<&str>) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    is_of_sns(url, base) && path == url && path.ends_with(".pem")
}
