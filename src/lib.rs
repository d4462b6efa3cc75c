//! Leads: a CRM appliance for collecting, organising and acting on leads, in one executable.
//!
//! The parts, by tier; a part uses only parts of a lower tier:
//!
//! 1. [`platform`] the machinery: database, time, ids, errors, HTTP conventions, live events;
//!    [`config`] every flag and variable
//! 2. [`auth`] workspaces, users, roles, sessions, tokens
//! 3. [`activity`] the timeline of a lead; [`fields`] what leads and contacts have in common
//! 4. [`pipelines`] pipelines and their stages; [`messaging`] e-mail, SMS and WhatsApp: templates, messages,
//!    addresses that must not be messaged; [`contacts`] people who became customers
//! 5. [`leads`] leads, their notes, custom fields, search and board
//! 6. [`views`] saved views of leads; [`webhooks`] leads that come in from outside; [`broadcasts`] messages to many
//! 7. [`automations`] what is sent by itself to leads that come in; [`outbound_webhooks`] what others are told
//!    of leads; [`imports`] leads that are read from a file
//! 8. [`reports`] what became of messages and of leads; [`privacy`] all that is known of one person, and that it goes
//! 9. [`server`] puts them together, [`worker`] does what is to be done later, [`demo`] fills a new
//!    installation; 10. [`cli`] the command line
//!
//! Inside a part: `mod.rs` its types and operations, `store.rs` all its SQL, `http.rs` its routes; other
//! files are verbs or pure logic. Data flows one way: `http.rs` → operation → `store.rs`.
//!
//! Words: a *lead* is somebody who may become a customer; a *pipeline* is a row of *stages* that leads move
//! through; a *webhook* is an address that takes leads from outside, a *delivery* one request to it; an
//! *automation* is a rule that messages its leads in *steps*, a *run* one automation at work for one lead; an
//! *activity* is one entry of a lead's timeline; a *workspace* is a team's own world of data.

#![forbid(unsafe_code)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::todo,
    clippy::unimplemented,
    clippy::dbg_macro,
    clippy::print_stdout,
    clippy::print_stderr
)]

pub mod activity;
pub mod auth;
pub mod automations;
pub mod broadcasts;
pub mod cli;
pub mod config;
pub mod contacts;
pub mod demo;
pub mod fields;
pub mod imports;
pub mod leads;
pub mod messaging;
pub mod outbound_webhooks;
pub mod pipelines;
pub mod platform;
pub mod privacy;
pub mod reports;
pub mod server;
pub mod views;
pub mod webhooks;
pub mod worker;
