//! The files themselves: what is refused, what stays on disk and what goes.

use super::{UPLOAD, act, draft, imported, leads, path, run, send};
use crate::harness::Server;
use axum::http::Method;
use serde_json::{Value, json};

fn files(server: &Server) -> usize {
    std::fs::read_dir(server.folder.path().join("imports")).map_or(0, Iterator::count)
}

#[tokio::test]
async fn what_is_no_table_is_refused_and_leaves_nothing() {
    let (server, client) = Server::new().await;
    let wide = format!("{}\n1\n", "a,".repeat(100_000));
    let noise: Vec<u8> =
        (0..5_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let cases: [(Vec<u8>, &str); 9] = [
        (b"PK\x03\x04\x14\x00\x06\x00".to_vec(), "excel_file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), "excel_file"),
        (b"%PDF-1.7".to_vec(), "not_text"),
        (b"<html><table>".to_vec(), "not_csv"),
        (noise, "not_text"),
        (Vec::new(), "empty_file"),
        (b"\n\n\n".to_vec(), "empty_file"),
        (b"Name,Email\n".to_vec(), "no_rows"),
        (wide.into_bytes(), "too_many_columns"),
    ];
    for (file, code) in cases {
        let answer = send(&client, "", file).await;
        assert_eq!(
            (answer.status, answer.refusal().1),
            (422, vec![("file".to_owned(), code.to_owned())]),
            "{code}"
        );
    }
    let many = format!("Name\n{}", "A\n".repeat(500_001));
    assert_eq!(send(&client, "", many).await.refusal().1[0].1, "too_many_rows");
    let json = client.send(Method::POST, UPLOAD, Some("application/json"), "{}").await;
    assert_eq!(json.status, 415);
    for (kind, body) in [
        ("multipart/form-data", ""),
        ("multipart/form-data; boundary=x", "--x\r\nnonsense"),
        ("multipart/form-data; boundary=x", "--x--\r\n"),
    ] {
        let answer = client.send(Method::POST, UPLOAD, Some(kind), body).await;
        assert!(matches!(answer.status, 400 | 422), "{kind} {body:?}: {}", answer.status);
    }
    assert_eq!(files(&server), 0);
}

#[tokio::test]
async fn a_file_past_the_limit_is_cut_off() {
    let (server, client) = Server::new().await;
    let piece = axum::body::Bytes::from(vec![b'a'; 1024 * 1024]);
    let body: Vec<u8> = std::iter::repeat_n(piece, 201).flatten().collect();
    assert_eq!(send(&client, "", body).await.status, 413);
    assert_eq!(files(&server), 0);
}

#[tokio::test]
async fn hostile_rows_are_rejected_and_their_neighbours_are_not() {
    let (server, client) = Server::new().await;
    let mut file = b"Name,Email,Note\nFirst,first@example.com,a\n".to_vec();
    file.extend(b"NUL\x00inside,nul@example.com,\x00\n");
    file.extend(b"Wide,wide@example.com,a,b,c\n");
    file.extend(format!("Long,long@example.com,\"{}\"\n", "x".repeat(400_000)).into_bytes());
    file.extend(format!("{},named@example.com,\n", "n".repeat(600)).into_bytes());
    file.extend(b"Short\n");
    file.extend(b"\"Quo\"te,quote@example.com,\"a \"\"b\"\" c\"\n");
    file.extend(b"'=1+1,,'=cmd\n");
    file.extend("Emoji 🎯,n/a,\u{202e}\n".as_bytes());
    file.extend(b"Open,open@example.com,\"never closed\nx,y,z\n");
    let done = imported(&server, &client, "", file).await;
    assert_eq!(
        (&done["status"], &done["result"]["created"]),
        (&json!("completed"), &json!(7)),
        "{done}"
    );
    assert_eq!(done["result"]["rejected"], 3);
    let all = leads(&client).await;
    let names: Vec<&str> = all.iter().map(|lead| lead["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["First", "NUL inside", "Short", "Quote", "=1+1", "Emoji 🎯", "Open"]);
    assert_eq!(all[1]["customFields"]["note"], "\u{fffd}");
    assert_eq!(all[3]["customFields"]["note"], "a \"b\" c");
    assert_eq!(all[4]["customFields"]["note"], "=cmd", "the apostrophe of an export is taken off");
    assert_eq!(all[5]["email"], Value::Null, "n/a is no address");
}

#[tokio::test]
async fn a_file_goes_with_its_import() {
    let (server, client) = Server::new().await;
    let one = draft(&client, "", "Name\nGrace\n").await;
    let two = draft(&client, "", "Name\nAda\n").await;
    let three = draft(&client, "", "Name\nAlan\n").await;
    assert_eq!(files(&server), 3);
    act(&server, &client, &one, "start").await;
    act(&server, &client, &two, "cancel").await;
    assert_eq!(files(&server), 1);
    server.clock.advance_millis(8 * 86_400_000);
    let client = server.sign_in("ada@example.com").await;
    run(&server).await;
    assert_eq!(files(&server), 0, "a draft waits for seven days");
    assert_eq!(client.get(&path(&three)).await.status, 404);
}

#[tokio::test]
async fn an_import_whose_file_is_gone_fails_and_says_so() {
    let (server, client) = Server::new().await;
    let import = draft(&client, "?start=true", "Name\nGrace\n").await;
    std::fs::remove_dir_all(server.folder.path().join("imports")).unwrap();
    run(&server).await;
    let failed = super::get(&client, &import).await;
    assert_eq!(failed["status"], "failed");
    assert!(failed["problem"].as_str().unwrap().contains("no longer here"));
}
