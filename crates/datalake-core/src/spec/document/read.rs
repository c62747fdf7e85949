//! Values that may be written in more than one form. No error repeats a value: it may be a secret
//! that stands in the wrong place.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde::de::Unexpected;
use serde::{Deserialize, Deserializer};

pub(super) fn names<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<String>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Names {
        List(Vec<String>),
        Text(String),
    }
    let names = Names::deserialize(deserializer);
    Ok(Some(match names.map_err(|_| expected("a list of names"))? {
        Names::List(list) => list,
        Names::Text(text) => text.split(',').map(|name| name.trim().to_owned()).collect(),
    }))
}

pub(super) fn names_shape(generator: &mut SchemaGenerator) -> Schema {
    shape(
        generator,
        json_schema!({ "type": "array", "items": { "type": "string" } }),
        json_schema!({ "type": ["array", "string"], "items": { "type": "string" } }),
    )
}

/// A text, or a number that was written without quotes.
pub(super) fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Word {
        Number(u64),
        // YAML of old takes a bare `off` for a no.
        Flag(bool),
        Text(String),
    }
    match Word::deserialize(deserializer).map_err(|_| expected("a number or a text"))? {
        Word::Number(number) => Ok(Some(number.to_string())),
        Word::Flag(false) => Ok(Some("off".to_owned())),
        Word::Flag(true) => Err(expected("a number or `off`")),
        Word::Text(text) => Ok(Some(text)),
    }
}

pub(super) fn word_shape(generator: &mut SchemaGenerator) -> Schema {
    shape(
        generator,
        json_schema!({ "type": "string" }),
        json_schema!({ "anyOf": [{ "type": ["string", "integer"] }, { "const": false }] }),
    )
}

pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Flag {
        Bool(bool),
        Text(String),
    }
    match Flag::deserialize(deserializer).map_err(|_| expected("true or false"))? {
        Flag::Bool(value) => Ok(Some(value)),
        Flag::Text(text) => match text.as_str() {
            "true" => Ok(Some(true)),
            "false" => Ok(Some(false)),
            _ => Err(expected("true or false")),
        },
    }
}

pub(super) fn flag_shape(generator: &mut SchemaGenerator) -> Schema {
    shape(
        generator,
        json_schema!({ "type": "boolean" }),
        json_schema!({ "enum": [true, false, "true", "false"] }),
    )
}

pub(super) fn price_shape(generator: &mut SchemaGenerator) -> Schema {
    shape(
        generator,
        json_schema!({ "type": "string" }),
        json_schema!({ "type": ["string", "number"] }),
    )
}

/// The shape of a value that is printed in one form and may be written in others.
fn shape(generator: &SchemaGenerator, printed: Schema, written: Schema) -> Schema {
    if generator.contract().is_serialize() { printed } else { written }
}

/// An error that tells what was expected and not what was found.
pub(super) fn expected<E: serde::de::Error>(what: &str) -> E {
    E::invalid_type(Unexpected::Other("something else"), &what)
}
