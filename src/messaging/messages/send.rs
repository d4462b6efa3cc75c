//! The step that hands one message over: claim, call, result.

use super::hold::Hold;
use super::record::{Report, apply, give_up};
use super::{
    KIND, Message, OUTCOME_UNKNOWN, State, Status, WITHDRAWN, carrier, note, pace, store, tell,
    unsubscribe_url,
};
use crate::auth::{Caller, workspaces};
use crate::messaging::channels::{self, ChannelSettings};
use crate::messaging::providers::{LookUp, Outcome, Outgoing, ProviderTemplate};
use crate::messaging::{Channel, MessageId, suppression};
use crate::platform::jobs::{self, Handler, Job};
use crate::platform::{App, Error, Result, Time, Tx, outbound, secret};
use serde_json::json;
use std::time::Duration;

/// Sends one message; called by the executor of jobs.
pub const HANDLER: Handler =
    Handler::outside(KIND, Duration::from_secs(180), |app, job| Box::pin(run(app, job)));

/// The longest that a provider is waited for. A hand-over that takes longer has an unknown outcome.
const PATIENCE: Duration = outbound::LONGEST;

/// The pauses after faults that may pass; past them the message has failed.
const PAUSES: [i64; 4] = [30_000, 120_000, 600_000, 1_800_000];

/// The longest pause that a provider may ask for.
const LONGEST_PAUSE: i64 = 6 * 3_600_000;

/// What a turn is about.
enum Turn {
    /// To be handed over to what carries the channel at that moment.
    Send(Box<(Outgoing, ChannelSettings)>),
    /// To be asked for: its hand-over of that moment ended without an answer.
    LookUp(Box<Outgoing>, Time),
}

async fn run(app: App, job: Job) {
    if let Err(error) = turn(&app, &job).await {
        tracing::error!(message = %job.subject, %error, "a message could not be sent");
    }
}

async fn turn(app: &App, job: &Job) -> Result<()> {
    let id = MessageId(job.subject);
    let (within, claimed) = (app.clone(), job.clone());
    let claimed = app.db.write(move |tx| claim(&within, tx, &claimed)).await?;
    let outcome = match &claimed {
        None => return Ok(()),
        Some((message, Turn::Send(what))) => {
            let (outgoing, carrier) = &**what;
            let call = carrier::hand_over(app, carrier, outgoing);
            let outcome = match tokio::time::timeout(PATIENCE, call).await {
                Ok(outcome) => outcome,
                Err(_) => Outcome::Unknown {
                    code: None,
                    message: "The provider did not answer in time.".into(),
                },
            };
            match outcome {
                Outcome::Unknown { code, message: text } => {
                    let since = message.sending_at.unwrap_or(message.created_at);
                    look_up(app, message, outgoing, since, (code, text)).await
                }
                known => known,
            }
        }
        Some((message, Turn::LookUp(outgoing, since))) => {
            let text = "The server stopped while it was being handed over.".to_owned();
            look_up(app, message, outgoing, *since, (None, text)).await
        }
    };
    record_outcome(app, job, id, outcome).await
}

