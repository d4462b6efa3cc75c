//! Whoever proves nothing changes nothing.

use super::*;

/// What a refused request may try to do: a status, a reply, a wish, a decision.
const STOP: &[(&str, &str)] =
    &[("MessageSid", "SM1"), ("SmsStatus", "received"), ("From", "+14155552671"), ("Body", "STOP")];

#[tokio::test]
async fn a_signature_that_does_not_hold_is_403_and_writes_nothing() {
    let (server, root) = server().await;
    let (sms, whatsapp) =
        (set_up(&root, "sms", twilio()).await, set_up(&root, "whatsapp", meta()).await);
    root.post("/v1/identity/leads", json!({"name": "Grace", "phone": "+14155552671"}))
        .await
        .expect(201);
    let basic = json!({"source": "postmark", "username": "hook", "password": "s3cret"});
    let email = set_up(&root, "email", smtp(basic)).await;
    let before = dump(&server).await;

    let good = by_twilio(AUTH_TOKEN, &format!("{PUBLIC}{sms}"), STOP);
    let forged = [
        by_twilio("another token", &format!("{PUBLIC}{sms}"), STOP),
        by_twilio(AUTH_TOKEN, &format!("http://leads.example.com{sms}"), STOP),
        by_twilio(AUTH_TOKEN, &format!("{PUBLIC}{sms}?message=1"), STOP),
        good.to_lowercase(),
        String::new(),
        "é".repeat(10_000).replace('é', "x"),
    ];
    for signature in &forged {
        let forger = server.anonymous().with("x-twilio-signature", signature);
        let answer = forger.send(Method::POST, &sms, Some(FORM), encode(STOP)).await;
        assert_eq!(answer.status, 403, "{signature}: {}", answer.body);
        assert_eq!(answer.refusal().0, "callback_refused");
    }
    let right = server.anonymous().with("x-twilio-signature", &good);
    for (body, kind) in [(encode(&STOP[1..]), FORM), (encode(STOP), JSON), (String::new(), FORM)] {
        assert_eq!(right.send(Method::POST, &sms, Some(kind), body).await.status, 403);
    }
    let unsigned = server.anonymous();
    assert_eq!(unsigned.send(Method::POST, &sms, Some(FORM), encode(STOP)).await.status, 403);

    let body = change(
        json!({"messages": [{"from": "14155552671", "id": "w", "type": "text", "text": {"body": "STOP"}}]}),
    );
    for signature in
        [by_meta("x", &body), by_meta(APP_SECRET, &format!("{body} ")), "sha256=".into()]
    {
        let forger = server.anonymous().with("x-hub-signature-256", &signature);
        assert_eq!(
            forger.send(Method::POST, &whatsapp, Some(JSON), body.clone()).await.status,
            403
        );
    }
    let complaint = json!({"RecordType": "SubscriptionChange", "Recipient": "a@example.com", "SuppressSending": true});
    let wrong = server.anonymous().with("authorization", "Basic aG9vazp3cm9uZw==");
    for forger in [&wrong, &unsigned] {
        assert_eq!(forger.post(&email, complaint.clone()).await.status, 403);
    }

    assert_unchanged(&server, &before).await;
    let (sms, whatsapp) = (figures(&root, "sms").await, figures(&root, "whatsapp").await);
    assert_eq!(
        sms,
        json!({"received": 0, "unknown": 0, "refused": forged.len() + 4, "lastAt": null})
    );
    assert_eq!((&whatsapp["received"], &whatsapp["refused"]), (&json!(0), &json!(3)));
    assert_eq!(figures(&root, "email").await["refused"], 2);
}

#[tokio::test]
async fn an_unknown_address_is_403_whatever_it_is_sent() {
    let (server, root) = server().await;
    let path = set_up(&root, "sms", twilio()).await;
    let before = dump(&server).await;
    let token = path.rsplit('/').next().unwrap();
    let other = format!("/webhooks/messaging/meta/{token}");
    let nowhere = format!("{}x", path);
    let odd = "/webhooks/messaging/%00/%01".to_owned();
    for wrong in [
        &other,
        &nowhere,
        &odd,
        &"/webhooks/messaging/twilio/x".to_owned(),
        &"/webhooks/messaging/smtp/x".to_owned(),
    ] {
        assert_eq!(from_twilio(&server, wrong, STOP).await.status, 403, "{wrong}");
        assert_eq!(server.anonymous().get(wrong).await.status, 403, "{wrong}");
    }
    assert_eq!(server.anonymous().get(&path).await.status, 403, "Twilio asks for no challenge");
    assert_unchanged(&server, &before).await;
}

