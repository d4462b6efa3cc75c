//! The line to a provider: what it proves itself with, and how its callbacks are checked and read.

use super::super::Channel;
use super::super::channels::{
    self, ChannelSettings, EventSource, Events, Provider, ProviderName, Secret,
};
use super::desk::{Desk, fetch};
use super::news::News;
use super::take::Source;
use super::{meta, postmark, sendgrid, ses, sns, twilio};
use crate::platform::ids::WorkspaceId;
use crate::platform::{App, Error, Result};
use serde_json::Value;

/// One channel's address for callbacks.
#[derive(Clone)]
pub struct Line {
    /// Whose channel it is.
    pub workspace: WorkspaceId,
    /// Which channel it is.
    pub channel: Channel,
    /// What callbacks must prove themselves with.
    pub proof: Proof,
}

/// What callbacks must prove themselves with.
#[derive(Clone)]
pub enum Proof {
    /// HMAC-SHA1 under the account's token.
    Twilio {
        /// The account's primary token.
        auth_token: String,
    },
    /// HMAC-SHA256 under the app's secret.
    Meta {
        /// The app's secret.
        app_secret: String,
        /// What Meta was told to ask with.
        verify_token: String,
    },
    /// The token in the address, and HTTP Basic where it is set.
    Postmark {
        /// Name and password.
        login: Option<(String, String)>,
    },
    /// ECDSA.
    Sendgrid {
        /// The key as SendGrid shows it.
        public_key: String,
    },
    /// RSA, by a certificate of SNS.
    Ses {
        /// The only topic that is heard; any when there is none.
        topic: Option<String>,
        /// What stands in for `https://sns.<region>.amazonaws.com`.
        base_url: Option<String>,
    },
}

impl Proof {
    fn of_mail(events: Events) -> Option<Self> {
        let password = events.password.map(|password| password.0);
        Some(match events.source {
            EventSource::None => return None,
            EventSource::Postmark => Self::Postmark {
                login: (events.username.is_some() || password.is_some())
                    .then(|| (events.username.unwrap_or_default(), password.unwrap_or_default())),
            },
            EventSource::Sendgrid => {
                Self::Sendgrid { public_key: events.public_key.unwrap_or_default() }
            }
            EventSource::Ses => Self::Ses { topic: events.topic_arn, base_url: events.base_url },
        })
    }

    /// The provider's name, as it stands in the address.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Twilio { .. } => "twilio",
            Self::Meta { .. } => "meta",
            Self::Postmark { .. } => "postmark",
            Self::Sendgrid { .. } => "sendgrid",
            Self::Ses { .. } => "ses",
        }
    }
}

/// A callback as it came.
pub(super) struct Request<'a> {
    /// The addresses under which this installation may have been called.
    pub bases: Vec<String>,
    pub path_and_query: &'a str,
    pub header: &'a (dyn Fn(&str) -> Option<&'a str> + Sync),
    pub body: &'a [u8],
}

impl Request<'_> {
    fn header(&self, name: &str) -> &str {
        (self.header)(name).unwrap_or_default()
    }

    fn is_form(&self) -> bool {
        let kind = self.header("content-type").split(';').next().unwrap_or_default();
        kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
    }

    fn query(&self) -> &[u8] {
        self.path_and_query.split_once('?').map_or(b"", |(_, query)| query.as_bytes())
    }

    fn json(&self) -> Result<Value> {
        let told = |_| Error::Malformed("The body is not JSON.".into());
        serde_json::from_slice(self.body).map_err(told)
    }
}

impl Line {
    /// The line of a provider with this token.
    pub(super) async fn find(app: &App, provider: &str, token: &str) -> Result<Option<Self>> {
        let (provider, token, vault) = (provider.to_owned(), token.to_owned(), app.vault.clone());
        let settings =
            app.db.read(move |db| channels::by_token(db, &vault, &provider, &token)).await?;
        Ok(settings.and_then(Self::of))
    }

    /// `None` for a provider that tells nothing.
    fn of(settings: ChannelSettings) -> Option<Self> {
        let text = |secret: Option<Secret>| secret.map(|secret| secret.0).unwrap_or_default();
        let proof = match settings.provider {
            Provider::Twilio(twilio) => Proof::Twilio { auth_token: text(twilio.auth_token) },
            Provider::Meta(meta) => Proof::Meta {
                app_secret: text(meta.app_secret),
                verify_token: text(meta.verify_token),
            },
            Provider::Smtp(smtp) => Proof::of_mail(smtp.events)?,
            Provider::Sandbox => return None,
        };
        Some(Self { workspace: settings.workspace, channel: settings.channel, proof })
    }

