//! The demonstration: a believable workspace of some 200 leads over four weeks, so that a visitor sees the
//! product at once. Made through the same operations as everything else, in the order of time.

mod automations;
mod campaigns;
mod messages;
mod people;
mod story;

use crate::auth::workspaces::{self, NewWorkspace};
use crate::auth::{
    Actor, ActorKind, BuiltInRole, Caller, NewUser, create_user, hash_password, join,
};
use crate::leads::{self, LeadId, LeadPatch, NewLead, Source};
use crate::pipelines::{self, Pipeline};
use crate::platform::http::IfMatch;
use crate::platform::ids::UserId;
use crate::platform::{App, Error, Result, Tx, secret};
use crate::webhooks::{self, WebhookId};
use serde_json::{Map, Value, json};
use story::{Deed, Event, Story};

/// How to sign in to the demonstration.
#[derive(Debug, Clone)]
pub struct Login {
    /// The e-mail address.
    pub email: String,
    /// The password, made for this installation.
    pub password: String,
}

/// The demonstration's people; the first is the visitor.
const TEAM: [(&str, &str); 3] = [
    ("Robin Vale", "demo@example.com"),
    ("Mina Okafor", "mina@example.com"),
    ("Jonas Weber", "jonas@example.com"),
];

/// The webhook that most leads came in by, and another.
const WEBHOOKS: [&str; 2] = ["Landing page", "Partner portal"];

/// Fills an installation that has no account yet.
pub fn fill(app: &App) -> Result<Login> {
    let password =
        secret::token("")?.chars().filter(char::is_ascii_alphanumeric).take(14).collect();
    let login = Login { email: TEAM[0].1.into(), password };
    let hash = hash_password(&login.password)?;
    let (vault, installation) = (app.vault.clone(), app.clone());
    app.db.write_blocking(move |tx| {
        let workspace = workspaces::create(
            tx,
            &NewWorkspace { name: "Demo".into(), is_demo: true, ..NewWorkspace::default() },
        )?;
        let mut team = Vec::new();
        for (index, (name, email)) in TEAM.into_iter().enumerate() {
            let first = index == 0;
            let user = create_user(
                tx,
                &NewUser {
                    name: name.into(),
                    email: email.into(),
                    password_hash: hash.clone(),
                    is_super_admin: first,
                },
            )?;
            let role = if first { BuiltInRole::SuperAdmin } else { BuiltInRole::Marketer };
            join(tx, workspace.id, user, role.id())?;
            team.push(member(user, name, &Caller::system(workspace.id, "US")));
        }
        let system = Caller::system(workspace.id, "US");
        let (pipeline, _) = pipelines::ensure_default(tx, &system)?;
        let webhook = |name| webhooks::create(tx, &system, &vault, webhooks::Settings::named(name));
        let [webhook, partner] = [webhook(WEBHOOKS[0])?, webhook(WEBHOOKS[1])?];
        let leads = tell(tx, &team, &pipeline, [webhook.id, partner.id])?;
        let templates = messages::tell(tx, &team, &leads)?;
        let writer = team.get(1).ok_or_else(|| Error::internal("an empty team"))?;
        campaigns::tell(&installation, tx, writer, &templates, &leads)?;
        automations::tell(tx, &system, &webhook, &templates, &leads)
    })?;
    Ok(login)
}

fn member(user: UserId, name: &str, system: &Caller) -> Caller {
    let actor = Actor { kind: ActorKind::User, id: Some(user.0), name: name.into() };
    Caller { actor, user: Some(user), ..system.clone() }
}

/// Lets everything happen in the order of time; answers the leads.
fn tell(
    tx: &Tx,
    team: &[Caller],
    pipeline: &Pipeline,
    webhooks: [WebhookId; 2],
) -> Result<Vec<LeadId>> {
    let now = tx.now();
    let mut ids: Vec<Option<LeadId>> = vec![None; people::COUNT];
    for Event { at, lead, by, deed } in Story::new(now).events() {
        tx.set_now(at);
        let by = team.get(by % team.len()).ok_or_else(|| Error::internal("an empty team"))?;
        let id = ids.get(lead).copied().flatten();
        match (deed, id) {
            (Deed::Arrive(person), _) => {
                let made = leads::create(tx, by, new_lead(&person, webhooks))?;
                if let Some(place) = ids.get_mut(lead) {
                    *place = Some(made.id);
                }
            }
            (Deed::Move(stage), Some(id)) => {
                let stage = pipeline.stages.get(stage).ok_or(Error::NotFound("stage"))?.id;
                let to = leads::Destination { stage, before: None, after: None };
                leads::move_to(tx, by, id, &IfMatch::Any, &to)?;
            }
            (Deed::Note(text), Some(id)) => drop(leads::add_note(tx, by, id, text)?),
            (Deed::Take, Some(id)) => drop(leads::assign(tx, by, id, &IfMatch::Any, by.user)?),
            (Deed::Score(score), Some(id)) => {
                let patch = LeadPatch {
                    score: crate::platform::http::Patch::Set(score),
                    ..LeadPatch::default()
                };
                leads::update(tx, by, id, &IfMatch::Any, patch)?;
            }
            (Deed::Convert, Some(id)) => {
                leads::convert(tx, by, id, leads::ConvertBody::default())?;
            }
            (_, None) => {}
        }
    }
    tx.set_now(now);
    Ok(ids.into_iter().flatten().collect())
}

fn new_lead(person: &people::Person, [usual, partner]: [WebhookId; 2]) -> NewLead {
    let webhook = if person.by_partner { partner } else { usual };
    let fields: Map<String, Value> =
        person.fields.iter().map(|(key, _, value)| ((*key).to_owned(), json!(value))).collect();
    let names: Map<String, Value> =
        person.fields.iter().map(|(key, name, _)| ((*key).to_owned(), json!(name))).collect();
    let mut custom_fields = fields;
    if !names.is_empty() {
        custom_fields
            .insert(crate::fields::custom_fields::DISPLAY_NAMES.into(), Value::Object(names));
    }
    NewLead {
        name: person.name.clone(),
        email: Some(person.email.clone()),
        phone: person.phone.clone(),
        company: person.company.clone(),
        title: person.title.map(str::to_owned),
        tags: person.tags.iter().map(|tag| (*tag).to_owned()).collect(),
        score: 0,
        custom_fields,
        source: if person.by_hand { Source::Manual } else { Source::Webhook },
        pipeline: None,
        stage: None,
        assigned_to: None,
        webhook: (!person.by_hand).then_some(webhook.0),
        phone_key: None,
        detail: Value::Null,
    }
}
