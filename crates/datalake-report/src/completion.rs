//! Completions of values that only this machine or the service knows: runs and buckets.

/// A shell whose completions are known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompletionShell {
    /// bash.
    Bash,
    /// zsh.
    Zsh,
    /// fish.
    Fish,
}

/// How zsh is told that an argument has no known values.
const ZSH_DEFAULT: &str = ":_default'";

/// Adds to a script that completes commands and flags what completes runs and buckets.
///
/// They are asked of the program itself, with the options of place that were typed, and within two
/// seconds: a service that does not answer completes nothing.
#[must_use]
pub fn add_known_values(shell: CompletionShell, script: &str) -> String {
    match shell {
        CompletionShell::Bash => script.to_owned() + include_str!("completion/values.bash"),
        CompletionShell::Fish => script.to_owned() + include_str!("completion/values.fish"),
        CompletionShell::Zsh => {
            let lines: String = script.lines().map(name_zsh_values).collect();
            let (head, rest) = lines.split_once('\n').unwrap_or(("", &lines));
            format!("{head}\n{}{rest}", include_str!("completion/values.zsh"))
        }
    }
}

/// A line of zsh's script, which asks for runs or buckets where it names one.
fn name_zsh_values(line: &str) -> String {
    let is_of = |name: &str| {
        let trimmed = line.trim_start().trim_start_matches(['\'', ':', '*']);
        trimmed.starts_with(name) && line.contains(ZSH_DEFAULT)
    };
    let values = if is_of("run -- ") {
        ":_datalake_runs'"
    } else if is_of("receipt -- ") {
        ":_datalake_receipts'"
    } else if is_of("named -- ") || is_of("--bucket=") || is_of("--tables-bucket=") {
        ":_datalake_buckets'"
    } else {
        ZSH_DEFAULT
    };
    line.replace(ZSH_DEFAULT, values) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zsh_asks_for_runs_and_buckets_where_a_line_names_one() {
        let script = "#compdef datalake\n'::receipt -- The run:_default' \\\n'::run -- The run:_default' \\\n'::named -- The bucket:_default' \\\n'--bucket=[The bucket]:NAME:_default' \\\n'--region=[R]:REGION:_default' \\\n";

        let added = add_known_values(CompletionShell::Zsh, script);

        assert!(added.starts_with("#compdef datalake\n"), "{added}");
        assert!(added.contains("'::run -- The run:_datalake_runs' \\\n"), "{added}");
        assert!(added.contains("'::receipt -- The run:_datalake_receipts' \\\n"), "{added}");
        assert!(added.contains("'::named -- The bucket:_datalake_buckets' \\\n"), "{added}");
        assert!(added.contains("'--bucket=[The bucket]:NAME:_datalake_buckets' \\\n"), "{added}");
        assert!(added.contains("'--region=[R]:REGION:_default' \\\n"), "{added}");
        assert!(added.contains("_datalake_runs() {"), "{added}");
    }

    #[test]
    fn bash_and_fish_keep_their_script_and_get_more() {
        for shell in [CompletionShell::Bash, CompletionShell::Fish] {
            let added = add_known_values(shell, "# made\n");
            assert!(added.starts_with("# made\n") && added.contains("history"), "{added}");
        }
    }
}
