//! How reports are asked for: times, filters, tables, and what is refused.

use super::{ANALYTICS, REPORT};
use crate::automations::Stage;
use crate::harness::Server;
use crate::messaging::workspace;

use leads::messaging::Channel;
use leads::messaging::messages::{Origin, Skipped};
use serde_json::{Value, json};

#[tokio::test]
async fn without_anything_named_it_is_the_last_thirty_days_of_the_workspace() {
    let (_server, client) = Server::new().await;
    let id = workspace(&client).await;
    let zone = json!({"timeZone": "Asia/Kathmandu"});
    client.patch(&format!("/v1/identity/workspaces/{id}"), zone).await.expect(200);
    for path in [ANALYTICS, REPORT] {
        let answer = client.get(path).await.expect(200);
        assert_eq!(answer["timeZone"], "Asia/Kathmandu");
        assert_eq!(answer["groupBy"], "day");
        assert_eq!(answer["from"], "2026-10-25T18:15:00.000Z");
        assert_eq!(answer["to"], "2026-11-24T18:15:00.000Z");
        assert_eq!(answer["series"].as_array().unwrap().len(), 30);
    }
    let answer = client.get(ANALYTICS).await.expect(200);
    assert_eq!(answer["totals"]["deliveredRate"], Value::Null, "of nothing there is no part");
}

#[tokio::test]
async fn what_makes_no_sense_is_named() {
    let (_server, client) = Server::new().await;
    let table = [
        ("from=yesterday", "from"),
        ("from=2026-11-24&to=2026-11-23", "to"),
        ("from=1980-01-01", "from"),
        ("from=0001-01-01", "from"),
        ("to=9999-12-31T00:00:00Z", "to"),
        ("timeZone=Mars/Olympus", "timeZone"),
        ("groupBy=fortnight", "groupBy"),
        ("from=2020-01-01&groupBy=hour", "groupBy"),
        ("colour=red", "colour"),
    ];
    for path in [ANALYTICS, REPORT] {
        for (query, field) in table {
            let answer = client.get(&format!("{path}?{query}")).await;
            assert_eq!(answer.status, 422, "{path} {query}");
            assert_eq!(answer.refusal().1[0].0, field, "{path} {query}");
        }
        for table in ["", "table=users"] {
            assert_eq!(client.get(&format!("{path}/export?{table}")).await.status, 422, "{table}");
        }
    }
    let other = uuid::Uuid::nil();
    let table = [
        (ANALYTICS, "channel=fax".to_owned(), "channel"),
        (ANALYTICS, "origin=dream".to_owned(), "origin"),
        (ANALYTICS, "provider=pigeon".to_owned(), "provider"),
        (ANALYTICS, "campaignId=7".to_owned(), "campaignId"),
        (ANALYTICS, format!("campaignId={other}&automationId={other}"), "automationId"),
        (ANALYTICS, format!("campaignId={other}&origin=automation"), "origin"),
        (REPORT, format!("pipelineId={other}"), "pipelineId"),
        (REPORT, "source=dream".to_owned(), "source"),
        (REPORT, "assignedTo=me".to_owned(), "assignedTo"),
        (REPORT, "webhookId=7".to_owned(), "webhookId"),
    ];
    for (path, query, field) in table {
        let answer = client.get(&format!("{path}?{query}")).await;
        assert_eq!(answer.status, 422, "{path} {query}");
        assert_eq!(answer.refusal().1[0].0, field, "{path} {query}");
    }
}

