//! From the bytes of a file to text: which encoding it is in, and a reader that gives UTF-8 whatever it is.

use crate::platform::{Error, Result};
use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::io::{self, Read};

/// How much is read at a time.
const PIECE: usize = 64 * 1024;
/// How much of a file tells what it is.
const HEAD: usize = 4096;

/// What a file begins with that is no text, and what to tell about it.
const BINARY: &[(&[u8], &str, &str)] = &[
    (b"PK\x03\x04", "excel_file", EXCEL),
    (b"\xd0\xcf\x11\xe0", "excel_file", EXCEL),
    (b"\x1f\x8b", "compressed_file", "This is a compressed file: unpack it first."),
    (b"Rar!", "compressed_file", "This is a compressed file: unpack it first."),
    (b"7z\xbc\xaf", "compressed_file", "This is a compressed file: unpack it first."),
    (b"%PDF", "not_text", "This is a PDF file: export the table as CSV."),
];

const EXCEL: &str = "This is an Excel file: save it as CSV (in Excel: Save As, “CSV UTF-8”).";
const NOT_TEXT: &str = "This is no text file: export the table as CSV.";
const MARKUP: &str =
    "This is a web page and no CSV file: open it in a spreadsheet and save it as CSV.";

/// An encoding by any of its usual names, as in `windows-1252` or `latin1`.
pub fn by_name(name: &str) -> Option<&'static Encoding> {
    // What is only there to refuse is none.
    Encoding::for_label(name.trim().as_bytes()).filter(|found| found.name() != "replacement")
}

/// Finds out the encoding of a file.
///
/// # Errors
/// 422 for what is no text.
pub fn detect(mut file: impl Read) -> Result<&'static Encoding> {
    let mut piece = vec![0; PIECE];
    let mut kept = 0;
    let mut seen = Seen::default();
    let mut is_first = true;
    loop {
        let read = file.read(&mut piece[kept..])?;
        let bytes = &piece[..kept + read];
        if is_first {
            if let Some(encoding) = by_head(&bytes[..bytes.len().min(HEAD)])? {
                return Ok(encoding);
            }
            is_first = false;
        }
        let rest = seen.look(bytes, read == 0);
        let from = bytes.len() - rest;
        if read == 0 {
            return Ok(seen.verdict());
        }
        piece.copy_within(from..from + rest, 0);
        kept = rest;
    }
}

/// By what a file begins with.
fn by_head(head: &[u8]) -> Result<Option<&'static Encoding>> {
    for (mark, code, message) in BINARY {
        if head.starts_with(mark) {
            return Err(Error::invalid("file", *code, *message));
        }
    }
    if let Some((encoding, _)) = Encoding::for_bom(head) {
        return Ok(Some(encoding));
    }
    let zeros = |first: usize| head.iter().skip(first).step_by(2).filter(|b| **b == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), head.len() / 2);
    if head.len() >= 4 && odd * 10 > half * 4 && even * 10 < half {
        return Ok(Some(UTF_16LE));
    }
    if head.len() >= 4 && even * 10 > half * 4 && odd * 10 < half {
        return Ok(Some(UTF_16BE));
    }
    let is_odd =
        |byte: &&u8| **byte < 32 && !matches!(**byte, b'\t' | b'\n' | b'\r' | 12 | 26 | 27);
    if head.iter().filter(is_odd).count() * 20 > head.len() {
        return Err(Error::invalid("file", "not_text", NOT_TEXT));
    }
    let start: Vec<u8> =
        head.trim_ascii_start().iter().take(20).map(u8::to_ascii_lowercase).collect();
    if [b"<!doctype".as_slice(), b"<html", b"<?xml", b"<table"].iter().any(|m| start.starts_with(m))
    {
        return Err(Error::invalid("file", "not_csv", MARKUP));
    }
    Ok(None)
}

/// What was seen of UTF-8's longer characters.
#[derive(Default)]
struct Seen {
    good: u64,
    bad: u64,
}

impl Seen {
    /// Counts; answers how many bytes at the end may belong to a character that goes on.
    fn look(&mut self, mut bytes: &[u8], is_last: bool) -> usize {
        loop {
            match std::str::from_utf8(bytes) {
                Ok(text) => {
                    self.count(text.as_bytes());
                    return 0;
                }
                Err(error) => {
                    let (good, rest) = bytes.split_at(error.valid_up_to());
                    self.count(good);
                    let Some(length) = error.error_len() else {
                        if is_last {
                            self.bad += 1;
                        }
                        return if is_last { 0 } else { rest.len() };
                    };
                    self.bad += 1;
                    bytes = &rest[length..];
                }
            }
        }
    }

