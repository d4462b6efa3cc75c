//! `leads healthcheck`, as a container's check runs it.

use crate::harness::{Leads, free_address, healthcheck};

#[test]
fn a_server_that_is_ready_is_healthy_and_none_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let leads = Leads::start(folder.path(), &[]);
    assert!(leads.is_healthy());
    let address = leads.address;
    drop(leads);
    assert!(!healthcheck(address));
    assert!(!healthcheck(free_address()));
}
