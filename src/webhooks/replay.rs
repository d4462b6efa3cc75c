//! Looking at a kept payload through a mapping, and taking it again.

use super::assign::Assigner;
use super::decode::{self, Media, Refusal};
use super::deliveries::{self, Delivery, DeliveryId, Outcome, Stored};
use super::ingest::{self, Received};
use super::interpret::{Kind, Meaning, Rules, interpret, take_redirect};
use super::node::Node;
use super::store::{self, Counted};
use super::{Webhook, WebhookId, get};
use crate::activity;
use crate::auth::Caller;
use crate::leads;
use crate::platform::{Error, Result, Tx};
use serde_json::json;

/// Reads a kept payload again.
///
/// # Errors
/// Why it cannot be read, as the sender was told.
pub fn payload_of(stored: &Stored) -> Result<Node, Refusal> {
    let media = if stored.is_form { Media::Form } else { Media::Json };
    let mut decoded = decode::decode(media, stored.payload.as_bytes())?;
    if decoded.is_list || decoded.leads.len() != 1 {
        return Err(Refusal::NotAnObject);
    }
    let mut payload = decoded.leads.remove(0);
    if decoded.is_form {
        take_redirect(&mut payload);
    }
    Ok(payload)
}

/// What a payload means by some rules, with the header that was kept.
///
/// # Errors
/// When a flattened name grows too long.
pub fn meaning_of(payload: &Node, topic: Option<&str>, rules: &Rules) -> Result<Meaning, Refusal> {
    let headers =
        |name: &str| (name == "x-shopify-topic").then(|| topic.map(str::to_owned)).flatten();
    interpret(payload, rules, &headers)
}

/// The rules of a webhook as it stands.
pub fn rules_of(webhook: &Webhook) -> Rules {
    Rules {
        preset: webhook.settings.preset.clone(),
        mapping: webhook.settings.mapping.clone(),
        honeypot: webhook.settings.honeypot.clone(),
        webhook_name: webhook.settings.name.clone(),
        tells: true,
    }
}

/// Takes a kept delivery again by today's mapping: into the lead of that delivery, or, where there is none
/// (any more), as if it had just come. A payload that the honeypot discarded is taken this time.
///
/// # Errors
/// 404, or 422 when the payload cannot be read.
pub fn replay(tx: &Tx, by: &Caller, id: WebhookId, delivery: DeliveryId) -> Result<Received> {
    let webhook = get(tx, by.workspace, id)?;
    let (at, mut delivery, stored) = deliveries::find(tx, by.workspace, id, delivery)?;
    let mut rules = rules_of(&webhook);
    if delivery.outcome == Outcome::Discarded {
        rules.honeypot.clear();
    }
    let meaning = payload_of(&stored)
        .and_then(|payload| meaning_of(&payload, stored.topic.as_deref(), &rules))
        .map_err(|refusal| Error::invalid("delivery", refusal.code(), refusal.detail()))?;
    let place = store::place_of(tx, id, webhook.version)?.ok_or(Error::NotFound("webhook"))?;
    let sender = ingest::caller(id, by.workspace, &webhook.settings.name, &place);
    let known = match delivery.lead_id {
        Some(lead) => leads::find(tx, by.workspace, lead)?,
        None => None,
    };
    let received = match (&meaning.kind, known) {
        (Kind::Ping(why), _) => {
            Received { outcome: Outcome::Ping, lead: None, detail: Some((*why).to_owned()) }
        }
        (Kind::Bot, _) => Received { outcome: Outcome::Discarded, lead: None, detail: None },
        (Kind::Lead(mapped), Some(lead)) => {
            let lead = ingest::write_into(tx, by, &lead, mapped, true)?;
            let detail = json!({"outcome": Outcome::Updated, "replay": true});
            activity::record(tx, lead.id.0, "webhook_received", &sender.actor, &detail)?;
            Received { outcome: Outcome::Updated, lead: Some(lead), detail: None }
        }
        (Kind::Lead(mapped), None) => {
            let mut assigner = Assigner::of(id);
            let policy = webhook.settings.on_duplicate;
            ingest::take(tx, &sender, policy, &place, &mut assigner, mapped, None)?
        }
    };
    if received.outcome == Outcome::Created {
        store::count(tx, id, Counted { created: 1, ..Counted::default() })?;
    }
    note(tx, by, id, at, &mut delivery, &meaning, &received)?;
    Ok(received)
}

fn note(
    tx: &Tx,
    by: &Caller,
    id: WebhookId,
    at: i64,
    delivery: &mut Delivery,
    meaning: &Meaning,
    received: &Received,
) -> Result<()> {
    delivery.outcome = received.outcome;
    delivery.status = received.status();
    delivery.lead_id = received.lead.as_ref().map(|lead| lead.id);
    delivery.lead_name = received.lead.as_ref().map(|lead| lead.name.clone());
    delivery.recognized_as = meaning.source.map(str::to_owned);
    delivery.detail.clone_from(&received.detail);
    delivery.replayed_at = Some(tx.now());
    deliveries::set_replayed(tx, at, delivery)?;
    ingest::tell(tx, by.workspace, id, delivery);
    Ok(())
}
