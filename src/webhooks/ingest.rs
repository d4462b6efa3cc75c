//! What a received payload does, in one transaction: the lead, its activities, the counters and the
//! delivery stand or fall together.

use super::assign::Assigner;
use super::deliveries::{self, Delivery, DeliveryId, KEPT, Outcome, Stored};
use super::interpret::{Kind, Meaning};
use super::mapping::{Mapped, MappedLead};
use super::store::{self, Counted, HookRow, Place};
use super::{LeadReceived, OnDuplicate, WebhookId};
use crate::activity;
use crate::auth::{Actor, ActorKind, Caller, Permissions, Via};
use crate::fields::custom_fields::{DISPLAY_NAMES, display_name};
use crate::leads::{self, Lead, LeadPatch, NewLead, Source};
use crate::platform::events::Event;
use crate::platform::http::IfMatch;
use crate::platform::ids::WorkspaceId;
use crate::platform::{Error, Result, Tx, normalize};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The code of the conflict that says: the webhook was changed since the request looked it up.
pub const CHANGED: &str = "webhook_changed";

/// One payload with its meaning.
#[derive(Debug)]
pub struct Item {
    /// What it means by the webhook's rules.
    pub meaning: Meaning,
    /// What the log keeps of it.
    pub stored: Stored,
    /// Its size in bytes.
    pub size: u64,
    /// What the phone number is matched by, worked out before the transaction.
    pub phone_key: Option<String>,
}

/// One accepted request.
#[derive(Debug)]
pub struct Incoming {
    /// Its payloads, several when the body was an array.
    pub items: Vec<Item>,
    /// True when each payload is answered for.
    pub is_list: bool,
    /// `Content-Type` as sent.
    pub content_type: Option<String>,
}

/// One refused request.
#[derive(Debug)]
pub struct Refused {
    /// The HTTP status that answers it.
    pub status: u16,
    /// Why.
    pub detail: String,
    /// The size in bytes of what was read.
    pub size: u64,
    /// `Content-Type` as sent.
    pub content_type: Option<String>,
    /// What the log keeps of it.
    pub stored: Stored,
}

/// What became of one payload.
#[derive(Debug)]
pub struct Received {
    /// What was done.
    pub outcome: Outcome,
    /// The lead, if there is one.
    pub lead: Option<Lead>,
    /// Why there is none.
    pub detail: Option<String>,
}

impl Received {
    /// The HTTP status for this payload.
    pub fn status(&self) -> u16 {
        if self.outcome == Outcome::Created { 201 } else { 200 }
    }
}

/// Takes what a request brought.
///
/// # Errors
/// [`CHANGED`] when the webhook is not as `hook` says any more; look it up again.
pub(super) fn receive(tx: &Tx, hook: &HookRow, incoming: &Incoming) -> Result<Vec<Received>> {
    let place = store::place_of(tx, hook.id, hook.version)?
        .ok_or_else(|| Error::Conflict(CHANGED, "This webhook was changed just now.".into()))?;
    let by = caller(hook.id, hook.workspace, &hook.rules.webhook_name, &place);
    let mut assigner = Assigner::of(hook.id);
    let mut all = Vec::with_capacity(incoming.items.len());
    let mut counted = Counted { deliveries: incoming.items.len() as i64, ..Counted::default() };
    for item in &incoming.items {
        let received = match &item.meaning.kind {
            Kind::Ping(why) => nothing(Outcome::Ping, why),
            Kind::Bot => nothing(Outcome::Discarded, "The honeypot field was filled in."),
            Kind::Lead(mapped) => {
                // A country that was changed just now reads numbers in another way.
                let still = place.default_country == hook.default_country;
                let key = item.phone_key.clone().filter(|_| still);
                take(tx, &by, hook.on_duplicate, &place, &mut assigner, mapped, key)?
            }
        };
        match received.outcome {
            Outcome::Created => counted.created += 1,
            Outcome::Updated => counted.updated += 1,
            Outcome::Skipped => counted.skipped += 1,
            _ => {}
        }
        all.push(received);
    }
    let (number, last) = store::count(tx, hook.id, counted)?;
    let first = last - counted.deliveries + 1;
    for ((item, received), sequence) in incoming.items.iter().zip(&all).zip(first..) {
        // Of an array longer than the log, only the end would stay.
        if sequence > last - KEPT {
            let delivery = delivery(tx, item, received, incoming.content_type.clone());
            deliveries::put(tx, number, sequence, &delivery, &item.stored)?;
            tell(tx, hook.workspace, hook.id, &delivery);
        }
    }
    Ok(all)
}

