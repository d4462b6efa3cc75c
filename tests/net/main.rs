//! The real binary on real sockets: healthcheck.

mod harness;
mod healthcheck;
