//! Lists of campaigns.

use super::{Campaign, Status, store};
use crate::messaging::Channel;
use crate::platform::Result;
use crate::platform::http::paging::write_cursor;
use crate::platform::http::{Page, Paging};
use crate::platform::ids::WorkspaceId;
use crate::platform::keyset::{Key, Place, Start};
use crate::platform::normalize::fold;
use rusqlite::Connection;

/// How many are read at a time.
const PIECE: usize = 500;

/// Which campaigns are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// A piece of the name, in any case.
    pub search: Option<String>,
    /// With this status.
    pub status: Option<Status>,
    /// On this channel.
    pub channel: Option<Channel>,
}

impl Filter {
    fn fits(&self, campaign: &Campaign) -> bool {
        let settings = &campaign.settings;
        self.status.is_none_or(|status| campaign.status == status)
            && self.channel.is_none_or(|channel| settings.channel == channel)
            && self.search.as_deref().is_none_or(|text| fold(&settings.name).contains(text))
    }
}

/// The campaigns of a workspace, newest first. There are few enough to be looked through.
pub fn list(
    db: &Connection,
    workspace: WorkspaceId,
    filter: &Filter,
    paging: &Paging,
) -> Result<Page<Campaign>> {
    let filter = Filter { search: filter.search.as_deref().map(fold), ..filter.clone() };
    let (skip, from) = match Start::of(paging)? {
        Start::Offset(offset) => (usize::try_from(offset).unwrap_or(usize::MAX), None),
        Start::After(place) => (0, Some(place.1)),
    };
    let limit = usize::try_from(paging.limit).unwrap_or(usize::MAX);
    let (mut data, mut total, mut is_more) = (Vec::new(), 0, false);
    let mut place: Option<Place> = None;
    loop {
        let piece = store::newest(db, workspace, place.as_ref(), PIECE)?;
        let is_last = piece.len() < PIECE;
        place = piece.last().map(|campaign| Place(Key::Number(0), campaign.seq));
        for campaign in piece.into_iter().filter(|campaign| filter.fits(campaign)) {
            total += 1;
            let is_before = match from {
                Some(seq) => campaign.seq >= seq,
                None => total <= skip,
            };
            match (is_before, data.len() < limit) {
                (true, _) => {}
                (false, true) => data.push(campaign),
                (false, false) => is_more = true,
            }
        }
        if is_last {
            break;
        }
    }
    let next = data.last().map(|last: &Campaign| Place(Key::Number(0), last.seq));
    let data = store::with_all_skips(db, data)?;
    let mut page = Page::new(data, paging, total as u64, false);
    page.next_cursor = next.filter(|_| is_more).map(|place| write_cursor(&place));
    Ok(page)
}
