//! The key pair, as it is written for a program to read.

use datalake_core::secret::{Credentials, InvalidKeyText};
use datalake_quadlet::parse_env;

use crate::{ErrorKind, OperationError};

/// The variable that holds the id.
pub const ID_VARIABLE: &str = "AWS_ACCESS_KEY_ID";
/// The variable that holds the secret.
pub const SECRET_VARIABLE: &str = "AWS_SECRET_ACCESS_KEY";

/// Reads the pair in lines of an env file; `source` is what they come from.
///
/// # Errors
///
/// [`OperationError`] without any part of the secret, where a line is missing or wrong.
pub fn read_key_pair(content: &[u8], source: &str) -> Result<Credentials, OperationError> {
    let form = format!(
        "needed are the lines {ID_VARIABLE}=… and {SECRET_VARIABLE}=…, without quotes, blanks or \
         Windows line ends"
    );
    let entries = parse_env(content).map_err(|error| {
        OperationError::of(ErrorKind::Config, &error).within(source).advise(form.clone())
    })?;
    let find = |name: &str| {
        let entry = entries.iter().find(|(key, _)| key == name);
        entry.map(|(_, value)| value.as_str()).ok_or_else(|| {
            let message = format!("{source}: no line {name}=…");
            OperationError::new(ErrorKind::Config, message).advise(form.clone())
        })
    };
    parse_key_pair(find(ID_VARIABLE)?, find(SECRET_VARIABLE)?, source)
}

/// The pair of two texts; `source` is what they come from.
///
/// # Errors
///
/// [`OperationError`] without any part of the secret, where one of them cannot be what it is meant for.
pub fn parse_key_pair(id: &str, secret: &str, source: &str) -> Result<Credentials, OperationError> {
    let wrong = |error: InvalidKeyText| {
        OperationError::of(ErrorKind::Config, &error)
            .within(source)
            .advise("paste it again, without blanks or line ends")
    };
    Ok(Credentials::pair(id.parse().map_err(wrong)?, secret.parse().map_err(wrong)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_line_is_named_and_what_is_there_is_not_repeated() {
        let error = read_key_pair(b"AWS_SECRET_ACCESS_KEY=s3cret\n", "file `a`").err().unwrap();

        assert_eq!(error.messages, ["file `a`: no line AWS_ACCESS_KEY_ID=…"]);
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
}
