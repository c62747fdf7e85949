//! Values that may be written in more than one form. No error repeats a value: it may be a secret
//! that stands in the wrong place.

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

/// An error that tells what was expected and not what was found.
pub(super) fn expected<E: serde::de::Error>(what: &str) -> E {
    E::invalid_type(Unexpected::Other("something else"), &what)
}
