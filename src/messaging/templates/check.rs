//! What a template must be to be stored.

use super::{Compiled, Content, Draft, scan};
use crate::auth::check_name;
use crate::messaging::Channel;
use crate::platform::{Error, FieldError, Result};
use std::collections::BTreeSet;

/// The longest body or HTML part, in characters.
const LONGEST: usize = 200_000;
/// The longest text message: ten parts.
const LONGEST_SMS: usize = 1_600;
/// The longest text that WhatsApp takes.
const LONGEST_WHATSAPP: usize = 4_096;
/// The most parameters of one template.
const MOST_PARAMETERS: usize = 50;
/// A draft that can be stored, with the variables that it names.
pub(super) fn checked(
    mut draft: Draft,
    known: &BTreeSet<String>,
) -> Result<(Draft, BTreeSet<String>)> {
    let mut faults = Vec::new();
    match check_name("name", &draft.name, 200) {
        Ok(name) => draft.name = name,
        Err(Error::Invalid(fields)) => faults.extend(fields),
        Err(error) => return Err(error),
    }
    let language = draft.content.language.take().map(|language| language.trim().to_owned());
    draft.content.language = language.filter(|language| !language.is_empty());
    let name = draft.content.provider_name.take().map(|name| name.trim().to_owned());
    draft.content.provider_name = name.filter(|name| !name.is_empty());
    faults.extend(shape(draft.channel, &draft.content));
    let compiled = Compiled::new(draft.channel, &draft.content);
    let variables = match compiled.and_then(|compiled| compiled.variables(known)) {
        Ok(variables) => variables,
        Err(Error::Invalid(fields)) => {
            faults.extend(fields);
            BTreeSet::new()
        }
        Err(error) => return Err(error),
    };
    if faults.is_empty() { Ok((draft, variables)) } else { Err(Error::Invalid(faults)) }
}

/// What is wrong with the content of a channel before its language is looked at.
pub fn shape(channel: Channel, content: &Content) -> Vec<FieldError> {
    let mut faults = Vec::new();
    let mut add = |field: &str, code: &str, message: &str| {
        faults.push(FieldError::new(field, code, message));
    };
    let is_email = channel == Channel::Email;
    let is_blank =
        |text: &Option<String>| text.as_deref().is_none_or(|text| text.trim().is_empty());
    if is_email && is_blank(&content.subject) {
        add("subject", "required", "An e-mail needs a subject.");
    }
    if !is_email && content.subject.is_some() {
        add("subject", "not_here", "Only an e-mail has a subject.");
    }
    if content.subject.as_deref().is_some_and(|subject| subject.chars().count() > 500) {
        add("subject", "too_long", "At most 500 characters.");
    }
    if !is_email && content.html.is_some() {
        add("html", "not_here", "Only an e-mail has an HTML part.");
    }
    if content.html.as_deref().is_some_and(|html| html.chars().count() > LONGEST) {
        add("html", "too_long", "At most 200,000 characters.");
    }
    if content.body.trim().is_empty() {
        add("body", "required", "A message needs a text.");
    }
    let (longest, said) = match channel {
        Channel::Email => (LONGEST, "At most 200,000 characters."),
        Channel::Sms => (LONGEST_SMS, "At most 1,600 characters."),
        Channel::Whatsapp => (LONGEST_WHATSAPP, "At most 4,096 characters."),
    };
    if content.body.chars().count() > longest {
        add("body", "too_long", said);
    }
    if is_email && content.provider_name.is_some() {
        add("providerName", "not_here", "Only SMS and WhatsApp have templates of a provider's.");
    }
    if content.provider_name.as_deref().is_some_and(|name| name.len() > 512) {
        add("providerName", "too_long", "At most 512 characters.");
    }
    let is_code = |code: &str| {
        code.len() <= 15 && code.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    };
    if content.language.as_deref().is_some_and(|language| !is_code(language)) {
        add("language", "invalid", "A code of a language, as in en_US.");
    }
    faults.extend(parameter_faults(content));
    faults
}

/// Placeholders and parameters must answer each other.
fn parameter_faults(content: &Content) -> Vec<FieldError> {
    let mut faults = Vec::new();
    let mut add = |field: &str, code: &str, message: String| {
        faults.push(FieldError::new(field, code, message));
    };
    let parameters = &content.parameters;
    if !parameters.is_empty() && content.provider_name.is_none() {
        add(
            "parameters",
            "not_here",
            "Parameters fill a template of a provider's; name it.".into(),
        );
    }
    if parameters.len() > MOST_PARAMETERS {
        add("parameters", "too_many", format!("At most {MOST_PARAMETERS}."));
    }
    let is_fixed = content.provider_name.is_some() && parameters.is_empty();
    let tags = scan::tags(&content.body);
    if let Some(tag) = tags.iter().find(|tag| is_fixed && tag.kind == scan::Kind::Block) {
        let message =
            format!("Line {}: the provider's text is fixed, so it has no conditions.", tag.line);
        add("body", "unknown_tag", message);
    }
    if parameters.is_empty() {
        return faults;
    }
    for tag in &tags {
        if !parameters.iter().any(|parameter| parameter.name == tag.inner) {
            let message = format!("Line {}: no parameter fills {}.", tag.line, tag.whole);
            add("body", "unknown_parameter", message);
        }
    }
    for parameter in parameters {
        if !tags.iter().any(|tag| tag.inner == parameter.name) {
            let message = format!("The text has no place {{{{{}}}}}.", parameter.name);
            add("parameters", "unknown_parameter", message);
        }
    }
    faults
}
