//! `/v1/messaging/channels`: what carries each channel.

use crate::auth::{BroadcastManage, Can, SettingsManage};
use crate::messaging::callbacks::{self, Desk, Figures};
use crate::messaging::channels::{
    self, Change, ChannelSettings, Provider, ProviderName, ProviderSettings,
};
use crate::messaging::providers::{self, Outcome, Outgoing, ProviderTemplate};
use crate::messaging::templates::{self, Synced};
use crate::messaging::{Address, Channel, MessageId};
use crate::platform::http::{
    Answer, Client, IfMatch, Json, Once, Page, Params, PathOf, Problem, Tagged,
};
use crate::platform::{App, Error, Result, Time};
use axum::Extension;
use axum::extract::State;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::ToSchema;

/// What carries a channel.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChannelBody {
    channel: Channel,
    provider: ProviderName,
    /// As they are set, without the secrets: `<secret>Set` tells for each whether there is one.
    #[schema(value_type = Object, example = json!({"host": "smtp.example.com", "port": 587, "security": "starttls",
        "username": "leads", "passwordSet": true, "fromAddress": "sales@example.com", "fromName": "Acme Sales"}))]
    settings: Map<String, Value>,
    /// Where the provider reports to; null where none does.
    #[schema(
        example = "https://leads.example.com/webhooks/messaging/twilio/Qm9yZWQgb2YgcGxhY2Vob2xkZXJzLCBhcmUgd2U"
    )]
    callback_url: Option<String>,
    /// What the provider reported so far.
    callbacks: Figures,
    /// 0 until something is set.
    version: i64,
    updated_at: Option<Time>,
}

/// What an answer needs besides the settings: the address of this installation, as far as it is known, and
/// what callbacks keep in memory.
struct Base(String, Arc<Desk>);

impl Base {
    fn new(app: &App, client: &Client, desk: Arc<Desk>) -> Self {
        Self(app.base_url(client), desk)
    }

    fn body(&self, db: &Connection, channel: &ChannelSettings) -> Result<ChannelBody> {
        Ok(ChannelBody {
            channel: channel.channel,
            provider: channel.provider.name(),
            settings: channel.provider.shown()?,
            callback_url: channel.callback_url(&self.0),
            callbacks: callbacks::figures(db, &self.1, channel.workspace, channel.channel)?,
            version: channel.version,
            updated_at: channel.updated_at,
        })
    }
}

/// What shall carry a channel.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ChannelChange {
    provider: ProviderName,
    /// The whole of them. A secret that is left out stays, null takes it away.
    #[serde(default)]
    #[schema(value_type = Option<ProviderSettings>)]
    settings: Map<String, Value>,
    /// Taken and not used, so that an answer can be sent back as it came; so are the next ones.
    #[serde(rename = "channel")]
    _channel: Option<Channel>,
    #[serde(rename = "callbackUrl")]
    _callback_url: Option<String>,
    #[serde(rename = "callbacks")]
    #[schema(value_type = Option<Object>)]
    _callbacks: Option<serde::de::IgnoredAny>,
    #[serde(rename = "version")]
    _version: Option<i64>,
    #[serde(rename = "updatedAt")]
    _updated_at: Option<Time>,
}

/// List the channels and what carries them
#[utoipa::path(get, path = "/v1/messaging/channels", tag = "Messaging",
    params(("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<ChannelBody>)))]
pub(super) async fn list_channels(
    by: Can<SettingsManage>,
    State(app): State<App>,
    Extension(desk): Extension<Arc<Desk>>,
    client: Client,
    mut params: Params,
) -> Result<Json<Page<ChannelBody>>> {
    let paging = params.paging();
    params.finish()?;
    let (base, vault) = (Base::new(&app, &client, desk), app.vault.clone());
    let read = move |db: &Connection| {
        let all = channels::list(db, &vault, by.workspace)?;
        all.iter().map(|channel| base.body(db, channel)).collect::<Result<Vec<_>>>()
    };
    Page::of_whole(app.db.read(read).await?, &paging).map(Json)
}

/// Read what carries a channel
///
/// Until a provider is set it is the sandbox: messages are written and kept, and nothing leaves the machine.
#[utoipa::path(get, path = "/v1/messaging/channels/{channel}", tag = "Messaging",
    params(("channel" = Channel, Path)), responses((status = 200, body = ChannelBody)))]
pub(super) async fn get_channel(
    by: Can<SettingsManage>,
    State(app): State<App>,
    Extension(desk): Extension<Arc<Desk>>,
    client: Client,
    PathOf(channel): PathOf<Channel>,
) -> Result<Tagged<ChannelBody>> {
    let (base, vault) = (Base::new(&app, &client, desk), app.vault.clone());
    let read = move |db: &Connection| {
        let found = channels::settings(db, &vault, by.workspace, channel)?;
        Ok(Tagged(found.version, base.body(db, &found)?))
    };
    app.db.read(read).await
}

/// Set what carries a channel
///
/// Private hosts are refused unless whoever runs Leads allows them (`serve --allow-private-host`). A secret
/// that would go to another host than before must be entered again. `callbackUrl` stays when the settings
/// change.
#[utoipa::path(put, path = "/v1/messaging/channels/{channel}", tag = "Messaging",
    params(("channel" = Channel, Path)),
    request_body(content = ChannelChange, example = json!({"provider": "smtp", "settings": {
        "host": "smtp.example.com", "port": 587, "security": "starttls", "username": "leads",
        "password": "a long secret", "fromAddress": "sales@example.com", "fromName": "Acme Sales"}})),
    responses((status = 200, body = ChannelBody)))]
