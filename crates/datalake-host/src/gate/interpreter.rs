//! Which programs the first lines of a script have run.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

/// What a script names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NamedProgram {
    /// The program at this absolute path.
    At(PathBuf),
    /// A name that `env` looks for in the search path.
    InSearchPath(OsString),
}

/// The programs that these first bytes of a file have run: none where it is no script, `None` where
/// they are named in a way that is not followed.
pub(super) fn named_programs(head: &[u8]) -> Option<Vec<NamedProgram>> {
    let Some(rest) = head.strip_prefix(b"#!") else { return Some(Vec::new()) };
    let mut lines = rest.split(|byte| *byte == b'\n');
    let words: Vec<&[u8]> = split_words(lines.next().unwrap_or_default());
    let (first, arguments) = words.split_first()?;
    let interpreter = absolute(first)?;
    let mut named = vec![NamedProgram::At(interpreter.clone())];
    if interpreter.file_name()? == "env" {
        named.push(behind_env(arguments)?);
    }
    named.extend(behind_exec(lines.next().unwrap_or_default())?);
    Some(named)
}

/// The program that `env` is to run: `env python3`, `env -S python3 -u`, `env A=b python3`.
fn behind_env(arguments: &[&[u8]]) -> Option<NamedProgram> {
    const PLAIN: [&[u8]; 4] = [b"-S", b"-i", b"-", b"--split-string"];
    let is_before =
        |word: &&&[u8]| PLAIN.contains(*word) || word.contains(&b'=') && !word.starts_with(b"-");
    let program = arguments.iter().find(|word| !is_before(word))?;
    let program = program.strip_prefix(b"-S").filter(|word| !word.is_empty()).unwrap_or(program);
    match program {
        [b'-', ..] => None,
        [b'/', ..] => absolute(program).map(NamedProgram::At),
        word if word.contains(&b'/') => None,
        word => Some(NamedProgram::InSearchPath(OsString::from_vec(word.to_vec()))),
    }
}

/// What the second line of a script of pip's runs, where the first would be too long for the kernel:
/// `'''exec' "/…/python3" "$0" "$@"`.
fn behind_exec(line: &[u8]) -> Option<Vec<NamedProgram>> {
    let Some(rest) = line.strip_prefix(b"'''exec' ") else { return Some(Vec::new()) };
    let end = rest.windows(5).position(|piece| piece == b" \"$0\"")?;
    let path = rest.get(..end)?;
    let path = path.strip_prefix(b"\"").and_then(|path| path.strip_suffix(b"\"")).unwrap_or(path);
    Some(vec![NamedProgram::At(absolute(path)?)])
}

fn split_words(line: &[u8]) -> Vec<&[u8]> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r');
    line.split(is_blank).filter(|word| !word.is_empty()).collect()
}

fn absolute(path: &[u8]) -> Option<PathBuf> {
    path.starts_with(b"/").then(|| PathBuf::from(OsString::from_vec(path.to_vec())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(head: &str, expected: Option<&[&str]>) {
        let program = |text: &&str| match text.strip_prefix("PATH:") {
            Some(name) => NamedProgram::InSearchPath(name.into()),
            None => NamedProgram::At(text.into()),
        };
        let expected = expected.map(|all| all.iter().map(program).collect::<Vec<_>>());
        assert_eq!(named_programs(head.as_bytes()), expected, "{head:?}");
    }

    #[test]
    fn a_script_names_its_interpreter() {
        check("#!/bin/sh\necho\n", Some(&["/bin/sh"]));
        check("#! /opt/venv/bin/python3 -I\n", Some(&["/opt/venv/bin/python3"]));
        check("#!/bin/sh", Some(&["/bin/sh"]));
        check("\u{7f}ELF", Some(&[]));
        check("", Some(&[]));
    }

    #[test]
    fn env_looks_for_it() {
        check("#!/usr/bin/env python3\n", Some(&["/usr/bin/env", "PATH:python3"]));
        check("#!/usr/bin/env -S python3 -u\n", Some(&["/usr/bin/env", "PATH:python3"]));
        check("#!/usr/bin/env -Spython3 -u\n", Some(&["/usr/bin/env", "PATH:python3"]));
        check("#!/usr/bin/env A=b /srv/python3\n", Some(&["/usr/bin/env", "/srv/python3"]));
    }

    #[test]
    fn the_second_line_of_pip_names_one_too() {
        let script = "#!/bin/sh\n'''exec' \"/srv/a b/bin/python\" \"$0\" \"$@\"\n";
        check(script, Some(&["/bin/sh", "/srv/a b/bin/python"]));
    }

    #[test]
    fn what_is_not_followed_is_not_taken_for_none() {
        for head in ["#!python3\n", "#!\n", "#!bin/sh\n", "#!/usr/bin/env\n"] {
            check(head, None);
        }
        for words in ["-u HOME python3", "./python3", "-S", "--chdir=/x python3"] {
            check(&format!("#!/usr/bin/env {words}\n"), None);
        }
    }
}
