//! What is asked of lists: every order, and filters from those that leave nothing over to those that leave
//! nearly everything, alone and together.

use super::Outcome;
use super::client::Client;

pub const SORTS: [&str; 10] = [
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

/// A string that no lead holds.
pub const NOWHERE: &str = "qxzvbnmkjhgfdw";
/// What about one lead in three holds.
pub const BROAD: &str = "gmail";

/// A filter with a name to tell it by.
#[derive(Debug, Clone)]
pub struct Filter {
    pub name: String,
    pub query: String,
}

/// Pieces of family names, each held by some ten thousandths of all leads: what people look for.
pub fn typical(client: &mut Client) -> Outcome<Vec<String>> {
    let mut pieces = Vec::new();
    for page in [1, 3, 5] {
        let list = client.json(&format!("/v1/identity/leads?limit=100&page={page}"))?;
        for lead in list["data"].as_array().ok_or("no data")? {
            let family = lead["name"].as_str().and_then(|name| name.split(' ').nth(1));
            if let Some(piece) = family.and_then(|name| name.get(..4)) {
                pieces.push(piece.to_lowercase());
            }
        }
    }
    pieces.sort();
    pieces.dedup();
    Ok(pieces)
}

/// All filters for the data that this client sees.
pub fn filters(client: &mut Client) -> Outcome<Vec<Filter>> {
    let board = client.json("/v1/identity/leads/board?limit=1")?;
    let stage = |index: usize| board["stages"][index]["id"].as_str().unwrap_or_default().to_owned();
    let (first, last) = (stage(0), stage(5));
    let pipeline = board["pipelineId"].as_str().unwrap_or_default().to_owned();
    let users = client.json("/v1/identity/leads?limit=200")?;
    let user = users["data"]
        .as_array()
        .and_then(|leads| leads.iter().find_map(|lead| lead["assignedTo"].as_str()))
        .unwrap_or("none")
        .to_owned();
    let typical = typical(client)?.into_iter().next().unwrap_or_default();
    let alone = [
        ("none", String::new()),
        ("search typical", format!("search={typical}")),
        ("search broad", format!("search={BROAD}")),
        ("search nearly all", "search=com".into()),
        ("search nowhere", format!("search={NOWHERE}")),
        ("search 1 char", "search=e".into()),
        ("search 2 chars", "search=ma".into()),
        ("search 2 rare chars", "search=qx".into()),
        ("search 2 broad words", format!("search={BROAD}%20son")),
        ("search phone", "search=415%20555".into()),
        ("source broad", "source=webhook".into()),
        ("source rare", "source=api".into()),
        ("assigned to nobody", "assignedTo=none".into()),
        ("assigned to somebody", format!("assignedTo={user}")),
        ("tag broad", "tag=hot".into()),
        ("tag rare", "tag=vip".into()),
        ("tag nowhere", "tag=nothing".into()),
        ("field broad", "customFields.utmSource=google".into()),
        ("field rare", "customFields.budget=5000k".into()),
        ("stage broad", format!("stageId={first}")),
        ("stage rare", format!("stageId={last}")),
        ("pipeline", format!("pipelineId={pipeline}")),
    ];
    let together: [&[&str]; 14] = [
        &["search broad", "source broad"],
        &["search broad", "stage broad"],
        &["search broad", "stage rare"],
        &["search nearly all", "assigned to nobody"],
        &["search nearly all", "source rare"],
        &["search 1 char", "source rare"],
        &["search 2 chars", "assigned to nobody"],
        &["search 2 rare chars", "tag broad"],
        &["tag broad", "stage broad"],
        &["tag broad", "field broad"],
        &["field broad", "assigned to somebody"],
        &["source broad", "assigned to nobody"],
        &["source broad", "stage broad", "tag broad"],
        &["search broad", "source broad", "assigned to somebody", "field broad"],
    ];
    let query =
        |name: &str| alone.iter().find(|(known, _)| *known == name).map(|(_, query)| query.clone());
    let mut all: Vec<Filter> = alone
        .iter()
        .map(|(name, query)| Filter { name: (*name).into(), query: query.clone() })
        .collect();
    for names in together {
        let queries: Vec<String> = names.iter().filter_map(|name| query(name)).collect();
        all.push(Filter { name: names.join(" + "), query: queries.join("&") });
    }
    Ok(all)
}

/// The path of a list.
pub fn path(filter: &Filter, sort: &str, order: &str, rest: &str) -> String {
    let query = &filter.query;
    format!("/v1/identity/leads?{query}&sortBy={sort}&sortOrder={order}{rest}").replace("?&", "?")
}
