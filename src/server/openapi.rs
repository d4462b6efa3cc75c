//! The description of the API, from the code: what each handler states, and what is true of all of them.

use super::permissions;
use crate::platform::App;
use crate::platform::http::Problem;
use crate::platform::http::problem::PROBLEM_JSON;
use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use axum::routing::get;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{AdditionalProperties, ArrayItems, Schema, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, ResponseBuilder,
    tag::TagBuilder,
};
use utoipa::{PartialSchema, ToSchema};

const ABOUT: &str = "The API of Leads. JSON in camelCase; ids are UUIDv7; times are RFC 3339 in UTC. \
    Errors are RFC 9457 problems with a stable `code`, and name each field at fault. Lists take `page`, \
    `limit` and `cursor`. PATCH changes only what it names; `null` clears. Single resources carry an `ETag`; \
    a stale `If-Match` is 412 and changes nothing. Any POST takes an `Idempotency-Key`. Sign in, or make an \
    API token under Settings, and send it as `Authorization: Bearer …`. `X-Workspace-Id` picks a workspace.";

/// The parts of the API, in the order in which they are read.
const TAGS: &[(&str, &str)] = &[
    ("Setup and login", "The first account, sessions, and one's own profile."),
    ("Leads", "People who may become customers: the board, the list, one lead, many at once."),
    ("Lead views", "Filters, orders and columns under a name, one's own or shared."),
    (
        "Score rules",
        "What a lead's score is reckoned from, and for how many leads that is still to be done.",
    ),
    ("Imports", "Leads that are read from a file: tried, imported, undone."),
    ("Contacts", "People who became customers, and whoever else is to be kept."),
    ("Privacy", "All that is known of one person: a copy of it, and erasing it for good."),
    ("Pipelines", "Rows of stages that leads move through."),
    ("Webhooks", "Addresses that take leads from outside, and what they received."),
    (
        "Outbound webhooks",
        "Addresses of others that are told what happens to leads, and the log of that.",
    ),
    ("Webhook ingest", "Where outside sources post leads to. The key in the address is the proof."),
    (
        "Automations",
        "Messages that leads get by themselves when they come in by a webhook, and what became of them.",
    ),
    ("Templates", "Texts that are written once and filled for each recipient."),
    ("Audiences", "Whom campaigns write to."),
    ("Campaigns", "One template to one audience: made, looked at, sent, followed."),
    ("Messages", "What was sent to whom, and what became of it."),
    ("Suppressions", "Addresses that must not be messaged, and how people unsubscribe."),
    (
        "Analytics and reports",
        "What became of messages and of leads, over any time, as charts need it and as CSV.",
    ),
    ("Messaging", "What carries e-mail, SMS and WhatsApp."),
    (
        "Provider callbacks",
        "Where providers report what became of messages. A signature is the proof.",
    ),
    ("Live events", "What changes, as it changes."),
    ("Members and roles", "Who is in a workspace and what they may do."),
    ("API tokens", "How programs prove who they are."),
    ("Workspaces", "A team's own world of data."),
    ("System", "Health, version, backups and background work."),
];

/// What the description starts from.
pub fn frame() -> OpenApi {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A session's token from login, or an API token (`leads_…`)"))
        .build();
    let components = Components::builder()
        .security_scheme("bearer", SecurityScheme::Http(bearer))
        .schema(Problem::name(), Problem::schema())
        .schema("FieldError", crate::platform::FieldError::schema())
        .build();
    let tags = TAGS
        .iter()
        .map(|(name, about)| TagBuilder::new().name(*name).description(Some(*about)).build());
    OpenApiBuilder::new()
        .tags(Some(tags))
        .info(
            InfoBuilder::new()
                .title("Leads")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(ABOUT))
                .build(),
        )
        .components(Some(components))
        .security(Some([SecurityRequirement::new("bearer", Vec::<String>::new())]))
        .build()
}

/// Adds to each operation the refusals that its kind has, and its permission; to each answer, what is
/// always there.
pub fn complete(mut description: OpenApi) -> OpenApi {
    if let Some(components) = &mut description.components {
        components.schemas.values_mut().for_each(require_nullable);
    }
    for (path, item) in &mut description.paths.paths {
        let methods = [
            ("GET", &mut item.get),
            ("POST", &mut item.post),
            ("PUT", &mut item.put),
            ("PATCH", &mut item.patch),
            ("DELETE", &mut item.delete),
        ];
        for (method, operation) in methods {
            if let Some(operation) = operation {
                complete_operation(path, method, operation);
            }
        }
    }
    description
}

