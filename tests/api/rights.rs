//! Nobody gains more than they were given: by a password, a second workspace, or an old invitation.

use crate::harness::{Client, PASSWORD, Server};
use serde_json::{Value, json};

const USERS: &str = "/v1/identity/users";
const WORKSPACES: &str = "/v1/identity/workspaces";
const INVITATIONS: &str = "/v1/identity/invitations";

fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

/// The address of somebody among the members, and where they sign in with.
async fn myself(client: &Client) -> (String, String) {
    let me = client.get("/v1/identity/auth/me").await.expect(200);
    (format!("{USERS}/{}", id(&me["user"])), me["user"]["email"].as_str().unwrap().to_owned())
}

/// Invites somebody; answers the address at which the link is accepted.
async fn invite(by: &Client, email: &str, role: &str) -> String {
    let made = by.post(INVITATIONS, json!({"email": email, "role": role})).await.expect(201);
    let token = made["url"].as_str().unwrap().rsplit('/').next().unwrap();
    format!("{INVITATIONS}/by-token/{token}/accept")
}

#[tokio::test]
async fn who_manages_users_takes_over_nobody_mightier() {
    let (server, root) = Server::new().await;
    let role = json!({"name": "Staff office", "permissions": ["users:manage", "leads:view"]});
    let role = root.post("/v1/identity/roles", role).await.expect(201);
    let office = server.member(&root, id(&role)).await;
    let (admin, _) = myself(&server.member(&root, "admin").await).await;
    let password = json!({"password": "a walk in the rain"});
    let refused = office.post(&format!("{admin}/password"), password.clone()).await;
    assert_eq!((refused.status, refused.refusal().0), (403, "role_too_mighty".into()));
    for change in [json!({"role": id(&role)}), json!({"isActive": false}), json!({"name": "X"})] {
        assert_eq!(office.patch(&admin, change).await.refusal().0, "role_too_mighty");
    }
    assert_eq!(office.delete(&admin).await.refusal().0, "role_too_mighty");
    let (equal, _) = myself(&server.member(&root, id(&role)).await).await;
    office.post(&format!("{equal}/password"), password).await.expect(204);
}

#[tokio::test]
async fn a_super_admin_no_more_is_so_in_no_workspace() {
    let (server, root) = Server::new().await;
    let second = server.member(&root, "super_admin").await;
    let other = second.post(WORKSPACES, json!({"name": "Other"})).await.expect(201);
    let there = second.with("x-workspace-id", id(&other));
    there.get("/v1/system/backups").await.expect(200);
    let (path, _) = myself(&second).await;
    root.patch(&path, json!({"role": "agent"})).await.expect(200);
    assert_eq!(there.get("/v1/system/backups").await.refusal().0, "permission_missing");
    let me = there.get("/v1/identity/auth/me").await.expect(200);
    assert_eq!(me["user"]["role"], "admin");
    second.get("/v1/identity/leads").await.expect(403);
}

#[tokio::test]
async fn somebody_invited_as_super_admin_is_one() {
    let (server, root) = Server::new().await;
    let (path, email) = myself(&server.member(&root, "agent").await).await;
    let other = root.post(WORKSPACES, json!({"name": "Other"})).await.expect(201);
    let there = root.with("x-workspace-id", id(&other));
    let accept = invite(&there, &email, "super_admin").await;
    server.anonymous().post(&accept, json!({"password": PASSWORD})).await.expect(201);
    assert_eq!(root.get(&path).await.expect(200)["role"], "super_admin");
    // So an admin of either workspace leaves them alone.
    let admin = server.member(&there, "admin").await;
    assert_eq!(admin.patch(&path, json!({"isActive": false})).await.status, 403);
}

#[tokio::test]
async fn somebody_taken_out_can_be_invited_again() {
    let (server, root) = Server::new().await;
    let (path, email) = myself(&server.member(&root, "marketer").await).await;
    let stale = root.with("if-match", "\"99\"").delete(&path).await;
    assert_eq!((stale.status, &stale.body["current"]["role"]), (412, &json!("marketer")));
    root.delete(&path).await.expect(204);
    let login = json!({"email": email, "password": PASSWORD});
    let refused = server.anonymous().post("/v1/identity/auth/login", login).await;
    assert_eq!((refused.status, refused.refusal().0), (403, "no_workspace".into()));
    let accept = invite(&root, &email, "agent").await;
    let back = server.anonymous().post(&accept, json!({"password": PASSWORD})).await.expect(201);
    let client = server.bearer(back["token"].as_str().unwrap());
    assert_eq!(client.get(&path).await.expect(200)["role"], "agent");
}

#[tokio::test]
async fn a_deleted_workspace_is_gone_by_every_door() {
    let (server, root) = Server::new().await;
    let other = root.post(WORKSPACES, json!({"name": "Other"})).await.expect(201);
    let there = root.with("x-workspace-id", id(&other));
    let accept = invite(&there, "late@example.com", "admin").await;
    let token = json!({"name": "T", "permissions": ["leads:manage"]});
    let token = there.post("/v1/identity/tokens", token).await.expect(201);
    let hook = there.post("/v1/identity/lead-webhooks", json!({"name": "Form"})).await.expect(201);
    let ingest = format!("/webhooks/leads/{}", hook["apiKey"].as_str().unwrap());
    server.anonymous().post(&ingest, json!({"name": "Ada"})).await.expect(201);
    let only_there = server.member(&there, "marketer").await;
    let path = format!("{WORKSPACES}/{}", id(&other));
    root.with("if-match", "\"99\"").delete(&path).await.expect(412);
    root.delete(&path).await.expect(204);
    let join = json!({"name": "Late", "password": PASSWORD});
    server.anonymous().post(&accept, join).await.expect(404);
    server.anonymous().post(&ingest, json!({"name": "Bob"})).await.expect(404);
    let program = server.bearer(token["token"].as_str().unwrap());
    program.get("/v1/identity/leads").await.expect(401);
    let lost = only_there.get("/v1/identity/auth/me").await;
    assert_eq!((lost.status, lost.refusal().0), (403, "no_workspace".into()));
}

#[tokio::test]
async fn a_workspace_is_read_by_whoever_may_enter_it_and_changed_from_inside() {
    let (server, root) = Server::new().await;
    let (_, email) = myself(&server.member(&root, "admin").await).await;
    let other = root.post(WORKSPACES, json!({"name": "Other"})).await.expect(201);
    let there = root.with("x-workspace-id", id(&other));
    let accept = invite(&there, &email, "agent").await;
    server.anonymous().post(&accept, json!({"password": PASSWORD})).await.expect(201);
    let admin = server.sign_in(&email).await;
    let path = format!("{WORKSPACES}/{}", id(&other));
    admin.get(&path).await.expect(200);
    // An admin here is an agent there.
    admin.patch(&path, json!({"name": "Mine"})).await.expect(404);
}
