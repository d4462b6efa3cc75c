//! Templates that a provider keeps and decides about.

use super::{Content, Draft, Parameter, Status, Template, TemplateId, announce, scan, store};
use crate::messaging::Channel;
use crate::platform::ids::WorkspaceId;
use crate::platform::{Error, FieldError, Result, Tx};
use std::collections::BTreeSet;

/// A template as its provider keeps it.
#[derive(Debug, Clone)]
pub struct Synced {
    /// The provider's name for it.
    pub name: String,
    /// The provider's code of its language.
    pub language: String,
    /// What the provider decided.
    pub status: Status,
    /// Why, when it was refused.
    pub note: Option<String>,
    /// The provider's own text with its placeholders, as in `Hi {{1}}`.
    pub body: String,
    /// Why it cannot be sent from here, whatever the provider decides.
    pub obstacle: Option<String>,
}

/// What a decision of the provider's comes to: what cannot be sent from here is never approved.
fn settled<'a>(
    obstacle: Option<&'a str>,
    status: Status,
    note: Option<&'a str>,
) -> (Status, Option<&'a str>) {
    match (obstacle, status) {
        (Some(obstacle), Status::Approved) => (Status::Rejected, Some(obstacle)),
        _ => (status, note),
    }
}

/// Takes over what a provider keeps: new templates appear, known ones get its text and decision and keep what
/// people said their placeholders are filled with, and ones that are gone there are gone here. Answers how many
/// there are.
pub fn sync(tx: &Tx, workspace: WorkspaceId, channel: Channel, kept: &[Synced]) -> Result<usize> {
    let mut former = store::synced(tx, workspace, channel)?;
    for synced in kept {
        let same = |template: &Template| {
            template.content.provider_name.as_deref() == Some(&synced.name)
                && template.content.language.as_deref() == Some(&synced.language)
        };
        let known = former.iter().position(same).map(|place| former.swap_remove(place));
        take_over(tx, workspace, channel, synced, known)?;
    }
    for gone in former {
        store::delete(tx, workspace, gone.id)?;
        announce(tx, workspace, gone.id);
    }
    Ok(kept.len())
}

fn take_over(
    tx: &Tx,
    workspace: WorkspaceId,
    channel: Channel,
    synced: &Synced,
    known: Option<Template>,
) -> Result<()> {
    let mapped = known.as_ref().map(|template| template.content.parameters.clone());
    let content = Content {
        body: synced.body.clone(),
        language: Some(synced.language.clone()),
        provider_name: Some(synced.name.clone()),
        parameters: placeholders(&synced.body, &mapped.unwrap_or_default()),
        ..Content::default()
    };
    let obstacle = synced.obstacle.clone();
    let (status, note) = settled(obstacle.as_deref(), synced.status, synced.note.as_deref());
    let status_note = note.map(str::to_owned);
    let Some(before) = known else {
        let template = Template {
            id: TemplateId::fresh(tx.now()),
            name: synced.name.clone(),
            channel,
            status,
            variables: BTreeSet::new(),
            content,
            is_synced: true,
            status_note,
            obstacle,
            content_version: 1,
            version: 1,
            created_at: tx.now(),
            updated_at: tx.now(),
        };
        store::insert(tx, workspace, &template)?;
        store::keep_version(tx, &template, None)?;
        announce(tx, workspace, template.id);
        return Ok(());
    };
    let is_rewritten = before.content != content;
    let is_decided = before.status == status && before.status_note == status_note;
    if !is_rewritten && is_decided && before.obstacle == obstacle {
        return Ok(());
    }
    let version = before.version + 1;
    let template = Template {
        status,
        status_note,
        obstacle,
        content_version: if is_rewritten { version } else { before.content_version },
        content,
        version,
        updated_at: tx.now(),
        ..before
    };
    store::update(tx, workspace, &template)?;
    if is_rewritten {
        store::keep_version(tx, &template, None)?;
    }
    announce(tx, workspace, template.id);
    Ok(())
}

/// Takes over what a provider has decided about one of its templates; of one that is not known yet, the next
/// [`sync`] tells.
pub fn decide(
    tx: &Tx,
    workspace: WorkspaceId,
    channel: Channel,
    (name, language): (&str, Option<&str>),
    status: Status,
    note: Option<&str>,
) -> Result<()> {
    let known = store::synced(tx, workspace, channel)?.into_iter().filter(|template| {
        template.content.provider_name.as_deref() == Some(name)
            && language
                .is_none_or(|language| template.content.language.as_deref() == Some(language))
    });
    for before in known {
        let (status, note) = settled(before.obstacle.as_deref(), status, note);
        let status_note = note.map(str::to_owned);
        if before.status == status && before.status_note == status_note {
            continue;
        }
        let version = before.version + 1;
        let template = Template { status, status_note, version, updated_at: tx.now(), ..before };
        store::update(tx, workspace, &template)?;
        announce(tx, workspace, template.id);
    }
    Ok(())
}

/// The placeholders of a provider's text, filled as before where they were there before.
fn placeholders(body: &str, before: &[Parameter]) -> Vec<Parameter> {
    let mut found: Vec<Parameter> = Vec::new();
    for tag in scan::tags(body).into_iter().filter(|tag| tag.kind == scan::Kind::Output) {
        if found.iter().all(|parameter| parameter.name != tag.inner) {
            let value = before.iter().find(|p| p.name == tag.inner).map(|p| p.value.clone());
            let name = tag.inner.to_owned();
            found.push(Parameter { name, value: value.unwrap_or_default() });
        }
    }
    found
}

/// What the provider decides cannot be changed here.
pub(super) fn refuse_decided(before: &Template, draft: &Draft) -> Result<()> {
    if !before.is_synced {
        return Ok(());
    }
    let (old, new) = (&before.content, &draft.content);
    let decided = [
        ("status", draft.status.is_some_and(|status| status != before.status)),
        ("body", old.body != new.body),
        ("language", old.language != new.language),
        ("providerName", old.provider_name != new.provider_name),
    ];
    let message = "The provider decides this; change it there and synchronise.";
    let faults = decided.iter().filter(|(_, is_changed)| *is_changed);
    let faults: Vec<FieldError> =
        faults.map(|(field, _)| FieldError::new(*field, "provider_decides", message)).collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}
