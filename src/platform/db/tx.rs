//! A transaction under way, and what follows once it is on disk.

use crate::platform::events::Event;
use crate::platform::told::{self, Listener};
use crate::platform::{Result, Time};
use rusqlite::Connection;
use std::any::Any;
use std::cell::{Cell, RefCell};

/// A transaction under way: the connection, the moment it happens at, and what follows once it is on disk.
pub struct Tx<'a> {
    connection: &'a Connection,
    listeners: &'a [Listener],
    now: Cell<Time>,
    after: RefCell<After>,
}

/// What follows a transaction, and only if it succeeds.
#[derive(Default)]
pub(super) struct After {
    /// Told to live listeners, in order.
    pub events: Vec<Event>,
    /// Whether the scheduler of jobs is to look again.
    pub wakes_scheduler: bool,
}

impl After {
    /// Adds what follows a later request of the same commit.
    pub(super) fn add(&mut self, later: After) {
        self.events.extend(later.events);
        self.wakes_scheduler |= later.wakes_scheduler;
    }
}

impl<'a> Tx<'a> {
    pub(super) fn new(connection: &'a Connection, listeners: &'a [Listener], now: Time) -> Self {
        Self { connection, listeners, now: Cell::new(now), after: RefCell::default() }
    }

    /// The moment of this operation; one operation has one.
    pub fn now(&self) -> Time {
        self.now.get()
    }

    /// Lets what follows happen at another moment: the demonstration's data has a past.
    pub fn set_now(&self, now: Time) {
        self.now.set(now);
    }

    /// Tells live listeners, after the commit and only if it succeeds.
    pub fn publish(&self, event: Event) {
        self.after.borrow_mut().events.push(event);
    }

    /// Tells the parts above, in this transaction: an error of theirs is one of the operation.
    pub fn tell<N: Any>(&self, notice: &N) -> Result<()> {
        told::tell(self, self.listeners, notice)
    }

    /// Wakes the scheduler of jobs, after the commit and only if it succeeds.
    pub(in crate::platform) fn wake_scheduler(&self) {
        self.after.borrow_mut().wakes_scheduler = true;
    }

    pub(super) fn into_after(self) -> After {
        self.after.into_inner()
    }
}

impl std::ops::Deref for Tx<'_> {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        self.connection
    }
}
