//! Where the columns of a file go.

use crate::fields::custom_fields::key_of;
use std::fmt;

/// What a column is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// The name as a whole.
    Name,
    /// The given name; joined with the family name where no whole name is there.
    FirstName,
    /// The family name.
    LastName,
    /// E-mail address.
    Email,
    /// Phone number.
    Phone,
    /// Company.
    Company,
    /// Job title.
    Title,
    /// Tags, separated by commas or semicolons.
    Tags,
    /// The score, 0 to 100.
    Score,
    /// A pipeline's name.
    Pipeline,
    /// A stage's name.
    Stage,
    /// The e-mail address (or name) of the member whom the lead is assigned to.
    Owner,
    /// A custom field under this key, named after the column.
    Custom(String),
    /// Nothing.
    Ignore,
}

impl Target {
    /// Those that have a name of their own.
    pub const NAMED: [(&'static str, Self); 13] = [
        ("name", Self::Name),
        ("firstName", Self::FirstName),
        ("lastName", Self::LastName),
        ("email", Self::Email),
        ("phone", Self::Phone),
        ("company", Self::Company),
        ("title", Self::Title),
        ("tags", Self::Tags),
        ("score", Self::Score),
        ("pipeline", Self::Pipeline),
        ("stage", Self::Stage),
        ("owner", Self::Owner),
        ("ignore", Self::Ignore),
    ];

    /// Reads `email`, `customFields.budget` and so on; the key of a custom field is brought into camelCase.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(key) = text.strip_prefix("customFields.") {
            return (!key.trim().is_empty()).then(|| Self::Custom(key_of(key)));
        }
        Self::NAMED.into_iter().find(|(name, _)| *name == text).map(|(_, target)| target)
    }

    /// Whether somebody can be told by it.
    pub fn identifies(&self) -> bool {
        matches!(
            self,
            Self::Name
                | Self::FirstName
                | Self::LastName
                | Self::Email
                | Self::Phone
                | Self::Company
        )
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Custom(key) => write!(f, "customFields.{key}"),
            named => {
                let found = Self::NAMED.iter().find(|(_, target)| target == named);
                f.write_str(found.map_or("ignore", |(name, _)| name))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_and_written() {
        for (name, target) in Target::NAMED {
            assert_eq!(Target::parse(name), Some(target.clone()));
            assert_eq!(target.to_string(), name);
        }
        let budget = Target::parse("customFields.Annual Budget").unwrap();
        assert_eq!(budget.to_string(), "customFields.annualBudget");
        for text in ["", "Name", "customFields.", "source", "stageId"] {
            assert_eq!(Target::parse(text), None, "{text}");
        }
    }
}
