//! Sizes as they are written.

pub use bytesize::ByteSize;

/// The text is no size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no size: write a number and a unit, such as `100GB`, `2.5TB` or `64KiB`")]
pub struct InvalidSize(String);

/// Reads a size; without a unit it is in bytes.
///
/// # Errors
///
/// [`InvalidSize`] for a text that is none.
///
/// ```
/// # use datalake_core::size::{ByteSize, size_of};
/// assert_eq!(size_of("2.5TB"), Ok(ByteSize::gb(2_500)));
/// assert!(size_of("12XB").is_err());
/// ```
pub fn size_of(text: &str) -> Result<ByteSize, InvalidSize> {
    text.parse().map_err(|_| InvalidSize(text.to_owned()))
}
