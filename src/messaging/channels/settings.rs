//! The settings of each provider. One type serves the API and the database: what is secret is read with the
//! rest and never written with it.

use super::Channel;
use super::secrets;
use crate::platform::http::json;
use crate::platform::{Error, Result};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// What can carry a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProviderName {
    /// Nothing leaves this machine.
    Sandbox,
    /// A mail server.
    Smtp,
    /// Twilio, for SMS and WhatsApp.
    Twilio,
    /// Meta's WhatsApp Cloud API.
    Meta,
}

impl ProviderName {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Sandbox, Self::Smtp, Self::Twilio, Self::Meta];

    /// Its name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Smtp => "smtp",
            Self::Twilio => "twilio",
            Self::Meta => "meta",
        }
    }

    /// Its name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Sandbox => "The sandbox",
            Self::Smtp => "SMTP",
            Self::Twilio => "Twilio",
            Self::Meta => "Meta",
        }
    }

    /// What it can carry.
    pub const fn channels(self) -> &'static [Channel] {
        match self {
            Self::Sandbox => &Channel::ALL,
            Self::Smtp => &[Channel::Email],
            Self::Twilio => &[Channel::Sms, Channel::Whatsapp],
            Self::Meta => &[Channel::Whatsapp],
        }
    }
}

impl ToSql for ProviderName {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.name().into())
    }
}

impl FromSql for ProviderName {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = value.as_str()?;
        Self::ALL.into_iter().find(|name| name.name() == text).ok_or(FromSqlError::InvalidType)
    }
}

/// A provider with its settings.
#[derive(Debug, Clone, PartialEq)]
pub enum Provider {
    /// Nothing leaves this machine.
    Sandbox,
    /// A mail server.
    Smtp(Smtp),
    /// Twilio.
    Twilio(Twilio),
    /// Meta's WhatsApp Cloud API.
    Meta(Meta),
}

impl Provider {
    /// Which one it is.
    pub const fn name(&self) -> ProviderName {
        match self {
            Self::Sandbox => ProviderName::Sandbox,
            Self::Smtp(_) => ProviderName::Smtp,
            Self::Twilio(_) => ProviderName::Twilio,
            Self::Meta(_) => ProviderName::Meta,
        }
    }

    /// The settings that may be shown and stored openly.
    pub(super) fn to_json(&self) -> Result<String> {
        Ok(match self {
            Self::Sandbox => "{}".to_owned(),
            Self::Smtp(smtp) => serde_json::to_string(smtp)?,
            Self::Twilio(twilio) => serde_json::to_string(twilio)?,
            Self::Meta(meta) => serde_json::to_string(meta)?,
        })
    }

    /// The settings as the API shows them: no secret, and for each whether it is there.
    pub fn shown(&self) -> Result<Map<String, Value>> {
        let mut shown: Map<String, Value> = serde_json::from_str(&self.to_json()?)?;
        for (path, value) in self.secrets() {
            secrets::set(&mut shown, &format!("{path}Set"), Value::Bool(value.is_some()));
        }
        Ok(shown)
    }

    fn secrets(&self) -> Vec<(&'static str, Option<&Secret>)> {
        match self {
            Self::Sandbox => Vec::new(),
            Self::Smtp(smtp) => vec![
                ("password", smtp.password.as_ref()),
                ("events.password", smtp.events.password.as_ref()),
            ],
            Self::Twilio(twilio) => vec![("authToken", twilio.auth_token.as_ref())],
            Self::Meta(meta) => vec![
                ("accessToken", meta.access_token.as_ref()),
                ("appSecret", meta.app_secret.as_ref()),
                ("verifyToken", meta.verify_token.as_ref()),
            ],
        }
    }
}

/// Reads settings with their secrets, or names the field at fault.
pub(super) fn read(
    provider: ProviderName,
    mut settings: Map<String, Value>,
    secrets: &Map<String, Value>,
) -> Result<Provider> {
    for (path, value) in secrets {
        secrets::set(&mut settings, path, value.clone());
    }
    let text = serde_json::to_vec(&settings)?;
    let read = match provider {
        ProviderName::Sandbox => json::read::<Nothing>(&text).map(|_| Provider::Sandbox),
        ProviderName::Smtp => json::read(&text).map(Provider::Smtp),
        ProviderName::Twilio => json::read(&text).map(Provider::Twilio),
        ProviderName::Meta => json::read(&text).map(Provider::Meta),
    };
    read.map_err(|error| match error {
        Error::Invalid(mut fields) => {
            for field in &mut fields {
                field.field = format!("settings.{}", field.field);
            }
            Error::Invalid(fields)
        }
        other => other,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Something that is taken and never shown.
#[derive(Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How the connection to a mail server is encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// From the first byte, mostly on port 465.
    Tls,
    /// After STARTTLS, mostly on port 587.
    #[default]
    StartTls,
    /// Not at all: only to this machine itself.
    None,
}

/// Settings of `smtp`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Smtp {
    /// The mail server's name.
    #[schema(example = "smtp.example.com")]
    pub host: String,
    /// 587 by default, 465 with `tls`.
    #[serde(default)]
    #[schema(example = 587)]
    pub port: Option<u16>,
    /// How the connection is encrypted; `starttls` by default.
    #[serde(default)]
    pub security: Security,
    /// The account; null for none.
    #[serde(default)]
    #[schema(example = "leads")]
    pub username: Option<String>,
    /// The account's password. Never shown; `passwordSet` tells whether there is one.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, write_only)]
    pub password: Option<Secret>,
    /// The sender's address.
    #[schema(example = "sales@example.com")]
    pub from_address: String,
    /// The sender's name.
    #[serde(default)]
    #[schema(example = "Acme Sales")]
    pub from_name: Option<String>,
    /// The certificate (PEM) of an authority of one's own that signed the server's.
    #[serde(default)]
    pub ca_certificate: Option<String>,
    /// Where news of e-mails come from.
    #[serde(default)]
    pub events: Events,
    /// The most e-mails in a second; 10 by default.
    #[serde(default)]
    #[schema(example = 10.0)]
    pub rate_per_second: Option<f64>,
}

impl Smtp {
    /// The port that is set, or the usual one.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(if self.security == Security::Tls { 465 } else { 587 })
    }
}

