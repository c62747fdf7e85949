//! Which text an env file can carry so that podman, systemd and sh read the same.

/// The first character of a value that env files cannot carry, if there is one.
///
/// The permitted set was measured with podman 5.4 `--env-file`, systemd 257 `EnvironmentFile=`, its
/// environment.d generator and dash: `A-Z a-z 0-9 _ . / : = + @ % , ^ -`, and `~` unless it is
/// first. No way of quoting is undone by all four.
#[must_use]
pub fn first_unfit(value: &str) -> Option<char> {
    let fits = |(at, c): (usize, char)| {
        c.is_ascii_alphanumeric() || "_./:=+@%,^-".contains(c) || (c == '~' && at > 0)
    };
    value.char_indices().find(|entry| !fits(*entry)).map(|(_, c)| c)
}

#[cfg(test)]
mod tests {
    use super::first_unfit;

    #[test]
    fn only_what_four_readers_read_alike_fits() {
        assert_eq!(first_unfit("https://fsn1.example:443/a_b,c^d%h~"), None);
        for (value, unfit) in [("a b", ' '), ("~a", '~'), ("a\\b", '\\'), ("\"", '"'), ("é", 'é')]
        {
            assert_eq!(first_unfit(value), Some(unfit), "{value:?}");
        }
    }
}
