//! The real binary on real sockets: HTTPS, certificates by ACME, healthcheck.

mod acme;
mod authority;
mod harness;
mod healthcheck;
mod tls;
