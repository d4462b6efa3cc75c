//! Audiences: whom campaigns write to.

mod file;
mod walk;

use crate::harness::{Client, Server};
use axum::http::Method;
use leads::auth::Caller;
use leads::broadcasts::audiences::{self, AudienceId};
use leads::messaging::Channel;
use leads::platform::ids::WorkspaceId;
use serde_json::{Value, json};

const AUDIENCES: &str = "/v1/broadcast/audiences";
const CREATE: &str = "/v1/identity/leads/broadcast/create-audience";
const LEADS: &str = "/v1/identity/leads";
const CONTACTS: &str = "/v1/identity/contacts";

async fn lead(client: &Client, fields: Value) -> String {
    id(&client.post(LEADS, fields).await.expect(201))
}

async fn contact(client: &Client, fields: Value) -> String {
    id(&client.post(CONTACTS, fields).await.expect(201))
}

fn id(body: &Value) -> String {
    body["id"].as_str().unwrap().to_owned()
}

async fn members(client: &Client, audience: &str) -> Vec<Value> {
    let page = client.get(&format!("{AUDIENCES}/{audience}/members")).await.expect(200);
    page["data"].as_array().unwrap().clone()
}

async fn names(client: &Client, audience: &str) -> Vec<String> {
    let members = members(client, audience).await;
    members.iter().map(|member| member["name"].as_str().unwrap().to_owned()).collect()
}

async fn upload(client: &Client, name: &str, csv: impl Into<Vec<u8>>) -> crate::harness::Answer {
    let path = format!("{AUDIENCES}/from-csv?name={name}&fileName=fair.csv");
    client.send(Method::POST, &path, Some("text/csv"), csv.into()).await
}

/// Whoever works in the only workspace, for what has no route.
async fn caller(server: &Server) -> Caller {
    let workspace = server.app.db.read(|db| {
        Ok(db.query_row("SELECT id FROM workspaces", [], |row| row.get::<_, WorkspaceId>(0))?)
    });
    Caller::system(workspace.await.unwrap(), "US")
}

/// The members as a campaign walks them: marks and names.
async fn walked(server: &Server, audience: &str, piece: usize) -> Vec<(i64, String)> {
    let by = caller(server).await;
    let id: AudienceId = audience.parse().unwrap();
    let walk = server.app.db.read(move |db| {
        let upto = audiences::last_mark(db, &by, id)?;
        let (mut all, mut after) = (Vec::new(), 0);
        loop {
            let some = audiences::members(db, &by, id, after, upto, piece)?;
            let Some(last) = some.last() else { return Ok(all) };
            after = last.mark;
            all.extend(some.into_iter().map(|member| (member.mark, member.name)));
        }
    });
    walk.await.unwrap()
}

#[tokio::test]
async fn a_selection_becomes_an_audience_that_says_who_chose_them_and_when() {
    let (server, client) = Server::new().await;
    let ada = lead(&client, json!({"name": "Ada", "email": "ada@example.org"})).await;
    let grace = lead(&client, json!({"name": "Grace", "phone": "+1 415 555 2671"})).await;
    let body = json!({"name": " Spring ", "leadIds": [grace, ada, grace]});
    let made = client.post(CREATE, body).await.expect(201);
    assert_eq!((&made["name"], &made["size"]), (&json!("Spring"), &json!(2)));
    assert_eq!((&made["kind"], &made["source"]), (&json!("fixed"), &json!("leads")));
    let audience = id(&made);
    let listed = members(&client, &audience).await;
    assert_eq!(listed[0]["name"], "Grace", "the order is that of the selection");
    assert_eq!(listed[0]["why"]["way"], "selected");
    assert_eq!(listed[0]["why"]["by"]["name"], "Ada Lovelace");
    assert_eq!(listed[0]["why"]["at"], "2026-11-24T09:00:00.000Z");
    assert_eq!(listed[1]["leadId"], json!(ada));
    let walked = walked(&server, &audience, 1).await;
    assert_eq!(walked, [(1, "Grace".to_owned()), (2, "Ada".to_owned())]);
    let one = client.get(&format!("{AUDIENCES}/{audience}")).await;
    assert_eq!(one.header("etag"), Some("\"1\""));
    assert_eq!(one.body["additions"][0]["way"], "selected");
    let list = client.get(&format!("{AUDIENCES}?search=spri")).await.expect(200);
    assert_eq!((&list["total"], &list["data"][0]["size"]), (&json!(1), &json!(2)));
    assert_eq!(client.get(&format!("{AUDIENCES}?kind=live")).await.expect(200)["total"], 0);
}

