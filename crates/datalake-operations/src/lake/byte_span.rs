//! Parts of contents, as people name them.

use std::str::FromStr;

/// A part of a content, of a length that is not known yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteSpan {
    /// From one byte to another one, with both.
    Between(u64, u64),
    /// From a byte to the end.
    From(u64),
    /// So many bytes before the end.
    Last(u64),
}

impl FromStr for ByteSpan {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = "a range is FIRST-LAST, FIRST- or -COUNT, such as 0-1023";
        let number = |text: &str| {
            let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<u64>().ok().filter(|_| is_number).ok_or(form)
        };
        match text.split_once('-').ok_or(form)? {
            ("", count) => number(count).map(Self::Last),
            (first, "") => number(first).map(Self::From),
            (first, last) => match (number(first)?, number(last)?) {
                (first, last) if first <= last && last < u64::MAX => Ok(Self::Between(first, last)),
                _ => Err("the last byte of a range comes after its first"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_written_as_in_http() {
        let span = |text: &str| text.parse::<ByteSpan>().ok();

        assert_eq!(span("0-0"), Some(ByteSpan::Between(0, 0)));
        assert_eq!(span("5-"), Some(ByteSpan::From(5)));
        assert_eq!(span("-5"), Some(ByteSpan::Last(5)));
        for text in ["", "-", "5", "5-4", "a-b", "+1-2", "1-2-3", "0-18446744073709551615"] {
            assert_eq!(span(text), None, "{text:?}");
        }
    }
}