/// Notes a refused request.
pub(super) fn refuse(tx: &Tx, hook: &HookRow, refused: &Refused) -> Result<()> {
    if store::place_of(tx, hook.id, hook.version)?.is_none() {
        return Ok(());
    }
    let counted = Counted { deliveries: 1, rejected: 1, ..Counted::default() };
    let (number, sequence) = store::count(tx, hook.id, counted)?;
    let delivery = Delivery {
        id: DeliveryId::fresh(tx.now()),
        received_at: tx.now(),
        outcome: Outcome::Rejected,
        status: refused.status,
        lead_id: None,
        lead_name: None,
        content_type: refused.content_type.clone(),
        recognized_as: None,
        size_bytes: refused.size,
        detail: Some(refused.detail.clone()),
        replayed_at: None,
    };
    deliveries::put(tx, number, sequence, &delivery, &refused.stored)?;
    tell(tx, hook.workspace, hook.id, &delivery);
    Ok(())
}

/// The webhook as the one who acts.
pub(super) fn caller(id: WebhookId, workspace: WorkspaceId, name: &str, place: &Place) -> Caller {
    Caller {
        actor: Actor { kind: ActorKind::Webhook, id: Some(id.0), name: name.to_owned() },
        workspace,
        default_country: place.default_country.clone(),
        permissions: Permissions::NONE,
        user: None,
        is_super_admin: false,
        via: Via::Bearer,
        session: None,
    }
}

fn nothing(outcome: Outcome, why: &str) -> Received {
    Received { outcome, lead: None, detail: Some(why.to_owned()) }
}

fn delivery(tx: &Tx, item: &Item, received: &Received, content_type: Option<String>) -> Delivery {
    Delivery {
        id: DeliveryId::fresh(tx.now()),
        received_at: tx.now(),
        outcome: received.outcome,
        status: received.status(),
        lead_id: received.lead.as_ref().map(|lead| lead.id),
        lead_name: received.lead.as_ref().map(|lead| lead.name.clone()),
        content_type,
        recognized_as: item.meaning.source.map(str::to_owned),
        size_bytes: item.size,
        detail: received.detail.clone(),
        replayed_at: None,
    }
}

/// What open pages are told about a delivery.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    webhook_id: WebhookId,
    delivery: &'a Delivery,
}

/// Tells open pages about a delivery.
pub(super) fn tell(tx: &Tx, workspace: WorkspaceId, webhook: WebhookId, delivery: &Delivery) {
    let data = Told { webhook_id: webhook, delivery };
    tx.publish(Event::new(workspace, "webhook.delivery", &data));
}

/// Makes a lead, or does with the one that is there what the assigner's webhook says.
pub(super) fn take(
    tx: &Tx,
    by: &Caller,
    on_duplicate: OnDuplicate,
    place: &Place,
    assigner: &mut Assigner,
    mapped: &Mapped,
    phone_key: Option<String>,
) -> Result<Received> {
    let webhook = assigner.webhook;
    let new = &mapped.lead;
    let known = match on_duplicate {
        OnDuplicate::Create => None,
        _ => leads::by_address(tx, by, new.email.as_deref(), new.phone.as_deref())?,
    };
    let Some(known) = known else {
        let known_key = phone_key.clone();
        let assigned_to = assigner.next(tx, by, place)?;
        let new = NewLead { phone_key, assigned_to, ..to_new(new, webhook, place) };
        let lead = leads::create(tx, by, new)?;
        if let (Some(_), Some(assignment)) = (assigned_to, &place.assignment) {
            leads::note_rule(tx, by, &lead, assignment.rule.as_str())?;
        }
        tell_received(tx, by, webhook, &lead, known_key)?;
        return Ok(Received { outcome: Outcome::Created, lead: Some(lead), detail: None });
    };
    let (outcome, lead) = match on_duplicate {
        OnDuplicate::Skip => (Outcome::Skipped, known),
        _ => (Outcome::Updated, write_into(tx, by, &known, mapped, false)?),
    };
    if outcome == Outcome::Updated {
        tell_received(tx, by, webhook, &lead, None)?;
    }
    let detail = json!({"outcome": outcome});
    activity::record(tx, lead.id.0, "webhook_received", &by.actor, &detail)?;
    Ok(Received { outcome, lead: Some(lead), detail: None })
}

