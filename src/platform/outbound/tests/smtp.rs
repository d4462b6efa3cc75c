//! SMTP: what a message looks like on the wire, and how far it came when something goes wrong.

use super::super::{
    Fault, Kind, Login, Mail, Mailbox, Outbound, Phase, Relay, Reply, Security, Stage, Undelivered,
};
use super::smtp_stand_in::{Act, StandIn};
use super::{SHORT, outbound};
use crate::platform::Time;

fn relay(server: &StandIn) -> Relay {
    Relay {
        host: "127.0.0.1".into(),
        port: server.address.port(),
        security: Security::None,
        login: None,
        authority: None,
        greet_as: Some("crm.example.com".into()),
    }
}

fn mail() -> Mail {
    Mail {
        from: Mailbox { name: "Ädä Lovelace".into(), address: "crm@example.com".into() },
        to: "grace@example.com".into(),
        subject: "Grüße & more".into(),
        text: "Hello Grace,\n.a line with a dot\n".into(),
        html: None,
        message_id: "0199f3a0@example.com".into(),
        date: Time::parse("2026-11-24T09:00:00Z").unwrap(),
        headers: vec![("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".into())],
    }
}

#[tokio::test]
async fn a_message_is_written_and_handed_over() {
    let server = StandIn::start(&[]).await;
    let login = Login { username: "user".into(), password: "secret".into() };
    let relay = Relay { login: Some(login), ..relay(&server) };
    let reply = outbound().deliver(&relay, &mail()).await.unwrap();
    assert_eq!(reply, Reply { code: 250, text: "2.0.0 queued as TEST1".into() });
    let seen = server.seen();
    let commands = [
        "EHLO crm.example.com",
        "AUTH PLAIN AHVzZXIAc2VjcmV0",
        "MAIL FROM:<crm@example.com>",
        "RCPT TO:<grace@example.com>",
        "DATA",
    ];
    assert_eq!(seen.commands, commands);
    let message = &seen.messages[0];
    for line in [
        "From: =?utf-8?b?w4Rkw6QgTG92ZWxhY2U=?= <crm@example.com>",
        "To: grace@example.com",
        "Subject: =?utf-8?b?R3LDvMOfZQ==?= & more",
        "Date: Tue, 24 Nov 2026 09:00:00 +0000",
        "Message-ID: <0199f3a0@example.com>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "MIME-Version: 1.0",
        ".a line with a dot",
    ] {
        assert!(message.lines().any(|own| own == line), "{line} is not in\n{message}");
    }
    assert!(message.is_ascii());
}

#[tokio::test]
async fn text_and_html_are_alternatives_in_seven_bits() {
    let server = StandIn::start(&[]).await;
    let long = format!("<p>Größe {}</p>", "x".repeat(3000));
    let mail = Mail { html: Some(long), text: "Größe".into(), ..mail() };
    outbound().deliver(&relay(&server), &mail).await.unwrap();
    let message = &server.seen().messages[0];
    assert!(message.contains("Content-Type: multipart/alternative"), "{message}");
    let text = message.find("text/plain; charset=utf-8").unwrap();
    assert!(text < message.find("text/html; charset=utf-8").unwrap(), "{message}");
    assert!(message.is_ascii() && message.lines().all(|line| line.len() <= 76), "{message}");
}

#[tokio::test]
async fn nobody_smuggles_a_header_or_a_command_in() {
    let server = StandIn::start(&[]).await;
    let evil = "x\r\nBcc: spy@example.com\r\n\r\nbody\u{85}\u{0}";
    let subject = Mail { subject: evil.into(), ..mail() };
    let from = Mailbox { name: evil.into(), address: "crm@example.com".into() };
    let name = Mail { from, ..mail() };
    let text = Mail { text: "a\r\n.\r\nMAIL FROM:<x@y.z>\n.\n".into(), ..mail() };
    for mail in [subject, name, text] {
        outbound().deliver(&relay(&server), &mail).await.unwrap();
    }
    let seen = server.seen();
    assert_eq!(seen.messages.len(), 3);
    assert!(!seen.commands.iter().any(|line| line.contains("x@y.z")), "{:?}", seen.commands);
    for message in &seen.messages {
        let head = message.split("\r\n\r\n").next().unwrap();
        assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{message}");
    }
    for to in ["a@b.c\r\nRCPT TO:<x@y.z>", "a b@example.com", "<a@example.com>", "nobody", ""] {
        let refused = outbound().deliver(&relay(&server), &Mail { to: to.into(), ..mail() }).await;
        let Err(Undelivered::Fault(Fault { kind: Kind::Unfit, .. })) = refused else {
            panic!("{to:?}: {refused:?}")
        };
    }
    let headers = vec![("List-Unsubscribe", "<https://x>\r\nBcc: a@b.c".to_owned())];
    assert!(outbound().deliver(&relay(&server), &Mail { headers, ..mail() }).await.is_err());
    assert_eq!(server.seen().messages.len(), 3);
}