#[tokio::test]
async fn behind_a_proxy_the_public_address_is_what_counts() {
    let (server, root) = server().await;
    let path = set_up(&root, "sms", twilio()).await;
    let fields = [("MessageSid", "SM1"), ("MessageStatus", "sent")];
    // As nginx passes it on: plain HTTP, another host, another port.
    let proxied = |signature: &str| {
        let client = server.anonymous().with("x-twilio-signature", signature);
        client.with("host", "127.0.0.1:8080").with("x-forwarded-proto", "http")
    };
    for url in [format!("{PUBLIC}{path}"), format!("{PUBLIC}:443{path}")] {
        let client = proxied(&by_twilio(AUTH_TOKEN, &url, &fields));
        let answer = client.send(Method::POST, &path, Some(FORM), encode(&fields)).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, Some("<Response/>")), "{url}");
        assert_eq!(answer.header("content-type"), Some("text/xml; charset=utf-8"));
    }
    let inner = by_twilio(AUTH_TOKEN, &format!("http://127.0.0.1:8080{path}"), &fields);
    let answer = proxied(&inner).send(Method::POST, &path, Some(FORM), encode(&fields)).await;
    assert_eq!(answer.status, 403);
}

#[tokio::test]
async fn without_a_public_address_the_host_that_was_asked_for_counts() {
    let (server, root) = Server::new().await;
    let body = root.json(Method::PUT, "/v1/messaging/channels/sms", twilio()).await.expect(200);
    let url = body["callbackUrl"].as_str().unwrap();
    let path = &url[url.find("/webhooks").unwrap()..];
    let fields = [("MessageSid", "SM1"), ("MessageStatus", "sent")];
    for scheme in ["https", "http"] {
        let signature = by_twilio(AUTH_TOKEN, &format!("{scheme}://crm.example{path}"), &fields);
        let client =
            server.anonymous().with("x-twilio-signature", &signature).with("host", "crm.example");
        assert_eq!(client.send(Method::POST, path, Some(FORM), encode(&fields)).await.status, 200);
    }
}

#[tokio::test]
async fn meta_gets_its_challenge_back_alone() {
    let (server, root) = server().await;
    let path = set_up(&root, "whatsapp", meta()).await;
    let ask = |token: &str| {
        format!("{path}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}")
    };
    let anybody = server.anonymous();
    let answer = anybody.get(&ask("mine")).await;
    assert_eq!((answer.status, &answer.body), (200, &json!(1_158_201_444)));
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    for wrong in ["", "other", "MINE"] {
        assert_eq!(anybody.get(&ask(wrong)).await.status, 403, "{wrong}");
    }
}

#[tokio::test]
async fn a_hostile_body_never_breaks_anything() {
    let (server, root) = server().await;
    let whatsapp = set_up(&root, "whatsapp", meta()).await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let wide = change(
        json!({"statuses": (0..5_000).map(|n| json!({"id": n.to_string(), "status": "sent"})).collect::<Vec<_>>()}),
    );
    let odd = r#"{"entry":[{"changes":[{"field":"messages","value":{"messages":[{"from":"1","id":"\u0000","type":"text","text":{"body":"\u0000\ud83d"}}]}}]}]}"#;
    let bodies = ["", "{", "null", "1e999", "\"\\ud800\"", &deep, odd, &wide, "\u{feff}{}"];
    for body in bodies {
        let answer = from_meta(&server, &whatsapp, body).await;
        let short: String = body.chars().take(60).collect();
        assert!([200, 400].contains(&answer.status), "{short}: {}", answer.status);
    }
    assert_eq!(figures(&root, "whatsapp").await["unknown"], 5_000);
    let huge = "x".repeat(1024 * 1024 + 1);
    assert_eq!(from_meta(&server, &whatsapp, &huge).await.status, 413);

    for source in [json!({"source": "postmark"}), json!({"source": "ses"})] {
        let email = set_up(&root, "email", smtp(source.clone())).await;
        for body in bodies.iter().take(7) {
            let answer = server
                .anonymous()
                .send(Method::POST, &email, Some("text/plain"), (*body).to_owned())
                .await;
            assert!([200, 400, 403].contains(&answer.status), "{source}: {}", answer.status);
        }
    }
    let sms = set_up(&root, "sms", twilio()).await;
    let long = "9".repeat(100_000);
    for fields in
        [[("From", "\0"), ("MessageSid", "\0")], [("From", long.as_str()), ("MessageSid", &long)]]
    {
        assert_eq!(from_twilio(&server, &sms, &fields).await.status, 200);
    }
}
