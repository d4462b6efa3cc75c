//! HTTP: what is refused, what is cut, and whether a fault says truly how far a request came.

use super::super::request::BODY_LIMIT;
use super::super::{BaseUrl, Fault, Kind, Outbound, Phase, Reach};
use super::http_stand_in::{Act, StandIn};
use super::{SHORT, outbound};
use serde_json::json;

fn told(fault: &Fault) -> (Kind, Phase) {
    (fault.kind, fault.phase)
}

#[tokio::test]
async fn a_form_goes_out_as_it_should() {
    let server = StandIn::start([Act::json(201, r#"{"sid":"SM1"}"#)]).await;
    let request = outbound().post(&format!("{}/Messages.json", server.url()));
    let fields = [("To", "+12025550143"), ("Body", "héllo & 50%")];
    let answer = request.basic("AC1", "secret").form(&fields).send().await.unwrap();
    assert_eq!((answer.status, answer.is_whole), (201, true));
    assert_eq!(answer.json::<serde_json::Value>().unwrap(), json!({"sid": "SM1"}));
    let seen = server.only();
    assert_eq!(seen.line, "POST /Messages.json");
    assert_eq!(seen.body, "To=%2B12025550143&Body=h%C3%A9llo+%26+50%25");
    assert_eq!(seen.form()[1].1, "héllo & 50%");
    assert_eq!(seen.header("authorization"), Some("Basic QUMxOnNlY3JldA=="));
    assert_eq!(seen.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(seen.header("accept"), Some("application/json"));
}

#[tokio::test]
async fn private_hosts_are_refused_however_they_are_written() {
    let server = StandIn::start([Act::json(200, "{}")]).await;
    let port = server.address.port();
    let closed = Outbound::new(&[], SHORT).unwrap();
    let hosts = [
        "127.0.0.1",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "0.0.0.0",
        "169.254.169.254",
        "%6cocalhost",
        "①②⑦.0.0.1",
    ];
    for host in hosts {
        let fault = closed.get(&format!("http://{host}:{port}/")).send().await.unwrap_err();
        assert_eq!(told(&fault), (Kind::Private, Phase::BeforeSend), "{host}: {fault}");
        assert!(fault.text.contains("--allow-private-host"), "{fault}");
        let written = BaseUrl::parse(&format!("http://{host}/")).unwrap().host;
        assert_eq!(closed.reach(&written).await.unwrap_err().kind, Kind::Private, "{host}");
    }
    assert!(server.seen().is_empty());
    for named in ["127.0.0.1", "localhost"] {
        let open = Outbound::new(&[named.to_owned()], SHORT).unwrap();
        for host in ["127.0.0.1", "localhost", "127.1"] {
            let answer = open.get(&format!("http://{host}:{port}/")).send().await;
            assert_eq!(answer.unwrap().status, 200, "{host} where {named} is allowed");
        }
    }
    assert_eq!(outbound().reach("127.0.0.1").await, Ok(Reach::Private));
    assert_eq!(outbound().reach("8.8.8.8").await, Ok(Reach::Public));
    assert_eq!(outbound().reach("nowhere.invalid").await, Ok(Reach::Unknown), "it may come back");
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let other = StandIn::start([Act::json(200, "{}")]).await;
    for status in [301, 302, 303, 307, 308] {
        let to = format!("Location: {}/secret\r\n", other.url());
        let server = StandIn::start([Act::with_headers(status, &to, "")]).await;
        let answer = outbound().post(&server.url()).bearer("secret").json(&json!({})).send().await;
        assert_eq!(answer.unwrap().status, status);
        assert_eq!(server.seen().len(), 1);
    }
    assert!(other.seen().is_empty(), "somebody else got {:?}", other.seen());
}

#[tokio::test]
async fn an_endless_answer_is_cut_and_its_status_kept() {
    let body = "x".repeat(BODY_LIMIT + 1);
    let server = StandIn::start([Act::json(200, &body), Act::json(400, &body[1..])]).await;
    let long = outbound().get(&server.url()).send().await.unwrap();
    assert_eq!((long.status, long.body.len(), long.is_whole), (200, BODY_LIMIT, false));
    let full = outbound().get(&server.url()).send().await.unwrap();
    assert_eq!((full.status, full.body.len(), full.is_whole), (400, BODY_LIMIT, true));
}

#[tokio::test]
async fn half_an_answer_is_known_for_one() {
    let cut = b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"sid\":".to_vec();
    let server = StandIn::start([Act::Raw(cut)]).await;
    let answer = outbound().get(&server.url()).send().await.unwrap();
    assert_eq!((answer.status, answer.is_whole), (201, false));
    assert_eq!(answer.json::<serde_json::Value>(), None);
}

#[tokio::test]
async fn faults_say_how_far_the_request_came() {
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let cases = [
        (Act::Hang, (Kind::Timeout, Phase::AfterSend)),
        (Act::HangUnread, (Kind::Timeout, Phase::AfterSend)),
        (Act::Cut, (Kind::Cut, Phase::AfterSend)),
        (Act::Raw(b"nonsense\r\n\r\n".to_vec()), (Kind::Cut, Phase::AfterSend)),
    ];
    for (act, expected) in cases {
        let server = StandIn::start([act]).await;
        let url = format!("{}/path?token=secret", server.url());
        let fault = outbound().post(&url).form(&[("a", "b")]).send().await.unwrap_err();
        assert_eq!(told(&fault), expected, "{fault}");
        assert!(!fault.text.contains("secret") && fault.text.contains("127.0.0.1"), "{fault}");
    }
    let server = StandIn::start([Act::HangUnread]).await;
    let plain = format!("https://{}/", server.address);
    let before = [
        (nobody.as_str(), Kind::Connect),
        ("http://nowhere.invalid/", Kind::NotFound),
        (&plain, Kind::Timeout),
        ("nonsense", Kind::Unfit),
    ];
    for (url, kind) in before {
        let fault = outbound().get(url).send().await.unwrap_err();
        assert_eq!(told(&fault), (kind, Phase::BeforeSend), "{url}: {fault}");
    }
    let server = StandIn::start([Act::Raw(b"HTTP/1.1 400 no TLS here\r\n\r\n".to_vec())]).await;
    let fault = outbound().get(&format!("https://{}/", server.address)).send().await.unwrap_err();
    assert_eq!(fault.phase, Phase::BeforeSend, "{fault}");
}

#[test]
fn a_base_url_is_a_scheme_a_host_and_a_path() {
    let read = |text: &str| BaseUrl::parse(text).map(|url| (url.is_https, url.host, url.text));
    let plain = (true, "api.twilio.com".to_owned(), "https://api.twilio.com".to_owned());
    assert_eq!(read(" https://API.twilio.com/ "), Some(plain));
    let path = (false, "127.0.0.1".to_owned(), "http://127.0.0.1:81/a".to_owned());
    assert_eq!(read("http://2130706433:81/a/"), Some(path));
    for text in [
        "",
        "x",
        "ftp://a.b",
        "https://u@a.b",
        "https://u:p@a.b",
        "https://a.b/?x",
        "https://a.b#x",
        "file:///etc",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}
