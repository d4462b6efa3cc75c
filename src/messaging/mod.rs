//! Messages by e-mail, SMS and WhatsApp: templates, the messages made from them, and the addresses that
//! must not be messaged.
//!
//! Leads are a tier above, so this part knows one only by its id. What a template may name of somebody comes
//! in as a [`Recipient`], filled by whoever sends.

pub mod callbacks;
pub mod channels;
mod http;
pub mod messages;
pub mod providers;
pub mod quiet;
pub mod recipient;
pub mod segments;
pub mod suppression;
pub mod templates;

pub use http::{Leads, router};
pub use recipient::{Address, Recipient};

use crate::platform::ids::id;
use crate::platform::jobs::Queue;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

id!(
    /// One message to one recipient.
    MessageId
);

/// What a message travels by.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// E-mail.
    Email,
    /// Text messages.
    Sms,
    /// WhatsApp.
    Whatsapp,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Email, Self::Sms, Self::Whatsapp];

    /// Its name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Whatsapp => "whatsapp",
        }
    }

    /// The queue that its messages wait in.
    pub const fn queue(self) -> Queue {
        match self {
            Self::Email => Queue::Email,
            Self::Sms => Queue::Sms,
            Self::Whatsapp => Queue::Whatsapp,
        }
    }

    /// Whether it reaches a phone number rather than an e-mail address.
    pub const fn is_by_phone(self) -> bool {
        !matches!(self, Self::Email)
    }
}

impl std::str::FromStr for Channel {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|channel| channel.name() == text).ok_or(())
    }
}

impl rusqlite::ToSql for Channel {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(self.name().into())
    }
}

impl rusqlite::types::FromSql for Channel {
    fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
        value.as_str()?.parse().map_err(|()| rusqlite::types::FromSqlError::InvalidType)
    }
}