#[tokio::test]
async fn one_automation_has_its_own_analytics() {
    let stage = Stage::new().await;
    let one = stage.made(stage.welcome()).await;
    let other = stage.with(json!([stage.text(0)]), json!({})).await;
    stage.grace().await;
    stage.pass(121).await;
    let ask = async |query: String| {
        let answer = stage.client.get(&format!("{ANALYTICS}?{query}")).await.expect(200);
        answer["totals"]["messages"].as_u64().unwrap()
    };
    let id = |automation: &Value| automation["id"].as_str().unwrap().to_owned();
    assert_eq!(ask(String::new()).await, 3);
    assert_eq!(ask(format!("automationId={}", id(&one))).await, 2);
    assert_eq!(ask(format!("automationId={}", id(&other))).await, 1);
    assert_eq!(ask(format!("automationId={}&channel=email", id(&one))).await, 1);
    assert_eq!(ask(format!("campaignId={}", id(&one))).await, 0);
    assert_eq!(ask("provider=sandbox".into()).await, 3);
    assert_eq!(ask("provider=smtp".into()).await, 0);
}

#[tokio::test]
async fn a_campaign_counts_whom_it_skips() {
    let (server, client) = Server::new().await;
    let workspace = workspace(&client).await;
    let campaign = uuid::Uuid::from_u128(7);
    let skip = move |tx: &leads::platform::Tx| {
        for reason in ["no_address", "no_address", "suppressed"] {
            let (origin, channel) = (Origin::Campaign, Channel::Sms);
            tx.tell(&Skipped { workspace, origin, source: Some(campaign), channel, reason })?;
        }
        Ok(())
    };
    server.app.db.write(skip).await.unwrap();
    let answer = client.get(&format!("{ANALYTICS}?campaignId={campaign}")).await.expect(200);
    assert_eq!(answer["totals"]["skipped"], 3);
    assert_eq!(answer["campaigns"][0]["id"], campaign.to_string());
    let wanted = json!([
        {"reason": "no_address", "count": 2, "meaning": null},
        {"reason": "suppressed", "count": 1, "meaning": null},
    ]);
    assert_eq!(answer["skips"], wanted);
}

#[tokio::test]
async fn each_table_is_a_spreadsheet() {
    let stage = Stage::new().await;
    let evil = json!({"name": "=HYPERLINK(\"http://x\")"});
    stage.with(json!([stage.text(0)]), evil.clone()).await;
    let webhook = stage.webhook["id"].as_str().unwrap();
    stage.client.patch(&format!("/v1/identity/lead-webhooks/{webhook}"), evil).await.expect(200);
    stage.grace().await;
    stage.pass(1).await;
    let export = async |path: &str, table: &str| {
        let answer = stage.client.get(&format!("{path}/export?table={table}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
        let text = answer.body.as_str().unwrap().to_owned();
        assert!(text.starts_with('\u{feff}') && text.ends_with("\r\n"), "{text}");
        text
    };
    let tables =
        "series failures skips unsubscribes channels origins providers campaigns automations";
    for table in tables.split(' ') {
        export(ANALYTICS, table).await;
    }
    assert_eq!(export(ANALYTICS, "series").await.lines().count(), 31);
    let row = export(ANALYTICS, "channels").await;
    assert!(row.contains("sms,1,0,1,0,0,0,0,0,0.00,,0.00,0.00"), "{row}");
    assert!(export(ANALYTICS, "automations").await.contains("\"'=HYPERLINK(\"\"http://x\"\")\""));
    for table in ["series", "funnel", "sources", "webhooks"] {
        export(REPORT, table).await;
    }
    assert!(export(REPORT, "webhooks").await.contains("\"'=HYPERLINK(\"\"http://x\"\")\""));
    assert!(export(REPORT, "funnel").await.contains("New,open,1,1,0.00,0,,"));
}

#[tokio::test]
async fn another_workspace_tells_nothing() {
    let stage = Stage::new().await;
    stage.with(json!([stage.text(0)]), json!({})).await;
    stage.grace().await;
    stage.pass(1).await;
    let new = json!({"name": "Other"});
    let other = stage.client.post("/v1/identity/workspaces", new).await.expect(201);
    let other = stage.client.with("x-workspace-id", other["id"].as_str().unwrap());
    for (path, field) in [(ANALYTICS, "messages"), (REPORT, "leads")] {
        assert_eq!(stage.client.get(path).await.expect(200)["totals"][field], 1);
        assert_eq!(other.get(path).await.expect(200)["totals"][field], 0);
    }
}