#[tokio::test]
async fn what_cannot_be_an_audience_is_refused_with_its_reason() {
    let (_server, client) = Server::new().await;
    let ada = lead(&client, json!({"name": "Ada"})).await;
    let gone = lead(&client, json!({"name": "Gone"})).await;
    client.delete(&format!("{LEADS}/{gone}")).await.expect(204);
    let nobody = "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10";
    let refusals = [
        (json!({"name": "A", "leadIds": [ada, nobody, gone]}), "leadIds.1", "unknown_lead"),
        (json!({"name": "A", "leadIds": []}), "leadIds", "out_of_range"),
        (json!({"name": "A", "leadIds": [ada], "filter": {}}), "leadIds", "one_of"),
        (json!({"name": "A"}), "leadIds", "one_of"),
        (json!({"name": " ", "leadIds": [ada]}), "name", "required"),
        (json!({"name": "A", "leadIds": [ada], "kind": "live"}), "kind", "not_a_filter"),
        (json!({"name": "A", "filter": {"sourc": "api"}}), "filter.sourc", "unknown_property"),
        (json!({"name": "A", "filter": {"source": "fax"}}), "filter.source", "invalid"),
        (json!({"name": "A", "filter": {"tag": ["a"]}}), "filter.tag", "wrong_type"),
        (json!({"name": "A", "filter": {}, "colour": 1}), "colour", "unknown_property"),
    ];
    for (body, field, code) in refusals {
        let answer = client.post(CREATE, body.clone()).await;
        let (_, fields) = answer.refusal();
        let named = fields.contains(&(field.to_owned(), code.to_owned()));
        assert!(answer.status == 422 && named, "{body}: {} {}", answer.status, answer.body);
    }
    let unknown = client.post(CREATE, json!({"name": "A", "leadIds": [ada, nobody, gone]})).await;
    assert_eq!(unknown.refusal().1.len(), 2, "each of them is named");
    assert_eq!(client.get(AUDIENCES).await.expect(200)["total"], 0, "nothing is left behind");
}

#[tokio::test]
async fn a_live_audience_is_whom_its_filter_finds_now() {
    let (server, client) = Server::new().await;
    lead(&client, json!({"name": "Ada", "tags": ["hot"]})).await;
    lead(&client, json!({"name": "Cold"})).await;
    let fixed = json!({"name": "Then", "filter": {"tag": "hot"}});
    let fixed = client.post(CREATE, fixed).await.expect(201);
    let live = json!({"name": "Now", "filter": {"tag": "hot"}, "kind": "live"});
    let live = client.post(CREATE, live).await.expect(201);
    assert_eq!((&fixed["size"], &live["size"]), (&json!(1), &json!(1)));
    let (fixed, live) = (id(&fixed), id(&live));
    lead(&client, json!({"name": "Grace", "tags": ["HOT"]})).await;
    assert_eq!(names(&client, &fixed).await, ["Ada"]);
    assert_eq!(names(&client, &live).await, ["Ada", "Grace"]);
    assert_eq!(members(&client, &live).await[1]["why"]["way"], "matches");
    assert_eq!(members(&client, &fixed).await[0]["why"]["way"], "filter");
    assert_eq!(client.get(&format!("{AUDIENCES}/{live}")).await.expect(200)["size"], 2);
    assert_eq!(walked(&server, &live, 1).await.len(), 2);
    let search = format!("{AUDIENCES}/{live}/members?search=gra");
    assert_eq!(client.get(&search).await.expect(200)["data"][0]["name"], "Grace");
    // Another filter is another audience under the same name.
    let path = format!("{AUDIENCES}/{live}");
    let changed = client.patch(&path, json!({"filter": {"search": "cold"}})).await.expect(200);
    assert_eq!((&changed["size"], &changed["version"]), (&json!(1), &json!(2)));
    assert_eq!(names(&client, &live).await, ["Cold"]);
    let other = client.patch(&format!("{AUDIENCES}/{fixed}"), json!({"filter": {}})).await;
    assert_eq!(other.refusal().1, [("filter".to_owned(), "not_live".to_owned())]);
    let remove = client.delete(&format!("{path}/members/1")).await;
    assert_eq!((remove.status, remove.refusal().0.as_str()), (409, "audience_is_live"));
}

