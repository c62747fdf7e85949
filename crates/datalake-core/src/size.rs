//! Sizes as they are written.

pub use bytesize::ByteSize;

/// The text is no size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSize {
    /// It is none at all.
    #[error(
        "`{0}` is not a valid size: write a number and a unit, such as `100GB`, `2.5TB` or `64KiB`"
    )]
    Malformed(String),
    /// What it counts is unknown.
    #[error("`{0}` has no unit: write `{0}GB` or `{0}MB`, or `{0}B` for bytes")]
    WithoutUnit(String),
}

/// Reads a size: a number and its unit, or `0`.
///
/// # Errors
///
/// [`InvalidSize`] for a text that is none.
///
/// ```
/// # use datalake_core::size::{ByteSize, size_of};
/// assert_eq!(size_of("2.5TB"), Ok(ByteSize::gb(2_500)));
/// assert_eq!(size_of("0"), Ok(ByteSize(0)));
/// assert!(size_of("12XB").is_err());
/// assert!(size_of("100").is_err(), "a unit, please");
/// ```
pub fn size_of(text: &str) -> Result<ByteSize, InvalidSize> {
    let size: ByteSize = text.parse().map_err(|_| InvalidSize::Malformed(text.to_owned()))?;
    let has_unit = text.chars().any(char::is_alphabetic);
    if has_unit || size.0 == 0 { Ok(size) } else { Err(InvalidSize::WithoutUnit(text.to_owned())) }
}

/// A size in decimal units, as Hetzner bills it.
#[must_use]
pub fn format_size(bytes: u64) -> String {
    ByteSize(bytes).display().si().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_decimal() {
        assert_eq!(format_size(0), "0 B");
        assert_eq!(format_size(64_000), "64.0 kB");
        assert_eq!(format_size(1_500_000_000), "1.5 GB");
    }
}
