//! Members, roles, invitations, API tokens, workspaces.

use crate::harness::{PASSWORD, Server};
use serde_json::{Value, json};

const USERS: &str = "/v1/identity/users";
const ROLES: &str = "/v1/identity/roles";
const TOKENS: &str = "/v1/identity/tokens";
const WORKSPACES: &str = "/v1/identity/workspaces";

fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

#[tokio::test]
async fn a_member_is_added_promoted_disabled_and_removed() {
    let (server, admin) = Server::new().await;
    let new = json!({"email": "grace@example.com", "name": "Grace", "role": "agent", "password": PASSWORD});
    let grace = admin.post(USERS, new.clone()).await.expect(201);
    assert_eq!(admin.post(USERS, new).await.refusal().0, "email_taken");
    let path = format!("{USERS}/{}", id(&grace));
    let client = server.sign_in("grace@example.com").await;
    client.get("/v1/identity/leads").await.expect(403);
    let etag = admin.get(&path).await.header("etag").unwrap().to_owned();
    let saver = admin.with("if-match", &etag);
    saver.patch(&path, json!({"role": "marketer"})).await.expect(200);
    let stale = saver.patch(&path, json!({"name": "X"})).await;
    assert_eq!((stale.status, &stale.body["current"]["role"]), (412, &json!("marketer")));
    client.get("/v1/identity/leads").await.expect(200);
    client.get(USERS).await.expect(200);
    client.patch(&path, json!({"name": "X"})).await.expect(403);
    admin.patch(&path, json!({"isActive": false})).await.expect(200);
    client.get("/v1/identity/leads").await.expect(401);
    admin.patch(&path, json!({"isActive": true})).await.expect(200);
    let client = server.sign_in("grace@example.com").await;
    admin.delete(&path).await.expect(204);
    client.get("/v1/identity/leads").await.expect(401);
    admin.get(&path).await.expect(404);
}

#[tokio::test]
async fn nobody_gives_more_than_they_have_nor_takes_the_last_super_admin() {
    let (server, root) = Server::new().await;
    let admin = server.member(&root, "admin").await;
    let ada = root.get("/v1/identity/auth/me").await.expect(200)["user"].clone();
    let ada_path = format!("{USERS}/{}", id(&ada));
    let new = |role: &str| json!({"email": "x@example.com", "name": "X", "role": role, "password": PASSWORD});
    assert_eq!(admin.post(USERS, new("super_admin")).await.refusal().0, "role_too_mighty");
    assert_eq!(admin.post(USERS, new("emperor")).await.refusal().1[0].1, "unknown_role");
    for change in [json!({"role": "agent"}), json!({"isActive": false}), json!({"name": "X"})] {
        assert_eq!(admin.patch(&ada_path, change).await.refusal().0, "role_too_mighty");
    }
    assert_eq!(admin.delete(&ada_path).await.refusal().0, "role_too_mighty");
    let reset = format!("{ada_path}/password");
    assert_eq!(admin.post(&reset, json!({"password": PASSWORD})).await.status, 403);
    assert_eq!(
        root.patch(&ada_path, json!({"role": "admin"})).await.refusal().0,
        "last_super_admin"
    );
    assert_eq!(root.delete(&ada_path).await.refusal().0, "yourself");
    let role = json!({"name": "Builder", "permissions": ["workspaces:manage"]});
    assert_eq!(admin.post(ROLES, role).await.refusal().0, "role_too_mighty");
    let token = json!({"name": "T", "permissions": ["workspaces:manage"]});
    assert_eq!(admin.post(TOKENS, token).await.refusal().0, "token_too_mighty");
}

#[tokio::test]
async fn an_own_role_counts_from_the_next_request() {
    let (server, admin) = Server::new().await;
    let role = json!({"name": "Reader", "permissions": ["leads:view"]});
    let role = admin.post(ROLES, role).await.expect(201);
    let path = format!("{ROLES}/{}", id(&role));
    let reader = server.member(&admin, id(&role)).await;
    reader.get("/v1/identity/leads").await.expect(200);
    reader.post("/v1/identity/leads", json!({"name": "X"})).await.expect(403);
    assert_eq!(admin.delete(&path).await.refusal().0, "role_in_use");
    assert_eq!(
        admin.patch(&format!("{ROLES}/admin"), json!({"name": "X"})).await.refusal().0,
        "role_is_built_in"
    );
    let refused = admin.patch(&path, json!({"permissions": ["leads:eat"]})).await;
    assert_eq!(refused.refusal().1[0], ("permissions[0]".into(), "unknown_permission".into()));
    admin.patch(&path, json!({"permissions": ["leads:manage"]})).await.expect(200);
    reader.post("/v1/identity/leads", json!({"name": "X"})).await.expect(201);
    let duplicate = json!({"name": "reader", "permissions": []});
    assert_eq!(admin.post(ROLES, duplicate).await.refusal().1[0].1, "duplicate_name");
    let listed = admin.get(ROLES).await.expect(200);
    assert_eq!((&listed["total"], &listed["data"][4]["memberCount"]), (&json!(5), &json!(1)));
}

