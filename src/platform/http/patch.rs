//! PATCH: a field may be absent (keep), null (clear) or a value (set).

use serde::{Deserialize, Deserializer};

/// One field of a PATCH body. Declare it with `#[serde(default)]`, and `#[schema(value_type = Option<T>)]`
/// for the description.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// Not named: stays as it is.
    #[default]
    Keep,
    /// `null`: is cleared.
    Clear,
    /// A value: is set.
    Set(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

impl<T> Patch<T> {
    /// Whether the body names the field.
    pub fn is_named(&self) -> bool {
        !matches!(self, Self::Keep)
    }

    /// The new value of a field that may be empty; `None` when it stays.
    pub fn change(self) -> Option<Option<T>> {
        match self {
            Self::Keep => None,
            Self::Clear => Some(None),
            Self::Set(value) => Some(Some(value)),
        }
    }
}