#[tokio::test]
async fn me_in_a_filter_stays_whoever_said_it() {
    let (server, client) = Server::new().await;
    let me = client.get("/v1/identity/auth/me").await.expect(200)["user"]["id"].clone();
    let ada = lead(&client, json!({"name": "Ada"})).await;
    client.patch(&format!("{LEADS}/{ada}/assign"), json!({"assignedTo": me})).await.expect(200);
    let live = json!({"name": "Mine", "filter": {"assignedTo": "me"}, "kind": "live"});
    let live = client.post(CREATE, live).await.expect(201);
    assert_eq!(live["filter"]["assignedTo"], me);
    let other = server.member(&client, "marketer").await;
    assert_eq!(names(&other, &id(&live)).await, ["Ada"]);
}

#[tokio::test]
async fn whoever_is_deleted_is_no_member_and_is_back_when_restored() {
    let (server, client) = Server::new().await;
    let mut people = Vec::new();
    for name in ["Ada", "Grace", "Joan"] {
        people.push(lead(&client, json!({"name": name})).await);
    }
    let made = client.post(CREATE, json!({"name": "A", "leadIds": people})).await.expect(201);
    let audience = id(&made);
    client.delete(&format!("{LEADS}/{}", people[1])).await.expect(204);
    assert_eq!(names(&client, &audience).await, ["Ada", "Joan"]);
    let path = format!("{AUDIENCES}/{audience}");
    assert_eq!(client.get(&path).await.expect(200)["size"], 2);
    assert_eq!(walked(&server, &audience, 10).await.len(), 2);
    client.post(&format!("{LEADS}/{}/restore", people[1]), json!({})).await.expect(200);
    assert_eq!(names(&client, &audience).await, ["Ada", "Grace", "Joan"]);
    assert_eq!(client.get(&path).await.expect(200)["size"], 3);
    // Of contacts likewise.
    let eve = contact(&client, json!({"name": "Eve", "email": "eve@example.org"})).await;
    let made = client.post(AUDIENCES, json!({"name": "C", "contactIds": [eve]})).await.expect(201);
    client.delete(&format!("{CONTACTS}/{eve}")).await.expect(204);
    let path = format!("{AUDIENCES}/{}", id(&made));
    assert_eq!(client.get(&path).await.expect(200)["size"], 0);
    client.post(&format!("{CONTACTS}/{eve}/restore"), json!({})).await.expect(200);
    assert_eq!(client.get(&path).await.expect(200)["size"], 1);
}

