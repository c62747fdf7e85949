//! Reading and writing the percent form of URLs.

use std::fmt::Write as _;

/// The decoded value of a query parameter; empty when it has none.
pub(crate) fn find_value(query: &str, name: &str) -> Option<String> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode_query(key) == name).then(|| decode_query(value))
    })
}

/// Whether the query has a parameter.
pub(crate) fn has_parameter(query: &str, name: &str) -> bool {
    find_value(query, name).is_some()
}

/// Percent-encodes what `encoding-type=url` does: all but unreserved bytes and slashes.
pub(crate) fn encode_query(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            write!(encoded, "%{byte:02X}").unwrap_or_default();
        }
    }
    encoded
}

fn decode_query(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, others)) = rest.split_first() {
        let pair = others.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        match (byte, pair.and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (b'%', Some(decoded)) => {
                bytes.push(decoded);
                rest = others.get(2..).unwrap_or_default();
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = others;
            }
            _ => {
                bytes.push(*byte);
                rest = others;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_text_is_read_back() {
        for text in ["a/b c", "ä+%&=", "", "%zz"] {
            assert_eq!(
                find_value(&format!("x&key={}", encode_query(text)), "key").as_deref(),
                Some(text)
            );
        }
    }

    #[test]
    fn a_parameter_without_a_value_is_there() {
        assert!(has_parameter("policy", "policy"));
        assert!(!has_parameter("policyStatus", "policy"));
    }
}
