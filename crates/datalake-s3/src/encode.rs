//! Percent-encoding as signatures want it.
//!
//! A URL parser is never involved: it would turn `a/../b` into `b`.

/// Appends `text` with all but unreserved characters encoded; a slash stays in a path.
pub(crate) fn encode_path(text: &str, into: &mut String) {
    encode_into(text, into, |byte| is_unreserved(byte) || byte == b'/');
}

/// Appends `text` with all but unreserved characters encoded.
pub(crate) fn encode_query(text: &str, into: &mut String) {
    encode_into(text, into, is_unreserved);
}

fn encode_into(text: &str, into: &mut String, stays: impl Fn(u8) -> bool) {
    into.reserve(text.len());
    for byte in text.bytes() {
        if stays(byte) {
            into.push(char::from(byte));
        } else {
            into.push('%');
            into.push(upper_digit(byte >> 4));
            into.push(upper_digit(byte & 15));
        }
    }
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn upper_digit(value: u8) -> char {
    char::from(if value < 10 { b'0' + value } else { b'A' - 10 + value })
}

/// Reads what a service has encoded in a listing; `None` where it is not UTF-8 or a `%` stands
/// alone. A plus stands for a blank there.
pub(crate) fn decode_percent(text: &str) -> Option<String> {
    if !text.contains(['%', '+']) {
        return Some(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let byte = match byte {
            b'%' => {
                let (high, low) = (read_digit(rest.next()?)?, read_digit(rest.next()?)?);
                high << 4 | low
            }
            b'+' => b' ',
            byte => byte,
        };
        bytes.push(byte);
    }
    String::from_utf8(bytes).ok()
}

fn read_digit(character: u8) -> Option<u8> {
    let value = char::from(character).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dot_segments_and_slashes_stay_in_a_path() {
        let mut path = String::new();

        encode_path("a/../b//./\u{e9} +%~", &mut path);

        assert_eq!(path, "a/../b//./%C3%A9%20%2B%25~");
    }

    #[test]
    fn whatever_is_encoded_is_decoded() {
        let text: String = (0..0x250).filter_map(char::from_u32).collect();
        let mut encoded = String::new();

        encode_query(&text, &mut encoded);

        assert!(encoded.is_ascii() && !encoded.contains(['/', '+', ' ']));
        assert_eq!(decode_percent(&encoded), Some(text));
    }

    #[test]
    fn what_is_not_encoded_right_is_not_guessed_at() {
        assert_eq!(decode_percent("a+b%2b"), Some("a b+".to_owned()));
        for text in ["%", "%4", "%4g", "%+1", "%ff"] {
            assert_eq!(decode_percent(text), None, "{text}");
        }
    }
}
