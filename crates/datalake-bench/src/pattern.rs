//! The content of every file and object: one pattern, again and again.
//!
//! It repeats itself every [`PERIOD`] bytes, and all parts that clients send begin at multiples of
//! that. So the service knows the MD5 of what it is sent by the length alone, and hashes nothing.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use bytes::Bytes;
use md5::{Digest as _, Md5};

/// After so many bytes the content begins anew.
pub(crate) const PERIOD: usize = 64 * 1024;
/// So much is handed out in one piece.
const PIECE: usize = 16 * PERIOD;

static PIECES: LazyLock<Bytes> = LazyLock::new(|| {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let period: Vec<u8> = (0..PERIOD / 8).flat_map(|_| next()).collect();
    period.repeat(PIECE / PERIOD + 1).into()
});

static TAGS: LazyLock<Mutex<HashMap<u64, [u8; 16]>>> = LazyLock::new(Mutex::default);

/// The content from a place on, up to so many bytes; at least one piece of it.
pub(crate) fn make_content(place: u64, longest: u64) -> Bytes {
    let start = usize::try_from(place % PERIOD as u64).unwrap_or_default();
    let length = usize::try_from(longest).unwrap_or(PIECE).min(PIECE);
    PIECES.slice(start..start + length)
}

/// The MD5 of a content of so many bytes that begins at a multiple of the period.
pub(crate) fn md5_of(length: u64) -> [u8; 16] {
    let mut tags = TAGS.lock().unwrap_or_else(PoisonError::into_inner);
    *tags.entry(length).or_insert_with(|| {
        let (mut hash, mut left) = (Md5::new(), length);
        while left > 0 {
            let piece = make_content(0, left);
            hash.update(&piece);
            left -= piece.len() as u64;
        }
        hash.finalize().into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_is_the_same_from_everywhere() {
        let whole = make_content(0, PIECE as u64);

        assert_eq!(make_content(PERIOD as u64 * 7 + 5, 100), whole.slice(5..105));
        assert_ne!(whole.slice(..8), whole.slice(8..16));
        assert_eq!(md5_of(10), <[u8; 16]>::from(Md5::digest(whole.slice(..10))));
    }
}
