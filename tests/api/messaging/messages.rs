//! Messages and the ledger: what was sent to whom, and what became of it.

use super::{MESSAGES, lead, read, send_due, timeline, workspace, write};
use crate::harness::{Client, Server};
use leads::messaging::messages::{self, Report, Status, Which};
use leads::messaging::{Channel, MessageId};
use leads::platform::Time;
use serde_json::{Value, json};

/// Reports what a provider would; true when the message is known.
async fn report(server: &Server, client: &Client, id: MessageId, status: Status, at: Time) -> bool {
    let workspace = workspace(client).await;
    let failed = status == Status::Failed;
    let report = Report {
        status,
        at,
        code: failed.then(|| "30003".into()),
        message: failed.then(|| "Unreachable.".into()),
    };
    server
        .app
        .db
        .write(move |tx| messages::record(tx, workspace, Which::Id(id), report))
        .await
        .unwrap()
}

/// Puts a message where a crash between hand-over and record leaves it.
async fn crash_while_sending(server: &Server, id: MessageId) {
    server
        .app
        .db
        .write(move |tx| {
            tx.execute(
                "UPDATE messages SET state = 'sending', tries = 1, sending_at = ?2 WHERE id = ?1",
                (id, tx.now()),
            )?;
            Ok(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_message_is_written_sent_and_followed() {
    let (server, client) = Server::new().await;
    let grace = lead(&client, "Grace Hopper").await;
    let id = write(&server, &client, Channel::Sms, "+1 415 555 2671", Some(&grace)).await;
    let waiting = read(&client, id).await;
    let expected = json!({"status": "pending", "provider": "sandbox", "to": "+14155552671", "tries": 0,
        "origin": "quick_send", "leadId": grace["id"], "leadName": "Grace Hopper", "sentAt": null, "version": 1});
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&waiting[name], value, "{name}");
    }
    assert_eq!(send_due(&server).await, 1);
    let sent = read(&client, id).await;
    assert_eq!((&sent["status"], &sent["tries"]), (&json!("sent"), &json!(1)));
    assert_eq!(sent["sentAt"], "2026-11-24T09:00:00.000Z");
    assert!(sent["providerMessageId"].is_string());
    assert_eq!(send_due(&server).await, 0);
    let entry = &timeline(&client, &grace).await[0];
    assert_eq!((&entry["type"], &entry["to"]), (&json!("message_sent"), &json!("+14155552671")));
    assert_eq!(
        (&entry["message"]["id"], &entry["message"]["status"]),
        (&sent["id"], &json!("sent"))
    );

    server.clock.advance_millis(5_000);
    let simulate = format!("{MESSAGES}/{id}/simulate");
    let delivered = client.post(&simulate, json!({"status": "delivered"})).await.expect(200);
    assert_eq!(delivered["deliveredAt"], "2026-11-24T09:00:05.000Z");
    let read_now = client.post(&simulate, json!({"status": "read"})).await.expect(200);
    assert_eq!(
        (&read_now["status"], &read_now["readAt"]),
        (&json!("read"), &delivered["deliveredAt"])
    );
    let still = client.post(&simulate, json!({"status": "failed"})).await.expect(200);
    assert_eq!(still["status"], "read");
    assert_eq!(timeline(&client, &grace).await[0]["message"]["status"], "read");
    client.post(&simulate, json!({"status": "sent"})).await.expect(422);
    let unsent = write(&server, &client, Channel::Sms, "+1 415 555 2671", None).await;
    let refused =
        client.post(&format!("{MESSAGES}/{unsent}/simulate"), json!({"status": "read"})).await;
    assert_eq!((refused.status, refused.refusal().0), (409, "not_sandbox".into()));
}

#[tokio::test]
async fn reports_come_in_any_order_and_leave_the_furthest_state() {
    let (server, client) = Server::new().await;
    let at = |seconds: i64| server.clock.now().plus_millis(seconds * 1_000);
    use Status::{Delivered, Failed, Read, Sent};
    let cases: [(&[Status], &str); 8] = [
        (&[Read, Delivered, Sent], "read"),
        (&[Delivered, Delivered, Sent], "delivered"),
        (&[Failed], "failed"),
        (&[Failed, Sent], "failed"),
        (&[Failed, Delivered], "delivered"),
        (&[Delivered, Failed], "delivered"),
        (&[Read, Failed, Delivered], "read"),
        (&[Failed, Failed, Read], "read"),
    ];
    for (reports, expected) in cases {
        let id = write(&server, &client, Channel::Sms, "+1 415 555 2671", None).await;
        send_due(&server).await;
        for (number, status) in reports.iter().enumerate() {
            assert!(report(&server, &client, id, *status, at(number as i64 + 1)).await);
        }
        let message = read(&client, id).await;
        assert_eq!(message["status"], expected, "{reports:?}");
        assert_eq!(message["errorCode"].is_null(), expected != "failed", "{reports:?}");
        assert_eq!(message["failedAt"].is_null(), expected != "failed", "{reports:?}");
        if reports.contains(&Delivered) {
            assert!(message["deliveredAt"].is_string(), "{reports:?}");
        }
    }
    let nothing = MessageId::fresh(server.clock.now());
    assert!(!report(&server, &client, nothing, Sent, at(1)).await);
}

#[tokio::test]
async fn what_a_crash_left_is_never_sent_again_by_itself() {
    let (server, client) = Server::new().await;
    let grace = lead(&client, "Grace Hopper").await;
    let id = write(&server, &client, Channel::Sms, "+1 415 555 2671", Some(&grace)).await;
    crash_while_sending(&server, id).await;
    assert_eq!(send_due(&server).await, 1);
    let unknown = read(&client, id).await;
    assert_eq!(
        (&unknown["status"], &unknown["errorCode"]),
        (&json!("failed"), &json!("outcome_unknown"))
    );
    assert!(unknown["errorMessage"].as_str().unwrap().contains("Nobody can say"), "{unknown}");
    assert_eq!((&unknown["providerMessageId"], &unknown["tries"]), (&Value::Null, &json!(1)));
    assert_eq!(timeline(&client, &grace).await[0]["type"], "message_failed");
    assert_eq!(send_due(&server).await, 0);
    // A late word from the provider still tells the truth, even the weakest.
    assert!(report(&server, &client, id, Status::Sent, server.clock.now()).await);
    let known = read(&client, id).await;
    assert_eq!((&known["status"], &known["errorCode"]), (&json!("sent"), &Value::Null));
    assert_eq!(timeline(&client, &grace).await[0]["type"], "message_sent");
    let refused = client.post(&format!("{MESSAGES}/{id}/retry"), json!({})).await;
    assert_eq!((refused.status, refused.refusal().0), (409, "not_failed".into()));
}

#[tokio::test]
async fn a_person_may_have_a_failed_message_sent_again() {
    let (server, client) = Server::new().await;
    let id = write(&server, &client, Channel::Sms, "+1 415 555 2671", None).await;
    crash_while_sending(&server, id).await;
    send_due(&server).await;
    let retry = format!("{MESSAGES}/{id}/retry");
    let version = read(&client, id).await["version"].to_string();
    assert_eq!(client.with("if-match", "\"99\"").post(&retry, json!({})).await.status, 412);
    let again = client.with("if-match", &format!("\"{version}\"")).post(&retry, json!({})).await;
    let again = again.expect(200);
    assert_eq!((&again["status"], &again["errorCode"]), (&json!("pending"), &Value::Null));
    client.post(&retry, json!({})).await.expect(409);
    assert_eq!(send_due(&server).await, 1);
    assert_eq!(read(&client, id).await["status"], "sent");
}

#[tokio::test]
async fn an_answer_that_a_report_has_overtaken_moves_nothing_back() {
    let (server, client) = Server::new().await;
    let id = write(&server, &client, Channel::Sms, "+1 415 555 2671", None).await;
    // The report of an earlier try comes while the next one waits.
    assert!(report(&server, &client, id, Status::Delivered, server.clock.now()).await);
    assert_eq!(send_due(&server).await, 0, "it was taken already");
    let message = read(&client, id).await;
    assert_eq!((&message["status"], &message["tries"]), (&json!("delivered"), &json!(0)));
}

#[tokio::test]
async fn a_deleted_lead_gets_nothing_more() {
    let (server, client) = Server::new().await;
    let grace = lead(&client, "Grace Hopper").await;
    let id = write(&server, &client, Channel::Email, "grace@example.com", Some(&grace)).await;
    let path = format!("/v1/identity/leads/{}", grace["id"].as_str().unwrap());
    client.delete(&path).await.expect(204);
    assert_eq!(send_due(&server).await, 0);
    let message = read(&client, id).await;
    assert_eq!(
        (&message["status"], &message["errorCode"]),
        (&json!("failed"), &json!("withdrawn"))
    );
}

#[tokio::test]
async fn a_deleted_workspace_takes_its_messages_along() {
    let (server, root) = Server::new().await;
    let other = root.post("/v1/identity/workspaces", json!({"name": "Other"})).await.expect(201);
    let there = root.with("x-workspace-id", other["id"].as_str().unwrap());
    let sent = write(&server, &there, Channel::Sms, "+1 415 555 2671", None).await;
    send_due(&server).await;
    write(&server, &there, Channel::Sms, "+1 415 555 2671", None).await;
    root.get(&format!("{MESSAGES}/{sent}")).await.expect(404);
    root.delete(&format!("/v1/identity/workspaces/{}", other["id"].as_str().unwrap()))
        .await
        .expect(204);
    let left = async || {
        let sql = "SELECT (SELECT count(*) FROM messages) + (SELECT count(*) FROM due_jobs)";
        let count = |sql: &'static str| {
            server.app.db.read(move |db| Ok(db.query_row(sql, [], |row| row.get::<_, i64>(0))?))
        };
        count(sql).await.unwrap()
    };
    for _ in 0..100 {
        if left().await == 0 {
            break;
        }
        server.app.db.write(|_| Ok(())).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(left().await, 0);
}

/// A contact of these tests.
const CONTACT: &str = "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10";

#[tokio::test]
async fn lists_find_messages_by_every_filter_in_pages() {
    let (server, client) = Server::new().await;
    let grace = lead(&client, "Grace Hopper").await;
    let mut made = Vec::new();
    for number in 0..7 {
        let (channel, to) = match number % 2 {
            0 => (Channel::Sms, format!("+1 415 555 {:04}", 2600 + number)),
            _ => (Channel::Email, format!("ada{number}@example.com")),
        };
        let lead = (number == 3).then_some(&grace);
        made.push(write(&server, &client, channel, &to, lead).await.to_string());
    }
    send_due(&server).await;
    let (contact, second): (uuid::Uuid, uuid::Uuid) =
        (CONTACT.parse().unwrap(), made[2].parse().unwrap());
    let sql = "UPDATE messages SET contact_id = ? WHERE id = ?";
    server.app.db.write(move |tx| Ok(tx.execute(sql, (contact, second))?)).await.unwrap();
    client
        .post(&format!("{MESSAGES}/{}/simulate", made[1]), json!({"status": "failed"}))
        .await
        .expect(200);
    let ids = async |query: &str| {
        let page = client.get(&format!("{MESSAGES}?{query}")).await.expect(200);
        let all = page["data"].as_array().unwrap().clone();
        let ids: Vec<usize> = all
            .iter()
            .map(|m| made.iter().position(|id| m["id"] == *id.as_str()).unwrap())
            .collect();
        assert_eq!(page["total"], json!(ids.len()), "{query}");
        ids
    };
    assert_eq!(ids("").await, [6, 5, 4, 3, 2, 1, 0]);
    assert_eq!(ids("channel=email").await, [5, 3, 1]);
    assert_eq!(ids("status=sent").await, [6, 5, 4, 3, 2, 0]);
    assert_eq!(ids("status=failed&channel=sms").await, [0_usize; 0]);
    assert_eq!(ids("status=failed&channel=email&origin=quick_send").await, [1]);
    assert_eq!(ids("origin=campaign").await, [0_usize; 0]);
    assert_eq!(ids(&format!("leadId={}", grace["id"].as_str().unwrap())).await, [3]);
    assert_eq!(ids("search=ada").await, [5, 3, 1]);
    assert_eq!(ids("search=ADA3%20grace").await, [3]);
    assert_eq!(ids("search=(415)%20555-2604").await, [4]);
    assert_eq!(ids("search=a3").await, [3]);
    // One or two letters, also the last ones, and in any way of writing them.
    assert_eq!(ids("search=OM").await, [5, 3, 1]);
    assert_eq!(ids("search=m").await, [5, 3, 1]);
    assert_eq!(ids("search=04").await, [4]);
    assert_eq!(ids("search=da%20r%20a5").await, [5]);
    assert_eq!(ids("search=q").await, [0_usize; 0]);
    assert_eq!(ids("search=%25").await, [0_usize; 0]);
    assert_eq!(ids("search=a&channel=email&status=failed").await, [1]);
    assert_eq!(ids(&format!("search=ad&leadId={}", grace["id"].as_str().unwrap())).await, [3]);
    assert_eq!(ids("provider=sandbox").await, [6, 5, 4, 3, 2, 1, 0]);
    assert_eq!(ids("provider=sandbox&status=failed").await, [1]);
    assert_eq!(ids("provider=twilio").await, [0_usize; 0]);
    assert_eq!(ids("provider=pigeon").await, [0_usize; 0]);
    assert_eq!(ids(&format!("contactId={CONTACT}")).await, [2]);
    assert_eq!(ids(&format!("contactId={CONTACT}&status=failed")).await, [0_usize; 0]);
    assert_eq!(ids(&format!("contactId={CONTACT}&search=415")).await, [2]);
    assert_eq!(ids("search=ada&status=failed").await, [1]);
    assert_eq!(ids("search=100%25").await, [0_usize; 0]);
    assert_eq!(client.get(&format!("{MESSAGES}?status=lost&colour=1")).await.refusal().1.len(), 2);
    for query in ["", "status=sent", "search=example"] {
        let (mut seen, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let more = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let page = client.get(&format!("{MESSAGES}?limit=2&{query}{more}")).await.expect(200);
            seen.extend(page["data"].as_array().unwrap().iter().map(|m| m["id"].clone()));
            match page["nextCursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => break,
            }
        }
        let whole = client.get(&format!("{MESSAGES}?{query}")).await.expect(200);
        let whole: Vec<_> =
            whole["data"].as_array().unwrap().iter().map(|m| m["id"].clone()).collect();
        assert_eq!(seen, whole, "{query}");
        let second = client.get(&format!("{MESSAGES}?limit=2&page=2&{query}")).await.expect(200);
        let second: Vec<_> =
            second["data"].as_array().unwrap().iter().map(|m| m["id"].clone()).collect();
        assert_eq!(second, whole.iter().skip(2).take(2).cloned().collect::<Vec<_>>(), "{query}");
    }
}
