//! One e-mail as the bytes that go over the wire.

use super::{Fault, Kind};
use crate::platform::Time;
use lettre::Message;
use lettre::address::{Address, Envelope};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{MultiPart, SinglePart};
use std::time::{Duration, SystemTime};

/// Somebody with an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The name shown; empty for none.
    pub name: String,
    /// The address.
    pub address: String,
}

/// An e-mail to one recipient.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Who it is from.
    pub from: Mailbox,
    /// The recipient's address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as HTML, if there is one.
    pub html: Option<String>,
    /// `Message-ID` without its brackets.
    pub message_id: String,
    /// When it was written.
    pub date: Time,
    /// More header fields: ASCII names and values, written as they are.
    pub headers: Vec<(&'static str, String)>,
}

/// Whether an e-mail can be sent to this address at all.
pub fn is_address(address: &str) -> bool {
    address.parse::<Address>().is_ok() && !address.chars().any(|c| c.is_control() || c == ' ')
}

impl Mail {
    /// The envelope and the bytes.
    pub(super) fn write(&self) -> Result<(Envelope, Vec<u8>), Fault> {
        let unfit = |text: String| Fault::before(Kind::Unfit, text);
        let from = parse(&self.from.address)?;
        let to = parse(&self.to)?;
        let name = one_line(&self.from.name);
        let name = (!name.is_empty()).then_some(name);
        let millis = u64::try_from(self.date.millis()).unwrap_or_default();
        let mut builder = Message::builder()
            .from(lettre::message::Mailbox::new(name, from.clone()))
            .to(lettre::message::Mailbox::new(None, to.clone()))
            .subject(one_line(&self.subject))
            .date(SystemTime::UNIX_EPOCH + Duration::from_millis(millis))
            .message_id(Some(format!("<{}>", self.message_id)));
        for (name, value) in &self.headers {
            if !is_plain(value) {
                return Err(unfit(format!("{name} holds characters that a header may not have.")));
            }
            let name = HeaderName::new_from_ascii((*name).to_owned())
                .map_err(|_| unfit(format!("{name} is no name of a header.")))?;
            // As it is: a folded or encoded URL is not what mail programs look for.
            builder = builder.raw_header(HeaderValue::dangerous_new_pre_encoded(
                name,
                value.clone(),
                value.clone(),
            ));
        }
        let built = match &self.html {
            Some(html) => {
                let both = MultiPart::alternative_plain_html(self.text.clone(), html.clone());
                builder.multipart(both)
            }
            None => builder.singlepart(SinglePart::plain(self.text.clone())),
        };
        let message = built.map_err(|error| unfit(format!("It cannot be written: {error}.")))?;
        let envelope = Envelope::new(Some(from), vec![to])
            .map_err(|error| unfit(format!("It cannot be addressed: {error}.")))?;
        Ok((envelope, message.formatted()))
    }
}

fn parse(address: &str) -> Result<Address, Fault> {
    let unfit = || Fault::before(Kind::Unfit, format!("“{address}” is not an e-mail address."));
    if !is_address(address) {
        return Err(unfit());
    }
    address.parse().map_err(|_| unfit())
}

/// A header's value on one line, whatever it held.
fn one_line(text: &str) -> String {
    text.split(char::is_control).filter(|piece| !piece.is_empty()).collect::<Vec<_>>().join(" ")
}

fn is_plain(value: &str) -> bool {
    value.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}
