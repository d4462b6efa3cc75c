//! Messages: templates, what carries them, what became of them, and who must not get any.

mod templates;