fn complete_operation(path: &str, method: &str, operation: &mut Operation) {
    let access = permissions::of(method, path);
    let mut refusals = vec![(500, "A fault of the server's; the log tells more")];
    if !matches!(access, Some(permissions::Access::Public) | None) {
        refusals.push((401, "No token, or not a good one"));
        refusals.push((403, "The permission is missing"));
    }
    if path.contains('{') {
        refusals.push((404, "Absent, deleted, or another workspace's"));
    }
    if method != "GET" && operation.request_body.is_some() {
        refusals.push((400, "The body is not JSON"));
        refusals.push((413, "The body is too large"));
        refusals.push((415, "Not a media type that is taken"));
        refusals.push((422, "Not valid; each field at fault is named"));
    }
    if matches!(method, "PATCH" | "DELETE" | "PUT") {
        refusals.push((412, "If-Match names an older version; `current` is the resource now"));
    }
    if method == "GET" && operation.parameters.is_some() {
        refusals.push((422, "A parameter is not valid"));
    }
    refusals.push((429, "Too many requests; see Retry-After"));
    refusals.push((503, "Busy or stopping; see Retry-After"));
    let known = &mut operation.responses.responses;
    for (status, why) in refusals {
        let response = ResponseBuilder::new().description(why).build();
        known.entry(status.to_string()).or_insert_with(|| response.into());
    }
    for (status, response) in known.iter_mut() {
        if let RefOr::T(response) = response
            && status.starts_with(['4', '5'])
            && response.content.is_empty()
        {
            let schema = RefOr::Ref(Ref::from_schema_name(Problem::name()));
            let content = ContentBuilder::new().schema(Some(schema)).build();
            response.content.insert(PROBLEM_JSON.into(), content.into());
        }
    }
    if let Some(permissions::Access::Needs(permission)) = access {
        let text = operation.description.take().unwrap_or_default();
        let gap = if text.is_empty() { "" } else { "\n\n" };
        operation.description = Some(format!("{text}{gap}Needs `{}`.", permission.name()));
    }
}

/// In an answer, what may be null is always there, so that a program need not look for both. A body that is
/// taken refuses unknown fields, and there a field that may be null may also be left out.
fn require_nullable(schema: &mut RefOr<Schema>) {
    let RefOr::T(schema) = schema else { return };
    match schema {
        Schema::Object(object) => {
            let is_taken = matches!(
                object.additional_properties.as_deref(),
                Some(AdditionalProperties::FreeForm(false))
            );
            for (name, property) in &mut object.properties {
                if !is_taken && is_nullable(property) && !object.required.contains(name) {
                    object.required.push(name.clone());
                }
                require_nullable(property);
            }
        }
        Schema::Array(array) => {
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                require_nullable(items);
            }
        }
        Schema::AllOf(all) => all.items.iter_mut().for_each(require_nullable),
        Schema::OneOf(one) => one.items.iter_mut().for_each(require_nullable),
        _ => {}
    }
}

fn is_nullable(schema: &RefOr<Schema>) -> bool {
    let has_null = |kind: &SchemaType| match kind {
        SchemaType::Type(kind) => *kind == Type::Null,
        SchemaType::Array(kinds) => kinds.contains(&Type::Null),
        SchemaType::AnyValue => false,
    };
    match schema {
        RefOr::T(Schema::Object(object)) => has_null(&object.schema_type),
        RefOr::T(Schema::Array(array)) => has_null(&array.schema_type),
        RefOr::T(Schema::OneOf(one)) => one.items.iter().any(is_nullable),
        _ => false,
    }
}

/// The whole description, for `leads openapi`.
pub fn describe() -> OpenApi {
    complete(super::api().into_openapi())
}

/// `GET /v1/openapi.json`.
pub fn router(description: &OpenApi) -> Router<App> {
    let text = description.to_json().unwrap_or_default();
    let text: axum::body::Bytes = text.into();
    let kind = HeaderValue::from_static("application/json");
    let handler = move || {
        let answer = ([(header::CONTENT_TYPE, kind.clone())], text.clone());
        async move { answer.into_response() }
    };
    Router::new().route("/v1/openapi.json", get(handler))
}
