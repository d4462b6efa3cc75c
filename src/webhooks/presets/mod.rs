//! The documented shapes of well-known sources, one file for each.
//!
//! A recogniser looks at a payload's structure, and at headers where they say
//! more, and takes the person and the answers from where that source puts them.
//! A flat payload without such a structure is nobody's: the plain rules hold.

mod answers;
mod calendly;
mod cognito;
mod elementor;
mod facebook;
mod google_ads;
mod hubspot;
mod jotform;
mod linkedin;
mod roles;
mod shopify;
mod stripe;
mod tally;
mod tiktok;
mod typeform;
mod unbounce;
mod webflow;

use super::fields::Field;
use super::node::Node;

/// Looks a request header up by its lower-case name.
pub type Headers<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What a recognised payload brings.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// The fields of a lead.
    Lead(Vec<Field>),
    /// A notification without data, and what it is.
    Ping(&'static str),
}

/// A payload whose source is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Recognized {
    /// The preset's id.
    pub source: &'static str,
    /// What it brings.
    pub content: Content,
}

type Recognize = fn(&Node, Headers<'_>) -> Option<Content>;

/// One well-known source.
pub struct Preset {
    /// Its id in a webhook's `preset`.
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// Where in that product the webhook's address goes.
    pub hint: &'static str,
    recognize: Option<Recognize>,
}

/// The preset that recognises the others by itself.
pub const AUTO: &str = "auto";
/// The preset that switches recognition off.
pub const GENERIC: &str = "generic";

/// All presets in the order in which the page offers them.
pub const PRESETS: &[Preset] = &[
    preset(
        AUTO,
        "Automatic",
        "Recognises well-known sources; any other payload is taken field by field.",
        None,
    ),
    preset(GENERIC, "Generic", "Takes every payload field by field, whoever sent it.", None),
    preset(
        "typeform",
        "Typeform",
        "Form > Connect > Webhooks > Add a webhook.",
        Some(typeform::recognize),
    ),
    preset("tally", "Tally", "Form > Integrations > Webhooks > Connect.", Some(tally::recognize)),
    preset(
        "jotform",
        "Jotform",
        "Form > Settings > Integrations > WebHooks.",
        Some(jotform::recognize),
    ),
    preset(
        "facebook",
        "Facebook Lead Ads",
        "Send the lead's field_data; Meta's own notification holds only an id, so use Zapier, Make or your own relay.",
        Some(facebook::recognize),
    ),
    preset(
        "google_ads",
        "Google Ads lead form",
        "Lead form asset > Lead delivery > Webhook integration; any key will do.",
        Some(google_ads::recognize),
    ),
    preset(
        "webflow",
        "Webflow",
        "Site settings > Apps & integrations > Webhooks > Form submission.",
        Some(webflow::recognize),
    ),
    preset(
        "elementor",
        "Elementor",
        "Form > Actions after submit > Webhook, with Advanced data on.",
        Some(elementor::recognize),
    ),
    preset(
        "hubspot",
        "HubSpot",
        "Workflow > Send a webhook (POST, all contact properties).",
        Some(hubspot::recognize),
    ),
    preset(
        "calendly",
        "Calendly",
        "Webhook subscription for invitee.created.",
        Some(calendly::recognize),
    ),
    preset(
        "shopify",
        "Shopify",
        "Settings > Notifications > Webhooks: Customer creation or Order creation, JSON.",
        Some(shopify::recognize),
    ),
    preset(
        "stripe",
        "Stripe Checkout",
        "Developers > Webhooks: checkout.session.completed.",
        Some(stripe::recognize),
    ),
    preset(
        "cognito",
        "Cognito Forms",
        "Form settings > Post JSON data to website.",
        Some(cognito::recognize),
    ),
    preset("unbounce", "Unbounce", "Page > Integrations > Webhooks.", Some(unbounce::recognize)),
    preset(
        "linkedin",
        "LinkedIn Lead Gen Forms",
        "LinkedIn's notification holds only an id; use Zapier, Make or your own relay.",
        Some(linkedin::recognize),
    ),
    preset(
        "tiktok",
        "TikTok Lead Generation",
        "Leads centre > CRM integration > Webhook.",
        Some(tiktok::recognize),
    ),
    preset(
        "zapier",
        "Zapier",
        "Webhooks by Zapier > POST, payload type JSON; name the fields as you like.",
        None,
    ),
    preset("make", "Make", "HTTP > Make a request, method POST, body type Raw, JSON.", None),
];

const fn preset(
    id: &'static str,
    name: &'static str,
    hint: &'static str,
    recognize: Option<Recognize>,
) -> Preset {
    Preset { id, name, hint, recognize }
}

/// The preset with that id.
pub fn find(id: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.id == id)
}

/// Recognises a payload under a webhook's `preset`: `auto` asks every source,
/// `generic` none, any other only that one. `None` means the plain rules.
///
/// An object without any member says nothing, so under `auto` it is a ping.
pub fn recognize(preset: &str, payload: &Node, headers: Headers<'_>) -> Option<Recognized> {
    match preset {
        GENERIC => None,
        AUTO if payload.members().is_empty() => {
            Some(Recognized { source: AUTO, content: Content::Ping("An empty payload.") })
        }
        AUTO if is_plain(payload) && headers("x-shopify-topic").is_none() => None,
        AUTO => PRESETS.iter().find_map(|preset| preset.recognized(payload, headers)),
        id => find(id)?.recognized(payload, headers),
    }
}

/// Names at the top of the few known payloads that hold no object and no array.
const FLAT_MARKS: &[&str] = &[
    "rawRequest",
    "data.json",
    "subscriptionType",
    "leadgen_id",
    "leadGenFormResponse",
    "leadFormResponse",
];

/// True for the payloads of most senders, which no source need be asked about.
fn is_plain(payload: &Node) -> bool {
    payload.members().iter().all(|(name, value)| {
        !value.is_container()
            && !name.starts_with("fields[")
            && !FLAT_MARKS.contains(&name.as_str())
    })
}

impl Preset {
    fn recognized(&self, payload: &Node, headers: Headers<'_>) -> Option<Recognized> {
        let content = self.recognize?(payload, headers)?;
        Some(Recognized { source: self.id, content })
    }
}
