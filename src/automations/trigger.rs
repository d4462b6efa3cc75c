//! The trigger: a lead that comes in by a webhook starts the automations of that webhook.

use super::run::wake_at;
use super::store::{self, Counted, runs};
use super::timeline::{self, Told};
use super::{Automation, RunId, announce, words};
use crate::auth::{Actor, ActorKind};
use crate::leads::notices::Imported;
use crate::messaging::messages::{Origin, Skipped};
use crate::messaging::{Address, Channel};
use crate::platform::normalize::{email_key, phone_key};
use crate::platform::{Result, Time, Tx};
use crate::webhooks::{LeadReceived, WebhookId};
use serde_json::{Map, json};

/// Who came in, as far as triggers need to know.
#[derive(Debug, Default)]
pub(super) struct Arrival {
    /// What the e-mail address and the phone number are matched by.
    pub keys: Vec<String>,
    /// The channels that reach them.
    reached: Vec<Channel>,
}

impl Arrival {
    /// Reads the addresses; a key that is known already is not worked out again, which takes a while.
    pub(super) fn read(
        email: Option<&str>,
        phone: Option<&str>,
        known_phone_key: Option<&str>,
        default_country: &str,
    ) -> Self {
        let mut arrival = Self::default();
        if let Some(email) = email {
            arrival.keys.extend(email_key(email));
            if Address::of(Channel::Email, email, default_country).is_some() {
                arrival.reached.push(Channel::Email);
            }
        }
        if let Some(phone) = phone {
            let key =
                known_phone_key.map(str::to_owned).or_else(|| phone_key(phone, default_country));
            let is_whole = key.as_deref().is_some_and(|key| key.starts_with('+'));
            if is_whole || Address::of(Channel::Sms, phone, default_country).is_some() {
                arrival.reached.extend([Channel::Sms, Channel::Whatsapp]);
            }
            arrival.keys.extend(key);
        }
        arrival
    }

    /// Whether any step of an automation reaches them.
    pub(super) fn is_reached_by(&self, automation: &super::plan::Plan) -> bool {
        automation.channels().iter().any(|channel| self.reached.contains(channel))
    }
}

/// The safety lock: how long ago one of the addresses triggered it, and for how long it holds, in milliseconds.
/// At the end of the window it is open again.
pub(super) fn holds(minutes: i64, last: Option<Time>, now: Time) -> Option<(i64, i64)> {
    let window = minutes.saturating_mul(60_000);
    let since = now.millis() - last?.millis();
    // A clock that was set back does not make the lock last longer than its window.
    let since = since.max(0);
    (since < window).then_some((since, window - since))
}

/// Listens to webhooks.
pub fn on_received(tx: &Tx, received: &LeadReceived) -> Result<()> {
    let text = format!("Started by the webhook “{}”.", received.by.actor.name);
    arrive(tx, received, &text)
}

/// Listens to imports that shall trigger what a webhook triggers.
pub fn on_imported(tx: &Tx, imported: &Imported) -> Result<()> {
    let text = format!("Started by the import of “{}”.", imported.file);
    let received = LeadReceived {
        by: imported.by.clone(),
        webhook: WebhookId(imported.webhook),
        lead: imported.lead,
        email: imported.email.clone(),
        phone: imported.phone.clone(),
        phone_key: imported.phone_key.clone(),
    };
    arrive(tx, &received, &text)
}

fn arrive(tx: &Tx, received: &LeadReceived, text: &str) -> Result<()> {
    let automations = store::triggered_by(tx, received.webhook)?;
    if automations.is_empty() {
        return Ok(());
    }
    let (email, phone) = (received.email.as_deref(), received.phone.as_deref());
    let country = &received.by.default_country;
    let arrival = Arrival::read(email, phone, received.phone_key.as_deref(), country);
    automations.iter().try_for_each(|automation| trigger(tx, received, &arrival, automation, text))
}

fn trigger(
    tx: &Tx,
    received: &LeadReceived,
    arrival: &Arrival,
    automation: &Automation,
    text: &str,
) -> Result<()> {
    let settings = &automation.settings;
    if !arrival.is_reached_by(&settings.plan) {
        let text = words::no_contact(settings.plan.channels().into_iter());
        let told = Told::of("automation_skipped", text);
        return skip(tx, received, automation, told, "missing_contact_info");
    }
    let mut last = None;
    for key in &arrival.keys {
        last = last.max(runs::locked(tx, automation.id, key)?);
    }
    if let Some((since, remaining)) = holds(settings.safety_lock_minutes, last, tx.now()) {
        let mut told = Told::of("automation_skipped", words::locked(since, remaining));
        told.more = Map::from_iter([
            ("remainingSeconds".to_owned(), json!((remaining + 999) / 1_000)),
            ("lockedUntil".to_owned(), json!(tx.now().plus_millis(remaining))),
        ]);
        return skip(tx, received, automation, told, "safety_lock");
    }
    if settings.safety_lock_minutes > 0 {
        for key in &arrival.keys {
            runs::lock(tx, automation.id, key)?;
        }
    }
    start(tx, received, automation, text)
}

fn start(tx: &Tx, received: &LeadReceived, automation: &Automation, text: &str) -> Result<()> {
    let run = RunId::fresh(tx.now());
    runs::insert(tx, automation, received.by.workspace, run, received.lead)?;
    store::count(tx, automation.id, Counted::Triggered, 1)?;
    write(tx, received, automation, Some(run), Told::of("automation_triggered", text.to_owned()))?;
    let delay = automation.settings.plan.steps.first().map_or(0, |step| step.delay_minutes);
    wake_at(tx, run, tx.now().plus_millis(delay.saturating_mul(60_000)))
}

/// The lead gets none of its messages; it is counted once, as the first.
fn skip(
    tx: &Tx,
    received: &LeadReceived,
    automation: &Automation,
    told: Told,
    reason: &'static str,
) -> Result<()> {
    store::count(tx, automation.id, Counted::Skipped, 1)?;
    if let Some(first) = automation.settings.plan.steps.first() {
        tx.tell(&Skipped {
            workspace: received.by.workspace,
            origin: Origin::Automation,
            source: Some(automation.id.0),
            channel: first.channel,
            reason,
        })?;
    }
    write(tx, received, automation, None, told.because(reason))
}

fn write(
    tx: &Tx,
    received: &LeadReceived,
    automation: &Automation,
    run: Option<RunId>,
    told: Told,
) -> Result<()> {
    let name = &automation.settings.name;
    let actor = Actor { kind: ActorKind::System, id: Some(automation.id.0), name: name.clone() };
    announce(tx, received.by.workspace, automation.id);
    let about = (automation.id, name.as_str());
    timeline::write(tx, (received.by.workspace, &actor), about, received.lead, run, told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_is_exact_at_its_edge() {
        let at = Time::from_millis;
        assert_eq!(holds(5, None, at(0)), None);
        assert_eq!(holds(5, Some(at(0)), at(0)), Some((0, 300_000)));
        assert_eq!(holds(5, Some(at(0)), at(299_999)), Some((299_999, 1)));
        assert_eq!(holds(5, Some(at(0)), at(300_000)), None);
        assert_eq!(holds(0, Some(at(0)), at(0)), None, "no lock");
        assert_eq!(holds(5, Some(at(1_000_000)), at(0)), Some((0, 300_000)), "a clock set back");
    }
}
