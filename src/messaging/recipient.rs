//! Who gets a message: the address on a channel, and what a template may name.

use super::Channel;
use crate::auth::check_email;
use crate::platform::normalize::{email_key, phone_key};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Somebody to message, with everything that a template may name of them.
#[derive(Debug, Clone, Default)]
pub struct Recipient {
    /// The lead, if it is one.
    pub lead: Option<Uuid>,
    /// The contact, if it is one.
    pub contact: Option<Uuid>,
    /// The whole name.
    pub name: String,
    /// As received.
    pub email: Option<String>,
    /// As received.
    pub phone: Option<String>,
    /// Where they work.
    pub company: Option<String>,
    /// As what they work.
    pub title: Option<String>,
    /// How the lead came to be.
    pub source: String,
    /// The name of the lead's stage.
    pub stage: String,
    /// The name of the lead's pipeline.
    pub pipeline: String,
    /// The name of whom the lead is assigned to.
    pub assigned_to: String,
    /// The name of the workspace that sends.
    pub workspace: String,
    /// The lead's score, 0 to 100.
    pub score: u8,
    /// The lead's tags.
    pub tags: Vec<String>,
    /// Further data under camelCase keys.
    pub custom_fields: Map<String, Value>,
    /// What a variable (`firstName`, `customFields.budget`) or a parameter of the provider's template stands for
    /// instead, because a campaign says so.
    pub instead: BTreeMap<String, String>,
}

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// As the provider takes it: an e-mail address, or a phone number in E.164.
    pub to: String,
    /// What it is matched by.
    pub key: String,
}

impl Address {
    /// The address of a channel in what somebody wrote; `None` when there is none to be read.
    pub fn of(channel: Channel, written: &str, default_country: &str) -> Option<Self> {
        if channel.is_by_phone() {
            return Self::of_phone(written, default_country);
        }
        let to = check_email("email", written).ok()?;
        let key = email_key(&to)?;
        Some(Self { to, key })
    }

    /// A number that the rules of its country know, or one written with its country code: new ranges are
    /// in use before the rules know them.
    fn of_phone(written: &str, default_country: &str) -> Option<Self> {
        let key = phone_key(written, default_country)?;
        if key.starts_with('+') {
            return Some(Self { to: key.clone(), key });
        }
        let written = written.trim();
        let is_international = written.starts_with('+') || written.starts_with("00");
        let digits = if written.starts_with('+') { key.as_str() } else { key.get(2..)? };
        ((8..=15).contains(&digits.len()) && is_international)
            .then(|| Self { to: format!("+{digits}"), key: digits.to_owned() })
    }
}

impl Recipient {
    /// Where this channel reaches them.
    pub fn address(&self, channel: Channel, default_country: &str) -> Option<Address> {
        let written = if channel.is_by_phone() { &self.phone } else { &self.email };
        Address::of(channel, written.as_deref()?, default_country)
    }

    /// Somebody to show a template on while no lead is chosen.
    pub fn sample(workspace: String) -> Self {
        Self {
            name: "Grace Hopper".into(),
            email: Some("grace@example.com".into()),
            phone: Some("+14155552671".into()),
            company: Some("Navy".into()),
            title: Some("Rear Admiral".into()),
            source: "webhook".into(),
            stage: "Qualified".into(),
            pipeline: "Leads".into(),
            assigned_to: "Ada Lovelace".into(),
            workspace,
            tags: vec!["hot".into(), "referral".into()],
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(channel: Channel, written: &str) -> Option<(String, String)> {
        Address::of(channel, written, "US").map(|address| (address.to, address.key))
    }

    #[test]
    fn an_address_is_what_a_provider_takes_and_what_is_matched() {
        let both = |to: &str, key: &str| Some((to.to_owned(), key.to_owned()));
        assert_eq!(
            address(Channel::Email, " Ada@Example.com "),
            both("Ada@Example.com", "ada@example.com")
        );
        assert_eq!(address(Channel::Email, "ada@localhost"), None);
        assert_eq!(address(Channel::Email, "ada@example.com, eve@example.com"), None);
        assert_eq!(address(Channel::Email, "ada@example.com\r\nBcc: eve@example.com"), None);
        assert_eq!(address(Channel::Sms, "(415) 555-2671"), both("+14155552671", "+14155552671"));
        assert_eq!(
            address(Channel::Whatsapp, "0033 6 12 34 56 78"),
            both("+33612345678", "+33612345678")
        );
        // Not known to the rules, yet with a country code.
        assert_eq!(
            address(Channel::Sms, "+999 123 456 789"),
            both("+999123456789", "999123456789")
        );
        assert_eq!(address(Channel::Sms, "00999123456789"), both("+999123456789", "999123456789"));
        for nothing in ["", "none", "12345", "12", "+12", "+1234567890123456"] {
            assert_eq!(address(Channel::Sms, nothing), None, "{nothing}");
        }
    }
}
