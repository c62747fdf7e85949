//! Which Python has Modal's client.

/// What a program called `modal` is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Launcher {
    /// A script of this interpreter's.
    Python(String),
    /// A stand-in of pyenv, asdf or mise: this command tells the path of the real one.
    Shim(Vec<String>),
    /// Anything else.
    Unknown,
}

/// The shell command that prints where a program leads and how its file begins, or nothing.
pub(crate) fn print_head_command(program: &str) -> Vec<String> {
    let script = "found=$(command -v \"$1\") && { readlink -f \"$found\" || echo \"$found\"; } && \
                  head -c 4096 \"$found\"";
    ["sh", "-c", script, "sh", program].map(str::to_owned).to_vec()
}

/// What that command has printed about `program`.
pub(crate) fn judge_launcher(printed: &str, program: &str) -> Launcher {
    let (path, head) = printed.split_once('\n').unwrap_or((printed, ""));
    if let Some(python) = named_in(head) {
        return Launcher::Python(python);
    }
    let name = program.rsplit('/').next().unwrap_or(program);
    let shim = |tool: &str| Launcher::Shim([tool, "which", name].map(str::to_owned).to_vec());
    if path.ends_with("/mise") {
        return shim(path);
    }
    let tool = head.lines().find_map(find_shim_tool);
    tool.map_or(Launcher::Unknown, shim)
}

/// The tool that a line of a stand-in calls: `exec "/…/pyenv" exec "$program"`, `exec asdf exec …`.
fn find_shim_tool(line: &str) -> Option<&str> {
    let called = line.trim().strip_prefix("exec ")?;
    let (tool, rest) = match called.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?,
        None => called.split_once(' ')?,
    };
    let is_tool = matches!(tool.rsplit('/').next(), Some("pyenv" | "asdf"));
    (is_tool && rest.trim_start().starts_with("exec ")).then_some(tool)
}

/// The interpreter that a script names in its first line, `#!/…/python3`, or, where that would be too
/// long for the kernel, in its second: `'''exec' "/…/python3" "$0" "$@"`.
fn named_in(head: &str) -> Option<String> {
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
    use super::*;

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

    #[track_caller]
    fn leads_to(printed: &str, expected: &[&str]) {
        let expected = expected.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(
            judge_launcher(printed, "/x/shims/modal"),
            Launcher::Shim(expected),
            "{printed}"
        );
    }

    #[test]
    fn a_stand_in_of_pyenv_asdf_or_mise_is_asked_for_the_real_one() {
        let pyenv = "/opt/pyenv/shims/modal\n#!/usr/bin/env bash\nset -e\n\
                     [ -n \"$PYENV_DEBUG\" ] && set -x\n\nprogram=\"${0##*/}\"\n\n\
                     export PYENV_ROOT=\"/opt/pyenv\"\n\
                     exec \"/opt/pyenv/libexec/pyenv\" exec \"$program\" \"$@\"\n";
        leads_to(pyenv, &["/opt/pyenv/libexec/pyenv", "which", "modal"]);
        let asdf = "/opt/asdf-home/shims/modal\n#!/usr/bin/env bash\n# asdf-plugin: python 3.12.1\n\
                    exec /opt/asdf-home/bin/asdf exec \"modal\" \"$@\" # asdf_allow: ' asdf '\n";
        leads_to(asdf, &["/opt/asdf-home/bin/asdf", "which", "modal"]);
        leads_to(
            "/x\n#!/usr/bin/env bash\nexec asdf exec \"modal\" \"$@\"\n",
            &["asdf", "which", "modal"],
        );
        leads_to("/usr/local/bin/mise\n\u{7f}ELF", &["/usr/local/bin/mise", "which", "modal"]);
    }

    #[test]
    fn a_script_that_runs_something_else_is_no_stand_in() {
        for head in ["", "/x/modal\n#!/bin/sh\nexec modal\n", "/x/modal\n#!/bin/sh\nexec rm exec\n"]
        {
            assert_eq!(judge_launcher(head, "modal"), Launcher::Unknown, "{head}");
        }
        let python = Launcher::Python("/opt/bin/python3".to_owned());
        assert_eq!(judge_launcher("/x/modal\n#!/opt/bin/python3\n", "modal"), python);
    }
}
