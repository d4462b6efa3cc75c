mod decode;
mod json;
mod mapping;
mod presets;
mod presets_more;
