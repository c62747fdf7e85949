//! The program, started with nothing but what a test gives it.

use std::ffi::OsStr;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use serde_json::Value;

/// A command line about to be run.
pub(crate) struct Call(Command);

/// How it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Call {
    /// `datalake WORDS…` in the folder `cwd`, with an empty environment and no terminal.
    pub(crate) fn new(cwd: &Path, words: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_datalake-under-test"));
        command.args(words.split_whitespace());
        Self::bare(command, cwd)
    }

    /// The same inside a script of `sh`, as its `"$@"`.
    pub(crate) fn in_script(cwd: &Path, script: &str, words: &str) -> Self {
        let mut command = Command::new("/bin/sh");
        command.args(["-euc", script, "sh", env!("CARGO_BIN_EXE_datalake-under-test")]);
        command.args(words.split_whitespace());
        Self::bare(command, cwd)
    }

    fn bare(mut command: Command, cwd: &Path) -> Self {
        command.env_clear().current_dir(cwd).stdin(Stdio::null());
        Self(command)
    }

    pub(crate) fn arg(mut self, word: impl AsRef<OsStr>) -> Self {
        self.0.arg(word);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    #[track_caller]
    pub(crate) fn run(mut self) -> Ran {
        Ran::from(self.0.output().unwrap())
    }

    /// Starts it and leaves it running.
    #[track_caller]
    pub(crate) fn start(mut self) -> Child {
        self.0.stdout(Stdio::piped()).stderr(Stdio::piped());
        self.0.spawn().unwrap()
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            status: output.status,
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        let Self { status, stdout, stderr } = &self;
        assert_eq!(status.code(), Some(code), "{status}\n{stdout}\n{stderr}");
        self
    }

    /// Whether it was ended by SIGKILL.
    pub(crate) fn was_killed(&self) -> bool {
        self.status.signal() == Some(9)
    }

    /// The one document on standard output, after a look at its envelope.
    #[track_caller]
    pub(crate) fn json(&self, kind: &str) -> Value {
        let value: Value = serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.stdout, self.stderr));
        assert_eq!(value["schema_version"], 1);
        assert_eq!(value["kind"], kind);
        value["data"].clone()
    }

    /// Everything that it printed.
    pub(crate) fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}
