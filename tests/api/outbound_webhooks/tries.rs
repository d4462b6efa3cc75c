//! What happens when a receiver does not take an event.

use super::{LEADS, Receiver, at, hook, lead, log, open, send_due};
use serde_json::{Value, json};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

#[tokio::test]
async fn what_is_not_taken_is_tried_again_with_growing_pauses_and_then_given_up() {
    let (server, client) = open().await;
    let to = Receiver::start().await;
    let made = hook(&client, &to, &["lead.created"]).await;
    lead(&client, "Ada").await;
    to.always(Some(500));
    let pauses = [
        5_000,
        5 * MINUTE,
        30 * MINUTE,
        2 * HOUR,
        5 * HOUR,
        10 * HOUR,
        14 * HOUR,
        20 * HOUR,
        24 * HOUR,
    ];
    assert_eq!(send_due(&server).await, 1);
    let first = to.got().remove(0);
    for (number, pause) in pauses.into_iter().enumerate() {
        server.clock.advance_millis(pause - 1);
        send_due(&server).await;
        assert!(to.got().is_empty(), "try {number} came too soon");
        server.clock.advance_millis(pause / 5 + 1);
        send_due(&server).await;
        let got = to.got();
        assert_eq!(got.len(), 1, "try {number}");
        assert_eq!(got[0].header("webhook-id"), first.header("webhook-id"));
        assert_eq!(got[0].raw, first.raw, "each try says the same");
        assert_ne!(got[0].header("webhook-timestamp"), first.header("webhook-timestamp"));
    }
    let logged = log(&client, &made, "?status=failed").await;
    assert_eq!((&logged[0]["tries"], &logged[0]["nextTryAt"]), (&json!(10), &Value::Null));
    assert_eq!(logged[0]["leadName"], "Ada");
    assert_eq!(
        (&logged[0]["responseStatus"], &logged[0]["responseBody"]),
        (&json!(500), &json!("thanks"))
    );
    let read = client.get(&at(&made)).await.expect(200);
    assert_eq!((&read["isActive"], &read["offReason"]), (&json!(false), &json!("failing")));
    assert_eq!(read["failingSince"], "2026-11-24T09:00:00.000Z");

    to.always(None);
    let path = format!("{}/deliveries/{}", at(&made), logged[0]["id"].as_str().unwrap());
    assert_eq!(client.post(&format!("{path}/replay"), json!({})).await.refusal().0, "switched_off");
    let on = client.patch(&at(&made), json!({"isActive": true})).await.expect(200);
    assert_eq!((&on["offReason"], &on["failingSince"]), (&Value::Null, &Value::Null));
    client.post(&format!("{path}/replay"), json!({})).await.expect(202);
    send_due(&server).await;
    let got = to.got();
    assert_eq!(
        (got[0].header("webhook-id"), &got[0].raw),
        (first.header("webhook-id"), &first.raw)
    );
    let read = client.get(&path).await.expect(200);
    assert_eq!((&read["status"], &read["tries"]), (&json!("delivered"), &json!(1)));
    assert_eq!(read["payload"], first.body);
    assert!(read["replayedAt"].is_string());
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_counts_as_a_failure() {
    let (server, client) = open().await;
    let (to, elsewhere) = (Receiver::start().await, Receiver::start().await);
    let made = hook(&client, &to, &["lead.created"]).await;
    to.answer_with(302, "location", &elsewhere.url);
    lead(&client, "Ada").await;
    send_due(&server).await;
    assert!(elsewhere.got().is_empty());
    assert_eq!(log(&client, &made, "").await[0]["responseStatus"], 302);
}

#[tokio::test]
async fn gone_switches_off_and_what_waits_stays() {
    let (server, client) = open().await;
    let to = Receiver::start().await;
    let made = hook(&client, &to, &["lead.created"]).await;
    to.answer(&[410]);
    lead(&client, "Ada").await;
    send_due(&server).await;
    let read = client.get(&at(&made)).await.expect(200);
    assert_eq!((&read["isActive"], &read["offReason"]), (&json!(false), &json!("gone")));
    assert_eq!(log(&client, &made, "").await[0]["status"], "failed");
    server.clock.advance_millis(HOUR);
    assert_eq!(send_due(&server).await, 0);
}

#[tokio::test]
async fn a_receiver_that_asks_for_a_pause_gets_it() {
    let (server, client) = open().await;
    let to = Receiver::start().await;
    let made = hook(&client, &to, &["lead.created"]).await;
    to.answer_with(429, "retry-after", "900");
    lead(&client, "Ada").await;
    send_due(&server).await;
    let logged = log(&client, &made, "").await;
    assert_eq!(logged[0]["nextTryAt"], "2026-11-24T09:15:00.000Z");
    assert_eq!(logged[0]["status"], "waiting");
}

#[tokio::test]
async fn a_receiver_that_is_away_is_asked_by_one_event_at_a_time_and_gets_all_once_it_is_back() {
    let (server, client) = open().await;
    let to = Receiver::start().await;
    let made = hook(&client, &to, &["lead.created"]).await;
    to.always(Some(503));
    for number in 0..30 {
        lead(&client, &format!("Lead {number}")).await;
    }
    send_due(&server).await;
    let asked = to.got().len();
    assert!(asked <= 20, "two batches at most before it rests: {asked}");
    for _ in 0..12 {
        server.clock.advance_millis(10 * MINUTE);
        lead(&client, "One more").await;
        send_due(&server).await;
        assert_eq!(to.got().len(), 1);
    }
    to.always(None);
    server.clock.advance_millis(10 * MINUTE);
    send_due(&server).await;
    let names: Vec<_> = to.got().iter().map(|got| got.header("webhook-id").to_owned()).collect();
    let distinct: std::collections::HashSet<_> = names.iter().collect();
    assert_eq!((names.len(), distinct.len()), (42, 42), "each of them, without another pause");
    assert!(log(&client, &made, "?status=waiting").await.is_empty());
    assert_eq!(client.get(&at(&made)).await.expect(200)["failingSince"], Value::Null);
}

#[tokio::test]
async fn events_of_one_lead_keep_their_order_while_the_first_is_tried() {
    let (server, client) = open().await;
    let to = Receiver::start().await;
    hook(&client, &to, &["lead.created", "lead.updated"]).await;
    let (ada, grace) = (lead(&client, "Ada").await, lead(&client, "Grace").await);
    let rename = async |id: &str, name: &str| {
        client.patch(&format!("{LEADS}/{id}"), json!({"name": name})).await.expect(200)
    };
    rename(&ada, "Ada L").await;
    rename(&grace, "Grace H").await;
    let told = |to: &Receiver| -> Vec<(String, String)> {
        let of = |got: &super::Got| {
            (got.body["data"]["lead"]["id"].as_str().unwrap().to_owned(), got.kind().to_owned())
        };
        to.got().iter().map(of).collect()
    };
    // The first batch holds the first event of each lead; one of the two is refused.
    to.answer(&[500]);
    send_due(&server).await;
    let first = told(&to);
    let refused = first[0].0.clone();
    let other = if refused == ada { &grace } else { &ada };
    assert!(first[..2].iter().all(|(_, kind)| kind == "lead.created"), "{first:?}");
    assert_eq!(first[2..], [(other.clone(), "lead.updated".into())], "the other lead goes on");
    server.clock.advance_millis(7_000);
    send_due(&server).await;
    let rest = [(refused.clone(), "lead.created".into()), (refused, "lead.updated".into())];
    assert_eq!(told(&to), rest);
}

#[tokio::test]
async fn an_event_that_is_never_taken_is_overtaken_after_four_tries() {
    let (server, client) = open().await;
    let to = Receiver::start().await;
    hook(&client, &to, &["lead.created", "lead.updated"]).await;
    to.answer(&[500, 500, 500, 500]);
    let ada = lead(&client, "Ada").await;
    client.patch(&format!("{LEADS}/{ada}"), json!({"name": "Ada L"})).await.expect(200);
    for pause in [0, 6_000, 6 * MINUTE, 36 * MINUTE] {
        server.clock.advance_millis(pause);
        send_due(&server).await;
    }
    let kinds: Vec<_> = to.got().iter().map(|got| got.kind().to_owned()).collect();
    assert_eq!(kinds.iter().filter(|kind| *kind == "lead.created").count(), 4, "{kinds:?}");
    server.clock.advance_millis(10 * MINUTE);
    send_due(&server).await;
    let kinds: Vec<_> = to.got().iter().map(|got| got.kind().to_owned()).collect();
    assert!(kinds.contains(&"lead.updated".to_owned()), "{kinds:?}");
}

#[tokio::test]
async fn the_log_keeps_the_last_500_and_pages_through_them() {
    let (server, client) = open().await;
    let to = Receiver::start().await;
    let made = hook(&client, &to, &["lead.created"]).await;
    for number in 0..520 {
        lead(&client, &format!("Lead {number}")).await;
    }
    send_due(&server).await;
    to.got();
    to.always(Some(500));
    lead(&client, "Waits").await;
    send_due(&server).await;
    let path = format!("{}/deliveries", at(&made));
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("{path}?limit=150{cursor}")).await.expect(200);
        assert_eq!(page["total"], 501);
        seen.extend(page["data"].as_array().unwrap().iter().map(|one| one["id"].clone()));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 501);
    let third = client.get(&format!("{path}?limit=150&page=3")).await.expect(200);
    assert_eq!(third["data"][0]["id"], seen[300]);
    assert_eq!(client.get(&format!("{path}?status=delivered")).await.expect(200)["total"], 500);
    client.get(&format!("{path}?cursor=x")).await.expect(422);
}

#[tokio::test]
async fn a_removed_one_sends_nothing_and_goes_with_its_log() {
    let (server, client) = open().await;
    let to = Receiver::start().await;
    let made = hook(&client, &to, &["lead.created"]).await;
    lead(&client, "Ada").await;
    client.delete(&at(&made)).await.expect(204);
    assert_eq!(send_due(&server).await, 0);
    assert!(to.got().is_empty());
    let left = "SELECT (SELECT count(*) FROM outbound_webhook_deliveries) +
        (SELECT count(*) FROM outbound_webhooks)";
    for _ in 0..100 {
        let query =
            |db: &rusqlite::Connection| Ok(db.query_row(left, [], |row| row.get::<_, i64>(0))?);
        if server.app.db.read(query).await.unwrap() == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("it is still there");
}
