//! The environment of a process by fingerprints alone.

use std::collections::BTreeMap;

use crate::secret::{FilledBody, Fingerprint, FingerprintKey};

/// The names of variables, and the fingerprints of their values.
pub type Prints = BTreeMap<String, Fingerprint>;

/// Reads `NAME=value` with a NUL after each, as the kernel gives a process's environment. The first
/// of two values counts, as it does for programs.
#[must_use]
pub fn environment_prints(environment: &FilledBody, key: &FingerprintKey) -> Prints {
    let mut prints = Prints::new();
    for (name, value) in split_environment(environment) {
        let name = String::from_utf8_lossy(name).into_owned();
        prints.entry(name).or_insert_with(|| key.of(value));
    }
    prints
}

/// The fingerprint of the `variables` in a process's environment with their values; of those that it
/// lacks, nothing.
#[must_use]
pub fn settings_print(
    environment: &FilledBody,
    variables: &[&str],
    key: &FingerprintKey,
) -> Fingerprint {
    let entries = split_environment(environment);
    let mut settings = Vec::new();
    for variable in variables {
        if let Some((name, value)) = entries.iter().find(|(name, _)| *name == variable.as_bytes()) {
            settings.extend([name, &b"="[..], value, &b"\0"[..]].concat());
        }
    }
    key.of(&settings)
}

/// Names and values in order.
fn split_environment(environment: &FilledBody) -> Vec<(&[u8], &[u8])> {
    let entries = environment.expose().split(|byte| *byte == 0);
    entries
        .filter_map(|entry| {
            let mut parts = entry.splitn(2, |byte| *byte == b'=');
            Some((parts.next()?, parts.next()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_of_a_name_counts() {
        let key = FingerprintKey::new([3; 32]);
        let environment = FilledBody::new(b"A=1\0B=x=y\0A=2\0none\0C=\0".to_vec());

        let prints = environment_prints(&environment, &key);

        let expected = [("A", "1"), ("B", "x=y"), ("C", "")];
        let expected = expected.map(|(name, value)| (name.to_owned(), key.of(value.as_bytes())));
        assert_eq!(prints, Prints::from(expected));
    }
}
