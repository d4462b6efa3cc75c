//! Data directories with so many leads, made through the product's own writing functions and kept between
//! runs by number of leads and schema.

use super::words::{self, Dice};
use super::{Outcome, folder};
use leads::auth::{self, Actor, ActorKind, BuiltInRole, Caller, NewUser, setup, workspaces};
use leads::leads::{NewLead, Source};
use leads::pipelines::{self, Pipeline};
use leads::platform::app::Settings;
use leads::platform::db::migrate;
use leads::platform::http::IfMatch;
use leads::platform::ids::UserId;
use leads::platform::secret::Vault;
use leads::platform::{App, Clock, Time};
use leads::{leads as parts, server, webhooks};
use serde_json::{Map, Value, json};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Raise it when what is seeded changes.
const EDITION: u32 = 1;
/// Leads in one operation.
const PIECE: u64 = 20_000;
/// Colleagues that leads are assigned to.
pub const COLLEAGUES: usize = 8;

/// Opens a data directory as the benches do: without limits, with a key that every run knows.
pub fn open(folder: &Path, clock: Clock) -> Outcome<App> {
    let file = folder.join("leads.db");
    migrate::run(&file)?;
    let settings = Settings { data: folder.to_owned(), ..Settings::default() };
    Ok(App::open(&file, clock, Vault::new([7; 32]), settings, server::extras())?)
}

/// The data directory with so many leads; made when there is none yet.
pub fn prepared(size: u64) -> Outcome<PathBuf> {
    let place = folder().join(format!("seed-{size}-{:016x}-{EDITION}", schema()?));
    if place.join("leads.db").exists() {
        return Ok(place);
    }
    let begun = Instant::now();
    let making = folder().join(format!("making-{size}-{}", std::process::id()));
    std::fs::create_dir_all(&making)?;
    fill(&making, size)?;
    std::fs::rename(&making, &place)?;
    println!("seeded {size} leads in {:.1} s", begun.elapsed().as_secs_f64());
    Ok(place)
}

/// A number that changes with anything in the schema.
fn schema() -> Outcome<u64> {
    let making = folder().join(format!("schema-{}", std::process::id()));
    std::fs::create_dir_all(&making)?;
    let file = making.join("leads.db");
    migrate::run(&file)?;
    let db = leads::platform::db::open::reader(&file)?;
    let mut hash = DefaultHasher::new();
    let mut statement = db.prepare("SELECT coalesce(sql, '') FROM sqlite_schema ORDER BY name")?;
    for sql in statement.query_map([], |row| row.get::<_, String>(0))? {
        sql?.hash(&mut hash);
    }
    std::fs::remove_dir_all(&making)?;
    Ok(hash.finish())
}

fn fill(folder: &Path, size: u64) -> Outcome<()> {
    // Four weeks of leads; the clock moves on with each piece.
    let four_weeks = 28 * 86_400_000;
    let clock = Clock::manual(Time::from_millis(Clock::System.now().millis() - four_weeks));
    let app = open(folder, clock.clone())?;
    let base = app.db.write_blocking({
        let vault = app.vault.clone();
        move |tx| foundation(tx, &vault)
    })?;
    let mut made = 0;
    while made < size {
        let (count, base) = (PIECE.min(size - made), base.clone());
        app.db.write_blocking(move |tx| piece(tx, &base, made, count))?;
        // The indexer keeps step, as it does in life.
        app.db.write_blocking(parts::search::catch_up)?;
        made += count;
        clock.advance_millis(four_weeks * count as i64 / size as i64);
    }
    app.db.close();
    Ok(())
}

/// Whom and what leads refer to.
#[derive(Clone)]
struct Base {
    by: Caller,
    pipeline: Pipeline,
    webhook: Option<webhooks::WebhookId>,
    colleagues: Vec<UserId>,
}

