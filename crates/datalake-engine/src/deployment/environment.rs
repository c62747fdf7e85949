//! The environment of a process by fingerprints alone.

use std::collections::BTreeMap;

use datalake_core::{FilledBody, Fingerprint, FingerprintKey};

/// The names of variables, and the fingerprints of their values.
pub type Prints = BTreeMap<String, Fingerprint>;

/// Reads `NAME=value` with a NUL after each, as the kernel gives a process's environment. The first
/// of two values counts, as it does for programs.
#[must_use]
pub fn environment_prints(environment: &FilledBody, key: &FingerprintKey) -> Prints {
    let mut prints = Prints::new();
    for entry in environment.expose().split(|byte| *byte == 0) {
        let mut parts = entry.splitn(2, |byte| *byte == b'=');
        if let (Some(name), Some(value)) = (parts.next(), parts.next()) {
            let name = String::from_utf8_lossy(name).into_owned();
            prints.entry(name).or_insert_with(|| key.of(value));
        }
    }
    prints
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
