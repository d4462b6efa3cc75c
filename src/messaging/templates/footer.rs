//! The link by which the recipient of a campaign or an automation gets no more e-mails. Whoever writes the
//! text cannot forget it: where it does not name the link, it stands below.

use super::Rendered;
use super::html::escape;
use crate::messaging::Channel;
use crate::messaging::messages::Origin;

/// Whether e-mails of this origin must carry the link. What a person writes to somebody need not.
const fn must_carry(channel: Channel, origin: Origin) -> bool {
    matches!((channel, origin), (Channel::Email, Origin::Automation | Origin::Campaign))
}

/// Puts the link under each part that does not hold it.
pub(super) fn complete(
    rendered: &mut Rendered,
    (channel, origin): (Channel, Origin),
    workspace: &str,
    url: &str,
) {
    if !must_carry(channel, origin) {
        return;
    }
    // The token is written the same in text and in HTML, where the rest of the address may be escaped.
    let token = url.rsplit('/').next().unwrap_or(url);
    let sender = Some(workspace.trim()).filter(|name| !name.is_empty()).unwrap_or("us");
    let question = format!("You no longer want e-mails from {sender}?");
    if !rendered.body.contains(token) {
        let body = rendered.body.trim_end();
        rendered.body = format!("{body}\n\n--\n{question} Unsubscribe: {url}\n");
    }
    if let Some(html) = rendered.html.as_mut().filter(|html| !html.contains(token)) {
        let (question, url) = (escape(&question), escape(url));
        let footer = format!(
            "<p style=\"margin-top:32px;font-size:12px;color:#666666\">{question} \
             <a href=\"{url}\" style=\"color:#666666\">Unsubscribe</a></p>"
        );
        html.insert_str(end(html), &footer);
    }
}

/// Where the visible part of an HTML document ends.
fn end(html: &str) -> usize {
    let lower = html.to_ascii_lowercase();
    lower.rfind("</body").or_else(|| lower.rfind("</html")).unwrap_or(html.len())
}
