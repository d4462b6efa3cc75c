//! Each source's documented shape, with payloads of our own: form builders.

use crate::fields::custom_fields::{DISPLAY_NAMES, display_name};
use crate::webhooks::mapping::{MappedLead, map};
use crate::webhooks::node::Node;
use crate::webhooks::presets::{AUTO, Content, GENERIC, PRESETS, Recognized, find, recognize};
use crate::webhooks::target::FieldMapping;
use serde_json::{Value, json};

pub fn no_headers(_: &str) -> Option<String> {
    None
}

pub fn recognized(payload: &Value) -> Option<Recognized> {
    recognize(AUTO, &Node::from(payload), &no_headers)
}

/// The lead that a recognised payload gives, checked for its source.
pub fn lead_of(source: &str, payload: &Value) -> MappedLead {
    lead_with(source, payload, &no_headers)
}

pub fn lead_with(
    source: &str,
    payload: &Value,
    headers: &dyn Fn(&str) -> Option<String>,
) -> MappedLead {
    let found = recognize(AUTO, &Node::from(payload), headers).expect("not recognised");
    assert_eq!(found.source, source);
    assert!(find(source).is_some());
    let forced = recognize(source, &Node::from(payload), headers);
    assert_eq!(forced.as_ref(), Some(&found));
    assert_eq!(recognize(GENERIC, &Node::from(payload), headers), None);
    match found.content {
        Content::Lead(fields) => map(fields, &FieldMapping::default(), "Hook").lead,
        Content::Ping(why) => panic!("a ping: {why}"),
    }
}

pub fn is_ping(source: &str, payload: &Value) {
    let found = recognized(payload).expect("not recognised");
    assert_eq!(found.source, source);
    assert!(matches!(found.content, Content::Ping(_)), "{found:?}");
}

pub fn person(lead: &MappedLead) -> [&str; 4] {
    [
        &lead.name,
        lead.email.as_deref().unwrap_or("-"),
        lead.phone.as_deref().unwrap_or("-"),
        lead.company.as_deref().unwrap_or("-"),
    ]
}

/// The custom fields by display name.
pub fn answers(lead: &MappedLead) -> Value {
    let fields = lead.custom_fields.iter();
    fields
        .filter(|(key, _)| *key != DISPLAY_NAMES)
        .map(|(key, value)| (display_name(&lead.custom_fields, key).to_owned(), value.clone()))
        .collect()
}

#[test]
fn typeform() {
    let question = |id: &str, title: &str| json!({"id": id, "title": title, "type": "x", "ref": format!("r-{id}")});
    let answer = |id: &str, kind: &str, value: Value| json!({"type": kind, kind: value, "field": {"id": id, "type": "x", "ref": format!("r-{id}")}});
    let lead = lead_of(
        "typeform",
        &json!({
            "event_id": "01H", "event_type": "form_response",
            "form_response": {
                "form_id": "f1", "token": "t1", "submitted_at": "2026-01-02T03:04:05Z",
                "hidden": {"utm_source": "ad"}, "calculated": {"score": 3},
                "variables": [{"key": "score", "type": "number", "number": 3}],
                "definition": {"id": "f1", "title": "Demo", "fields": [
                    question("a", "What's your name?"), question("b", "Where do we write to?"),
                    question("c", "Call me at"), question("d", "Team size"), question("e", "Interests"),
                    question("f", "Company name"), question("g", "May we write?")]},
                "answers": [
                    answer("a", "text", json!("Ann Lee")), answer("b", "email", json!("ann@x.io")),
                    answer("c", "phone_number", json!("+4412345")),
                    answer("d", "choice", json!({"id": "1", "label": "10-20", "ref": "z"})),
                    answer("e", "choices", json!({"labels": ["CRM", "API"], "other": "Mail"})),
                    answer("f", "text", json!("Acme")), answer("g", "boolean", json!(false))]
            }
        }),
    );
    assert_eq!(person(&lead), ["Ann Lee", "ann@x.io", "+4412345", "Acme"]);
    assert_eq!(
        answers(&lead),
        json!({"Team size": "10-20", "Interests": ["CRM", "API", "Mail"], "May we write?": false,
            "utm_source": "ad", "score": 3, "Form": "Demo", "Submitted at": "2026-01-02T03:04:05Z"})
    );
    is_ping("typeform", &json!({"event_type": "form_response", "form_response": {"form_id": "x"}}));
}