#[tokio::test]
async fn an_invitation_works_once() {
    let (server, admin) = Server::new().await;
    let invite = json!({"email": "grace@example.com", "role": "marketer"});
    let made = admin.post("/v1/identity/invitations", invite.clone()).await.expect(201);
    let token = made["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let listed = admin.get("/v1/identity/invitations").await.expect(200);
    assert!(listed["data"][0].get("url").is_none());
    let path = format!("/v1/identity/invitations/by-token/{token}");
    let look = server.anonymous().get(&path).await.expect(200);
    assert_eq!((&look["workspaceName"], &look["role"]), (&json!("Acme"), &json!("Marketer")));
    let accept = json!({"name": "Grace", "password": PASSWORD});
    let accepted =
        server.anonymous().post(&format!("{path}/accept"), accept.clone()).await.expect(201);
    let grace = server.bearer(accepted["token"].as_str().unwrap());
    grace.get("/v1/identity/leads").await.expect(200);
    server.anonymous().post(&format!("{path}/accept"), accept).await.expect(404);
    server.anonymous().get(&path).await.expect(404);
    assert_eq!(admin.post("/v1/identity/invitations", invite).await.refusal().0, "already_member");
    // Taken back, and too old.
    for late in [false, true] {
        let other = json!({"email": "late@example.com", "role": "agent"});
        let made = admin.post("/v1/identity/invitations", other).await.expect(201);
        let token = made["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        if late {
            server.clock.advance_millis(7 * 86_400_000);
        } else {
            admin.delete(&format!("/v1/identity/invitations/{}", id(&made))).await.expect(204);
        }
        let path = format!("/v1/identity/invitations/by-token/{token}");
        server.anonymous().get(&path).await.expect(404);
    }
}

#[tokio::test]
async fn somebody_with_an_account_joins_another_workspace_by_their_password() {
    let (server, root) = Server::new().await;
    server.member(&root, "marketer").await;
    let email = root.get(USERS).await.expect(200)["data"][1]["email"].clone();
    let other = root.post(WORKSPACES, json!({"name": "Other"})).await.expect(201);
    let there = root.with("x-workspace-id", id(&other));
    let made = there
        .post("/v1/identity/invitations", json!({"email": email, "role": "admin"}))
        .await
        .expect(201);
    let token = made["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let path = format!("/v1/identity/invitations/by-token/{token}");
    assert_eq!(server.anonymous().get(&path).await.expect(200)["hasAccount"], true);
    let accept = format!("{path}/accept");
    server.anonymous().post(&accept, json!({"password": "not the password"})).await.expect(401);
    let joined = server.anonymous().post(&accept, json!({"password": PASSWORD})).await.expect(201);
    assert_eq!(joined["workspaces"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_api_token_is_shown_once_and_gone_when_revoked_or_expired() {
    let (server, admin) = Server::new().await;
    let new = json!({"name": "Zapier", "permissions": ["leads:view"], "expiresAt": "2026-11-25T09:00:00Z"});
    let made = admin.post(TOKENS, new).await.expect(201);
    let text = made["token"].as_str().unwrap();
    assert!(text.starts_with("leads_"));
    let listed = admin.get(TOKENS).await.expect(200);
    assert!(listed["data"][0].get("token").is_none());
    let program = server.bearer(text);
    program.get("/v1/identity/leads").await.expect(200);
    program.post("/v1/identity/leads", json!({"name": "X"})).await.expect(403);
    assert!(program.get("/v1/identity/auth/me").await.expect(200)["user"].is_null());
    assert!(!admin.get(TOKENS).await.expect(200)["data"][0]["lastUsedAt"].is_null());
    server.clock.advance_millis(86_400_000);
    assert_eq!(program.get("/v1/identity/leads").await.refusal().0, "token_expired");
    let past =
        json!({"name": "T", "permissions": ["leads:view"], "expiresAt": "2020-01-01T00:00:00Z"});
    assert_eq!(admin.post(TOKENS, past).await.refusal().1[0].1, "in_the_past");
    let made =
        admin.post(TOKENS, json!({"name": "T", "permissions": ["leads:view"]})).await.expect(201);
    let program = server.bearer(made["token"].as_str().unwrap());
    program.get("/v1/identity/leads").await.expect(200);
    admin.delete(&format!("{TOKENS}/{}", id(&made))).await.expect(204);
    assert_eq!(program.get("/v1/identity/leads").await.refusal().0, "token_unknown");
    // A cookie takes no API token.
    let cookie = server.anonymous().with("cookie", &format!("leads_session={text}"));
    cookie.get("/v1/identity/leads").await.expect(401);
}

#[tokio::test]
async fn a_person_keeps_their_own_name_preferences_password_and_sessions() {
    let (server, admin) = Server::new().await;
    let second = server.sign_in("ada@example.com").await;
    let me = "/v1/identity/auth/me";
    admin
        .patch(me, json!({"name": "Ada King", "preferences": {"theme": "dark"}}))
        .await
        .expect(200);
    let shown = admin.get(me).await.expect(200);
    assert_eq!(
        (&shown["user"]["name"], &shown["preferences"]["theme"]),
        (&json!("Ada King"), &json!("dark"))
    );
    let long = json!({"preferences": {"x": "y".repeat(17 * 1024)}});
    assert_eq!(admin.patch(me, long).await.refusal().1[0].0, "preferences");
    let sessions = admin.get("/v1/identity/auth/sessions").await.expect(200);
    assert_eq!(sessions["total"], 2);
    let change =
        |current: &str| json!({"currentPassword": current, "newPassword": "another walk entirely"});
    let path = "/v1/identity/auth/password";
    assert_eq!(admin.post(path, change("nonsense")).await.refusal().1[0].0, "currentPassword");
    admin.post(path, change(PASSWORD)).await.expect(204);
    admin.get(me).await.expect(200);
    second.get(me).await.expect(401);
    let login = json!({"email": "ada@example.com", "password": PASSWORD});
    server.anonymous().post("/v1/identity/auth/login", login).await.expect(401);
}

#[tokio::test]
async fn a_workspace_sees_nothing_of_another_and_goes_whole() {
    let (server, root) = Server::new().await;
    let lead =
        root.post("/v1/identity/leads", json!({"name": "Ada", "tags": ["x"]})).await.expect(201);
    let other = root
        .post(
            WORKSPACES,
            json!({"name": "Other", "defaultCountry": "fr", "timeZone": "Europe/Paris"}),
        )
        .await
        .expect(201);
    assert_eq!(other["defaultCountry"], "FR");
    let there = root.with("x-workspace-id", id(&other));
    there.get(&format!("/v1/identity/leads/{}", id(&lead))).await.expect(404);
    for query in ["", "?search=ada", "?tag=x", "?sortBy=name"] {
        let page = there.get(&format!("/v1/identity/leads{query}")).await.expect(200);
        assert_eq!(page["total"], 0, "{query}");
    }
    for n in 0..3 {
        there
            .post("/v1/identity/leads", json!({"name": format!("Bob {n}"), "tags": ["x"]}))
            .await
            .expect(201);
    }
    assert_eq!(root.get("/v1/identity/leads?search=bob").await.expect(200)["total"], 0);
    let path = format!("{WORKSPACES}/{}", id(&other));
    let refused = root.patch(&path, json!({"timeZone": "Mars/North"})).await;
    assert_eq!(refused.refusal().1[0].1, "unknown_time_zone");
    let refused = root.patch(&path, json!({"defaultCountry": "XX"})).await;
    assert_eq!(refused.refusal().1[0].1, "unknown_country");
    let marketer = server.member(&root, "marketer").await;
    marketer.with("x-workspace-id", id(&other)).get("/v1/identity/leads").await.expect(404);
    marketer.get(&path).await.expect(404);
    root.delete(&path).await.expect(204);
    there.get("/v1/identity/leads").await.expect(404);
    root.delete(&format!(
        "{WORKSPACES}/{}",
        root.get(WORKSPACES).await.body["data"][0]["id"].as_str().unwrap()
    ))
    .await
    .expect(409);
    // Its rows go while nobody waits.
    for _ in 0..100 {
        let left: i64 = server
            .app
            .db
            .read(|db| Ok(db.query_row("SELECT count(*) FROM workspaces", [], |row| row.get(0))?))
            .await
            .unwrap();
        if left == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let left: (i64, i64) = server
        .app
        .db
        .read(|db| {
            Ok(db.query_row(
                "SELECT (SELECT count(*) FROM leads), (SELECT count(*) FROM lead_search_docsize)",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?)
        })
        .await
        .unwrap();
    assert_eq!(left, (1, 1));
}

/// Behind a proxy that speaks HTTPS, and with no public address set, every link is as the person sees it.
#[tokio::test]
async fn links_are_of_the_address_that_the_browser_shows() {
    let (_server, admin) = Server::new().await;
    let behind = admin.with("host", "crm.example").with("x-forwarded-proto", "https");
    let invite = json!({"email": "grace@example.com", "role": "agent"});
    let invited = behind.post("/v1/identity/invitations", invite).await.expect(201);
    let webhook =
        behind.post("/v1/identity/lead-webhooks", json!({"name": "Form"})).await.expect(201);
    let text = json!({"channel": "email", "subject": "Hi", "body": "{{ unsubscribeUrl }}"});
    let shown = behind.post("/v1/broadcast/templates/preview", text).await.expect(200);
    for link in [&invited["url"], &webhook["url"], &shown["body"]] {
        assert!(link.as_str().unwrap().starts_with("https://crm.example/"), "{link}");
    }
}