fn foundation(tx: &leads::platform::Tx, vault: &Vault) -> leads::platform::Result<Base> {
    let workspace = workspaces::NewWorkspace { name: "Bench".into(), ..Default::default() };
    let (user, workspace) = setup::first_account(tx, &user("Ada Lovelace", 0, true), &workspace)?;
    let mut colleagues = vec![user];
    for number in 1..COLLEAGUES {
        let name = format!("Colleague {number}");
        let id = auth::create_user(tx, &self::user(&name, number, false))?;
        auth::join(tx, workspace.id, id, BuiltInRole::Admin.id())?;
        colleagues.push(id);
    }
    let by = Caller::system(workspace.id, "US");
    let (pipeline, _) = pipelines::ensure_default(tx, &by)?;
    let settings = webhooks::Settings::named("Landing page");
    let webhook = Some(webhooks::create(tx, &by, vault, settings)?.id);
    Ok(Base { by, pipeline, webhook, colleagues })
}

/// Makes a second workspace with a few leads of its own.
pub fn add_workspace(folder: &Path) -> Outcome<()> {
    let app = open(folder, Clock::System)?;
    app.db.write_blocking(|tx| {
        let new = workspaces::NewWorkspace { name: "Another".into(), ..Default::default() };
        let by = Caller::system(workspaces::create(tx, &new)?.id, "US");
        let (pipeline, _) = pipelines::ensure_default(tx, &by)?;
        let base = Base { by, pipeline, webhook: None, colleagues: Vec::new() };
        piece(tx, &base, 70_000_000, 500)
    })?;
    app.db.close();
    Ok(())
}

fn user(name: &str, number: usize, is_super_admin: bool) -> NewUser {
    let email = format!("user{number}@example.com");
    NewUser { name: name.into(), email, password_hash: "none".into(), is_super_admin }
}

fn piece(
    tx: &leads::platform::Tx,
    base: &Base,
    from: u64,
    count: u64,
) -> leads::platform::Result<()> {
    let mut dice = Dice::new(from + 1);
    for number in from..from + count {
        let (new, by) = lead(&mut dice, base, number);
        let lead = parts::create(tx, &by, new)?;
        if dice.one_in(100) {
            parts::delete(tx, &base.by, lead.id, &IfMatch::Any)?;
        }
    }
    Ok(())
}

fn lead(dice: &mut Dice, base: &Base, number: u64) -> (NewLead, Caller) {
    let person = words::person(dice, number);
    let source = match dice.below(100) {
        0..70 => Source::Webhook,
        70..90 => Source::Import,
        90..99 => Source::Manual,
        _ => Source::Api,
    };
    let mut by = base.by.clone();
    if source == Source::Webhook {
        let name = "Landing page".into();
        by.actor = Actor { kind: ActorKind::Webhook, id: base.webhook.map(|id| id.0), name };
    }
    // Most are fresh; fewer come far.
    let depth = dice.below(6).min(dice.below(6));
    let stage = base.pipeline.stages.get(depth).map(|stage| stage.id);
    let mut tags = Vec::new();
    for (tag, one_in) in [("hot", 8), ("referral", 20), ("enterprise", 100), ("vip", 2_000)] {
        if dice.one_in(one_in) {
            tags.push(tag.to_owned());
        }
    }
    let new = NewLead {
        name: person.name,
        email: (!dice.one_in(20)).then_some(person.email),
        phone: (!dice.one_in(5)).then_some(person.phone),
        phone_key: None,
        company: person.company,
        title: person.title,
        tags,
        score: (dice.below(11) * 10) as u8,
        custom_fields: custom_fields(dice),
        source,
        pipeline: None,
        stage,
        assigned_to: base.colleagues.get(dice.below(COLLEAGUES + COLLEAGUES / 2)).copied(),
        webhook: base.webhook.filter(|_| source == Source::Webhook).map(|id| id.0),
        detail: Value::Null,
    };
    (new, by)
}

/// What the documentation's example sends besides the lead's own fields.
fn custom_fields(dice: &mut Dice) -> Map<String, Value> {
    let mut fields = leads::fields::custom_fields::Collector::default();
    fields.add("job_title", dice.pick(words::TITLES).into());
    fields.add("utm_source", dice.pick(&["google", "facebook", "linkedin", "newsletter"]).into());
    fields.add("utm_campaign", format!("campaign-{}", dice.below(40)).into());
    fields.add("form_page", dice.pick(&["/pricing", "/demo", "/contact"]).into());
    fields.add("budget", json!(format!("{}k", 5 * (1 + dice.below(2_000)))));
    fields.finish()
}
