//! Env files that podman, systemd and sh read alike.

use datalake_core::secret::{FileBody, Piece, SecretName, first_unfit};

use crate::variable::is_variable;

const HEADER: &str =
    "# Written by datalake: change datalake.yaml or the credentials and run datalake provision.\n";

/// The value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvValue {
    /// This very text.
    Text(String),
    /// A secret that is filled in when the file is written.
    Secret(SecretName),
}

/// Why variables cannot be written to an env file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvError {
    /// Not letters, digits and underscores.
    #[error("`{0}` is not a valid name of an environment variable")]
    Name(String),
    /// Two values for one name.
    #[error("`{0}` is set twice")]
    Twice(String),
    /// Some readers ignore a variable without a value.
    #[error("`{0}` has no value")]
    Empty(String),
    /// Readers disagree about a character, and no way of quoting is undone by all.
    #[error("the value of `{name}` holds `{unfit}`, which env files cannot carry safely")]
    Unfit {
        /// The name of the variable.
        name: String,
        /// The first such character.
        unfit: char,
    },
}

/// Why an env file is not read alike by all. It never holds a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvReadError {
    /// Some readers skip such a file as a whole.
    #[error("line {0} is not UTF-8")]
    Encoding(usize),
    /// The last line may be cut off.
    #[error("line {0}, the last one, does not end in a newline")]
    Unfinished(usize),
    /// The way of another system to end a line.
    #[error("line {0} ends in a carriage return: save the file with the line ends of Unix")]
    CarriageReturn(usize),
    /// The way of another system to begin a file.
    #[error("line {0} begins with a byte order mark: save the file as plain UTF-8")]
    Mark(usize),
    /// A word of the shell's.
    #[error("line {0} begins with `export`: an env file has the bare `NAME=value`")]
    Export(usize),
    /// Neither a comment nor `NAME=value`.
    #[error("line {0} is neither empty, nor a comment with `#`, nor `NAME=value`")]
    Form(usize),
    /// Two values for one name.
    #[error("line {0} sets a variable that was set before")]
    Twice(usize),
    /// Some readers ignore a variable without a value.
    #[error("line {0} sets a variable to nothing")]
    Empty(usize),
    /// Some readers take quotes for a part of the value.
    #[error("the value in line {0} is in quotes: write it bare")]
    Quoted(usize),
    /// Some readers cut blanks off.
    #[error("the value in line {0} begins or ends with a blank")]
    Blank(usize),
    /// Readers disagree about a character.
    #[error("the value in line {0} holds a character that env files cannot carry safely")]
    Unfit(usize),
}

/// Renders an env file: a comment, then `NAME=value` line by line.
///
/// ```
/// use datalake_core::secret::{Piece, SecretName};
/// use datalake_quadlet::{EnvValue, env_body};
///
/// let key = EnvValue::Secret(SecretName::SecretAccessKey);
/// let body = env_body(&[("AWS_SECRET_ACCESS_KEY".to_owned(), key)])?;
/// assert_eq!(body.pieces()[1], Piece::Secret(SecretName::SecretAccessKey));
/// # Ok::<(), datalake_quadlet::EnvError>(())
/// ```
///
/// # Errors
///
/// [`EnvError`] where not all readers would read what is meant. Values of secrets are checked
/// where they are made.
pub fn env_body(entries: &[(String, EnvValue)]) -> Result<FileBody, EnvError> {
    let mut pieces = Vec::new();
    let mut text = HEADER.to_owned();
    for (at, (name, value)) in entries.iter().enumerate() {
        check_name(name)?;
        if entries.iter().take(at).any(|(earlier, _)| earlier == name) {
            return Err(EnvError::Twice(name.clone()));
        }
        text.push_str(name);
        text.push('=');
        match value {
            EnvValue::Text(value) => {
                check_value(name, value)?;
                text.push_str(value);
            }
            EnvValue::Secret(secret) => {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
                pieces.push(Piece::Secret(*secret));
            }
        }
        text.push('\n');
    }
    pieces.push(Piece::Text(text));
    Ok(FileBody::new(pieces))
}

/// Reads an env file strictly: whatever it accepts, podman, systemd and sh read alike.
///
/// # Errors
///
/// [`EnvReadError`] with the number of the first line that they would not read alike.
pub fn parse_env(content: &[u8]) -> Result<Vec<(String, String)>, EnvReadError> {
    let mut entries: Vec<(String, String)> = Vec::new();
    for (at, line) in content.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let number = at + 1;
        let line = std::str::from_utf8(line).map_err(|_| EnvReadError::Encoding(number))?;
        let line = line.strip_suffix('\n').ok_or(EnvReadError::Unfinished(number))?;
        if let Some(error) = of_another_system(line, number) {
            return Err(error);
        }
        // systemd continues a comment that ends in a backslash.
        if line.is_empty() || line.starts_with('#') && !line.ends_with('\\') {
            continue;
        }
        let (name, value) = line.split_once('=').ok_or(EnvReadError::Form(number))?;
        if !is_variable(name) {
            return Err(EnvReadError::Form(number));
        }
        if value.is_empty() {
            return Err(EnvReadError::Empty(number));
        }
        if first_unfit(value).is_some() {
            return Err(unfit(value, number));
        }
        if entries.iter().any(|(earlier, _)| earlier == name) {
            return Err(EnvReadError::Twice(number));
        }
        entries.push((name.to_owned(), value.to_owned()));
    }
    Ok(entries)
}

