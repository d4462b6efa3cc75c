//! Saved views of leads, one's own and shared.

use crate::harness::{Client, Server};
use serde_json::{Value, json};

const VIEWS: &str = "/v1/identity/lead-views";

async fn reader(server: &Server, root: &Client) -> Client {
    let role = json!({"name": "Reader", "permissions": ["leads:view"]});
    let role = root.post("/v1/identity/roles", role).await.expect(201);
    server.member(root, role["id"].as_str().unwrap()).await
}

async fn names(client: &Client) -> Vec<String> {
    let page = client.get(VIEWS).await.expect(200);
    let data = page["data"].as_array().unwrap();
    data.iter().map(|view| view["name"].as_str().unwrap().to_owned()).collect()
}

fn path(view: &Value) -> String {
    format!("{VIEWS}/{}", view["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_view_is_saved_changed_and_deleted() {
    let (_server, client) = Server::new().await;
    let new = json!({"name": " Hot ", "kind": "list", "sortBy": "score", "sortOrder": "desc",
        "filter": {"tag": "hot", "assignedTo": "me", "customFields": {"budget": "5k"}},
        "columns": [{"key": "name", "width": 240}, {"key": "customFields.budget"}]});
    let answer = client.post(VIEWS, new.clone()).await;
    assert_eq!((answer.status, answer.header("etag")), (201, Some("\"1\"")));
    let view = answer.body;
    assert_eq!((&view["name"], &view["isShared"]), (&json!("Hot"), &json!(false)));
    assert_eq!((&view["filter"], &view["columns"]), (&new["filter"], &new["columns"]));
    assert_eq!(
        (&view["owner"]["name"], &view["canChange"]),
        (&json!("Ada Lovelace"), &json!(true))
    );
    client.post(VIEWS, json!({"name": "Board", "kind": "board"})).await.expect(201);
    assert_eq!(names(&client).await, ["Hot", "Board"]);
    let change =
        json!({"name": "Warm", "filter": {}, "sortBy": null, "sortOrder": null, "position": 9});
    let changed = client.patch(&path(&view), change).await.expect(200);
    assert_eq!((&changed["filter"], &changed["sortBy"]), (&json!({}), &Value::Null));
    assert_eq!((&changed["columns"], &changed["version"]), (&new["columns"], &json!(2)));
    assert_eq!(names(&client).await, ["Board", "Warm"]);
    assert_eq!(client.get(&path(&view)).await.expect(200), changed);
    let stale = client.with("if-match", "\"1\"");
    let answer = stale.patch(&path(&view), json!({"name": "Cold"})).await;
    assert_eq!((answer.status, &answer.body["current"]["name"]), (412, &json!("Warm")));
    assert_eq!(stale.delete(&path(&view)).await.status, 412);
    client.with("if-match", "\"2\"").delete(&path(&view)).await.expect(204);
    client.get(&path(&view)).await.expect(404);
}

#[tokio::test]
async fn ones_own_is_ones_own_and_a_shared_one_is_its_owners_and_the_managers() {
    let (server, root) = Server::new().await;
    let (marketer, reader) = (server.member(&root, "marketer").await, reader(&server, &root).await);
    let own = reader.post(VIEWS, json!({"name": "Mine", "kind": "list"})).await.expect(201);
    for other in [&root, &marketer] {
        other.get(&path(&own)).await.expect(404);
        other.patch(&path(&own), json!({"name": "x"})).await.expect(404);
        other.delete(&path(&own)).await.expect(404);
        assert!(names(other).await.is_empty());
    }
    let sharing = json!({"name": "All", "kind": "list", "isShared": true});
    assert_eq!(reader.post(VIEWS, sharing.clone()).await.refusal().0, "permission_missing");
    let answer = reader.patch(&path(&own), json!({"isShared": true})).await;
    assert_eq!((answer.status, answer.refusal().0), (403, "permission_missing".into()));
    let shared = marketer.post(VIEWS, sharing).await.expect(201);
    let seen = reader.get(&path(&shared)).await.expect(200);
    assert_eq!((&seen["canChange"], &seen["isShared"]), (&json!(false), &json!(true)));
    assert_eq!(names(&reader).await, ["Mine", "All"]);
    assert_eq!(reader.patch(&path(&shared), json!({"name": "x"})).await.status, 403);
    assert_eq!(reader.delete(&path(&shared)).await.status, 403);
    root.patch(&path(&shared), json!({"name": "Everybody's"})).await.expect(200);
    // Taken back, it is its owner's alone.
    root.patch(&path(&shared), json!({"isShared": false})).await.expect(200);
    root.get(&path(&shared)).await.expect(404);
    assert_eq!(names(&marketer).await, ["Everybody's"]);
    marketer.delete(&path(&shared)).await.expect(204);
}

#[tokio::test]
async fn a_program_sees_and_makes_shared_views_only() {
    let (server, root) = Server::new().await;
    root.post(VIEWS, json!({"name": "Ada's", "kind": "board"})).await.expect(201);
    let token = json!({"name": "T", "permissions": ["leads:manage"]});
    let token = root.post("/v1/identity/tokens", token).await.expect(201);
    let program = server.bearer(token["token"].as_str().unwrap());
    assert!(names(&program).await.is_empty());
    let made = program.post(VIEWS, json!({"name": "Made", "kind": "list"})).await.expect(201);
    assert_eq!((&made["isShared"], &made["owner"]), (&json!(true), &Value::Null));
    assert_eq!(names(&root).await, ["Ada's", "Made"]);
    let answer = root.patch(&path(&made), json!({"isShared": false})).await;
    assert_eq!(answer.refusal().1, [("isShared".into(), "no_owner".into())]);
    let preferences = format!("{VIEWS}/preferences");
    program.get(&preferences).await.expect(200);
    assert_eq!(program.patch(&preferences, json!({})).await.refusal().0, "no_account");
}

#[tokio::test]
async fn what_no_list_takes_is_refused() {
    let (_server, client) = Server::new().await;
    let stage = "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10";
    let refused = [
        (json!({"name": " "}), "name", "required"),
        (json!({"name": "x".repeat(101)}), "name", "too_long"),
        (json!({"sortBy": "shoe"}), "sortBy", "invalid"),
        (json!({"sortOrder": "up"}), "sortOrder", "invalid"),
        (json!({"filter": {"assignedTo": "you"}}), "filter.assignedTo", "invalid"),
        (json!({"filter": {"search": "x".repeat(501)}}), "filter.search", "too_long"),
        (json!({"filter": {"customFields": {"a": 1}}}), "filter.customFields.a", "wrong_type"),
        (json!({"columns": [{"key": "shoe"}]}), "columns.0", "unknown_column"),
        (json!({"columns": [{"key": "id"}, {"key": "id"}]}), "columns.1", "twice"),
        (json!({"columns": [{"key": "id", "width": 5}]}), "columns.0", "out_of_range"),
    ];
    let view = client.post(VIEWS, json!({"name": "V", "kind": "list"})).await.expect(201);
    for (change, field, code) in refused {
        let mut new = json!({"name": "V", "kind": "list"});
        for (name, value) in change.as_object().unwrap() {
            new[name] = value.clone();
        }
        for answer in [client.post(VIEWS, new).await, client.patch(&path(&view), change).await] {
            assert_eq!(answer.status, 422, "{field}");
            assert_eq!(answer.refusal().1, [(field.into(), code.into())]);
        }
    }
    // What is gone may be named: a list of it is empty.
    let gone =
        json!({"name": "V", "kind": "list", "filter": {"stageId": stage, "pipelineId": stage}});
    client.post(VIEWS, gone).await.expect(201);
    let unknown = json!({"name": "V", "kind": "list", "filter": {"shoe": 1}});
    assert_eq!(client.post(VIEWS, unknown).await.status, 422);
    assert_eq!(client.get(&path(&view)).await.expect(200), view);
}

#[tokio::test]
async fn everybody_prefers_for_themselves() {
    let (server, root) = Server::new().await;
    let reader = reader(&server, &root).await;
    let preferences = format!("{VIEWS}/preferences");
    let first = reader.get(&preferences).await.expect(200);
    assert_eq!(first, json!({"defaultViewId": null, "columns": [], "version": 0}));
    let shared = json!({"name": "All", "kind": "list", "isShared": true});
    let shared = root.post(VIEWS, shared).await.expect(201);
    let columns = json!([{"key": "company"}, {"key": "name", "width": 200}]);
    let change = json!({"defaultViewId": shared["id"], "columns": columns});
    let changed = reader.patch(&preferences, change).await.expect(200);
    assert_eq!((&changed["defaultViewId"], &changed["version"]), (&shared["id"], &json!(1)));
    let change = json!({"columns": []});
    assert_eq!(reader.with("if-match", "\"0\"").patch(&preferences, change).await.status, 412);
    let kept = reader.get(&preferences).await.expect(200);
    assert_eq!((&kept["columns"], kept["version"].as_i64()), (&columns, Some(1)));
    assert_eq!(root.get(&preferences).await.expect(200)["columns"], json!([]));
    // A view that is nobody's to see any more is nobody's beginning.
    root.patch(&path(&shared), json!({"isShared": false})).await.expect(200);
    assert_eq!(reader.get(&preferences).await.expect(200)["defaultViewId"], Value::Null);
    let change = json!({"defaultViewId": shared["id"]});
    let answer = reader.patch(&preferences, change.clone()).await;
    assert_eq!(answer.refusal().1, [("defaultViewId".into(), "unknown_view".into())]);
    root.patch(&preferences, change).await.expect(200);
    root.delete(&path(&shared)).await.expect(204);
    assert_eq!(root.get(&preferences).await.expect(200)["defaultViewId"], Value::Null);
}

#[tokio::test]
async fn nobody_elses_workspace_is_reached() {
    let (server, root) = Server::new().await;
    let shared = json!({"name": "All", "kind": "list", "isShared": true});
    let shared = root.post(VIEWS, shared).await.expect(201);
    let other = root.post("/v1/identity/workspaces", json!({"name": "Other"})).await.expect(201);
    let there = root.with("x-workspace-id", other["id"].as_str().unwrap());
    let stranger = server.member(&there, "admin").await;
    stranger.get(&path(&shared)).await.expect(404);
    stranger.patch(&path(&shared), json!({})).await.expect(404);
    stranger.delete(&path(&shared)).await.expect(404);
    assert!(names(&there).await.is_empty());
}
