use super::super::news::{Fate, News, Reference, Reply, Wish};
use super::super::twilio::{Form, addresses, is_signed, read};
use super::report;
use crate::messaging::suppression::Reason;

const TOKEN: &str = "12345";
const ADDRESS: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
const BODY: &str = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212";

fn signed(address: &str, is_form: bool, body: &str, signature: &str) -> bool {
    is_signed(TOKEN, &[address.to_owned()], is_form, body.as_bytes(), signature)
}

#[test]
fn the_documented_signature_is_taken_and_nothing_near_it() {
    let signature = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
    assert!(signed(ADDRESS, true, BODY, signature));
    // The order of a body makes no difference, since the names are sorted.
    let reversed: Vec<&str> = BODY.split('&').rev().collect();
    assert!(signed(ADDRESS, true, &reversed.join("&"), signature));
    assert!(!signed(ADDRESS, true, &format!("{BODY}&x="), signature));
    assert!(!signed(ADDRESS, true, &BODY.replace("1234&", "1235&"), signature));
    assert!(!signed(&ADDRESS.replace("https", "http"), true, BODY, signature));
    assert!(!signed(ADDRESS, false, BODY, signature));
    assert!(!signed(ADDRESS, true, BODY, "rSOYDt4T1cUTdK1PDd93/VVr8B8="));
    assert!(!signed(ADDRESS, true, BODY, ""));
    assert!(!is_signed("", &[ADDRESS.to_owned()], true, BODY.as_bytes(), signature));
}

/// Made by getExpectedTwilioSignature of Twilio's own library for Node, 6.2.0.
#[test]
fn repeated_names_and_empty_values_are_signed_as_twilio_does() {
    let body = "Body=&MediaUrl=b&MediaUrl=a&MediaUrl=b&Caf%C3%A9=%E2%98%95+1&a=1";
    assert!(signed(
        "https://leads.example.com/x?message=7",
        true,
        body,
        "HmNfdCDDXPTXhFFuboA1LUYCFQo="
    ));
}

#[test]
fn a_body_that_is_no_form_is_vouched_for_by_its_hash() {
    let body = r#"{"property": "value", "boolean": true}"#;
    let hash = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
    let address = format!("{ADDRESS}&bodySHA256={hash}");
    let signature = "a9nBmqA0ju/hNViExpshrM61xv4=";
    assert!(signed(&address, false, body, signature));
    assert!(!signed(&address, false, &body.replace("true", "false"), signature));
    assert!(!signed(ADDRESS, false, body, signature));
}

#[test]
fn the_address_is_tried_with_its_port_and_without() {
    let both = |base| addresses(base, "/x?y");
    assert_eq!(both("https://a.example"), ["https://a.example/x?y", "https://a.example:443/x?y"]);
    assert_eq!(both("http://a.example"), ["http://a.example/x?y", "http://a.example:80/x?y"]);
    assert_eq!(both("https://a:8443"), ["https://a/x?y", "https://a:8443/x?y"]);
    assert_eq!(both("http://[::1]:81"), ["http://[::1]/x?y", "http://[::1]:81/x?y"]);
    assert_eq!(both("https://[::1]"), ["https://[::1]/x?y", "https://[::1]:443/x?y"]);
}

fn told(query: &str, body: &str) -> Vec<News> {
    read(&Form::read(query.as_bytes()), &Form::read(body.as_bytes()))
}

#[test]
fn a_status_names_our_message_and_theirs() {
    let id = "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10";
    let news = told(&format!("message={id}"), "MessageSid=SM1&MessageStatus=delivered&New=1");
    let report = report(news);
    assert_eq!(report.message, Reference::new(Some(id), Some("SM1")));
    assert_eq!(report.message.ours.map(|id| id.to_string()).as_deref(), Some(id));
    assert_eq!(report.fate, Some(Fate::Delivered));
}

#[test]
fn every_status_has_its_meaning() {
    let fate = |status: &str| report(told("", &format!("SmsSid=SM1&MessageStatus={status}"))).fate;
    for waiting in ["accepted", "scheduled", "queued", "sending", "something_new"] {
        assert_eq!(fate(waiting), None, "{waiting}");
    }
    assert_eq!(fate("sent"), Some(Fate::Sent));
    assert_eq!(fate("read"), Some(Fate::Read));
    for failed in ["failed", "undelivered", "canceled"] {
        assert_eq!(fate(failed), Some(Fate::failed(Some(failed), None)), "{failed}");
    }
    let body = "MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30003";
    let words = "The phone is switched off or cannot be reached.";
    assert_eq!(report(told("", body)).fate, Some(Fate::failed(Some("30003"), Some(words))));
    let body = "MessageSid=SM1&MessageStatus=failed&ErrorCode=63016&ChannelStatusMessage=Too+late";
    assert_eq!(report(told("", body)).fate, Some(Fate::failed(Some("63016"), Some("Too late"))));
}

#[test]
fn an_opt_out_by_code_suppresses() {
    let report = report(told("", "MessageSid=SM1&MessageStatus=failed&ErrorCode=21610"));
    assert_eq!(report.suppress, Some(Reason::Stop));
}

fn reply(body: &str) -> Reply {
    match told("", body).as_slice() {
        [News::Reply(reply)] => reply.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reply_is_read_with_its_wish() {
    let base = "MessageSid=SM2&SmsStatus=received&From=%2B12025550143&To=%2B12025550100";
    let plain = reply(&format!("{base}&Body=Hello+there"));
    assert_eq!((plain.from.as_str(), plain.text.as_str()), ("+12025550143", "Hello there"));
    assert_eq!(plain.wish, None);
    assert_eq!(reply(&format!("{base}&Body=stop")).wish, Some(Wish::Stop));
    assert_eq!(reply(&format!("{base}&Body=START")).wish, Some(Wish::Start));
    // Advanced Opt-Out decides by a workspace's own words, and overrules ours.
    assert_eq!(reply(&format!("{base}&Body=ARRET&OptOutType=STOP")).wish, Some(Wish::Stop));
    assert_eq!(reply(&format!("{base}&Body=STOP&OptOutType=HELP")).wish, None);
    let whatsapp = reply("MessageSid=SM3&From=whatsapp%3A%2B12025550143&Body=Hi");
    assert_eq!(whatsapp.from, "+12025550143");
    let picture = reply("MessageSid=SM4&From=%2B1&NumMedia=1&MediaContentType0=image%2Fjpeg");
    assert_eq!(picture.text, "[image]");
}

#[test]
fn what_says_nothing_is_no_news() {
    for body in
        ["", "a", "=", "MessageSid=SM1", "From=%2B1", "%00%ff=%fe&&&", "MessageStatus=&From="]
    {
        assert_eq!(told("", body), [], "{body}");
    }
}
