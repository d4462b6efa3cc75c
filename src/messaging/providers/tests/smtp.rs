//! E-mail by a mail server.

use super::super::smtp::send;
use super::*;
use crate::messaging::channels::{EventSource, Events, Security, Smtp};
use crate::platform::outbound::tests::outbound;
use crate::platform::outbound::tests::smtp_stand_in::{Act, StandIn};

fn settings(server: &StandIn) -> Smtp {
    Smtp {
        host: "127.0.0.1".into(),
        port: Some(server.address.port()),
        security: Security::None,
        username: Some("leads".into()),
        password: secret("hidden"),
        from_address: "sales@acme.example".into(),
        from_name: Some("Acme".into()),
        ca_certificate: None,
        events: Events::default(),
        rate_per_second: None,
    }
}

async fn outcome(acts: &[(&'static str, Act)]) -> Outcome {
    let server = StandIn::start(acts).await;
    send(&way(&outbound()), &settings(&server), &message(Channel::Email)).await
}

/// The lines of a message's head that have this name, in the order of the message.
fn lines<'a>(message: &'a str, prefix: &str) -> Vec<&'a str> {
    let head = message.split("\r\n\r\n").next().unwrap();
    head.lines().filter(|line| line.starts_with(prefix)).collect()
}

#[tokio::test]
async fn an_email_can_be_unsubscribed_from_and_found_again() {
    let server = StandIn::start(&[]).await;
    let link = "https://crm.example.com/unsubscribe/0123456789012345678901234567890123456789012345678901234567890123";
    let mail = Outgoing {
        unsubscribe_url: Some(link.into()),
        html: Some("<p>héllo</p>".into()),
        ..message(Channel::Email)
    };
    let outcome = send(&way(&outbound()), &settings(&server), &mail).await;
    assert_eq!(told(&outcome), ("accepted", Some(format!("{ID}@acme.example").as_str())));
    let seen = server.seen();
    assert_eq!(seen.commands[0], "EHLO crm.example.com");
    let message = &seen.messages[0];
    assert_eq!(lines(message, "Message-ID"), [format!("Message-ID: <{ID}@acme.example>")]);
    assert_eq!(
        lines(message, "List-"),
        [
            format!("List-Unsubscribe: <{link}>"),
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click".into()
        ]
    );
    assert_eq!(lines(message, "From"), ["From: Acme <sales@acme.example>"]);
    assert_eq!(lines(message, "X-"), [""; 0]);
}

#[tokio::test]
async fn a_relay_that_reports_is_told_the_message_id() {
    let cases = [
        (
            EventSource::Postmark,
            vec![format!("X-PM-Metadata-message: {ID}"), "X-PM-KeepID: true".into()],
        ),
        (
            EventSource::Sendgrid,
            vec![format!(r#"X-SMTPAPI: {{"unique_args":{{"leads_message":"{ID}"}}}}"#)],
        ),
        (
            EventSource::Ses,
            vec![
                format!("X-SES-MESSAGE-TAGS: leads_message={ID}"),
                "X-SES-CONFIGURATION-SET: crm".into(),
            ],
        ),
    ];
    let theirs = "0102018c3f8a7b6e-1a2b3c4d-0000";
    for (source, expected) in cases {
        let server =
            StandIn::start(&[(".", Act::Say("250 Ok 0102018c3f8a7b6e-1a2b3c4d-0000"))]).await;
        let events = Events { source, configuration_set: Some("crm".into()), ..Events::default() };
        let settings = Smtp { events, ..settings(&server) };
        let outcome = send(&way(&outbound()), &settings, &message(Channel::Email)).await;
        let ours = format!("{ID}@acme.example");
        let id = if source == EventSource::Ses { theirs } else { &ours };
        assert_eq!(told(&outcome), ("accepted", Some(id)));
        assert_eq!(lines(&server.seen().messages[0], "X-"), expected);
    }
}

#[tokio::test]
async fn replies_say_for_now_or_for_good_at_every_stage() {
    for place in ["greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "."] {
        let later = outcome(&[(place, Act::Say("451 4.7.1 Greylisted"))]).await;
        assert_eq!(told(&later), ("temporary", Some("4.7.1")), "{place}: {later:?}");
        let bare = outcome(&[(place, Act::Say("450 busy"))]).await;
        assert_eq!(told(&bare), ("temporary", Some("450")), "{place}: {bare:?}");
        let never = outcome(&[(place, Act::Say("550 5.1.1 User unknown"))]).await;
        assert_eq!(told(&never), ("refused", Some("5.1.1")), "{place}: {never:?}");
        let bounce = (place == "RCPT").then_some(Reason::HardBounce);
        assert_eq!(suppressed(&never), bounce, "{place}");
        assert!(words(&never).ends_with("The mail server says: 550 5.1.1 User unknown"));
    }
    let policy = outcome(&[("RCPT", Act::Say("550 5.7.1 blocked"))]).await;
    assert_eq!(suppressed(&policy), None, "a rule of the server says nothing about the address");
    let unnumbered = outcome(&[("RCPT", Act::Say("550 no"))]).await;
    assert_eq!((told(&unnumbered), suppressed(&unnumbered)), (("refused", Some("550")), None));
    let login = outcome(&[("AUTH", Act::Say("535 5.7.8 bad"))]).await;
    assert_eq!(
        words(&login),
        "The mail server does not accept the user name or the password. The mail server says: 535 5.7.8 bad"
    );
}

#[tokio::test]
async fn only_a_cut_after_the_last_dot_is_unknown() {
    for act in [Act::Cut, Act::Hang] {
        for place in ["greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"] {
            let cut = outcome(&[(place, act)]).await;
            assert_eq!(told(&cut).0, "temporary", "{place}: {cut:?}");
        }
        let cut = outcome(&[(".", act)]).await;
        assert_eq!(told(&cut), ("unknown", Some("outcome_unknown")), "{cut:?}");
    }
    let nonsense = outcome(&[(".", Act::Say("hello?"))]).await;
    assert_eq!(told(&nonsense).0, "unknown", "{nonsense:?}");
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_at_once() {
    let server = StandIn::start(&[]).await;
    let to = Outgoing { to: "a@b.c\r\nRCPT TO:<x@y.z>".into(), ..message(Channel::Email) };
    let outcome = send(&way(&outbound()), &settings(&server), &to).await;
    assert_eq!(told(&outcome), ("refused", Some("cannot_send")), "{outcome:?}");
    let unset = Smtp { password: None, ..settings(&server) };
    let outcome = send(&way(&outbound()), &unset, &message(Channel::Email)).await;
    assert_eq!(told(&outcome), ("refused", Some("not_configured")));
    let anonymous = Smtp { username: None, password: None, ..settings(&server) };
    let outcome = send(&way(&outbound()), &anonymous, &message(Channel::Email)).await;
    assert_eq!(told(&outcome).0, "accepted");
    assert!(!server.seen().commands.iter().any(|line| line.starts_with("AUTH")));
}
