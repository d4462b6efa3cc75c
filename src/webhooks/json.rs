//! A JSON reader for payloads from strangers (RFC 8259).
//!
//! It differs from a general reader where ingest needs it to: it keeps repeated
//! names and the digits of huge numbers, takes a lone surrogate for U+FFFD, and
//! stops at the limits on depth, fields and name length while it reads, so that
//! a hostile body costs no more than its own bytes.

use super::node::Node;
use serde_json::Number;

/// Most levels of nesting of one lead, its own object included.
pub const MAX_DEPTH: usize = 32;
/// Most fields of one lead after flattening. An array of plain values is one.
pub const MAX_FIELDS: usize = 1_000;
/// Most values of one lead, those inside arrays of plain values included.
pub const MAX_VALUES: usize = 10_000;
/// Longest name of a field in bytes, alone and after flattening.
pub const MAX_NAME: usize = 1_000;

/// Why a text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonError {
    /// Not JSON, with the byte at which that shows.
    Syntax(usize),
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// More than [`MAX_FIELDS`] fields or [`MAX_VALUES`] values.
    TooManyFields,
    /// A name longer than [`MAX_NAME`].
    NameTooLong,
}

/// Reads JSON values one after another from a text.
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    fields: usize,
    values: usize,
}

type Result<T> = std::result::Result<T, JsonError>;

impl<'a> Reader<'a> {
    /// A reader at the beginning of the text.
    pub fn new(text: &'a str) -> Self {
        Reader { text, at: 0, depth: 0, fields: 0, values: 0 }
    }

    /// The next byte that is not white space, without taking it.
    pub fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    /// Takes the next byte that is not white space if it is this one.
    pub fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Takes this byte or fails.
    pub fn expect(&mut self, byte: u8) -> Result<()> {
        if self.take(byte) { Ok(()) } else { Err(self.syntax()) }
    }

    /// Fails unless nothing but white space is left.
    pub fn end(&mut self) -> Result<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.syntax()),
        }
    }

    /// How many bytes were read.
    pub fn place(&self) -> usize {
        self.at
    }

    /// The place of the reader as an error.
    pub fn syntax(&self) -> JsonError {
        JsonError::Syntax(self.at)
    }

    /// Reads one value and counts it as a lead of its own.
    pub fn lead(&mut self) -> Result<Node> {
        (self.depth, self.fields, self.values) = (0, 0, 0);
        self.value()
    }

    fn value(&mut self) -> Result<Node> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(JsonError::TooManyFields);
        }
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::list),
            Some(b'"') => Ok(Node::Text(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Node::Bool(true)),
            Some(b'f') => self.word("false", Node::Bool(false)),
            Some(b'n') => self.word("null", Node::Null),
            _ => Err(self.syntax()),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Node>) -> Result<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(JsonError::TooDeep);
        }
        self.at += 1;
        let node = read(self)?;
        self.depth -= 1;
        Ok(node)
    }

    fn count_field(&mut self) -> Result<()> {
        self.fields += 1;
        if self.fields > MAX_FIELDS {
            return Err(JsonError::TooManyFields);
        }
        Ok(())
    }

    fn object(&mut self) -> Result<Node> {
        let mut members = Vec::new();
        if self.take(b'}') {
            self.count_field()?;
            return Ok(Node::Object(members));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.syntax());
            }
            let name = self.string()?;
            if name.len() > MAX_NAME {
                return Err(JsonError::NameTooLong);
            }
            self.expect(b':')?;
            let value = self.value()?;
            if !value.is_container() {
                self.count_field()?;
            }
            members.push((name, value));
            if !self.take(b',') {
                self.expect(b'}')?;
                return Ok(Node::Object(members));
            }
        }
    }

    fn list(&mut self) -> Result<Node> {
        let mut items = Vec::new();
        if self.take(b']') {
            self.count_field()?;
            return Ok(Node::List(items));
        }
        loop {
            items.push(self.value()?);
            if !self.take(b',') {
                self.expect(b']')?;
                break;
            }
        }
        if items.iter().any(Node::is_container) {
            for _ in items.iter().filter(|item| !item.is_container()) {
                self.count_field()?;
            }
        } else {
            self.count_field()?;
        }
        Ok(Node::List(items))
    }

    fn word(&mut self, word: &str, node: Node) -> Result<Node> {
        if self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(node)
        } else {
            Err(self.syntax())
        }
    }

    fn string(&mut self) -> Result<String> {
        let bytes = self.text.as_bytes();
        self.at += 1;
        let mut out = String::new();
        loop {
            let start = self.at;
            while bytes.get(self.at).is_some_and(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1f)) {
                self.at += 1;
            }
            // Both ends stand beside an ASCII byte, so on a character's border.
            out.push_str(&self.text[start..self.at]);
            match bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.at += 1;
                    out.push(self.escape()?);
                }
                _ => return Err(self.syntax()),
            }
        }
    }

    fn escape(&mut self) -> Result<char> {
        let byte = self.text.as_bytes().get(self.at).copied();
        let plain = match byte {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode();
            }
            _ => return Err(self.syntax()),
        };
        self.at += 1;
        Ok(plain)
    }

    fn unicode(&mut self) -> Result<char> {
        let high = self.hex()?;
        if (0xd800..0xdc00).contains(&high) && self.text.as_bytes()[self.at..].starts_with(b"\\u") {
            let before = self.at;
            self.at += 2;
            let low = self.hex()?;
            if (0xdc00..0xe000).contains(&low) {
                let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = before;
        }
        Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&mut self) -> Result<u32> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4);
        let code = digits.and_then(|digits| {
            digits
                .iter()
                .try_fold(0, |code, byte| Some(code * 16 + char::from(*byte).to_digit(16)?))
        });
        let code = code.ok_or(self.syntax())?;
        self.at += 4;
        Ok(code)
    }

    fn number(&mut self) -> Result<Node> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        self.at += usize::from(bytes[start] == b'-');
        if bytes.get(self.at) == Some(&b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(bytes.get(self.at), Some(b'+' | b'-')));
            self.digits()?;
        }
        let text = &self.text[start..self.at];
        Ok(exact(text).map_or_else(|| Node::Text(text.to_owned()), Node::Number))
    }

    fn digits(&mut self) -> Result<()> {
        let start = self.at;
        while self.text.as_bytes().get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.syntax());
        }
        Ok(())
    }
}

/// The machine number that says exactly what the text says, if there is one.
fn exact(text: &str) -> Option<Number> {
    if let Ok(number) = text.parse::<i64>() {
        return Some(number.into());
    }
    if let Ok(number) = text.parse::<u64>() {
        return Some(number.into());
    }
    if text.len() > 400 {
        return None;
    }
    // What counts is how the number will be written again.
    let number = Number::from_f64(text.parse().ok()?)?;
    (significant(text) == significant(&number.to_string())).then_some(number)
}

/// The digits of a number without exponent, point and zeros at either end.
fn significant(text: &str) -> String {
    let mantissa = text.split(['e', 'E']).next().unwrap_or(text);
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').to_owned()
}
