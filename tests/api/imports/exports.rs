//! The exports that people have: each is taken as it comes, and means what it says.

use super::{draft, imported, leads, mapping};
use crate::harness::Server;
use serde_json::{Value, json};

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("tests/fixtures/imports/{name}.csv")).unwrap()
}

/// The columns that go elsewhere than into custom fields.
fn told(import: &Value) -> Vec<(String, String)> {
    let mut all = mapping(import);
    all.retain(|(_, target)| !target.starts_with("customFields.") && target != "ignore");
    all
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, target)| ((*name).into(), (*target).into())).collect()
}

#[tokio::test]
async fn hubspot() {
    let (server, client) = Server::new().await;
    let import = imported(&server, &client, "", fixture("hubspot")).await;
    assert_eq!(
        (&import["encoding"], &import["delimiter"], &import["rows"]),
        (&json!("UTF-8"), &json!(","), &json!(3))
    );
    let expected = pairs(&[
        ("First Name", "firstName"),
        ("Last Name", "lastName"),
        ("Email", "email"),
        ("Phone Number", "phone"),
        ("Contact owner", "owner"),
        ("Job Title", "title"),
        ("Associated Company", "company"),
    ]);
    assert_eq!(told(&import), expected);
    assert_eq!(import["result"]["created"], 3);
    let leads = leads(&client).await;
    assert_eq!(leads[0]["name"], "Maren Okafor");
    assert_eq!(leads[0]["source"], "import");
    assert_eq!(leads[0]["assignee"]["name"], "Ada Lovelace");
    assert_eq!(leads[0]["customFields"]["leadStatus"], "Open");
    assert_eq!(leads[0]["customFields"]["_displayNames"]["recordIdContact"], "Record ID - Contact");
    assert_eq!(
        (&leads[1]["company"], &leads[1]["phone"]),
        (&json!("Ibarra & Hijos, S.L."), &Value::Null)
    );
    assert_eq!(leads[2]["name"], "info@quiet.example", "no name: the address");
}

#[tokio::test]
async fn salesforce_with_its_footer() {
    let (server, client) = Server::new().await;
    let import = imported(&server, &client, "", fixture("salesforce")).await;
    assert_eq!((&import["encoding"], &import["rows"]), (&json!("windows-1252"), &json!(2)));
    assert_eq!(import["result"]["created"], 2, "{import}");
    let leads = leads(&client).await;
    assert_eq!(leads[0]["name"], "Jörg Brandstätter");
    assert_eq!(
        (&leads[0]["company"], &leads[0]["title"]),
        (&json!("Brandstätter Möbel GmbH"), &json!("Geschäftsführer"))
    );
    assert_eq!(leads[0]["customFields"]["street"], "Hauptstraße 5\r\nHof 2");
    // The column that is the phone's is empty here; the other number is kept.
    assert_eq!(
        (&leads[1]["phone"], &leads[1]["customFields"]["mobile"]),
        (&Value::Null, &json!("+33 6 12 34 56 78"))
    );
    assert_eq!(leads[1]["customFields"]["leadOwner"], "Somebody Else", "an unknown owner is kept");
}

#[tokio::test]
async fn pipedrive() {
    let (server, client) = Server::new().await;
    let import = imported(&server, &client, "", fixture("pipedrive")).await;
    let expected = pairs(&[
        ("Person - Name", "name"),
        ("Person - Organization", "company"),
        ("Person - Label", "tags"),
        ("Person - Phone - Work", "phone"),
        ("Person - Email - Work", "email"),
        ("Person - Owner", "owner"),
    ]);
    assert_eq!(told(&import), expected);
    let leads = leads(&client).await;
    assert_eq!(leads[0]["tags"], json!(["Hot lead", "Customer"]));
    assert_eq!(leads[0]["customFields"]["personEmailHome"], "ngozi.home@mail.example");
}

#[tokio::test]
async fn zoho() {
    let (server, client) = Server::new().await;
    let import = imported(&server, &client, "", fixture("zoho")).await;
    let leads = leads(&client).await;
    assert_eq!(
        (&leads[0]["title"], &leads[0]["tags"]),
        (&json!("Lab Manager"), &json!(["fair", "priority"]))
    );
    assert_eq!(
        leads[0]["stageId"],
        client.get("/v1/identity/lead-pipelines").await.expect(200)["data"][0]["stages"][1]["id"],
        "the status names a stage"
    );
    assert_eq!(leads[0]["customFields"]["description"], "Met at the booth.\nWants a quote.");
    assert_eq!(import["result"]["created"], 2);
}

