//! Sentences for people.

use crate::messaging::Channel;

/// Nothing reaches them.
pub const NO_EMAIL: &str = "There is no e-mail address.";
/// Nothing reaches them by phone.
pub const NO_PHONE: &str = "There is no phone number that can be read.";
/// Somebody before them has the address.
pub const DUPLICATE: &str = "Somebody else in this campaign has the same address.";
/// WhatsApp takes templates only.
pub const OUTSIDE_WINDOW: &str =
    "WhatsApp takes free text only for a day after somebody has written to you.";
/// They went while they waited.
pub const NOT_FOUND: &str = "No longer in the audience.";
/// The campaign ended before.
pub const CANCELLED: &str = "The campaign was cancelled before it was sent.";
/// A fault of ours.
pub const ERROR: &str = "Something went wrong here; the log tells more.";

/// There is no address on a channel.
pub const fn no_address(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => NO_EMAIL,
        Channel::Sms | Channel::Whatsapp => NO_PHONE,
    }
}

/// Why a campaign was paused by itself.
pub fn paused(reason: &str) -> &'static str {
    match reason {
        "template_deleted" => {
            "The template was deleted. Choose another one in a copy of this campaign."
        }
        "template_not_approved" => "The template is not approved any more.",
        "template_changed" => {
            "The template was changed. Resume to send the new text to those who have got none yet."
        }
        "audience_deleted" => {
            "The audience was deleted. Restore it, or make a copy of this campaign."
        }
        "channel_changed" => {
            "Another provider carries the channel than when this was started. Resume to send by it."
        }
        "mapping_broken" => "The variables of the template are not those that were mapped.",
        "restored" => {
            "It was under way in a backup that was restored. Those who are left may have got their messages since; \
             resume only if you know that they have not."
        }
        _ => "It cannot be sent as it is.",
    }
}
