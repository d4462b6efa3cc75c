//! The templates that Meta keeps: reading them, and what Meta's words about them mean.

use super::super::faults;
use super::super::{Outcome, Way};
use super::outcome;
use super::text::{Component, read};
use crate::messaging::channels::Meta;
use crate::messaging::templates::{Status, Synced};
use crate::platform::App;
use serde::Deserialize;

/// How many pages of templates are read at most.
const MOST_PAGES: usize = 50;

/// What one of Meta's words says of a template, in a list of them or in a callback: whether it may be sent, and a
/// sentence for people. `None` for a word that is not known here.
pub fn verdict(word: &str) -> Option<(Status, Option<&'static str>)> {
    Some(match word {
        "APPROVED" | "REINSTATED" => (Status::Approved, None),
        "FLAGGED" => {
            let text = "Meta warns that recipients complain about it; it may still be sent.";
            (Status::Approved, Some(text))
        }
        "PENDING" | "IN_APPEAL" => (Status::Pending, None),
        // It comes back by itself, or by somebody's hand at Meta; until then it is refused there.
        "PAUSED" | "LOCKED" => {
            let text = "Meta has paused it, since recipients complain about it. It cannot be sent until Meta \
                lifts the pause.";
            (Status::Pending, Some(text))
        }
        "REJECTED" => (Status::Rejected, Some("Meta has rejected it.")),
        "DISABLED" => {
            (Status::Rejected, Some("Meta has disabled it for good, for its poor quality."))
        }
        "ARCHIVED" => (Status::Rejected, Some("It is archived at Meta, since it was not used.")),
        "LIMIT_EXCEEDED" => (Status::Rejected, Some("The account has too many templates at Meta.")),
        "DELETED" | "PENDING_DELETION" => (Status::Rejected, Some("It was deleted at Meta.")),
        _ => return None,
    })
}

/// A template as Meta keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct MetaTemplate {
    /// Its name.
    pub name: String,
    /// Its language, as in `en_US`.
    pub language: String,
    /// `APPROVED`, `PENDING`, `REJECTED` and the like.
    pub status: String,
    /// `MARKETING`, `UTILITY` or `AUTHENTICATION`.
    #[serde(default)]
    pub category: String,
    /// Its parts.
    #[serde(default)]
    components: Vec<Component>,
}

impl From<MetaTemplate> for Synced {
    fn from(template: MetaTemplate) -> Self {
        let unknown = || {
            let text = format!("Meta calls it {}, which is not known here.", template.status);
            (Status::Pending, Some(text))
        };
        let (status, note) = verdict(&template.status)
            .map_or_else(unknown, |(status, note)| (status, note.map(str::to_owned)));
        let (body, obstacle) = read(&template.components);
        Self { name: template.name, language: template.language, status, note, body, obstacle }
    }
}

#[derive(Deserialize)]
struct Page {
    data: Vec<MetaTemplate>,
    #[serde(default)]
    paging: Paging,
}

#[derive(Default, Deserialize)]
struct Paging {
    #[serde(default)]
    cursors: Cursors,
    next: Option<String>,
}

#[derive(Default, Deserialize)]
struct Cursors {
    after: Option<String>,
}

/// Every template of the account.
///
/// # Errors
/// Code and sentence when Meta does not tell.
pub async fn all(
    app: &App,
    settings: &Meta,
) -> Result<Vec<MetaTemplate>, (Option<String>, String)> {
    list(&Way::new(app), settings).await
}

pub(in crate::messaging::providers) async fn list(
    way: &Way<'_>,
    settings: &Meta,
) -> Result<Vec<MetaTemplate>, (Option<String>, String)> {
    let Some(token) = &settings.access_token else {
        return Err(told(faults::unset("access token")));
    };
    let Some(account) = &settings.business_account_id else {
        return Err(told(faults::unset("WhatsApp business account ID")));
    };
    let mut all = Vec::new();
    let mut after: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let fields = ("fields", "name,language,status,category,components");
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([fields, ("limit", "100")])
            .extend_pairs(after.as_ref().map(|after| ("after", after)))
            .finish();
        let base = settings.versioned_url();
        // The address of the next page is made here, so that the token goes to no other host.
        let url = format!("{base}/{account}/message_templates?{query}");
        let answer = way.outbound.get(&url).bearer(&token.0).send().await;
        let answer = answer.map_err(|fault| told(faults::of(fault)))?;
        let Some(page) = answer.json::<Page>().filter(|_| answer.status == 200) else {
            return Err(told(outcome(way, &answer)));
        };
        all.extend(page.data);
        after = page.paging.cursors.after.filter(|_| page.paging.next.is_some());
        if after.is_none() {
            break;
        }
    }
    Ok(all)
}

fn told(outcome: Outcome) -> (Option<String>, String) {
    match outcome {
        Outcome::Refused { code, message, .. }
        | Outcome::Temporary { code, message, .. }
        | Outcome::Unknown { code, message } => (code, message),
        Outcome::Accepted { .. } => (None, "Meta answered with something else.".into()),
    }
}