    fn count(&mut self, valid: &[u8]) {
        self.good += valid.iter().filter(|byte| **byte >= 0xc0).count() as u64;
    }

    /// A few broken characters in a text full of good ones are damage, and no other encoding.
    fn verdict(&self) -> &'static Encoding {
        if self.bad == 0 || self.good > self.bad * 20 { UTF_8 } else { WINDOWS_1252 }
    }
}

/// A file as UTF-8, without a byte order mark. What means nothing becomes U+FFFD.
pub struct Text<R> {
    file: R,
    decoder: Decoder,
    bytes: Buffer,
    text: Buffer,
    /// Whether the decoder has said its last.
    is_over: bool,
}

/// Bytes of which some are not used yet.
struct Buffer {
    all: Vec<u8>,
    start: usize,
    end: usize,
}

impl Buffer {
    fn new() -> Self {
        Self { all: vec![0; PIECE], start: 0, end: 0 }
    }

    fn rest(&self) -> &[u8] {
        &self.all[self.start..self.end]
    }
}

impl<R: Read> Text<R> {
    /// Reads a file in an encoding.
    pub fn new(file: R, encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder_with_bom_removal();
        Self { file, decoder, bytes: Buffer::new(), text: Buffer::new(), is_over: false }
    }

    /// Decodes more, once all of the last is used.
    fn decode(&mut self) -> io::Result<()> {
        let mut is_last = false;
        if self.bytes.rest().is_empty() {
            self.bytes.start = 0;
            self.bytes.end = self.file.read(&mut self.bytes.all)?;
            is_last = self.bytes.end == 0;
        }
        let (result, read, written, _) =
            self.decoder.decode_to_utf8(self.bytes.rest(), &mut self.text.all, is_last);
        self.bytes.start += read;
        (self.text.start, self.text.end) = (0, written);
        self.is_over = is_last && result == CoderResult::InputEmpty;
        Ok(())
    }
}

impl<R: Read> Read for Text<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.text.rest().is_empty() && !self.is_over {
            self.decode()?;
        }
        let rest = self.text.rest();
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.text.start += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(bytes: &[u8]) -> String {
        match detect(bytes) {
            Ok(encoding) => encoding.name().to_owned(),
            Err(Error::Invalid(fields)) => fields[0].code.clone(),
            Err(other) => panic!("{other:?}"),
        }
    }

    fn utf16(text: &str, mark: bool) -> Vec<u8> {
        let mark = mark.then_some(0xfeff_u16);
        mark.into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn encodings_are_told_apart() {
        assert_eq!(name(b""), "UTF-8");
        assert_eq!(name("Name;Ort\nJörg;Köln".as_bytes()), "UTF-8");
        assert_eq!(name("\u{feff}Name".as_bytes()), "UTF-8");
        assert_eq!(name(b"Name;Ort\nJ\xf6rg;K\xf6ln"), "windows-1252");
        assert_eq!(name(&utf16("Name\tOrt", true)), "UTF-16LE");
        assert_eq!(name(&utf16("Name\tOrt", false)), "UTF-16LE");
        let swapped: Vec<u8> = "Name\tOrt".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(name(&swapped), "UTF-16BE");
        let damaged = ["é".repeat(100).as_bytes(), b"\xff", "é".as_bytes()].concat();
        assert_eq!(name(&damaged), "UTF-8");
        // A character that lies across two pieces is whole.
        let long = format!("{}é{}", "a".repeat(PIECE - 1), "b".repeat(PIECE));
        assert_eq!(name(long.as_bytes()), "UTF-8");
        assert_eq!(name(b"PK\x03\x04\x14\x00"), "excel_file");
        assert_eq!(name(b"\xd0\xcf\x11\xe0\xa1\xb1"), "excel_file");
        assert_eq!(name(&[7, 1, 2, 3, 0, 0, 1, 9]), "not_text");
        assert_eq!(name(b"  <!DOCTYPE html><html>"), "not_csv");
    }

    #[test]
    fn any_encoding_is_read_as_utf8() {
        let read = |bytes: &[u8], encoding| {
            let mut text = String::new();
            Text::new(bytes, encoding).read_to_string(&mut text).unwrap();
            text
        };
        assert_eq!(read(b"K\xf6ln \x80", WINDOWS_1252), "Köln €");
        assert_eq!(read(&utf16("Köln", true), UTF_16LE), "Köln");
        assert_eq!(read("\u{feff}Köln".as_bytes(), UTF_8), "Köln");
        let long = "é".repeat(PIECE);
        assert_eq!(read(&utf16(&long, true), UTF_16LE), long);
        assert_eq!(by_name("latin1"), Some(WINDOWS_1252));
        assert_eq!(by_name("klingon"), None);
    }
}
