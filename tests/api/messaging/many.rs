//! Lists of very many messages.

use super::{MESSAGES, write};
use crate::harness::Server;
use leads::messaging::Channel;
use serde_json::json;

/// A letter that nearly every message holds, and one that few do, among more messages than are counted.
#[tokio::test]
async fn one_letter_finds_a_page_soon_however_many_messages_hold_it() {
    let (server, client) = Server::new().await;
    let first = write(&server, &client, Channel::Email, "zoe@q.org", None).await;
    let columns =
        "workspace_id, origin, channel, provider, address_key, created_at, token, actor, body";
    let copies = format!(
        "WITH RECURSIVE number (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM number WHERE n < 32000)
         INSERT INTO messages (id, recipient_name, address, {columns})
         SELECT randomblob(16), 'Eva ' || n, 'eva' || n || '@example.com', {columns} FROM messages, number;
         INSERT INTO message_search (rowid, text)
         SELECT seq, fold(recipient_name || ' ' || address) || char(10, 10) FROM messages WHERE seq > 1"
    );
    server.app.db.write(move |tx| Ok(tx.execute_batch(&copies)?)).await.unwrap();
    for (search, total, is_capped) in [
        ("e", 10_000, true),
        ("va", 10_000, true),
        ("e%20v", 10_000, true),
        // Every address holds 32,000's trigrams but one.
        ("q", 1, false),
        ("zo", 1, false),
        ("e%20q", 1, false),
        ("zz", 0, false),
    ] {
        let page = client.get(&format!("{MESSAGES}?limit=2&search={search}")).await.expect(200);
        assert_eq!(
            (&page["total"], &page["totalIsCapped"]),
            (&json!(total), &json!(is_capped)),
            "{search}"
        );
        if total == 1 {
            assert_eq!(page["data"][0]["id"], first.to_string(), "{search}");
        }
    }
    let newest = client.get(&format!("{MESSAGES}?limit=1&search=e")).await.expect(200);
    assert_eq!(newest["data"][0]["to"], "eva32000@example.com");
    let more =
        format!("{MESSAGES}?limit=1&search=e&cursor={}", newest["nextCursor"].as_str().unwrap());
    assert_eq!(client.get(&more).await.expect(200)["data"][0]["to"], "eva31999@example.com");
    // One that has failed among those that all hold what is searched for.
    let sql = "UPDATE messages SET status = 'failed' WHERE address = 'eva7@example.com'";
    server.app.db.write(move |tx| Ok(tx.execute(sql, [])?)).await.unwrap();
    // The outbox, and what is in none.
    for (filter, total) in [
        ("provider=sandbox", 10_000),
        ("provider=twilio", 0),
        ("search=e&provider=twilio", 0),
        ("search=example&status=failed", 1),
        ("search=e&status=failed", 1),
        ("search=e%20eva7&status=failed", 1),
        ("search=zo&status=failed", 0),
    ] {
        let page = client.get(&format!("{MESSAGES}?limit=2&{filter}")).await.expect(200);
        assert_eq!(page["total"], total, "{filter}");
    }
}
