//! Finds the tags of a template's source without understanding them: where each stands, on which line, and
//! which words it holds outside of quotes. The engine parses; this says where and refuses what is not offered.

/// What a tag does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `{{ … }}`
    Output,
    /// `{% … %}`
    Block,
}

/// One tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    pub kind: Kind,
    /// With its braces.
    pub whole: &'a str,
    /// Without them, trimmed.
    pub inner: &'a str,
    /// Where it begins, in bytes.
    pub start: usize,
    /// The line that it begins on, from 1.
    pub line: usize,
}

impl<'a> Tag<'a> {
    /// The word that a block begins with, as in `if`.
    pub fn keyword(&self) -> &'a str {
        self.inner.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
    }

    /// The names of the filters that its values go through.
    pub fn filters(&self) -> Vec<String> {
        let bare = unquoted(self.inner);
        bare.split('|').skip(1).map(first_word).filter(|word| !word.is_empty()).collect()
    }

    /// Whether it names this variable, as in `customFields.budget`.
    pub fn names(&self, variable: &str) -> bool {
        let bare: String = unquoted(self.inner).split_whitespace().collect::<Vec<_>>().join(" ");
        bare.match_indices(variable).any(|(at, _)| {
            let before = bare.get(..at).and_then(|text| text.chars().next_back());
            let after = bare.get(at + variable.len()..).and_then(|text| text.chars().next());
            !before.is_some_and(|c| is_word(c) || c == '.') && !after.is_some_and(is_word)
        })
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn first_word(text: &str) -> String {
    text.trim_start().chars().take_while(|c| is_word(*c)).collect()
}

/// The text with everything in quotes blanked out.
fn unquoted(text: &str) -> String {
    let (mut out, mut quote, mut escaped) = (String::with_capacity(text.len()), None, false);
    for c in text.chars() {
        match quote {
            Some(open) => {
                if !escaped && c == open {
                    quote = None;
                }
                escaped = !escaped && c == '\\';
            }
            None if c == '"' || c == '\'' => quote = Some(c),
            None => {
                out.push(c);
                continue;
            }
        }
        out.push(' ');
    }
    out
}

/// The tags of a source, in order. A tag that is never closed ends the scan; the engine refuses it anyway.
pub(super) fn tags(source: &str) -> Vec<Tag<'_>> {
    let (mut tags, mut at) = (Vec::new(), 0);
    while let Some(start) = source.get(at..).and_then(|rest| rest.find('{')).map(|i| at + i) {
        let rest = source.get(start..).unwrap_or_default();
        let (kind, close) = match rest.as_bytes().get(1) {
            Some(b'{') => (Some(Kind::Output), "}}"),
            Some(b'%') => (Some(Kind::Block), "%}"),
            Some(b'#') => (None, "#}"),
            _ => {
                at = start + 1;
                continue;
            }
        };
        let inside = rest.get(2..).unwrap_or_default();
        let end = if kind.is_some() { closing(inside, close) } else { inside.find(close) };
        let Some(length) = end else { break };
        at = start + 2 + length + 2;
        let Some(kind) = kind else { continue };
        let inner = inside.get(..length).unwrap_or_default();
        let inner = inner.trim_start_matches(['-', '+']).trim_end_matches(['-', '+']).trim();
        let whole = source.get(start..at).unwrap_or_default();
        let line = source.get(..start).unwrap_or_default().matches('\n').count() + 1;
        tags.push(Tag { kind, whole, inner, start, line });
    }
    tags
}

/// Where a tag closes, passing over what stands in quotes.
fn closing(inside: &str, close: &str) -> Option<usize> {
    let (mut quote, mut escaped) = (None, false);
    for (at, c) in inside.char_indices() {
        match quote {
            Some(open) => {
                if !escaped && c == open {
                    quote = None;
                }
                escaped = !escaped && c == '\\';
            }
            None if inside.get(at..).is_some_and(|rest| rest.starts_with(close)) => {
                return Some(at);
            }
            None if c == '"' || c == '\'' => quote = Some(c),
            None => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_found_with_their_lines_and_words() {
        let source = "Hi {{ name | default(\"}} | there\") | upper }},\n{# {{ no }} #}{%- if tags -%}\n{ {{customFields.budget}}{% endif %}";
        let found = tags(source);
        let seen: Vec<_> = found.iter().map(|tag| (tag.kind, tag.inner, tag.line)).collect();
        assert_eq!(
            seen,
            [
                (Kind::Output, "name | default(\"}} | there\") | upper", 1),
                (Kind::Block, "if tags", 2),
                (Kind::Output, "customFields.budget", 3),
                (Kind::Block, "endif", 3),
            ]
        );
        assert_eq!(found[0].filters(), ["default", "upper"]);
        assert_eq!((found[1].keyword(), found[3].keyword()), ("if", "endif"));
        assert!(found[2].names("customFields.budget") && !found[2].names("customFields.bud"));
        assert!(found[0].names("name") && !found[0].names("there"));
        assert_eq!(tags("{{ never closed").len(), 0);
    }
}