#[test]
fn tally() {
    let lead = lead_of(
        "tally",
        &json!({
            "eventId": "e", "eventType": "FORM_RESPONSE", "createdAt": "2026-01-02T03:04:05Z",
            "data": {"responseId": "r", "formId": "f", "formName": "Contact", "createdAt": "2026-01-02T03:04:05Z", "fields": [
                {"key": "question_1", "label": "First name", "type": "INPUT_TEXT", "value": "Ann"},
                {"key": "question_2", "label": "Last name", "type": "INPUT_TEXT", "value": "Lee"},
                {"key": "question_3", "label": "Where?", "type": "INPUT_EMAIL", "value": "ann@x.io"},
                {"key": "question_4", "label": "Number", "type": "INPUT_PHONE_NUMBER", "value": "+44"},
                {"key": "question_5", "label": "Plan", "type": "MULTIPLE_CHOICE", "value": ["o2"], "options": [{"id": "o1", "text": "Free"}, {"id": "o2", "text": "Pro"}]},
                {"key": "question_6", "label": "Needs", "type": "CHECKBOXES", "value": ["p1", "p2"], "options": [{"id": "p1", "text": "CRM"}, {"id": "p2", "text": "API"}]},
                {"key": "question_6_p1", "label": "Needs (CRM)", "type": "CHECKBOXES", "value": true},
                {"key": "question_6_p2", "label": "Needs (API)", "type": "CHECKBOXES", "value": true},
                {"key": "question_7", "label": "CV", "type": "FILE_UPLOAD", "value": [{"id": "1", "name": "cv.pdf", "url": "https://f/cv.pdf", "size": 5}]},
                {"key": "question_8", "label": "Nothing", "type": "INPUT_TEXT", "value": null}
            ]}
        }),
    );
    assert_eq!(person(&lead), ["Ann Lee", "ann@x.io", "+44", "-"]);
    assert_eq!(
        answers(&lead),
        json!({"Plan": "Pro", "Needs": ["CRM", "API"], "CV": ["https://f/cv.pdf"],
            "Form": "Contact", "Submitted at": "2026-01-02T03:04:05Z"})
    );
    is_ping("tally", &json!({"eventType": "FORM_RESPONSE", "data": {"fields": []}}));
}

#[test]
fn jotform() {
    let raw = json!({
        "slug": "submit/1", "jsExecutionTracker": "x", "submitSource": "form",
        "q3_name": {"first": "Ann", "last": "Lee"}, "q4_email": "ann@x.io",
        "q5_phoneNumber": {"full": "(555) 123-4567"}, "q6_typeA6": "Acme",
        "q7_needs": ["CRM", "API"], "q8_date": {"month": "02", "day": "03", "year": "2026"},
        "q9_skipped": "", "q10_howMuch": "5000", "event_id": "e", "path": "/submit/1"
    });
    let lead = lead_of(
        "jotform",
        &json!({
            "action": "", "formID": "1", "submissionID": "2", "formTitle": "Contact", "ip": "1.2.3.4", "type": "WEB",
            "pretty": "Your name:Ann Lee, E-mail:ann@x.io, Phone Number:(555) 123-4567, Company:Acme, \
                       What do you need, mainly?:CRM, API, When?:02 03 2026, Budget:5000",
            "rawRequest": raw.to_string(),
        }),
    );
    assert_eq!(person(&lead), ["Ann Lee", "ann@x.io", "(555) 123-4567", "Acme"]);
    assert_eq!(
        answers(&lead),
        json!({"What do you need, mainly?": ["CRM", "API"], "When?": "2026-02-03",
            "Budget": "5000", "Form": "Contact"})
    );
    is_ping("jotform", &json!({"formID": "1", "submissionID": "2", "rawRequest": "{}"}));
    let broken = json!({"formID": "1", "submissionID": "2", "rawRequest": "{oops"});
    assert_eq!(recognized(&broken), None);
}

#[test]
fn webflow() {
    let answers_given = json!({"First Name": "Ann", "Last Name": "Lee", "email": "ann@x.io",
        "Phone Number": 15550000000_u64, "Budget": "5k"});
    let v2 = lead_of(
        "webflow",
        &json!({
            "triggerType": "form_submission",
            "payload": {"name": "Contact Us", "siteId": "s", "data": answers_given, "schema": [
                {"fieldName": "First Name", "fieldType": "FormTextInput", "fieldElementId": "1"}],
                "submittedAt": "2026-01-02T03:04:05Z", "id": "i", "formId": "f"}
        }),
    );
    assert_eq!(person(&v2), ["Ann Lee", "ann@x.io", "15550000000", "-"]);
    assert_eq!(
        answers(&v2),
        json!({"Budget": "5k", "Form": "Contact Us", "Submitted at": "2026-01-02T03:04:05Z"})
    );
    let v1 = lead_of(
        "webflow",
        &json!({"name": "Sample", "site": "s", "d": "2026-01-02T03:04:05Z", "_id": "i",
        "data": {"name": "Ann Lee", "email": "ann@x.io"}}),
    );
    assert_eq!(person(&v1), ["Ann Lee", "ann@x.io", "-", "-"]);
    assert_eq!(recognized(&json!({"triggerType": "site_publish", "payload": {"site": "s"}})), None);
}