/// What editors and shells put into a line.
fn of_another_system(line: &str, number: usize) -> Option<EnvReadError> {
    match line {
        _ if line.ends_with('\r') => Some(EnvReadError::CarriageReturn(number)),
        _ if line.starts_with('\u{feff}') => Some(EnvReadError::Mark(number)),
        _ if line.starts_with("export ") => Some(EnvReadError::Export(number)),
        _ => line.contains(char::is_control).then_some(EnvReadError::Form(number)),
    }
}

fn unfit(value: &str, number: usize) -> EnvReadError {
    match value {
        _ if value.starts_with(['"', '\'']) => EnvReadError::Quoted(number),
        _ if value.trim() != value => EnvReadError::Blank(number),
        _ => EnvReadError::Unfit(number),
    }
}

fn check_name(name: &str) -> Result<(), EnvError> {
    if is_variable(name) { Ok(()) } else { Err(EnvError::Name(name.to_owned())) }
}

fn check_value(name: &str, value: &str) -> Result<(), EnvError> {
    if value.is_empty() {
        return Err(EnvError::Empty(name.to_owned()));
    }
    match first_unfit(value) {
        Some(unfit) => Err(EnvError::Unfit { name: name.to_owned(), unfit }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str, value: &str) -> (String, EnvValue) {
        (name.to_owned(), EnvValue::Text(value.to_owned()))
    }

    #[test]
    fn a_body_holds_names_of_secrets_only() {
        let secret = |name: &str, secret| (name.to_owned(), EnvValue::Secret(secret));
        let entries = [
            text("A", "1"),
            secret("B", SecretName::AccessKeyId),
            secret("C", SecretName::SecretAccessKey),
        ];

        let body = env_body(&entries).unwrap();

        let expected = [
            Piece::text(format!("{HEADER}A=1\nB=")),
            Piece::Secret(SecretName::AccessKeyId),
            Piece::text("\nC="),
            Piece::Secret(SecretName::SecretAccessKey),
            Piece::text("\n"),
        ];
        assert_eq!(body.pieces(), expected);
    }

    #[test]
    fn what_readers_disagree_about_is_not_written() {
        let refused = |entries: &[(String, EnvValue)]| env_body(entries).unwrap_err().to_string();

        assert_eq!(
            refused(&[text("A-B", "1")]),
            "`A-B` is not a valid name of an environment variable"
        );
        assert_eq!(refused(&[text("A", "")]), "`A` has no value");
        assert_eq!(refused(&[text("A", "1"), text("A", "2")]), "`A` is set twice");
        assert_eq!(
            refused(&[text("A", "x$y")]),
            "the value of `A` holds `$`, which env files cannot carry safely"
        );
    }

    #[track_caller]
    fn check(content: &[u8], expected: Result<&[(&str, &str)], EnvReadError>) {
        let owned = |entries: &[(&str, &str)]| {
            entries.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
        };
        assert_eq!(parse_env(content), expected.map(owned), "{content:?}");
    }

    #[test]
    fn only_what_all_read_alike_is_read() {
        check(b"", Ok(&[]));
        check(b"# c\n\nA=1\n_b2=x=y\n", Ok(&[("A", "1"), ("_b2", "x=y")]));
        check(b"A=1", Err(EnvReadError::Unfinished(1)));
        check(b"\nA=\xff\n", Err(EnvReadError::Encoding(2)));
        check(b"A=\n", Err(EnvReadError::Empty(1)));
        check(b"A=1\nB=2\nA=3\n", Err(EnvReadError::Twice(3)));
        check(b"A='1'\n", Err(EnvReadError::Quoted(1)));
        check(b"A=1\r\n", Err(EnvReadError::CarriageReturn(1)));
        check(b"export A=1\n", Err(EnvReadError::Export(1)));
        check(b"\xef\xbb\xbfA=1\n", Err(EnvReadError::Mark(1)));
        for content in [&b"A= 1\n"[..], b"A=1 \n"] {
            check(content, Err(EnvReadError::Blank(1)));
        }
        for content in [&b"A=a\\\n"[..], b"A=$B\n"] {
            check(content, Err(EnvReadError::Unfit(1)));
        }
        for content in [&b"; c\n"[..], b"# c \\\n", b" A=1\n", b"A =1\n", b"A\n", b"A=1\x002\n"] {
            check(content, Err(EnvReadError::Form(1)));
        }
    }
}
