//! The program, started with nothing but what a test gives it.

use std::ffi::OsStr;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use serde_json::Value;

use super::fits_its_schema;

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
        command.args(words.split_whitespace()).env_clear();
        Self::bare(command, cwd)
    }

    /// The same inside a script of `sh`, as its `"$@"`.
    pub(crate) fn through_script(self, script: &str) -> Self {
        let mut command = Command::new("/bin/sh");
        command.args(["-euc", script, "sh"]).arg(self.0.get_program()).args(self.0.get_args());
        command.env_clear();
        command.envs(self.0.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let cwd = self.0.get_current_dir().map(Path::to_owned);
        Self::bare(command, &cwd.expect("every call has a folder"))
    }

    /// The same with mounts of its own, as a user that is root there and nowhere else. Gives nothing
    /// where this machine does not permit it, and says so.
    pub(crate) fn in_namespace(cwd: &Path, script: &str, words: &str) -> Option<Self> {
        let tried = Command::new("unshare").args(["-rm", "true"]).output();
        let reason = match tried {
            Ok(output) if output.status.success() => None,
            Ok(output) => Some(String::from_utf8_lossy(&output.stderr).into_owned()),
            Err(error) => Some(error.to_string()),
        };
        if let Some(reason) = reason {
            // Past the capture of the test harness: what is skipped is said aloud.
            let line = format!("skipped, no mount namespace here: {}\n", reason.trim());
            std::io::stderr().write_all(line.as_bytes()).unwrap();
            return None;
        }
        let mut command = Command::new("unshare");
        command.args(["-rm", "/bin/sh", "-euc", script, "sh"]).env_clear();
        command.arg(env!("CARGO_BIN_EXE_datalake-under-test")).args(words.split_whitespace());
        Some(Self::bare(command, cwd).env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"))
    }

    fn bare(mut command: Command, cwd: &Path) -> Self {
        command.current_dir(cwd).stdin(Stdio::null());
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

    /// Starts it with a pipe as its standard input and leaves it running.
    #[track_caller]
    pub(crate) fn start_piped(mut self) -> Child {
        self.0.stdin(Stdio::piped());
        self.start()
    }

    /// Runs it with this as its standard input; its output may be no text.
    #[track_caller]
    pub(crate) fn run_with_input(self, content: &[u8]) -> Output {
        let mut child = self.start_piped();
        let mut input = child.stdin.take().unwrap();
        std::thread::scope(|scope| {
            // One that reads nothing closes the pipe.
            scope.spawn(move || drop(input.write_all(content)));
            child.wait_with_output().unwrap()
        })
    }

    /// Starts it with this terminal as all of its standard streams.
    #[track_caller]
    pub(crate) fn start_on(mut self, terminal: &OwnedFd) -> Child {
        let stream = || Stdio::from(terminal.try_clone().unwrap());
        self.0.stdin(stream()).stdout(stream()).stderr(stream());
        self.0.spawn().unwrap()
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

    /// The one document on standard output, held to its schema.
    #[track_caller]
    pub(crate) fn json(&self, kind: &str) -> Value {
        let value: Value = serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.stdout, self.stderr));
        assert_eq!(value["schema_version"], 1);
        assert_eq!(value["kind"], kind);
        fits_its_schema(&value);
        value["data"].clone()
    }

    /// The documents on standard output, one a line, each held to its schema.
    #[track_caller]
    pub(crate) fn rows(&self) -> Vec<Value> {
        let row = |line: &str| {
            let value: Value = serde_json::from_str(line).unwrap();
            assert_eq!(value["schema_version"], 1);
            fits_its_schema(&value);
            value
        };
        self.stdout.lines().map(row).collect()
    }

    /// Everything that it printed.
    pub(crate) fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}
