//! Nothing that a stranger sends to a webhook gives 5xx, and the server goes on.

use crate::harness::Server;
use crate::webhooks::{address, deliveries, webhook};
use axum::http::Method;
use serde_json::{Value, json};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Content type, body, and the status that answers it.
fn corpus() -> Vec<(&'static str, Vec<u8>, u16)> {
    let nest = |open: &str, depth: usize| open.repeat(depth).into_bytes();
    let keys = |count: usize| {
        let members: Vec<String> = (0..count).map(|n| format!("\"k{n}\":{n}")).collect();
        format!("{{{}}}", members.join(",")).into_bytes()
    };
    let text = |text: &str| text.as_bytes().to_vec();
    let big = format!("{{\"name\":\"{}\"}}", "x".repeat(1_000_000)).into_bytes();
    let mut bodies = vec![
        (JSON, text(""), 400),
        (JSON, text("{"), 400),
        (JSON, text("{\"name\":\"A\""), 400),
        (JSON, text("{\"name\":\"A\"}}"), 400),
        (JSON, text("{\"name\":undefined}"), 400),
        (JSON, text("{'name':'A'}"), 400),
        (JSON, text("[{\"name\":\"A\"},]"), 400),
        (JSON, b"{\"name\":\"\xff\xfe\"}".to_vec(), 400),
        (JSON, b"\xff\xfe{\0}\0".to_vec(), 400),
        (JSON, b"\0\0\0\0".to_vec(), 400),
        (JSON, text("\u{feff}{\"name\":\"Mark\"}"), 201),
        (JSON, text("null"), 422),
        (JSON, text("\"text\""), 422),
        (JSON, text("12e3"), 422),
        (JSON, text("[]"), 422),
        (JSON, text("[1,2]"), 422),
        (JSON, text("[{\"name\":\"A\"},[]]"), 422),
        (JSON, nest("[", 100_000), 422),
        (JSON, nest("{\"a\":", 100_000), 422),
        (JSON, nest("{\"a\":[", 50), 422),
        (JSON, keys(100_000), 413),
        (JSON, keys(50_000), 422),
        (JSON, keys(1_001), 422),
        (JSON, keys(1_000), 201),
        (JSON, format!("[{}{{}}]", "{},".repeat(1_000)).into_bytes(), 422),
        (JSON, format!("{{\"list\":[{}0]}}", "0,".repeat(500_000)).into_bytes(), 422),
        (JSON, format!("{{\"{}\":1}}", "n".repeat(100_000)).into_bytes(), 422),
        (JSON, big, 201),
        (JSON, vec![b' '; 1_048_577], 413),
        (JSON, text("{\"name\":\"A\",\"name\":\"B\",\"name\":\"C\"}"), 201),
        (
            JSON,
            text("{\"name\":\"\\u0000\",\"email\":\"a\\u0000b\",\"x\\u0000y\":\"\\u0000\"}"),
            201,
        ),
        (JSON, text("{\"name\":\"\\ud800\",\"\\udfff\":\"\\ud83d\"}"), 201),
        (
            JSON,
            text("{\"n\":1e400,\"m\":-1e-400,\"o\":123456789012345678901234567890,\"p\":-0}"),
            201,
        ),
        (
            JSON,
            text(
                "{\"name\":[1,{\"a\":[]}],\"email\":{\"x\":true},\"phone\":false,\"company\":null,\"title\":1.5}",
            ),
            201,
        ),
        (
            JSON,
            text(
                "{\"__proto__\":{\"a\":1},\"constructor\":1,\"_displayNames\":{\"x\":\"y\"},\"\":1,\" \":2}",
            ),
            201,
        ),
        (JSON, text("{\"phone\":\"+++---((()))\",\"email\":\"@\"}"), 201),
        (
            JSON,
            text("{\"name\":\"'; DROP TABLE leads; --\",\"x\":\"<script>alert(1)</script>\"}"),
            201,
        ),
        (JSON, text("{\"name\":\"\u{202e}\u{200b}\u{fdd0}\"}"), 201),
        (FORM, text("name=%ff"), 400),
        (FORM, text("name=%00&%=%&&&==&%C3%A9=%f0%9f%8e%af"), 201),
        (FORM, "a=1&".repeat(1_001).into_bytes(), 422),
        (FORM, "a=1&".repeat(262_144).into_bytes(), 422),
        (FORM, vec![b'&'; 1_048_576], 200),
        ("text/plain", text("name=A"), 415),
        ("application/xml", text("<name>A</name>"), 415),
        ("image/png", vec![0x89; 100], 415),
        ("multipart/form-data", text("--B--"), 400),
        ("multipart/form-data; boundary=B", text("no parts at all"), 400),
        (
            "multipart/form-data; boundary=B",
            text("--B\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\ncut"),
            400,
        ),
        ("multipart/form-data; boundary=\"", text("--\"--"), 400),
        ("application/json; charset=utf-16", text("{\"name\":\"A\"}"), 201),
        ("application/vnd.x+json", text("{\"name\":\"A\"}"), 201),
    ];
    let part = "--B\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n1\r\n";
    bodies.push((
        "multipart/form-data; boundary=B",
        format!("{}--B--\r\n", part.repeat(1_100)).into_bytes(),
        422,
    ));
    let bad =
        b"--B\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n\xff\xff\r\n--B--\r\n".to_vec();
    bodies.push(("multipart/form-data; boundary=B", bad, 400));
    bodies
}

