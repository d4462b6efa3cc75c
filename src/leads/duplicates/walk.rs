//! The walk over the indexes: which keys several leads have.

use super::{By, COUNTED, Group, TOLD, WALKED, hash, likeness};
use crate::leads::{Lead, LeadId, store};
use crate::platform::Result;
use crate::platform::http::paging::{read_cursor, write_cursor};
use crate::platform::http::{Page, Paging};
use crate::platform::ids::WorkspaceId;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// So many names with the same initials at one company are compared each with each; more are compared in pieces.
const COMPARED: usize = 100;

/// Where a walk is: behind this key, and behind this lead of those that have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::leads) struct Place {
    pub by: By,
    pub key: String,
    pub seq: i64,
    /// How many groups of the next step were told already.
    told: usize,
}

impl Place {
    fn start(by: By) -> Self {
        Self::after(by, String::new(), i64::MAX)
    }

    fn after(by: By, key: String, seq: i64) -> Self {
        Self { by, key, seq, told: 0 }
    }

    /// The beginning of the next index.
    fn next(&self) -> Option<Self> {
        let at = By::ALL.iter().position(|by| *by == self.by)?;
        By::ALL.get(at + 1).map(|by| Self::start(*by))
    }
}

/// How far a walk came: to leads that may be one person's, or to the end of what it may look at.
struct Step {
    /// The keys and numbers of leads that are compared; none when there was nothing but single ones.
    entries: Vec<(String, i64)>,
    /// How many there are.
    total: usize,
    /// Where the next step begins.
    after: Place,
    /// How many entries of the index were looked at.
    walked: usize,
}

/// Groups of likely duplicates: first by e-mail address, then by phone number, then by name and company; or by one of
/// them. The page's `total` is how many groups it has, and is capped as long as there is more to look at.
///
/// # Errors
/// 422 for a cursor that is not one of ours.
pub fn list(
    db: &Connection,
    workspace: WorkspaceId,
    only: Option<By>,
    paging: &Paging,
) -> Result<Page<Group>> {
    let limit = usize::try_from(paging.limit).unwrap_or(usize::MAX);
    let mut place = Some(match &paging.cursor {
        Some(cursor) => read_cursor::<Place>(cursor)?,
        None => Place::start(only.unwrap_or(By::Email)),
    });
    let (mut groups, mut walked) = (Vec::new(), 0);
    while let Some(at) = place.clone().filter(|_| groups.len() < limit && walked < WALKED) {
        let Some(step) = step(db, workspace, &at, WALKED - walked)? else {
            place = if only.is_none() { at.next() } else { None };
            continue;
        };
        walked += step.walked;
        let found = groups_of(db, workspace, at.by, &step, only.is_none())?;
        let told = at.told + (limit - groups.len());
        place = Some(match found.len() > told {
            true => Place { told, ..at.clone() },
            false => step.after,
        });
        let room = limit - groups.len();
        groups.extend(found.into_iter().skip(at.told).take(room));
    }
    let total = groups.len() as u64;
    let mut page = Page::new(groups, paging, total, place.is_some());
    page.next_cursor = place.as_ref().map(write_cursor);
    Ok(page)
}

/// Goes on to the next leads that have something in common; `None` at the end of the index.
fn step(db: &Connection, workspace: WorkspaceId, at: &Place, most: usize) -> Result<Option<Step>> {
    let mut run = Run { by: at.by, entries: Vec::new(), total: 0 };
    let mut walked = 0;
    let mut end = None;
    store::walk_keys(db, workspace, at, |key, seq| {
        walked += 1;
        if run.goes_on_with(key) {
            run.add(key, seq);
        } else if run.total > 1 || walked > most {
            end = Some(run.is_telling());
            return false;
        } else {
            run = Run { by: at.by, entries: Vec::new(), total: 0 };
            run.add(key, seq);
        }
        // What is too long for one step is told in two.
        let is_full = run.is_full();
        if is_full {
            end = Some(true);
        }
        !is_full
    })?;
    let is_telling = match end {
        Some(is_telling) => is_telling,
        None if run.total > 1 => true,
        None => return Ok(None),
    };
    let (key, seq) = run.entries.last().cloned().unwrap_or_default();
    let seq = if at.by == By::Name { seq } else { i64::MAX };
    let after = Place::after(at.by, key, seq);
    let entries = if is_telling { run.entries } else { Vec::new() };
    Ok(Some(Step { entries, total: run.total, after, walked }))
}

