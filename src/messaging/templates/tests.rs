//! Rendering, and what is refused when a template is saved.

use super::{Compiled, Content, Parameter, Rendered};
use crate::messaging::messages::Origin;
use crate::messaging::{Channel, Recipient};
use crate::platform::Error;
use serde_json::json;
use std::collections::BTreeSet;

fn content(body: &str) -> Content {
    Content { body: body.into(), ..Content::default() }
}

fn somebody() -> Recipient {
    let fields = json!({"budget": "5k", "score": 7, "wishes": ["a", "b"], "price": 1.5});
    Recipient {
        custom_fields: fields.as_object().cloned().unwrap(),
        name: "Grace <b>Hopper</b>".into(),
        ..Recipient::sample("Acme".into())
    }
}

fn rendered(channel: Channel, content: &Content) -> Result<Rendered, String> {
    by(Origin::QuickSend, channel, content)
}

fn by(origin: Origin, channel: Channel, content: &Content) -> Result<Rendered, String> {
    Compiled::new(channel, content).unwrap().render(&somebody(), origin, "https://x.test/u/t-1")
}

fn sms(body: &str) -> Result<String, String> {
    rendered(Channel::Sms, &content(body)).map(|rendered| rendered.body)
}

fn faults(channel: Channel, content: &Content) -> Vec<(String, String, String)> {
    let known = BTreeSet::from(["budget".to_owned()]);
    let checked = Compiled::new(channel, content).and_then(|compiled| compiled.variables(&known));
    match checked {
        Err(Error::Invalid(fields)) => {
            fields.into_iter().map(|f| (f.field, f.code, f.message)).collect()
        }
        Err(other) => panic!("{other:?}"),
        Ok(_) => Vec::new(),
    }
}

#[test]
fn what_is_absent_is_empty_and_has_a_default() {
    let cases = [
        ("{{ firstName }} of {{ company | upper }}", "Grace of NAVY"),
        ("[{{ customFields.nothing }}]", "[]"),
        ("{{ customFields.nothing | default(\"there\") }}", "there"),
        ("{{ customFields.nothing | default('') | d('x') }}", "x"),
        ("{{ customFields['budget'] }} {{ customFields.score + 1 }}", "5k 8"),
        ("{{ customFields.price }} {{ customFields.wishes }}", "1.5 a, b"),
        ("{% if customFields.nothing %}yes{% else %}no{% endif %}", "no"),
        ("{% for tag in tags %}#{{ tag }} {% endfor %}{{ tags | length }}", "#hot #referral 2"),
        (
            "{{ tags }}; {{ tags | join(' & ') }}; {{ tags | first }}",
            "hot, referral; hot & referral; hot",
        ),
        ("{{ 'anna-lena o' | title }} {{ ' x ' | trim }}", "Anna-Lena O x"),
        ("{{ unsubscribeUrl }}", "https://x.test/u/t-1"),
        ("a\n", "a"),
    ];
    for (source, text) in cases {
        assert_eq!(sms(source).as_deref(), Ok(text), "{source}");
    }
}

#[test]
fn only_the_html_part_is_escaped() {
    let both = Content {
        subject: Some("For {{ name }}\r\nBcc: x".into()),
        html: Some("<p>{{ name }} {{ tags }}</p>".into()),
        ..content("Hi {{ name }}")
    };
    let mail = rendered(Channel::Email, &both).unwrap();
    assert_eq!(mail.subject.as_deref(), Some("For Grace <b>Hopper</b> Bcc: x"));
    assert_eq!(mail.body, "Hi Grace <b>Hopper</b>");
    assert_eq!(
        mail.html.as_deref(),
        Some("<p>Grace &lt;b&gt;Hopper&lt;&#x2f;b&gt; hot, referral</p>")
    );
    let alone = rendered(Channel::Email, &content("<p>Hi {{ name }}</p>")).unwrap();
    assert_eq!(alone.body, "Hi Grace <b>Hopper</b>");
    assert_eq!(alone.html.as_deref(), Some("<p>Hi Grace &lt;b&gt;Hopper&lt;&#x2f;b&gt;</p>"));
    assert_eq!(rendered(Channel::Email, &content("Hi")).unwrap().html, None);
    assert_eq!(sms("<p>{{ name }}</p>").as_deref(), Ok("<p>Grace <b>Hopper</b></p>"));
}

#[test]
fn faults_name_field_and_line() {
    let bad = Content {
        subject: Some("Hi {{ nam }}".into()),
        html: Some("<p>\n\n{% if %}".into()),
        ..content("one\n{{ customFields.budgt }} {{ customFields.budget }}")
    };
    let found = faults(Channel::Email, &bad);
    assert_eq!((found[0].0.as_str(), found[0].1.as_str()), ("html", "syntax_error"));
    assert!(found[0].2.starts_with("Line 3: "), "{}", found[0].2);
    let found = faults(Channel::Email, &Content { html: None, ..bad });
    let brief: Vec<_> =
        found.iter().map(|(f, c, m)| (f.as_str(), c.as_str(), m.as_str())).collect();
    assert_eq!(
        brief,
        [
            ("subject", "unknown_variable", "Line 1: there is no variable nam."),
            ("body", "unknown_variable", "Line 2: there is no variable customFields.budgt."),
        ]
    );
    let code = |body: &str| faults(Channel::Sms, &content(body)).first().map(|f| f.1.clone());
    for (body, expected) in [
        ("{{ name | safe }}", "unknown_filter"),
        ("{% set x = name ~ name %}", "unknown_tag"),
        ("{% autoescape false %}{% endautoescape %}", "unknown_tag"),
        ("{% include 'x' %}", "syntax_error"),
        ("{% macro x() %}{% endmacro %}", "syntax_error"),
        ("{{ name", "syntax_error"),
        ("{{ range(9) }}", "unknown_variable"),
        ("{{ name.x }}", "unknown_variable"),
        ("{% for x in tags %}{{ x }}{{ y }}{% endfor %}", "unknown_variable"),
    ] {
        assert_eq!(code(body).as_deref(), Some(expected), "{body}");
    }
    assert_eq!(code("{% for x in tags %}{{ x | upper }}{% endfor %}"), None);
    assert_eq!(code("{{ '| safe' }}"), None);
}