/// Which relay tells what became of e-mails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum EventSource {
    /// None: a plain mail server tells nothing.
    #[default]
    None,
    /// Postmark.
    Postmark,
    /// SendGrid.
    Sendgrid,
    /// Amazon SES, by way of SNS.
    Ses,
}

impl EventSource {
    /// Its name in the address of callbacks; `None` for none.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Postmark => Some("postmark"),
            Self::Sendgrid => Some("sendgrid"),
            Self::Ses => Some("ses"),
        }
    }
}

/// How news of e-mails come in, and what they are known by.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Events {
    /// Which relay tells them; `none` by default.
    #[serde(default)]
    pub source: EventSource,
    /// Postmark: the user name that its requests carry (HTTP Basic); null for none.
    #[serde(default)]
    pub username: Option<String>,
    /// Postmark: the password that its requests carry. Never shown.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, write_only)]
    pub password: Option<Secret>,
    /// SendGrid: the verification key, as its settings show it.
    #[serde(default)]
    pub public_key: Option<String>,
    /// SES: the only SNS topic that is heard; any when there is none.
    #[serde(default)]
    pub topic_arn: Option<String>,
    /// SES: the configuration set that publishes the events.
    #[serde(default)]
    pub configuration_set: Option<String>,
    /// SES: what stands in for `https://sns.<region>.amazonaws.com`.
    #[serde(default)]
    pub base_url: Option<String>,
}

/// Settings of `twilio`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Twilio {
    /// The account, `AC…`.
    #[schema(example = "AC00000000000000000000000000000000")]
    pub account_sid: String,
    /// The account's auth token. Never shown; `authTokenSet` tells whether there is one.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, write_only)]
    pub auth_token: Option<Secret>,
    /// The sender: a number in E.164; for SMS also a short code or a name.
    #[serde(default)]
    #[schema(example = "+12025550100")]
    pub from: Option<String>,
    /// A messaging service instead of a sender, `MG…`.
    #[serde(default)]
    pub messaging_service_sid: Option<String>,
    /// `https://api.twilio.com` by default.
    #[serde(default)]
    #[schema(example = "https://api.twilio.com")]
    pub base_url: Option<String>,
    /// The most messages in a second; by default 1 for SMS and 80 for WhatsApp.
    #[serde(default)]
    pub rate_per_second: Option<f64>,
}

impl Twilio {
    /// Where Twilio is when nothing else is set.
    pub const BASE_URL: &str = "https://api.twilio.com";

    /// The base URL that is set, or the usual one.
    pub fn base_url(&self) -> &str {
        self.base_url.as_deref().unwrap_or(Self::BASE_URL)
    }
}

/// Settings of `meta`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Meta {
    /// The id of the sender's number.
    #[schema(example = "1122334455667")]
    pub phone_number_id: String,
    /// The WhatsApp business account, for its templates.
    #[serde(default)]
    #[schema(example = "7766554433221")]
    pub business_account_id: Option<String>,
    /// The token of a system user. Never shown; `accessTokenSet` tells whether there is one.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, write_only)]
    pub access_token: Option<Secret>,
    /// The app's secret, which callbacks are signed with. Never shown.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, write_only)]
    pub app_secret: Option<Secret>,
    /// A word of one's own that Meta repeats when it is given the callback URL. Never shown.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, write_only)]
    pub verify_token: Option<Secret>,
    /// `v26.0` by default.
    #[serde(default)]
    #[schema(example = "v26.0")]
    pub api_version: Option<String>,
    /// `https://graph.facebook.com` by default.
    #[serde(default)]
    #[schema(example = "https://graph.facebook.com")]
    pub base_url: Option<String>,
    /// The most messages in a second; 80 by default.
    #[serde(default)]
    pub rate_per_second: Option<f64>,
}

impl Meta {
    /// Where Meta is when nothing else is set.
    pub const BASE_URL: &str = "https://graph.facebook.com";
    /// The version of its API when nothing else is set.
    pub const API_VERSION: &str = "v26.0";

    /// The base URL with the version of the API.
    pub fn versioned_url(&self) -> String {
        let base = self.base_url.as_deref().unwrap_or(Self::BASE_URL);
        format!("{base}/{}", self.api_version.as_deref().unwrap_or(Self::API_VERSION))
    }
}

/// The settings of a provider; which ones depends on `provider`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum ProviderSettings {
    /// Of `smtp`.
    Smtp(Smtp),
    /// Of `twilio`.
    Twilio(Twilio),
    /// Of `meta`.
    Meta(Meta),
}
