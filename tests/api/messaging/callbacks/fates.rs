//! How messages fare: any order, any repeat, known by our id or by the provider's.

use super::*;
use crate::messaging::write;
use leads::messaging::Channel;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// A message that is on its way to a phone number, and its id.
async fn message(server: &Server, root: &Client, channel: Channel) -> String {
    let new = json!({"name": "Grace", "phone": "+14155552671"});
    let lead = root.post("/v1/identity/leads", new).await.expect(201);
    write(server, root, channel, "+14155552671", Some(&lead)).await.to_string()
}

#[tokio::test]
async fn a_status_goes_forward_and_keeps_its_times() {
    let (server, root) = server().await;
    let path = set_up(&root, "sms", twilio()).await;
    let id = message(&server, &root, Channel::Sms).await;
    let target = format!("{path}?message={id}");
    for (status, shown) in [
        ("queued", "pending"),
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("sent", "delivered"),
        ("undelivered", "delivered"),
    ] {
        server.clock.advance_millis(1_000);
        let answer =
            from_twilio(&server, &target, &[("MessageSid", "SM1"), ("MessageStatus", status)])
                .await;
        assert_eq!(answer.status, 200);
        assert_eq!(stands(&root, &id).await["status"], shown, "after {status}");
    }
    let message = stands(&root, &id).await;
    assert_eq!(message["sentAt"], "2026-11-24T09:00:02.000Z");
    assert_eq!(message["deliveredAt"], "2026-11-24T09:00:03.000Z");
    let counted = figures(&root, "sms").await;
    assert_eq!((&counted["received"], &counted["unknown"]), (&json!(5), &json!(0)));
}

#[tokio::test]
async fn a_failure_is_told_in_the_providers_code_and_plain_words_until_it_arrives_after_all() {
    let (server, root) = server().await;
    let path = set_up(&root, "sms", twilio()).await;
    let id = message(&server, &root, Channel::Sms).await;
    let target = format!("{path}?message={id}");
    let failed = [("MessageSid", "SM1"), ("MessageStatus", "undelivered"), ("ErrorCode", "30003")];
    for _ in 0..5 {
        assert_eq!(from_twilio(&server, &target, &failed).await.status, 200);
    }
    let message = stands(&root, &id).await;
    assert_eq!((&message["status"], &message["errorCode"]), (&json!("failed"), &json!("30003")));
    assert_eq!(message["errorMessage"], "The phone is switched off or cannot be reached.");
    let lead = message["leadId"].as_str().unwrap();
    let all = root.get(&format!("/v1/identity/leads/{lead}/activities")).await.expect(200);
    let failures =
        all["data"].as_array().unwrap().iter().filter(|entry| entry["type"] == "message_failed");
    assert_eq!(failures.count(), 1, "five callbacks are one line: {all}");
    from_twilio(&server, &target, &[("MessageSid", "SM1"), ("MessageStatus", "delivered")]).await;
    assert_eq!(stands(&root, &id).await["status"], "delivered");
}

#[tokio::test]
async fn an_opt_out_by_code_suppresses_the_messages_own_address() {
    let (server, root) = server().await;
    let path = set_up(&root, "sms", twilio()).await;
    let id = message(&server, &root, Channel::Sms).await;
    let failed = [
        ("MessageSid", "SM1"),
        ("MessageStatus", "failed"),
        ("ErrorCode", "21610"),
        ("To", "+19995550100"),
    ];
    from_twilio(&server, &format!("{path}?message={id}"), &failed).await;
    let all = root.get("/v1/broadcast/suppressions?channel=sms").await.expect(200);
    assert_eq!(all["total"], 1);
    assert_eq!(
        (&all["data"][0]["address"], &all["data"][0]["reason"]),
        (&json!("+14155552671"), &json!("stop"))
    );
}

#[tokio::test]
async fn what_is_not_ours_is_answered_and_counted() {
    let (server, root) = server().await;
    let path = set_up(&root, "sms", twilio()).await;
    set_up(&root, "whatsapp", meta()).await;
    let other = message(&server, &root, Channel::Whatsapp).await;
    let nobody = "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10".to_owned();
    // Another channel's message is none of this one's.
    for id in [&nobody, &other, &"nonsense".to_owned()] {
        let fields = [("MessageSid", "SM404"), ("MessageStatus", "delivered")];
        assert_eq!(
            from_twilio(&server, &format!("{path}?message={id}"), &fields).await.status,
            200
        );
    }
    assert_eq!(stands(&root, &other).await["status"], "pending");
    let counted = figures(&root, "sms").await;
    assert_eq!((&counted["received"], &counted["unknown"]), (&json!(3), &json!(3)));
}

/// What Meta may tell of a message, and how far it takes it.
const STEPS: [(&str, u8); 4] = [("sent", 1), ("delivered", 2), ("read", 3), ("failed", 0)];

#[test]
fn any_order_and_any_repeats_leave_the_furthest_state() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (server, root) = runtime.block_on(server());
    let path = runtime.block_on(set_up(&root, "whatsapp", meta()));
    let mut runner =
        TestRunner::new(Config { cases: 40, failure_persistence: None, ..Config::default() });
    let orders = proptest::collection::vec(0..STEPS.len(), 1..12);
    let outcome = runner.run(&orders, |order| {
        runtime.block_on(async {
            let id = message(&server, &root, Channel::Whatsapp).await;
            for step in &order {
                let status = json!({"id": format!("wamid.{id}"), "status": STEPS[*step].0, "timestamp": "1795510000",
                    "biz_opaque_callback_data": id, "errors": [{"code": 131026, "title": "Undeliverable"}]});
                let body = change(json!({"statuses": [status]}));
                prop_assert_eq!(from_meta(&server, &path, &body).await.status, 200);
            }
            let message = stands(&root, &id).await;
            let furthest = order.iter().map(|step| STEPS[*step].1).max().unwrap_or_default();
            let failed = order.iter().any(|step| STEPS[*step].0 == "failed");
            let expected = match (furthest, failed) {
                (3, _) => "read",
                (2, _) => "delivered",
                // A message that failed after it had left stays failed.
                (_, true) => "failed",
                _ => "sent",
            };
            prop_assert_eq!(&message["status"], expected, "after {:?}: {}", order, message);
            Ok(())
        })
    });
    outcome.unwrap();
}
