//! The only place that names the template engine: checks a text when it is saved, and renders it for one
//! recipient. A template has no loader, no macros and no assignments; its work is bounded by fuel and its
//! output by size, so that nothing that somebody writes can hold the server up.

use super::scan::{self, Kind};
use super::values::{CUSTOM_FIELDS, Context, VARIABLES};
use super::{Content, Parameter, Rendered};
use super::{footer, html};
use crate::messaging::messages::Origin;
use crate::messaging::providers::ProviderTemplate;
use crate::messaging::{Channel, Recipient};
use crate::platform::{Error, FieldError, Result};
use minijinja::value::Rest;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, Value};
use std::collections::BTreeSet;
use std::io;

/// The most steps that one part may take.
const FUEL: u64 = 20_000;
/// The most that one part may become, in bytes.
const LONGEST: usize = 512 * 1024;
/// The tags that are offered.
const TAGS: [&str; 7] = ["if", "elif", "else", "endif", "for", "endfor", "raw"];
/// The filters that are offered.
const FILTERS: [&str; 11] = [
    "default",
    "d",
    "upper",
    "lower",
    "title",
    "capitalize",
    "trim",
    "join",
    "length",
    "first",
    "last",
];

/// A template ready to be rendered for many.
pub struct Compiled<'a> {
    channel: Channel,
    content: &'a Content,
    environment: Environment<'a>,
    body_is_html: bool,
}

