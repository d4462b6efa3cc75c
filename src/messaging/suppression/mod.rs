//! Addresses that must not be messaged, each for a reason.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why an address must not be messaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Its owner followed the link in an e-mail.
    Unsubscribe,
    /// Its owner answered with STOP or the like.
    Stop,
    /// There is no such address, or never will be an answer from it.
    HardBounce,
    /// Its owner called a message spam.
    Complaint,
    /// Somebody of the workspace wants it so.
    Manual,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Unsubscribe, Self::Stop, Self::HardBounce, Self::Complaint, Self::Manual];

    /// Its name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unsubscribe => "unsubscribe",
            Self::Stop => "stop",
            Self::HardBounce => "hard_bounce",
            Self::Complaint => "complaint",
            Self::Manual => "manual",
        }
    }
}
