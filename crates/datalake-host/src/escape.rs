//! Foreign text made fit for a terminal.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// `bytes` as text, with control and direction characters written out as escapes.
pub(crate) fn escape_bytes(bytes: &[u8]) -> String {
    let mut text = String::new();
    for letter in String::from_utf8_lossy(bytes).trim().chars() {
        if letter.is_control() || turns_direction(letter) {
            text.extend(letter.escape_default());
        } else {
            text.push(letter);
        }
    }
    text
}

/// A path, fit for a terminal and for one line.
pub(crate) fn escaped_path(path: &Path) -> String {
    escape_bytes(path.as_os_str().as_bytes())
}

fn turns_direction(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_comes_through() {
        assert_eq!(escape_bytes(b"a\x1b[31m\rb\x07\n"), r"a\u{1b}[31m\rb\u{7}");
        assert_eq!(escape_bytes("gr\u{fc}n \u{202e}x".as_bytes()), "gr\u{fc}n \\u{202e}x");
        assert_eq!(escape_bytes(b"\xff"), "\u{fffd}");
    }
}
