//! Each source's documented shape: ads, schedulers, shops and CRMs.

use super::presets::{answers, is_ping, lead_of, lead_with, no_headers, person, recognized};
use crate::webhooks::node::Node;
use crate::webhooks::presets::{PRESETS, recognize};
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn facebook() {
    let data = json!([{"name": "full_name", "values": ["Ann Lee"]}, {"name": "email", "values": ["ann@x.io"]},
        {"name": "phone_number", "values": ["+44"]}, {"name": "company_name", "values": ["Acme"]},
        {"name": "what_do_you_need?", "values": ["crm", "api"]}]);
    let lead = lead_of(
        "facebook",
        &json!({"id": "9", "created_time": "2026-01-02T03:04:05+0000", "campaign_name": "Spring", "field_data": data}),
    );
    assert_eq!(person(&lead), ["Ann Lee", "ann@x.io", "+44", "Acme"]);
    assert_eq!(
        answers(&lead),
        json!({"what_do_you_need?": ["crm", "api"], "id": "9",
        "created_time": "2026-01-02T03:04:05+0000", "campaign_name": "Spring"})
    );

    let change = |value: Value| json!({"object": "page", "entry": [{"id": 1, "time": 2, "changes": [{"field": "leadgen", "value": value}]}]});
    is_ping("facebook", &change(json!({"leadgen_id": "1", "page_id": "2", "form_id": "3"})));
    is_ping("facebook", &json!({"leadgen_id": "1", "form_id": "3"}));
    let relayed = lead_of("facebook", &change(json!({"leadgen_id": "1", "field_data": data})));
    assert_eq!(person(&relayed), ["Ann Lee", "ann@x.io", "+44", "Acme"]);
    assert_eq!(recognized(&json!({"object": "page", "entry": [{"messaging": []}]})), None);
}

#[test]
fn google_ads() {
    let mut payload = json!({
        "lead_id": "L", "form_id": 5, "campaign_id": 6, "google_key": "secret", "api_version": "1.0",
        "is_test": false, "gcl_id": "g",
        "user_column_data": [
            {"column_id": "FULL_NAME", "string_value": "Ann Lee", "column_name": "Full Name"},
            {"column_id": "EMAIL", "string_value": "ann@x.io", "column_name": "User Email"},
            {"column_id": "PHONE_NUMBER", "string_value": "+44"},
            {"column_id": "COMPANY_NAME", "string_value": "Acme"},
            {"column_id": "which_model?", "column_name": "Which model?", "string_value": "S"},
            {"column_id": "POSTAL_CODE", "string_value": "123"}]
    });
    let lead = lead_of("google_ads", &payload);
    assert_eq!(person(&lead), ["Ann Lee", "ann@x.io", "+44", "Acme"]);
    assert_eq!(
        answers(&lead),
        json!({"Which model?": "S", "Postal Code": "123", "lead_id": "L",
        "form_id": 5, "campaign_id": 6, "gcl_id": "g"})
    );
    payload["is_test"] = json!(true);
    is_ping("google_ads", &payload);
}

#[test]
fn hubspot() {
    let lead = lead_of(
        "hubspot",
        &json!({"vid": 5, "portal-id": 6, "form-submissions": [], "properties": {
        "firstname": {"value": "Ann", "versions": [{"value": "Ann"}]}, "lastname": {"value": "Lee", "versions": []},
        "email": {"value": "ann@x.io"}, "mobilephone": {"value": ""}, "phone": {"value": "+44"}, "company": {"value": "Acme"},
        "jobtitle": {"value": "CEO"}, "budget": {"value": "5"}, "hs_object_id": {"value": "5"}}}),
    );
    assert_eq!(person(&lead), ["Ann Lee", "ann@x.io", "+44", "Acme"]);
    assert_eq!(lead.title.as_deref(), Some("CEO"));
    assert_eq!(answers(&lead), json!({"budget": "5"}));
    let plain = lead_of(
        "hubspot",
        &json!({"objectId": 5, "properties": {"email": "a@b.c", "firstname": "Ann"}}),
    );
    assert_eq!(person(&plain), ["Ann", "a@b.c", "-", "-"]);
    let form = lead_of(
        "hubspot",
        &json!({"portalId": 1, "formGuid": "g", "fields": [
        {"objectTypeId": "0-1", "name": "email", "value": "a@b.c"}, {"name": "message", "value": "Hi"}],
        "context": {"pageUri": "https://x", "pageName": "Home"}}),
    );
    assert_eq!(person(&form), ["a@b.c", "a@b.c", "-", "-"]);
    assert_eq!(
        answers(&form),
        json!({"message": "Hi", "pageUri": "https://x", "pageName": "Home"})
    );
    let event = |kind: &str, property: &str, value: &str| {
        json!({"eventId": 1, "subscriptionId": 2, "portalId": 3, "occurredAt": 4,
        "subscriptionType": kind, "attemptNumber": 0, "objectId": 123, "propertyName": property, "propertyValue": value})
    };
    is_ping(
        "hubspot",
        &json!({"eventId": 1, "portalId": 3, "subscriptionType": "contact.creation", "objectId": 123}),
    );
    is_ping("hubspot", &event("contact.propertyChange", "lifecyclestage", "lead"));
    is_ping("hubspot", &event("deal.propertyChange", "email", "x"));
    let changed = lead_of("hubspot", &event("contact.propertyChange", "email", "a@b.c"));
    assert_eq!(person(&changed), ["a@b.c", "a@b.c", "-", "-"]);
}

