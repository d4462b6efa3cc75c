//! Setup, login, sessions.

use crate::harness::{CODE, PASSWORD, Server};
use serde_json::{Value, json};

fn setup_body(email: &str) -> Value {
    json!({"code": CODE, "name": "Ada", "email": email, "password": PASSWORD, "workspaceName": "Acme"})
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_setups_at_once_make_one_administrator() {
    let server = Server::empty();
    let attempts = (0..50).map(|n| {
        let client = server.anonymous().with("x-forwarded-for", &format!("10.0.0.{n}"));
        tokio::spawn(async move {
            client
                .post("/v1/identity/setup", setup_body(&format!("ada{n}@example.com")))
                .await
                .status
        })
    });
    let mut statuses = Vec::new();
    for attempt in attempts.collect::<Vec<_>>() {
        statuses.push(attempt.await.unwrap());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 49, "{statuses:?}");
    let needed = server.anonymous().get("/v1/identity/setup").await.expect(200);
    assert_eq!(needed, json!({"needed": false}));
}

#[tokio::test]
async fn setup_wants_the_code_and_a_password_worth_the_name() {
    let server = Server::empty();
    let client = server.anonymous();
    let mut body = setup_body("ada@example.com");
    body["code"] = json!("AAAA-BBBB-CCCC");
    let refused = client.post("/v1/identity/setup", body.clone()).await;
    assert_eq!((refused.status, refused.refusal().0), (403, "setup_code_wrong".into()));
    body["code"] = json!(CODE);
    body["password"] = json!("password123");
    let refused = client.post("/v1/identity/setup", body).await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.refusal().1, [("password".into(), "too_common".into())]);
}

#[tokio::test]
async fn a_person_signs_in_and_out() {
    let (server, _) = Server::new().await;
    let login = json!({"email": " ADA@example.com", "password": PASSWORD});
    let answer = server.anonymous().post("/v1/identity/auth/login", login).await;
    assert!(answer.header("set-cookie").unwrap().contains("HttpOnly; SameSite=Strict"));
    let body = answer.expect(200);
    let client = server.bearer(body["token"].as_str().unwrap());
    let me = client.get("/v1/identity/auth/me").await.expect(200);
    assert_eq!(me["user"]["email"], "ada@example.com");
    assert_eq!(me["workspace"]["role"], "super_admin");
    client.post("/v1/identity/auth/logout", json!({})).await.expect(204);
    client.get("/v1/identity/auth/me").await.expect(401);
}

#[tokio::test]
async fn guesses_are_limited_by_account_and_by_address() {
    let (server, _) = Server::new().await;
    let guess = |address: String, email: String| {
        let client = server.anonymous().with("x-forwarded-for", &address);
        async move {
            let body = json!({"email": email, "password": "wrong guess"});
            client.post("/v1/identity/auth/login", body).await
        }
    };
    for n in 0..10 {
        assert_eq!(guess(format!("10.0.0.{n}"), "ada@example.com".into()).await.status, 401);
    }
    let refused = guess("10.0.1.1".into(), "ada@example.com".into()).await;
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").is_some());
    for n in 0..30 {
        assert_eq!(guess("10.0.2.2".into(), format!("nobody{n}@example.com")).await.status, 401);
    }
    assert_eq!(guess("10.0.2.2".into(), "other@example.com".into()).await.status, 429);
    server.clock.advance_millis(16 * 60 * 1000);
    let login = json!({"email": "ada@example.com", "password": PASSWORD});
    server.anonymous().post("/v1/identity/auth/login", login).await.expect(200);
}

#[tokio::test]
async fn a_right_password_does_not_count_against_the_address() {
    let (server, _) = Server::new().await;
    let office = server.anonymous().with("x-forwarded-for", "10.0.0.1");
    let login = |password: &str| json!({"email": "ada@example.com", "password": password});
    for _ in 0..31 {
        office.post("/v1/identity/auth/login", login(PASSWORD)).await.expect(200);
    }
    // Wrong ones still do, whatever came before.
    for n in 0..30 {
        let nobody = json!({"email": format!("nobody{n}@example.com"), "password": PASSWORD});
        office.post("/v1/identity/auth/login", nobody).await.expect(401);
    }
    office.post("/v1/identity/auth/login", login(PASSWORD)).await.expect(429);
}

#[tokio::test]
async fn what_has_ended_is_forgotten() {
    const DAY: i64 = 86_400_000;
    let (server, admin) = Server::new().await;
    let count = |table: &str| {
        let sql = format!("SELECT count(*) FROM {table}");
        server.app.db.read_blocking(|db| Ok(db.query_row(&sql, [], |row| row.get(0))?)).unwrap()
    };
    let becomes = async |wanted: [i64; 3]| {
        let mut found = [0; 3];
        // Any commit sets the chores going, as soon as nobody waits.
        server.app.db.write(|_| Ok(())).await.unwrap();
        for _ in 0..100 {
            found = ["sessions", "invitations", "login_guesses"].map(count);
            if found == wanted {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert_eq!(found, wanted);
    };
    let invite = json!({"email": "grace@example.com", "role": "agent"});
    admin.post("/v1/identity/invitations", invite).await.expect(201);
    let long = format!("{}@example.com", "x".repeat(10_000));
    let guess = json!({"email": long, "password": "wrong guess"});
    server.anonymous().post("/v1/identity/auth/login", guess).await.expect(401);
    // By account and by address; what was typed is not kept.
    becomes([1, 1, 2]).await;
    let longest = count("login_guesses WHERE length(subject) > 100");
    assert_eq!(longest, 0);
    server.clock.advance_millis(16 * 60 * 1000);
    becomes([1, 1, 0]).await;
    server.clock.advance_millis(8 * DAY);
    assert_eq!(admin.get("/v1/identity/auth/me").await.refusal().0, "token_expired");
    server.clock.advance_millis(7 * DAY);
    becomes([0, 1, 0]).await;
    server.clock.advance_millis(83 * DAY);
    becomes([0, 0, 0]).await;
}

#[tokio::test]
async fn a_change_by_cookie_must_come_from_our_own_page() {
    let (server, client) = Server::new().await;
    let cookie = server.anonymous().with("cookie", &format!("leads_session={}", client.token()));
    cookie.get("/v1/identity/auth/me").await.expect(200);
    let logout = |client: crate::harness::Client| async move {
        client.post("/v1/identity/auth/logout", json!({})).await.status
    };
    assert_eq!(logout(cookie.clone()).await, 403);
    assert_eq!(logout(cookie.with("sec-fetch-site", "cross-site")).await, 403);
    assert_eq!(logout(cookie.with("sec-fetch-site", "same-site")).await, 403);
    let host = cookie.with("host", "leads.test");
    assert_eq!(logout(host.with("origin", "https://evil.test")).await, 403);
    assert_eq!(logout(host.with("origin", "http://leads.test")).await, 204);
}

#[tokio::test]
async fn a_session_ends_when_it_is_old_or_idle() {
    let (server, client) = Server::new().await;
    for _ in 0..5 {
        server.clock.advance_millis(5 * 86_400_000);
        client.get("/v1/identity/auth/me").await.expect(200);
    }
    server.clock.advance_millis(5 * 86_400_000 + 1);
    assert_eq!(client.get("/v1/identity/auth/me").await.refusal().0, "token_expired");
}
