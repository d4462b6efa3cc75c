//! Likely duplicates: leads that share an e-mail address or a phone number, or have similar names at one company.
//!
//! Nothing is kept of who is a duplicate of whom: a page walks the indexes of those keys from where the last one ended,
//! and looks at no more than [`WALKED`] entries, so its work is bounded at any number of leads. A page may so be short,
//! even empty, and yet not be the last one.

pub mod likeness;
mod walk;

pub use walk::list;
pub(in crate::leads) use walk::{Keyed, Place};

use super::{Lead, LeadId, store};
use crate::auth::Caller;
use crate::platform::ids::WorkspaceId;
use crate::platform::normalize::{email_key, fold, phone_key};
use crate::platform::{Error, FieldError, Result, Tx};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use utoipa::ToSchema;

/// How many entries of an index one page looks at.
const WALKED: usize = 20_000;
/// The most leads of one group that are told.
pub const TOLD: usize = 20;
/// So far the leads of a group are counted.
const COUNTED: usize = 1_000;
/// The most leads that a check tells.
const CHECKED: usize = 5;

/// What leads have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = DuplicateBy)]
pub enum By {
    /// The e-mail address, however it is written.
    Email,
    /// The phone number, however it is written.
    Phone,
    /// Similar names at the same company.
    Name,
}

impl By {
    /// All of them, the surest first.
    pub const ALL: [Self; 3] = [Self::Email, Self::Phone, Self::Name];
}

impl std::str::FromStr for By {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "email" => Ok(Self::Email),
            "phone" => Ok(Self::Phone),
            "name" => Ok(Self::Name),
            _ => Err(()),
        }
    }
}

/// Leads that are likely one person.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DuplicateGroup)]
pub struct Group {
    pub by: By,
    /// The address that they share, as it is matched; null for similar names.
    #[schema(example = "grace@example.com")]
    pub value: Option<String>,
    /// The first 20 of them, the oldest first.
    pub leads: Vec<Lead>,
    /// How many there are; counted up to 1,000.
    #[schema(example = 2)]
    pub total: usize,
    /// True when there are more than `total`.
    pub total_is_capped: bool,
}

/// A lead that is likely the one that is being typed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LikelyDuplicate)]
pub struct Likely {
    pub lead: Lead,
    /// What it has in common with it.
    pub by: Vec<By>,
}

/// What is typed so far.
#[derive(Debug, Default)]
pub struct Typed {
    pub email: Option<String>,
    pub phone: Option<String>,
    pub name: Option<String>,
    pub company: Option<String>,
    /// The lead that is being changed, which is no duplicate of itself.
    pub except: Option<LeadId>,
}

/// The leads that are likely the one that is being typed: those with its e-mail address, with its phone number, and of
/// a similar name at its company, or of its name where there is no company. At most 5.
pub fn check(db: &Connection, by: &Caller, typed: &Typed) -> Result<Vec<Likely>> {
    let mut found: Vec<Likely> = Vec::new();
    let mut add = |leads: Vec<Lead>, by: By| {
        for lead in leads {
            match found.iter_mut().find(|known| known.lead.id == lead.id) {
                Some(known) => known.by.push(by),
                None => found.push(Likely { lead: lead.into_card(), by: vec![by] }),
            }
        }
    };
    let most = CHECKED + 1;
    if let Some(key) = typed.email.as_deref().and_then(email_key) {
        add(store::with_email(db, by.workspace, &key, most)?, By::Email);
    }
    let phone = typed.phone.as_deref();
    if let Some(key) = phone.and_then(|phone| phone_key(phone, &by.default_country)) {
        add(store::with_phone(db, by.workspace, &key, most)?, By::Phone);
    }
    if let Some(name) = typed.name.as_deref() {
        add(named_like(db, by.workspace, name, typed.company.as_deref())?, By::Name);
    }
    let distinct = match typed.except {
        Some(lead) => store::distinct_from(db, lead)?,
        None => HashSet::new(),
    };
    found.retain(|one| typed.except != Some(one.lead.id) && !distinct.contains(&one.lead.id));
    found.truncate(CHECKED);
    Ok(found)
}

fn named_like(
    db: &Connection,
    workspace: WorkspaceId,
    name: &str,
    company: Option<&str>,
) -> Result<Vec<Lead>> {
    let Some(company) = company.filter(|company| !company.trim().is_empty()) else {
        let same = |lead: &Lead| fold(&lead.name) == fold(name);
        return Ok(store::named(db, workspace, name, CHECKED + 1)?
            .into_iter()
            .filter(same)
            .collect());
    };
    let Some(key) = likeness::key(name, Some(company)) else { return Ok(Vec::new()) };
    let (bucket, words) = likeness::parts(&key);
    store::in_bucket(db, workspace, bucket, CHECKED + 1, |other| {
        likeness::alike(words, likeness::parts(other).1)
    })
}

/// Which leads are no duplicates of each other.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = DistinctLeads)]
pub struct Distinct {
    /// 2 to 20 leads: none of them is a duplicate of another.
    pub lead_ids: Vec<LeadId>,
    /// `email` or `phone`: the address of these leads is shared by many people, and nobody is a duplicate for having it.
    pub shared: Option<By>,
}

/// Notes that leads are not the same person, or takes that back.
///
/// # Errors
/// 422 for fewer than 2 leads or more than 20, and for one that is not there.
pub fn set_distinct(tx: &Tx, by: &Caller, body: &Distinct, is_distinct: bool) -> Result<()> {
    let ids: Vec<LeadId> = body.lead_ids.clone();
    if !(2..=TOLD).contains(&ids.len()) {
        return Err(Error::invalid("leadIds", "out_of_range", "2 to 20 leads."));
    }
    let mut faults = Vec::new();
    let mut leads = Vec::new();
    for (at, id) in ids.iter().enumerate() {
        match store::find(tx, by.workspace, *id)? {
            Some(lead) => leads.push(lead),
            None => faults.push(FieldError::new(
                format!("leadIds.{at}"),
                "unknown_lead",
                "There is no such lead.",
            )),
        }
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    for (at, one) in ids.iter().enumerate() {
        for other in ids.iter().skip(at + 1).filter(|other| *other != one) {
            store::set_distinct(tx, *one, *other, is_distinct)?;
        }
    }
    match (body.shared, leads.first()) {
        (Some(kind), Some(lead)) => share(tx, by, kind, lead, is_distinct),
        _ => Ok(()),
    }
}

fn share(tx: &Tx, by: &Caller, kind: By, lead: &Lead, is_shared: bool) -> Result<()> {
    let key = match kind {
        By::Email => lead.email.as_deref().and_then(email_key),
        By::Phone => lead.phone.as_deref().and_then(|phone| phone_key(phone, &by.default_country)),
        By::Name => None,
    };
    let key = key.ok_or_else(|| {
        Error::invalid("shared", "no_address", "The leads share no address of this kind.")
    })?;
    store::set_shared(tx, by.workspace, &hash(kind, &key), is_shared)
}

/// What a shared address is known by.
fn hash(kind: By, key: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update([kind as u8]);
    hash.update(key);
    hash.finalize().into()
}
