//! The columns that a table of leads can have: on the page, in a saved view, in an exported file.

use crate::fields::custom_fields::key_of;

/// How a custom field's column begins, as its filter does.
const CUSTOM: &str = "customFields.";

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableColumn {
    Name,
    Email,
    Phone,
    Company,
    Title,
    Tags,
    Source,
    Score,
    Pipeline,
    Stage,
    AssignedTo,
    CreatedAt,
    UpdatedAt,
    Id,
    /// A custom field, by its key.
    Custom(String),
}

impl TableColumn {
    /// All but the custom fields, in the order in which they stand unless somebody wants another.
    pub const PLAIN: [Self; 14] = [
        Self::Name,
        Self::Email,
        Self::Phone,
        Self::Company,
        Self::Title,
        Self::Tags,
        Self::Source,
        Self::Score,
        Self::Pipeline,
        Self::Stage,
        Self::AssignedTo,
        Self::CreatedAt,
        Self::UpdatedAt,
        Self::Id,
    ];

    /// Its name in the API.
    pub fn key(&self) -> String {
        let plain = match self {
            Self::Name => "name",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Company => "company",
            Self::Title => "title",
            Self::Tags => "tags",
            Self::Source => "source",
            Self::Score => "score",
            Self::Pipeline => "pipeline",
            Self::Stage => "stage",
            Self::AssignedTo => "assignedTo",
            Self::CreatedAt => "createdAt",
            Self::UpdatedAt => "updatedAt",
            Self::Id => "id",
            Self::Custom(key) => return format!("{CUSTOM}{key}"),
        };
        plain.into()
    }

    /// What a plain column is headed by; a custom field is by its display name.
    pub fn heading(&self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Email => "Email",
            Self::Phone => "Phone",
            Self::Company => "Company",
            Self::Title => "Title",
            Self::Tags => "Tags",
            Self::Source => "Source",
            Self::Score => "Score",
            Self::Pipeline => "Pipeline",
            Self::Stage => "Stage",
            Self::AssignedTo => "Assigned To",
            Self::CreatedAt => "Created",
            Self::UpdatedAt => "Updated",
            Self::Id => "Id",
            Self::Custom(_) => "",
        }
    }
}

impl std::str::FromStr for TableColumn {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        if let Some(key) = text.strip_prefix(CUSTOM) {
            return if key_of(key) == key { Ok(Self::Custom(key.into())) } else { Err(()) };
        }
        Self::PLAIN.into_iter().find(|column| column.key() == text).ok_or(())
    }
}
