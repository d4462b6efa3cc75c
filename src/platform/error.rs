//! The one error of the program. Operations return it, `http/problem.rs` turns it into an answer.

use serde::Serialize;

/// What operations return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something was not done. Each variant has exactly one HTTP status.
#[derive(Debug)]
pub enum Error {
    /// Absent, deleted, or another workspace's: 404. Names the noun.
    NotFound(&'static str),
    /// Merged into another: 404, with the id of what it is now. Names the noun.
    Merged(&'static str, uuid::Uuid),
    /// The body could not be read at all: 400.
    Malformed(String),
    /// Read, but not acceptable: 422, with one entry for each field at fault.
    Invalid(Vec<FieldError>),
    /// Clashes with how things stand: 409. A stable code and a sentence.
    Conflict(&'static str, String),
    /// Somebody else has this already: 409, with the fields at fault and the id of what has it.
    Exists {
        /// A stable code.
        code: &'static str,
        /// Which fields, and who has them.
        fields: Vec<FieldError>,
        /// The id of what has the first of them.
        id: uuid::Uuid,
    },
    /// `If-Match` named an older version: 412, with the resource as it is now.
    Stale(Box<serde_json::Value>),
    /// No or a bad token: 401. A stable code and a sentence.
    Unauthorized(&'static str, &'static str),
    /// Known, but not allowed: 403. A stable code and a sentence.
    Forbidden(&'static str, String),
    /// A body larger than allowed: 413.
    TooLarge(String),
    /// A content type that is not taken: 415.
    MediaType(String),
    /// Too many requests: 429, with the seconds to wait.
    TooMany(u64),
    /// Busy, stopping or out of room: 503, with the seconds to wait.
    Unavailable(u64),
    /// A fault of ours: 500. Logged, never shown.
    Internal(String),
}

/// One field at fault, as in `errors: [{field, code, message}]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// The field's path in the body, as in `stages.0.name`.
    #[schema(example = "email")]
    pub field: String,
    /// A stable code for programs.
    #[schema(example = "invalid_email")]
    pub code: String,
    /// A sentence for people.
    #[schema(example = "This is not an e-mail address.")]
    pub message: String,
}

impl FieldError {
    /// A field at fault, why (for programs) and why (for people).
    pub fn new(
        field: impl Into<String>,
        code: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self { field: field.into(), code: code.into(), message: message.into() }
    }
}

impl Error {
    /// A single field at fault.
    pub fn invalid(
        field: impl Into<String>,
        code: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self::Invalid(vec![FieldError::new(field, code, message)])
    }

    /// A fault of ours; the text goes to the log only.
    pub fn internal(error: impl std::fmt::Display) -> Self {
        Self::Internal(error.to_string())
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotFound(noun) => write!(f, "There is no such {noun}."),
            Self::Merged(noun, _) => write!(f, "This {noun} was merged into another."),
            Self::Malformed(text)
            | Self::Conflict(_, text)
            | Self::Forbidden(_, text)
            | Self::TooLarge(text)
            | Self::MediaType(text)
            | Self::Internal(text) => f.write_str(text),
            Self::Exists { fields, .. } => {
                f.write_str(fields.first().map_or("It exists already.", |field| &field.message))
            }
            Self::Invalid(fields) => match fields.as_slice() {
                [] => f.write_str("The request is not valid."),
                [first, ..] => write!(f, "{}: {}", first.field, first.message),
            },
            Self::Stale(_) => f.write_str("It was changed meanwhile; look at the current version."),
            Self::Unauthorized(_, text) => f.write_str(text),
            Self::TooMany(_) => f.write_str("Too many requests; wait a little."),
            Self::Unavailable(_) => f.write_str("The server is busy; try again shortly."),
        }
    }
}

impl std::error::Error for Error {}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked, DiskFull, OperationInterrupted};
        match error.sqlite_error_code() {
            Some(DatabaseBusy | DatabaseLocked | DiskFull | OperationInterrupted) => {
                Self::Unavailable(1)
            }
            _ => Self::Internal(error.to_string()),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(error)
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::internal(error)
    }
}
