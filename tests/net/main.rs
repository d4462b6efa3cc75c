//! The real binary on real sockets: HTTPS, certificates by ACME, slow clients, the service manager, full
//! disks.

mod acme;
mod authority;
#[path = "../binary/mod.rs"]
mod binary;
mod disk;
mod harness;
mod healthcheck;
mod slow;
mod systemd;
mod tls;
