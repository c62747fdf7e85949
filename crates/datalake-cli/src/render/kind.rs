//! Names and shapes of the documents that `--json` prints.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use super::SCHEMA_VERSION;

/// A kind of document: its name, and the shape of its data.
#[derive(Clone, Copy)]
pub(crate) struct DocumentKind {
    name: &'static str,
    data: fn(&mut SchemaGenerator) -> Schema,
}

impl DocumentKind {
    /// Documents of this name hold a `T`.
    #[must_use]
    pub(crate) const fn of<T: JsonSchema>(name: &'static str) -> Self {
        Self { name, data: SchemaGenerator::subschema_for::<T> }
    }

    /// The name.
    #[must_use]
    pub(crate) fn name(self) -> &'static str {
        self.name
    }

    /// The JSON Schema, draft 2020-12, of the whole document with its envelope.
    #[must_use]
    pub(crate) fn schema(self) -> Value {
        let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
        let data = (self.data)(&mut generator);
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.name,
            "type": "object",
            "required": ["schema_version", "kind", "data"],
            "properties": {
                "schema_version": { "const": SCHEMA_VERSION },
                "kind": { "const": self.name },
                "data": data,
            },
            "$defs": generator.definitions(),
        })
    }
}