/// What is wrong with one part: its code and a sentence.
type Fault = (&'static str, String);

impl<'a> Compiled<'a> {
    /// Parses every part.
    ///
    /// # Errors
    /// 422 with each part at fault, and the line in it.
    pub fn new(channel: Channel, content: &'a Content) -> Result<Self> {
        let body_is_html =
            channel == Channel::Email && content.html.is_none() && html::is_html(&content.body);
        let mut environment = Environment::empty();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        environment.set_auto_escape_callback(move |name| {
            let is_html = name == "html" || (name == "body" && body_is_html);
            if is_html { AutoEscape::Html } else { AutoEscape::None }
        });
        add_filters(&mut environment);
        let mut compiled = Self { channel, content, environment, body_is_html };
        let faults: Vec<FieldError> = compiled
            .parts()
            .into_iter()
            .filter_map(|(field, source)| Some((field, compiled.add(field, source).err()?)))
            .map(|(field, (code, message))| FieldError::new(field, code, message))
            .collect();
        if faults.is_empty() { Ok(compiled) } else { Err(Error::Invalid(faults)) }
    }

    /// The parts in our own language, by the field that each stands in.
    fn parts(&self) -> Vec<(&'static str, &'a str)> {
        let content = self.content;
        let mut parts = Vec::new();
        parts.extend(content.subject.as_deref().map(|subject| ("subject", subject)));
        if content.parameters.is_empty() {
            parts.push(("body", content.body.as_str()));
        } else {
            parts.extend(content.parameters.iter().map(|p| ("parameters", p.value.as_str())));
        }
        parts.extend(content.html.as_deref().map(|html| ("html", html)));
        parts
    }

    fn add(&mut self, field: &'static str, source: &'a str) -> Result<(), Fault> {
        self.environment.add_template(field, source).map_err(|error| {
            let line = error.line().unwrap_or(1);
            let what = error.detail().unwrap_or("this cannot be read").to_owned();
            ("syntax_error", format!("Line {line}: {what}."))
        })?;
        for tag in scan::tags(source) {
            if tag.kind == Kind::Block && !TAGS.contains(&tag.keyword()) {
                let word = tag.keyword();
                return Err(("unknown_tag", format!("Line {}: there is no tag {word}.", tag.line)));
            }
            if let Some(word) = tag.filters().into_iter().find(|f| !FILTERS.contains(&f.as_str())) {
                let offered = FILTERS.join(", ");
                let line = tag.line;
                let message =
                    format!("Line {line}: there is no filter {word}; use one of {offered}.");
                return Err(("unknown_filter", message));
            }
        }
        Ok(())
    }

    /// The channel that it is for.
    pub fn channel(&self) -> Channel {
        self.channel
    }

    /// The variables that it names, or each part that names one that there is not.
    pub fn variables(&self, custom_fields: &BTreeSet<String>) -> Result<BTreeSet<String>> {
        let (mut known, mut faults) = (BTreeSet::new(), Vec::new());
        for (field, source) in self.parts() {
            let Ok(template) = self.environment.template_from_named_str(field, source) else {
                continue;
            };
            let mut named: Vec<String> = template.undeclared_variables(true).into_iter().collect();
            named.sort();
            for name in named {
                if exists(&name, custom_fields) {
                    known.insert(name);
                } else {
                    let tags = scan::tags(source);
                    let line = tags.iter().find(|tag| tag.names(&name)).map_or(1, |tag| tag.line);
                    let message = format!("Line {line}: there is no variable {name}.");
                    faults.push(FieldError::new(field, "unknown_variable", message));
                }
            }
        }
        if faults.is_empty() { Ok(known) } else { Err(Error::Invalid(faults)) }
    }

    /// The message for one recipient; or why it cannot be made, in a sentence. An e-mail of a campaign or an
    /// automation that does not name its unsubscribe link gets it at the end.
    pub fn render(
        &self,
        to: &Recipient,
        origin: Origin,
        unsubscribe_url: &str,
    ) -> Result<Rendered, String> {
        let mut rendered = self.filled(to, unsubscribe_url)?;
        if !rendered.body.trim().is_empty() {
            let kind = (self.channel, origin);
            footer::complete(&mut rendered, kind, &to.workspace, unsubscribe_url);
        }
        Ok(rendered)
    }

    fn filled(&self, to: &Recipient, unsubscribe_url: &str) -> Result<Rendered, String> {
        let context = Context::of(to, unsubscribe_url);
        let content = self.content;
        let part = |field: &'static str| {
            self.part(field, &context).map_err(|why| format!("{field}: {why}"))
        };
        let mut rendered = Rendered::default();
        if content.subject.is_some() {
            rendered.subject = Some(one_line(&part("subject")?));
        }
        if content.html.is_some() {
            rendered.html = Some(part("html")?);
        }
        if !content.parameters.is_empty() {
            let values = self.values(&content.parameters, &context)?;
            rendered.body = fill(&content.body, &values);
            rendered.template = self.provider_template(values);
            return Ok(rendered);
        }
        let body = part("body")?;
        if self.body_is_html {
            rendered.body = html::to_text(&body);
            rendered.html = Some(body);
        } else {
            rendered.body = body;
        }
        if content.provider_name.is_some() && self.channel.is_by_phone() {
            let numbered = numbered(&content.body);
            let values = self.values(&numbered, &context)?;
            rendered.template = self.provider_template(values);
        }
        Ok(rendered)
    }

    fn part(&self, field: &str, context: &Value) -> Result<String, String> {
        let template = self.environment.get_template(field).map_err(|error| plain(&error))?;
        let mut out = Bounded(Vec::new());
        template.render_captured_to(context.clone(), &mut out).map_err(|error| plain(&error))?;
        String::from_utf8(out.0).map_err(|error| error.to_string())
    }

    fn values(
        &self,
        parameters: &[Parameter],
        context: &Value,
    ) -> Result<Vec<(String, String)>, String> {
        let mut values = Vec::with_capacity(parameters.len());
        for Parameter { name, value } in parameters {
            let rendered = self
                .environment
                .render_named_str("parameters", value, context.clone())
                .map_err(|error| format!("parameter {name}: {}", plain(&error)))?;
            // Providers refuse an empty value, and new lines inside one.
            let rendered = one_line(&rendered);
            if rendered.is_empty() {
                return Err(format!("nothing fills {{{{{name}}}}}; give it a default"));
            }
            values.push((name.clone(), rendered));
        }
        Ok(values)
    }

    fn provider_template(&self, parameters: Vec<(String, String)>) -> Option<ProviderTemplate> {
        let name = self.content.provider_name.clone()?;
        Some(ProviderTemplate { name, language: self.content.language.clone(), parameters })
    }
}

