//! Calendly: `event: invitee.created` with the invitee in `payload`, answers in
//! `payload.questions_and_answers`; the older API keeps the person in
//! `payload.invitee`.
//! Format: Calendly developer documentation, "Webhook payload".

use super::answers::{Answers, EMAIL, NAME, PHONE, label};
use super::{Content, Headers};
use crate::webhooks::fields::Role;
use crate::webhooks::node::Node;

pub fn recognize(payload: &Node, _: Headers<'_>) -> Option<Content> {
    let event = payload.get("event").and_then(Node::text)?;
    let known = ["invitee.", "invitee_no_show.", "routing_form_submission."];
    if !known.iter().any(|prefix| event.starts_with(prefix)) {
        return None;
    }
    let Some(body @ Node::Object(_)) = payload.get("payload") else {
        return None;
    };
    let person =
        body.get("invitee").filter(|invitee| !invitee.members().is_empty()).unwrap_or(body);
    let mut found = Answers::default();
    found.known("Name", person.get("name"), NAME);
    found.known("First name", person.get("first_name"), Role::GivenName);
    found.known("Last name", person.get("last_name"), Role::FamilyName);
    found.known("Email", person.get("email"), EMAIL);
    found.known("Text reminder number", person.get("text_reminder_number"), PHONE);
    for answer in body.get("questions_and_answers").map_or(&[][..], Node::items) {
        found.question(label(&[answer.get("question")], "Answer"), answer.get("answer"));
    }
    found.about("Calendly event", payload.get("event"));
    let event_name = body.at(&["scheduled_event", "name"]);
    found.about("Meeting", event_name.or_else(|| body.at(&["event_type", "name"])));
    let start = body.at(&["scheduled_event", "start_time"]);
    found.about("Meeting start", start.or_else(|| body.at(&["event", "start_time"])));
    found.about("Meeting end", body.at(&["scheduled_event", "end_time"]));
    let location = body.at(&["scheduled_event", "location"]);
    found.about(
        "Meeting location",
        location.and_then(|place| place.get("join_url").or_else(|| place.get("location"))),
    );
    found.about("Time zone", person.get("timezone"));
    found.about("Cancellation reason", body.at(&["cancellation", "reason"]));
    for (name, value) in body.get("tracking").map_or(&[][..], Node::members) {
        found.about(name, Some(value));
    }
    Some(found.content("A Calendly notification without an invitee."))
}
