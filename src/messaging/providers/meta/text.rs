//! A template's parts as one text: what its recipient sees, with a place for each value that is sent along.
//!
//! A place in the body keeps its name (`{{1}}`, `{{first_name}}`); one in the header is called `{{header.1}}`, and
//! the one at the end of a button's link by the button's number, `{{button.0}}`. By these names the values
//! find their parts again when a message is sent.

use serde::Deserialize;

/// One part.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Component {
    r#type: String,
    #[serde(default)]
    format: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    buttons: Vec<Button>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Button {
    r#type: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    phone_number: String,
}

/// The whole text, and why a message cannot be made of it, if so.
pub(super) fn read(components: &[Component]) -> (String, Option<String>) {
    let mut obstacle = None;
    let mut hinder = |what: String| {
        let text = format!("Leads cannot send it: {what}.");
        obstacle.get_or_insert(text);
    };
    let (mut header, mut body, mut footer) = (String::new(), String::new(), String::new());
    let mut buttons = Vec::new();
    for part in components {
        match part.r#type.to_ascii_uppercase().as_str() {
            "BODY" => body = part.text.clone(),
            "FOOTER" => footer = part.text.clone(),
            "HEADER" => match part.format.to_ascii_uppercase().as_str() {
                "" | "TEXT" => header = renamed(&part.text, |name| format!("header.{name}")),
                other => {
                    let kind = other.to_lowercase();
                    hinder(format!("its header needs another {kind} with each message"));
                }
            },
            "BUTTONS" => {
                for (index, button) in part.buttons.iter().enumerate() {
                    match button.line(index) {
                        Ok(line) => buttons.push(line),
                        Err(what) => hinder(what),
                    }
                }
            }
            other => {
                let kind = other.to_lowercase().replace('_', " ");
                hinder(format!("it has a part that is not known here ({kind})"));
            }
        }
    }
    let parts = [header, body, footer, buttons.join("\n")];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.trim().is_empty()).collect();
    (parts.join("\n\n"), obstacle)
}

impl Button {
    /// How it is shown, or what it needs that is not sent.
    fn line(&self, index: usize) -> Result<String, String> {
        let text = &self.text;
        match self.r#type.to_ascii_uppercase().as_str() {
            "QUICK_REPLY" | "VOICE_CALL" => Ok(format!("[{text}]")),
            "PHONE_NUMBER" => Ok(format!("[{text}] {}", self.phone_number)),
            "URL" => Ok(format!("[{text}] {}", renamed(&self.url, |_| format!("button.{index}")))),
            other => {
                let kind = other.to_lowercase().replace('_', " ");
                Err(format!(
                    "its button \u{201c}{text}\u{201d} is of a kind that is not known here ({kind})"
                ))
            }
        }
    }
}

/// The text with other names in its places.
fn renamed(text: &str, name: impl Fn(&str) -> String) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, (inner, after))) =
        rest.split_once("{{").and_then(|(before, open)| Some((before, open.split_once("}}")?)))
    {
        out.push_str(before);
        out.push_str(&format!("{{{{{}}}}}", name(inner.trim())));
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn told(components: Value) -> (String, Option<String>) {
        read(&serde_json::from_value::<Vec<Component>>(components).unwrap())
    }

    #[test]
    fn all_parts_make_one_text_with_a_place_for_each_value() {
        let (text, obstacle) = told(json!([
            {"type": "BUTTONS", "buttons": [
                {"type": "QUICK_REPLY", "text": "No"},
                {"type": "URL", "text": "Track", "url": "https://example.com/{{1}}", "example": ["x"]},
                {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+12025550143"}]},
            {"type": "HEADER", "format": "TEXT", "text": "Hi {{ 1 }}, it is {{1}}"},
            {"type": "BODY", "text": "{{1}} and {{2}}"},
            {"type": "FOOTER", "text": "Bye"}]));
        assert_eq!(
            text,
            "Hi {{header.1}}, it is {{header.1}}\n\n{{1}} and {{2}}\n\nBye\n\n\
             [No]\n[Track] https://example.com/{{button.1}}\n[Call] +12025550143"
        );
        assert_eq!(obstacle, None);
        let (text, _) = told(json!([
            {"type": "HEADER", "format": "TEXT", "text": "Hi {{first_name}} {{"},
            {"type": "BODY", "text": "Hello"}]));
        assert_eq!(text, "Hi {{header.first_name}} {{\n\nHello");
        assert_eq!(told(json!([{"type": "BODY", "text": "Hello"}])), ("Hello".into(), None));
    }

    #[test]
    fn what_cannot_be_filled_is_said() {
        let body = json!({"type": "BODY", "text": "Hello"});
        let cases = [
            (
                json!({"type": "HEADER", "format": "IMAGE"}),
                "its header needs another image with each message",
            ),
            (
                json!({"type": "CAROUSEL", "cards": []}),
                "it has a part that is not known here (carousel)",
            ),
            (
                json!({"type": "BUTTONS", "buttons": [{"type": "COPY_CODE", "text": "Copy", "example": "X"}]}),
                "its button \u{201c}Copy\u{201d} is of a kind that is not known here (copy code)",
            ),
        ];
        for (part, what) in cases {
            let (text, obstacle) = told(json!([part, body]));
            assert_eq!(text, "Hello");
            assert_eq!(obstacle.unwrap(), format!("Leads cannot send it: {what}."));
        }
    }
}
