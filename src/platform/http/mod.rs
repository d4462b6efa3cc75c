//! The API's conventions, once: problems, JSON bodies, query parameters, lists, PATCH fields, ETags and
//! idempotency keys (contract, section 2).

pub mod client;
pub mod etag;
pub mod json;
pub mod once;
pub mod paging;
pub mod params;
pub mod patch;
pub mod problem;
pub mod stream;

pub use client::Client;
pub use etag::{IfMatch, Tagged};
pub use json::{Json, PathOf};
pub use once::{Answer, Once};
pub use paging::{Page, Paging};
pub use params::Params;
pub use patch::Patch;
pub use problem::Problem;