/// The values that a body gives to the provider's template, numbered in the order in which they first appear.
pub(super) fn numbered(body: &str) -> Vec<Parameter> {
    let mut parameters: Vec<Parameter> = Vec::new();
    for tag in scan::tags(body) {
        if tag.kind == Kind::Output && !parameters.iter().any(|p| p.value == tag.whole) {
            let name = (parameters.len() + 1).to_string();
            parameters.push(Parameter { name, value: tag.whole.to_owned() });
        }
    }
    parameters
}

/// The provider's own text with its placeholders filled.
fn fill(body: &str, values: &[(String, String)]) -> String {
    let (mut out, mut at) = (String::with_capacity(body.len()), 0);
    for tag in scan::tags(body) {
        if let Some((_, value)) = values.iter().find(|(name, _)| name == tag.inner) {
            out.push_str(body.get(at..tag.start).unwrap_or_default());
            out.push_str(value);
            at = tag.start + tag.whole.len();
        }
    }
    out.push_str(body.get(at..).unwrap_or_default());
    out
}

/// Whether there is such a variable in a workspace with these custom fields.
fn exists(name: &str, custom_fields: &BTreeSet<String>) -> bool {
    match name.split_once('.') {
        Some((CUSTOM_FIELDS, key)) => custom_fields.contains(key),
        Some(_) => false,
        None => name == CUSTOM_FIELDS || VARIABLES.iter().any(|(known, ..)| *known == name),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What went wrong while rendering, for people.
fn plain(error: &minijinja::Error) -> String {
    let what = match error.kind() {
        ErrorKind::OutOfFuel => "this takes too many steps".to_owned(),
        ErrorKind::WriteFailure => "this becomes too long".to_owned(),
        kind => error.detail().map_or_else(|| kind.to_string(), str::to_owned),
    };
    error.line().map_or_else(|| what.clone(), |line| format!("line {line}: {what}"))
}

/// Takes so much and no more.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LONGEST {
            return Err(io::Error::other("too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Filters of our own, since they take any value and treat what is blank as missing.
fn add_filters(environment: &mut Environment) {
    let default = |value: &Value, other: Rest<Value>| {
        let is_blank =
            value.is_undefined() || value.is_none() || value.to_string().trim().is_empty();
        if is_blank {
            other.first().cloned().unwrap_or_else(|| Value::from(""))
        } else {
            value.clone()
        }
    };
    environment.add_filter("default", default);
    environment.add_filter("d", default);
    environment.add_filter("upper", |value: &Value| value.to_string().to_uppercase());
    environment.add_filter("lower", |value: &Value| value.to_string().to_lowercase());
    environment.add_filter("trim", |value: &Value| value.to_string().trim().to_owned());
    environment.add_filter("capitalize", |value: &Value| capitalize(&value.to_string()));
    environment.add_filter("title", |value: &Value| {
        let text = value.to_string();
        text.split_inclusive([' ', '-']).map(capitalize).collect::<String>()
    });
    environment.add_filter(
        "join",
        |value: &Value, between: &str| -> Result<String, minijinja::Error> {
            let items: Vec<String> = value.try_iter()?.map(|item| item.to_string()).collect();
            Ok(items.join(between))
        },
    );
    environment.add_filter("length", |value: &Value| {
        value.as_str().map_or_else(|| value.len().unwrap_or_default(), |text| text.chars().count())
    });
    environment.add_filter("first", |value: &Value| -> Result<Value, minijinja::Error> {
        Ok(value.try_iter()?.next().unwrap_or_else(|| Value::from("")))
    });
    environment.add_filter("last", |value: &Value| -> Result<Value, minijinja::Error> {
        Ok(value.try_iter()?.last().unwrap_or_else(|| Value::from("")))
    });
}

fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    first + &chars.as_str().to_lowercase()
}