/// Entries beside each other that are compared with each other.
struct Run {
    by: By,
    entries: Vec<(String, i64)>,
    total: usize,
}

impl Run {
    fn goes_on_with(&self, key: &str) -> bool {
        self.entries.first().is_some_and(|(first, _)| match self.by {
            By::Name => likeness::parts(first).0 == likeness::parts(key).0,
            By::Email | By::Phone => first == key,
        })
    }

    fn add(&mut self, key: &str, seq: i64) {
        self.total += 1;
        if self.by == By::Name || self.entries.len() < TOLD {
            self.entries.push((key.to_owned(), seq));
        }
    }

    fn is_full(&self) -> bool {
        self.total >= if self.by == By::Name { COMPARED } else { COUNTED + 1 }
    }

    fn is_telling(&self) -> bool {
        self.total > 1
    }
}

/// A lead with what addresses are matched by.
pub(in crate::leads) struct Keyed {
    pub lead: Lead,
    pub email: String,
    pub phone: String,
}

fn groups_of(
    db: &Connection,
    workspace: WorkspaceId,
    by: By,
    step: &Step,
    only_new: bool,
) -> Result<Vec<Group>> {
    let mut groups = Vec::new();
    for part in alike(by, &step.entries) {
        let Some((key, _)) = part.first() else { continue };
        let is_many = by != By::Name && step.total > TOLD;
        if is_many && store::is_shared(db, workspace, &hash(by, key))? {
            continue;
        }
        let seqs: Vec<i64> = part.iter().map(|(_, seq)| *seq).collect();
        let told = open(db, store::keyed(db, workspace, &seqs)?, by, only_new)?;
        if told.len() > 1 {
            groups.push(Group {
                by,
                value: (by != By::Name).then(|| key.clone()),
                total: if is_many { step.total.min(COUNTED) } else { told.len() },
                total_is_capped: is_many && step.total > COUNTED,
                leads: told.into_iter().take(TOLD).collect(),
            });
        }
    }
    Ok(groups)
}

/// The entries that belong together.
fn alike(by: By, entries: &[(String, i64)]) -> Vec<Vec<&(String, i64)>> {
    if by != By::Name {
        return vec![entries.iter().collect()];
    }
    let mut parts: Vec<Vec<&(String, i64)>> = Vec::new();
    for entry in entries {
        let words = likeness::parts(&entry.0).1;
        let is_like = |part: &Vec<&(String, i64)>| {
            part.iter().any(|other| likeness::alike(words, likeness::parts(&other.0).1))
        };
        // It may be what two parts have in common.
        let (like, others): (Vec<_>, Vec<_>) = parts.into_iter().partition(is_like);
        parts = others;
        let mut joined: Vec<_> = like.into_iter().flatten().collect();
        joined.push(entry);
        parts.push(joined);
    }
    for part in &mut parts {
        part.sort_by_key(|(_, seq)| *seq);
    }
    parts.sort_by_key(|part| part.first().map(|(_, seq)| *seq));
    parts
}

/// The leads of which it is open whether they are the same as another one of them: nobody has said that they are not,
/// and, where only what is new is told, a surer key does not tell it already.
fn open(db: &Connection, leads: Vec<Keyed>, by: By, only_new: bool) -> Result<Vec<Lead>> {
    let mut distinct: HashMap<LeadId, _> = HashMap::new();
    for one in &leads {
        distinct.insert(one.lead.id, store::distinct_from(db, one.lead.id)?);
    }
    let is_told = |a: &Keyed, b: &Keyed| {
        let same = |a: &str, b: &str| !a.is_empty() && a == b;
        only_new
            && (by != By::Email && same(&a.email, &b.email)
                || by == By::Name && same(&a.phone, &b.phone))
    };
    let is_open = |a: &Keyed, b: &Keyed| {
        let is_distinct =
            distinct.get(&a.lead.id).is_some_and(|others| others.contains(&b.lead.id));
        a.lead.id != b.lead.id && !is_distinct && !is_told(a, b)
    };
    let keep: Vec<bool> =
        leads.iter().map(|one| leads.iter().any(|other| is_open(one, other))).collect();
    let kept = leads.into_iter().zip(keep).filter(|(_, keep)| *keep);
    Ok(kept.map(|(one, _)| one.lead.into_card()).collect())
}