    /// The source that the news of this line come from.
    pub(super) fn source(&self) -> Source {
        let provider = match &self.proof {
            Proof::Twilio { .. } => ProviderName::Twilio,
            Proof::Meta { .. } => ProviderName::Meta,
            Proof::Postmark { .. } | Proof::Sendgrid { .. } | Proof::Ses { .. } => {
                ProviderName::Smtp
            }
        };
        Source { channel: self.channel, provider: provider.name() }
    }

    /// Whether a callback comes from the provider.
    pub(super) async fn is_proven(
        &self,
        app: &App,
        desk: &Desk,
        request: &Request<'_>,
    ) -> Result<bool> {
        Ok(match &self.proof {
            Proof::Twilio { auth_token } => {
                let addresses: Vec<String> = request
                    .bases
                    .iter()
                    .flat_map(|base| twilio::addresses(base, request.path_and_query))
                    .collect();
                let signature = request.header(twilio::SIGNATURE);
                twilio::is_signed(
                    auth_token,
                    &addresses,
                    request.is_form(),
                    request.body,
                    signature,
                )
            }
            Proof::Meta { app_secret, .. } => {
                meta::is_signed(app_secret, request.body, request.header(meta::SIGNATURE))
            }
            Proof::Postmark { login: None } => true,
            Proof::Postmark { login: Some((username, password)) } => {
                let authorization = (request.header)("authorization");
                postmark::is_authorized(username, password, authorization)
            }
            Proof::Sendgrid { public_key } => {
                let timestamp = request.header(sendgrid::TIMESTAMP);
                let signature = request.header(sendgrid::SIGNATURE);
                sendgrid::is_signed(public_key, timestamp, request.body, signature)
            }
            Proof::Ses { topic, base_url } => {
                let Some(envelope) = envelope(request) else { return Ok(false) };
                let is_wanted = topic.as_ref().is_none_or(|topic| *topic == envelope.topic);
                let base = base_url.as_deref();
                if !is_wanted || !sns::is_certificate_url(&envelope.certificate_url, base) {
                    return Ok(false);
                }
                let certificate = desk.certificate(app, &envelope.certificate_url).await?;
                envelope.is_signed_by(&certificate)
            }
        })
    }

    /// Reads a callback that is proven. Confirms a subscription to SNS, which brings no news.
    pub(super) async fn read(&self, app: &App, request: &Request<'_>) -> Result<Vec<News>> {
        Ok(match &self.proof {
            Proof::Twilio { .. } if request.is_form() => {
                let query = twilio::Form::read(request.query());
                twilio::read(&query, &twilio::Form::read(request.body))
            }
            Proof::Twilio { .. } => Vec::new(),
            Proof::Meta { .. } => meta::read(&request.json()?),
            Proof::Postmark { .. } => postmark::read(&request.json()?),
            Proof::Sendgrid { .. } => sendgrid::read(&request.json()?),
            Proof::Ses { base_url, .. } => {
                let Some(envelope) = envelope(request) else { return Ok(Vec::new()) };
                match envelope.kind {
                    sns::Kind::Notification => {
                        // SNS also carries plain text, as when a topic is tried out.
                        let message = serde_json::from_str(&envelope.message).unwrap_or_default();
                        ses::read(&message)
                    }
                    sns::Kind::SubscriptionConfirmation => {
                        confirm(app, &envelope, base_url.as_deref()).await?;
                        Vec::new()
                    }
                    sns::Kind::UnsubscribeConfirmation => Vec::new(),
                }
            }
        })
    }
}

fn envelope(request: &Request<'_>) -> Option<sns::Envelope> {
    sns::Envelope::read(&request.json().ok()?)
}

async fn confirm(app: &App, envelope: &sns::Envelope, base: Option<&str>) -> Result<()> {
    match &envelope.subscribe_url {
        Some(url) if sns::is_of_sns(url, base) => {
            fetch(app, url).await?;
            tracing::info!(topic = envelope.topic, "subscribed to a topic of SNS");
        }
        _ => tracing::warn!("a topic of SNS names no address of its own to confirm it"),
    }
    Ok(())
}
