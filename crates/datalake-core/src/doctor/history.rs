//! Secrets in what a shell remembers.

/// Variables and settings whose value is a secret.
const SECRETS: [&str; 3] = ["AWS_SECRET_ACCESS_KEY=", "MODAL_TOKEN_SECRET=", "--token-secret"];

/// The numbers of the lines, from 1, in which a shell remembers a secret that was typed.
///
/// A value that the shell took from elsewhere (`$NAME`, `$(pass show …)`) is none.
///
/// ```
/// use datalake_core::doctor::lines_with_secrets;
///
/// let history = "ls\nmodal secret create s3 AWS_SECRET_ACCESS_KEY=abc\nexport A=$B\n";
/// assert_eq!(lines_with_secrets(history), [2]);
/// ```
#[must_use]
pub fn lines_with_secrets(history: &str) -> Vec<usize> {
    let holds = |line: &str| SECRETS.iter().any(|name| has_value(line, name));
    history.lines().enumerate().filter(|(_, line)| holds(line)).map(|(at, _)| at + 1).collect()
}

fn has_value(line: &str, name: &str) -> bool {
    let mut values = line.match_indices(name).filter_map(|(at, _)| line.get(at + name.len()..));
    values.any(|rest| {
        let value = rest.trim_start_matches(['=', ' ', '"', '\'']);
        let first = value.chars().next();
        let spelled = !name.ends_with('=') || !rest.starts_with(' ');
        spelled && first.is_some_and(|c| !"$<…`;&|".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::lines_with_secrets;

    #[test]
    fn a_value_from_elsewhere_is_no_secret_in_the_history() {
        for line in [
            "AWS_SECRET_ACCESS_KEY=$KEY run",
            "export AWS_SECRET_ACCESS_KEY=\"$(pass show s3)\"",
            "export AWS_SECRET_ACCESS_KEY= && run",
            "export AWS_SECRET_ACCESS_KEY=",
            "grep AWS_SECRET_ACCESS_KEY file",
            "modal token set --token-secret $TOKEN",
        ] {
            assert_eq!(lines_with_secrets(line), [0; 0], "{line}");
        }
        for line in [
            "export AWS_SECRET_ACCESS_KEY='abc'",
            ": 1700000000:0;modal secret create x AWS_SECRET_ACCESS_KEY=abc",
            "modal token set --token-id ak --token-secret as-1",
        ] {
            assert_eq!(lines_with_secrets(line), [1], "{line}");
        }
    }
}