/// Writes down what came of a hand-over. It is known now and could not be asked for again, so a writer that is
/// busy, or a disk that is full for a moment, is waited for.
async fn record_outcome(app: &App, job: &Job, id: MessageId, outcome: Outcome) -> Result<()> {
    let mut pause = Duration::from_millis(50);
    loop {
        let (job, outcome) = (job.clone(), outcome.clone());
        match app.db.write(move |tx| settle(tx, &job, id, outcome)).await {
            Err(Error::Unavailable(_)) if pause < Duration::from_secs(20) => {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            done => return done,
        }
    }
}

/// Asks the provider for a message whose hand-over ended without an answer.
async fn look_up(
    app: &App,
    message: &Message,
    outgoing: &Outgoing,
    since: Time,
    (code, text): (Option<String>, String),
) -> Outcome {
    let asked = carrier::look_up(app, message.workspace, outgoing, since);
    let found = match tokio::time::timeout(PATIENCE / 2, asked).await {
        Ok(Ok(found)) => found,
        Ok(Err(_)) | Err(_) => LookUp::CannotTell,
    };
    match found {
        LookUp::Found { provider_message_id } => {
            Outcome::Accepted { provider_message_id: Some(provider_message_id) }
        }
        LookUp::NotFound => {
            let hint = "The provider does not know this message, so it was most likely not sent.";
            Outcome::Unknown { code, message: format!("{text} {hint}") }
        }
        LookUp::CannotTell => {
            let hint = "Nobody can say whether the message was sent.";
            Outcome::Unknown { code, message: format!("{text} {hint}") }
        }
    }
}

/// Transaction 1: takes the turn up and marks the message, or finds that there is nothing to do.
fn claim(app: &App, tx: &Tx, job: &Job) -> Result<Option<(Message, Turn)>> {
    if !jobs::claim(tx, job)? {
        return Ok(None);
    }
    let message = store::by_id(tx, MessageId(job.subject))?;
    let turn = match message {
        Some(message) if message.state == State::Queued => begin(app, tx, job, message)?,
        Some(message) if message.state != State::Settled => interrupted(app, tx, message)?,
        _ => Step::Over,
    };
    match turn {
        Step::Over => jobs::finish(tx, job).map(|()| None),
        Step::Later => Ok(None),
        Step::Turn(message, turn) => Ok(Some((*message, turn))),
    }
}

/// What a claim leads to.
enum Step {
    /// Nothing more is to be done.
    Over,
    /// It is to be done at another time.
    Later,
    /// To be done now.
    Turn(Box<Message>, Turn),
}

/// A message whose turn it is.
fn begin(app: &App, tx: &Tx, job: &Job, mut message: Message) -> Result<Step> {
    if is_refused(tx, &mut message)? || is_held(tx, &mut message)? {
        return Ok(Step::Over);
    }
    let carrier = channels::settings(tx, &app.vault, message.workspace, message.channel)?;
    if let Some(slot) = pace::wait_for(tx, &message, carrier.rate_per_second())? {
        jobs::later(tx, job, slot)?;
        return Ok(Step::Later);
    }
    store::begin(tx, &message, carrier.provider.name().name())?;
    message.sending_at = Some(tx.now());
    let outgoing = outgoing(app, tx, &message)?;
    Ok(Step::Turn(Box::new(message), Turn::Send(Box::new((outgoing, carrier)))))
}

/// A message whose hand-over ended without a word. A turn is given to one at a time, so whoever was sending is
/// gone.
fn interrupted(app: &App, tx: &Tx, mut message: Message) -> Result<Step> {
    if message.status != Status::Pending {
        // A report has told of it meanwhile.
        store::set_state(tx, message.id, State::Settled)?;
        return Ok(Step::Over);
    }
    if carrier::provider(tx, message.workspace, message.channel)? != message.provider {
        let text = "The server stopped while it was being handed over, and another provider carries the channel \
            by now. Nobody can say whether the message was sent.";
        give_up(tx, &mut message, OUTCOME_UNKNOWN, text)?;
        return Ok(Step::Over);
    }
    store::set_state(tx, message.id, State::Uncertain)?;
    let since = message.sending_at.unwrap_or(message.created_at);
    let outgoing = outgoing(app, tx, &message)?;
    Ok(Step::Turn(Box::new(message), Turn::LookUp(Box::new(outgoing), since)))
}

/// Ends a message that must not be sent any more; true when it is one.
fn is_refused(tx: &Tx, message: &mut Message) -> Result<bool> {
    match workspaces::name(tx, message.workspace) {
        Ok(_) => {}
        Err(Error::NotFound(_)) => {
            let text = "The workspace was deleted before it was sent.";
            give_up(tx, message, WITHDRAWN, text)?;
            return Ok(true);
        }
        Err(error) => return Err(error),
    }
    let (workspace, channel) = (message.workspace, message.channel);
    let Some(reason) = suppression::reason(tx, workspace, channel, &message.address_key)? else {
        return Ok(false);
    };
    let before = message.clone();
    message.status = Status::Failed;
    message.state = State::Settled;
    message.failed_at = Some(tx.now());
    message.error_code = Some("suppressed".into());
    message.error_message = Some(reason.sentence().into());
    message.version += 1;
    store::update(tx, &before, message)?;
    note(tx, message, "message_skipped", json!({"reason": "suppressed"}))?;
    tell(tx, before.status, message)?;
    Ok(true)
}

/// Whether a message's campaign is paused, or stopped for good: then it is taken back. One that is held has no turn
/// until it is released.
fn is_held(tx: &Tx, message: &mut Message) -> Result<bool> {
    let Some(campaign) = message.campaign else { return Ok(false) };
    let held = store::holds::find(tx, campaign)?;
    if held == Some(Hold::ForGood) {
        let text = "The campaign was cancelled before it was sent.";
        give_up(tx, message, WITHDRAWN, text)?;
    }
    Ok(held.is_some())
}

fn outgoing(app: &App, tx: &Tx, message: &Message) -> Result<Outgoing> {
    let base = app.settings.public_url.as_deref();
    let (token, template) = store::rest(tx, message.id)?;
    let template: Option<ProviderTemplate> =
        template.and_then(|json| serde_json::from_str(&json).ok());
    let is_email = message.channel == Channel::Email;
    Ok(Outgoing {
        id: message.id,
        channel: message.channel,
        to: message.address.clone(),
        subject: message.subject.clone(),
        text: message.body.clone(),
        html: message.html.clone(),
        template,
        unsubscribe_url: base
            .filter(|_| is_email)
            .map(|base| unsubscribe_url(base, message.id, &token)),
        callback_url: None,
    })
}

/// Transaction 2: records what came of it.
fn settle(tx: &Tx, job: &Job, id: MessageId, outcome: Outcome) -> Result<()> {
    let Some(mut message) = store::by_id(tx, id)? else { return jobs::finish(tx, job) };
    // A report may have come before the answer, and it knows better than an answer that says no.
    let is_reported = message.status != Status::Pending;
    match outcome {
        Outcome::Refused { .. } | Outcome::Unknown { .. } | Outcome::Temporary { .. }
            if is_reported =>
        {
            store::set_state(tx, id, State::Settled)?;
        }
        Outcome::Accepted { provider_message_id } => {
            store::set_provider_id(tx, &message, provider_message_id.as_deref())?;
            store::set_state(tx, id, State::Settled)?;
            message.state = State::Settled;
            let report = Report { status: Status::Sent, at: tx.now(), code: None, message: None };
            apply(tx, &mut message, report)?;
        }
        Outcome::Refused { code, message: text, suppress } => {
            if let Some(reason) = suppress {
                let by = Caller::system(message.workspace, "");
                suppression::add(tx, &by, message.channel, &message.address, reason, Some(id))?;
            }
            give_up(tx, &mut message, code.as_deref().unwrap_or("refused"), &text)?;
        }
        Outcome::Unknown { message: text, .. } => {
            give_up(tx, &mut message, OUTCOME_UNKNOWN, &text)?;
        }
        Outcome::Temporary { code, message: text, retry_after } => {
            let tries = usize::try_from(message.tries).unwrap_or(usize::MAX);
            let code = code.as_deref().unwrap_or("temporary");
            let pause = tries.checked_sub(1).and_then(|done| PAUSES.get(done));
            if let Some(pause) = pause {
                let due = tx.now().plus_millis(jittered(*pause, retry_after)?);
                store::queue(tx, &message, code, &text)?;
                message.error_code = Some(code.into());
                super::announce(tx, &message);
                return jobs::again(tx, job, due);
            }
            give_up(tx, &mut message, code, &text)?;
        }
    }
    jobs::finish(tx, job)
}

/// A pause with a fifth more or less, so that what failed together is not tried together; never shorter than
/// the provider asks for.
fn jittered(pause: i64, retry_after: Option<Duration>) -> Result<i64> {
    let [random] = secret::random::<1>()?;
    let fifth = pause / 5;
    let pause = pause - fifth + 2 * fifth * i64::from(random) / 255;
    let asked = retry_after.map_or(0, |asked| i64::try_from(asked.as_millis()).unwrap_or(i64::MAX));
    Ok(pause.max(asked.min(LONGEST_PAUSE)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_heed_the_provider() {
        for pause in PAUSES {
            for _ in 0..50 {
                let waited = jittered(pause, None).unwrap();
                assert!((pause * 8 / 10..=pause * 12 / 10).contains(&waited), "{waited}");
            }
        }
        assert_eq!(jittered(30_000, Some(Duration::from_secs(600))).unwrap(), 600_000);
        let absurd = Some(Duration::from_secs(u64::MAX));
        assert_eq!(jittered(30_000, absurd).unwrap(), LONGEST_PAUSE);
    }
}