fn tell_received(
    tx: &Tx,
    by: &Caller,
    webhook: WebhookId,
    lead: &Lead,
    phone_key: Option<String>,
) -> Result<()> {
    tx.tell(&LeadReceived {
        by: by.clone(),
        webhook,
        lead: lead.id,
        email: lead.email.clone(),
        phone: lead.phone.clone(),
        phone_key,
    })
}

fn to_new(mapped: &MappedLead, webhook: WebhookId, place: &Place) -> NewLead {
    NewLead {
        name: mapped.name.clone(),
        email: mapped.email.clone(),
        phone: mapped.phone.clone(),
        company: mapped.company.clone(),
        title: mapped.title.clone(),
        tags: mapped.tags.clone(),
        score: mapped.score.unwrap_or_default(),
        custom_fields: mapped.custom_fields.clone(),
        source: Source::Webhook,
        pipeline: place.pipeline,
        stage: place.stage,
        assigned_to: None,
        webhook: Some(webhook.0),
        phone_key: None,
        detail: Value::Null,
    }
}

/// Writes what was received into a lead that is there. What came empty changes nothing; what a lead's own
/// checks would refuse is kept as a custom field. `again` also takes back the custom fields that an
/// earlier mapping of the same payload made and today's does not.
pub(super) fn write_into(
    tx: &Tx,
    by: &Caller,
    lead: &Lead,
    mapped: &Mapped,
    again: bool,
) -> Result<Lead> {
    let new = &mapped.lead;
    let mut patch = Map::new();
    let mut fields = new.custom_fields.clone();
    fields.retain(|_, value| !value.is_null());
    if again {
        let current = lead.custom_map();
        for (key, value) in current.iter().filter(|(key, _)| *key != DISPLAY_NAMES) {
            let name = display_name(&current, key);
            let came = |field: &super::mapping::MappedField| {
                field.display_name == name && field.value == *value
            };
            if !fields.contains_key(key) && mapped.fields.iter().any(came) {
                fields.insert(key.clone(), Value::Null);
            }
        }
    }
    if new.has_own_name {
        patch.insert("name".into(), one_line(&new.name).into());
    }
    let texts = [
        ("email", &new.email, is_good_email as fn(&str) -> bool),
        ("phone", &new.phone, is_good_phone),
        ("company", &new.company, |_| true),
        ("title", &new.title, |_| true),
    ];
    for (field, value, is_good) in texts {
        let Some(value) = value.as_deref().filter(|value| !value.trim().is_empty()) else {
            continue;
        };
        if is_good(value) {
            patch.insert(field.into(), one_line(value).into());
        } else if !fields.contains_key(field) {
            fields.insert(field.into(), value.into());
        }
    }
    if !new.tags.is_empty() {
        let all = lead.tags.iter().chain(&new.tags).map(String::as_str);
        let mut tags = leads::clean_tags(all);
        tags.truncate(super::mapping::TAGS_MAX.max(lead.tags.len()));
        patch.insert("tags".into(), json!(tags));
    }
    if let Some(score) = new.score {
        patch.insert("baseScore".into(), score.into());
    }
    patch.insert("customFields".into(), Value::Object(fields));
    let patch: LeadPatch = serde_json::from_value(Value::Object(patch))?;
    leads::update(tx, by, lead.id, &IfMatch::Any, patch)
}

fn is_good_email(email: &str) -> bool {
    crate::auth::check_email("email", email).is_ok()
}

fn is_good_phone(phone: &str) -> bool {
    normalize::digits(phone).len() >= 3
}

/// A lead's own checks take no control characters; what a form sends may hold line breaks.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}
