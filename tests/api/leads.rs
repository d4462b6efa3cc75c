//! Leads: making, changing, moving, listing, searching.

use crate::harness::{Client, Server};
use serde_json::{Value, json};

const PATH: &str = "/v1/identity/leads";

async fn make(client: &Client, lead: Value) -> Value {
    client.post(PATH, lead).await.expect(201)
}

fn path(lead: &Value) -> String {
    format!("{PATH}/{}", lead["id"].as_str().unwrap())
}

/// The names on a page, in order.
async fn names(client: &Client, query: &str) -> Vec<String> {
    let page = client.get(&format!("{PATH}?{query}")).await.expect(200);
    let text = |lead: &Value| lead["name"].as_str().unwrap().to_owned();
    page["data"].as_array().unwrap().iter().map(text).collect()
}

#[tokio::test]
async fn a_lead_has_what_it_was_given_and_lands_on_top_of_the_first_stage() {
    let (_server, client) = Server::new().await;
    make(&client, json!({"name": "Below"})).await;
    let lead = make(
        &client,
        json!({
            "name": " Grace Hopper ", "email": "Grace@Example.com", "phone": "+1 415 555 2671",
            "company": "Navy", "title": "Admiral", "tags": "hot, Referral, HOT", "score": 40,
            "customFields": {"annualRevenue": "1M", "_displayNames": {"annualRevenue": "Annual Revenue"}},
        }),
    )
    .await;
    assert_eq!(lead["name"], "Grace Hopper");
    assert_eq!(lead["email"], "Grace@Example.com");
    assert_eq!(lead["tags"], json!(["hot", "Referral"]));
    assert_eq!(lead["source"], "api");
    assert_eq!(lead["customFields"]["_displayNames"]["annualRevenue"], "Annual Revenue");
    let detail = client.get(&path(&lead)).await;
    assert_eq!(detail.header("etag"), Some("\"1\""));
    let detail = detail.expect(200);
    assert_eq!(detail["activities"][0]["type"], "lead_created");
    assert_eq!(detail["activities"][0]["actor"]["name"], "Ada Lovelace");
    let board = client.get(&format!("{PATH}/board")).await.expect(200);
    assert_eq!(board["stages"][0]["count"], 2);
    assert_eq!(board["stages"][0]["cards"][0]["id"], lead["id"]);
    assert!(board["stages"][0]["cards"][0].get("customFields").is_none());
}

#[tokio::test]
async fn the_page_makes_manual_leads_and_nobody_chooses_the_source() {
    let (server, client) = Server::new().await;
    let page = server
        .anonymous()
        .with("cookie", &format!("leads_session={}", client.token()))
        .with("sec-fetch-site", "same-origin");
    assert_eq!(make(&page, json!({"name": "Ada"})).await["source"], "manual");
    let refused = client.post(PATH, json!({"name": "Ada", "source": "webhook"})).await;
    assert_eq!(refused.refusal().1, [("source".into(), "unknown_property".into())]);
}

#[tokio::test]
async fn every_field_at_fault_is_named() {
    let (_server, client) = Server::new().await;
    let refused = client
        .post(PATH, json!({"email": "nope", "phone": "x", "score": 101, "tags": ["x".repeat(61)]}))
        .await;
    assert_eq!(refused.status, 422);
    let fields: Vec<String> = refused.refusal().1.into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["email", "phone", "score", "tags"]);
    let refused = client.post(PATH, json!({"email": "ada@example.com"})).await;
    assert_eq!(refused.refusal().1, [("name".into(), "required".into())]);
    let stage = json!({"name": "Ada", "stageId": "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10"});
    assert_eq!(client.post(PATH, stage).await.refusal().1[0].1, "unknown_stage");
    let user = json!({"name": "Ada", "assignedTo": "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10"});
    assert_eq!(client.post(PATH, user).await.refusal().1[0].1, "unknown_user");
    assert!(names(&client, "").await.is_empty());
}

