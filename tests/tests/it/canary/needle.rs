//! A secret in all the forms in which it might get out.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// So much of the secret itself is a find; URL, XML and JSON leave such pieces as they are.
const PIECE: usize = 8;
/// So much of an encoded form is one: less could be chance.
const ENCODED_PIECE: usize = 12;

/// Pieces of a secret and of its encoded forms.
pub(super) struct Needle {
    pieces: HashSet<Vec<u8>>,
    encoded: HashSet<Vec<u8>>,
}

impl Needle {
    pub(super) fn of(secret: &str) -> Self {
        let mut encoded = HashSet::new();
        // Base64 looks different for each distance from a multiple of three bytes.
        for (before, spoilt) in [("", 0), ("x", 2), ("xx", 3)] {
            let text = STANDARD.encode(format!("{before}{secret}"));
            let whole = text.trim_end_matches('=');
            let whole = &whole[spoilt..whole.len() - 1];
            encoded.extend(pieces(whole, ENCODED_PIECE));
        }
        let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        encoded.extend(pieces(&hex, ENCODED_PIECE));
        encoded.extend(pieces(&hex.to_uppercase(), ENCODED_PIECE));
        Self { pieces: pieces(secret, PIECE).collect(), encoded }
    }

    pub(super) fn is_in(&self, bytes: &[u8]) -> bool {
        bytes.windows(PIECE).any(|piece| self.pieces.contains(piece))
            || bytes.windows(ENCODED_PIECE).any(|piece| self.encoded.contains(piece))
    }
}

fn pieces(text: &str, length: usize) -> impl Iterator<Item = Vec<u8>> {
    text.as_bytes().windows(length).map(<[u8]>::to_vec)
}
