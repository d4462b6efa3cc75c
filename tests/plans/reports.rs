//! What is asked of reports.

use super::Client;

/// Asks for both reports, with each filter.
pub async fn ask(client: &Client) {
    let pipelines = client.get("/v1/identity/lead-pipelines").await;
    let pipeline = pipelines["data"][0]["id"].as_str().unwrap();
    let none = "00000000-0000-7000-8000-000000000000";
    for query in [
        String::new(),
        "groupBy=hour&channel=sms&origin=automation&provider=sandbox".into(),
        format!("groupBy=month&campaignId={none}"),
        format!("groupBy=week&automationId={none}"),
    ] {
        client.get(&format!("/v1/broadcast/analytics?{query}")).await;
    }
    for query in [
        String::new(),
        format!("groupBy=month&pipelineId={pipeline}&source=webhook"),
        format!("webhookId={none}&assignedTo=none"),
    ] {
        client.get(&format!("/v1/identity/reports/leads?{query}")).await;
    }
}
