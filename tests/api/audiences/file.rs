//! Audiences of CSV files.

use super::{AUDIENCES, caller, id, members, upload};
use crate::harness::Server;
use axum::http::Method;
use leads::broadcasts::audiences::{self, Who};
use serde_json::json;

#[tokio::test]
async fn a_file_becomes_an_audience_and_its_bad_rows_are_told_by_number() {
    let (server, client) = Server::new().await;
    let csv = "\u{feff}Name;E-Mail;Phone;Annual Revenue\r\nGrace Hopper;grace@example.org;;5k\r\n\
        Bad;nonsense;;\r\nShort\r\n\"Joan; Clarke\";;+44 20 7946 0000;\r\n";
    let made = upload(&client, "Visitors%20of%20the%20fair", csv).await.expect(201);
    assert_eq!((&made["name"], &made["size"]), (&json!("Visitors of the fair"), &json!(2)));
    assert_eq!((&made["source"], &made["kind"]), (&json!("file"), &json!("fixed")));
    let told: Vec<_> = made["file"]["told"].as_array().unwrap().iter().collect();
    assert_eq!((&told[0]["row"], &told[0]["code"]), (&json!(3), &json!("bad_email")));
    assert_eq!((&told[1]["row"], &told[1]["code"]), (&json!(4), &json!("ragged_row")));
    let counts = ["rows", "taken", "refused"].map(|name| made["file"][name].as_u64().unwrap());
    assert_eq!(counts, [4, 2, 2]);
    let listed = members(&client, &id(&made)).await;
    assert_eq!(listed[1]["name"], "Joan; Clarke");
    let why = &listed[1]["why"];
    assert_eq!(
        (&why["way"], &why["file"], &why["row"]),
        (&json!("file"), &json!("fair.csv"), &json!(5))
    );
    let search = format!("{AUDIENCES}/{}/members?search=hopper", id(&made));
    assert_eq!(client.get(&search).await.expect(200)["total"], 1);
    let (by, audience) = (caller(&server).await, id(&made).parse().unwrap());
    let members = server.app.db.read(move |db| audiences::members(db, &by, audience, 0, 9, 9));
    let members = members.await.unwrap();
    assert_eq!(members[0].who, Who::Row);
    assert_eq!(members[0].recipient.custom_fields["annualRevenue"], "5k");
}

#[tokio::test]
async fn a_file_comes_in_a_form_too() {
    let (_server, client) = Server::new().await;
    let form = "--x\r\ncontent-disposition: form-data; name=\"name\"\r\n\r\nFair\r\n--x\r\n\
        content-disposition: form-data; name=\"file\"; filename=\"C:\\\\list.csv\"\r\n\
        content-type: text/csv\r\n\r\nemail\nada@example.org\n\r\n--x--\r\n";
    let path = format!("{AUDIENCES}/from-csv");
    let kind = Some("multipart/form-data; boundary=x");
    let made = client.send(Method::POST, &path, kind, form).await.expect(201);
    assert_eq!((&made["name"], &made["size"]), (&json!("Fair"), &json!(1)));
    let why = &members(&client, &id(&made)).await[0]["why"];
    assert_eq!((&why["file"], &why["row"]), (&json!("list.csv"), &json!(2)));
    let nameless = form.replace("name=\"name\"", "name=\"nome\"");
    let refused = client.send(Method::POST, &path, kind, nameless).await;
    assert_eq!(refused.refusal().1, [("nome".to_owned(), "unknown_property".to_owned())]);
    client.send(Method::POST, &path, kind, &form.as_bytes()[..90]).await.expect(400);
    client.send(Method::POST, &path, Some("application/pdf"), "x").await.expect(415);
}

#[tokio::test]
async fn hostile_files_are_refused_clearly_and_leave_nothing() {
    let (_server, client) = Server::new().await;
    let wide = "email,".repeat(10_000);
    let long = format!("email\n\"{}\"\n", "x".repeat(100_000));
    let cases: [(&str, Vec<u8>); 8] = [
        ("not_csv", b"email\na@example.org\n\x00\x01\x02".to_vec()),
        ("not_utf8", b"email,name\na@example.org,Ren\xe9\n".to_vec()),
        ("too_many_columns", wide.into_bytes()),
        ("row_too_long", long.into_bytes()),
        ("unclosed_quote", b"email\n\"a@example.org\n".to_vec()),
        ("no_address_column", b"name,city\nAda,London\n".to_vec()),
        ("no_rows", b"email\nnonsense\n".to_vec()),
        ("no_rows", b"email\n".to_vec()),
    ];
    for (code, bytes) in cases {
        let answer = upload(&client, "X", bytes).await;
        assert_eq!(answer.status, 422, "{code}: {}", answer.body);
        assert_eq!(answer.refusal().1, [("file".to_owned(), code.to_owned())]);
    }
    assert_eq!(upload(&client, "", "email\na@example.org\n").await.refusal().1[0].0, "name");
    assert_eq!(client.get(AUDIENCES).await.expect(200)["total"], 0);
}