#[tokio::test]
async fn google_contacts() {
    let (server, client) = Server::new().await;
    imported(&server, &client, "", fixture("google")).await;
    let leads = leads(&client).await;
    assert_eq!(
        (&leads[0]["name"], &leads[0]["email"]),
        (&json!("Aiko Tanaka"), &json!("aiko@tanaka.example"))
    );
    assert_eq!(
        leads[0]["customFields"]["eMail1Value"], "aiko@tanaka.example ::: aiko.t@mail.example",
        "the second address is kept"
    );
    assert_eq!(
        (&leads[0]["tags"], &leads[0]["title"]),
        (&json!(["myContacts", "Clients"]), &json!("Owner"))
    );
    assert_eq!(leads[1]["customFields"]["eMail2Value"], "b.costa@mail.example");
}

#[tokio::test]
async fn mailchimp() {
    let (server, client) = Server::new().await;
    imported(&server, &client, "", fixture("mailchimp")).await;
    let leads = leads(&client).await;
    assert_eq!(
        (&leads[0]["name"], &leads[0]["tags"]),
        (&json!("Yara Haddad"), &json!(["Newsletter", "VIP"]))
    );
    assert_eq!((&leads[0]["phone"], &leads[1]["name"]), (&json!("(217) 555-0142"), &json!("Omar")));
}

#[tokio::test]
async fn linkedin_with_notes_above_the_table() {
    let (server, client) = Server::new().await;
    let import = imported(&server, &client, "", fixture("linkedin")).await;
    let expected = pairs(&[
        ("First Name", "firstName"),
        ("Last Name", "lastName"),
        ("Email Address", "email"),
        ("Company", "company"),
        ("Position", "title"),
    ]);
    assert_eq!(told(&import), expected);
    let leads = leads(&client).await;
    assert_eq!((leads.len(), &leads[1]["company"]), (2, &json!("Nkemelu, Stone & Co")));
    assert_eq!(leads[0]["customFields"]["connectedOn"], "04 Mar 2026");
}

#[tokio::test]
async fn meta_lead_ads_in_utf16() {
    let (server, client) = Server::new().await;
    let import = imported(&server, &client, "", fixture("meta")).await;
    assert_eq!((&import["encoding"], &import["delimiter"]), (&json!("UTF-16LE"), &json!("\t")));
    let leads = leads(&client).await;
    assert_eq!(
        (&leads[0]["name"], &leads[0]["phone"]),
        (&json!("Zoë Marchetti"), &json!("+14155550151"))
    );
    assert_eq!(
        leads[0]["customFields"]["_displayNames"]["whatIsYourBudget"],
        "what_is_your_budget?"
    );
}

#[tokio::test]
async fn odd_files_are_read_as_people_mean_them() {
    let (_server, client) = Server::new().await;
    let of = |text: &str| draft(&client, "", text.as_bytes().to_vec());
    let twice = of("Name,Email,Name,\nA,a@example.com,B,x\n").await;
    let expected = pairs(&[
        ("Name", "name"),
        ("Email", "email"),
        ("Name 2", "customFields.name2"),
        ("Column 4", "customFields.column4"),
    ]);
    assert_eq!(mapping(&twice), expected);
    let bare = of("Grace Hopper;grace@example.com;+1 415 555 2671\nAda Byron;ada@example.com;+1 415 555 2672\n").await;
    assert_eq!((&bare["hasHeader"], &bare["rows"]), (&json!(false), &json!(2)));
    assert_eq!(
        told(&bare),
        pairs(&[("Column 1", "name"), ("Column 2", "email"), ("Column 3", "phone")])
    );
    let named = of("sep=|\rName|E-Mail\rGrace|grace@example.com\r").await;
    assert_eq!((&named["delimiter"], &named["rows"]), (&json!("|"), &json!(1)));
    assert_eq!(named["preview"][0]["row"], 2);
    assert_eq!(named["preview"][0]["lead"]["email"], "grace@example.com");
}
