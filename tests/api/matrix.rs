//! Every route as every kind of actor: what the table of permissions says is what happens, and a route
//! without a row fails.

use crate::harness::{Client, Server};
use axum::http::Method;
use leads::auth::Permission;
use leads::server::openapi::describe;
use leads::server::permissions::{Access, TABLE};
use serde_json::{Value, json};

/// All operations of the description: method, path.
fn operations() -> Vec<(String, String, Value)> {
    let description = serde_json::to_value(describe()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if ["get", "post", "put", "patch", "delete"].contains(&method.as_str()) {
                operations.push((method.to_uppercase(), path.clone(), operation.clone()));
            }
        }
    }
    operations
}

#[test]
fn every_route_has_one_row_and_every_row_a_route() {
    let mut routes: Vec<_> = operations().into_iter().map(|(m, p, _)| format!("{m} {p}")).collect();
    let mut rows: Vec<_> = TABLE.iter().map(|(m, p, _)| format!("{m} {p}")).collect();
    routes.sort();
    rows.sort();
    assert_eq!(routes, rows);
}

#[test]
fn the_description_is_complete() {
    let document = serde_json::to_value(describe()).unwrap();
    let schemas = &document["components"]["schemas"];
    for (method, path, operation) in operations() {
        let at = format!("{method} {path}");
        assert!(operation["summary"].is_string(), "{at} has no summary");
        assert!(operation["tags"][0].is_string(), "{at} has no tag");
        assert!(operation["operationId"].is_string(), "{at} has no operationId");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{at} never succeeds");
        for (status, response) in responses {
            let problem = &response["content"]["application/problem+json"]["schema"]["$ref"];
            let plain = &response["content"]["application/json"]["schema"]["$ref"];
            if status.starts_with('4') {
                // People who follow a link get a page, whatever comes of it.
                let is_page = response["content"]["text/html"].is_object();
                let described = is_page
                    || [problem, plain].iter().any(|r| *r == "#/components/schemas/Problem");
                assert!(described, "{at} {status} has no problem: {response}");
            }
        }
        succeeds_with_something(&at, &operation);
        if let Some(body) = operation["requestBody"]["content"].get("application/json") {
            let has_example =
                body["example"].is_object() || example(&document, &body["schema"]).is_some();
            assert!(has_example, "{at} has no example of its body");
        }
        for name in path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()) {
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            assert!(
                parameters.iter().any(|p| p["name"] == name && p["in"] == "path"),
                "{at} hides {name}"
            );
        }
    }
    let text = document.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schemas[name].is_object(), "{name} is referred to and not described");
    }
}

/// Each success but 204 has a body that is described.
fn succeeds_with_something(at: &str, operation: &Value) {
    for (status, response) in operation["responses"].as_object().unwrap() {
        if !status.starts_with('2') || status == "204" {
            continue;
        }
        let bodies = response["content"].as_object().unwrap_or_else(|| panic!("{at} {status}"));
        for (kind, body) in bodies {
            assert!(body["schema"].is_object(), "{at} {status} tells nothing of its {kind}");
        }
    }
}

/// An example of a schema, put together from those of its properties; `None` where nothing has one.
fn example(document: &Value, schema: &Value) -> Option<Value> {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap();
        return example(document, &document["components"]["schemas"][name]);
    }
    let own = schema.get("example").or_else(|| schema["examples"].get(0));
    if let Some(own) = own.or_else(|| schema["enum"].get(0)) {
        return Some(own.clone());
    }
    if let Some(properties) = schema["properties"].as_object() {
        let whole: serde_json::Map<String, Value> = properties
            .iter()
            .filter_map(|(name, property)| Some((name.clone(), example(document, property)?)))
            .collect();
        return (!whole.is_empty()).then_some(Value::Object(whole));
    }
    if schema["items"].is_object() {
        return example(document, &schema["items"]).map(|item| json!([item]));
    }
    ["oneOf", "anyOf", "allOf"]
        .iter()
        .filter_map(|kind| schema[*kind].as_array())
        .flatten()
        .find_map(|one| example(document, one))
}

/// The body that the description gives as an example; an empty object where an operation takes none.
fn plausible(document: &Value, method: &str, path: &str) -> Value {
    let operation = &document["paths"][path][method.to_lowercase()];
    let body = &operation["requestBody"]["content"]["application/json"];
    let own = body.get("example").cloned();
    own.or_else(|| example(document, &body["schema"])).unwrap_or_else(|| json!({}))
}