#[test]
fn nothing_holds_the_server_up() {
    let many: String = (0..6).map(|n| format!("{{% for a{n} in 'aaaaaaaaaa' %}}")).collect();
    let deep = format!("{many}x{}", "{% endfor %}".repeat(6));
    assert!(sms(&deep).unwrap_err().contains("too many steps"));
    let long = "{{ 'aaaaaaaaaaaaaaaaaaaaaaaaa' * 9999 }}".repeat(3);
    assert!(sms(&long).unwrap_err().contains("too long"));
}

#[test]
fn a_providers_template_gets_its_values() {
    let named = Content {
        provider_name: Some("welcome".into()),
        language: Some("en_US".into()),
        ..content("Hi {{ firstName }} of {{ company }}, {{ firstName }}!")
    };
    let message = rendered(Channel::Whatsapp, &named).unwrap();
    assert_eq!(message.body, "Hi Grace of Navy, Grace!");
    let template = message.template.unwrap();
    assert_eq!((template.name.as_str(), template.language.as_deref()), ("welcome", Some("en_US")));
    assert_eq!(template.parameters, [("1".into(), "Grace".into()), ("2".into(), "Navy".into())]);
    let parameter = |name: &str, value: &str| Parameter { name: name.into(), value: value.into() };
    let filled = Content {
        parameters: vec![
            parameter("2", "{{ company }}"),
            parameter("1", "{{ firstName | default('there') }}"),
        ],
        ..Content { body: "Hi {{1}} of {{2}}".into(), ..named.clone() }
    };
    let message = rendered(Channel::Whatsapp, &filled).unwrap();
    assert_eq!(message.body, "Hi Grace of Navy");
    assert_eq!(message.template.unwrap().parameters[0], ("2".into(), "Navy".into()));
    let empty = Content { parameters: vec![parameter("1", "")], ..filled };
    assert!(rendered(Channel::Whatsapp, &empty).unwrap_err().contains("nothing fills {{1}}"));
}

#[test]
fn what_campaigns_and_automations_send_by_mail_can_be_unsubscribed_from() {
    let email = |body: &str, html: Option<&str>| Content {
        subject: Some("Hi".into()),
        html: html.map(str::to_owned),
        ..content(body)
    };
    let said = "You no longer want e-mails from Acme?";
    let link = "<a href=\"https://x.test/u/t-1\" style=\"color:#666666\">Unsubscribe</a></p>";
    for origin in [Origin::Automation, Origin::Campaign] {
        let by = |content: Content| by(origin, Channel::Email, &content).unwrap();
        let plain = by(email("Hello\n", None));
        assert_eq!(plain.body, format!("Hello\n\n--\n{said} Unsubscribe: https://x.test/u/t-1\n"));
        assert_eq!(plain.html, None);
        let both = by(email("Hello", Some("<HTML><BODY><p>Hello</p></BODY></HTML>")));
        assert!(both.body.ends_with("https://x.test/u/t-1\n"), "{}", both.body);
        let html = both.html.unwrap();
        assert!(html.contains(&format!("{said} {link}</BODY></HTML>")), "{html}");
        let only = by(email("<p>Hello</p>", None));
        assert!(only.html.unwrap().ends_with(link));
        assert!(only.body.ends_with("https://x.test/u/t-1\n"), "{}", only.body);
        // A text that names the link says it where it wants to; a part that does not, below.
        let named = by(email("Stop: {{ unsubscribeUrl }}", None));
        assert_eq!(named.body, "Stop: https://x.test/u/t-1");
        let button = "<a href=\"{{ unsubscribeUrl }}\">Stop</a>";
        let named = by(email("Hello", Some(button)));
        assert_eq!(named.html.unwrap().matches("t-1").count(), 1);
        assert!(named.body.contains(said), "{}", named.body);
        let named = by(email(button, None));
        assert!(!named.html.unwrap().contains(said) && !named.body.contains(said));
        // Named where nobody sees it is not named.
        let hidden =
            by(email("Hi{% if customFields.nothing %}{{ unsubscribeUrl }}{% endif %}", None));
        assert!(hidden.body.contains(said), "{}", hidden.body);
        let sms = Compiled::new(Channel::Sms, &content("Hi")).unwrap().render(
            &somebody(),
            origin,
            "https://x.test/u/t-1",
        );
        assert_eq!(sms.unwrap().body, "Hi");
    }
    let written = by(Origin::QuickSend, Channel::Email, &email("Hello", Some("<p>Hello</p>")));
    let written = written.unwrap();
    assert_eq!((written.body.as_str(), written.html.as_deref()), ("Hello", Some("<p>Hello</p>")));
}

#[test]
fn a_workspace_s_name_stays_text_in_the_footer() {
    let who = Recipient { workspace: "<b>A&B".into(), ..somebody() };
    let content = Content { subject: Some("Hi".into()), ..content("<p>Hello</p>") };
    let compiled = Compiled::new(Channel::Email, &content).unwrap();
    let html = compiled.render(&who, Origin::Campaign, "https://x.test/u/t-1").unwrap().html;
    assert!(html.unwrap().contains("from &lt;b&gt;A&amp;B?"));
}
