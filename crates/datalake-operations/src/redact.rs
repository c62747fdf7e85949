//! Logs without the secrets that are in use.

use datalake_core::secret::FilledBody;
use datalake_core::text::printable;

use crate::masking::{mask_secrets, speaks_of_a_secret};

/// A shorter value would hide half of a log.
const SHORTEST: usize = 6;

/// Hides secrets in text from outside: those that it has learned wherever they stand, others by the
/// name before them.
#[derive(Default)]
pub struct Redactor {
    /// The longest first, since one may be a part of another.
    secrets: Vec<String>,
}

impl Redactor {
    /// Learns the values of `NAME=value` whose name speaks of a secret.
    pub fn learn(&mut self, content: &FilledBody, separator: u8) {
        for entry in content.expose().split(|byte| *byte == separator) {
            let entry = String::from_utf8_lossy(entry);
            if let Some((name, value)) = entry.split_once('=')
                && speaks_of_a_secret(name)
                && value.len() >= SHORTEST
            {
                self.secrets.push(value.to_owned());
            }
        }
        self.secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    }

    /// Learns all that another knows.
    pub fn join(&mut self, other: Self) {
        self.secrets.extend(other.secrets);
        self.secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    }

    /// A line without secrets, fit for a terminal.
    #[must_use]
    pub fn line(&self, line: &[u8]) -> String {
        let text = String::from_utf8_lossy(line).into_owned();
        let hide = |text: String, secret: &String| text.replace(secret.as_str(), "…");
        printable(&mask_secrets(&self.secrets.iter().fold(text, hide)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_wherever_it_stands() {
        let mut redactor = Redactor::default();
        redactor.learn(
            &FilledBody::new(b"A_KEY=s3cr3t\0PG_PASSWORD=s3cr3t+x\0HOME=/home/x".to_vec()),
            0,
        );

        assert_eq!(redactor.line(b"say s3cr3t and s3cr3t+x in /home/x"), "say … and … in /home/x");
        assert_eq!(redactor.line(b"TOKEN=unknown here"), "TOKEN=…");
        assert_eq!(redactor.line(b"a\x1b[31m"), "a\\u{1b}[31m");
    }
}
