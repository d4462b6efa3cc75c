//! From a request's body to payloads: JSON, form or multipart, within limits.

use super::json::{JsonError, MAX_DEPTH, MAX_FIELDS, MAX_NAME, Reader};
use super::node::Node;
use std::ops::Range;

/// Largest body in bytes.
pub const MAX_BODY: usize = 1 << 20;
/// Most parts of a multipart body.
pub const MAX_PARTS: usize = MAX_FIELDS;
/// Most leads that one JSON array may bring.
pub const MAX_LEADS: usize = 1_000;

/// The kinds of bodies that ingest understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// `application/json`, anything that ends in `+json`, or no type at all.
    Json,
    /// `application/x-www-form-urlencoded` in UTF-8.
    Form,
    /// The same from a page in Latin-1, which its `charset` tells.
    FormLatin1,
    /// `multipart/form-data`, which is split outside and given to [`from_parts`].
    Multipart,
}

/// The payloads of one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// One payload for each lead, every one an object.
    pub leads: Vec<Node>,
    /// Where each of a JSON array's elements stands in the body, in bytes.
    pub spans: Vec<Range<usize>>,
    /// True when the body was a JSON array, so that each element is answered.
    pub is_list: bool,
    /// True for form and multipart, where fields such as `_redirect` steer.
    pub is_form: bool,
}

/// One part of a multipart body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The field's name.
    pub name: String,
    /// What it holds.
    pub content: PartContent,
}

/// The content of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartContent {
    /// The bytes of a text field.
    Text(Vec<u8>),
    /// A file, of which only this much is kept.
    File {
        /// The name the sender gave the file; empty when none was chosen.
        file_name: String,
        /// Its size in bytes.
        size: u64,
    },
}

/// Why a body was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The body has no byte.
    Empty,
    /// Not JSON, with the byte at which that shows.
    NotJson(usize),
    /// Text that is not UTF-8.
    NotUtf8,
    /// A body that broke off on its way.
    Truncated,
    /// A multipart body that cannot be split.
    BadMultipart,
    /// A type of content that ingest does not take.
    MediaType,
    /// Larger than [`MAX_BODY`].
    TooLarge,
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// More than [`MAX_FIELDS`] fields.
    TooManyFields,
    /// A name longer than [`MAX_NAME`].
    NameTooLong,
    /// More than [`MAX_LEADS`] elements.
    TooManyLeads,
    /// JSON, but neither an object nor an array of objects.
    NotAnObject,
}

impl Refusal {
    /// The HTTP status that answers it.
    pub fn status(self) -> u16 {
        match self {
            Refusal::Empty
            | Refusal::NotJson(_)
            | Refusal::NotUtf8
            | Refusal::Truncated
            | Refusal::BadMultipart => 400,
            Refusal::TooLarge => 413,
            Refusal::MediaType => 415,
            Refusal::TooDeep
            | Refusal::TooManyFields
            | Refusal::NameTooLong
            | Refusal::TooManyLeads
            | Refusal::NotAnObject => 422,
        }
    }

    /// The stable code of the problem.
    pub fn code(self) -> &'static str {
        match self {
            Refusal::Empty => "empty_body",
            Refusal::NotJson(_) => "not_json",
            Refusal::NotUtf8 => "not_utf8",
            Refusal::Truncated => "truncated",
            Refusal::BadMultipart => "bad_multipart",
            Refusal::MediaType => "unsupported_media_type",
            Refusal::TooLarge => "body_too_large",
            Refusal::TooDeep => "too_deep",
            Refusal::TooManyFields => "too_many_fields",
            Refusal::NameTooLong => "field_name_too_long",
            Refusal::TooManyLeads => "too_many_leads",
            Refusal::NotAnObject => "not_an_object",
        }
    }

    /// One sentence for the sender and for the delivery log.
    pub fn detail(self) -> String {
        match self {
            Refusal::Empty => "The body is empty.".into(),
            Refusal::NotJson(at) => format!("The body is not valid JSON (at byte {at})."),
            Refusal::NotUtf8 => "The body is not valid UTF-8.".into(),
            Refusal::Truncated => "The body did not arrive whole.".into(),
            Refusal::BadMultipart => "The multipart body is malformed or cut off.".into(),
            Refusal::MediaType => "Send application/json, application/x-www-form-urlencoded \
                 or multipart/form-data."
                .into(),
            Refusal::TooLarge => format!("The body is larger than {MAX_BODY} bytes."),
            Refusal::TooDeep => format!("The payload is nested deeper than {MAX_DEPTH} levels."),
            Refusal::TooManyFields => format!("The payload has more than {MAX_FIELDS} fields."),
            Refusal::NameTooLong => format!("A field's name is longer than {MAX_NAME} bytes."),
            Refusal::TooManyLeads => format!("The array holds more than {MAX_LEADS} leads."),
            Refusal::NotAnObject => {
                "Send a JSON object, or an array of objects with at least one element.".into()
            }
        }
    }
}

impl From<JsonError> for Refusal {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::Syntax(at) => Refusal::NotJson(at),
            JsonError::TooDeep => Refusal::TooDeep,
            JsonError::TooManyFields => Refusal::TooManyFields,
            JsonError::NameTooLong => Refusal::NameTooLong,
        }
    }
}

