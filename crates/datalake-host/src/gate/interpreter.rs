//! Which programs the first lines of a script have run.

mod launcher;

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

use launcher::behind_exec;

/// What a script names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NamedProgram {
    /// The program at this absolute path.
    At(PathBuf),
    /// A name that `env` looks for in the search path.
    InSearchPath(OsString),
    /// A file in the folder that the script itself lies in, without links.
    Beside(OsString),
}

/// All that the first bytes of a file name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NamedPrograms {
    pub(super) programs: Vec<NamedProgram>,
    /// Whether one more is named, in a way that is not followed.
    pub(super) has_unknown: bool,
}

impl NamedPrograms {
    fn add(&mut self, program: Option<NamedProgram>) {
        match program {
            Some(program) => self.programs.push(program),
            None => self.has_unknown = true,
        }
    }
}

/// The programs that these first bytes of a file have run: none where it is no script.
pub(super) fn named_programs(head: &[u8]) -> NamedPrograms {
    let mut named = NamedPrograms::default();
    let Some(rest) = head.strip_prefix(b"#!") else { return named };
    let mut lines = rest.split(|byte| *byte == b'\n');
    let words: Vec<&[u8]> = split_words(lines.next().unwrap_or_default());
    let interpreter = words.first().and_then(|word| parse_absolute(word));
    let arguments = words.get(1..).unwrap_or_default();
    let is_env = interpreter.as_ref().is_some_and(|path| path.ends_with("env"));
    named.add(interpreter.map(NamedProgram::At));
    if is_env {
        named.add(behind_env(arguments));
    }
    if let Some(command) = lines.next().and_then(|line| line.strip_prefix(b"'''exec' ")) {
        named.add(behind_exec(command));
    }
    named
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
        [b'/', ..] => parse_absolute(program).map(NamedProgram::At),
        word if word.contains(&b'/') => None,
        word => Some(NamedProgram::InSearchPath(OsString::from_vec(word.to_vec()))),
    }
}

fn split_words(line: &[u8]) -> Vec<&[u8]> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r');
    line.split(is_blank).filter(|word| !word.is_empty()).collect()
}

fn parse_absolute(path: &[u8]) -> Option<PathBuf> {
    path.starts_with(b"/").then(|| PathBuf::from(OsString::from_vec(path.to_vec())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(head: &str, expected: &[&str]) {
        let named = named_programs(head.as_bytes());
        let is_unknown = |text: &&&str| **text == "?";
        let program = |text: &&str| match text.split_once(':') {
            Some(("PATH", name)) => NamedProgram::InSearchPath(name.into()),
            Some((_, name)) => NamedProgram::Beside(name.into()),
            None => NamedProgram::At(text.into()),
        };
        let programs = expected.iter().filter(|text| !is_unknown(text)).map(program).collect();
        let has_unknown = expected.iter().any(|text| is_unknown(&text));
        assert_eq!(named, NamedPrograms { programs, has_unknown }, "{head:?}");
    }

    #[test]
    fn a_script_names_its_interpreter() {
        check("#!/bin/sh\necho\n", &["/bin/sh"]);
        check("#! /opt/venv/bin/python3 -I\n", &["/opt/venv/bin/python3"]);
        check("#!/bin/sh", &["/bin/sh"]);
        check("\u{7f}ELF", &[]);
        check("", &[]);
    }

    #[test]
    fn env_looks_for_it() {
        check("#!/usr/bin/env python3\n", &["/usr/bin/env", "PATH:python3"]);
        check("#!/usr/bin/env -S python3 -u\n", &["/usr/bin/env", "PATH:python3"]);
        check("#!/usr/bin/env -Spython3 -u\n", &["/usr/bin/env", "PATH:python3"]);
        check("#!/usr/bin/env A=b /srv/python3\n", &["/usr/bin/env", "/srv/python3"]);
    }

    #[test]
    fn the_second_line_of_a_launcher_names_one_too() {
        for word in ["\"/srv/a b/bin/python\"", "'/srv/a b/bin/python'"] {
            let script = format!("#!/bin/sh\n'''exec' {word} \"$0\" \"$@\"\n' '''\n");
            check(&script, &["/bin/sh", "/srv/a b/bin/python"]);
        }
        let script = "#!/bin/sh\n'''exec' /srv/bin/python \"$0\" \"$@\"\n";
        check(script, &["/bin/sh", "/srv/bin/python"]);
        for word in ["\"/'python'", "\"/python", "/python\"", "\"/\"python\""] {
            let folder = "\"$(dirname -- \"$(realpath -- \"$0\")\")";
            let script = format!("#!/bin/sh\n'''exec' {folder}{word} \"$0\" \"$@\"\n' '''\n");
            check(&script, &["/bin/sh", "BESIDE:python"]);
        }
    }

    #[test]
    fn what_is_not_followed_is_not_taken_for_none() {
        for head in ["#!python3\n", "#!\n", "#!bin/sh\n"] {
            check(head, &["?"]);
        }
        check("#!/usr/bin/env\n", &["/usr/bin/env", "?"]);
        for words in ["-u HOME python3", "./python3", "-S", "--chdir=/x python3"] {
            check(&format!("#!/usr/bin/env {words}\n"), &["/usr/bin/env", "?"]);
        }
        for words in ["\"$X\" \"$0\"", "python \"$0\"", "'/a", "\"/a`id`\" \"$0\"", ""] {
            check(&format!("#!/bin/sh\n'''exec' {words}\n"), &["/bin/sh", "?"]);
        }
    }
}