#[test]
fn calendly() {
    let lead = lead_of(
        "calendly",
        &json!({
            "event": "invitee.created", "created_at": "2026-01-02T03:04:05Z", "created_by": "https://c/u",
            "payload": {"email": "ann@x.io", "name": "Ann Lee", "first_name": null, "last_name": null, "status": "active",
                "text_reminder_number": "+44", "timezone": "Europe/Rome", "uri": "https://c/i", "cancel_url": "https://c/x",
                "questions_and_answers": [{"question": "Company", "answer": "Acme", "position": 0}, {"question": "What shall we discuss?", "answer": "Price", "position": 1}],
                "tracking": {"utm_source": "ad", "utm_medium": null},
                "scheduled_event": {"name": "Demo", "start_time": "2026-01-05T10:00:00Z", "end_time": "2026-01-05T10:30:00Z",
                    "location": {"type": "zoom", "join_url": "https://z"}}}
        }),
    );
    assert_eq!(person(&lead), ["Ann Lee", "ann@x.io", "+44", "Acme"]);
    assert_eq!(
        answers(&lead),
        json!({"What shall we discuss?": "Price", "Calendly event": "invitee.created", "Meeting": "Demo",
        "Meeting start": "2026-01-05T10:00:00Z", "Meeting end": "2026-01-05T10:30:00Z", "Meeting location": "https://z",
        "Time zone": "Europe/Rome", "utm_source": "ad"})
    );
    let routed = lead_of(
        "calendly",
        &json!({"event": "routing_form_submission.created", "payload": {"uri": "u", "questions_and_answers": [
        {"question_uuid": "1", "question": "Work email", "answer": "a@b.c"}]}}),
    );
    assert_eq!(person(&routed)[1], "a@b.c");
    let old = lead_of(
        "calendly",
        &json!({"event": "invitee.created", "time": "t", "payload": {"event_type": {"name": "Demo"}, "invitee": {"name": "Ann", "email": "a@b.c"}}}),
    );
    assert_eq!(person(&old), ["Ann", "a@b.c", "-", "-"]);
    is_ping("calendly", &json!({"event": "invitee.created", "payload": {"uri": "https://c/i"}}));
}

#[test]
fn shopify() {
    let address = json!({"first_name": "Ann", "last_name": "Lee", "company": "Acme", "address1": "1 Rd", "address2": null, "city": "Rome", "zip": "1", "country": "Italy", "phone": "+39"});
    let customer = json!({"id": 5, "email": "ann@x.io", "first_name": "Ann", "last_name": "Lee", "phone": null, "note": "vip", "tags": "",
        "orders_count": 0, "default_address": address, "addresses": [address]});
    let topic = |topic: &'static str| {
        move |name: &str| (name == "x-shopify-topic").then(|| topic.to_owned())
    };
    let lead = lead_with("shopify", &customer, &topic("customers/create"));
    assert_eq!(person(&lead), ["Ann Lee", "ann@x.io", "+39", "Acme"]);
    assert_eq!(
        answers(&lead),
        json!({"Address": "1 Rd, Rome, 1, Italy", "Note": "vip", "Orders": 0, "Shopify customer": 5})
    );
    assert_eq!(recognized(&customer), None);
    let order = lead_of(
        "shopify",
        &json!({"id": 8, "admin_graphql_api_id": "gid://shopify/Order/8", "name": "#1001", "email": "ann@x.io", "phone": "+44",
        "total_price": "9.00", "currency": "EUR", "customer": {"id": 5, "first_name": "Ann", "last_name": "Lee", "email": "other@x.io", "phone": null},
        "line_items": [{"title": "Shirt", "quantity": 2, "sku": "s"}], "note_attributes": [{"name": "Gift?", "value": "yes"}]}),
    );
    assert_eq!(person(&order), ["Ann Lee", "other@x.io", "+44", "-"]);
    assert_eq!(
        answers(&order),
        json!({"Items": ["2 × Shirt"], "Order": "#1001", "Total price": "9.00", "Currency": "EUR",
        "Shopify order": 8, "Gift?": "yes"})
    );
}

