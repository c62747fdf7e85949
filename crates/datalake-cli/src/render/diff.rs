//! What changes in a file, without the secrets on either side.

use datalake_core::secret::{FileBody, Piece};
use datalake_core::text::printable;
use datalake_operations::mask_secrets;
use similar::TextDiff;

/// A file that will change.
pub(crate) struct FileChange<'a> {
    /// Its path.
    pub path: &'a str,
    /// What it holds now; empty for a new one.
    pub old: &'a [u8],
    /// What it will hold.
    pub body: &'a FileBody,
}

/// A unified diff with three lines around each change. Values that look like secrets are hidden
/// on both sides, and secrets of ours stand there by name.
#[must_use]
pub(crate) fn diff(change: &FileChange<'_>) -> String {
    let old = mask_secrets(&String::from_utf8_lossy(change.old));
    let new = mask_secrets(&fill_planned(change.body, change.old));
    let diff = TextDiff::from_lines(&old, &new);
    let mut text = format!("  {}\n", change.path);
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        for line in hunk.to_string().lines() {
            text.push_str(&format!("    {}\n", printable(line)));
        }
    }
    text
}

fn fill_planned(body: &FileBody, old: &[u8]) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Secret(name) => format!("<{name}>"),
        Piece::Kept(range) => {
            String::from_utf8_lossy(old.get(range.clone()).unwrap_or_default()).into_owned()
        }
    };
    body.pieces().iter().map(piece).collect()
}
