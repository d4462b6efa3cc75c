//! The machinery under the product: database, time, ids, secrets, errors, HTTP conventions, live events and
//! background work. Nothing here knows what a lead is.

pub mod app;
pub mod clock;
pub mod csv;
pub mod db;
pub mod disk;
pub mod error;
pub mod events;
pub mod http;
pub mod ids;
pub mod jobs;
pub mod keyset;
pub mod lock;
pub mod normalize;
pub mod outbound;
pub mod secret;
pub mod telemetry;
pub mod told;
pub mod traces;

pub use app::App;
pub use clock::{Clock, Time};
pub use db::Tx;
pub use error::{Error, FieldError, Result};
