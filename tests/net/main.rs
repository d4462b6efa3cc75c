//! The real binary on real sockets: HTTPS, certificates by ACME, slow clients.

mod acme;
mod authority;
#[path = "../binary/mod.rs"]
mod binary;
mod harness;
mod healthcheck;
mod slow;
mod tls;
