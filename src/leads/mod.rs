//! Leads: people who may become customers, with their custom fields.

pub mod custom_fields;
