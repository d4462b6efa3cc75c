//! Tests of the decode module.

use crate::webhooks::decode::*;
use crate::webhooks::node::Node;
use proptest::prelude::*;

fn pairs(decoded: &Decoded) -> Vec<(&str, &str)> {
    let members = decoded.leads[0].members();
    members.iter().map(|(name, value)| (name.as_str(), value.text().unwrap())).collect()
}

#[test]
fn knows_the_media_types() {
    for json in [
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/vnd.api+json",
        "",
        "text/json",
    ] {
        assert_eq!(media(Some(json)), Ok(Media::Json), "{json}");
    }
    assert_eq!(media(None), Ok(Media::Json));
    assert_eq!(media(Some("application/x-www-form-urlencoded")), Ok(Media::Form));
    assert_eq!(media(Some("multipart/form-data; boundary=x")), Ok(Media::Multipart));
    for other in ["text/plain", "application/xml", "image/png", "rubbish", "text/html+json"] {
        assert_eq!(media(Some(other)), Err(Refusal::MediaType), "{other}");
    }
}

#[test]
fn an_array_brings_several_leads() {
    let decoded = decode(Media::Json, b"\xef\xbb\xbf [{\"a\":1}, {\"a\":2}] ").unwrap();
    assert!(decoded.is_list && decoded.leads.len() == 2);
    assert_eq!(decoded.spans, [5..12, 14..21]);
    for refused in ["[]", "[1]", "[{},null]", "5", "\"x\"", "null", "[[{}]]"] {
        assert_eq!(decode(Media::Json, refused.as_bytes()), Err(Refusal::NotAnObject), "{refused}");
    }
    let many = format!("[{}{{}}]", "{},".repeat(MAX_LEADS));
    assert_eq!(decode(Media::Json, many.as_bytes()), Err(Refusal::TooManyLeads));
    let deep = format!("[{}1{}]", "{\"a\":".repeat(32), "}".repeat(32));
    assert!(decode(Media::Json, deep.as_bytes()).is_ok());
}

#[test]
fn refuses_with_the_right_status() {
    assert_eq!(decode(Media::Json, b"").map_err(Refusal::status), Err(400));
    assert_eq!(decode(Media::Json, b"\xff{}").map_err(Refusal::status), Err(400));
    assert_eq!(decode(Media::Json, b"{\"a\":").map_err(Refusal::status), Err(400));
    assert_eq!(decode(Media::Json, &vec![b' '; MAX_BODY + 1]).map_err(Refusal::status), Err(413));
    assert_eq!(decode(Media::Form, b"a=%ff").map_err(Refusal::status), Err(400));
    let many = "a=1&".repeat(1_001);
    assert_eq!(decode(Media::Form, many.as_bytes()).map_err(Refusal::status), Err(422));
}

#[test]
fn forms_keep_names_as_they_are() {
    let decoded =
        decode(Media::Form, b"a=1&a=2&b%5Bc%5D=x+y%21&d&=e&100%=%zz&%F0%9F%8E%AF=%00").unwrap();
    assert_eq!(
        pairs(&decoded),
        [
            ("a", "1"),
            ("a", "2"),
            ("b[c]", "x y!"),
            ("d", ""),
            ("", "e"),
            ("100%", "%zz"),
            ("🎯", "\0")
        ]
    );
    let latin1 = media(Some("application/x-www-form-urlencoded; charset=ISO-8859-1")).unwrap();
    assert_eq!(pairs(&decode(latin1, b"n=Ren%E9").unwrap()), [("n", "René")]);
}

#[test]
fn a_form_body_that_is_json_is_json() {
    let decoded = decode(Media::Form, b" {\"name\":\"A=1&b\"}").unwrap();
    assert!(!decoded.is_form);
    assert_eq!(decoded.leads[0].get("name").and_then(Node::text), Some("A=1&b"));
    assert!(decode(Media::Form, b"{x=1").unwrap().is_form);
}

#[test]
fn files_are_kept_by_name_and_size() {
    let part = |name: &str, content| Part { name: name.into(), content };
    let file = |file_name: &str, size| PartContent::File { file_name: file_name.into(), size };
    let decoded = from_parts(vec![
        part("name", PartContent::Text(b"Ann".to_vec())),
        part("cv", file("cv.pdf", 12)),
        part("none", file("", 0)),
    ])
    .unwrap();
    assert_eq!(pairs(&decoded), [("name", "Ann"), ("cv", "cv.pdf (12 bytes)")]);
    let bad = vec![part("name", PartContent::Text(vec![0xff]))];
    assert_eq!(from_parts(bad), Err(Refusal::NotUtf8));
}

proptest! {
    #[test]
    fn any_bytes_are_taken_or_refused(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        for media in [Media::Json, Media::Form, Media::FormLatin1] {
            if let Err(refusal) = decode(media, &body) {
                prop_assert!((400..500).contains(&refusal.status()));
                prop_assert!(!refusal.detail().is_empty() && !refusal.code().is_empty());
            }
        }
    }
}