#[tokio::test]
async fn contacts_make_audiences_too() {
    let (server, client) = Server::new().await;
    let eve = contact(&client, json!({"name": "Eve", "email": "eve@example.org"})).await;
    contact(&client, json!({"name": "Mallory", "phone": "+1 415 555 2671"})).await;
    let chosen = client.post(AUDIENCES, json!({"name": "C", "contactIds": [eve]})).await;
    let chosen = chosen.expect(201);
    assert_eq!((&chosen["source"], &chosen["size"]), (&json!("contacts"), &json!(1)));
    let live = json!({"name": "With phone", "contactFilter": {"hasPhone": true}, "kind": "live"});
    let live = id(&client.post(AUDIENCES, live).await.expect(201));
    assert_eq!(names(&client, &live).await, ["Mallory"]);
    assert_eq!(walked(&server, &live, 1).await.len(), 1);
    let fixed = json!({"name": "All", "contactFilter": {}});
    assert_eq!(client.post(AUDIENCES, fixed).await.expect(201)["size"], 2);
    let wrong = json!({"name": "A", "contactFilter": {"stageId": "x"}});
    let refused = client.post(AUDIENCES, wrong).await.refusal();
    assert_eq!(refused.1[0].0, "contactFilter.stageId");
    let unknown = json!({"name": "A", "contactIds": ["0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10"]});
    assert_eq!(client.post(AUDIENCES, unknown).await.refusal().1[0].1, "unknown_contact");
}

#[tokio::test]
async fn members_are_added_and_removed_and_marks_are_never_given_again() {
    let (server, client) = Server::new().await;
    let mut people = Vec::new();
    for name in ["Ada", "Grace", "Joan"] {
        people.push(lead(&client, json!({"name": name})).await);
    }
    let body = json!({"name": "A", "leadIds": &people[..2]});
    let audience = id(&client.post(CREATE, body).await.expect(201));
    let path = format!("{AUDIENCES}/{audience}/members");
    client.delete(&format!("{path}/2")).await.expect(204);
    client.delete(&format!("{path}/2")).await.expect(404);
    let more = client.post(&path, json!({"leadIds": people})).await.expect(200);
    assert_eq!((&more["added"], &more["audience"]["size"]), (&json!(2), &json!(3)));
    let marks: Vec<i64> = walked(&server, &audience, 2).await.iter().map(|one| one.0).collect();
    assert_eq!(marks, [1, 3, 4]);
    assert_eq!(more["audience"]["additions"].as_array().unwrap().len(), 2);
    let wrong = client.post(&path, json!({"contactIds": [people[0]]})).await;
    assert_eq!(wrong.refusal().1[0].1, "other_kind");
}

#[tokio::test]
async fn names_change_only_with_the_version_that_was_seen() {
    let (_server, client) = Server::new().await;
    let ada = lead(&client, json!({"name": "Ada"})).await;
    let body = json!({"name": "A", "leadIds": [ada]});
    let path = format!("{AUDIENCES}/{}", id(&client.post(CREATE, body).await.expect(201)));
    let renamed = client.with("if-match", "\"1\"").patch(&path, json!({"name": "B"})).await;
    assert_eq!((renamed.status, renamed.header("etag")), (200, Some("\"2\"")));
    let stale = client.with("if-match", "\"1\"").patch(&path, json!({"name": "C"})).await;
    assert_eq!((stale.status, &stale.body["current"]["name"]), (412, &json!("B")));
    client.with("if-match", "\"1\"").delete(&path).await.expect(412);
    client.with("if-match", "\"2\"").delete(&path).await.expect(204);
    client.get(&path).await.expect(404);
    client.get(&format!("{path}/members")).await.expect(404);
    client.get(&format!("{path}/reach")).await.expect(404);
    assert_eq!(client.get(AUDIENCES).await.expect(200)["total"], 0);
    client.post(&format!("{path}/restore"), json!({})).await.expect(204);
    let back = client.get(&path).await.expect(200);
    assert_eq!((&back["name"], &back["size"]), (&json!("B"), &json!(1)));
}

