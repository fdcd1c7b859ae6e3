//! The schemas of configs and presets, from the types that read them.

use super::raw::RawConfig;
use super::raw_preset::RawPresetFile;
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};
use serde_json::Value;

/// The JSON Schema of a config.
pub fn config_schema() -> Schema {
    titled::<RawConfig>("token2metrics config")
}

/// The JSON Schema of a preset.
pub fn preset_schema() -> Schema {
    titled::<RawPresetFile>("token2metrics preset")
}

/// Of draft 7, which all editors know, and without references, so that what is said of a key stands beside what is said of its type.
pub(super) fn schema_of<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::draft07().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    settings.with_transform(Plain).into_generator().into_root_schema_for::<T>()
}

fn titled<T: JsonSchema>(title: &str) -> Schema {
    let mut schema = schema_of::<T>();
    schema.insert("title".to_owned(), title.into());
    schema
}

/// Takes out what TOML has no use for: null, the widths of numbers, the names of types and the line ends of the source.
#[derive(Clone, Debug)]
struct Plain;

impl Transform for Plain {
    fn transform(&mut self, schema: &mut Schema) {
        for key in ["format", "title"] {
            schema.remove(key);
        }
        if let Some(Value::String(text)) = schema.get_mut("description") {
            // The line ends of the source.
            *text = text.replace('\n', " ");
        }
        if schema.get("default").is_some_and(Value::is_null) {
            schema.remove("default");
        }
        if let Some(Value::Array(types)) = schema.get_mut("type") {
            types.retain(|name| name != "null");
            if let [one] = types.as_slice() {
                let one = one.clone();
                schema.insert("type".to_owned(), one);
            }
        }
        if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
            choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
            if let [Value::Object(one)] = choices.as_slice() {
                let one = one.clone();
                schema.remove("anyOf");
                for (key, value) in one {
                    // What is said of the key goes before what is said of its type.
                    if schema.get(&key).is_none() {
                        schema.insert(key, value);
                    }
                }
            }
        }
        transform_subschemas(self, schema);
    }
}