fn short(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_bodies_are_answered_and_the_server_goes_on() {
    let (server, client) = Server::new().await;
    let hook = webhook(&client, json!({})).await;
    let to = address(&hook);
    for (kind, body, status) in corpus() {
        let answer = server.anonymous().send(Method::POST, &to, Some(kind), body.clone()).await;
        assert_eq!(answer.status, status, "{kind} {} {}", short(&body), answer.body);
        if status >= 400 {
            assert_eq!(answer.header("content-type"), Some("application/problem+json"));
            let log = deliveries(&client, &hook).await;
            assert_eq!(
                (&log[0]["outcome"], &log[0]["status"]),
                (&json!("rejected"), &json!(status)),
                "{}",
                short(&body)
            );
            assert!(log[0]["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        }
        let next = server.anonymous().post(&to, json!({"name": "Still here"})).await;
        next.expect(201);
    }
    // All of it can be looked at and taken again without a fault.
    for entry in deliveries(&client, &hook).await {
        let path = format!(
            "/v1/identity/lead-webhooks/{}/deliveries/{}",
            hook["id"].as_str().unwrap(),
            entry["id"].as_str().unwrap()
        );
        client.get(&path).await.expect(200);
        let again = client.post(&format!("{path}/replay"), json!({})).await;
        assert!(matches!(again.status, 200 | 201 | 422), "{} {}", again.status, again.body);
    }
    let leads = client.get("/v1/identity/leads?limit=200").await.expect(200);
    assert!(
        leads["data"]
            .as_array()
            .unwrap()
            .iter()
            .all(|lead| lead["name"].as_str().is_some_and(|name| !name.is_empty()))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_off_and_chunked_bodies_over_a_real_connection() {
    use std::io::{Read, Write};
    let (server, client) = Server::new().await;
    let hook = webhook(&client, json!({})).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = listener.local_addr().unwrap();
    let service =
        server.router.clone().into_make_service_with_connect_info::<std::net::SocketAddr>();
    let serving = tokio::spawn(async move { axum::serve(listener, service).await });
    let to = address(&hook);
    let exchange = move |request: Vec<u8>, shut: bool| {
        let mut stream = std::net::TcpStream::connect(peer).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(10))).unwrap();
        stream.write_all(&request).unwrap();
        if shut {
            stream.shutdown(std::net::Shutdown::Write).unwrap();
        }
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    };
    let head = |extra: &str| {
        format!(
            "POST {to} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n{extra}\r\n"
        )
    };
    let chunked = head("transfer-encoding: chunked\r\n")
        + "8\r\n{\"name\":\r\n8\r\n\"Chunky\"\r\n1\r\n}\r\n0\r\n\r\n";
    let cut = head("content-length: 500\r\n") + "{\"name\":\"Cut";
    let endless = head("content-length: 99999999\r\n") + &"x".repeat(2_000);
    let broken = head("transfer-encoding: chunked\r\n") + "zz\r\n{}\r\n";
    let exchanges = tokio::task::spawn_blocking(move || {
        [
            exchange(chunked.into_bytes(), false),
            exchange(cut.into_bytes(), true),
            exchange(endless.into_bytes(), true),
            exchange(broken.into_bytes(), true),
        ]
    });
    let answers = exchanges.await.unwrap();
    assert!(answers[0].starts_with("HTTP/1.1 201"), "{}", answers[0]);
    for answer in &answers[1..] {
        assert!(!answer.starts_with("HTTP/1.1 5"), "{answer}");
    }
    assert!(answers[2].starts_with("HTTP/1.1 413"), "{}", answers[2]);
    let leads = client.get("/v1/identity/leads").await.expect(200);
    let names: Vec<&Value> =
        leads["data"].as_array().unwrap().iter().map(|lead| &lead["name"]).collect();
    assert_eq!(names, [&json!("Chunky")]);
    serving.abort();
}