#[tokio::test]
async fn reach_is_told_by_channel_after_suppression_and_duplicates() {
    let (server, client) = Server::new().await;
    let people = [
        json!({"name": "Ada", "email": "ada@example.org", "phone": "+1 415 555 2671"}),
        json!({"name": "Ada again", "email": "ADA@example.org"}),
        json!({"name": "Grace", "email": "grace@example.org", "phone": "(415) 555-2671"}),
        json!({"name": "Joan", "phone": "+1 415 555 2672"}),
        json!({"name": "Nobody"}),
    ];
    for fields in people {
        lead(&client, fields).await;
    }
    for (channel, address) in [("email", "grace@example.org"), ("sms", "+1 415 555 2672")] {
        let body = json!({"channel": channel, "address": address});
        client.post("/v1/broadcast/suppressions", body).await.expect(201);
    }
    let fixed = id(&client.post(CREATE, json!({"name": "F", "filter": {}})).await.expect(201));
    let live = json!({"name": "L", "filter": {}, "kind": "live"});
    let live = id(&client.post(CREATE, live).await.expect(201));
    let csv = "name,email,phone\nAda,ada@example.org,+14155552671\nAda,ADA@example.org,\n\
        Grace,grace@example.org,4155552671\nJoan,,+14155552672\n";
    let file = upload(&client, "File", csv).await.expect(201);
    let of = |channel: &str, size, reachable, no_address, suppressed, duplicates| {
        json!({"channel": channel, "size": size, "reachable": reachable, "noAddress": no_address,
            "suppressed": suppressed, "duplicates": duplicates})
    };
    let wanted = json!({"channels": [of("email", 5, 1, 2, 1, 1), of("sms", 5, 1, 2, 1, 1),
        of("whatsapp", 5, 2, 2, 0, 1)]});
    for audience in [&fixed, &live] {
        let reach = client.get(&format!("{AUDIENCES}/{audience}/reach")).await.expect(200);
        assert_eq!(reach, wanted);
    }
    let path = format!("{AUDIENCES}/{}/reach?channel=email", id(&file));
    let reach = client.get(&path).await.expect(200);
    assert_eq!(reach, json!({"channels": [of("email", 4, 1, 1, 1, 1)]}));
    // The same, asked as a campaign asks.
    let (by, audience) = (caller(&server).await, live.parse().unwrap());
    let reach =
        server.app.db.read(move |db| audiences::reach(db, &by, audience, Channel::Whatsapp));
    let reach = reach.await.unwrap();
    assert_eq!((reach.size, reach.reachable, reach.duplicates), (5, 2, 1));
}

#[tokio::test]
async fn a_repeated_request_makes_one_audience() {
    let (_server, client) = Server::new().await;
    let ada = lead(&client, json!({"name": "Ada"})).await;
    let once = client.with("idempotency-key", "spring");
    let body = json!({"name": "A", "leadIds": [ada]});
    let first = once.post(CREATE, body.clone()).await.expect(201);
    let again = once.post(CREATE, body).await;
    assert_eq!((again.status, &again.body), (201, &first));
    assert_eq!(client.get(AUDIENCES).await.expect(200)["total"], 1);
}

#[tokio::test]
async fn nobody_sees_members_whom_they_may_not_see_as_leads() {
    let (server, client) = Server::new().await;
    let ada = lead(&client, json!({"name": "Ada"})).await;
    let made = client.post(CREATE, json!({"name": "A", "leadIds": [ada]})).await.expect(201);
    let role = json!({"name": "sender", "permissions": ["broadcast:view", "broadcast:manage"]});
    let role = client.post("/v1/identity/roles", role).await.expect(201);
    let sender = server.member(&client, role["id"].as_str().unwrap()).await;
    let path = format!("{AUDIENCES}/{}", id(&made));
    assert_eq!(sender.get(&path).await.expect(200)["size"], 1);
    sender.get(&format!("{path}/members")).await.expect(403);
    sender.post(CREATE, json!({"name": "B", "leadIds": [ada]})).await.expect(403);
}
