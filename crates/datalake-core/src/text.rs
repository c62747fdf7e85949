//! Text for people: amounts, and text from outside that must not steer a terminal.

mod amounts;
mod wildcard;

pub use amounts::{count_things, escape_name, format_share, group_digits};
pub(crate) use wildcard::translate_wildcard;

/// Gives a type that has `FromStr` and `Display` the matching serde forms.
macro_rules! serde_as_text {
    ($type:ty) => {
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string" })
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text =
                    <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use serde_as_text;

/// Text from outside with its control characters escaped, so that it cannot steer a terminal.
#[must_use]
pub fn printable(text: &str) -> String {
    let escape = |c: char| -> String {
        let steers = c.is_control() && c != '\t'
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if steers { c.escape_default().to_string() } else { c.to_string() }
    };
    text.chars().map(escape).collect()
}

/// A word as a shell takes it: in quotes where it would not be read as it is.
///
/// ```
/// use datalake_core::text::quote_word;
///
/// assert_eq!(quote_word("s3://acme-lake/raw/"), "s3://acme-lake/raw/");
/// assert_eq!(quote_word("s3://acme-lake/a;b's"), r"'s3://acme-lake/a;b'\''s'");
/// ```
#[must_use]
pub fn quote_word(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,=~".contains(c);
    if word.chars().all(is_plain) && !word.is_empty() {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A key or a part of one, fit for a terminal and for one line.
#[must_use]
pub fn printable_key(key: &str) -> String {
    printable(key).replace('\t', "\\t")
}

#[cfg(test)]
mod tests {
    use super::quote_word;

    #[test]
    fn what_a_shell_would_not_read_as_it_is_comes_in_quotes() {
        for (word, expected) in [
            ("s3://acme-lake/day=1/a_b-c.csv", "s3://acme-lake/day=1/a_b-c.csv"),
            ("", "''"),
            ("semi;touch x;/", "'semi;touch x;/'"),
            ("$(id)`id`*", "'$(id)`id`*'"),
            ("it's", r"'it'\''s'"),
            ("späť", "'späť'"),
            ("\\n", r"'\n'"),
        ] {
            assert_eq!(quote_word(word), expected, "{word:?}");
        }
    }
}
