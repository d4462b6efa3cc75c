//! Lists past the point up to which things are counted: broad filters, deep pages, any order.

use crate::harness::Server;
use leads::auth::{Caller, workspaces};
use leads::leads::{Filter, NewLead, Sort, SortBy, Source, create, list, search};
use leads::platform::http::Paging;
use serde_json::{Map, Value};

const LEADS: usize = 16_000;

fn lead(number: usize) -> NewLead {
    // A stride that shares no divisor with the count gives each name once, in no order.
    let name = format!("Lead {:05}", (number * 7919) % LEADS);
    NewLead {
        name,
        email: None,
        phone: None,
        phone_key: None,
        company: Some(format!("Company {}", number % 10)),
        title: None,
        tags: if number.is_multiple_of(5) { Vec::new() } else { vec!["most".into()] },
        score: u8::try_from(number % 100).unwrap(),
        custom_fields: Map::new(),
        source: if number.is_multiple_of(8) { Source::Api } else { Source::Import },
        pipeline: None,
        stage: None,
        assigned_to: None,
        webhook: None,
        detail: Value::Null,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deep_pages_of_broad_filters_are_what_a_plain_sort_gives() {
    let (server, _) = Server::new().await;
    let workspace = server.app.db.read(workspaces::all).await.unwrap().remove(0);
    let by = Caller::system(workspace.id, "US");
    for start in (0..LEADS).step_by(2000) {
        let by = by.clone();
        let piece = move |tx: &leads::platform::Tx| {
            (start..start + 2000).try_for_each(|number| create(tx, &by, lead(number)).map(drop))
        };
        server.app.db.write(piece).await.unwrap();
    }
    server.app.db.write(search::catch_up).await.unwrap();
    let filters = [
        (Filter::default(), (|_| true) as fn(&NewLead) -> bool),
        (Filter { source: Some(Source::Import), ..Filter::default() }, |lead| {
            lead.source == Source::Import
        }),
        (
            Filter { source: Some(Source::Import), tag: Some("Most".into()), ..Filter::default() },
            |lead| lead.source == Source::Import && !lead.tags.is_empty(),
        ),
        (Filter { search: Some("lead".into()), ..Filter::default() }, |_| true),
        (Filter { search: Some("le".into()), ..Filter::default() }, |_| true),
    ];
    for (filter, passes) in filters {
        for (by, descending) in
            [(SortBy::Name, false), (SortBy::CreatedAt, true), (SortBy::Score, true)]
        {
            let mut expected: Vec<(usize, NewLead)> = (0..LEADS)
                .map(|number| (number, lead(number)))
                .filter(|(_, lead)| passes(lead))
                .collect();
            match by {
                SortBy::Name => expected.sort_by(|a, b| a.1.name.cmp(&b.1.name)),
                SortBy::Score => {
                    expected.sort_by_key(|(number, lead)| std::cmp::Reverse((lead.score, *number)))
                }
                _ => expected.reverse(),
            }
            for page in [1, 3, 208] {
                let paging = Paging { page, limit: 50, cursor: None };
                let sort = Sort { by, descending };
                let wanted = filter.clone();
                let found = server
                    .app
                    .db
                    .read(move |db| list(db, workspace.id, &wanted, sort, &paging))
                    .await
                    .unwrap();
                let names: Vec<&str> = found.data.iter().map(|lead| lead.name.as_str()).collect();
                let start = usize::try_from(page - 1).unwrap() * 50;
                let plain =
                    expected.iter().skip(start).take(50).map(|(_, lead)| lead.name.as_str());
                assert_eq!(names, plain.collect::<Vec<_>>(), "{filter:?} {by:?} page {page}");
                assert_eq!(found.total_is_capped, found.total < expected.len() as u64);
                assert!(found.total == 10_000 || found.total == expected.len() as u64);
            }
        }
    }
}
