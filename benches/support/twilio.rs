//! Text messages that go to a stand-in for Twilio on this machine.

use super::client::Client;
use super::program::Program;
use super::stand_in::StandIn;
use super::{Outcome, load, seed};
use leads::platform::Clock;
use std::cell::Cell;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

/// Connections of the bare client: as many as a queue has turns at a time.
const CONNECTIONS: usize = 16;

/// The program under a public address, so that it asks the stand-in for reports. It tells that address and not
/// its port, so the port is chosen before.
pub fn reachable(folder: &Path) -> Outcome<Program> {
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let url = format!("http://{address}");
    let more = ["--public-url", &url, "--allow-private-host", "127.0.0.1"];
    Program::start_at(folder, &address, &more)
}

/// Lets the text messages of a data directory go to the stand-in, as fast as can be.
pub fn connect(folder: &Path, token: &str, provider: &StandIn) -> Outcome<()> {
    let settings = serde_json::json!({
        "accountSid": format!("AC{:032x}", 1), "authToken": "a secret", "from": "+12025550100",
        "baseUrl": format!("http://{}", provider.address), "ratePerSecond": 1000,
    });
    let channel = serde_json::json!({"provider": "twilio", "settings": settings});
    let program = reachable(folder)?;
    Client::new(program.address, token)?.send("PUT", "/v1/messaging/channels/sms", &channel)?;
    drop(program);
    // More than may be set: the pace is not what is measured.
    let app = seed::open(folder, Clock::System)?;
    app.db.write_blocking(|tx| {
        let sql =
            "UPDATE messaging_channels SET settings = json_set(settings, '$.ratePerSecond', 1e6)";
        Ok(tx.execute_batch(sql)?)
    })?;
    app.db.close();
    Ok(())
}

/// How many messages in a second the stand-in takes from a client that does nothing else.
pub fn bare(provider: &StandIn) -> Outcome<f64> {
    provider.forget();
    let sent = Cell::new(0_u64);
    let request = || {
        sent.set(sent.get() + 1);
        let callback =
            format!("http://127.0.0.1:8080/webhooks/messaging/twilio/{:043}?message=", 0);
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("To", "+12025550123")
            .append_pair("From", "+12025550100")
            .append_pair("Body", "Hi Grace, thank you for your interest in what we make.")
            .append_pair("StatusCallback", &format!("{callback}{:032x}", sent.get()))
            .finish();
        let headers = "content-type: application/x-www-form-urlencoded\r\naccept: */*\r\n\
            authorization: Basic QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMTphIHNlY3JldA==\r\n";
        let path = format!("/2010-04-01/Accounts/AC{:032x}/Messages.json", 1);
        load::request(provider.address, &path, headers, &form)
    };
    let lasting = Duration::from_secs(2);
    let done = load::post_each(provider.address, request, CONNECTIONS, lasting, 1_000_000)?;
    Ok(done.per_second())
}
