//! How many members each channel reaches: counted in pieces, so that a large audience neither keeps a reader nor
//! runs into its deadline.

use super::store::{self, Kept};
use super::{Asked, Audience, AudienceId, Kind, Reach};
use crate::auth::Caller;
use crate::contacts;
use crate::leads::{self, LeadId};
use crate::messaging::{Address, Channel, suppression};
use crate::platform::Result;
use rusqlite::Connection;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// How many members are looked at in one piece.
const PIECE: usize = 5_000;

/// A count under way. Addresses are told apart by 64 bits of a keyed hash, so that a million of them take little
/// room: two that fall together would be one counted wrong, once in many millions of audiences.
pub struct Tally {
    audience: Audience,
    after: i64,
    upto: i64,
    hash: RandomState,
    channels: Vec<Counted>,
}

struct Counted {
    channel: Channel,
    reach: Reach,
    suppressed: HashSet<u64>,
    seen: HashSet<u64>,
}

/// How somebody is reached, as far as it is known without reading a number again.
struct Written {
    email: Option<String>,
    phone: Option<String>,
    phone_key: String,
}

impl Tally {
    /// Begins to count what some channels reach.
    ///
    /// # Errors
    /// 404.
    pub fn begin(
        db: &Connection,
        by: &Caller,
        id: AudienceId,
        channels: &[Channel],
    ) -> Result<Self> {
        let audience = store::get(db, by, id)?;
        let upto = super::last_mark(db, by, id)?;
        let hash = RandomState::new();
        let mut counted = Vec::new();
        for channel in channels {
            let mut suppressed = HashSet::new();
            suppression::each_key(db, by.workspace, *channel, |key| {
                suppressed.insert(hash.hash_one(key));
            })?;
            let (reach, seen) = (Reach::default(), HashSet::new());
            counted.push(Counted { channel: *channel, reach, suppressed, seen });
        }
        Ok(Self { audience, after: 0, upto, hash, channels: counted })
    }

    /// Counts one piece; false when that was the last.
    pub fn step(&mut self, db: &Connection, by: &Caller) -> Result<bool> {
        let (last, people) = piece(db, by, &self.audience, (self.after, self.upto))?;
        for written in &people {
            self.count(by, written);
        }
        self.after = last.unwrap_or(self.after);
        Ok(last.is_some())
    }

    fn count(&mut self, by: &Caller, written: &Written) {
        let mut phone = None;
        for Counted { channel, reach, suppressed, seen } in &mut self.channels {
            reach.size += 1;
            let key = if channel.is_by_phone() {
                // Both channels of a phone read its number once.
                phone.get_or_insert_with(|| written.phone_key(&by.default_country)).clone()
            } else {
                written.email_key(&by.default_country)
            };
            let Some(key) = key.map(|key| self.hash.hash_one(key.as_str())) else {
                reach.no_address += 1;
                continue;
            };
            if suppressed.contains(&key) {
                reach.suppressed += 1;
            } else if seen.insert(key) {
                reach.reachable += 1;
            } else {
                reach.duplicates += 1;
            }
        }
    }

    /// What was counted, by channel.
    pub fn end(self) -> Vec<(Channel, Reach)> {
        self.channels.into_iter().map(|counted| (counted.channel, counted.reach)).collect()
    }
}

impl Written {
    fn email_key(&self, country: &str) -> Option<String> {
        Some(Address::of(Channel::Email, self.email.as_deref()?, country)?.key)
    }

    fn phone_key(&self, country: &str) -> Option<String> {
        if self.phone_key.starts_with('+') {
            return Some(self.phone_key.clone());
        }
        Some(Address::of(Channel::Sms, self.phone.as_deref()?, country)?.key)
    }
}

/// How some members are reached, and where to go on; `None` at the end.
fn piece(
    db: &Connection,
    by: &Caller,
    audience: &Audience,
    (after, upto): (i64, i64),
) -> Result<(Option<i64>, Vec<Written>)> {
    let go_on = |marks: &[i64]| marks.last().copied().filter(|_| marks.len() == PIECE);
    let of_contact = |contact: contacts::Contact| Written {
        email: contact.email,
        phone: contact.phone,
        phone_key: String::new(),
    };
    match (&audience.filter, audience.kind) {
        (Some(Asked::Leads(_, filter)), Kind::Live) => {
            let found = leads::matching(db, by.workspace, filter, (after, upto), PIECE)?;
            let (marks, ids): (Vec<i64>, Vec<LeadId>) = found.into_iter().unzip();
            Ok((go_on(&marks), of_leads(db, by, &ids)?))
        }
        (Some(Asked::Contacts(_, filter)), Kind::Live) => {
            let found = contacts::matching(db, by.workspace, filter, (after, upto), PIECE)?;
            let marks: Vec<i64> = found.iter().map(|contact| contact.seq).collect();
            Ok((go_on(&marks), found.into_iter().map(of_contact).collect()))
        }
        _ => {
            let kept = store::members(db, audience, (after, upto), PIECE)?;
            let marks: Vec<i64> = kept.iter().map(|(mark, _)| *mark).collect();
            let (mut leads, mut people) = (Vec::new(), Vec::with_capacity(kept.len()));
            for (_, kept) in kept {
                match kept {
                    Kept::Lead(lead) => leads.push(lead),
                    Kept::Contact(id) => {
                        people.extend(contacts::find(db, by.workspace, id)?.map(of_contact));
                    }
                    Kept::Row(person) => people.push(Written {
                        email: person.email,
                        phone: person.phone,
                        phone_key: String::new(),
                    }),
                }
            }
            people.extend(of_leads(db, by, &leads)?);
            Ok((go_on(&marks), people))
        }
    }
}

fn of_leads(db: &Connection, by: &Caller, ids: &[LeadId]) -> Result<Vec<Written>> {
    let found = leads::written(db, by, ids)?.into_iter().flatten();
    let written = found.map(|lead| Written {
        email: lead.email,
        phone: lead.phone,
        phone_key: lead.phone_key,
    });
    Ok(written.collect())
}

/// How many members each of some channels reaches.
///
/// # Errors
/// 404.
pub fn reaches(
    db: &Connection,
    by: &Caller,
    id: AudienceId,
    channels: &[Channel],
) -> Result<Vec<(Channel, Reach)>> {
    let mut tally = Tally::begin(db, by, id, channels)?;
    while tally.step(db, by)? {}
    Ok(tally.end())
}

/// How many members a channel reaches after suppression and duplicates, and why it does not reach the others.
///
/// # Errors
/// 404.
pub fn reach(db: &Connection, by: &Caller, id: AudienceId, channel: Channel) -> Result<Reach> {
    let counted = reaches(db, by, id, &[channel])?;
    Ok(counted.first().map_or_else(Reach::default, |(_, reach)| *reach))
}
