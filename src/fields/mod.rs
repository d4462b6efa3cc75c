//! What leads and contacts have in common: their fields, how these are checked, and the text that search
//! looks into.

pub mod cells;
pub mod checks;
pub mod custom_fields;
pub mod merge;
pub mod text;

pub use checks::Faults;
