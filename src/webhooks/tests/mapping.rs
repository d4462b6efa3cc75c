//! Tests of the mapping: the contract's rules one by one, then properties.

use crate::fields::custom_fields::DISPLAY_NAMES;
use crate::webhooks::fields::plain_fields;
use crate::webhooks::flatten::flatten;
use crate::webhooks::mapping::*;
use crate::webhooks::node::Node;
use crate::webhooks::target::FieldMapping;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn mapped(payload: &Value, mapping: &Value) -> Mapped {
    let mapping = FieldMapping::from_json(mapping.as_object().unwrap()).unwrap();
    map(plain_fields(&Node::from(payload)).unwrap(), &mapping, "Landing Page")
}

fn lead(payload: Value, mapping: Value) -> MappedLead {
    mapped(&payload, &mapping).lead
}

fn custom(payload: Value, mapping: Value) -> Value {
    let mut fields = lead(payload, mapping).custom_fields;
    fields.remove(DISPLAY_NAMES);
    Value::Object(fields)
}

#[test]
fn core_fields_are_matched_without_regard_to_case() {
    let lead = lead(
        json!({"Name": "Ann Lee", "EMAIL": " Ann@X.com ", "phone": 4412345, "Company": "Acme",
            "title": "CEO", "job_title": "Boss", "utm_source": "g", "budget": 5000}),
        json!({}),
    );
    assert_eq!(lead.name, "Ann Lee");
    assert_eq!(lead.email.as_deref(), Some(" Ann@X.com "));
    assert_eq!(lead.phone.as_deref(), Some("4412345"));
    assert_eq!(lead.company.as_deref(), Some("Acme"));
    assert_eq!(lead.title.as_deref(), Some("CEO"));
    assert_eq!(
        Value::Object(lead.custom_fields),
        json!({"jobTitle": "Boss", "utmSource": "g", "budget": 5000, "_displayNames":
            {"jobTitle": "job_title", "utmSource": "utm_source", "budget": "budget"}})
    );
}

#[test]
fn the_name_falls_back() {
    assert_eq!(lead(json!({"email": "a@b.c", "phone": "1"}), json!({})).name, "a@b.c");
    assert_eq!(lead(json!({"name": " ", "phone": "1"}), json!({})).name, "1");
    let nameless = lead(json!({"budget": 1, "name": null}), json!({}));
    assert_eq!((nameless.name.as_str(), nameless.has_own_name), ("Landing Page", false));
}

#[test]
fn the_mapping_routes_fields() {
    let lead = lead(
        json!({"contact": {"last_name": "Lee", "first_name": "Ann"}, "name": "ann99",
            "job_title": "CEO", "title": "Dr", "labels": "hot, Hot ,vip", "more": ["a", 7],
            "rating": "42", "junk": "x", "money": 5, "budget": 6}),
        json!({"contact.first_name": "name", "contact.last_name": "name", "JOB_TITLE": "title",
            "labels": "tags", "more": "tags", "rating": "score", "junk": "ignore",
            "money": "customFields.budget"}),
    );
    assert_eq!(lead.name, "Ann Lee");
    assert_eq!(lead.title.as_deref(), Some("CEO"));
    assert_eq!(lead.tags, ["hot", "vip", "a", "7"]);
    assert_eq!(lead.score, Some(42));
    let mut fields = lead.custom_fields;
    fields.remove(DISPLAY_NAMES);
    assert_eq!(
        Value::Object(fields),
        json!({"name": "ann99", "title": "Dr", "budget": 5, "budget2": 6})
    );
}

#[test]
fn tags_and_score_need_a_mapping() {
    let lead = lead(json!({"tags": "a, b", "score": 5}), json!({}));
    assert!(lead.tags.is_empty() && lead.score.is_none());
    assert_eq!(lead.custom_fields["tags"], "a, b");
    assert_eq!(lead.custom_fields["score"], 5);
}

#[test]
fn what_does_not_fit_is_kept() {
    let mapping = json!({"s": "score", "t": "tags"});
    for score in [
        json!(101),
        json!(-1),
        json!("high"),
        json!(true),
        json!([1]),
        json!("NaN"),
        json!("1e400"),
    ] {
        assert_eq!(custom(json!({"s": score}), mapping.clone()), json!({"s": score}));
        assert_eq!(lead(json!({"s": score}), mapping.clone()).score, None);
    }
    let half = lead(json!({"s": 41.6}), mapping.clone());
    assert_eq!((half.score, &half.custom_fields["s"]), (Some(42), &json!(41.6)));
    assert_eq!(custom(json!({"t": {"a": 1}}), mapping.clone()), json!({"tA": 1}));
    assert_eq!(custom(json!({"t": ["a", ["b"]]}), mapping), json!({"t0": "a", "t1": ["b"]}));

    let odd = json!({"name": ["a", "b"], "email": true, "phone": {"work": "1"}, "company": []});
    let lead = lead(odd, json!({}));
    assert_eq!(lead.name, "Landing Page");
    assert_eq!(lead.email, None);
    assert_eq!(lead.custom_fields["name"], json!(["a", "b"]));
    assert_eq!(lead.custom_fields["email"], json!(true));
    assert_eq!(lead.custom_fields["phoneWork"], json!("1"));
    assert_eq!(lead.custom_fields["company"], json!([]));
}

#[test]
fn long_values_are_cut_and_kept_whole() {
    let long = "ä".repeat(CORE_MAX + 1);
    let lead = lead(json!({"name": long, "email": long, "company": long}), json!({}));
    assert_eq!(lead.name.chars().count(), CORE_MAX);
    assert_eq!(lead.email, None);
    assert_eq!(lead.company.map(|text| text.chars().count()), Some(CORE_MAX));
    for key in ["name", "email", "company"] {
        assert_eq!(lead.custom_fields[key], json!(long), "{key}");
    }
}