#[tokio::test]
async fn a_change_touches_what_it_names_and_tells_what_was_before() {
    let (_server, client) = Server::new().await;
    let fields = json!({"budget": 5, "plan": "pro"});
    let lead =
        make(&client, json!({"name": "Ada", "email": "a@example.com", "customFields": fields}))
            .await;
    let change =
        json!({"email": null, "company": "Acme", "customFields": {"budget": 6, "plan": null}});
    let changed = client.patch(&path(&lead), change).await;
    assert_eq!(changed.header("etag"), Some("\"2\""));
    let changed = changed.expect(200);
    assert_eq!((&changed["email"], &changed["company"]), (&Value::Null, &json!("Acme")));
    assert_eq!(changed["customFields"]["budget"], 6);
    assert!(changed["customFields"].get("plan").is_none());
    let detail = client.get(&path(&lead)).await.expect(200);
    let changes = detail["activities"][0]["detail"]["changes"].as_array().unwrap().clone();
    let told =
        |field: &str| changes.iter().find(|change| change["field"] == field).unwrap().clone();
    assert_eq!(told("email")["from"], "a@example.com");
    assert_eq!(told("customFields.budget")["to"], 6);
    let stale = client.with("if-match", "\"1\"").patch(&path(&lead), json!({"name": "X"})).await;
    assert_eq!(stale.status, 412);
    assert_eq!(stale.body["current"]["version"], 2);
    let cleared = client.patch(&path(&lead), json!({"customFields": null})).await.expect(200);
    assert_eq!(cleared["customFields"], json!({}));
    let refused = client.patch(&path(&lead), json!({"name": null})).await;
    assert_eq!(refused.refusal().1, [("name".into(), "required".into())]);
}

#[tokio::test]
async fn cards_are_placed_between_others_however_often() {
    let (_server, client) = Server::new().await;
    let mut cards = Vec::new();
    for name in ["C", "B", "A"] {
        cards.push(make(&client, json!({"name": name})).await);
    }
    let stage = cards[0]["stageId"].clone();
    let column = "sortBy=position&sortOrder=asc";
    assert_eq!(names(&client, column).await, ["A", "B", "C"]);
    let to = |before: Option<&Value>, after: Option<&Value>| json!({"stageId": stage, "beforeId": before.map(|c| &c["id"]), "afterId": after.map(|c| &c["id"])});
    let [c, b, a] = [&cards[0], &cards[1], &cards[2]];
    client.patch(&format!("{}/stage", path(a)), to(None, Some(c))).await.expect(200);
    assert_eq!(names(&client, column).await, ["B", "C", "A"]);
    client.patch(&format!("{}/stage", path(a)), to(Some(c), None)).await.expect(200);
    assert_eq!(names(&client, column).await, ["B", "A", "C"]);
    // Far more often than the gap can be halved.
    for _ in 0..60 {
        client.patch(&format!("{}/stage", path(c)), to(Some(a), Some(b))).await.expect(200);
        assert_eq!(names(&client, column).await, ["B", "C", "A"]);
        client.patch(&format!("{}/stage", path(a)), to(Some(c), Some(b))).await.expect(200);
        assert_eq!(names(&client, column).await, ["B", "A", "C"]);
    }
    let next = client.get(&format!("{PATH}/board")).await.expect(200)["stages"][1]["id"].clone();
    let moved =
        client.patch(&format!("{}/stage", path(b)), json!({"stageId": next})).await.expect(200);
    assert_eq!(moved["stageId"], next);
    let detail = client.get(&path(b)).await.expect(200);
    assert_eq!(detail["activities"][0]["from"]["name"], "New");
    assert_eq!(detail["activities"][0]["to"]["name"], "Contacted");
    let elsewhere = client
        .patch(&format!("{}/stage", path(a)), json!({"stageId": stage, "beforeId": b["id"]}))
        .await;
    assert_eq!(elsewhere.refusal().1, [("beforeId".into(), "not_in_stage".into())]);
}

