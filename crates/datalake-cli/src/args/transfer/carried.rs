//! Flags for what objects carry along.

use std::str::FromStr;

use clap::Args;
use datalake_engine::Attributes;

/// Names that datalake itself gives to what it keeps in objects.
const OWN: [&str; 2] = ["mtime", "datalake-part"];

/// What objects carry along that are made of files.
#[derive(Debug, Default, Args)]
pub struct Carried {
    /// The `Content-Type` of what is sent [default: guessed from each name]
    #[arg(long, value_name = "TYPE", value_parser = content_type)]
    pub content_type: Option<String>,
    /// The `Cache-Control` of what is sent, such as "max-age=3600"
    #[arg(long, value_name = "TEXT", value_parser = parse_header)]
    pub cache_control: Option<String>,
    /// Metadata of what is sent (repeatable)
    #[arg(long, value_name = "NAME=VALUE")]
    pub metadata: Vec<Metadata>,
}

/// A name and a value that an object carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// In lowercase.
    pub name: String,
    /// Visible ASCII.
    pub value: String,
}

impl Carried {
    /// Whether nothing was asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { content_type, cache_control, metadata } = self;
        content_type.is_none() && cache_control.is_none() && metadata.is_empty()
    }

    /// The same as the engine takes it; `None` where a name is given twice.
    #[must_use]
    pub fn attributes(&self) -> Option<Attributes> {
        let pairs = self.metadata.iter().map(|one| (one.name.clone(), one.value.clone()));
        let attributes = Attributes {
            content_type: self.content_type.clone(),
            cache_control: self.cache_control.clone(),
            user: pairs.collect(),
            ..Attributes::NONE
        };
        (attributes.user.len() == self.metadata.len()).then_some(attributes)
    }
}

impl FromStr for Metadata {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = text.split_once('=').ok_or("metadata is NAME=VALUE")?;
        // They travel as names of headers, whose letters have no case.
        let (name, value) = (name.to_ascii_lowercase(), parse_header(value)?);
        if OWN.contains(&name.as_str()) {
            return Err(format!("datalake itself keeps something under `{name}`"));
        }
        let user = [(name.clone(), value.clone())].into();
        match (Attributes { user, ..Attributes::NONE }).check() {
            Ok(()) => Ok(Self { name, value }),
            Err(_) => Err("a name has letters, digits, `-`, `_` and `.`".to_owned()),
        }
    }
}

fn content_type(text: &str) -> Result<String, String> {
    let kind = text.split(';').next().unwrap_or_default().trim_end();
    let is_token = |word: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
        !word.is_empty() && word.bytes().all(fits)
    };
    match kind.split_once('/') {
        Some((kind, subtype)) if is_token(kind) && is_token(subtype) => parse_header(text),
        _ => Err("a type is KIND/SUBTYPE, such as text/csv".to_owned()),
    }
}

fn parse_header(text: &str) -> Result<String, String> {
    let cache_control = Some(text.to_owned());
    match (Attributes { cache_control, ..Attributes::NONE }).check() {
        Ok(()) => Ok(text.to_owned()),
        Err(_) => Err("it has to be visible ASCII with single blanks inside".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_a_name_and_a_value() {
        let parsed = |text: &str| {
            let Metadata { name, value } = text.parse().ok()?;
            Some((name, value))
        };
        let pair = |name: &str, value: &str| Some((name.to_owned(), value.to_owned()));

        assert_eq!(parsed("team=money"), pair("team", "money"));
        assert_eq!(parsed("Team-2=a=b c"), pair("team-2", "a=b c"));
        assert_eq!(parsed("empty="), pair("empty", ""));
        for text in ["", "team", "=x", "a b=x", "a:b=x", "a=b\nc", "a= b", "a=\u{e9}", "mtime=1"] {
            assert_eq!(parsed(text), None, "{text:?}");
        }
        assert_eq!(parsed("Datalake-Part=1"), None);
    }

    #[test]
    fn a_type_has_two_words() {
        for text in ["text/csv", "text/plain; charset=utf-8", "application/vnd.apache.parquet"] {
            assert_eq!(content_type(text), Ok(text.to_owned()));
        }
        for text in ["", "text", "text/", "/csv", "a b/c", "text/csv\n", "text/csv;  x"] {
            assert!(content_type(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_name_that_is_given_twice_has_no_value() {
        let of = |texts: &[&str]| {
            let metadata = texts.iter().map(|text| text.parse().unwrap()).collect();
            Carried { metadata, ..Carried::default() }.attributes().map(|all| all.user.len())
        };

        assert_eq!(of(&["a=1", "b=2"]), Some(2));
        assert_eq!(of(&["a=1", "A=2"]), None);
    }
}
