//! The pace of a channel: how many messages its provider takes in a second.
//!
//! Each message that comes too early reserves the next free moment and waits for it, so a long queue is put
//! off once for each message rather than asked over and over, and the order is kept.

use super::{Message, store};
use crate::platform::{Result, Time, Tx};

/// How far ahead of its pace a channel may be, in microseconds: so that a clock of milliseconds and a
/// scheduler that looks now and then do not make it slower than it may be.
const AHEAD: i64 = 250_000;

/// When a message may leave: `None` is now, else the moment that it is to wait for.
pub(super) fn wait_for(tx: &Tx, message: &Message, per_second: f64) -> Result<Option<Time>> {
    let now = tx.now();
    if let Some(slot) = message.slot_at {
        return Ok((slot > now).then_some(slot));
    }
    if per_second <= 0.0 {
        return Ok(None);
    }
    let now_micros = now.millis().saturating_mul(1_000);
    let next = store::pace(tx, message.workspace, message.channel)?.unwrap_or(now_micros);
    let mine = next.max(now_micros);
    #[expect(clippy::cast_possible_truncation, reason = "an interval below a day in microseconds")]
    let interval = (1_000_000.0 / per_second).clamp(1.0, 8.64e10) as i64;
    store::set_pace(tx, message.workspace, message.channel, mine.saturating_add(interval))?;
    if mine - now_micros < AHEAD {
        return Ok(None);
    }
    let slot = Time::from_millis(mine.div_euclid(1_000));
    store::set_slot(tx, message.id, slot)?;
    Ok(Some(slot))
}
