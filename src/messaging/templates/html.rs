//! Between HTML and plain text, for the two parts of an e-mail.

/// Whether a text is meant as HTML: it holds a tag that ends somewhere.
pub fn is_html(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| {
        let rest = text.get(at + 1..).unwrap_or_default();
        let name = rest.strip_prefix('/').unwrap_or(rest);
        let starts = name.starts_with(|c: char| c.is_ascii_alphabetic()) || name.starts_with("!--");
        let word: String = name.chars().take_while(char::is_ascii_alphanumeric).collect();
        let after = name.get(word.len()..).and_then(|text| text.chars().next());
        // `<ada@example.com>` and `a < b` are text.
        starts && matches!(after, Some('>' | '/' | ' ' | '\n' | '-' | '!')) && rest.contains('>')
    })
}

/// Text as HTML shows it, in an element or in an attribute with double quotes.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Elements that begin on a line of their own.
const BLOCKS: [&str; 20] = [
    "p",
    "div",
    "section",
    "article",
    "header",
    "footer",
    "table",
    "tr",
    "ul",
    "ol",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "pre",
    "hr",
];
/// Elements set apart by an empty line.
const APART: [&str; 12] =
    ["p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "table", "ul", "ol", "pre"];
/// Elements whose content is not text.
const HIDDEN: [&str; 4] = ["style", "script", "head", "title"];

/// The plain text of HTML: what a reader without it sees. Links keep their address.
pub fn to_text(html: &str) -> String {
    let mut out = Text::default();
    let mut rest = html;
    let mut link: Option<(String, usize)> = None;
    while let Some(at) = rest.find('<') {
        out.push(&decode(rest.get(..at).unwrap_or_default()));
        rest = rest.get(at + 1..).unwrap_or_default();
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        // A tag that is never closed takes the rest with it.
        let Some((tag, after)) = rest.split_once('>') else {
            rest = "";
            break;
        };
        rest = after;
        let is_end = tag.starts_with('/');
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        let name = name.as_str();
        match name {
            "br" => out.line(1),
            "li" if !is_end => {
                out.line(1);
                out.push("- ");
            }
            "td" | "th" if is_end => out.push(" "),
            "a" if !is_end => link = attribute(tag, "href").map(|url| (url, out.text.len())),
            "a" => {
                if let Some((url, start)) = link.take() {
                    out.link(&url, start);
                }
            }
            _ if HIDDEN.contains(&name) && !is_end => rest = after_element(rest, name),
            _ if APART.contains(&name) => out.line(2),
            _ if BLOCKS.contains(&name) => out.line(1),
            _ => {}
        }
    }
    out.push(&decode(rest));
    out.text.trim().to_owned()
}

/// What follows the end of an element.
fn after_element<'a>(rest: &'a str, name: &str) -> &'a str {
    let lower = rest.to_ascii_lowercase();
    let end = lower.find(&format!("</{name}")).unwrap_or(rest.len());
    let rest = rest.get(end..).unwrap_or_default();
    rest.split_once('>').map_or("", |(_, after)| after)
}

/// An attribute's value, in quotes.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let lower = tag.to_ascii_lowercase();
    let at = lower.find(&format!("{name}="))? + name.len() + 1;
    let value = tag.get(at..)?;
    let quote = value.chars().next().filter(|c| *c == '"' || *c == '\'')?;
    let value = value.get(1..)?.split(quote).next()?;
    Some(decode(value))
}

/// Text with white space as HTML sees it.
#[derive(Default)]
struct Text {
    text: String,
}

impl Text {
    fn push(&mut self, piece: &str) {
        for c in piece.chars() {
            if !c.is_whitespace() || c == '\u{a0}' {
                self.text.push(if c == '\u{a0}' { ' ' } else { c });
            } else if !self.text.is_empty() && !self.text.ends_with([' ', '\n']) {
                self.text.push(' ');
            }
        }
    }

    /// Goes to a new line, with so many line ends since the last text.
    fn line(&mut self, ends: usize) {
        let trimmed = self.text.trim_end_matches(' ').len();
        self.text.truncate(trimmed);
        if self.text.is_empty() {
            return;
        }
        let there = self.text.len() - self.text.trim_end_matches('\n').len();
        self.text.extend(std::iter::repeat_n('\n', ends.saturating_sub(there)));
    }

    fn link(&mut self, url: &str, start: usize) {
        let shown = self.text.get(start..).unwrap_or_default().trim();
        let is_shown = shown == url || url.strip_prefix("mailto:") == Some(shown);
        if is_shown || url.starts_with('#') || url.is_empty() {
            return;
        }
        self.push(&if shown.is_empty() { url.to_owned() } else { format!(" ({url})") });
    }
}

/// Decodes the references that people and the engine's escaping write.
fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at..).unwrap_or_default();
        let reference = rest.split_once(';').map(|(name, _)| name).filter(|name| name.len() <= 9);
        match reference.and_then(|name| character(name.get(1..)?)) {
            Some(c) => {
                out.push(c);
                rest = rest.split_once(';').map_or("", |(_, after)| after);
            }
            None => {
                out.push('&');
                rest = rest.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let hex = number.strip_prefix(['x', 'X']);
        let code = match hex {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "copy" => '©',
        "reg" => '®',
        "euro" => '€',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "middot" => '·',
        "bull" => '•',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_told_from_text() {
        for html in [
            "<p>Hi</p>",
            "Hi<br>there",
            "Hi<br/>",
            "a <b>b</b>",
            "<!-- x -->",
            "<a href=\"x\">y</a>",
        ] {
            assert!(is_html(html), "{html}");
        }
        for text in ["Hi", "1 < 2 and 3 > 2", "Ada <ada@example.com>", "<3", "x<y", "<p"] {
            assert!(!is_html(text), "{text}");
        }
    }

    #[test]
    fn the_text_part_reads_as_the_html_does() {
        let html = "<html><head><title>T</title><style>p { color: red }</style></head><body>\n\
            <h1>Hello&nbsp;Ada</h1><p>We got   your\nnote &amp; will &lt;call&gt;.</p>\
            <ul><li>One</li><li>Two</li></ul>\
            <p>See <a href=\"https://example.com/x?a=1&amp;b=2\">the offer</a>,<br>or <a href='mailto:a@b.co'>a@b.co</a>.</p>\
            <!-- <p>not this</p> --><table><tr><td>a</td><td>b</td></tr></table></body></html>";
        assert_eq!(
            to_text(html),
            "Hello Ada\n\nWe got your note & will <call>.\n\n- One\n- Two\n\n\
             See the offer (https://example.com/x?a=1&b=2),\nor a@b.co.\n\na b"
        );
        assert_eq!(to_text("&#65;&#x42;&unknown; &"), "AB&unknown; &");
        assert_eq!(to_text("<p>cut <a href=\"x"), "cut");
    }
}