#[test]
fn elementor() {
    let field = |id: &str, kind: &str, title: &str, value: &str| json!({"id": id, "type": kind, "title": title, "value": value, "raw_value": value, "required": "1"});
    let as_json = json!({
        "form": {"id": "f", "name": "Contact"},
        "fields": {"name": field("name", "text", "Name", "Ann Lee"), "email": field("email", "email", "Where", "ann@x.io"),
            "a1": field("a1", "tel", "Call", "+44"), "a2": field("a2", "textarea", "", "Hello")},
        "meta": {"page_url": {"title": "Page URL", "value": "https://x.io/"}}
    });
    let lead = lead_of("elementor", &as_json);
    assert_eq!(person(&lead), ["Ann Lee", "ann@x.io", "+44", "-"]);
    assert_eq!(
        answers(&lead),
        json!({"a2": "Hello", "Page URL": "https://x.io/", "Form": "Contact"})
    );

    let mut form = serde_json::Map::new();
    for part in ["form", "fields", "meta"] {
        for (name, inner) in as_json[part].as_object().unwrap() {
            match inner {
                Value::Object(inner) => form.extend(
                    inner
                        .iter()
                        .map(|(key, value)| (format!("{part}[{name}][{key}]"), value.clone())),
                ),
                value => {
                    form.insert(format!("{part}[{name}]"), value.clone());
                }
            }
        }
    }
    assert_eq!(lead_of("elementor", &Value::Object(form)), lead);
    // Without "Advanced data" the payload is flat, and the plain rules hold.
    assert_eq!(
        recognized(
            &json!({"Name": "Ann", "Email": "a@b.c", "form_id": "f", "form_name": "Contact"})
        ),
        None
    );
}

#[test]
fn cognito_and_unbounce() {
    let lead = lead_of(
        "cognito",
        &json!({
            "Form": {"Id": "7", "InternalName": "Demo", "Name": "Demo form"}, "$version": 7, "$etag": "x",
            "Name": {"First": "Ann", "Last": "Lee", "FirstAndLast": "Ann Lee"}, "Email": "ann@x.io",
            "PhoneNumber": "+44", "Address": {"Line1": "1 Rd", "FullAddress": "1 Rd, Rome"}, "HowMuch": 5,
            "Entry": {"Number": 1, "DateSubmitted": "2026-01-02"}, "Id": "7-1"
        }),
    );
    assert_eq!(person(&lead), ["Ann Lee", "ann@x.io", "+44", "-"]);
    assert_eq!(
        answers(&lead),
        json!({"Address": "1 Rd, Rome", "How Much": 5, "Form": "Demo form", "Submitted at": "2026-01-02"})
    );

    let data = json!({"first_name": ["Ann"], "email": ["ann@x.io"], "services": ["a", "b"]});
    let lead = lead_of(
        "unbounce",
        &json!({"page_id": "p", "page_name": "Sale", "page_url": "https://x", "variant": "a", "data.json": data.to_string()}),
    );
    assert_eq!(person(&lead), ["Ann", "ann@x.io", "-", "-"]);
    assert_eq!(
        answers(&lead),
        json!({"services": ["a", "b"], "page_name": "Sale", "page_url": "https://x", "variant": "a"})
    );
}

#[test]
fn a_flat_payload_is_nobodys() {
    let flat = json!({"name": "Ann", "email": "a@b.c", "event": "invitee.created", "form_id": "1", "formID": "1",
        "submissionID": "2", "object": "event", "id": 5, "vid": 7, "site": "s", "_id": "x", "d": "y", "triggerType": "form_submission",
        "eventType": "FORM_RESPONSE", "event_type": "form_response", "leadgen_id": "7", "user_column_data": "x", "properties": "p", "fields": "f"});
    assert_eq!(recognized(&flat), None);
    for preset in PRESETS {
        assert_eq!(recognize(preset.id, &Node::from(&flat), &no_headers), None, "{}", preset.id);
    }
    assert_eq!(
        recognized(
            &json!({"fields": {"a": {"b": 1}}, "data": {"fields": 5}, "properties": {"x": 1}})
        ),
        None
    );
    is_ping("auto", &json!({}));
    assert_eq!(recognize(GENERIC, &Node::Object(vec![]), &no_headers), None);
}
