//! HTTP tests: the real router over a real database file, one module for each part.

mod audiences;
mod auth;
mod automations;
mod broadcasts;
mod campaigns;
mod contacts;
mod events;
mod exports;
mod harness;
mod hostile;
mod imports;
mod ingest;
mod leads;
mod lists;
mod matrix;
mod messaging;
mod once;
mod outbound_webhooks;
mod pipelines;
mod places;
mod rights;
mod server;
mod shapes;
mod team;
mod views;
mod webhooks;
