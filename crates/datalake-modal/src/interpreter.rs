//! Which Python has Modal's client.

/// The shell command that prints the first two lines of the program `modal`, or nothing.
pub(crate) fn print_head_command(program: &str) -> Vec<String> {
    let script = "found=$(command -v \"$1\") && head -n 2 \"$found\"";
    ["sh", "-c", script, "sh", program].map(str::to_owned).to_vec()
}

/// The interpreter that a script names in its first line, `#!/…/python3`, or, where that would be too
/// long for the kernel, in its second: `'''exec' "/…/python3" "$0" "$@"`.
pub(crate) fn named_in(head: &str) -> Option<String> {
    let mut lines = head.lines();
    let first = lines.next()?.strip_prefix("#!")?.trim();
    let is_python = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or_default();
        path.starts_with('/') && name.starts_with("python")
    };
    if is_python(first) {
        return Some(first.to_owned());
    }
    let second = lines.next()?.strip_prefix("'''exec' ")?;
    let path = second.split(" \"$0\"").next()?.trim_matches('"');
    is_python(path).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::named_in;

    #[track_caller]
    fn check(head: &str, expected: Option<&str>) {
        assert_eq!(named_in(head).as_deref(), expected, "{head}");
    }

    #[test]
    fn the_first_line_names_it_or_the_second_where_the_path_is_long() {
        check("#!/opt/venv/bin/python3\n# -*- coding: utf-8 -*-\n", Some("/opt/venv/bin/python3"));
        check("#!/usr/bin/python3.12\n", Some("/usr/bin/python3.12"));
        let long = "#!/bin/sh\n'''exec' \"/srv/a b/bin/python\" \"$0\" \"$@\"\n";
        check(long, Some("/srv/a b/bin/python"));
        check("#!/bin/sh\n'''exec' /srv/bin/python3 \"$0\" \"$@\"\n", Some("/srv/bin/python3"));
    }

    #[test]
    fn anything_else_names_none() {
        for head in ["", "\u{7f}ELF", "#!/bin/sh\nexec modal\n", "#!/usr/bin/env -S python3\n"] {
            check(head, None);
        }
    }
}
