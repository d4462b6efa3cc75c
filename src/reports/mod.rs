//! Reports: what became of messages, and of leads, over any time and in any time zone.
//!
//! Messages are read from counts that the ledger keeps (`messaging/messages/tally.rs`), leads from an index of
//! what reports ask of them (`leads/store/facts.rs`). Nothing is stored here.

mod http;
mod leads;
mod messages;
mod period;
mod table;

pub use http::router;
pub use leads::{LeadReport, Which, leads};
pub use messages::{Analytics, analytics};
pub use period::{GroupBy, Period};