#[test]
fn stripe_linkedin_and_tiktok() {
    let lead = lead_of(
        "stripe",
        &json!({"id": "evt_1", "object": "event", "type": "checkout.session.completed", "data": {"object": {
        "object": "checkout.session", "customer_details": {"name": "Ann Lee", "email": "ann@x.io", "phone": null}, "amount_total": 900, "currency": "eur",
        "custom_fields": [{"key": "company", "label": {"type": "custom", "custom": "Company"}, "type": "text", "text": {"value": "Acme"}}],
        "metadata": {"plan": "pro"}}}}),
    );
    assert_eq!(person(&lead), ["Ann Lee", "ann@x.io", "-", "Acme"]);
    assert_eq!(answers(&lead), json!({"amount_total": 900, "currency": "eur", "plan": "pro"}));

    is_ping(
        "linkedin",
        &json!({"type": "LEAD_ACTION", "leadGenFormResponse": "urn:li:leadGenFormResponse:1", "owner": {"organization": "urn:li:organization:2"}}),
    );

    let lead = lead_of(
        "tiktok",
        &json!({"object": 1, "time": 2, "entry": [{"id": "e", "campaign_name": "C", "changes": [
        {"field": "name", "value": "Ann"}, {"field": "email", "value": "a@b.c"}, {"field": "Which?", "value": "S"}]}]}),
    );
    assert_eq!(person(&lead), ["Ann", "a@b.c", "-", "-"]);
    assert_eq!(answers(&lead), json!({"Which?": "S", "id": "e", "campaign_name": "C"}));
}

/// Replaces one place of a documented shape by something unexpected.
fn broken(value: &mut Value, seed: usize) {
    let odd = [
        json!(null),
        json!(5),
        json!("x"),
        json!([]),
        json!({}),
        json!([[1]]),
        json!({"a": {"b": [1, {}]}}),
    ];
    let (pick, rest) = (seed % 7, seed / 7);
    let child = match &mut *value {
        _ if rest % 4 == 0 => None,
        Value::Object(map) if !map.is_empty() => {
            let at = rest % map.len();
            map.values_mut().nth(at)
        }
        Value::Array(items) if !items.is_empty() => {
            let at = rest % items.len();
            items.get_mut(at)
        }
        _ => None,
    };
    match child {
        Some(child) => broken(child, rest),
        None => *value = odd[pick].clone(),
    }
}

proptest! {
    #[test]
    fn broken_shapes_never_panic(seed in any::<usize>(), more in any::<usize>()) {
        let mut payloads = [
            json!({"event_type": "form_response", "form_response": {"definition": {"fields": [{"id": "a", "title": "b"}]}, "answers": [{"type": "text", "text": "x", "field": {"id": "a"}}], "hidden": {"a": 1}}}),
            json!({"eventType": "FORM_RESPONSE", "data": {"fields": [{"key": "q", "label": "l", "type": "CHECKBOXES", "value": ["a"], "options": [{"id": "a", "text": "t"}]}, {"key": "q_a", "value": true}]}}),
            json!({"formID": "1", "submissionID": "2", "rawRequest": {"q3_name": {"first": "a"}, "q_": 1}, "pretty": "a:b, c:d"}),
            json!({"object": "page", "entry": [{"changes": [{"field": "leadgen", "value": {"field_data": [{"name": "a", "values": ["b"]}]}}]}]}),
            json!({"user_column_data": [{"column_id": "EMAIL", "string_value": "a"}]}),
            json!({"form": {"id": "f"}, "fields": {"a": {"type": "email", "value": "b"}}, "meta": {"a": {"title": "t", "value": "v"}}}),
            json!({"vid": 1, "properties": {"email": {"value": "a"}}}),
            json!({"event": "invitee.created", "payload": {"name": "a", "questions_and_answers": [{"question": "a", "answer": "b"}], "tracking": {"a": "b"}}}),
            json!({"id": 1, "admin_graphql_api_id": "gid://shopify/Order/1", "customer": {"email": "a"}, "line_items": [{"title": "t"}]}),
            json!({"object": "event", "data": {"object": {"object": "customer", "email": "a", "custom_fields": [{"label": {}, "type": "text"}]}}}),
            json!({"Form": {"Id": "1"}, "Entry": {"Number": 1}, "Name": {"First": "a"}}),
            json!({"object": 1, "entry": [{"changes": [{"field": "a", "value": "b"}]}]}),
        ];
        for payload in &mut payloads {
            broken(payload, seed);
            broken(payload, more);
            let node = Node::from(&*payload);
            for preset in PRESETS {
                let _ = recognize(preset.id, &node, &no_headers);
            }
        }
    }
}
