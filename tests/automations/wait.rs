//! A run whose second step waits, on the real clock and through a restart in between.

use super::{automate, timeline};
use crate::provider::place::serve;
use crate::provider::{StandIn, twilio};
use serde_json::json;
use std::time::{Duration, Instant};

#[test]
fn a_step_comes_after_its_delay_though_the_server_was_restarted() {
    let folder = tempfile::tempdir().unwrap();
    let (provider, mut server) = (StandIn::start(), serve(folder.path()));
    let token = server.set_up();
    twilio(&server, &token, &provider.url);
    let webhook = automate(&server, &token, &[0, 1]);
    let fields = json!({"name": "Grace", "phone": "+12025550143"});
    let answer = server.post(&webhook, "", &fields);
    let lead = answer["leadId"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    let texts = || provider.taken().into_iter().map(|one| one.text).collect::<Vec<_>>();
    let wait = |count: usize, patience: u64| {
        let began = Instant::now();
        while texts().len() < count {
            assert!(began.elapsed() < Duration::from_secs(patience), "only {:?}", texts());
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    wait(1, 20);
    let first = Instant::now();
    assert_eq!(texts(), ["Grace: step 0"]);
    server.kill();
    std::thread::sleep(Duration::from_secs(5));
    server = serve(folder.path());
    wait(2, 90);
    let waited = first.elapsed();
    assert!((55..75).contains(&waited.as_secs()), "the second step came after {waited:?}");
    assert_eq!(texts(), ["Grace: step 0", "Grace: step 1"]);
    let began = Instant::now();
    let types = || {
        let entries = timeline(&server, &token, &lead);
        entries.iter().map(|one| one["type"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let expected = ["automation_triggered", "step_sent", "step_sent", "automation_completed"];
    while types() != expected {
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", types());
        std::thread::sleep(Duration::from_millis(100));
    }
}
