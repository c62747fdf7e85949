//! Launchers of pip and uv, whose second line names the interpreter where the first would be too long
//! for the kernel or would hold a blank.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use super::{NamedProgram, parse_absolute};

/// What follows the program: the script itself.
const SCRIPT: &[u8] = b" \"$0\"";

/// The script's own folder, as uv writes it.
const BESIDE: &[u8] = b"\"$(dirname -- \"$(realpath -- \"$0\")\")";

/// What `'''exec' ` has run: `"/…/python3" "$0" "$@"`, in either quotes or none, or a program beside
/// the script.
pub(super) fn behind_exec(command: &[u8]) -> Option<NamedProgram> {
    let end = command.windows(SCRIPT.len()).rposition(|piece| piece == SCRIPT)?;
    let word = command.get(..end)?;
    let Some(rest) = word.strip_prefix(BESIDE) else {
        return parse_absolute(&without_quotes(word)?).map(NamedProgram::At);
    };
    // The folder's own quotes may end behind it, or behind the name.
    let name = match rest.strip_prefix(b"\"") {
        Some(rest) => without_quotes(rest)?,
        None => without_quotes(&[b"\"", rest].concat())?,
    };
    let name = name.strip_prefix(b"/").filter(|name| !name.contains(&b'/') && !name.is_empty())?;
    (name != b"..").then(|| NamedProgram::Beside(OsString::from_vec(name.to_vec())))
}

/// One word of a shell without its quotes; `None` where the shell puts something else in its place.
fn without_quotes(word: &[u8]) -> Option<Vec<u8>> {
    let (mut plain, mut quote) = (Vec::new(), None);
    for byte in word {
        match (quote, byte) {
            (None, b'\'' | b'"') => quote = Some(*byte),
            (Some(open), byte) if open == *byte => quote = None,
            (Some(b'\''), byte) => plain.push(*byte),
            (_, b'$' | b'`' | b'\\') | (None, b' ' | b'\t' | b';' | b'&' | b'|' | b'*' | b'?') => {
                return None;
            }
            (_, byte) => plain.push(*byte),
        }
    }
    quote.is_none().then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_taken_off_as_a_shell_does() {
        let plain = |word: &str| {
            without_quotes(word.as_bytes()).map(|word| String::from_utf8(word).unwrap())
        };
        assert_eq!(plain("'/a b/it'\"'\"'s'").as_deref(), Some("/a b/it's"));
        assert_eq!(plain("\"/a b\"/'c'/d").as_deref(), Some("/a b/c/d"));
        for word in ["\"$HOME\"", "'/a", "/a b", "\"`id`\"", "/a\\ b"] {
            assert_eq!(plain(word), None, "{word}");
        }
    }
}