#[tokio::test]
async fn every_example_of_a_body_has_the_shape_that_is_taken() {
    let (_server, root) = Server::new().await;
    let document = serde_json::to_value(describe()).unwrap();
    let mut faults = Vec::new();
    for (method, path, operation) in operations() {
        if operation["requestBody"]["content"].get("application/json").is_none() {
            continue;
        }
        let body = plausible(&document, &method, &path);
        let answer = root.json(method.parse().unwrap(), &filled(&path), body.clone()).await;
        let shape = ["wrong_type", "unknown_property", "required"];
        let misshapen = answer.refusal().1.iter().any(|(_, code)| shape.contains(&code.as_str()));
        if misshapen || [400, 415].contains(&answer.status) {
            faults.push(format!("{method} {path} {body}: {} {}", answer.status, answer.body));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Somebody who asks, and what they may do; `None` proves nothing and is answered 401.
struct Kind {
    name: &'static str,
    client: Client,
    may: Option<Vec<Permission>>,
}

async fn kinds(server: &Server, root: &Client) -> Vec<Kind> {
    use Permission::*;
    let mut kinds = Vec::new();
    let mut add = |name, client, may| kinds.push(Kind { name, client, may });
    let token = |permissions: Value, expires: Value| {
        let root = root.clone();
        async move {
            let new = json!({"name": "T", "permissions": permissions, "expiresAt": expires});
            root.post("/v1/identity/tokens", new).await.expect(201)
        }
    };
    add("anonymous", server.anonymous(), None);
    add("garbage", server.bearer("leads_nonsense"), None);
    let soon = server.clock.now().plus_millis(1000).rfc3339();
    let expired = token(json!(["leads:manage"]), json!(soon)).await;
    add("expired token", server.bearer(expired["token"].as_str().unwrap()), None);
    let revoked = token(json!(["leads:manage"]), Value::Null).await;
    root.delete(&format!("/v1/identity/tokens/{}", revoked["id"].as_str().unwrap()))
        .await
        .expect(204);
    add("revoked token", server.bearer(revoked["token"].as_str().unwrap()), None);
    let disabled = server.member(root, "admin").await;
    let me = disabled.get("/v1/identity/auth/me").await.expect(200);
    let path = format!("/v1/identity/users/{}", me["user"]["id"].as_str().unwrap());
    root.patch(&path, json!({"isActive": false})).await.expect(200);
    add("disabled", disabled, None);
    let webhook =
        root.post("/v1/identity/lead-webhooks", json!({"name": "Form"})).await.expect(201);
    add("webhook key as token", server.bearer(webhook["apiKey"].as_str().unwrap()), None);
    add("agent", server.member(root, "agent").await, Some(vec![ContactsView, BroadcastView]));
    let marketer =
        vec![LeadsView, LeadsManage, ContactsView, ContactsManage, BroadcastView, BroadcastManage];
    add("marketer", server.member(root, "marketer").await, Some(marketer));
    let admin = Permission::ALL.into_iter().filter(|p| *p != WorkspacesManage).collect();
    add("admin", server.member(root, "admin").await, Some(admin));
    add("super admin", server.member(root, "super_admin").await, Some(Permission::ALL.to_vec()));
    let role = json!({"name": "Reader", "permissions": ["leads:view"]});
    let role = root.post("/v1/identity/roles", role).await.expect(201);
    add("reader", server.member(root, role["id"].as_str().unwrap()).await, Some(vec![LeadsView]));
    let program = token(json!(["leads:view"]), Value::Null).await;
    add("reading token", server.bearer(program["token"].as_str().unwrap()), Some(vec![LeadsView]));
    kinds
}

/// A path with ids that nothing has.
fn filled(path: &str) -> String {
    let nothing = "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10";
    path.split('/')
        .map(|part| if part.starts_with('{') { nothing } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

#[tokio::test]
async fn every_route_is_open_to_whom_the_table_says_and_to_nobody_else() {
    let (server, old) = Server::new().await;
    // A session that nobody used for longer than seven days.
    server.clock.advance_millis(8 * 86_400_000);
    let root = server.sign_in("ada@example.com").await;
    let mut kinds = kinds(&server, &root).await;
    kinds.push(Kind { name: "expired session", client: old, may: None });
    server.clock.advance_millis(2000);
    let document = serde_json::to_value(describe()).unwrap();
    let mut faults = Vec::new();
    for (method, path, access) in TABLE {
        let body = plausible(&document, method, path);
        for kind in &kinds {
            let signs_out = *path == "/v1/identity/auth/logout";
            let streams = *path == "/v1/identity/events";
            let allowed = match (access, &kind.may) {
                (Access::Public, _) => true,
                (_, None) => false,
                (Access::Member, Some(_)) => true,
                (Access::Needs(permission), Some(may)) => may.contains(permission),
            };
            if allowed && (signs_out || streams) {
                continue;
            }
            let target = filled(path);
            let answer = kind.client.json(method.parse().unwrap(), &target, body.clone()).await;
            let lacks = answer.body["code"] == "permission_missing";
            let fits = match (allowed, kind.may.is_some()) {
                (true, true) => answer.status != 401 && !lacks || *access == Access::Public,
                (true, false) => !lacks,
                (false, true) => answer.status == 403 && lacks,
                (false, false) => answer.status == 401,
            };
            if !fits {
                let (status, name) = (answer.status, kind.name);
                faults.push(format!("{status} {method} {path} as {name}: {}", answer.body));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[tokio::test]
async fn a_workspace_that_is_not_ones_own_is_not_there_on_any_route() {
    let (server, root) = Server::new().await;
    let other = root.post("/v1/identity/workspaces", json!({"name": "Other"})).await.expect(201);
    let token = json!({"name": "T", "permissions": ["leads:manage", "users:manage"]});
    let token = root.post("/v1/identity/tokens", token).await.expect(201);
    let strangers = [
        ("admin", server.member(&root, "admin").await),
        ("marketer", server.member(&root, "marketer").await),
        ("token", server.bearer(token["token"].as_str().unwrap())),
    ];
    let nowhere = "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10";
    for (method, path, access) in TABLE.iter().filter(|row| row.2 != Access::Public) {
        for (name, stranger) in &strangers {
            for id in [other["id"].as_str().unwrap(), nowhere, "nonsense"] {
                let there = stranger.with("x-workspace-id", id);
                let answer = there.json(method.parse().unwrap(), &filled(path), json!({})).await;
                let at = format!("{method} {path} ({access:?}) as {name} in {id}");
                assert_eq!(answer.status, 404, "{at}: {}", answer.body);
            }
        }
    }
}

#[tokio::test]
async fn nothing_of_another_workspace_is_reached_by_its_id() {
    let (server, root) = Server::new().await;
    let lead = root.post("/v1/identity/leads", json!({"name": "Ada"})).await.expect(201);
    let lead_id = lead["id"].as_str().unwrap();
    let note = root
        .post(&format!("/v1/identity/leads/{lead_id}/notes"), json!({"value": "x"}))
        .await
        .expect(201);
    let webhook =
        root.post("/v1/identity/lead-webhooks", json!({"name": "Form"})).await.expect(201);
    let token = root
        .post("/v1/identity/tokens", json!({"name": "T", "permissions": ["leads:view"]}))
        .await
        .expect(201);
    let role =
        root.post("/v1/identity/roles", json!({"name": "R", "permissions": []})).await.expect(201);
    let invitation = root
        .post("/v1/identity/invitations", json!({"email": "x@example.com", "role": "agent"}))
        .await
        .expect(201);
    server.member(&root, "marketer").await;
    let member = root.get("/v1/identity/users").await.expect(200)["data"][1]["id"].clone();
    let other = root.post("/v1/identity/workspaces", json!({"name": "Other"})).await.expect(201);
    let there = root.with("x-workspace-id", other["id"].as_str().unwrap());
    let stranger = server.member(&there, "admin").await;
    let of = |path: &str| -> Option<String> {
        let known = [
            ("/leads/{id}", lead_id),
            ("/lead-pipelines/{id}", lead["pipelineId"].as_str().unwrap()),
            ("/lead-webhooks/{id}", webhook["id"].as_str().unwrap()),
            ("/users/{id}", member.as_str().unwrap()),
            ("/roles/{id}", role["id"].as_str().unwrap()),
            ("/tokens/{id}", token["id"].as_str().unwrap()),
            ("/invitations/{id}", invitation["id"].as_str().unwrap()),
        ];
        let (prefix, id) = known.into_iter().find(|(prefix, _)| path.contains(prefix))?;
        let path = path.replace(prefix, &prefix.replace("{id}", id));
        Some(
            path.replace("{noteId}", note["id"].as_str().unwrap()).replace("{deliveryId}", lead_id),
        )
    };
    let mut checked = 0;
    for (method, path, _) in TABLE {
        let Some(path) = of(path) else { continue };
        let body = match path.rsplit('/').next().unwrap() {
            "stage" => json!({"stageId": lead["stageId"]}),
            "assign" => json!({"assignedTo": null}),
            "notes" => json!({"value": "x"}),
            "password" => json!({"password": "a walk in the park"}),
            "preview" => json!({"payload": {}}),
            "merge" => json!({"leadId": lead_id}),
            _ => json!({}),
        };
        let method: Method = method.parse().unwrap();
        let asks = method == Method::GET && path.ends_with("/merge");
        let path = if asks { format!("{path}?leadId={lead_id}") } else { path };
        let answer = stranger.json(method.clone(), &path, body).await;
        assert_eq!(answer.status, 404, "{method} {path}: {}", answer.body);
        checked += 1;
    }
    assert!(checked > 20, "only {checked} routes take an id");
    let bulk = json!({"action": "delete", "leadIds": [lead_id]});
    let outcome = stranger.post("/v1/identity/leads/bulk-action", bulk).await.expect(200);
    assert_eq!(
        (&outcome["updated"], &outcome["failed"][0]["code"]),
        (&json!(0), &json!("not_found"))
    );
    root.get(&format!("/v1/identity/leads/{lead_id}")).await.expect(200);
}