pub(super) async fn put_channel(
    by: Can<SettingsManage>,
    State(app): State<App>,
    Extension(desk): Extension<Arc<Desk>>,
    client: Client,
    PathOf(channel): PathOf<Channel>,
    if_match: IfMatch,
    Json(change): Json<ChannelChange>,
) -> Result<Tagged<ChannelBody>> {
    let (base, vault) = (Base::new(&app, &client, desk), app.vault.clone());
    let change = Change::new(&app.outbound, change.provider, change.settings).await;
    app.db
        .write(move |tx| {
            let before = channels::settings(tx, &vault, by.workspace, channel)?;
            if_match
                .check(before.version, || Ok(serde_json::to_value(base.body(tx, &before)?)?))?;
            let after = channels::put(tx, &by, &vault, channel, change)?;
            Ok(Tagged(after.version, base.body(tx, &after)?))
        })
        .await
}

/// A message to try the settings with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TestBody {
    /// An e-mail address, or a phone number.
    #[schema(example = "+12025550143")]
    to: String,
    /// WhatsApp: send this template instead of text, which is only taken within 24 hours of the recipient's
    /// last message. Meta's name (such as `hello_world`), or Twilio's ContentSid.
    template_name: Option<String>,
    /// The template's language at Meta; `en_US` by default.
    language: Option<String>,
}

/// What the provider said to a test message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TestAnswer {
    /// Whether the provider took it.
    ok: bool,
    /// Its id with the provider.
    provider_message_id: Option<String>,
    /// The provider's code.
    #[schema(example = "21211")]
    code: Option<String>,
    /// What happened, with the provider's own words.
    #[schema(example = "Twilio took the message.")]
    message: String,
}

/// Send a test message
///
/// By the settings that are saved. Answers 200 with what the provider said, whether it took the message or not.
#[utoipa::path(post, path = "/v1/messaging/channels/{channel}/test", tag = "Messaging",
    params(("channel" = Channel, Path)),
    request_body(content = TestBody, example = json!({"to": "+12025550143"})),
    responses((status = 200, body = TestAnswer)))]
pub(super) async fn test_channel(
    by: Can<SettingsManage>,
    State(app): State<App>,
    once: Once,
    PathOf(channel): PathOf<Channel>,
    Json(body): Json<TestBody>,
) -> Result<Answer> {
    if let Some(answer) = app.answered(&once).await? {
        return Ok(answer);
    }
    let to = Address::of(channel, &body.to, &by.default_country).ok_or_else(|| {
        let (code, message) = match channel.is_by_phone() {
            true => ("invalid_phone", "This is not a phone number."),
            false => ("invalid_email", "This is not an e-mail address."),
        };
        Error::invalid("to", code, message)
    })?;
    let (vault, workspace) = (app.vault.clone(), by.workspace);
    let carrier = app.db.read(move |db| channels::settings(db, &vault, workspace, channel)).await?;
    let template = body.template_name.map(|name| ProviderTemplate {
        name,
        language: body.language,
        parameters: Vec::new(),
    });
    let message = Outgoing {
        id: MessageId::fresh(app.clock.now()),
        channel,
        to: to.to,
        subject: Some("Test message from Leads".into()),
        text: "This is a test message from Leads. Your settings work.".into(),
        html: None,
        template: template.filter(|_| channel == Channel::Whatsapp),
        unsubscribe_url: None,
        callback_url: None,
    };
    let outcome = providers::send(&app, &carrier, &message).await;
    let answer = told(&carrier, outcome);
    app.once(once, move |_| Answer::ok(&answer)).await
}

fn told(carrier: &ChannelSettings, outcome: Outcome) -> TestAnswer {
    let failed = |code, message| TestAnswer { ok: false, provider_message_id: None, code, message };
    match outcome {
        Outcome::Accepted { provider_message_id } => TestAnswer {
            ok: true,
            provider_message_id,
            code: None,
            message: format!("{} took the message.", carrier.provider.name().label()),
        },
        Outcome::Refused { code, message, .. }
        | Outcome::Temporary { code, message, .. }
        | Outcome::Unknown { code, message } => failed(code, message),
    }
}

/// What a synchronisation found.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SyncAnswer {
    /// How many templates the provider keeps.
    #[schema(example = 12)]
    synced: usize,
}

/// Synchronise WhatsApp templates
///
/// Takes over the templates that Meta keeps for the business account, each with its text and whether it is
/// approved. Known ones keep what their placeholders are filled with; ones that are gone there are gone here.
#[utoipa::path(post, path = "/v1/messaging/channels/whatsapp/sync-templates", tag = "Messaging",
    responses((status = 200, body = SyncAnswer),
        (status = 409, description = "Meta does not carry WhatsApp, or does not tell its templates", body = Problem)))]
pub(super) async fn sync_templates(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    once: Once,
) -> Result<Answer> {
    if let Some(answer) = app.answered(&once).await? {
        return Ok(answer);
    }
    let (vault, workspace) = (app.vault.clone(), by.workspace);
    let carrier =
        app.db.read(move |db| channels::settings(db, &vault, workspace, Channel::Whatsapp)).await?;
    let Provider::Meta(settings) = &carrier.provider else {
        let message = "Meta keeps templates, and it does not carry WhatsApp in this workspace.";
        return Err(Error::Conflict("not_meta", message.into()));
    };
    let found = providers::meta::templates::all(&app, settings).await;
    let found = found.map_err(|(_, text)| Error::Conflict("provider_refused", text))?;
    let kept: Vec<Synced> = found.into_iter().map(Synced::from).collect();
    app.once(once, move |tx| {
        let synced = templates::sync(tx, workspace, Channel::Whatsapp, &kept)?;
        Answer::ok(&SyncAnswer { synced })
    })
    .await
}
