//! Notices: what a lower part tells higher ones, in the transaction in which it happens.
//!
//! A part knows nothing of the parts above it, and yet they must act when something happens in it: an
//! automation goes on when its message was sent. So the lower part defines a notice (a plain type) and tells
//! it ([`Tx::tell`](super::Tx::tell)); the higher part gives a [`Listener`] to the database. Whatever
//! listeners write stands or falls with the transaction that told them.

use super::{Result, Tx};
use std::any::{Any, TypeId};

/// Hears one kind of notice.
pub struct Listener {
    notice: TypeId,
    hear: Box<Hear>,
}

type Hear = dyn Fn(&Tx, &dyn Any) -> Result<()> + Send + Sync;

impl Listener {
    /// A listener to the notices of one type.
    pub fn of<N: Any>(hear: fn(&Tx, &N) -> Result<()>) -> Self {
        let hear = move |tx: &Tx, notice: &dyn Any| match notice.downcast_ref::<N>() {
            Some(notice) => hear(tx, notice),
            None => Ok(()),
        };
        Self { notice: TypeId::of::<N>(), hear: Box::new(hear) }
    }
}

/// Calls each listener to a notice, in their order.
pub(super) fn tell<N: Any>(tx: &Tx, listeners: &[Listener], notice: &N) -> Result<()> {
    listeners
        .iter()
        .filter(|listener| listener.notice == TypeId::of::<N>())
        .try_for_each(|listener| (listener.hear)(tx, notice))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::db::{Db, Extras, migrate};
    use crate::platform::events::Events;
    use crate::platform::{Clock, Error};

    struct Written(&'static str);

    fn follow(tx: &Tx, notice: &Written) -> Result<()> {
        tx.execute("UPDATE due_jobs_clock SET seen_at = seen_at + 1", [])?;
        if notice.0 == "bad" { Err(Error::NotFound("listener")) } else { Ok(()) }
    }

    #[test]
    fn listeners_stand_or_fall_with_the_operation() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("leads.db");
        migrate::run(&file).unwrap();
        let listeners = vec![
            Listener::of(follow),
            Listener::of(|tx: &Tx, _: &u8| {
                Ok(tx.execute("DELETE FROM due_jobs_clock", []).map(drop)?)
            }),
            Listener::of(follow),
        ];
        let extras = Extras { listeners, ..Extras::default() };
        let db = Db::open(&file, Clock::System, Events::new(1), extras).unwrap();
        let seen = |db: &Db| {
            db.read_blocking(|db| {
                Ok(db.query_row("SELECT seen_at FROM due_jobs_clock", [], |row| {
                    row.get::<_, i64>(0)
                })?)
            })
            .unwrap()
        };
        db.write_blocking(|tx| tx.tell(&Written("good"))).unwrap();
        assert_eq!(seen(&db), 2, "each listener to that notice, and no other");
        let refused = db.write_blocking(|tx| {
            tx.execute("UPDATE due_jobs_clock SET seen_at = 100", [])?;
            tx.tell(&Written("bad"))
        });
        assert!(matches!(refused, Err(Error::NotFound("listener"))));
        assert_eq!(seen(&db), 2, "nothing of an operation stays whose listener failed");
        db.close();
    }
}