#[tokio::test]
async fn a_deleted_lead_is_nowhere_until_it_is_restored() {
    let (_server, client) = Server::new().await;
    let lead = make(&client, json!({"name": "Ada", "tags": ["x"]})).await;
    client.delete(&path(&lead)).await.expect(204);
    client.get(&path(&lead)).await.expect(404);
    client.delete(&path(&lead)).await.expect(404);
    client.patch(&path(&lead), json!({"name": "X"})).await.expect(404);
    assert!(names(&client, "search=ada").await.is_empty());
    assert!(names(&client, "tag=x").await.is_empty());
    client.post(&format!("{}/restore", path(&lead)), json!({})).await.expect(200);
    assert_eq!(names(&client, "search=ada").await, ["Ada"]);
    assert_eq!(names(&client, "tag=X").await, ["Ada"]);
}

#[tokio::test]
async fn notes_and_assignment_stand_in_the_timeline() {
    let (_server, client) = Server::new().await;
    let lead = make(&client, json!({"name": "Ada"})).await;
    let note = client
        .post(&format!("{}/notes", path(&lead)), json!({"value": " Call\nback "}))
        .await
        .expect(201);
    assert_eq!(
        (&note["value"], &note["author"]["name"]),
        (&json!("Call\nback"), &json!("Ada Lovelace"))
    );
    let me = client.get("/v1/identity/auth/me").await.expect(200)["user"]["id"].clone();
    let assign = format!("{}/assign", path(&lead));
    let assigned = client.patch(&assign, json!({"assignedTo": me})).await.expect(200);
    assert_eq!(assigned["assignee"]["name"], "Ada Lovelace");
    assert_eq!(client.patch(&assign, json!({})).await.refusal().1[0].1, "required");
    assert_eq!(names(&client, "assignedTo=me").await, ["Ada"]);
    client.patch(&assign, json!({"assignedTo": null})).await.expect(200);
    assert_eq!(names(&client, "assignedTo=none").await, ["Ada"]);
    let note_path = format!("{}/notes/{}", path(&lead), note["id"].as_str().unwrap());
    client.delete(&note_path).await.expect(204);
    client.delete(&note_path).await.expect(404);
    let timeline = client.get(&format!("{}/activities?limit=2", path(&lead))).await.expect(200);
    assert_eq!(
        (&timeline["total"], &timeline["data"][0]["type"]),
        (&json!(5), &json!("note_deleted"))
    );
    let next = timeline["nextCursor"].as_str().unwrap();
    let rest = client.get(&format!("{}/activities?cursor={next}", path(&lead))).await.expect(200);
    assert_eq!(rest["data"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn bulk_actions_do_each_lead_or_say_why_not() {
    let (_server, client) = Server::new().await;
    let (a, b) =
        (make(&client, json!({"name": "A"})).await, make(&client, json!({"name": "B"})).await);
    let board = client.get(&format!("{PATH}/board")).await.expect(200);
    let won = board["stages"][4]["id"].clone();
    let missing = "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10";
    let bulk = |body: Value| {
        let client = client.clone();
        async move { client.post(&format!("{PATH}/bulk-action"), body).await }
    };
    let ids = json!([a["id"], b["id"], missing]);
    let moved =
        bulk(json!({"action": "move_stage", "leadIds": ids, "stageId": won})).await.expect(200);
    assert_eq!(moved["updated"], 2);
    assert_eq!(
        (&moved["failed"][0]["leadId"], &moved["failed"][0]["code"]),
        (&json!(missing), &json!("not_found"))
    );
    let order = format!("stageId={}&sortBy=position", won.as_str().unwrap());
    assert_eq!(names(&client, &order).await, ["A", "B"]);
    bulk(json!({"action": "tag", "leadIds": ids, "tags": ["vip"]})).await.expect(200);
    assert_eq!(names(&client, "tag=vip").await.len(), 2);
    bulk(json!({"action": "untag", "leadIds": [a["id"]], "tags": ["VIP"]})).await.expect(200);
    assert_eq!(names(&client, "tag=vip").await, ["B"]);
    bulk(json!({"action": "delete", "leadIds": ids})).await.expect(200);
    assert!(names(&client, "").await.is_empty());
    assert_eq!(bulk(json!({"action": "restore", "leadIds": ids})).await.expect(200)["updated"], 2);
    let refused = bulk(json!({"action": "move_stage", "leadIds": ids, "stageId": missing})).await;
    assert_eq!(refused.refusal().1, [("stageId".into(), "unknown_stage".into())]);
    assert_eq!(bulk(json!({"action": "tag", "leadIds": []})).await.status, 422);
    assert_eq!(bulk(json!({"action": "explode", "leadIds": ids})).await.refusal().1[0].0, "action");
}

#[tokio::test]
async fn search_finds_a_piece_of_anything_in_any_script() {
    let (server, client) = Server::new().await;
    for (name, email, phone, company) in [
        ("Élodie Groß", "elodie@exemple.fr", "+33 6 12 34 56 78", "Café"),
        ("王小明", "wang@example.cn", "+86 138 0013 8000", "华为"),
        ("Мария Иванова", "m@example.ru", "8 (495) 123-45-67", "Яндекс"),
        ("Ann Lee", "ann.lee@acme.com", "(415) 555-2671", "Acme Corp"),
    ] {
        make(&client, json!({"name": name, "email": email, "phone": phone, "company": company}))
            .await;
    }
    let cases = [
        ("elod", "Élodie Groß"),
        ("GROSS", "Élodie Groß"),
        ("cafe", "Élodie Groß"),
        ("0612345678", "Élodie Groß"),
        ("小", "王小明"),
        ("小明", "王小明"),
        ("华", "王小明"),
        ("иванов", "Мария Иванова"),
        ("Яндекс", "Мария Иванова"),
        ("5552671", "Ann Lee"),
        ("415-555 26", "Ann Lee"),
        ("+1 (415) 555", "Ann Lee"),
        ("acme.com", "Ann Lee"),
        ("lee corp", "Ann Lee"),
        ("nn", "Ann Lee"),
    ];
    // First read from the unindexed rest by scan, then from the index.
    for indexed in [false, true] {
        if indexed {
            server.app.db.write(leads::leads::search::catch_up).await.unwrap();
        }
        for (typed, name) in cases {
            let query: String = form_urlencoded::byte_serialize(typed.as_bytes()).collect();
            assert_eq!(
                names(&client, &format!("search={query}")).await,
                [name],
                "{typed} {indexed}"
            );
        }
        assert!(names(&client, "search=zzz").await.is_empty());
        assert!(names(&client, "search=qx").await.is_empty());
        assert_eq!(names(&client, "search=%2B").await.len(), 0);
        assert!(names(&client, "search=%22%20OR%20%22").await.is_empty());
    }
}

#[tokio::test]
async fn every_order_pages_through_everything_once() {
    let (_server, client) = Server::new().await;
    for n in 0..25 {
        let mut lead =
            json!({"name": format!("Lead {:02}", (n * 7) % 25), "score": n % 5, "tags": ["all"]});
        if n % 3 > 0 {
            lead["email"] = json!(format!("lead{n}@example.com"));
            lead["company"] = json!(format!("Company {}", n % 4));
        }
        make(&client, lead).await;
    }
    let orders = [
        "createdAt",
        "updatedAt",
        "name",
        "email",
        "phone",
        "company",
        "title",
        "source",
        "score",
        "position",
    ];
    for filter in ["", "&tag=all", "&search=lead", "&search=l", "&source=api", "&assignedTo=none"] {
        for by in orders {
            for direction in ["asc", "desc"] {
                let query = format!("sortBy={by}&sortOrder={direction}&limit=200{filter}");
                let whole = names(&client, &query).await;
                assert_eq!(whole.len(), 25, "{query}");
                let mut paged = Vec::new();
                let mut cursor = String::new();
                loop {
                    let path =
                        format!("{PATH}?sortBy={by}&sortOrder={direction}&limit=7{filter}{cursor}");
                    let page = client.get(&path).await.expect(200);
                    assert_eq!(
                        (&page["total"], &page["totalIsCapped"]),
                        (&json!(25), &json!(false))
                    );
                    let data = page["data"].as_array().unwrap();
                    paged.extend(data.iter().map(|lead| lead["name"].as_str().unwrap().to_owned()));
                    match page["nextCursor"].as_str() {
                        Some(next) => cursor = format!("&cursor={next}"),
                        None => break,
                    }
                }
                assert_eq!(paged, whole, "{query}");
                let third = format!("sortBy={by}&sortOrder={direction}&limit=7&page=3{filter}");
                assert_eq!(names(&client, &third).await, whole[14..21], "{third}");
            }
        }
    }
}

#[tokio::test]
async fn custom_fields_and_tags_filter_exactly() {
    let (server, client) = Server::new().await;
    let fields = json!({"plan": "Pro", "seats": 5, "paid": true, "topics": ["a", "b"]});
    make(&client, json!({"name": "Ada", "customFields": fields, "tags": ["Hot"]})).await;
    make(&client, json!({"name": "Bob", "customFields": {"plan": "pro"}})).await;
    for indexed in [false, true] {
        if indexed {
            server.app.db.write(leads::leads::search::catch_up).await.unwrap();
        }
        for query in ["plan=Pro", "seats=5", "paid=true", "topics=b"] {
            assert_eq!(names(&client, &format!("customFields.{query}")).await, ["Ada"], "{query}");
        }
        assert_eq!(names(&client, "customFields.plan=pro").await, ["Bob"]);
        assert!(names(&client, "customFields.plan=Pr").await.is_empty());
        assert_eq!(names(&client, "tag=hot&customFields.plan=Pro").await, ["Ada"]);
    }
    let known = client.get(&format!("{PATH}/custom-fields")).await.expect(200);
    assert_eq!(known["data"][1], json!({"key": "plan", "displayName": "Plan"}));
    assert_eq!(
        client.get(&format!("{PATH}/tags")).await.expect(200)["data"],
        json!([{"tag": "Hot"}])
    );
}

#[tokio::test]
async fn a_parameter_at_fault_is_named() {
    let (_server, client) = Server::new().await;
    for (query, field) in [
        ("sortBy=colour", "sortBy"),
        ("sortOrder=up", "sortOrder"),
        ("page=0", "page"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("source=fax", "source"),
        ("stageId=1", "stageId"),
        ("assignedTo=you", "assignedTo"),
        ("cursor=nonsense", "cursor"),
        ("stage=new", "stage"),
    ] {
        let refused = client.get(&format!("{PATH}?{query}")).await;
        assert_eq!(refused.status, 422, "{query}");
        assert_eq!(refused.refusal().1[0].0, field, "{query}");
    }
}

#[tokio::test]
async fn the_same_key_gets_the_same_answer_and_makes_one_lead() {
    let (server, client) = Server::new().await;
    let client = client.with("idempotency-key", "abc");
    let first = client.post(PATH, json!({"name": "Ada"})).await;
    let again = client.post(PATH, json!({"name": "Ada"})).await;
    assert_eq!((first.status, again.status, &first.body), (201, 201, &again.body));
    assert_eq!(again.header("etag"), first.header("etag"));
    let other = client.post(PATH, json!({"name": "Bob"})).await;
    assert_eq!((other.status, other.refusal().1[0].1.as_str()), (422, "key_reused"));
    server.clock.advance_millis(86_400_000 + 1);
    let later = client.post(PATH, json!({"name": "Ada"})).await.expect(201);
    assert_ne!(later["id"], first.body["id"]);
}