#[tokio::test]
async fn refusals_are_told_word_for_word_with_their_stage() {
    let stages = [
        ("greeting", Stage::Connect),
        ("EHLO", Stage::Connect),
        ("AUTH", Stage::Login),
        ("MAIL", Stage::Sender),
        ("RCPT", Stage::Recipient),
        ("DATA", Stage::Message),
        (".", Stage::Message),
    ];
    let words =
        [("451 4.7.1 Greylisted, try again", 451), ("550-5.1.1 No such\r\n550 5.1.1 user", 550)];
    for (place, stage) in stages {
        for (text, code) in words {
            let server = StandIn::start(&[(place, Act::Say(text))]).await;
            let login = Login { username: "user".into(), password: "secret".into() };
            let relay = Relay { login: Some(login), ..relay(&server) };
            let refused = outbound().deliver(&relay, &mail()).await.unwrap_err();
            let Undelivered::Refused(at, reply) = &refused else { panic!("{place}: {refused:?}") };
            assert_eq!((*at, reply.code), (stage, code), "{place}");
            let enhanced = if code == 451 { "4.7.1" } else { "5.1.1" };
            assert_eq!(reply.enhanced(), Some(enhanced), "{reply:?}");
            assert!(reply.text.ends_with("try again") || reply.text.ends_with("No such user"));
        }
    }
}

#[tokio::test]
async fn only_after_the_last_dot_is_the_outcome_unknown() {
    let before = ["greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"];
    for place in before.into_iter().chain(["."]) {
        for act in [Act::Cut, Act::Hang] {
            let server = StandIn::start(&[(place, act)]).await;
            let login = Login { username: "user".into(), password: "secret".into() };
            let relay = Relay { login: Some(login), ..relay(&server) };
            let outcome = outbound().deliver(&relay, &mail()).await.unwrap_err();
            let Undelivered::Fault(fault) = &outcome else { panic!("{place}: {outcome:?}") };
            let phase = if place == "." { Phase::AfterSend } else { Phase::BeforeSend };
            assert_eq!(fault.phase, phase, "{place} {act:?}: {fault}");
            assert!(!fault.text.contains("secret"), "{fault}");
        }
    }
}

#[tokio::test]
async fn a_message_cut_in_its_middle_has_not_arrived() {
    let server = StandIn::start(&[("body", Act::Cut)]).await;
    // More than the sockets between us hold, so that the last dot cannot have been written.
    let line = format!("{}\n", "x".repeat(900));
    let mail = Mail { text: line.repeat(6_000), ..mail() };
    let roomy = super::Limits { accept: std::time::Duration::from_secs(20), ..SHORT };
    let patient = Outbound::new(&["127.0.0.1".into()], roomy).unwrap();
    let outcome = patient.deliver(&relay(&server), &mail).await.unwrap_err();
    let Undelivered::Fault(fault) = outcome else { panic!("{outcome:?}") };
    assert_eq!(fault.phase, Phase::BeforeSend, "{fault}");
}

#[tokio::test]
async fn a_connection_is_used_again_and_a_dead_one_replaced() {
    let server = StandIn::start(&[]).await;
    let (outbound, relay) = (outbound(), relay(&server));
    for _ in 0..3 {
        outbound.deliver(&relay, &mail()).await.unwrap();
    }
    assert_eq!((server.seen().connections, server.seen().messages.len()), (1, 3));
    // This one hangs up after each message.
    let server = StandIn::start(&[("afterwards", Act::Cut)]).await;
    let relay = Relay { port: server.address.port(), ..relay };
    outbound.deliver(&relay, &mail()).await.unwrap();
    outbound.deliver(&relay, &mail()).await.unwrap();
    assert_eq!((server.seen().connections, server.seen().messages.len()), (2, 2));
    // Another login is another connection.
    let login = Login { username: "u".into(), password: "p".into() };
    outbound.deliver(&Relay { login: Some(login), ..relay }, &mail()).await.unwrap();
    assert_eq!(server.seen().connections, 3);
}

#[tokio::test]
async fn a_refused_recipient_does_not_cost_the_connection() {
    let server = StandIn::start(&[("RCPT", Act::Say("550 5.1.1 no"))]).await;
    let outbound = outbound();
    for _ in 0..2 {
        outbound.deliver(&relay(&server), &mail()).await.unwrap_err();
    }
    assert_eq!(server.seen().connections, 1);
    assert!(server.seen().commands.contains(&"RSET".to_owned()));
}

#[tokio::test]
async fn what_a_server_cannot_do_is_said() {
    let plain = StandIn::start(&[("EHLO", Act::Say("250 stand-in.test"))]).await;
    let login = Login { username: "u".into(), password: "p".into() };
    let cases = [
        Relay { security: Security::StartTls, ..relay(&plain) },
        Relay { login: Some(login), ..relay(&plain) },
    ];
    for relay in cases {
        let outcome = outbound().deliver(&relay, &mail()).await.unwrap_err();
        let Undelivered::Fault(fault) = &outcome else { panic!("{outcome:?}") };
        assert_eq!((fault.kind, fault.phase), (Kind::Unfit, Phase::BeforeSend), "{fault}");
    }
    let wide = Mail { to: "größe@example.com".into(), ..mail() };
    let outcome = outbound().deliver(&relay(&plain), &wide).await.unwrap_err();
    let Undelivered::Fault(fault) = &outcome else { panic!("{outcome:?}") };
    assert_eq!(fault.kind, Kind::Unfit, "{fault}");
    assert!(plain.seen().messages.is_empty());
}

#[tokio::test]
async fn private_relays_are_refused_unless_named() {
    let server = StandIn::start(&[]).await;
    let closed = Outbound::new(&[], SHORT).unwrap();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"] {
        let relay = Relay { host: host.into(), ..relay(&server) };
        let outcome = closed.deliver(&relay, &mail()).await.unwrap_err();
        let Undelivered::Fault(fault) = &outcome else { panic!("{outcome:?}") };
        assert_eq!(fault.kind, Kind::Private, "{host}: {fault}");
    }
    assert_eq!(server.seen().connections, 0);
}