/// Tells the kind of a body by its `Content-Type`. Without one it is JSON.
///
/// # Errors
/// [`Refusal::MediaType`] for any other type.
pub fn media(content_type: Option<&str>) -> Result<Media, Refusal> {
    let mut pieces = content_type.unwrap_or("").split(';');
    let essence = pieces.next().unwrap_or("").trim().to_ascii_lowercase();
    match essence.as_str() {
        "" | "application/json" | "text/json" | "application/x-json" => Ok(Media::Json),
        "application/x-www-form-urlencoded" => {
            let latin1 = pieces.any(|piece| {
                let piece = piece.trim().to_ascii_lowercase().replace('"', "");
                matches!(piece.as_str(), "charset=iso-8859-1" | "charset=latin1")
            });
            Ok(if latin1 { Media::FormLatin1 } else { Media::Form })
        }
        "multipart/form-data" => Ok(Media::Multipart),
        other if other.starts_with("application/") && other.ends_with("+json") => Ok(Media::Json),
        _ => Err(Refusal::MediaType),
    }
}

/// Reads a JSON or form body. `curl -d '{…}'` names a form without meaning one,
/// so a form body that is a JSON object or array is taken as JSON.
///
/// # Errors
/// The reason why the body is refused; multipart is [`Refusal::MediaType`] here.
pub fn decode(media: Media, body: &[u8]) -> Result<Decoded, Refusal> {
    if body.len() > MAX_BODY {
        return Err(Refusal::TooLarge);
    }
    match media {
        Media::Json => json(body),
        Media::Form | Media::FormLatin1 => {
            let opens = body.trim_ascii_start().first();
            if matches!(opens, Some(b'{' | b'[')) {
                match json(body) {
                    Err(Refusal::NotJson(_)) => {}
                    read => return read,
                }
            }
            form(body, media == Media::FormLatin1)
        }
        Media::Multipart => Err(Refusal::MediaType),
    }
}

fn json(body: &[u8]) -> Result<Decoded, Refusal> {
    let text = std::str::from_utf8(body).map_err(|_| Refusal::NotUtf8)?;
    let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mark = text.len() - bare.len();
    let mut reader = Reader::new(bare);
    if reader.peek().is_none() {
        return Err(Refusal::Empty);
    }
    let (mut leads, mut spans) = (Vec::new(), Vec::new());
    let is_list = reader.take(b'[');
    if !is_list {
        leads.push(reader.lead()?);
    } else if !reader.take(b']') {
        loop {
            if leads.len() == MAX_LEADS {
                return Err(Refusal::TooManyLeads);
            }
            reader.peek();
            let start = reader.place();
            leads.push(reader.lead()?);
            spans.push(mark + start..mark + reader.place());
            if !reader.take(b',') {
                reader.expect(b']')?;
                break;
            }
        }
    }
    reader.end()?;
    if leads.is_empty() || !leads.iter().all(|lead| matches!(lead, Node::Object(_))) {
        return Err(Refusal::NotAnObject);
    }
    Ok(Decoded { leads, spans, is_list, is_form: false })
}

fn form(body: &[u8], latin1: bool) -> Result<Decoded, Refusal> {
    if body.is_empty() {
        return Err(Refusal::Empty);
    }
    let mut members = Vec::new();
    for pair in body.split(|byte| *byte == b'&') {
        if pair.is_empty() {
            continue;
        }
        let split = pair.iter().position(|byte| *byte == b'=');
        let (name, value) = match split {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &[][..]),
        };
        let member = (unescape(name, latin1)?, Node::Text(unescape(value, latin1)?));
        push_field(&mut members, member)?;
    }
    Ok(one_form(members))
}

/// Undoes the percent escapes of a form (URL standard, section 5.1), but
/// refuses what is not UTF-8 instead of losing it.
fn unescape(bytes: &[u8], latin1: bool) -> Result<String, Refusal> {
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match (byte, digit(at), digit(at + 1)) {
            (b'+', ..) => out.push(b' '),
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                at += 2;
            }
            _ => out.push(*byte),
        }
    }
    if latin1 {
        return Ok(out.into_iter().map(char::from).collect());
    }
    String::from_utf8(out).map_err(|_| Refusal::NotUtf8)
}

/// Makes the payload of a multipart body. A file is kept as its name and size;
/// a file field in which nothing was chosen is left out.
///
/// # Errors
/// Too many fields, a name that is too long, or text that is not UTF-8.
pub fn from_parts(parts: Vec<Part>) -> Result<Decoded, Refusal> {
    let mut members = Vec::new();
    for part in parts {
        let text = match part.content {
            PartContent::Text(bytes) => String::from_utf8(bytes).map_err(|_| Refusal::NotUtf8)?,
            PartContent::File { file_name, size } if file_name.is_empty() && size == 0 => continue,
            PartContent::File { file_name, size } => format!("{file_name} ({size} bytes)"),
        };
        push_field(&mut members, (part.name, Node::Text(text)))?;
    }
    Ok(one_form(members))
}

fn push_field(members: &mut Vec<(String, Node)>, member: (String, Node)) -> Result<(), Refusal> {
    if members.len() == MAX_FIELDS {
        return Err(Refusal::TooManyFields);
    }
    if member.0.len() > MAX_NAME {
        return Err(Refusal::NameTooLong);
    }
    members.push(member);
    Ok(())
}

fn one_form(members: Vec<(String, Node)>) -> Decoded {
    Decoded { leads: vec![Node::Object(members)], spans: Vec::new(), is_list: false, is_form: true }
}