#[test]
fn a_payload_cannot_write_metadata() {
    let payload = json!({"_displayNames": {"budget": "X"}, "_secret": 1, "budget": 2, "__proto__": 3,
        "displayNames.budget": 4});
    let fields = lead(payload, json!({"budget": "customFields._displayNames"})).custom_fields;
    assert!(fields.keys().all(|key| key == DISPLAY_NAMES || !key.starts_with('_')));
    assert_eq!(fields["displayNamesBudget"], "X");
    assert_eq!(fields["displayNamesBudget2"], 4);
    assert_eq!(fields["displayNames"], 2);
    assert_eq!(fields["secret"], 1);
    assert_eq!(fields[DISPLAY_NAMES]["secret"], "_secret");
}

#[test]
fn repeated_names_are_all_kept() {
    let text = |text: &str| Node::Text(text.into());
    let payload = Node::Object(vec![
        ("email".into(), text("")),
        ("email".into(), text("a@b.c")),
        ("Email".into(), text("d@e.f")),
        ("a".into(), text("1")),
        ("a".into(), text("2")),
    ]);
    let lead = map(plain_fields(&payload).unwrap(), &FieldMapping::default(), "w").lead;
    assert_eq!(lead.email.as_deref(), Some("a@b.c"));
    assert_eq!(
        Value::Object(lead.custom_fields),
        json!({"email": "d@e.f", "a": "1", "a2": "2",
            "_displayNames": {"email": "Email", "a": "a", "a2": "a"}})
    );
}

#[test]
fn each_field_says_where_it_went() {
    let shown = mapped(
        &json!({"name": "A", "job": "B", "x": 1, "email": "a@b.c", "Email": "d@e.f"}),
        &json!({"job": "title", "x": "ignore"}),
    );
    let targets: Vec<_> = shown.fields.iter().map(|field| field.target.as_str()).collect();
    assert_eq!(targets, ["name", "title", "ignore", "email", "customFields.email"]);
}

fn any_payload() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        "name|Name|email|phone|company|title|_displayNames|_x|a_b|aB|a b|a2|a|tags|score",
        ".{0,8}"
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "\\PC{0,20}|[a-z]{490,520}".prop_map(Value::from),
    ];
    let inner = leaf.prop_recursive(4, 30, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((".{0,6}", inner), 0..5)
                .prop_map(|members| members.into_iter().collect::<Value>()),
        ]
    });
    proptest::collection::vec((name, inner), 0..12)
        .prop_map(|members| members.into_iter().collect::<Value>())
}

fn any_mapping() -> impl Strategy<Value = Map<String, Value>> {
    let target = prop_oneof![
        Just("name"),
        Just("email"),
        Just("phone"),
        Just("company"),
        Just("title"),
        Just("tags"),
        Just("score"),
        Just("customFields.a"),
        Just("customFields._b"),
    ];
    let name = "name|email|a_b|a|a2|tags|score|title|_x";
    proptest::collection::vec((name, target.prop_map(Value::from)), 0..6)
        .prop_map(|entries| entries.into_iter().collect())
}

/// What a lead holds, as texts to look a value up in.
fn says(lead: &MappedLead, value: &Value) -> bool {
    let text = match value {
        Value::Null => return true,
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        _ => return false,
    };
    let core = [
        Some(&lead.name),
        lead.email.as_ref(),
        lead.phone.as_ref(),
        lead.company.as_ref(),
        lead.title.as_ref(),
    ];
    text.trim().is_empty()
        || core.into_iter().flatten().any(|core| core.contains(text.trim()))
        || text.split(',').all(|tag| {
            tag.trim().is_empty()
                || lead.tags.iter().any(|other| other.to_lowercase() == tag.trim().to_lowercase())
        })
        || lead.score.is_some_and(|score| score.to_string() == text.trim())
}

proptest! {
    #[test]
    fn nothing_is_lost(payload in any_payload(), mapping in any_mapping()) {
        let leaves = flatten(&Node::from(&payload)).unwrap();
        let mapped = mapped(&payload, &Value::Object(mapping));
        prop_assert_eq!(mapped.fields.len(), leaves.len());
        let names = mapped.lead.custom_fields.get(DISPLAY_NAMES).cloned().unwrap_or(json!({}));
        let mut customs = 0;
        for (field, leaf) in mapped.fields.iter().zip(&leaves) {
            prop_assert_eq!(&field.incoming, &leaf.path);
            prop_assert_eq!(&field.value, &leaf.value);
            match field.target.strip_prefix("customFields.") {
                Some(key) => {
                    customs += 1;
                    prop_assert_eq!(&mapped.lead.custom_fields[key], &leaf.value);
                    prop_assert_eq!(&names[key], &json!(leaf.path));
                }
                None => {
                    let kept = mapped.lead.custom_fields.values().any(|value| *value == leaf.value);
                    if field.target == "tags" && leaf.value.is_array() { continue; }
                    prop_assert!(kept || says(&mapped.lead, &leaf.value), "{:?} {:?}", field, mapped.lead);
                }
            }
        }
        let stored = mapped.lead.custom_fields.len().saturating_sub(1);
        prop_assert!(stored >= customs);
        prop_assert!(mapped.lead.custom_fields.keys().all(|key| key == DISPLAY_NAMES || !key.starts_with('_')));
        prop_assert!(!mapped.lead.name.is_empty());
    }

    #[test]
    fn mapping_is_deterministic(payload in any_payload(), mapping in any_mapping()) {
        let mapping = Value::Object(mapping);
        prop_assert_eq!(mapped(&payload, &mapping), mapped(&payload, &mapping));
    }
}
