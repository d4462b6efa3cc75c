//! The tree's own rules (see ARCHITECTURE.md), checked as plain text: tiers, one door for each library,
//! each table written by one part, and files short enough to read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A part uses only parts of a lower tier.
const TIERS: &[(&str, u8)] = &[
    ("platform", 1),
    ("config", 2),
    ("auth", 2),
    ("activity", 3),
    ("fields", 3),
    ("pipelines", 4),
    ("messaging", 4),
    ("contacts", 4),
    ("leads", 5),
    ("views", 6),
    ("webhooks", 6),
    ("broadcasts", 6),
    ("automations", 7),
    ("outbound_webhooks", 7),
    ("imports", 7),
    ("reports", 8),
    ("privacy", 8),
    ("server", 9),
    ("worker", 9),
    ("demo", 9),
    ("cli", 10),
];

/// A library, and the only places that name it.
const DOORS: &[(&str, &[&str])] = &[
    ("axum", &["/http.rs", "/http/", "auth/extract.rs", "server/"]),
    ("refinery", &["platform/db/migrate.rs"]),
    ("rust_embed", &["server/ui.rs"]),
    ("r2d2", &["platform/db/readers.rs"]),
    ("r2d2_sqlite", &["platform/db/readers.rs"]),
    ("clap", &["cli/", "config.rs"]),
    ("phonenumber", &["platform/normalize.rs", "auth/workspaces.rs"]),
    ("argon2", &["auth/password.rs"]),
    ("reqwest", &["platform/outbound/"]),
    ("lettre", &["platform/outbound/"]),
    ("minijinja", &["messaging/templates/"]),
    ("ring", &["messaging/callbacks/signed.rs", "platform/secret.rs", "server/listen/tls.rs"]),
    ("webpki", &["messaging/callbacks/signed.rs"]),
    ("chacha20poly1305", &["platform/secret.rs"]),
    ("hyper", &["server/listen/", "server/slow_body.rs"]),
    ("hyper_util", &["server/listen/"]),
    ("tokio_rustls", &["server/listen/"]),
    ("rustls_acme", &["server/listen/acme.rs"]),
    ("csv_core", &["imports/rows.rs"]),
    ("encoding_rs", &["imports/text.rs", "imports/survey.rs"]),
    ("sd_notify", &["cli/supervisor.rs"]),
    ("apalis", &["platform/jobs/"]),
    ("apalis_sqlite", &["platform/jobs/"]),
    ("sqlx", &["platform/jobs/"]),
];

/// The longest file, in lines.
const LONGEST: usize = 400;

fn files(folder: &str, endings: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if endings.iter().any(|ending| path.to_string_lossy().ends_with(ending)) {
                found.push((path.clone(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "nothing to check in {folder}");
    found
}

fn sources() -> Vec<(PathBuf, String)> {
    files("src", &[".rs"])
}

/// The part of the product that a file under `src` belongs to.
fn part(path: &Path) -> String {
    let second = path.components().nth(1).unwrap().as_os_str().to_string_lossy().into_owned();
    second.trim_end_matches(".rs").to_owned()
}

fn tier(part: &str) -> Option<u8> {
    TIERS.iter().find(|(name, _)| *name == part).map(|(_, tier)| *tier)
}

/// A file without the tests at its end.
fn product(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap()
}

#[test]
fn parts_use_only_lower_tiers() {
    let mut faults = Vec::new();
    for (path, text) in sources() {
        let own = part(&path);
        if ["lib", "main"].contains(&own.as_str()) {
            continue;
        }
        let own_tier = tier(&own).unwrap_or_else(|| panic!("{own} has no tier; give it one"));
        for (number, line) in product(&text).lines().enumerate() {
            for used in line.split("crate::").skip(1) {
                let used: String =
                    used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if used == own || tier(&used).is_none_or(|tier| tier < own_tier) {
                    continue;
                }
                faults.push(format!("{}:{} uses {used}", path.display(), number + 1));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn each_library_has_one_door() {
    let mut faults = Vec::new();
    for (path, text) in sources() {
        let place = path.to_string_lossy().replace("src/", "");
        for (library, doors) in DOORS {
            let named = product(&text).lines().any(|line| {
                let line = line.trim_start();
                !line.starts_with("//")
                    && line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).any(
                        |word| {
                            word.strip_prefix(library).is_some_and(|rest| rest.starts_with("::"))
                        },
                    )
            });
            if named && !doors.iter().any(|door| place.contains(door)) {
                faults.push(format!("{place} names {library}"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn each_table_is_written_by_one_part() {
    let mut writers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, text) in sources() {
        let text = product(&text).replace('\n', " ");
        for verb in [
            "INSERT INTO ",
            "INSERT OR REPLACE INTO ",
            "INSERT OR IGNORE INTO ",
            "UPDATE ",
            "DELETE FROM ",
        ] {
            for rest in text.split(verb).skip(1) {
                let table: String =
                    rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                let is_table = table.len() > 2 && table.contains(|c: char| c.is_ascii_lowercase());
                let owner = part(&path);
                if is_table
                    && owner != "cli"
                    && !writers.get(&table).is_some_and(|w| w.contains(&owner))
                {
                    writers.entry(table).or_default().push(owner);
                }
            }
        }
    }
    assert!(writers.contains_key("leads"), "the scan found no writer of leads");
    writers.retain(|_, parts| parts.len() > 1);
    assert!(writers.is_empty(), "{writers:#?}");
}

#[test]
fn files_are_short_enough_to_read() {
    let mut all = sources();
    all.extend(files("tests", &[".rs"]));
    all.extend(files("assets/src", &[".ts", ".svelte", ".css"]));
    // What is generated is not read.
    all.retain(|(path, _)| !path.to_string_lossy().ends_with(".d.ts"));
    let long: Vec<String> = all
        .iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > LONGEST)
        .map(|(path, lines)| format!("{} has {lines} lines", path.display()))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn every_part_with_routes_has_http_tests() {
    let tests = fs::read_to_string("tests/api/main.rs").unwrap();
    for (path, _) in sources() {
        let text = path.to_string_lossy();
        let own = part(&path);
        if (text.ends_with("/http.rs") || text.ends_with("/http/mod.rs")) && own != "platform" {
            assert!(tests.contains(&format!("mod {own};")), "tests/api has nothing for {own}");
        }
    }
}

#[test]
fn nothing_is_left_for_later() {
    let words = ["TODO", "FIXME", "XXX", "unimplemented!", "todo!(", "#[ignore"];
    for (path, text) in sources().into_iter().chain(files("assets/src", &[".ts", ".svelte"])) {
        for word in words {
            assert!(!text.contains(word), "{} says {word}", path.display());
        }
    }
}
